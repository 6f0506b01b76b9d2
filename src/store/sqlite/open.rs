//! Opening the file: where it may be, who may read it, and that nobody else has it.
//!
//! Guarantees that a second process is refused in words, that a new file belongs to its owner alone (0600), and that
//! the schema is this program's. Leaves backups to `docs/`.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, SqliteConnection};

use super::writer::Writer;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How often, and after which pause, a lock that somebody holds is asked for.
const LOCK_TRIES: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(100);
/// How many questions may be asked at the same time.
const READERS: u32 = 4;

/// Why the store could not be opened, in words for whoever starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address of an SQLite file.
    #[error("`{0}` is not the address of an SQLite file; write `sqlite://` and the file's path")]
    Address(String),
    /// The directory is missing.
    #[error("the directory `{}` does not exist; create it, or name another place for the database", .0.display())]
    NoDirectory(PathBuf),
    /// Another process has it open.
    #[error("the database `{}` is in use by another process; stop that one first", .0.display())]
    InUse(PathBuf),
    /// The file system refused.
    #[error("`{}` cannot be opened for writing", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A newer version of this program wrote it, or somebody changed the schema.
    #[error("the schema of `{}` is not one this version knows; use the version that wrote it, or a newer one", .0.display())]
    Schema(PathBuf),
    /// SQLite refused.
    #[error("`{}` could not be opened as an SQLite database", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: sqlx::Error,
    },
}

/// What an open file consists of.
pub(super) struct Opened {
    pub(super) writer: Writer,
    pub(super) readers: SqlitePool,
    /// Held for as long as this lives; the system frees it when the process dies.
    pub(super) lock: File,
}

/// Opens the file at `url`, creating and migrating it where needed.
pub(super) async fn open(url: &str) -> Result<Opened, OpenError> {
    let path = path(url)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(OpenError::NoDirectory(directory.to_owned()));
    }
    // Two names of one file are one file, with one lock.
    let path = if path.exists() { canonical(&path)? } else { path };
    // Before anything else touches the file: closing a second handle would free the first one's POSIX locks.
    let lock = lock(&path).await?;
    private_file(&path)?;

    let refused = |source| OpenError::Database { path: path.clone(), source };
    let shared = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(Duration::from_secs(5))
        // Otherwise every insert of many rows makes and removes a file to be able to undo half of it.
        .pragma("temp_store", "MEMORY");
    let writing = shared
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // `checkpoint` does that, where nobody waits for it.
        .pragma("wal_autocheckpoint", "0")
        .thread_name(|_| "store-writer".to_owned());
    let mut connection = SqliteConnection::connect_with(&writing).await.map_err(refused)?;
    MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            OpenError::Database { path: path.clone(), source }
        }
        _ => OpenError::Schema(path.clone()),
    })?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .connect_lazy_with(shared.read_only(true).thread_name(|n| format!("store-reader-{n}")));
    Ok(Opened { writer: Writer::new(writing, connection), readers, lock })
}

pub(super) fn path(url: &str) -> Result<PathBuf, OpenError> {
    match url.strip_prefix("sqlite://") {
        // A question mark would be read as options by other tools and as part of the name by us.
        Some(path) if !path.is_empty() && !path.contains('?') && !path.starts_with(':') => {
            Ok(PathBuf::from(path))
        }
        _ => Err(OpenError::Address(url.to_owned())),
    }
}

fn canonical(path: &Path) -> Result<PathBuf, OpenError> {
    path.canonicalize().map_err(|source| OpenError::File { path: path.to_owned(), source })
}

/// Takes the lock. A process that was killed a moment ago may still hold it, so it is asked for some seconds.
async fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = private_file(&name)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(source)) => return Err(OpenError::File { path: name, source }),
        }
    }
    Err(OpenError::InUse(path.to_owned()))
}

fn private_file(path: &Path) -> Result<File, OpenError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| OpenError::File { path: path.to_owned(), source })
}
