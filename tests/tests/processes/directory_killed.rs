//! The directory is killed between writes: what was answered is there again, and the journal is whole.

use serde_json::json;
use shared::directory::Directory;
use shared::wire::directory::{DomainRow, UserRow};
use tests::harness::Plan;
use tests::size::size;

use crate::process::{Head, Process, verified};

/// Rules: W08-04, W08-05.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_is_killed_keeps_every_user_that_it_answered_for() {
    let mut lab = Plan::default().directory().grace_running().start().await;
    lab.directory.as_mut().unwrap().stop().await;
    let directory = lab.directory.as_ref().unwrap();
    let mut users = 0;
    for round in 0..size("KILLS", 4) {
        let process = Process::of("directory", directory).await;
        let head = Head::of(directory);
        if round == 0 {
            let domain = json!({ "kind": "active-directory", "controllers": ["DC1"] });
            directory.api().put::<_, ()>("/domains/LAB", &domain).await.unwrap();
            directory.api().put::<_, ()>("/domains/LAB/license-servers", &json!({ "members": ["LS1"] })).await.unwrap();
        }
        for _ in 0..3 {
            let user = json!({ "password": "correct horse", "unit": "SALES" });
            directory.api().put::<_, ()>(&format!("/users/lab%5Cuser{users}"), &user).await.unwrap();
            users += 1;
        }
        process.kill_in_round(round, &head);
        verified::<Directory>(directory).await;
    }
    let process = Process::of("directory", directory).await;
    let kept: Vec<UserRow> = directory.get("/users").await;
    let domains: Vec<DomainRow> = directory.get("/domains").await;
    assert_eq!((kept.len(), domains[0].license_servers.len()), (users, 1));
    process.kill();
}
