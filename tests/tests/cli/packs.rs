//! `tsl buy` and `tsl install`: what the reseller's desk says can be typed as it stands.

use tests::tsl::Room;

use crate::{USUAL, items, room};

/// The command that the desk names for what was bought.
fn bought(room: &Room, words: &str) -> String {
    let said = room.done(words);
    let (_, command) = said.split_once("with: tsl ").unwrap_or_else(|| panic!("no command in: {said}"));
    command.trim().to_owned()
}

/// Rules: AC-04, AC-05, AC-06, AC-07, AC-08, AC-33.
#[test]
fn packs_of_every_kind_are_installed_with_the_command_that_the_desk_names() {
    let room = room();
    let _up = room.up(&format!("{USUAL} --cals 0"));
    assert!(items(&room.json("packs")["packs"]).is_empty());
    let programs = ["open", "select", "enterprise", "campus", "school", "services-provider", "other"];
    for (program, quantity) in programs.into_iter().zip(11..) {
        let install = bought(&room, &format!("buy agreement {program} --quantity {quantity} --version 5.0 --type user"));
        let pack = room.json(&install);
        assert_eq!((&pack["total"], &pack["version"], &pack["product_type"]), (&quantity.into(), &"5.0".into(), &"user".into()), "{pack}");
        let again = room.tsl(&install);
        assert_eq!(again.exit, 2, "the entitlement is used up: {again:?}");
    }
    let install = bought(&room, "buy code --quantity 25");
    let first = room.json(&format!("{install} --request 0123456789abcdef0123456789abcdef"));
    assert_eq!(room.json(&format!("{install} --request 0123456789abcdef0123456789abcdef"))["id"], first["id"], "asked again");
    assert_eq!(room.tsl(&install).exit, 2, "a code works once");
    let packs = room.json("packs");
    let totals: Vec<_> = items(&packs["packs"]).iter().map(|pack| pack["total"].as_u64().unwrap()).collect();
    assert_eq!(totals, [11, 12, 13, 14, 15, 16, 17, 25]);
    let records = room.json("records");
    assert_eq!(items(&records["packs"]).len(), 16, "eight granted, seven turned down, a code given again, all on record");
    assert_eq!(
        items(&records["turned_down"]).iter().filter_map(|row| row["count"].as_u64()).sum::<u64>(),
        7,
        "and what was turned down is counted"
    );
}
