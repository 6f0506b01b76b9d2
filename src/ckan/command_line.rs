//! CKAN's command line, as the configuration says it is reached: here, over ssh, or in a pod.
//!
//! Guarantees that a command is started once and never again, that its words arrive as they are (quoted where a shell
//! stands on the other side), that it ends within its time limit, and that everything it prints is filtered before
//! anybody sees it. A command that was not started is *not applied*; one that began and whose end was not seen is
//! *unknown*, because it may go on where it runs after we lost sight of it. Leaves to its callers whether exit code 0
//! was a success: CKAN's own commands say so on failures, too.

mod word;

use std::sync::Arc;
use std::time::Duration;

use super::output::{Ending, Line, Tail, watch};
use super::process::{Inheritance, Running};
use super::redaction::Redaction;
use super::{CallError, Cause, Effect};
pub(super) use word::is_unseen;
pub use word::{NotAWord, Word};

/// With this exit code ssh says that it failed itself: before the command began, or because the connection broke
/// while it ran. Nobody can tell the two apart.
const SSH_FAILED: i32 = 255;

/// What the configuration says of an environment's command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLineSettings {
    /// The program and its first arguments, up to and with CKAN's own program.
    pub argv: Vec<String>,
    /// Whether a shell on another machine reads what follows, as with ssh.
    pub remote_shell: bool,
    /// The longest that one command may take.
    pub time_limit: Duration,
}

/// An environment's command line.
#[derive(Debug)]
pub struct CommandLine {
    settings: CommandLineSettings,
    inheritance: Inheritance,
    redaction: Arc<Redaction>,
}

/// How a program ended: the code that it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(i32);

impl Exit {
    /// The code, 0 to 255.
    pub fn code(self) -> i32 {
        self.0
    }

    /// True where the program said that it succeeded, which proves nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// A program that ran to its own end, whatever its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What it was run for, as the caller named it.
    pub command: &'static str,
    /// Its last lines, oldest first: at most 100, and 16 KiB.
    pub tail: Vec<Line>,
    /// Its exit code.
    pub exit: Exit,
}

impl Finished {
    /// A program that ended so.
    #[cfg(test)]
    pub(crate) fn ended(command: &'static str, tail: Vec<Line>, code: i32) -> Self {
        Self { command, tail, exit: Exit(code) }
    }

    /// The same, or the failure where the exit code was not 0. A command that failed may have done a part: unknown.
    pub fn or_failed(self) -> Result<Self, CallError> {
        if self.exit.is_zero() { Ok(self) } else { Err(failed(self.command, Cause::CommandFailed)) }
    }
}

impl CommandLine {
    /// The command line of these settings. Starts nothing.
    pub(super) fn new(
        settings: CommandLineSettings,
        inheritance: Inheritance,
        redaction: Arc<Redaction>,
    ) -> Self {
        Self { settings, inheritance, redaction }
    }

    /// The longest that one command may take.
    pub fn time_limit(&self) -> Duration {
        self.settings.time_limit
    }

    /// Runs a command, once. `name` is for errors and logs, for example `search-index rebuild`.
    ///
    /// `seen` is given each line as it comes, cleaned and filtered; while it works, the command waits. An error means
    /// that the command did not run to its own end; whatever exit code it ended with is in [`Finished`], with the
    /// tail, for [`Finished::or_failed`] or the caller's own judgement. Dropped, the command is killed.
    pub async fn run(
        &self,
        name: &'static str,
        words: &[Word],
        seen: &mut (dyn FnMut(&Line) + Send),
    ) -> Result<Finished, CallError> {
        let mut argv = self.settings.argv.clone();
        let quote = self.settings.remote_shell;
        argv.extend(words.iter().map(|word| if quote { word::quoted(word) } else { word.to_string() }));
        let limit = self.settings.time_limit;
        let finished = run(name, &argv, &self.inheritance, &self.redaction, limit, seen).await?;
        if self.settings.remote_shell && finished.exit.code() == SSH_FAILED {
            return Err(failed(name, Cause::CommandCutOff));
        }
        Ok(finished)
    }

    /// Runs a command that only looks, so that no failure of it is *unknown*.
    pub async fn look(&self, name: &'static str, words: &[Word]) -> Result<Finished, CallError> {
        self.look_at_each_line(name, words, &mut |_| ()).await
    }

    /// The same for one that may print more than [`Finished::tail`] keeps. `seen` is given each line, as by
    /// [`Self::run`].
    pub async fn look_at_each_line(
        &self,
        name: &'static str,
        words: &[Word],
        seen: &mut (dyn FnMut(&Line) + Send),
    ) -> Result<Finished, CallError> {
        let looked = self.run(name, words, seen).await;
        looked.map_err(|error| CallError { effect: Effect::NotApplied, ..error })
    }
}

/// Runs a program to its end.
pub(super) async fn run(
    name: &'static str,
    argv: &[String],
    inheritance: &Inheritance,
    redaction: &Redaction,
    time_limit: Duration,
    seen: &mut (dyn FnMut(&Line) + Send),
) -> Result<Finished, CallError> {
    let running = Running::start(argv, inheritance).map_err(|error| {
        tracing::warn!(command = name, why = %error.kind(), "a command could not be started");
        CallError::nothing_done(name, Cause::CommandNotStarted)
    })?;
    let mut tail = Tail::default();
    let mut keep = |line: Line| {
        seen(&line);
        tail.push(line);
    };
    let cause = match watch(running, redaction, Some(time_limit), &mut keep).await {
        Ending::Ended(status) => match status.code() {
            Some(code) => {
                tracing::debug!(command = name, code, "a command ended");
                return Ok(Finished { command: name, tail: tail.into_lines(), exit: Exit(code) });
            }
            // A signal ended it.
            None => Cause::CommandCutOff,
        },
        Ending::TimedOut => Cause::CommandTimedOut,
        Ending::Lost => Cause::CommandCutOff,
    };
    tracing::warn!(command = name, ?cause, "a command did not run to its end");
    Err(failed(name, cause))
}

fn failed(name: &'static str, cause: Cause) -> CallError {
    CallError { action: name, cause, effect: Effect::Unknown, status: None, earlier: None }
}
