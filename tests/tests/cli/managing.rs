//! What administrators do with packs and CALs from 2008 on: convert, migrate, remove, rebuild, and what license servers tell each other.

use crate::{items, room};

/// The network that the repository ships: an old license server of 2008, a new one of 2008 R2.
const REPLACEMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/networks/replacement.toml");

/// Rules: AM-17, W08-07, W08-09, W08-11, W08-12, W08-13, LS-08, RC-06, CON-12.
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
    let by_hand = room.tsl(&format!("packs release {old} --to LSNEW --server LSOLD"));
    assert!(by_hand.exit == 2 && by_hand.err.contains("by hand"), "a server of 2008 gives nothing up by itself: {by_hand:?}");
    let record = room.json("records");
    let (id, code) = (record["packs"][0]["pack"]["id"].as_str().unwrap(), record["packs"][0]["purchase"]["code"].as_str().unwrap());
    let product_id = room.json("activate --show --server LSOLD")["product_id"].as_str().unwrap().to_owned();
    let named = format!("migrate LSOLD --reason not-functioning --generation windows-2008 --product-id {product_id} --server LSNEW");
    let no_papers = room.tsl(&named);
    assert!(no_papers.exit == 2 && no_papers.err.contains("papers"), "{no_papers:?}");
    let wanted = format!("{named} --pack {id} --papers retail {code} --request 0123456789abcdef0123456789abcdef");
    let migrated = room.json(&wanted);
    assert_eq!((items(&migrated["packs"]).len(), &migrated["removed_at_source"]), (1, &false.into()), "{migrated}");
    assert_eq!(room.json(&wanted)["packs"], migrated["packs"], "asked again, the same pack and no second one");
    items(&packs("LSOLD"))
        .iter()
        .for_each(|pack| drop(room.done(&format!("packs remove {} --server LSOLD", pack["id"].as_str().unwrap()))));
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

/// Rules: AM-17, W08-11.
#[test]
fn between_two_servers_of_2008_r2_a_pack_goes_where_it_was_ordered_to_and_once() {
    let room = room();
    let network = "[[host]]\nname = \"A1\"\nlicense-server = { name = \"LSA\", generation = \"windows-2008-r2\", cals = 5 }\n\n\
                   [[host]]\nname = \"B1\"\nlicense-server = { name = \"LSB\", generation = \"windows-2008-r2\" }\n";
    std::fs::write(room.path().join("r2.toml"), network).unwrap();
    let _up = room.up("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z --network r2.toml");
    let pack = room.json("packs --server LSA")["packs"][0]["id"].as_str().unwrap().to_owned();
    let migrate = "migrate LSA --reason replaced --server LSB";
    let no = room.tsl(migrate);
    assert!(no.exit == 2 && no.err.contains("tsl packs release PACK --to LSB"), "{no:?}");
    room.done(&format!("packs release {pack} --to LSB --quantity 2 --server LSA"));
    room.done(&format!("packs orders --withdraw {pack} --server LSA"));
    assert_eq!(room.tsl(migrate).exit, 2, "taken back");
    let orders = room.json(&format!("packs release {pack} --to LSB --quantity 3 --server LSA"));
    assert_eq!((&orders[0]["to"], &orders[0]["quantity"]), (&"LSB".into(), &3.into()), "{orders}");
    let migrated = room.json(migrate);
    assert_eq!(migrated["packs"][0]["total"], 3, "{migrated}");
    assert_eq!(room.json("packs --server LSA")["packs"][0]["total"], 2);
    assert!(room.done("events --server LSA --id 89").contains("3 CALs of version 6.0 were migrated"));
    assert!(items(&room.json("packs orders --server LSA")).is_empty() && room.tsl(migrate).exit == 2, "once");
}
