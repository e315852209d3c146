//! The pages of the field troubles: each breaks something, shows the complaint, finds the cause and cures it.

use std::collections::VecDeque;
use std::sync::Mutex;

use tests::harness::{Plan, Service};

use crate::{played, room, root};

/// So many pages are performed at once; each has a lab of its own.
const AT_ONCE: usize = 2;

/// Every page that is there, in a temporary lab of its own.
///
/// Rules: FT-01, FT-02, FT-03, FT-04, FT-05, FT-06, FT-07, FT-08, FT-09, FT-10, FT-11, FT-12, FT-13, FT-14, FT-15, FT-16, FT-17, FT-18,
/// FT-19, FT-20, FT-21, FT-22, FT-23, FT-24, FT-25.
#[test]
fn every_field_trouble_is_broken_found_and_cured() {
    let numbers: Vec<String> = pages().iter().map(|page| page.chars().take(5).collect()).collect();
    let wanted: Vec<String> = (1..=25).map(|number| format!("ft-{number:02}")).collect();
    assert_eq!(numbers, wanted, "a page a trouble");
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

/// A page that asks for any lab plays on one that was used before, and as often as one likes.
#[test]
fn pages_for_any_lab_play_twice_on_one_lab() {
    let room = room();
    let _lab = room.up("--ports 0");
    let any: Vec<String> = pages().into_iter().filter(|page| text(page).contains("\n$ tsl up\n")).collect();
    assert!(any.len() >= 6, "{any:?}");
    for page in any.iter().chain(&any) {
        let said = room.tsl(&format!("play --auto {}", root().join("docs/labs").join(page).display()));
        assert_eq!((said.exit, said.err.as_str()), (0, ""), "{page}");
    }
}

/// On a lab of several machines, such as that of compose, there is no `tsl service`; the other pages for any lab play there.
#[tokio::test(flavor = "multi_thread")]
async fn pages_for_any_lab_play_on_a_lab_that_only_addresses_lead_to() {
    let lab = Plan::default().grace_running().start().await;
    let token = |service: &Service| service.data().join("admin-token").display().to_string();
    let (license_server, terminal_server) = (&lab.license_servers[0], &lab.terminal_servers[0]);
    let room = room()
        .with("TSL_CLEARINGHOUSE", lab.clearinghouse.url())
        .with("TSL_CLEARINGHOUSE_TOKEN_FILE", token(&lab.clearinghouse))
        .with("TSL_LICENSE_SERVER", format!("LS1={}", license_server.url()))
        .with("TSL_LICENSE_SERVER_TOKEN_FILE", token(license_server))
        .with("TSL_TERMINAL_SERVER", format!("TS1={}", terminal_server.url()))
        .with("TSL_TERMINAL_SERVER_TOKEN_FILE", token(terminal_server))
        .with("TSL_CLIENTS", "devices")
        .with("TSL_PASSWORDS_FILE", "passwords.json");
    room.done("setup");
    let elsewhere = |page: &String| text(page).contains("\n$ tsl up\n") && !text(page).contains("$ tsl service");
    let pages: Vec<String> = pages().into_iter().filter(elsewhere).collect();
    assert!(pages.len() >= 6, "{pages:?}");
    for page in pages {
        let said = room.tsl(&format!("play --auto {}", root().join("docs/labs").join(&page).display()));
        assert_eq!((said.exit, said.err.as_str()), (0, ""), "{page}");
    }
}

fn text(page: &str) -> String {
    std::fs::read_to_string(root().join("docs/labs").join(page)).unwrap()
}

fn pages() -> VecDeque<String> {
    let names = std::fs::read_dir(root().join("docs/labs")).unwrap();
    let mut pages: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    pages.retain(|name| name.starts_with("ft-"));
    pages.sort();
    pages.into()
}
