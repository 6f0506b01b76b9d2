//! Copies of what is about to be purged: one JSON file each, in a folder of the configuration's.
//!
//! Guarantees that a copy that was reported as written is on the disk and whole, that only this account can read it
//! (it has names and addresses of people), and that no earlier copy is written over by another content. Leaves backups
//! of the folder, and what to do with a copy, to people.

use std::io;
use std::path::PathBuf;

use serde_json::Value;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::{CallError, Cause};

/// A folder of copies.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
}

const ACTION: &str = "archive";

impl Archive {
    /// The copies in this folder, which is made when the first one is written.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a copy under this name. Where there is one of the same content already, that one counts; where it is of
    /// another, this fails with [`Cause::ArchiveNotWritten`], as it does wherever the disk refuses.
    pub async fn keep(&self, name: &str, copy: &Value) -> Result<(), CallError> {
        self.write(name, copy).await.map_err(|error| {
            tracing::warn!(archive.name = name, why = %error.kind(), "a copy could not be kept");
            CallError::nothing_done(ACTION, Cause::ArchiveNotWritten)
        })
    }

    /// Whether there is a copy of this name.
    pub async fn has(&self, name: &str) -> bool {
        fs::metadata(self.folder.join(name)).await.is_ok_and(|found| found.is_file())
    }

    async fn write(&self, name: &str, copy: &Value) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(copy)?;
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.folder).await?;
        let place = self.folder.join(name);
        match fs::read(&place).await {
            Ok(there) if there == text => return Ok(()),
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // Half a file under the final name would pass for a copy after a crash.
        let half = self.folder.join(format!("{name}.half"));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half).await?;
        file.write_all(&text).await?;
        file.sync_all().await?;
        fs::rename(&half, &place).await?;
        // The name is a thing of the folder's, which has a cache of its own.
        File::open(&self.folder).await?.sync_all().await?;
        if fs::read(&place).await? == text { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_copy_is_whole_and_private_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path().join("purged"));
        let copy = json!({"name": "x", "author_email": "a@example.org"});
        assert!(!archive.has("x.json").await);
        archive.keep("x.json", &copy).await.unwrap();
        archive.keep("x.json", &copy).await.unwrap();
        assert!(archive.has("x.json").await);
        let place = folder.path().join("purged/x.json");
        assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(&place).unwrap()).unwrap(), copy);
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            std::fs::metadata(folder.path().join("purged")).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let error = archive.keep("x.json", &json!({"name": "y"})).await.unwrap_err();
        assert_eq!(error.cause, Cause::ArchiveNotWritten);
        assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(&place).unwrap()).unwrap(), copy);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let archive = Archive::new(folder.path().join("file/purged"));
        let error = archive.keep("x.json", &json!({})).await.unwrap_err();
        assert_eq!(error.cause, Cause::ArchiveNotWritten);
        assert!(!archive.has("x.json").await);
    }
}
