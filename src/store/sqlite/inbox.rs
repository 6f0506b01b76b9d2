//! Keeping deliveries: many callers, one commit.
//!
//! Guarantees that a caller is answered only once its row is on the disk, that rows which wait at the same time share
//! one transaction and nothing waits for company, and that a failure is told to every caller of that transaction and
//! to no other. Leaves acting on deliveries to `worker`.

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use sqlx::SqliteConnection;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::arrival;
use super::writer::{Turn, Writer, unavailable};
use crate::store::{Inbound, Receipt, StoreError};

/// The most rows in one transaction. More callers than this wait for the next.
const LARGEST_BATCH: usize = 64;
/// How many callers may wait before the next one waits for a place.
const WAITING_PLACES: usize = 1024;

/// One statement for each power of two up to [`LARGEST_BATCH`], so that all of them stay prepared.
static INSERTS: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..=LARGEST_BATCH.ilog2()).map(|power| insert(1 << power)).collect());

fn insert(rows: usize) -> String {
    let mut text =
        "INSERT INTO inbound (id, signature, dedupe, state, received_at, kind, body) VALUES ".to_owned();
    for first in (0..rows).map(|row| row * 6 + 1) {
        let comma = if first == 1 { "" } else { ", " };
        let [second, third, fourth, fifth, sixth] = [first + 1, first + 2, first + 3, first + 4, first + 5];
        // Writing to a String cannot fail.
        let _ =
            write!(text, "{comma}(${first}, ${second}, ${third}, 'received', ${fourth}, ${fifth}, ${sixth})");
    }
    text.push_str(" ON CONFLICT DO NOTHING RETURNING id");
    text
}

/// A delivery as columns.
struct Row {
    id: String,
    signature: String,
    dedupe: String,
    received_at: i64,
    kind: &'static str,
    body: String,
}

/// What one caller is told.
type Answer = Result<Receipt, StoreError>;

struct Waiting {
    row: Row,
    answer: oneshot::Sender<Answer>,
}

/// Where callers bring deliveries.
pub(super) struct Inbox {
    places: mpsc::Sender<Waiting>,
    close: watch::Sender<()>,
    committing: Mutex<Option<JoinHandle<()>>>,
}

impl Inbox {
    /// Starts the task that commits; it ends when this is dropped and everybody has been answered.
    pub(super) fn start(writer: Arc<Writer>) -> Self {
        let (places, waiting) = mpsc::channel(WAITING_PLACES);
        let (close, closing) = watch::channel(());
        let committing = tokio::spawn(keep_all(writer, waiting, closing));
        Self { places, close, committing: Mutex::new(Some(committing)) }
    }

    /// Takes no more, and waits until everybody has been answered.
    pub(super) async fn close(&self) {
        self.close.send_replace(());
        if let Some(committing) = self.committing.lock().await.take() {
            // It can only fail by a panic, which has ended it as well.
            let _ = committing.await;
        }
    }

    /// Keeps one delivery.
    ///
    /// # Cancellation
    /// The delivery may be kept or not; asking again with the same one tells.
    pub(super) async fn receive(&self, inbound: Inbound) -> Result<Receipt, StoreError> {
        let (answer, answered) = oneshot::channel();
        let row = Row {
            id: inbound.id.to_string(),
            signature: inbound.signature,
            dedupe: inbound.dedupe,
            received_at: inbound.received_at.as_millisecond(),
            kind: inbound.kind.name(),
            body: inbound.body.to_string(),
        };
        self.places.send(Waiting { row, answer }).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

fn closed() -> StoreError {
    unavailable(sqlx::Error::WorkerCrashed)
}

async fn keep_all(
    writer: Arc<Writer>,
    mut waiting: mpsc::Receiver<Waiting>,
    mut closing: watch::Receiver<()>,
) {
    let mut batch = Vec::with_capacity(LARGEST_BATCH);
    let mut is_open = true;
    loop {
        tokio::select! {
            biased;
            _ = closing.changed(), if is_open => {
                // Those who have a place are still answered.
                waiting.close();
                is_open = false;
                continue;
            }
            came = waiting.recv_many(&mut batch, 1) => {
                if came == 0 {
                    break;
                }
            }
        }
        // Callers answered a moment ago are about to come back: one turn for them keeps batches whole.
        tokio::task::yield_now().await;
        let turn = writer.lock().await;
        while batch.len() < LARGEST_BATCH
            && let Ok(next) = waiting.try_recv()
        {
            batch.push(next);
        }
        let (rows, answers): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.row, waiting.answer)).unzip();
        let kept = match turn {
            Ok(turn) => keep(&writer, turn, &rows).await,
            Err(error) => Err(error),
        };
        tell(kept, answers);
    }
}

fn tell(kept: Result<Vec<Answer>, StoreError>, answers: Vec<oneshot::Sender<Answer>>) {
    match kept {
        Ok(receipts) => {
            for (answer, receipt) in answers.into_iter().zip(receipts) {
                // A caller that went away does not need its answer.
                let _ = answer.send(receipt);
            }
        }
        Err(error) => {
            let again = matches!(error, StoreError::Unavailable(_));
            let shared: Arc<dyn Error + Send + Sync> = match error {
                StoreError::Unavailable(cause) | StoreError::Unacceptable(cause) => cause.into(),
                StoreError::Conflict | StoreError::Inconsistent { .. } => Arc::new(error),
            };
            let wrap = if again { StoreError::Unavailable } else { StoreError::Unacceptable };
            for answer in answers {
                let _ = answer.send(Err(wrap(Box::new(Arc::clone(&shared)))));
            }
        }
    }
}

async fn keep(writer: &Writer, mut turn: Turn<'_>, rows: &[Row]) -> Result<Vec<Answer>, StoreError> {
    let mut transaction = turn.begin().await?;
    let receipts = insert_or_explain(&mut transaction, rows).await;
    writer.end(transaction, receipts).await
}

async fn insert_or_explain(
    connection: &mut SqliteConnection,
    rows: &[Row],
) -> Result<Vec<Answer>, StoreError> {
    let mut new = insert_all(connection, rows).await?;
    let mut receipts = Vec::with_capacity(rows.len());
    for row in rows {
        // Taken out, so that the same delivery twice in one batch is kept once.
        let receipt = if new.remove(&row.id) {
            Ok(Receipt::Kept)
        } else {
            arrival::clash(connection, &row.signature, &row.dedupe).await?
        };
        receipts.push(receipt);
    }
    Ok(receipts)
}

/// Inserts what clashes with nothing and returns the ids of it.
async fn insert_all(connection: &mut SqliteConnection, rows: &[Row]) -> Result<HashSet<String>, StoreError> {
    let size = rows.len().next_power_of_two();
    let Some((statement, last)) = INSERTS.get(size.ilog2() as usize).zip(rows.last()) else {
        return Ok(HashSet::new());
    };
    let mut query = sqlx::query_scalar::<_, String>(statement.as_str());
    for row in rows {
        query = query
            .bind(row.id.clone())
            .bind(row.signature.clone())
            .bind(row.dedupe.clone())
            .bind(row.received_at)
            .bind(row.kind)
            .bind(row.body.clone());
    }
    for _ in rows.len()..size {
        // The last row again, whole: it clashes with itself, and would be right even if it did not.
        query = query
            .bind(last.id.clone())
            .bind(last.signature.clone())
            .bind(last.dedupe.clone())
            .bind(last.received_at)
            .bind(last.kind)
            .bind(last.body.clone());
    }
    let ids = query.fetch_all(connection).await.map_err(unavailable)?;
    Ok(ids.into_iter().collect())
}
