//! Activation over the wire.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use shared::model::Span;
use shared::rulebook::rule;
use shared::wire::common::ClockChange;
use shared::wire::problem::ProblemCode;

use crate::world::{Caller, House, certificate};

/// Rules: AC-10, AC-11, AC-14, CE-13.
#[tokio::test]
async fn a_license_server_gets_a_certificate_for_its_name_product_id_and_key() {
    let house = House::open().await;
    let caller = Caller::new("LS1", 3);
    let answer = caller.activate(&house, &caller.request("one")).await.unwrap();
    let certificate = certificate(&answer);
    assert_eq!(&certificate.holder().name, caller.identity.name());
    assert_eq!(certificate.holder().product_id, caller.product_id);
    assert_eq!(certificate.holder().key, caller.identity.public_key());
    assert_eq!(certificate.period().until.to_string()[..10], *"2036-11-23");
    assert_eq!(house.identity().await.root, Some(answer.root));
}

/// Rules: AC-32.
#[tokio::test]
async fn a_lost_answer_is_given_again_to_the_byte_even_after_a_restart() {
    let house = House::open().await;
    let caller = Caller::new("LS1", 3);
    let first = caller.activate(&house, &caller.request("one")).await.unwrap();
    let written = house.written().await;
    house.clock(ClockChange::Advance { seconds: 86_400 }).await;
    assert_eq!(caller.activate(&house, &caller.request("one")).await, Ok(first.clone()));
    assert_eq!(house.written().await, written + 1, "the clock's entry and nothing else");
    let house = house.reopened().await;
    assert_eq!(caller.activate(&house, &caller.request("one")).await, Ok(first.clone()));
    assert_eq!(caller.activate(&house, &caller.request("two")).await, Ok(first));
    let mut other = caller.request("one");
    other.registrant.city = Some("Oslo".parse().unwrap());
    assert_eq!(caller.activate(&house, &other).await.unwrap_err().code, ProblemCode::RequestReused);
}

/// Rules: AC-11.
/// Vector: A-01.
#[tokio::test]
async fn an_activation_without_a_company_is_turned_down_and_on_record() {
    let house = House::open().await;
    let caller = Caller::new("LS1", 3);
    let mut body = caller.request("one");
    body.registrant.company = None;
    let written = house.written().await;
    let problem = caller.activate(&house, &body).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::RegistrantIncomplete);
    assert_eq!((problem.detail.as_str(), problem.rules), ("missing: company", vec![rule::AC_11]));
    assert_eq!(house.written().await, written + 1);
    assert_eq!(caller.activate(&house, &body).await.unwrap_err().detail, "missing: company", "again the same");
    assert_eq!(house.written().await, written + 1);
    assert!(caller.activate(&house, &caller.request("two")).await.is_ok(), "filled in under a new id it works");
}

/// Rules: AC-42.
#[tokio::test]
async fn a_product_id_belongs_to_one_key() {
    let house = House::open().await;
    Caller::activated(&house, "LS1", 3).await;
    let thief = Caller::new("LS1", 3);
    let problem = thief.activate(&house, &thief.request("one")).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::ActivationRefused);
    assert!(problem.detail.contains("with another key"), "{}", problem.detail);
}

/// Rules: CE-13.
#[tokio::test]
async fn a_greedy_certificate_request_gets_what_everybody_gets() {
    let house = House::open().await;
    let caller = Caller::new("LS1", 3);
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Terminal Server Licensing Lab");
    params.distinguished_name.push(DnType::CommonName, "LS1");
    params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), caller.product_id.as_str());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut body = caller.request("one");
    body.certificate_request = params.serialize_request(&pair).unwrap().pem().unwrap();
    let problem = caller.activate(&house, &body).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Invalid, "a request for another key than the caller's");
    let plain = caller.activate(&house, &caller.request("two")).await.unwrap();
    // Checked against the one form that certificates of the lab have.
    certificate(&plain);
}

/// Rules: AC-11.
#[tokio::test]
async fn an_improper_request_writes_nothing() {
    let house = House::open().await;
    let (caller, other) = (Caller::new("LS1", 3), Caller::new("LS2", 4));
    let written = house.written().await;
    let mut foreign = caller.request("one");
    foreign.certificate_request = other.request("one").certificate_request;
    let mut garbage = caller.request("two");
    garbage.certificate_request = "hello".to_owned();
    let mut renamed = caller.request("three");
    renamed.name = "LS2".parse().unwrap();
    for body in [foreign, garbage, renamed, other.request("four")] {
        assert_eq!(caller.activate(&house, &body).await.unwrap_err().code, ProblemCode::Invalid, "{body:?}");
    }
    assert_eq!(house.written().await, written);
}

/// Rules: CE-13, AC-27.
#[tokio::test]
async fn a_registration_ends_with_its_certificate() {
    let house = House::open_with(|config| {
        config.service.lab = true;
        config.certificate_years = 1;
    });
    let house = house.await.unwrap();
    let caller = Caller::activated(&house, "LS1", 3).await;
    let code = house.buy(5).await;
    let end = certificate(&caller.activate(&house, &caller.request("again")).await.unwrap()).period().until;
    house.clock(ClockChange::Freeze).await;
    house.clock(ClockChange::Set { to: end - Span::seconds(1) }).await;
    assert!(caller.activate(&house, &caller.request("late")).await.is_ok());
    house.clock(ClockChange::Set { to: end }).await;
    assert_eq!(caller.activate(&house, &caller.request("too-late")).await.unwrap_err().rules, vec![rule::AC_27]);
    assert_eq!(caller.pack(&house, "pack", &code, None).await.unwrap_err().code, ProblemCode::NotActivated);
}
