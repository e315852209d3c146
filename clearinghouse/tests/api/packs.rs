//! Packs over the wire, and the desk that sells what they are drawn from.

use shared::model::{PackKind, VolumeProgram};
use shared::rulebook::rule;
use shared::trust::{PackFlaw, open_pack};
use shared::wire::clearinghouse::AgreementProgram;
use shared::wire::problem::ProblemCode;

use crate::world::{Caller, House, devices};

/// Rules: AC-05, AC-08, AC-31.
/// Vector: A-04.
#[tokio::test]
async fn an_open_license_yields_a_pack_of_twenty_five_for_this_server_only() {
    let house = House::open().await;
    let (one, two) = (Caller::activated(&house, "LS1", 3).await, Caller::activated(&house, "LS2", 4).await);
    let papers = house.sign(AgreementProgram::Open, 30).await;
    let token = one.pack(&house, "one", &papers, Some(devices(25))).await.unwrap().token;
    let pack = open_pack(&token, &house.running.key, &one.product_id).unwrap();
    assert_eq!((pack.total, pack.kind), (25, PackKind::Open));
    assert!(matches!(open_pack(&token, &house.running.key, &two.product_id), Err(PackFlaw::ForAnother(_))));
    let problem = two.pack(&house, "one", &papers, Some(devices(6))).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::PackRefused);
    assert!(problem.detail.contains("5 of 30 are left"), "{}", problem.detail);
}

/// Rules: AC-04, AC-33.
/// Vector: A-06.
#[tokio::test]
async fn a_used_retail_code_is_refused_elsewhere_with_whom_to_call() {
    let house = House::open().await;
    let (one, two) = (Caller::activated(&house, "LS1", 3).await, Caller::activated(&house, "LS2", 4).await);
    let code = house.buy(20).await;
    let first = one.pack(&house, "one", &code, None).await.unwrap();
    let problem = two.pack(&house, "two", &code, None).await.unwrap_err();
    assert_eq!((problem.code, problem.rules), (ProblemCode::PackRefused, vec![rule::AC_33]));
    assert!(problem.detail.contains("call the clearinghouse"), "{}", problem.detail);
    assert_eq!(one.pack(&house, "three", &code, None).await, Ok(first), "the same pack, to the byte, for whoever has it");
}

/// Rules: AC-30.
/// Vector: A-07.
#[tokio::test]
async fn a_server_that_is_not_activated_is_not_served() {
    let house = House::open().await;
    let stranger = Caller::new("LS1", 3);
    let code = house.buy(20).await;
    let written = house.written().await;
    let problem = stranger.pack(&house, "one", &code, None).await.unwrap_err();
    assert!(problem.detail.contains("401"), "{}", problem.detail);
    assert_eq!(house.written().await, written);
}

/// Rules: AC-32.
#[tokio::test]
async fn a_pack_asked_for_again_is_the_same_pack_even_after_a_restart() {
    let house = House::open().await;
    let one = Caller::activated(&house, "LS1", 3).await;
    let papers = house.sign(AgreementProgram::Volume { agreement: VolumeProgram::Select }, 10).await;
    let first = one.pack(&house, "one", &papers, Some(devices(10))).await.unwrap();
    let written = house.written().await;
    assert_eq!(one.pack(&house, "one", &papers, Some(devices(10))).await, Ok(first.clone()));
    assert_eq!(house.written().await, written);
    let house = house.reopened().await;
    assert_eq!(one.pack(&house, "one", &papers, Some(devices(10))).await, Ok(first));
    assert_eq!(one.pack(&house, "one", &papers, Some(devices(9))).await.unwrap_err().code, ProblemCode::RequestReused);
    assert_eq!(one.pack(&house, "activate", &papers, Some(devices(9))).await.unwrap_err().code, ProblemCode::RequestReused);
    let spent = one.pack(&house, "two", &papers, Some(devices(1))).await.unwrap_err();
    assert!(spent.detail.contains("0 of 10 are left"), "{}", spent.detail);
}

/// Rules: AC-32, AC-33.
#[tokio::test]
async fn many_at_once_draw_no_more_than_there_is() {
    let house = House::open().await;
    let one = Caller::activated(&house, "LS1", 3).await;
    let papers = house.sign(AgreementProgram::Other, 10).await;
    let mut granted = 0;
    let ids: Vec<String> = (0..24).map(|number| format!("n{}", number % 20)).collect();
    let wave = ids.iter().map(|id| one.pack(&house, id, &papers, Some(devices(1))));
    let mut tokens = std::collections::BTreeSet::new();
    for answer in all(wave).await {
        match answer {
            Ok(pack) => {
                granted += 1;
                tokens.insert(pack.token);
            }
            Err(problem) => assert_eq!(problem.code, ProblemCode::PackRefused, "{problem}"),
        }
    }
    assert!(granted >= 10);
    assert_eq!(tokens.len(), 10);
}

/// Rules: AC-45.
#[tokio::test]
async fn nothing_is_sold_without_lab_powers() {
    let house = House::open_with(|config| config.service.start_at = None).await.unwrap();
    for path in ["/lab/reseller/codes", "/lab/reseller/agreements"] {
        let refused = house.admin().post::<serde_json::Value>(path, &serde_json::json!({})).await.unwrap_err().to_string();
        assert!(refused.contains("without --lab"), "{refused}");
    }
}

async fn all<T>(work: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = work.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
