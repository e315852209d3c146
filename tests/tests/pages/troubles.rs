//! The pages of the field troubles: each breaks something, shows the complaint, finds the cause and cures it.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::{played, root};

/// So many pages are performed at once; each has a lab of its own.
const AT_ONCE: usize = 4;

/// Every page that is there, in a temporary lab of its own.
#[test]
fn every_field_trouble_is_broken_found_and_cured() {
    let pages = Mutex::new(pages());
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(page) = { pages.lock().unwrap().pop_front() } {
                    let said = played(&format!("docs/labs/{page}"));
                    if said.exit != 0 {
                        faults.lock().unwrap().push(said.err);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn pages() -> VecDeque<String> {
    let names = std::fs::read_dir(root().join("docs/labs")).unwrap();
    let mut pages: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    pages.retain(|name| name.starts_with("ft-"));
    pages.sort();
    pages.into()
}
