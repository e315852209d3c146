//! A clearinghouse on its own disk, and license servers that call it.

use std::sync::Arc;
use std::time::Duration;

use chassis::client::{CallError, Client, Peer, ServiceClient};
use chassis::clock::Clock;
use chassis::config::{Kind, ServiceConfig};
use chassis::http::Method;
use chassis::identity::Identity;
use chassis::server::{Running, StartError};
use clearinghouse::{Config, start};
use shared::model::{LabTime, ProductId, ProductType, ProductVersion, Purchase, Registrant, RequestId};
use shared::trust::{Root, ServerCertificate, certificate_request};
use shared::wire::clearinghouse::{
    ActivationAnswer, ActivationRequest, AgreementProgram, BoughtCode, BuyCode, PackAnswer, PackRequest, SignAgreement, SignedAgreement,
    Wanted,
};
use shared::wire::common::{ClockChange, ClockView, Identity as IdentityView, JournalView};
use shared::wire::problem::{Problem, ProblemCode};
use tempfile::TempDir;

pub(crate) struct House {
    pub(crate) dir: Arc<TempDir>,
    pub(crate) config: Config,
    pub(crate) running: Running,
}

impl House {
    /// With lab powers, standing still at a fixed moment.
    pub(crate) async fn open() -> Self {
        let house = Self::open_with(|config| config.service.lab = true).await.unwrap();
        house.clock(ClockChange::Freeze).await;
        house
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Result<Self, StartError> {
        let dir = Arc::new(TempDir::new().unwrap());
        let mut config = Config::embedded(ServiceConfig::embedded("CH1".parse().unwrap(), dir.path().join("data")));
        config.service.start_at = Some("2026-11-23T14:00:00Z".parse().unwrap());
        change(&mut config);
        let running = start(config.clone()).await?;
        Ok(Self { dir, config, running })
    }

    /// Stopped and started again on the same disk.
    pub(crate) async fn reopened(self) -> Self {
        let Self { dir, config, running } = self;
        running.stop().await.unwrap();
        let running = start(config.clone()).await.unwrap();
        Self { dir, config, running }
    }

    pub(crate) fn admin(&self) -> Client {
        Client::administrator(self.running.url(), &self.running.admin_token).unwrap()
    }

    pub(crate) async fn identity(&self) -> IdentityView {
        self.admin().get("/identity").await.unwrap()
    }

    pub(crate) async fn root(&self) -> Root {
        Root::parse_pem(&self.identity().await.root.unwrap()).unwrap()
    }

    pub(crate) async fn clock(&self, change: ClockChange) -> LabTime {
        self.admin().post::<ClockView>("/lab/clock", &change).await.unwrap().now
    }

    pub(crate) async fn written(&self) -> u64 {
        self.admin().get::<JournalView>("/journal").await.unwrap().head
    }

    pub(crate) async fn buy(&self, quantity: u32) -> Purchase {
        let order = BuyCode { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity };
        let bought: BoughtCode = self.admin().post("/lab/reseller/codes", &order).await.unwrap();
        Purchase::Retail { code: bought.code }
    }

    pub(crate) async fn sign(&self, program: AgreementProgram, quantity: u32) -> Purchase {
        let entitlements = vec![devices(quantity)];
        let signed: SignedAgreement =
            self.admin().post("/lab/reseller/agreements", &SignAgreement { program, entitlements, xp_professional: 0 }).await.unwrap();
        signed.purchase
    }
}

/// Something that has a key and calls the clearinghouse.
pub(crate) struct Caller {
    pub(crate) identity: Arc<Identity>,
    pub(crate) product_id: ProductId,
    client: ServiceClient,
}

impl Caller {
    pub(crate) fn new(name: &str, product: u8) -> Self {
        let identity = Arc::new(Identity::temporary(Kind::LicenseServer, name.parse().unwrap()).unwrap());
        let client = ServiceClient::new(identity.clone(), Clock::new(), Duration::from_secs(10)).unwrap();
        Self { identity, product_id: ProductId::from_random([product; 20]), client }
    }

    pub(crate) async fn activated(house: &House, name: &str, product: u8) -> Self {
        let caller = Self::new(name, product);
        caller.activate(house, &caller.request("activate")).await.unwrap();
        caller
    }

    pub(crate) fn request(&self, id: &str) -> ActivationRequest {
        let (key, name) = (self.identity.key(), self.identity.name());
        ActivationRequest {
            request: request(id),
            name: name.clone(),
            product_id: self.product_id.clone(),
            registrant: registrant(),
            certificate_request: certificate_request(&key, name, &self.product_id).unwrap(),
            agreement: None,
            ownership: None,
            reason: None,
            succession: None,
        }
    }

    pub(crate) async fn activate(&self, house: &House, body: &ActivationRequest) -> Result<ActivationAnswer, Problem> {
        let sent = self.client.call(&peer(house), &body.request, Method::Post, "/activations", body).await;
        sent.map_err(told)
    }

    pub(crate) async fn pack(&self, house: &House, id: &str, purchase: &Purchase, wanted: Option<Wanted>) -> Result<PackAnswer, Problem> {
        let body = PackRequest { request: request(id), purchase: purchase.clone(), wanted, server_version: ProductVersion::V5_2 };
        let sent = self.client.call(&peer(house), &body.request, Method::Post, "/packs", &body).await;
        sent.map_err(told)
    }
}

pub(crate) fn peer(house: &House) -> Peer {
    Peer { url: house.running.url(), key: house.running.key }
}

/// The certificate in an answer, checked against the root beside it.
pub(crate) fn certificate(answer: &ActivationAnswer) -> ServerCertificate {
    let root = Root::parse_pem(&answer.root).unwrap();
    ServerCertificate::under_root(&root, shared::trust::Certificate::from_pem(&answer.certificate).unwrap()).unwrap()
}

pub(crate) fn request(id: &str) -> RequestId {
    format!("request-{id}").parse().unwrap()
}

pub(crate) fn devices(quantity: u32) -> Wanted {
    Wanted { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity }
}

pub(crate) fn registrant() -> Registrant {
    let line = |text: &str| Some(text.parse().unwrap());
    Registrant {
        first_name: line("Ada"),
        last_name: line("Berg"),
        company: line("Contoso"),
        country: line("Iceland"),
        ..Registrant::default()
    }
}

/// A signed no; an unsigned 401 (nobody to sign it to) has its own way through [`CallError::Silence`].
fn told(error: CallError) -> Problem {
    match error {
        CallError::Problem(problem) => problem,
        CallError::Silence(reason) => Problem::new(ProblemCode::Unreachable, reason),
    }
}
