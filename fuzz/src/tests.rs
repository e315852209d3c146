//! The seeds lie in `corpus` as they are made, and every target takes all of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::{TARGETS, seeds};

/// `UPDATE_SEEDS=1` writes them anew, as a change of a form makes it necessary.
#[test]
fn the_seeds_that_lie_there_are_those_that_are_made() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, name, seed) in seeds::all() {
        let path = corpus.join(target).join(name);
        if std::env::var_os("UPDATE_SEEDS").is_some() {
            fs::create_dir_all(corpus.join(target)).unwrap();
            fs::write(&path, &seed).unwrap();
        }
        assert!(fs::read(&path).is_ok_and(|there| there == seed), "{target}/{name} is another: UPDATE_SEEDS=1 writes it anew");
    }
}

#[test]
fn every_target_has_seeds_and_takes_them() {
    let seeds = seeds::all();
    let named: BTreeSet<&str> = seeds.iter().map(|(target, _, _)| *target).collect();
    assert_eq!(named, TARGETS.iter().map(|(name, _)| *name).collect());
    for (target, _, seed) in &seeds {
        let take = TARGETS.iter().find(|(name, _)| name == target).map(|(_, take)| take).unwrap();
        take(seed);
    }
}
