//! The lab: a real CKAN with its database, as `./test lab` has brought it up and says where it is.
//!
//! Guarantees that a story has the lab to itself, in its seeded state, and that a lab is either described whole or not
//! at all: a missing word is a failure with its name, never a story told on the sandbox by accident. Leaves starting
//! and ending it to `deploy/ckan-lab`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use tokio::sync::{Mutex, MutexGuard};

/// What `./test lab` says of it, each as `CKAN_CHATOPS_LAB_<word>`.
const WORDS: [&str; 11] = [
    // Address and version of CKAN, and the file that holds a sysadmin's token.
    "URL",
    "VERSION",
    "TOKEN_FILE",
    // CKAN's database as the owner of its tables, for a story's own eyes, and as the bot's two roles.
    "DATABASE",
    "DATABASE_READ",
    "DATABASE_WRITE",
    // Paths of CKAN's command line, of the program that shows and restarts the lab's services, and of the one that
    // gives the seeded state back.
    "COMMAND",
    "SERVICES",
    "RESET",
    // Address of the remote sites that the harvest sources point to.
    "REMOTE",
    // The file that CKAN's web server logs to.
    "LOG",
];

/// Held by the story that is being told: there is one lab, and each story begins with its seeded state.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Where everything of the lab is.
pub struct Lab {
    words: BTreeMap<&'static str, String>,
    /// How many bytes the log had when the story began.
    logged: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Lab {
    /// The lab in its seeded state, where the stories are told on one.
    pub async fn here() -> Option<Self> {
        std::env::var("CKAN_CHATOPS_LAB_URL").ok()?;
        let alone = ALONE.lock().await;
        let read = |word| {
            let name = format!("CKAN_CHATOPS_LAB_{word}");
            (word, std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set; ./test lab sets it")))
        };
        let mut lab = Self { words: WORDS.into_iter().map(read).collect(), logged: 0, _alone: alone };
        lab.reset();
        lab.logged = lab.log().len();
        Some(lab)
    }

    /// Gives the lab the state that every story begins with.
    fn reset(&self) {
        let out = Command::new(self.word("RESET")).output().expect("the lab's reset");
        assert!(out.status.success(), "reset: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// What is said of it under one of [`WORDS`].
    pub fn word(&self, word: &str) -> &str {
        &self.words[word]
    }

    /// A sysadmin's token.
    pub fn token(&self) -> String {
        std::fs::read_to_string(self.word("TOKEN_FILE")).expect("the lab's token").trim().to_owned()
    }

    /// The actions of the API that CKAN answered since the story began, by name and in their order, out of its log.
    pub fn called(&self) -> Vec<String> {
        let log = self.log();
        let log = String::from_utf8_lossy(&log[self.logged..]);
        let paths = log.split("/api/3/action/").skip(1);
        paths.map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()).collect()
    }

    fn log(&self) -> Vec<u8> {
        std::fs::read(self.word("LOG")).expect("the log of the lab's CKAN")
    }

    /// What this query finds in CKAN's database: a line for each row, columns parted by `|`.
    pub fn rows(&self, query: &str) -> String {
        Self::psql(self.word("DATABASE"), &["-c", query])
    }

    /// Makes CKAN 2.10 answer 500 to the next withdrawals of this dataset, although it carries them out.
    pub fn answers_500_after_deleting(&self, slug: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/ckan-lab/old-activity.sql");
        let dataset = format!("dataset={slug}");
        let made = Self::psql(self.word("DATABASE"), &["-v", &dataset, "-f", file.to_str().unwrap()]);
        assert!(!made.is_empty(), "there is no dataset {slug}");
    }

    fn psql(database: &str, arguments: &[&str]) -> String {
        let out = Command::new("psql")
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", database])
            .args(arguments)
            .output()
            .expect("psql, to read the lab's database");
        assert!(out.status.success(), "psql: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }
}
