//! Activation and packs by what is read off a page or heard on the telephone, and the life of an activation after it.

use lab::failure::Failure;
use serde_json::json;
use shared::model::code::as_typed;
use shared::model::{
    CalKind, ContactMethod, Generation, PackKind, ProductType, ProductVersion, Purchase, ReactivationReason, Registrant, ServerRef,
};
use shared::rulebook::rule;
use shared::wire::clearinghouse::{ActivationRecord, SignedAgreement, Wanted};
use shared::wire::common::Page;
use shared::wire::desk::{Confirmed, IssuePack, Recover, Register, Registered, Reissue, TypedPack};
use shared::wire::license_server::{
    Activate, ActivateById, ActivationView, BringCertificate, Deactivate, InstallKeyPack, PackRow, Papers, Reactivate, ReplaceKey,
    TrustTerminalServer,
};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::TrustLicenseServer;
use tests::harness::{Plan, TestLab, device, log_on, registrant, registration, request_id};

const AUTOMATIC: ContactMethod = ContactMethod::Automatic;
const TELEPHONE: ContactMethod = ContactMethod::Telephone;

/// Rules: AC-02, AC-10, AC-12, AC-13, AC-15, CE-15, PD-06.
#[tokio::test]
async fn a_server_activated_by_telephone_needs_no_path_to_the_clearinghouse_and_its_pinned_key_is_believed() {
    let mut lab = Plan::default().not_activated().start().await;
    let registered = register(&lab, 0, TELEPHONE, None).await.unwrap();
    let pack = issue(&lab, &registered, TELEPHONE, &agreement(&lab, 20).await, 20).await.unwrap();
    // From here on the two could not speak to each other if they wanted to.
    lab.clearinghouse.stop().await;
    let view = activate_by_id(&lab, 0, registered.license_server_id.as_str()).await.unwrap();
    assert_eq!((view.status, view.number, view.certificate), (0, 1, None));
    assert_eq!(view.license_server_id, Some(registered.license_server_id.clone()));
    let row = install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    assert_eq!((row.pack, row.available), (pack.pack, 20));
    lab.licensed("PC01").await;
    assert_eq!(lab.pool(0).await, (19, 20));
}

/// Vector: A-02.
/// Rules: AC-17.
#[tokio::test]
async fn a_license_server_id_with_one_wrong_character_is_refused_and_the_group_is_named() {
    let lab = Plan::default().not_activated().start().await;
    let right = register(&lab, 0, ContactMethod::Web, None).await.unwrap().license_server_id;
    let mut wrong = right.as_str().to_owned().into_bytes();
    wrong[17] = if wrong[17] == b'7' { b'8' } else { b'7' };
    let problem = refused(activate_by_id(&lab, 0, &String::from_utf8(wrong).unwrap()).await);
    assert_eq!(problem.code, ProblemCode::CodeRefused);
    assert!(problem.detail.contains("group 4") && problem.rules.contains(&rule::AC_17), "{problem}");
    assert_eq!(view(&lab, 0).await.status, 1, "it stays not activated");
}

/// Vector: A-03.
/// Rules: AC-02, AC-03.
#[tokio::test]
async fn thirty_four_characters_or_hyphens_are_a_parameter_error() {
    let lab = Plan::default().not_activated().start().await;
    let right = register(&lab, 0, ContactMethod::Web, None).await.unwrap().license_server_id;
    for wrong in [right.as_str()[..34].to_owned(), right.in_fives(), right.as_str().to_lowercase()] {
        let body = json!({ "license_server_id": wrong });
        let problem = refused(lab.license_servers[0].api().post::<_, ActivationView>("/activation/id", &body).await);
        assert_eq!(problem.code, ProblemCode::Invalid, "{wrong}: {problem}");
        let body = json!({ "request": "request-1", "key_pack_id": format!("{}-", &right.as_str()[..34]) });
        let problem = refused(lab.license_servers[0].api().post::<_, PackRow>("/packs/ids", &body).await);
        assert_eq!(problem.code, ProblemCode::Invalid, "{problem}");
    }
}

/// Rules: AC-17, AC-30.
#[tokio::test]
async fn the_codes_of_another_server_are_of_no_use_here() {
    let lab = two_servers().not_activated().start().await;
    let theirs = register(&lab, 1, TELEPHONE, None).await.unwrap();
    let problem = refused(activate_by_id(&lab, 0, theirs.license_server_id.as_str()).await);
    assert_eq!(problem.code, ProblemCode::CodeRefused);
    assert!(problem.detail.contains("was not issued to the license server with Product ID"), "{problem}");
    let ours = register(&lab, 0, TELEPHONE, None).await.unwrap();
    activate_by_id(&lab, 0, ours.license_server_id.as_str()).await.unwrap();
    let pack = issue(&lab, &theirs, TELEPHONE, &agreement(&lab, 5).await, 5).await.unwrap();
    assert_eq!(refused(install(&lab, 0, pack.key_pack_id.as_str()).await).code, ProblemCode::CodeRefused);
}

/// Rules: AC-12, AC-13, AC-42.
#[tokio::test]
async fn a_key_text_and_a_product_id_that_do_not_go_together_are_noticed() {
    let lab = two_servers().not_activated().start().await;
    let mut papers = papers(&lab, 0).await;
    papers.product_id = self::papers(&lab, 1).await.product_id;
    let problem = refused(send(&lab, &papers, TELEPHONE, None, registrant()).await);
    assert_eq!(problem.code, ProblemCode::CodeRefused, "{problem}");
    let papers = self::papers(&lab, 0).await;
    let incomplete = Registrant { company: None, ..registrant() };
    assert_eq!(refused(send(&lab, &papers, TELEPHONE, None, incomplete).await).code, ProblemCode::RegistrantIncomplete);
    let first = send(&lab, &papers, TELEPHONE, None, registrant()).await.unwrap();
    assert_eq!(send(&lab, &papers, ContactMethod::Web, None, registrant()).await.unwrap(), first, "what was lost is told again");
    let record: Page<ActivationRecord> = lab.clearinghouse.get("/activations").await;
    assert_eq!(record.items.iter().filter(|row| row.method == TELEPHONE).count(), 1, "{record:?}");
}

/// Rules: CE-15.
#[tokio::test]
async fn the_certificate_brought_later_as_a_file_gives_the_usual_chain() {
    let lab = Plan::default().not_activated().start().await;
    let papers = papers(&lab, 0).await;
    let wanted =
        Register { certificate_request: Some(papers.certificate_request.clone()), ..registration(&papers, ContactMethod::Web, None) };
    let registered: Registered = lab.clearinghouse.api().post("/desk/registrations", &wanted).await.unwrap();
    let certificate = registered.certificate.unwrap();
    let bring = || BringCertificate { certificate: certificate.clone() };
    let early = lab.license_servers[0].api().put::<_, ActivationView>("/activation/certificate", &bring()).await;
    assert_eq!(refused(early).code, ProblemCode::NotActivated, "the code comes first");
    activate_by_id(&lab, 0, registered.license_server_id.as_str()).await.unwrap();
    let view: ActivationView = lab.license_servers[0].api().put("/activation/certificate", &bring()).await.unwrap();
    assert_eq!((view.status, view.certificate.clone(), view.number), (0, Some(certificate), 1));
    let pack = issue(&lab, &wanted_id(&view), ContactMethod::Web, &agreement(&lab, 5).await, 5).await;
    assert!(pack.is_err(), "the id is shown no more, the Product ID still is");
    let pack = issue_for(&lab, ServerRef::Product(papers.product_id), ContactMethod::Web, &agreement(&lab, 5).await, 5).await.unwrap();
    install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    lab.licensed("PC01").await;
}

/// Rules: AC-31, AC-32, AC-33, AC-04, AC-17.
#[tokio::test]
async fn a_retail_code_by_telephone_gives_one_pack_and_a_mistyped_one_is_told_by_its_group() {
    let lab = Plan::default().packs(&[]).start().await;
    let server = ServerRef::Product(view(&lab, 0).await.product_id);
    let code = lab.buy(ProductVersion::V5_2, ProductType::User, 7).await.code;
    let mut wrong = code.as_str().to_owned().into_bytes();
    wrong[7] = if wrong[7] == b'7' { b'8' } else { b'7' };
    let wrong = Purchase::Retail { code: String::from_utf8(wrong).unwrap().parse().unwrap() };
    let problem = refused(issue_retail(&lab, &server, &wrong).await);
    assert_eq!(problem.code, ProblemCode::CodeRefused);
    assert!(problem.detail.contains("group 2"), "{problem}");
    let retail = Purchase::Retail { code };
    let pack = issue_retail(&lab, &server, &retail).await.unwrap();
    assert_eq!((pack.pack.kind, pack.pack.product_type, pack.pack.total), (PackKind::Retail, ProductType::User, 7));
    assert_eq!(issue_retail(&lab, &server, &retail).await.unwrap(), pack, "told again");
    install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    let again = refused(install(&lab, 0, pack.key_pack_id.as_str()).await);
    assert_eq!(again.code, ProblemCode::PackInstalled);
}

/// Vector: A-13.
/// Rules: AC-36, W2K-15, VC-08.
#[tokio::test]
async fn a_2003_pack_on_a_2000_license_server_is_refused_with_its_message_number_and_logged() {
    let lab = Plan::default().license_servers(&[("LS1", Generation::Windows2000Sp3)]).packs(&[]).start().await;
    let server = ServerRef::Product(view(&lab, 0).await.product_id);
    let pack = issue_for(&lab, server, TELEPHONE, &agreement(&lab, 5).await, 5).await.unwrap();
    let problem = refused(install(&lab, 0, pack.key_pack_id.as_str()).await);
    assert_eq!(problem.code, ProblemCode::PackVersion);
    assert!(problem.cure.contains("0x13A7"), "{problem:?}");
    assert_eq!(lab.license_server_events(0, 41).await, 1);
}

/// Vector: A-08.
/// Rules: AC-21.
#[tokio::test]
async fn a_deactivation_by_web_or_fax_is_refused() {
    let lab = Plan::default().start().await;
    for method in [ContactMethod::Web, ContactMethod::Fax] {
        let problem = refused(deactivate(&lab, &Deactivate { method, registrant: Some(with_email()), confirmation_code: None }).await);
        assert_eq!((problem.code, problem.rules), (ProblemCode::DeactivationRefused, vec![rule::AC_21]));
        let server = ServerRef::Product(view(&lab, 0).await.product_id);
        let body = shared::wire::desk::Deactivate { request: request_id(), method, server };
        let problem = refused(lab.clearinghouse.api().post::<_, Confirmed>("/desk/deactivations", &body).await);
        assert_eq!(problem.code, ProblemCode::DeactivationRefused);
    }
    assert_eq!(view(&lab, 0).await.status, 0);
}

/// Rules: AC-20, AC-23, AC-24, AC-25, AC-26, AC-47.
#[tokio::test]
async fn deactivated_and_reactivated_a_server_keeps_what_it_issued_and_must_have_the_rest_issued_again() {
    let lab = Plan::default().device_cals(5).start().await;
    let mut pc = lab.licensed("PC01").await;
    let automatic = |registrant| Deactivate { method: AUTOMATIC, registrant: Some(registrant), confirmation_code: None };
    let problem = refused(deactivate(&lab, &automatic(registrant())).await);
    assert_eq!(problem.code, ProblemCode::RegistrantIncomplete);
    assert!(problem.detail.contains("e-mail"), "{problem}");
    let off = deactivate(&lab, &automatic(with_email())).await.unwrap();
    assert!(off.status == 1 && off.prompt.unwrap().contains("reactivated"));

    let mut newcomer = device("PC02");
    lab.log_on(&mut newcomer).await;
    assert_eq!(lab.connect(&mut newcomer).await.connected.rule, "PD-07", "temporaries only");
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "what was issued stays good");
    let plain = Activate { registrant: registrant() };
    let problem = refused(lab.license_servers[0].api().post::<_, ActivationView>("/activation", &plain).await);
    assert_eq!(problem.code, ProblemCode::ActivationRefused, "a reason is wanted: {problem}");

    let on = reactivate(&lab, 0, ReactivationReason::CertificateCorrupt).await.unwrap();
    assert_eq!((on.status, on.number, on.prompt), (0, 2, None));
    let row = &packs(&lab, 0).await[0];
    assert_eq!((row.issued, row.available, row.withheld), (1, 0, 4));
    assert_eq!(lab.connect(&mut newcomer).await.connected.rule, "PD-07", "the four must be reissued first");
    assert_eq!(lab.license_server_events(0, 9004).await, 1);
}

/// Rules: AC-22, AC-25, AC-26, AC-48, CON-12.
#[tokio::test]
async fn by_telephone_a_confirmation_code_deactivates_and_a_new_id_and_a_recovered_pack_bring_it_back() {
    let lab = Plan::default().not_activated().start().await;
    let first = register(&lab, 0, TELEPHONE, None).await.unwrap();
    activate_by_id(&lab, 0, first.license_server_id.as_str()).await.unwrap();
    let papers = agreement(&lab, 5).await;
    let pack = issue(&lab, &first, TELEPHONE, &papers, 5).await.unwrap();
    install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    lab.licensed("PC01").await;

    let server = ServerRef::Id(first.license_server_id.clone());
    let ask = shared::wire::desk::Deactivate { request: request_id(), method: TELEPHONE, server: server.clone() };
    let code = lab.clearinghouse.api().post::<_, Confirmed>("/desk/deactivations", &ask).await.unwrap().confirmation_code;
    let mut wrong = code.as_str().to_owned().into_bytes();
    wrong.swap(4, 5);
    if wrong != code.as_str().as_bytes() {
        let wrong = String::from_utf8(wrong).unwrap().parse().unwrap();
        let problem = refused(deactivate(&lab, &Deactivate { method: TELEPHONE, registrant: None, confirmation_code: Some(wrong) }).await);
        assert!(problem.detail.contains("groups 1 and 2"), "{problem}");
    }
    let off = deactivate(&lab, &Deactivate { method: TELEPHONE, registrant: None, confirmation_code: Some(code) }).await.unwrap();
    assert_eq!(off.status, 1);
    let again = refused(activate_by_id(&lab, 0, first.license_server_id.as_str()).await);
    assert_eq!(again.code, ProblemCode::CodeRefused, "an id that is over is not taken again: {again}");

    assert!(register(&lab, 0, TELEPHONE, None).await.is_err(), "without a reason");
    let second = register(&lab, 0, TELEPHONE, Some(ReactivationReason::Redeployed)).await.unwrap();
    assert_eq!(second.number, 2);
    let body = ActivateById { license_server_id: second.license_server_id.clone(), reason: Some(ReactivationReason::Redeployed) };
    let on: ActivationView = lab.license_servers[0].api().post("/activation/id", &body).await.unwrap();
    assert_eq!(on.status, 0);
    assert_eq!(lab.pool(0).await.0, 0);

    let recover = |purchase: &Purchase, quantity| Recover {
        request: request_id(),
        method: TELEPHONE,
        server: ServerRef::Id(second.license_server_id.clone()),
        pack: pack.key_pack_id.clone(),
        quantity,
        purchase: purchase.clone(),
    };
    let desk = lab.clearinghouse.api();
    let other = agreement(&lab, 5).await;
    let problem = refused(desk.post::<_, TypedPack>("/desk/recoveries", &recover(&other, 4)).await);
    assert_eq!((problem.code, problem.rules), (ProblemCode::ReplacementRefused, vec![rule::AC_48]));
    assert!(desk.post::<_, TypedPack>("/desk/recoveries", &recover(&papers, 6)).await.is_err(), "more than it held");
    let back: TypedPack = desk.post("/desk/recoveries", &recover(&papers, 4)).await.unwrap();
    install(&lab, 0, back.key_pack_id.as_str()).await.unwrap();
    assert_eq!(lab.pool(0).await.0, 4);
    assert!(desk.post::<_, TypedPack>("/desk/recoveries", &recover(&papers, 4)).await.is_err(), "not twice");
}

/// Rules: AC-02, AC-24, AC-26, CE-15.
#[tokio::test]
async fn what_became_of_an_activation_survives_a_restart() {
    let mut lab = Plan::default().not_activated().start().await;
    let first = register(&lab, 0, TELEPHONE, None).await.unwrap();
    activate_by_id(&lab, 0, first.license_server_id.as_str()).await.unwrap();
    let pack = issue(&lab, &first, TELEPHONE, &agreement(&lab, 5).await, 5).await.unwrap();
    install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    lab.licensed("PC01").await;
    let papers = papers(&lab, 0).await;
    deactivate(&lab, &Deactivate { method: TELEPHONE, registrant: None, confirmation_code: Some(confirmation(&lab, &first).await) })
        .await
        .unwrap();
    let before = (view(&lab, 0).await, packs(&lab, 0).await);
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    assert_eq!((view(&lab, 0).await, packs(&lab, 0).await), before);
    assert_eq!(self::papers(&lab, 0).await.key_text, papers.key_text, "the key agreement key is the same");
    let problem = refused(activate_by_id(&lab, 0, first.license_server_id.as_str()).await);
    assert_eq!(problem.code, ProblemCode::CodeRefused, "the first id is over");
}

/// Rules: AC-25, AC-42.
#[tokio::test]
async fn a_new_key_for_a_known_server_is_taken_by_telephone_and_not_on_a_page() {
    let lab = Plan::default().not_activated().start().await;
    let first = register(&lab, 0, TELEPHONE, None).await.unwrap();
    activate_by_id(&lab, 0, first.license_server_id.as_str()).await.unwrap();
    let mut theirs = papers(&lab, 0).await;
    let stranger = shared::trust::AgreementSecret::from_bytes(&[9; 32]).unwrap();
    theirs.key_text = shared::trust::key_text(&stranger.public(), &theirs.product_id);
    let reason = Some(ReactivationReason::Redeployed);
    let problem = refused(send(&lab, &theirs, ContactMethod::Web, reason, registrant()).await);
    assert_eq!(problem.code, ProblemCode::ActivationRefused, "{problem}");
    assert_eq!(send(&lab, &theirs, TELEPHONE, reason, registrant()).await.unwrap().number, 2);
}

async fn confirmation(lab: &TestLab, server: &Registered) -> shared::model::ConfirmationCode {
    let server = ServerRef::Id(server.license_server_id.clone());
    let ask = shared::wire::desk::Deactivate { request: request_id(), method: TELEPHONE, server };
    lab.clearinghouse.api().post::<_, Confirmed>("/desk/deactivations", &ask).await.unwrap().confirmation_code
}

/// Rules: AC-27.
#[tokio::test]
async fn a_registration_that_ends_asks_for_reactivation() {
    let mut lab = Plan::default().start().await;
    let end = view(&lab, 0).await.ends_at.unwrap();
    lab.go_to(end - tests::harness::days(10)).await;
    assert!(view(&lab, 0).await.prompt.unwrap().contains("reason 3"));
    lab.go_to(end).await;
    let over = view(&lab, 0).await;
    assert!(over.status == 1 && over.prompt.unwrap().contains("reason 3"));
    let on = reactivate(&lab, 0, ReactivationReason::RegistrationExpired).await.unwrap();
    assert_eq!((on.status, on.number), (0, 2));
}

/// Rules: FT-23, AC-25, AC-26.
#[tokio::test]
async fn a_key_that_got_out_is_replaced_and_terminal_servers_must_pin_the_new_one() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    let before = lab.license_servers[0].identity().await.key;
    let _: Papers = lab.license_servers[0].api().post("/activation/key", &ReplaceKey { compromised: true }).await.unwrap();
    let bought: Page<shared::wire::clearinghouse::PackRecord> = lab.clearinghouse.get("/packs").await;
    let reason = Some(ReactivationReason::KeyCompromised);
    let told = Register { papers: vec![bought.items[0].purchase.clone()], ..registration(&papers(&lab, 0).await, TELEPHONE, reason) };
    let registered: Registered = lab.clearinghouse.api().post("/desk/registrations", &told).await.unwrap();
    let typed = ActivateById { license_server_id: registered.license_server_id, reason };
    let on: ActivationView = lab.license_servers[0].api().post("/activation/id", &typed).await.unwrap();
    let after = lab.license_servers[0].identity().await.key;
    assert_eq!((on.status, on.number, before == after), (0, 2, false));
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "what was issued stays good");
    let mut newcomer = device("PC02");
    let denied = lab.denied(&mut newcomer).await;
    assert_eq!(denied.code, Some(257), "its answers are signed with a key that nobody here has pinned");

    let (server, terminal) = (&lab.license_servers[0], &lab.terminal_servers[0]);
    terminal.api().delete("/license-servers/LS1").await.unwrap();
    let trust = TrustLicenseServer { key: after, url: server.url() };
    terminal.api().put::<_, ()>("/license-servers/LS1", &trust).await.unwrap();
    server.api().put::<_, ()>("/terminal-servers/TS1", &TrustTerminalServer { key: terminal.identity().await.key }).await.unwrap();
    lab.log_on(&mut newcomer).await;
    pc.licensing.store.clear();
    let again = tests::harness::Admitted::of(lab.visit(0, &mut pc, log_on()).await);
    assert_eq!((again.cal().kind, again.cal().issued_at), (CalKind::Permanent, lab.now()), "handed out again under the new key");
}

/// Rules: W2K-10, W2K-11, CON-12.
#[tokio::test]
async fn a_cal_of_windows_2000_is_reissued_once_a_device_as_a_pack_of_its_own() {
    let lab = Plan::default().license_servers(&[("LS1", Generation::Windows2000Sp2)]).packs(&[]).start().await;
    let row = lab.install(0, ProductVersion::V5_0, ProductType::Device, 1).await;
    let server = ServerRef::Product(view(&lab, 0).await.product_id);
    let ask = |device: &str| Reissue {
        request: request_id(),
        method: TELEPHONE,
        server: server.clone(),
        pack: row.pack.id.clone(),
        device: device.parse().unwrap(),
    };
    let desk = lab.clearinghouse.api();
    let pack: TypedPack = desk.post("/desk/reissues", &ask("PC01")).await.unwrap();
    install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    assert_eq!(packs(&lab, 0).await.len(), 2, "a separate key pack");
    let problem = refused(desk.post::<_, TypedPack>("/desk/reissues", &ask("PC01")).await);
    assert_eq!((problem.code, problem.rules), (ProblemCode::ReplacementRefused, vec![rule::W2K_11]));
}

/// Rules: AC-37.
#[tokio::test]
async fn a_pack_moves_to_another_server_by_telephone_and_once() {
    let lab = two_servers().packs(&[]).start().await;
    let papers = agreement(&lab, 12).await;
    let (old, new) = (view(&lab, 0).await.product_id, view(&lab, 1).await.product_id);
    let pack = issue_for(&lab, ServerRef::Product(old), TELEPHONE, &papers, 12).await.unwrap();
    install(&lab, 0, pack.key_pack_id.as_str()).await.unwrap();
    let ask = || shared::wire::desk::Move {
        request: request_id(),
        method: TELEPHONE,
        server: ServerRef::Product(new.clone()),
        pack: pack.key_pack_id.clone(),
        purchase: papers.clone(),
    };
    let desk = lab.clearinghouse.api();
    let moved: TypedPack = desk.post("/desk/moves", &ask()).await.unwrap();
    assert_eq!(install(&lab, 1, moved.key_pack_id.as_str()).await.unwrap().available, 12);
    assert_eq!(refused(desk.post::<_, TypedPack>("/desk/moves", &ask()).await).code, ProblemCode::ReplacementRefused);
    let off = deactivate(&lab, &Deactivate { method: AUTOMATIC, registrant: Some(with_email()), confirmation_code: None }).await.unwrap();
    assert_eq!(off.status, 1, "the old one is retired");
}

fn two_servers() -> Plan {
    Plan::default().license_servers(&[("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)])
}

fn with_email() -> Registrant {
    Registrant { email: Some("ada@engines.example".parse().unwrap()), ..registrant() }
}

async fn papers(lab: &TestLab, server: usize) -> Papers {
    lab.license_servers[server].get("/activation/papers").await
}

async fn send(
    lab: &TestLab,
    papers: &Papers,
    method: ContactMethod,
    reason: Option<ReactivationReason>,
    registrant: Registrant,
) -> Result<Registered, Failure> {
    let body = Register { registrant, ..registration(papers, method, reason) };
    lab.clearinghouse.api().post("/desk/registrations", &body).await
}

async fn register(lab: &TestLab, server: usize, method: ContactMethod, reason: Option<ReactivationReason>) -> Result<Registered, Failure> {
    send(lab, &papers(lab, server).await, method, reason, registrant()).await
}

fn wanted_id(view: &ActivationView) -> Registered {
    let unknown = || "2".repeat(35).parse().unwrap();
    let license_server_id = view.license_server_id.clone().unwrap_or_else(unknown);
    Registered { license_server_id, number: view.number, until: view.ends_at.unwrap(), certificate: None }
}

async fn activate_by_id(lab: &TestLab, server: usize, id: &str) -> Result<ActivationView, Failure> {
    let body = ActivateById { license_server_id: as_typed(id).parse().unwrap(), reason: None };
    lab.license_servers[server].api().post("/activation/id", &body).await
}

async fn install(lab: &TestLab, server: usize, id: &str) -> Result<PackRow, Failure> {
    let body = InstallKeyPack { request: request_id(), key_pack_id: id.parse().unwrap() };
    lab.license_servers[server].api().post("/packs/ids", &body).await
}

async fn agreement(lab: &TestLab, quantity: u32) -> Purchase {
    let line = json!({ "version": "5.2", "product_type": "device", "quantity": quantity });
    let sign = json!({ "program": { "program": "volume", "agreement": "select" }, "entitlements": [line] });
    lab.clearinghouse.api().post::<_, SignedAgreement>("/lab/reseller/agreements", &sign).await.unwrap().purchase
}

async fn issue(
    lab: &TestLab,
    server: &Registered,
    method: ContactMethod,
    purchase: &Purchase,
    quantity: u32,
) -> Result<TypedPack, Failure> {
    issue_for(lab, ServerRef::Id(server.license_server_id.clone()), method, purchase, quantity).await
}

async fn issue_for(
    lab: &TestLab,
    server: ServerRef,
    method: ContactMethod,
    purchase: &Purchase,
    quantity: u32,
) -> Result<TypedPack, Failure> {
    let wanted = Some(Wanted { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity });
    let body = IssuePack { request: request_id(), method, server, purchase: purchase.clone(), wanted };
    lab.clearinghouse.api().post("/desk/packs", &body).await
}

async fn issue_retail(lab: &TestLab, server: &ServerRef, purchase: &Purchase) -> Result<TypedPack, Failure> {
    let body = IssuePack { request: request_id(), method: TELEPHONE, server: server.clone(), purchase: purchase.clone(), wanted: None };
    lab.clearinghouse.api().post("/desk/packs", &body).await
}

async fn deactivate(lab: &TestLab, body: &Deactivate) -> Result<ActivationView, Failure> {
    lab.license_servers[0].api().post("/deactivation", body).await
}

async fn reactivate(lab: &TestLab, server: usize, reason: ReactivationReason) -> Result<ActivationView, Failure> {
    let body = Reactivate { reason, registrant: registrant(), succession: None };
    lab.license_servers[server].api().post("/reactivation", &body).await
}

async fn view(lab: &TestLab, server: usize) -> ActivationView {
    lab.license_servers[server].get("/activation").await
}

async fn packs(lab: &TestLab, server: usize) -> Vec<PackRow> {
    lab.license_servers[server].get::<shared::wire::license_server::PackList>("/packs").await.packs
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure>) -> Problem {
    match answer.unwrap_err() {
        Failure::Problem(problem) => *problem,
        other => panic!("{other}"),
    }
}
