//! The clearinghouse at work: its engine, its two keys, its root.

use std::future::Future;
use std::sync::Arc;

use chassis::calls::Enrolled;
use chassis::clock::Clock;
use chassis::engine::{Engine, ExecuteError};
use chassis::http::{self, App};
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use shared::machine::Decide;
use shared::model::{AgreementKey, CallerRole, ProductId, RequestId};
use shared::registry::{Activation, Answer, AskedBy, Command, OnPapers, Refusal, Registry, TakeOffer, problem_of};
use shared::trust::{AgreementSecret, CodeKey, Root, SigningKey, TrustError};
use shared::wire::common::Identity as IdentityView;
use shared::wire::desk::OfferRequest;
use shared::wire::problem::{Problem, ProblemCode};

use crate::guesses::{Caller, Guesses};
use crate::uncounted::Uncounted;

/// What handlers work with; a handle.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

struct Parts {
    engine: Engine<Registry>,
    identity: Arc<Identity>,
    root_key: SigningKey,
    root: Root,
    agreement: AgreementSecret,
    certificate_years: u32,
    clock: Clock,
    guesses: Guesses,
    uncounted: Uncounted,
}

/// The clearinghouse's keys beside its own, and the root's certificate.
pub(crate) struct Keys {
    pub(crate) root_key: SigningKey,
    pub(crate) root: Root,
    /// The key under which typed codes are made.
    pub(crate) agreement: AgreementSecret,
}

impl Desk {
    pub(crate) fn new(engine: Engine<Registry>, identity: Arc<Identity>, clock: Clock, keys: Keys, certificate_years: u32) -> Self {
        let Keys { root_key, root, agreement } = keys;
        let (guesses, uncounted) = (Guesses::default(), Uncounted::default());
        Self(Arc::new(Parts { engine, identity, root_key, root, agreement, certificate_years, clock, guesses, uncounted }))
    }

    pub(crate) fn engine(&self) -> &Engine<Registry> {
        &self.0.engine
    }

    /// Executes what `asker` asks. Numbers are looked at while the caller has tries left, and wrong ones are noted; `number` is the one
    /// that others could guess at too.
    pub(crate) async fn answer<C: Send, T: Send>(&self, asker: Asker<'_>, command: C) -> Result<T, Problem>
    where
        Registry: Decide<C, Answer = OnPapers<T>>,
    {
        let Asker { caller, key, request, number } = asker;
        let granted = |answer: &Answer| !matches!(answer, Answer::TurnedDown(_));
        let known = self.0.engine.peek(|registry, _| registry.answer(key, request).is_some_and(granted));
        // What was granted is handed out again, however long its caller has to wait for anything else.
        let caller = if known.map_err(|failed| failed.problem())? { Caller::Representative } else { caller };
        let answered = self.patiently(caller, number, self.decided(request, command), is_guess).await?;
        answered.map_err(|turned_down| problem_of(&turned_down))
    }

    /// What is decided on papers; what is turned down beyond the record's bounds is counted.
    async fn decided<C: Send, T: Send>(&self, request: &RequestId, command: C) -> Result<OnPapers<T>, Problem>
    where
        Registry: Decide<C, Answer = OnPapers<T>>,
    {
        match self.0.engine.execute(Some(request), command, |_, answer, _| answer).await {
            Err(ExecuteError::Refused(Refusal::TurnedDown { sort, turned_down })) => {
                self.0.uncounted.add(sort, turned_down.ground);
                Ok(Err(turned_down))
            }
            other => other.map_err(|error| error.problem(Refusal::problem)),
        }
    }

    /// Looks something up for a caller that has tries left; it costs one where `is_guess` says so of what came of it.
    pub(crate) async fn patiently<T>(
        &self,
        caller: Caller,
        number: Option<&str>,
        looked_up: impl Future<Output = Result<T, Problem>>,
        is_guess: impl FnOnce(&Result<T, Problem>) -> bool,
    ) -> Result<T, Problem> {
        let look = self.0.guesses.begin(caller, number, self.0.clock.host())?;
        let found = looked_up.await;
        if is_guess(&found) {
            look.was_wrong(self.0.clock.host());
        }
        found
    }

    /// Trades product keys for license tokens (WS03-14).
    pub(crate) async fn offer(&self, caller: Caller, request: &RequestId, offer: OfferRequest) -> Result<(), Problem> {
        let traded = self.patiently(caller, None, self.decided(request, TakeOffer(offer)), is_guess).await?;
        traded.map_err(|turned_down| problem_of(&turned_down))
    }

    /// Puts on record how often something was turned down beyond what stands there one by one.
    pub(crate) async fn count_turned_down(&self) -> Result<(), Problem> {
        let counted = self.0.uncounted.take(self.0.clock.host());
        if counted.is_empty() {
            return Ok(());
        }
        let executed = self.0.engine.execute(None, Command::CountTurnedDown(counted), |_, _, _| ()).await;
        executed.map_err(|error| error.problem(Refusal::problem))
    }

    /// Executes a command and gives back its answer; a refusal becomes its problem.
    pub(crate) async fn execute<C: Send, T: Send>(&self, request: &RequestId, command: C) -> Result<T, Problem>
    where
        Registry: Decide<C, Answer = T>,
    {
        let executed = self.0.engine.execute(Some(request), command, |_, answer, _| answer).await;
        executed.map_err(|error| error.problem(Refusal::problem))
    }

    pub(crate) fn key(&self) -> SigningKey {
        self.0.identity.key()
    }

    pub(crate) fn root(&self) -> &Root {
        &self.0.root
    }

    pub(crate) fn root_key(&self) -> &SigningKey {
        &self.0.root_key
    }

    /// The key of the typed codes for a license server with this key.
    pub(crate) fn codes(&self, product_id: &ProductId, agreement: &AgreementKey) -> Result<CodeKey, Problem> {
        self.0.agreement.codes_for(agreement, product_id).map_err(|error| Problem::new(ProblemCode::Invalid, error.to_string()))
    }

    pub(crate) fn certificate_years(&self) -> u32 {
        self.0.certificate_years
    }
}

impl App for Desk {
    fn engine(&self) -> &dyn LabEngine {
        &self.0.engine
    }

    async fn identity(&self) -> Result<IdentityView, Problem> {
        let (root, root_fingerprint) = (Some(self.root().certificate().pem()), Some(self.root().fingerprint()));
        let agreement = Some(self.0.agreement.public());
        Ok(IdentityView { root, root_fingerprint, agreement, ..self.0.identity.view() })
    }

    /// Once a minute at the most, while there is something to count.
    async fn keep_up(&self) {
        if self.0.uncounted.is_due(self.0.clock.host()) {
            // Told to whoever waits for the engine's failure.
            let _ = self.count_turned_down().await;
        }
    }

    /// Nobody but license servers has anything to ask here.
    async fn caller(&self, thumbprint: &str) -> Result<Option<http::Caller>, Problem> {
        let known = |activation: &Activation| http::Caller {
            enrolled: Enrolled { name: activation.name.clone(), key: activation.key },
            roles: vec![CallerRole::LicenseServer],
        };
        let enrolled = |registry: &Registry| registry.caller(thumbprint).map(known);
        self.0.engine.peek(|registry, _| enrolled(registry)).map_err(|failed| failed.problem())
    }
}

/// Whether what came of it was a wrong number.
fn is_guess<T>(answered: &Result<OnPapers<T>, Problem>) -> bool {
    matches!(answered, Ok(Err(turned_down)) if turned_down.ground.is_guess())
}

/// Who asks for what, as far as its answer on record and its tries go.
pub(crate) struct Asker<'a> {
    /// Who waits where wrong numbers are shown.
    pub(crate) caller: Caller,
    /// The key under which the answer is on record.
    pub(crate) key: AskedBy,
    /// The id of the request.
    pub(crate) request: &'a RequestId,
    /// The number that others could guess at too.
    pub(crate) number: Option<&'a str>,
}

/// A signature or certificate that could not be made from good facts.
pub(crate) fn failed(error: &TrustError) -> Problem {
    Problem::new(ProblemCode::Internal, error.to_string())
}
