//! What the handlers work with: the ledger's engine, the server's key, the way to the clearinghouse.

use std::sync::{Arc, PoisonError, Weak};

use chassis::calls::Enrolled;
use chassis::client::{CallError, Peer, ServiceClient};
use chassis::engine::{Engine, JournalFailed};
use chassis::http::{App, Caller};
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use futures_util::future::BoxFuture;
use shared::ledger::{ActivationCommand, Clearinghouse, Command, Ledger, Owed, Refusal, Server};
use shared::machine::Decide;
use shared::model::{LabTime, RequestId, Span};
use shared::trust::{AgreementSecret, Certificate, ServerCertificate};
use shared::wire::common::Identity as IdentityView;
use shared::wire::problem::{Problem, ProblemCode};
use tokio::sync::{Mutex, MutexGuard};

use crate::activation;
use crate::outreach;
use crate::sealing::Sealing;

/// A running license server; a handle that is cloned for every request.
#[derive(Clone)]
pub(crate) struct LicenseServer(Arc<Parts>);

struct Parts {
    engine: Engine<Ledger>,
    identity: Arc<Identity>,
    client: ServiceClient,
    peers: Arc<ServiceClient>,
    turn: Arc<Mutex<()>>,
    sealing: Sealing,
    agreement: AgreementSecret,
    /// When the clearinghouse was last asked how this server stands there.
    standing_asked: std::sync::Mutex<Option<LabTime>>,
}

/// A license server that may have stopped meanwhile: what works beside the requests holds on to this.
pub(crate) struct Absent {
    parts: Weak<Parts>,
    turn: Arc<Mutex<()>>,
}

impl Absent {
    /// The server, while it runs.
    pub(crate) fn present(&self) -> Option<LicenseServer> {
        self.parts.upgrade().map(LicenseServer)
    }

    /// Waits until nobody else speaks to other license servers.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

impl LicenseServer {
    pub(crate) fn new(
        engine: Engine<Ledger>,
        identity: Arc<Identity>,
        client: ServiceClient,
        peers: ServiceClient,
        agreement: AgreementSecret,
    ) -> Self {
        let sealing = Sealing::new(identity.clone());
        let (peers, turn) = (Arc::new(peers), Arc::default());
        let standing_asked = std::sync::Mutex::default();
        Self(Arc::new(Parts { engine, identity, client, peers, turn, sealing, agreement, standing_asked }))
    }

    /// The key from which those of typed codes are derived.
    pub(crate) fn agreement(&self) -> &AgreementSecret {
        &self.0.agreement
    }

    /// Lets the ledger know the key in use where it is another than the one that its certificates are for: it was replaced, or
    /// the key file is a new one.
    pub(crate) async fn adopt_key(&self) -> Result<(), Problem> {
        let bare = self.read(|ledger, _| ledger.bare_certificate().map(|own| own.pem.clone())).await?;
        let fits = |pem: &String| {
            let own = Certificate::from_pem(pem).and_then(ServerCertificate::self_signed);
            own.is_ok_and(|own| own.holder().key == self.identity().public_key())
        };
        if bare.as_ref().is_some_and(fits) {
            return Ok(());
        }
        let product_id = self.server()?.product_id;
        let made = crate::own_certificate(self.identity(), &product_id);
        let certificate = made.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))?;
        let command = Command::Activation(Box::new(ActivationCommand::ReplaceKey(certificate)));
        self.execute(None, command, |_, _, _| ()).await?;
        self.sealing().forget();
        Ok(())
    }

    pub(crate) fn engine(&self) -> &Engine<Ledger> {
        &self.0.engine
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }

    pub(crate) fn client(&self) -> &ServiceClient {
        &self.0.client
    }

    /// The client for other license servers.
    pub(crate) fn peers(&self) -> &Arc<ServiceClient> {
        &self.0.peers
    }

    /// A hold on this server that does not keep it from stopping.
    pub(crate) fn absent(&self) -> Absent {
        Absent { parts: Arc::downgrade(&self.0), turn: self.0.turn.clone() }
    }

    /// What is to be said to other license servers.
    pub(crate) fn owed(&self) -> Result<Vec<Owed>, Problem> {
        self.peek(|ledger, _| ledger.owed())
    }

    /// AM-15: whether the clearinghouse is to be asked how this server stands there: at the start, and once a lab day. It counts as asked
    /// from here on.
    fn standing_is_due(&self) -> Result<bool, Problem> {
        let now = self.peek(|_, now| now)?;
        let mut asked = self.0.standing_asked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = asked.is_none_or(|asked| asked + Span::DAY <= now);
        if due {
            *asked = Some(now);
        }
        Ok(due)
    }

    /// Looks something up on the way to a command.
    pub(crate) fn peek<T>(&self, look: impl FnOnce(&Ledger, LabTime) -> T) -> Result<T, Problem> {
        self.engine().peek(look).map_err(|failed: JournalFailed| failed.problem())
    }

    pub(crate) fn sealing(&self) -> &Sealing {
        &self.0.sealing
    }

    /// Executes a command; a refusal becomes its problem.
    pub(crate) async fn execute<C: Send, T: Send>(
        &self,
        request: Option<&RequestId>,
        command: C,
        show: impl FnOnce(&Ledger, <Ledger as Decide<C>>::Answer, LabTime) -> T + Send,
    ) -> Result<T, Problem>
    where
        Ledger: Decide<C>,
    {
        self.engine().execute(request, command, show).await.map_err(|error| error.problem(Refusal::problem))
    }

    /// Reads what is on disk.
    pub(crate) async fn read<T: Send>(&self, look: impl FnOnce(&Ledger, LabTime) -> T + Send) -> Result<T, Problem> {
        self.engine().read(look).await.map_err(|failed: JournalFailed| failed.problem())
    }

    /// Who this server is; it was founded before it listened.
    pub(crate) fn server(&self) -> Result<Server, Problem> {
        let server = self.engine().peek(|ledger, _| ledger.server().cloned()).map_err(|failed| failed.problem())?;
        server.ok_or_else(|| Refusal::NotStarted.problem())
    }

    /// The clearinghouse to ask.
    pub(crate) fn clearinghouse(&self) -> Result<Clearinghouse, Problem> {
        let known = self.engine().peek(|ledger, _| ledger.clearinghouse().cloned()).map_err(|failed| failed.problem())?;
        known.ok_or_else(|| Problem::new(ProblemCode::NotTrusted, "this license server has not been given its clearinghouse"))
    }
}

/// The clearinghouse as a service to be called.
pub(crate) fn peer(clearinghouse: &Clearinghouse) -> Peer {
    Peer { url: clearinghouse.url.clone(), key: clearinghouse.key }
}

/// What came of a call to the clearinghouse, as the caller's problem.
pub(crate) fn call_problem(error: CallError) -> Problem {
    match error {
        CallError::Problem(problem) => problem,
        CallError::Silence(reason) => Problem::new(ProblemCode::Unreachable, format!("the clearinghouse: {reason}")),
    }
}

impl App for LicenseServer {
    fn engine(&self) -> &dyn LabEngine {
        &self.0.engine
    }

    async fn identity(&self) -> Result<IdentityView, Problem> {
        let identity = &self.0.identity;
        let (server, clearinghouse) = self.read(|ledger, _| (ledger.server().cloned(), ledger.clearinghouse().cloned())).await?;
        let server = server.ok_or_else(|| Refusal::NotStarted.problem())?;
        Ok(IdentityView {
            generation: Some(server.generation),
            product_version: Some(server.version()),
            product_id: Some(server.product_id),
            agreement: Some(self.agreement().public()),
            root: clearinghouse.as_ref().map(|known| known.root.clone()),
            root_fingerprint: clearinghouse.map(|known| known.fingerprint),
            ..identity.view()
        })
    }

    /// LS-08, LS-10: what others are owed does not wait for the second in which it would be said.
    async fn settle(&self) {
        if let Err(problem) = outreach::run(&self.absent()).await {
            tracing::warn!(problem.detail = problem.detail, "other license servers were not told before time was skipped");
        }
    }

    /// AM-15: a server whose Product ID went to another key learns of it.
    async fn keep_up(&self) {
        let asked = async { if self.standing_is_due()? { activation::learn_standing(self).await } else { Ok(None) } };
        if let Err(problem) = asked.await {
            tracing::warn!(problem.detail = problem.detail, "the clearinghouse was not asked how this server stands there");
        }
    }

    fn beside(&self) -> BoxFuture<'static, ()> {
        Box::pin(outreach::keep_up(self.absent()))
    }

    async fn caller(&self, thumbprint: &str) -> Result<Option<Caller>, Problem> {
        let found = self.engine().peek(|ledger, _| ledger.caller(thumbprint)).map_err(|failed| failed.problem())?;
        Ok(found.map(|(name, key, roles)| Caller { enrolled: Enrolled { name, key }, roles }))
    }
}
