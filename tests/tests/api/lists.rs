//! Every list pages: no answer grows with what a service has taken in.

use serde_json::Value;
use shared::wire::common::{Page, Sorted};
use shared::wire::terminal_server::SessionRow;
use tests::harness::{Plan, device, stay};

use crate::world::{KINDS, World};

/// What a schema means, `$ref`s followed.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let named = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    named.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

#[tokio::test]
async fn no_route_that_reads_answers_with_a_list_that_has_no_end() {
    let world = World::start().await;
    let mut lists = 0;
    for kind in KINDS {
        let document: Value = world.service(kind).anyone().get("/openapi.json").await.unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let Some(read) = methods.get("get") else { continue };
            let schema = resolved(&document, &read["responses"]["200"]["content"]["application/json"]["schema"]);
            assert_ne!(schema["type"], "array", "{} GET {path} answers with a bare list", kind.name());
            if schema["properties"].get("next").is_none() {
                continue;
            }
            lists += 1;
            let names: Vec<&str> = read["parameters"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
            // A backup's pieces have a size of their own.
            let turns = names.contains(&"before") || names.contains(&"after");
            assert!(turns && (names.contains(&"limit") || path == "/backup"), "{} GET {path} takes {names:?}", kind.name());
        }
    }
    assert!(lists >= 20, "{lists} lists");
}

/// A page at a time gives the whole, each row once.
#[tokio::test]
async fn what_is_turned_page_by_page_is_the_whole_list() {
    let world = World::of(
        Plan::default()
            .license_servers(&[("LS1", shared::model::Generation::Windows2003), ("LS2", shared::model::Generation::Windows2003)]),
    )
    .await;
    let lists = [
        (&world.lab.terminal_servers[0], vec!["/accounts", "/license-servers", "/people", "/verdicts/counts"]),
        (&world.lab.license_servers[0], vec!["/terminal-servers", "/license-servers"]),
        (world.lab.directory.as_ref().unwrap(), vec!["/services", "/domains", "/sites", "/users"]),
        (&world.lab.clearinghouse, vec!["/turned-down"]),
    ];
    let mut turned = 0;
    for (service, paths) in lists {
        for path in paths {
            let whole: Sorted<Value> = service.get(&format!("{path}?limit=1000")).await;
            assert!(whole.next.is_none(), "{path}");
            let mut rows = Vec::new();
            let mut page = format!("{path}?limit=1");
            for _ in 0..=whole.items.len() {
                let Sorted::<Value> { items, next } = service.get(&page).await;
                assert!(items.len() <= 1, "{path}");
                rows.extend(items);
                let Some(next) = next else { break };
                page = format!("{path}?limit=1&after={}", lab::api::path_segment(&next));
                turned += 1;
            }
            assert_eq!(rows, whole.items, "{path}");
        }
    }
    assert!(turned >= 4, "{turned} pages were turned");
}

#[tokio::test]
async fn open_sessions_are_given_ten_at_a_time_and_the_ended_ones_after_them() {
    let lab = Plan::default().start().await;
    for number in 0..3 {
        lab.log_on(&mut device(&format!("ENDED{number}"))).await;
    }
    for number in 0..25 {
        lab.visit(0, &mut device(&format!("PC{number:02}")), stay()).await;
    }
    let server = &lab.terminal_servers[0];
    let mut rows: Vec<SessionRow> = Vec::new();
    let mut sizes = Vec::new();
    let mut path = "/sessions?limit=10".to_owned();
    for _ in 0..10 {
        let page: Page<SessionRow> = server.get(&path).await;
        sizes.push(page.items.len());
        rows.extend(page.items);
        let Some(next) = page.next else { break };
        path = format!("/sessions?limit=10&before={next}");
    }
    // Three logged on and off, and one client began grace.
    assert_eq!(sizes, [10, 10, 9], "twenty-five open, and four that ended");
    let devices: Vec<&str> = rows.iter().map(|row| row.session.device.as_str()).collect();
    assert_eq!((devices[0], devices[24], devices[25], devices[27]), ("PC24", "PC00", "ENDED2", "ENDED0"), "newest first");
    let open: Page<SessionRow> = server.get("/sessions?open=true&limit=20").await;
    let rest: Page<SessionRow> = server.get(&format!("/sessions?open=true&limit=20&before={}", open.next.unwrap())).await;
    assert_eq!((open.items.len(), rest.items.len(), rest.next), (20, 5, None));
}
