//! What administrators do with packs and CALs from 2008 on: convert, migrate, remove, rebuild, and what license servers tell each other.

use crate::{items, room};

/// The network that the repository ships: an old license server of 2008, a new one of 2008 R2.
const REPLACEMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/networks/replacement.toml");

/// Rules: W08-07, W08-09, W08-11, W08-12, W08-13, LS-08, RC-06, CON-12.
#[test]
fn packs_are_converted_migrated_and_deleted_and_neighbours_hear_of_it() {
    let room = room();
    let _up = room.up(&format!("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z --network {REPLACEMENT}"));
    let packs = |server: &str| room.json(&format!("packs --server {server}"))["packs"].clone();
    let old = packs("LSOLD")[0]["id"].as_str().unwrap().to_owned();

    let made = room.json(&format!("convert {old} --quantity 2 --server LSOLD"));
    assert_eq!((&made["product_type"], &made["total"]), (&"user".into(), &2.into()), "{made}");
    assert_eq!(room.tsl(&format!("convert {old} --quantity 4 --server LSOLD")).exit, 2, "three are left");
    room.done("peers announce --server LSOLD");
    let heard = room.json("peers list --server LSNEW");
    let announced = items(&heard[0]["announced"]["announcement"]["packs"]).to_vec();
    let free: Vec<_> =
        announced.iter().map(|pack| (pack["pack"]["product_type"].as_str().unwrap(), pack["available"].as_u64().unwrap())).collect();
    assert_eq!(free, [("device", 3), ("user", 2)], "{heard}");

    let user = room.tsl("revoke --user anna --server LSOLD");
    assert!(user.exit == 2 && user.err.contains("W08-09"), "{user:?}");
    assert_eq!(room.tsl("migrate LSNEW --reason replaced --server LSOLD").exit, 2, "a server of 2008 takes nothing over");
    let migrated = room.json("migrate LSOLD --reason replaced --server LSNEW --request 0123456789abcdef0123456789abcdef");
    assert_eq!((items(&migrated["packs"]).len(), &migrated["removed_at_source"]), (2, &true.into()), "{migrated}");
    let again = room.json("migrate LSOLD --reason replaced --server LSNEW --request 0123456789abcdef0123456789abcdef");
    assert_eq!(again["packs"], migrated["packs"], "asked again, the same packs and no second ones");
    assert!(items(&packs("LSOLD")).is_empty());

    let before = packs("LSNEW");
    let unmeant = room.tsl("rebuild-database --server LSNEW --confirm LSOLD");
    assert!(unmeant.exit == 2 && packs("LSNEW") == before, "nothing is deleted under another name: {unmeant:?}");
    room.done("rebuild-database --server LSNEW --damage");
    room.done("rebuild-database --server LSNEW --confirm LSNEW");
    assert!(items(&packs("LSNEW")).is_empty());
    assert!(room.done("events --server LSNEW --id 4100").contains("4100"));
    room.done("peers forget LSOLD --server LSNEW");
    assert!(items(&room.json("peers list --server LSNEW")).is_empty());
}
