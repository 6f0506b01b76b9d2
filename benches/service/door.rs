//! The door in a process of its own: the real endpoints, on the real store or on none.
//!
//! Guarantees that both kinds are the same but for the store: the same routes, check, parse, metrics and answer on
//! the same runtime. The floor's store answers *kept* and keeps nothing; no worker runs behind either. Ends when its
//! standard input does.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use ckan_chatops::approval::{Item, Request};
use ckan_chatops::audit::{ChainHead, Link};
use ckan_chatops::clock::{SharedClock, SystemClock};
use ckan_chatops::ids::{IdSource, InboundId, MessageId, RequestId};
use ckan_chatops::operations::Registry;
use ckan_chatops::slack::command::Grammar;
use ckan_chatops::slack::door::{self, Door};
use ckan_chatops::slack::people::Home;
use ckan_chatops::slack::signature::Verifier;
use ckan_chatops::store::sqlite::SqliteStore;
use ckan_chatops::store::{
    Commit, Filter, Inbound, InboundKind, ItemFilter, MessageAddress, MessageCounts, MessageFate, Outgoing,
    Receipt, Store, StoreError, Tally, Watch,
};
use ckan_chatops::telemetry;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::delivery::{APP, SIGNING_SECRET, TEAM};
use crate::{Failed, figures};

/// The word that makes this program a door.
pub(crate) const CHILD: &str = "--door";

/// A running door.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Running {
    /// Starts one: with the file of a real store, or without any.
    pub(crate) fn start(database: Option<&Path>) -> Result<Self, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(CHILD).arg(if database.is_some() { "store" } else { "floor" }).args(database);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("a door without output")?).read_line(&mut line)?;
        Ok(Self { address: line.trim().parse()?, child })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Its end is all there is to wait for.
        let _ = self.child.wait();
    }
}

/// What the child does.
#[tokio::main]
pub(crate) async fn run(kind: &str, database: Option<&str>) -> Result<(), Failed> {
    telemetry::start_metrics()?;
    let clock: SharedClock = Arc::new(SystemClock);
    let store: Arc<dyn Store> = match (kind, database) {
        ("store", Some(file)) => {
            Arc::new(SqliteStore::open(&format!("sqlite://{file}"), clock.clone()).await?)
        }
        _ => Arc::new(Nothing),
    };
    let door = Door {
        verifier: Verifier::new(&SecretString::from(SIGNING_SECRET), None),
        store,
        ids: Arc::new(IdSource::unpredictable(clock.clone())),
        clock,
        app: APP.to_owned(),
        home: Home { team: TEAM.to_owned(), enterprise: None },
        grammar: Arc::new(Grammar::new(&Registry::all(), &[], None)),
        wake: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    figures::say(&listener.local_addr()?.to_string());
    let parent = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    let gone = async {
        // Closed or broken: either way the parent is gone.
        let _ = parent.await;
    };
    axum::serve(listener, door::routes(Arc::new(door))).with_graceful_shutdown(gone).await?;
    Ok(())
}

/// A store that keeps nothing.
struct Nothing;

#[async_trait]
impl Store for Nothing {
    async fn receive(&self, _: Inbound) -> Result<Receipt, StoreError> {
        Ok(Receipt::Kept)
    }

    async fn unfinished(&self, _: InboundKind, _: u32) -> Result<Vec<Inbound>, StoreError> {
        Ok(vec![])
    }

    async fn inbound(&self, _: &InboundId) -> Result<Option<Inbound>, StoreError> {
        Ok(None)
    }

    async fn forget_finished(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn commit(&self, _: Commit) -> Result<(), StoreError> {
        Ok(())
    }

    async fn request(&self, _: &RequestId) -> Result<Option<Request>, StoreError> {
        Ok(None)
    }

    async fn requests(&self, _: Filter) -> Result<Vec<Request>, StoreError> {
        Ok(vec![])
    }

    async fn items(&self, _: &RequestId, _: ItemFilter) -> Result<Vec<Item>, StoreError> {
        Ok(vec![])
    }

    async fn tally(&self, _: &RequestId) -> Result<Tally, StoreError> {
        Ok(Tally::default())
    }

    async fn due_messages(&self, _: Timestamp, _: u32) -> Result<Vec<Outgoing>, StoreError> {
        Ok(vec![])
    }

    async fn settle_message(&self, _: &MessageId, _: MessageFate) -> Result<(), StoreError> {
        Ok(())
    }

    async fn next_message_at(&self, _: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    async fn due_watches(&self, _: Timestamp, _: u32) -> Result<Vec<Watch>, StoreError> {
        Ok(vec![])
    }

    async fn card(&self, _: &RequestId) -> Result<Option<MessageAddress>, StoreError> {
        Ok(None)
    }

    async fn cards(&self, _: &RequestId) -> Result<Vec<MessageAddress>, StoreError> {
        Ok(vec![])
    }

    async fn posted_for(&self, _: &MessageAddress) -> Result<Option<RequestId>, StoreError> {
        Ok(None)
    }

    async fn is_message_of(&self, _: &RequestId, _: &MessageAddress) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn message_counts(&self) -> Result<MessageCounts, StoreError> {
        Ok(MessageCounts::default())
    }

    async fn audit_head(&self) -> Result<ChainHead, StoreError> {
        Err(StoreError::Conflict)
    }

    async fn audit_links(&self, _: i64, _: u32) -> Result<Vec<Link>, StoreError> {
        Ok(vec![])
    }

    async fn audit_of(&self, _: &RequestId) -> Result<Vec<Link>, StoreError> {
        Ok(vec![])
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn writable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
