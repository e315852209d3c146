//! Nobody takes a license server over, and nobody forges what terminal servers take (AM-15).

use std::sync::Arc;
use std::time::Duration;

use chassis::client::{CallError, Peer, ServiceClient};
use chassis::clock::Clock;
use chassis::config::Kind;
use chassis::http::Method;
use chassis::identity::Identity;
use client::device::Device;
use client::session;
use shared::model::{
    Accept, Cal, CalId, CalKind, ContactMethod, Generation, LabTime, Origin, PackId, ProductId, ProductType, ProductVersion, Purchase,
    ReactivationReason, RequestId, Span,
};
use shared::trust::{
    Certificate, LicenseSealer, Period, Root, Serial, ServerCertificate, certificate_request, key_text, make_self_signed, make_succession,
};
use shared::wire::clearinghouse::{ActivationAnswer, ActivationRequest, PackRecord};
use shared::wire::common::Page;
use shared::wire::desk::{Register, Registered};
use shared::wire::license_server::{ActivateById, ActivationView, InstallPack, Papers, Reactivate, ReplaceKey};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::{Denied, SettingsChange, TrustLicenseServer};
use tests::harness::{Plan, TestLab, days, device, registrant, registration, request_id};

/// The reason of a license server that was set up anew.
const REDEPLOYED: Option<ReactivationReason> = Some(ReactivationReason::Redeployed);

/// Somebody with a key of his own making, who knows how services talk.
struct Forger {
    identity: Arc<Identity>,
    client: ServiceClient,
    clearinghouse: Peer,
}

impl Forger {
    async fn named(lab: &TestLab, name: &str) -> Self {
        let identity = Arc::new(Identity::temporary(Kind::LicenseServer, name.parse().unwrap()).unwrap());
        let client = ServiceClient::new(identity.clone(), Clock::new(), Duration::from_secs(10)).unwrap();
        let clearinghouse = Peer { url: lab.clearinghouse.url(), key: lab.clearinghouse.identity().await.key };
        Self { identity, client, clearinghouse }
    }

    fn request(&self, product_id: &ProductId, reason: Option<ReactivationReason>) -> ActivationRequest {
        let (key, name) = (self.identity.key(), self.identity.name());
        ActivationRequest {
            request: request_id(),
            name: name.clone(),
            product_id: product_id.clone(),
            registrant: registrant(),
            certificate_request: certificate_request(&key, name, product_id).unwrap(),
            agreement: None,
            ownership: None,
            reason,
            succession: None,
        }
    }

    async fn activate(&self, asked: &ActivationRequest) -> Result<ServerCertificate, Problem> {
        let called = self.client.call::<ActivationAnswer>(&self.clearinghouse, &asked.request, Method::Post, "/activations", asked).await;
        let answer = called.map_err(|error| match error {
            CallError::Problem(problem) => problem,
            CallError::Silence(reason) => panic!("{reason}"),
        })?;
        let root = Root::parse_pem(&answer.root).unwrap();
        Ok(ServerCertificate::under_root(&root, Certificate::from_pem(&answer.certificate).unwrap()).unwrap())
    }

    /// Signs a permanent for this device under this certificate.
    fn forge(&self, certificate: &ServerCertificate, device: &Device, from: LabTime, until: LabTime) -> String {
        LicenseSealer::new(&self.identity.key(), certificate).unwrap().seal_license(&self.permanent(device, from, until)).unwrap()
    }

    fn permanent(&self, device: &Device, issued_at: LabTime, expires_at: LabTime) -> Cal {
        Cal {
            id: CalId::from_random([1; 16]),
            kind: CalKind::Permanent,
            version: ProductVersion::V5_2,
            issuer: self.identity.name().clone(),
            device: device.name.clone(),
            user: "anna".parse().unwrap(),
            hardware_id: device.licensing.hardware.unwrap().id,
            issued_at,
            expires_at,
            origin: Origin::Pack(PackId::from_random([7; 35])),
        }
    }
}

fn product(byte: u8) -> ProductId {
    ProductId::from_random([byte; 20])
}

async fn view(lab: &TestLab, server: usize) -> ActivationView {
    lab.license_servers[server].get("/activation").await
}

fn expect_untrusted(denial: &Denied) {
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(261), Some(1003), "PD-23"), "{denial:#?}");
}

/// A device that has a hardware id and has never been here.
fn known_device(name: &str) -> Device {
    let mut pc = device(name);
    pc.hardware_id(|| [9; 16]);
    pc
}

/// Puts this license into a device's store, and nothing else.
async fn give(lab: &TestLab, device: &mut Device, license: String) {
    let asked = session::license_request(lab.terminal_servers[0].anyone().client()).await.unwrap();
    device.licensing.store.clear();
    device.store(license, &asked);
}

/// Rules: AM-15, AC-10, AC-42.
#[tokio::test]
async fn a_self_made_key_does_not_become_a_server_that_exists() {
    let lab = Plan::default().start().await;
    let forger = Forger::named(&lab, "LS1").await;
    let no = forger.activate(&forger.request(&product(9), None)).await.unwrap_err();
    assert_eq!((no.code, no.rules[0].as_str()), (ProblemCode::ActivationRefused, "AM-15"), "{no}");
    assert!(no.detail.contains("the name LS1 belongs to"), "{no}");
    assert_eq!(view(&lab, 0).await.status, 0);
    lab.licensed("PC01").await;
}

/// Rules: AM-15, AC-10.
#[tokio::test]
async fn a_name_passes_on_once_the_server_that_had_it_is_deactivated() {
    let lab = Plan::default().start().await;
    let successor = Forger::named(&lab, "LS1").await;
    assert!(successor.activate(&successor.request(&product(9), None)).await.is_err());
    let with_email = shared::model::Registrant { email: Some("ada@engines.example".parse().unwrap()), ..registrant() };
    let off = shared::wire::license_server::Deactivate {
        method: ContactMethod::Automatic,
        registrant: Some(with_email),
        confirmation_code: None,
    };
    let _: ActivationView = lab.license_servers[0].api().post("/deactivation", &off).await.unwrap();
    successor.activate(&successor.request(&product(9), None)).await.unwrap();
    let back = Reactivate { reason: ReactivationReason::CertificateCorrupt, registrant: registrant(), succession: None };
    let no = lab.license_servers[0].api().post::<_, ActivationView>("/reactivation", &back).await.unwrap_err();
    assert!(no.to_string().contains("the name LS1 belongs to"), "{no}");
}

/// Rules: AM-15, AC-25.
#[tokio::test]
async fn a_live_server_is_not_taken_over_by_its_public_product_id_whatever_the_reason() {
    let lab = Plan::default().start().await;
    let product_id = view(&lab, 0).await.product_id;
    for name in ["LS1", "LSX"] {
        let mut reasons: Vec<Option<ReactivationReason>> = ReactivationReason::ALL.into_iter().map(Some).collect();
        reasons.push(None);
        for reason in reasons {
            // With a key of its own each time: whoever shows wrong ones has to wait soon.
            let forger = Forger::named(&lab, name).await;
            let asked = forger.request(&product_id, reason);
            let own_word = make_succession(&forger.identity.key(), &product_id, &forger.identity.public_key(), &asked.request).unwrap();
            for succession in [None, Some(own_word), Some(String::new())] {
                let no = forger.activate(&ActivationRequest { request: request_id(), succession, ..asked.clone() }).await.unwrap_err();
                assert_eq!(no.code, ProblemCode::ActivationRefused, "{reason:?}: {no}");
            }
        }
    }
    lab.install(0, ProductVersion::V5_2, ProductType::Device, 5).await;
    assert_eq!((view(&lab, 0).await.status, view(&lab, 0).await.number), (0, 1), "the owner is what it was, and served");
}

/// Rules: AM-15, AC-12, AC-25, CE-15.
#[tokio::test]
async fn a_page_where_anybody_may_come_changes_no_key_and_no_name() {
    let lab = Plan::default().start().await;
    let forger = Forger::named(&lab, "LS1").await;
    let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
    let own = certificate_request(&forger.identity.key(), &papers.name, &papers.product_id).unwrap();
    let web = |certificate_request, reason| Register {
        request: request_id(),
        method: ContactMethod::Web,
        name: papers.name.clone(),
        product_id: papers.product_id.clone(),
        key_text: papers.key_text.clone(),
        registrant: registrant(),
        certificate_request,
        reason,
        papers: Vec::new(),
    };
    let reasons = [None, Some(ReactivationReason::Redeployed), Some(ReactivationReason::KeyCompromised)];
    for asked in reasons.map(|reason| web(Some(own.clone()), reason)) {
        refused(&lab, &asked, ProblemCode::ActivationRefused).await;
    }
    refused(&lab, &web(None, Some(ReactivationReason::KeyCompromised)), ProblemCode::ActivationRefused).await;
    let renamed = Register { name: "LSX".parse().unwrap(), ..web(None, Some(ReactivationReason::Redeployed)) };
    refused(&lab, &renamed, ProblemCode::ActivationRefused).await;
    let stranger = shared::trust::AgreementSecret::from_bytes(&[9; 32]).unwrap().public();
    let fresh = Register { product_id: product(9), key_text: key_text(&stranger, &product(9)), ..web(None, None) };
    refused(&lab, &fresh, ProblemCode::ActivationRefused).await;
    assert_eq!(view(&lab, 0).await.status, 0);
}

async fn refused(lab: &TestLab, asked: &Register, code: ProblemCode) {
    let answer = lab.clearinghouse.api().post::<_, Registered>("/desk/registrations", asked).await;
    match answer.unwrap_err() {
        lab::failure::Failure::Problem(problem) => assert_eq!(problem.code, code, "{asked:?}: {problem}"),
        other => panic!("{other}"),
    }
}

/// Rules: AM-15, CE-15.
#[tokio::test]
async fn a_server_that_was_registered_by_telephone_is_not_activated_by_somebody_else() {
    let lab = Plan::default().not_activated().start().await;
    let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
    let told = registration(&papers, ContactMethod::Telephone, None);
    let _: Registered = lab.clearinghouse.api().post("/desk/registrations", &told).await.unwrap();
    let forger = Forger::named(&lab, "LS1").await;
    let agreement = lab.license_servers[0].identity().await.agreement;
    let asked = ActivationRequest { agreement, ..forger.request(&papers.product_id, None) };
    let no = forger.activate(&asked).await.unwrap_err();
    assert_eq!((no.code, no.rules[0].as_str()), (ProblemCode::ActivationRefused, "AM-15"), "{no}");
    assert_eq!(lab.activate(0).await.status, 0, "the server itself proves that the key text is its own");
}

/// Rules: AM-15, AC-25, AC-48.
#[tokio::test]
async fn whoever_has_the_old_key_may_hand_the_product_id_to_a_new_one() {
    let lab = Plan::default().start().await;
    let old = Identity::from_pem(
        Kind::LicenseServer,
        lab.license_servers[0].name(),
        &std::fs::read_to_string(lab.license_servers[0].data().join("key.pem")).unwrap(),
    );
    let (old, product_id) = (old.unwrap(), view(&lab, 0).await.product_id);
    let heir = Forger::named(&lab, "LS1").await;
    let asked = heir.request(&product_id, Some(ReactivationReason::Redeployed));
    let word = |request: &RequestId| make_succession(&old.key(), &product_id, &heir.identity.public_key(), request).unwrap();
    let elsewhere = ActivationRequest { succession: Some(word(&request_id())), ..asked.clone() };
    assert_eq!(heir.activate(&elsewhere).await.unwrap_err().rules[0], "AM-15", "a word for another request");
    let asked = heir.request(&product_id, Some(ReactivationReason::Redeployed));
    let succession = Some(word(&asked.request));
    heir.activate(&ActivationRequest { succession, ..asked }).await.unwrap();
}

/// Rules: AM-15, AC-24.
#[tokio::test]
async fn a_server_whose_product_id_went_to_another_key_learns_of_it_and_says_so() {
    let mut lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    let (papers, bought) = (lab.license_servers[0].get::<Papers>("/activation/papers").await, papers_of_purchase(&lab).await);
    let stranger = shared::trust::AgreementSecret::from_bytes(&[9; 32]).unwrap().public();
    let told = |papers_shown: Vec<Purchase>| Register {
        key_text: key_text(&stranger, &papers.product_id),
        papers: papers_shown,
        ..registration(&papers, ContactMethod::Telephone, REDEPLOYED)
    };
    refused(&lab, &told(Vec::new()), ProblemCode::ReplacementRefused).await;
    let wrong = Purchase::Retail { code: lab.buy(ProductVersion::V5_2, ProductType::Device, 1).await.code };
    refused(&lab, &told(vec![wrong]), ProblemCode::ReplacementRefused).await;
    let _: Registered = lab.clearinghouse.api().post("/desk/registrations", &told(vec![bought])).await.unwrap();

    let code = lab.buy(ProductVersion::V5_2, ProductType::Device, 5).await.code;
    let install = InstallPack { request: request_id(), purchase: Purchase::Retail { code }, wanted: None };
    let no = lab.license_servers[0].api().post::<_, serde_json::Value>("/packs", &install).await.unwrap_err();
    assert!(no.to_string().contains("under another key"), "{no}");
    let now = view(&lab, 0).await;
    assert!(
        now.status == 1
            && matches!(now.lapse, Some(shared::model::Lapse::Disowned { .. }))
            && now.prompt.as_ref().unwrap().contains("under another key"),
        "{now:?}"
    );
    assert_eq!(lab.license_server_events(0, 9007).await, 1);
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "what was issued stays good (AC-26)");
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    assert_eq!(view(&lab, 0).await.status, 1, "after a start, too");
}

/// Rules: AM-15.
#[tokio::test]
async fn a_server_asks_once_a_day_how_it_stands_at_the_clearinghouse() {
    let mut lab = Plan::default().start().await;
    let server = shared::model::ServerRef::Product(view(&lab, 0).await.product_id);
    let ask = shared::wire::desk::Deactivate { request: request_id(), method: ContactMethod::Telephone, server };
    let _: serde_json::Value = lab.clearinghouse.api().post("/desk/deactivations", &ask).await.unwrap();
    lab.advance(days(1)).await;
    let now = view(&lab, 0).await;
    assert!(now.status == 1 && now.deactivated_at.is_some(), "{now:?}");
    assert_eq!(lab.license_server_events(0, 9001).await, 1);
}

async fn papers_of_purchase(lab: &TestLab) -> Purchase {
    let page: Page<PackRecord> = lab.clearinghouse.get("/packs").await;
    page.items[0].purchase.clone()
}

/// Rules: AM-15, AC-25, AC-48, FT-23.
#[tokio::test]
async fn a_key_that_got_out_is_replaced_by_telephone_and_the_old_one_is_worth_nothing_afterwards() {
    let lab = Plan::default().start().await;
    let pem = std::fs::read_to_string(lab.license_servers[0].data().join("key.pem")).unwrap();
    let itself = Reactivate { reason: ReactivationReason::KeyCompromised, registrant: registrant(), succession: None };
    let no = lab.license_servers[0].api().post::<_, ActivationView>("/reactivation", &itself).await.unwrap_err();
    assert!(no.to_string().contains("by telephone only"), "{no}");
    let papers: Papers = lab.license_servers[0].api().post("/activation/key", &ReplaceKey { compromised: true }).await.unwrap();
    let prompt = view(&lab, 0).await.prompt.unwrap();
    assert!(prompt.contains("call the clearinghouse"), "{prompt}");
    let told = Register {
        reason: Some(ReactivationReason::KeyCompromised),
        papers: vec![papers_of_purchase(&lab).await],
        ..registration(&papers, ContactMethod::Telephone, REDEPLOYED)
    };
    let registered: Registered = lab.clearinghouse.api().post("/desk/registrations", &told).await.unwrap();
    let body = ActivateById { license_server_id: registered.license_server_id, reason: told.reason };
    let on: ActivationView = lab.license_servers[0].api().post("/activation/id", &body).await.unwrap();
    assert_eq!((on.status, on.number), (0, 2));

    let thief = Arc::new(Identity::from_pem(Kind::LicenseServer, papers.name.clone(), &pem).unwrap());
    let client = ServiceClient::new(thief.clone(), Clock::new(), Duration::from_secs(10)).unwrap();
    let forger = Forger { identity: thief, client, ..Forger::named(&lab, "LS1").await };
    for reason in [None, Some(ReactivationReason::Redeployed), Some(ReactivationReason::CertificateCorrupt)] {
        assert_eq!(forger.activate(&forger.request(&papers.product_id, reason)).await.unwrap_err().rules[0], "AM-15", "{reason:?}");
    }
}

/// Rules: AM-15, AC-25, AC-48.
#[tokio::test]
async fn a_server_whose_key_was_lost_is_told_of_by_telephone_with_reason_0_and_stays_activated() {
    for shows_papers in [false, true] {
        let mut lab = Plan::default().start().await;
        let bought = papers_of_purchase(&lab).await;
        lab.license_servers[0].stop().await;
        for file in ["key.pem", "keys-known"] {
            std::fs::remove_file(lab.license_servers[0].data().join(file)).unwrap();
        }
        lab.start_license_server(0).await;
        let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
        let told = Register {
            papers: if shows_papers { vec![bought] } else { Vec::new() },
            ..registration(&papers, ContactMethod::Telephone, REDEPLOYED)
        };
        let registered: Registered = lab.clearinghouse.api().post("/desk/registrations", &told).await.unwrap();
        let body = ActivateById { license_server_id: registered.license_server_id, reason: told.reason };
        let _: ActivationView = lab.license_servers[0].api().post("/activation/id", &body).await.unwrap();
        lab.advance(days(2)).await;
        let now = view(&lab, 0).await;
        assert_eq!((now.status, now.number), (0, 2), "{now:?}");
        assert_eq!(lab.license_server_events(0, 9007).await, 0);
        let again = Reactivate { reason: ReactivationReason::CertificateCorrupt, registrant: registrant(), succession: None };
        let automatic = lab.license_servers[0].api().post::<_, ActivationView>("/reactivation", &again).await;
        assert_eq!(automatic.is_ok(), shows_papers, "papers at the desk put the new key on the books: {automatic:?}");
    }
}

/// Rules: AM-15, AC-25.
#[tokio::test]
async fn reason_0_at_the_desk_takes_no_key_away_from_the_server_that_has_it() {
    for method in [ContactMethod::Web, ContactMethod::Telephone] {
        let lab = Plan::default().start().await;
        let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
        let _: Registered = lab.clearinghouse.api().post("/desk/registrations", &registration(&papers, method, REDEPLOYED)).await.unwrap();
        lab.install(0, ProductVersion::V5_2, ProductType::Device, 5).await;
        let forger = Forger::named(&lab, "LS1").await;
        let no = forger.activate(&forger.request(&papers.product_id, None)).await.unwrap_err();
        assert_eq!(no.code, ProblemCode::ActivationRefused, "{method}: {no}");
    }
}

/// Rules: AM-15, PD-23, CE-13.
#[tokio::test]
async fn a_permanent_until_the_year_9999_by_a_server_that_is_activated_and_not_enrolled_is_refused() {
    let lab = Plan::default().start().await;
    let forger = Forger::named(&lab, "LSX").await;
    let certificate = forger.activate(&forger.request(&product(9), None)).await.unwrap();
    let mut pc = known_device("PC01");
    for until in [LabTime::NEVER, lab.now() + Span::days(60)] {
        let license = forger.forge(&certificate, &pc, lab.now(), until);
        give(&lab, &mut pc, license).await;
        expect_untrusted(&lab.denied(&mut pc).await);
    }
    assert_eq!(lab.terminal_server_events(1003).await, 2);
    lab.settings(SettingsChange { accept: Some(Accept::Chain), ..SettingsChange::default() }).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "the original's way takes every chain");
    let license = forger.forge(&certificate, &pc, lab.now(), LabTime::NEVER);
    give(&lab, &mut pc, license).await;
    expect_untrusted(&lab.denied(&mut pc).await);
    let license = forger.forge(&certificate, &pc, lab.now(), lab.now() + Span::days(89) + Span::seconds(1));
    give(&lab, &mut pc, license).await;
    expect_untrusted(&lab.denied(&mut pc).await);
    let license = forger.forge(&certificate, &pc, lab.now(), lab.now() + Span::days(89));
    give(&lab, &mut pc, license).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "89 days are within terms");
}

/// Rules: AM-15, PD-23.
#[tokio::test]
async fn a_second_key_under_an_enrolled_name_signs_nothing_that_counts() {
    let lab = Plan::default().start().await;
    let forger = Forger::named(&lab, "LS1").await;
    let whole = Period { from: LabTime::from_unix(0), until: LabTime::from_unix(2_524_608_000) };
    let own = make_self_signed(&forger.identity.key(), forger.identity.name(), &product(9), Serial::from_random([3; 16]), whole).unwrap();
    let own = ServerCertificate::self_signed(own).unwrap();
    let mut pc = known_device("PC01");
    let license = forger.forge(&own, &pc, lab.now(), lab.now() + Span::days(60));
    give(&lab, &mut pc, license).await;
    expect_untrusted(&lab.denied(&mut pc).await);
}

/// Rules: AM-15.
#[tokio::test]
async fn a_withdrawn_enrolment_covers_what_was_issued_before_and_nothing_later() {
    let mut lab = Plan::default().start().await;
    let mut old = lab.licensed("PC01").await;
    let pem = std::fs::read_to_string(lab.license_servers[0].data().join("key.pem")).unwrap();
    let certificate = certificate_of(&lab).await;
    lab.advance(days(1)).await;
    lab.terminal_servers[0].api().delete("/license-servers/LS1").await.unwrap();
    assert_eq!(lab.connect(&mut old).await.connected.rule, "PD-13", "it was issued while LS1 was enrolled");
    lab.advance(Span::seconds(1)).await;
    let mut pc = known_device("PC02");
    let signer = Arc::new(Identity::from_pem(Kind::LicenseServer, "LS1".parse().unwrap(), &pem).unwrap());
    let client = ServiceClient::new(signer.clone(), Clock::new(), Duration::from_secs(1)).unwrap();
    let later = Forger { identity: signer, client, ..Forger::named(&lab, "LS1").await };
    let license = later.forge(&certificate, &pc, lab.now(), lab.now() + Span::days(60));
    give(&lab, &mut pc, license).await;
    expect_untrusted(&lab.denied(&mut pc).await);
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    assert_eq!(lab.connect(&mut old).await.connected.rule, "PD-13", "after a start, too");
}

/// Rules: AM-15, FT-23.
#[tokio::test]
async fn an_enrolment_that_was_withdrawn_for_a_leaked_key_covers_nothing_until_the_key_is_enrolled_again() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    let key = lab.license_servers[0].identity().await.key;
    lab.terminal_servers[0].api().delete("/license-servers/LS1?leaked=true").await.unwrap();
    expect_untrusted(&lab.denied(&mut pc).await);
    let trust = TrustLicenseServer { key, url: lab.license_servers[0].url() };
    lab.terminal_servers[0].api().put::<_, ()>("/license-servers/LS1", &trust).await.unwrap();
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "whoever enrols it again has compared it");
}

async fn certificate_of(lab: &TestLab) -> ServerCertificate {
    let view = view(lab, 0).await;
    let root = Root::parse_pem(&view.root.unwrap()).unwrap();
    ServerCertificate::under_root(&root, Certificate::from_pem(&view.certificate.unwrap()).unwrap()).unwrap()
}

/// LS2 is known to LS1 only: the terminal server has enrolled LS1 alone.
async fn with_a_neighbour(first: u32, second: u32) -> TestLab {
    let plan = Plan::default().license_servers(&[("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)]);
    let packs: Vec<_> = [(0, first), (1, second)]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(server, count)| (server, ProductVersion::V5_2, ProductType::Device, count))
        .collect();
    plan.packs(&packs).start().await
}

/// Rules: AM-15, LS-07.
#[tokio::test]
async fn passing_a_referral_through_vouches_for_the_server_that_issued() {
    let lab = with_a_neighbour(1, 5).await;
    lab.terminal_servers[0].api().delete("/license-servers/LS2").await.unwrap();
    lab.licensed("PC00").await;
    lab.acquaint().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let passed = lab.connect(&mut pc).await;
    assert_eq!((passed.cal().kind, passed.cal().issuer.as_str()), (CalKind::Permanent, "LS2"));
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "and it counts when it is shown");
}

/// Rules: AM-15.
#[tokio::test]
async fn a_permanent_of_a_server_on_an_enrolled_server_s_list_counts_and_a_stranger_s_does_not() {
    let mut lab = with_a_neighbour(1, 5).await;
    lab.terminal_servers[0].list_license_servers(&["LS2"]).await;
    let mut pc = lab.licensed("PC01").await;
    // Forgotten at a later moment than the license's and enrolled nowhere here: only LS1's word is left.
    lab.terminal_servers[0].api().delete("/license-servers/LS2?leaked=true").await.unwrap();
    expect_untrusted(&lab.denied(&mut pc).await);
    let trust = TrustLicenseServer { key: lab.license_servers[1].identity().await.key, url: lab.license_servers[1].url() };
    lab.terminal_servers[0].api().put::<_, ()>("/license-servers/LS2", &trust).await.unwrap();
    lab.terminal_servers[0].api().delete("/license-servers/LS2").await.unwrap();
    lab.advance(days(1)).await;
    let second = lab.license_servers[1].data().join("key.pem");
    let signer = Identity::from_pem(Kind::LicenseServer, "LS2".parse().unwrap(), &std::fs::read_to_string(second).unwrap()).unwrap();
    let signer = Arc::new(signer);
    let client = ServiceClient::new(signer.clone(), Clock::new(), Duration::from_secs(1)).unwrap();
    let neighbour = Forger { identity: signer, client, ..Forger::named(&lab, "LS2").await };
    let view = view(&lab, 1).await;
    let root = Root::parse_pem(&view.root.unwrap()).unwrap();
    let certificate = ServerCertificate::under_root(&root, Certificate::from_pem(&view.certificate.unwrap()).unwrap()).unwrap();
    let license = neighbour.forge(&certificate, &pc, lab.now(), lab.now() + Span::days(60));
    give(&lab, &mut pc, license).await;
    expect_untrusted(&lab.denied(&mut pc).await);
    lab.acquaint().await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "LS1 knows LS2 now, and is asked");
    lab.license_servers[0].stop().await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "what LS1 said is kept");
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "over a start, too");
}
