//! An answer between two services is lost and asked for again: nothing doubled, nothing lost.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chassis::data::DataDir;
use chassis::journal;
use client::device::Device;
use client::session::{self, Answer, Logon, Then, Visit};
use lab::api::Api;
use lab::failure::Failure;
use shared::ledger::Ledger;
use shared::model::{CalKind, ProductType, ProductVersion, Purchase, RequestId};
use shared::wire::clearinghouse::{ActivationRecord, PackRecord};
use shared::wire::common::Page;
use shared::wire::license_server::{Activate, ActivationView, InstallPack, PackRow, Standing};
use shared::wire::problem::ProblemCode;
use shared::wire::terminal_server::TrustLicenseServer;
use tests::harness::{Admitted, Plan, TestLab, days, device, log_on, registrant, request_id};

use crate::proxy::Proxy;
use crate::tally::counts_add_up;

/// A lab whose terminal server reaches its license server by a proxy.
async fn with_proxy_to_license_server(plan: Plan) -> (TestLab, Proxy) {
    let lab = plan.start().await;
    let proxy = Proxy::before(&lab.license_servers[0].url()).await;
    let key = lab.license_servers[0].identity().await.key;
    let road = TrustLicenseServer { key, url: proxy.url() };
    lab.terminal_servers[0].api().put::<_, ()>("/license-servers/LS1", &road).await.expect("another address");
    (lab, proxy)
}

/// A lab whose license server reaches its clearinghouse by a proxy.
async fn with_proxy_to_clearinghouse(plan: Plan) -> (TestLab, Proxy) {
    let lab = plan.start().await;
    let proxy = Proxy::before(&lab.clearinghouse.url()).await;
    lab.license_servers[0].trust_clearinghouse(&lab.clearinghouse.identity().await, &proxy.url()).await;
    (lab, proxy)
}

fn is_unreachable<T: std::fmt::Debug>(answer: Result<T, Failure>) -> bool {
    matches!(answer, Err(Failure::Problem(problem)) if problem.code == ProblemCode::Unreachable)
}

/// Rules: AC-14, AC-42.
#[tokio::test]
async fn an_activation_whose_answer_was_lost_is_asked_for_again_and_there_is_one_certificate() {
    let (lab, proxy) = with_proxy_to_clearinghouse(Plan::default().not_activated()).await;
    let server = &lab.license_servers[0];
    let wanted = Activate { registrant: registrant() };
    proxy.lose_next("/activations");
    assert!(is_unreachable(server.api().post::<_, ActivationView>("/activation", &wanted).await));
    let view: ActivationView = server.get("/activation").await;
    assert_eq!((proxy.lost(), view.status, view.certificate), (1, 1, None));

    let view: ActivationView = server.api().post("/activation", &wanted).await.expect("an activation");
    assert_eq!(view.status, 0);
    let record: Page<ActivationRecord> = lab.clearinghouse.get("/activations").await;
    let serials: BTreeSet<_> = record.items.iter().map(|row| row.serial.clone().expect("granted")).collect();
    assert_eq!(serials.len(), 1, "one certificate: {record:?}");
    assert_eq!(server.events(4).await, 1, "activated once");
}

/// Rules: AC-32, AC-33.
#[tokio::test]
async fn a_pack_whose_answer_was_lost_is_asked_for_again_and_installed_once() {
    let (lab, proxy) = with_proxy_to_clearinghouse(Plan::default().packs(&[])).await;
    let code = lab.buy(ProductVersion::V5_2, ProductType::Device, 20).await.code;
    let install =
        |request: &RequestId| InstallPack { request: request.clone(), purchase: Purchase::Retail { code: code.clone() }, wanted: None };
    let (request, server) = (request_id(), &lab.license_servers[0]);
    proxy.lose_next("/packs");
    assert!(is_unreachable(server.api().post::<_, PackRow>("/packs", &install(&request)).await));
    assert_eq!((proxy.lost(), lab.pool(0).await), (1, (0, 0)));

    let row: PackRow = server.api().post("/packs", &install(&request)).await.expect("the pack");
    assert_eq!(lab.pool(0).await, (20, 20));
    let again: PackRow = server.api().post("/packs", &install(&request)).await.expect("the same answer, had that one been lost too");
    assert_eq!((again, lab.pool(0).await), (row.clone(), (20, 20)));
    let record: Page<PackRecord> = lab.clearinghouse.get("/packs").await;
    assert_eq!(record.items.iter().map(|row| row.pack.clone()).collect::<Vec<_>>(), [Some(row.pack)]);

    let other = server.api().post::<_, PackRow>("/packs", &install(&request_id())).await;
    assert!(matches!(other, Err(Failure::Problem(problem)) if problem.code == ProblemCode::PackInstalled));
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Rules: AC-33.
#[tokio::test]
async fn a_code_whose_pack_was_lost_on_the_way_yields_the_same_pack_under_another_request() {
    let (lab, proxy) = with_proxy_to_clearinghouse(Plan::default().packs(&[])).await;
    let code = lab.buy(ProductVersion::V5_2, ProductType::Device, 20).await.code;
    let install = || InstallPack { request: request_id(), purchase: Purchase::Retail { code: code.clone() }, wanted: None };
    proxy.lose_next("/packs");
    assert!(is_unreachable(lab.license_servers[0].api().post::<_, PackRow>("/packs", &install()).await));
    let row: PackRow = lab.license_servers[0].api().post("/packs", &install()).await.expect("the pack");
    let record: Page<PackRecord> = lab.clearinghouse.get("/packs").await;
    let packs: BTreeSet<_> = record.items.iter().map(|row| row.pack.as_ref().expect("granted").id.clone()).collect();
    assert_eq!(packs, BTreeSet::from([row.pack.id]));
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Rules: LS-04, OQ-9.
#[tokio::test]
async fn a_temporary_whose_answer_was_lost_is_handed_out_at_the_next_connection() {
    let (lab, proxy) = with_proxy_to_license_server(Plan::default()).await;
    let mut first = device("PC01");
    proxy.lose_next("/inquiries");
    lab.denied(&mut first).await;
    let made = lab.records(0, "PC01").await;
    assert_eq!((proxy.lost(), made.len()), (1, 1));
    let admitted = lab.connect(&mut first).await;
    assert!(admitted.fired("OQ-9"), "{admitted:?}");
    assert_eq!(admitted.cal(), &made[0].cal);
    assert_eq!(lab.records(0, "PC01").await, made);
}

/// Rules: LS-06, LS-14, PD-09.
#[tokio::test]
async fn a_permanent_whose_answer_was_lost_is_handed_out_at_the_next_connection_and_drawn_once() {
    let (lab, proxy) = with_proxy_to_license_server(Plan::default()).await;
    let mut first = device("PC01");
    lab.log_on(&mut first).await;
    proxy.lose_next("/inquiries");
    let before = lab.connect(&mut first).await;
    assert_eq!(before.cal().kind, CalKind::Temporary, "its temporary is handed back");
    assert_eq!((proxy.lost(), lab.pool(0).await), (1, (19, 20)), "drawn already");

    let admitted = lab.connect(&mut first).await;
    assert_eq!(admitted.cal().kind, CalKind::Permanent);
    assert!(admitted.fired("LS-14"), "{admitted:?}");
    assert_eq!(lab.pool(0).await, (19, 20));
    assert_eq!(counts_add_up(&lab.license_servers[0]).await.iter().filter(|row| row.cal == *admitted.cal()).count(), 1);
}

/// Rules: RN-02.
#[tokio::test]
async fn a_renewal_whose_answer_was_lost_moves_the_end_once() {
    let (mut lab, proxy) = with_proxy_to_license_server(Plan::default()).await;
    lab.next_life(0, 60).await;
    let mut first = lab.licensed("PC01").await;
    lab.advance(days(55)).await;
    proxy.lose_next("/inquiries");
    let before = lab.connect(&mut first).await;
    assert_eq!((proxy.lost(), before.connected.license.is_none_or(|granted| granted.cal.expires_at < lab.now() + days(6))), (1, true));
    let extended = lab.records(0, "PC01").await.into_iter().find(|row| row.cal.kind == CalKind::Permanent).expect("on record").cal;
    assert!(extended.expires_at > lab.now() + days(50), "{extended:?}");
    lab.advance(days(1)).await;
    let admitted = lab.connect(&mut first).await;
    assert_eq!(admitted.cal(), &extended);
    assert_eq!(lab.pool(0).await, (19, 20));
    counts_add_up(&lab.license_servers[0]).await;
}

/// Rules: LS-13.
#[tokio::test]
async fn a_mark_whose_answer_was_lost_is_made_again_by_the_next_logon_and_set_once() {
    let (mut lab, proxy) = with_proxy_to_license_server(Plan::default().packs(&[])).await;
    let mut first = device("PC01");
    proxy.lose_next("/marks");
    let told = mark_told(&lab.log_on(&mut first).await);
    assert!(told.contains("silent"), "{told}");
    assert_eq!(lab.records(0, "PC01").await[0].standing, Standing::Validated);
    let told = mark_told(&lab.log_on(&mut first).await);
    assert!(told.contains("validated"), "{told}");
    assert_eq!((proxy.lost(), lab.records(0, "PC01").await.len()), (1, 1));

    lab.license_servers[0].stop().await;
    let exported = exported(&lab);
    assert_eq!(exported.matches("\"event\":\"validated\"").count(), 1, "set once");
}

/// The answer of the terminal server itself is lost on its way to the client.
///
/// Rules: LS-14.
#[tokio::test]
async fn a_client_that_did_not_hear_its_answer_connects_again_and_holds_one_cal() {
    let lab = Plan::default().start().await;
    let proxy = Proxy::before(&lab.terminal_servers[0].url()).await;
    let road = Api::new(lab::api::connections().expect("connections"), &proxy.url(), None);
    let mut first = device("PC01");
    lab.log_on(&mut first).await;
    proxy.lose_next("/connections");
    assert!(matches!(by(&road, &mut first).await, Err(Failure::Silent { .. })));
    assert_eq!((proxy.lost(), lab.pool(0).await), (1, (19, 20)));
    let admitted = Admitted::of(by(&road, &mut first).await.expect("an answer"));
    assert_eq!(admitted.cal().kind, CalKind::Permanent);
    assert_eq!(lab.pool(0).await, (19, 20));
    counts_add_up(&lab.license_servers[0]).await;
    assert!(matches!(by(&road, &mut first).await.expect("an answer").verdict, Answer::Accepted { .. }));
    assert_eq!(Admitted::of(lab.visit(0, &mut first, log_on()).await).connected.rule, "PD-13");
}

async fn by(road: &Api, device: &mut Device) -> Result<session::Visited, Failure> {
    let asked = session::license_request(road.client()).await?;
    let visit =
        Visit { user: "anna".parse().expect("a user"), admin: false, now: Some(asked.at), elevated: false, mishap: None, then: Then::Wait };
    Ok(session::connect(road.client(), &asked, device, &visit).await?)
}

/// What a logon said about the mark.
fn mark_told(admitted: &Admitted) -> String {
    let Logon::LoggedOn { answer, .. } = &admitted.logon else { panic!("{admitted:?}") };
    answer.trace.iter().find(|step| step.rule == "LS-13").expect("a mark").facts.clone()
}

/// The journal of the first license server, which is stopped, as text.
fn exported(lab: &TestLab) -> String {
    let text = Arc::<Mutex<Vec<u8>>>::default();
    let data = DataDir::open(&lab.license_servers[0].data()).expect("a free data directory");
    journal::export::<Ledger>(&data, Into(text.clone()), None).expect("an export");
    let bytes = text.lock().unwrap().clone();
    String::from_utf8(bytes).expect("text")
}

struct Into(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Into {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
