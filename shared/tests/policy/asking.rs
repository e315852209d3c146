//! Who is asked, and in which order (SPEC 4.3 step 4, SD-02).

use std::collections::BTreeMap;

use shared::model::ServerName;
use shared::policy::asking::{current_after_round, order};

use crate::world::{SECOND, day};

fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

fn list() -> Vec<ServerName> {
    ["LS1", "LS2", "LS3"].map(name).to_vec()
}

fn ordered(issuer: Option<&str>, current: Option<&str>, silent: &[&str]) -> Vec<String> {
    let silent: BTreeMap<ServerName, _> = silent.iter().map(|server| (name(server), day(1))).collect();
    let (issuer, current) = (issuer.map(name), current.map(name));
    let names = order(issuer.as_ref(), current.as_ref(), &list(), &silent, day(1) - SECOND);
    names.iter().map(ToString::to_string).collect()
}

/// Rules: SD-02, RN-03.
#[test]
fn a_renewal_asks_the_issuer_first_then_the_current_server_then_the_list() {
    assert_eq!(ordered(None, None, &[]), ["LS1", "LS2", "LS3"]);
    assert_eq!(ordered(None, Some("LS2"), &[]), ["LS2", "LS1", "LS3"]);
    assert_eq!(ordered(Some("LS3"), Some("LS2"), &[]), ["LS3", "LS2", "LS1"]);
    assert_eq!(ordered(Some("LS9"), Some("LS2"), &[]), ["LS9", "LS2", "LS1", "LS3"], "even if it is not on the list");
    assert_eq!(ordered(Some("LS2"), Some("LS2"), &[]), ["LS2", "LS1", "LS3"], "nobody is asked twice");
}

/// Rules: SD-02.
#[test]
fn who_was_silent_is_asked_last_until_the_minute_is_over() {
    assert_eq!(ordered(None, Some("LS1"), &["LS1"]), ["LS2", "LS3", "LS1"]);
    assert_eq!(ordered(Some("LS3"), Some("LS1"), &["LS1", "LS3"]), ["LS2", "LS3", "LS1"], "the silent keep their order");
    let silent = BTreeMap::from([(name("LS1"), day(1))]);
    assert_eq!(order(None, Some(&name("LS1")), &list(), &silent, day(1)), list(), "at that second it is asked in its place again");
}

/// Rules: SD-02.
#[test]
fn the_current_server_changes_only_when_it_was_silent_and_another_answered() {
    let (first, second) = (name("LS1"), name("LS2"));
    let silent = std::slice::from_ref(&first);
    assert_eq!(current_after_round(Some(&first), &[], Some(&second)), Some(first.clone()), "a skip or a renewal elsewhere is not silence");
    assert_eq!(current_after_round(Some(&first), silent, Some(&second)), Some(second.clone()));
    assert_eq!(current_after_round(Some(&first), silent, None), Some(first.clone()), "nobody else answered");
    assert_eq!(current_after_round(None, &[], Some(&second)), Some(second.clone()));
    assert_eq!(current_after_round(None, &[], None), None);
}
