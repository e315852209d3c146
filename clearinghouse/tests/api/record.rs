//! What the clearinghouse remembers, and who may read it (AC-42).

use shared::wire::clearinghouse::{ActivationRecord, PackRecord, RecordOutcome};
use shared::wire::common::{LoggedEvent, Page};

use crate::world::{Caller, House, devices};

/// Rules: AC-42.
#[tokio::test]
async fn every_activation_is_listed_refused_ones_included() {
    let house = House::open().await;
    let one = Caller::activated(&house, "LS1", 3).await;
    let thief = Caller::new("LS9", 3);
    thief.activate(&house, &thief.request("one")).await.unwrap_err();
    let page: Page<ActivationRecord> = house.admin().get("/activations").await.unwrap();
    let [refused, granted] = page.items.as_slice() else { panic!("{page:?}") };
    assert!(matches!(&refused.outcome, RecordOutcome::Refused { rules, .. } if rules == &["AC-42"]));
    assert_eq!((refused.name.as_str(), &refused.serial), ("LS9", &None));
    assert_eq!(granted.outcome, RecordOutcome::Granted);
    assert_eq!(granted.thumbprint, one.identity.public_key().thumbprint());
    assert_eq!(granted.serial.as_ref().map(String::len), Some(32));
    assert_eq!(page.next, None);
}

/// Rules: AC-42.
#[tokio::test]
async fn every_pack_is_listed_refused_ones_included_a_page_at_a_time() {
    let house = House::open().await;
    let one = Caller::activated(&house, "LS1", 3).await;
    for number in 0..5 {
        let code = house.buy(number + 1).await;
        one.pack(&house, &format!("n{number}"), &code, None).await.unwrap();
    }
    let lost = shared::model::Purchase::Other { agreement: "1234567".parse().unwrap(), authorization: "AB12CD34EF56GH7".parse().unwrap() };
    one.pack(&house, "lost", &lost, Some(devices(1))).await.unwrap_err();
    let mut totals = Vec::new();
    let mut path = "/packs?limit=4".to_owned();
    for _ in 0..2 {
        let page: Page<PackRecord> = house.admin().get(&path).await.unwrap();
        totals.extend(page.items.iter().map(|record| record.pack.as_ref().map(|pack| pack.total)));
        let Some(next) = page.next else { break };
        path = format!("/packs?limit=4&before={next}");
    }
    assert_eq!(totals, [None, Some(5), Some(4), Some(3), Some(2), Some(1)]);
}

#[tokio::test]
async fn the_log_is_filtered_by_id_and_holds_no_code() {
    let house = House::open().await;
    let one = Caller::activated(&house, "LS1", 3).await;
    let code = house.buy(20).await;
    one.pack(&house, "one", &code, None).await.unwrap();
    let all: Page<LoggedEvent> = house.admin().get("/events").await.unwrap();
    assert_eq!(all.items.iter().map(|event| event.record.id).collect::<Vec<_>>(), [4, 6, 2, 1]);
    let shared::model::Purchase::Retail { code } = code else { panic!() };
    assert!(all.items.iter().all(|event| !event.record.text.contains(code.as_str())));
    let some: Page<LoggedEvent> = house.admin().get("/events?id=2&source=clearinghouse").await.unwrap();
    assert_eq!(some.items.len(), 1);
}

#[tokio::test]
async fn the_record_is_for_administrators() {
    let house = House::open().await;
    for path in ["/activations", "/packs", "/events"] {
        let answer = reqwest::get(format!("{}{path}", house.running.url())).await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}
