//! What the handlers work with: the node's engine, whom it believes, the way to the license servers, the accounts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chassis::client::ServiceClient;
use chassis::engine::{Engine, JournalFailed};
use chassis::http::{App, Caller};
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use chassis::server::Site;
use futures_util::future::BoxFuture;
use shared::machine::Decide;
use shared::model::{LabTime, RequestId};
use shared::node::{Command, Node, Refusal, Server};
use shared::trust::Anchors;
use shared::wire::common::Identity as IdentityView;
use shared::wire::problem::Problem;

use crate::asking;
use crate::belief::{Belief, anchors_of};
use crate::directory::Accounts;
use crate::discovery;
use crate::nt4::Disk;

/// A running terminal server; a handle that is cloned for every request.
#[derive(Clone)]
pub(crate) struct TerminalServer(Arc<Parts>);

struct Parts {
    engine: Engine<Node>,
    identity: Arc<Identity>,
    client: ServiceClient,
    belief: Belief,
    accounts: Accounts,
    searching: tokio::sync::Mutex<()>,
    /// A license server was looked for once in this run.
    located: AtomicBool,
    disk: Disk,
}

impl TerminalServer {
    pub(crate) fn new(engine: Engine<Node>, site: &Site, client: ServiceClient) -> Self {
        let identity = site.identity.clone();
        let accounts = Accounts::new(engine.clone(), client.clone(), site.passwords());
        let disk = Disk::new(site.folder(), identity.clone());
        let (belief, searching, located) = (Belief::default(), tokio::sync::Mutex::new(()), AtomicBool::new(false));
        Self(Arc::new(Parts { engine, identity, client, belief, accounts, searching, located, disk }))
    }

    pub(crate) fn engine(&self) -> &Engine<Node> {
        &self.0.engine
    }

    pub(crate) fn client(&self) -> &ServiceClient {
        &self.0.client
    }

    pub(crate) fn belief(&self) -> &Belief {
        &self.0.belief
    }

    /// Held by whoever searches for license servers, so that one does so at a time.
    pub(crate) fn searching(&self) -> &tokio::sync::Mutex<()> {
        &self.0.searching
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    /// What Windows NT 4.0 keeps on its disk beside the journal.
    pub(crate) fn disk(&self) -> &Disk {
        &self.0.disk
    }

    /// Whom this server believes: see [`anchors_of`]. A server that is its own license manager believes itself too (NT-44).
    pub(crate) fn anchors(&self) -> Anchors {
        let identity = &self.0.identity;
        let anchors = self.peek(|node, _| {
            let mut anchors = anchors_of(node);
            if node.is_own_license_manager() {
                anchors.set_pin(identity.name().clone(), identity.public_key());
            }
            anchors
        });
        anchors.unwrap_or_default()
    }

    /// Executes a command; a refusal becomes its problem.
    pub(crate) async fn execute<C: Send, T: Send>(
        &self,
        request: Option<&RequestId>,
        command: C,
        show: impl FnOnce(&Node, <Node as Decide<C>>::Answer, LabTime) -> T + Send,
    ) -> Result<T, Problem>
    where
        Node: Decide<C>,
    {
        self.engine().execute(request, command, show).await.map_err(|error| error.problem(Refusal::problem))
    }

    /// Reads what is on disk.
    pub(crate) async fn read<T: Send>(&self, look: impl FnOnce(&Node, LabTime) -> T + Send) -> Result<T, Problem> {
        self.engine().read(look).await.map_err(|failed: JournalFailed| failed.problem())
    }

    /// Looks something up on the way to a command.
    pub(crate) fn peek<T>(&self, look: impl FnOnce(&Node, LabTime) -> T) -> Result<T, Problem> {
        self.engine().peek(look).map_err(|failed: JournalFailed| failed.problem())
    }

    /// Who this server is; it was founded before it listened.
    pub(crate) fn server(&self) -> Result<Server, Problem> {
        self.peek(|node, _| node.server().cloned())?.ok_or_else(|| Refusal::NotStarted.problem())
    }
}

/// How many pieces of left-over sessions are written down before the ticker does something else.
const LEFT_OVER_ROUNDS: usize = 1000;

impl App for TerminalServer {
    fn engine(&self) -> &dyn LabEngine {
        &self.0.engine
    }

    async fn identity(&self) -> Result<IdentityView, Problem> {
        let identity = &self.0.identity;
        let server = self.server()?;
        let owned = |node: &Node| node.root().map(|(pem, fingerprint)| (pem.to_owned(), fingerprint.to_owned()));
        let root = self.read(|node, _| owned(node)).await?;
        let (root, root_fingerprint) = root.unzip();
        Ok(IdentityView {
            generation: Some(server.generation),
            product_version: Some(server.version()),
            root,
            root_fingerprint,
            ..identity.view()
        })
    }

    /// DI-07, DI-08: a search that is due. And the ends of sessions of an earlier run, some at a time, so that others are served
    /// in between.
    async fn keep_up(&self) {
        discovery::keep_up(self).await;
        for _ in 0..LEFT_OVER_ROUNDS {
            // A failure is told to whoever waits for the engine's.
            if self.peek(|node, _| node.left_over()).is_ok_and(|left| left > 0)
                && self.execute(None, Command::EndLeftOver, |_, _, _| ()).await.is_ok()
            {
                continue;
            }
            return;
        }
    }

    /// GR-11: a license server is located at the start, before any client; a silent one must not hold the start up. DI-11: and where
    /// this server searches, it does so now, not at the first client.
    fn beside(&self) -> BoxFuture<'static, ()> {
        if self.0.located.swap(true, Ordering::Relaxed) {
            return Box::pin(std::future::ready(()));
        }
        let app = self.clone();
        Box::pin(async move { asking::locate(&app).await })
    }

    /// No service calls a terminal server.
    async fn caller(&self, _: &str) -> Result<Option<Caller>, Problem> {
        Ok(None)
    }
}
