//! CKAN's command line and the services around it, as programs that a test or a person can start.
//!
//! Guarantees: what `ckan` 2.10.7, 2.11.6 and 2.12.0 with ckanext-harvest 1.6.3 print, on which stream, with which
//! exit code, and that what they refuse is refused. A command works on the sandbox's own database while its output is
//! read; where its program is killed it stops there, unless it is told to outlive it, as one does in a pod. Leaves the
//! program itself, which only prints what it is told, to [`program`].

mod click;
pub(super) mod control;
mod grammar;
mod harvester;
pub mod program;
mod records;
mod search_index;
mod services;
mod terminal;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::programs::SERVICE_OPTION;
use super::records::Write;
use super::site::Site;
use click::Parsed;
use grammar::Command;
use terminal::{Gone, Terminal};

/// One thing that the program does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Prints on standard output.
    Out(String),
    /// Prints on standard error.
    Err(String),
    /// Prints bytes that are no text on standard output.
    Bytes(Vec<u8>),
    /// Prints so many bytes of lines on standard output.
    Flood(u64),
    /// Ends.
    Exit(i32),
}

/// How the commands behave, from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommandSettings {
    /// Milliseconds before a command does anything: a real one takes 2 to 4 seconds to start.
    pub start_ms: u64,
    /// Milliseconds that a reindex takes for each dataset.
    pub item_ms: u64,
    /// A command goes on where its program is killed, as it does behind `kubectl exec`.
    pub outlives_its_program: bool,
    /// Datasets that cannot be indexed, by id or name.
    pub cannot_be_indexed: Vec<String>,
}

/// Something that shall go wrong with a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandFault {
    /// As in `search-index rebuild` or `service gather restart`; `*` for any.
    pub command: String,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: CommandFaultKind,
    /// How many times.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// What goes wrong with a command. `after` counts datasets; a command that has none has done nothing before 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CommandFaultKind {
    /// Stops there and never ends by itself.
    Hang {
        /// After so many.
        after: u32,
    },
    /// The program ends there, and so does the command.
    Die {
        /// After so many.
        after: u32,
        /// Its exit code.
        code: i32,
    },
    /// The program ends there, and the command goes on unseen.
    LoseConnection {
        /// After so many.
        after: u32,
        /// Its exit code.
        code: i32,
    },
    /// Prints so much before it begins.
    Flood {
        /// Bytes.
        bytes: u64,
    },
    /// Does nothing, prints nothing and ends with 0.
    FailQuietly,
    /// Does nothing, prints this on standard error and ends so.
    Fail {
        /// Its exit code.
        code: i32,
        /// What it prints, without the line's end.
        message: String,
    },
    /// Prints bytes that are no text before it begins.
    InvalidUtf8,
}

/// A command that was started, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRun {
    /// Order of starting, from 1.
    pub n: u64,
    /// Its arguments, as they arrived.
    pub argv: Vec<String>,
    /// What its program was told to end with; nothing where it has not ended, or was killed.
    pub exit: Option<i32>,
    /// It does nothing any more.
    pub over: bool,
}

/// What the sandbox remembers of its commands.
#[derive(Debug, Default)]
pub(super) struct Commands {
    pub(super) settings: CommandSettings,
    pub(super) faults: Vec<CommandFault>,
    pub(super) runs: Vec<CommandRun>,
}

impl Commands {
    fn take_fault(&mut self, command: &str) -> Option<CommandFaultKind> {
        let fits = |fault: &CommandFault| fault.command == command || fault.command == "*";
        let at = self.faults.iter().position(|fault| fault.times > 0 && fits(fault))?;
        let fault = self.faults.get_mut(at)?;
        fault.times -= 1;
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.faults.remove(at);
        }
        Some(kind)
    }
}

/// Starts a command; what its program shall do arrives step by step, and nothing follows an exit.
pub(super) fn start(site: &Site, argv: Vec<String>) -> mpsc::Receiver<Step> {
    let (steps, receiver) = mpsc::channel(1);
    let n = {
        let mut state = site.state();
        let n = state.commands.runs.last().map_or(1, |last| last.n + 1);
        state.commands.runs.push(CommandRun { n, argv: argv.clone(), exit: None, over: false });
        n
    };
    let task = run(site.clone(), steps, n, argv);
    site.tasks.spawn(task);
    receiver
}

/// What a command is about to do, for the log of writes.
struct Wanted {
    name: String,
    id: String,
    writes: bool,
}

async fn run(site: Site, steps: mpsc::Sender<Step>, n: u64, argv: Vec<String>) {
    let release = site.state().release;
    let parsed = if argv.first().is_some_and(|first| first == SERVICE_OPTION) {
        services::parse(&argv)
    } else {
        click::parse(release, &argv)
    };
    let wanted = match &parsed {
        Parsed::Said { .. } => Wanted { name: argv.join(" "), id: String::new(), writes: false },
        Parsed::Run(call) => Wanted {
            name: call.command.title(),
            id: call.argument.clone().unwrap_or_default(),
            writes: call.command.writes(),
        },
    };
    let mut terminal = Terminal::new(site.clone(), steps, release, &wanted.name);
    let ended = async {
        terminal.begin().await?;
        let exit = match parsed {
            Parsed::Said { out, err, exit } => {
                terminal.out(&out).await?;
                terminal.err(&err).await?;
                exit
            }
            Parsed::Run(call) => {
                if wanted.writes {
                    terminal.note_write(n, &wanted.name, &wanted.id);
                }
                dispatch(&mut terminal, &call).await?
            }
        };
        terminal.finish().await?;
        terminal.exit(exit).await?;
        Ok::<_, Gone>(exit)
    };
    let exit = ended.await.map_or_else(|gone| gone.0, Some);
    let mut state = site.state();
    if let Some(run) = state.commands.runs.iter_mut().find(|run| run.n == n) {
        run.exit = exit;
        run.over = true;
    }
}

async fn dispatch(terminal: &mut Terminal, call: &click::Call) -> Result<i32, Gone> {
    let argument = call.argument.as_deref().unwrap_or_default();
    match call.command {
        Command::Rebuild => search_index::rebuild(terminal, call).await,
        Command::Check => search_index::check(terminal).await,
        Command::Show => search_index::show(terminal, argument).await,
        Command::Clear => search_index::clear(terminal, argument).await,
        Command::ListOrphans => search_index::list_orphans(terminal).await,
        Command::ClearOrphans => search_index::clear_orphans(terminal, call).await,
        Command::ListUnindexed => search_index::list_unindexed(terminal).await,
        Command::Job => harvester::job(terminal, argument).await,
        Command::Jobs => harvester::jobs(terminal).await,
        Command::JobAbort => harvester::job_abort(terminal, argument).await,
        Command::JobAll => harvester::job_all(terminal).await,
        Command::Run => harvester::run(terminal).await,
        Command::PurgeQueues => harvester::purge_queues(terminal).await,
        Command::Reindex => harvester::reindex(terminal).await,
        Command::DatasetDelete => records::delete(terminal, argument).await,
        Command::DatasetPurge => records::purge(terminal, argument).await,
        Command::UserShow => records::show_user(terminal, argument).await,
        Command::Service { name, verb } => services::run(terminal, name, verb).await,
    }
}

/// A line in the log of writes for a command that has begun: not carried out yet, and nothing changed.
fn begun(n: u64, name: &str, id: &str) -> Write {
    Write {
        n,
        action: name.to_owned(),
        id: id.to_owned(),
        actor: "default".to_owned(),
        status: 0,
        committed: false,
        changed: false,
        would_purge: Vec::new(),
    }
}
