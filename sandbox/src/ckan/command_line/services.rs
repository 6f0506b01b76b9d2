//! The services around CKAN, as the site's own scripts would ask for them: `gather`, `fetch` and `csw`, each with
//! `status`, `restart` and `logs`.
//!
//! Guarantees: a status is what a supervisor knows: a consumer that hangs is running. A restart ends the process and
//! starts a new one, and what it was busy with is lost. Leaves the form of the words to no standard: there is none.

use super::super::harvest::Does;
use super::super::programs::{SERVICE_VERBS, SERVICES};
use super::super::site::State;
use super::click::{Call, Parsed};
use super::grammar::Command;
use super::terminal::{Gone, Terminal};

/// `--service <name> <verb>`, and nothing else.
pub(super) fn parse(argv: &[String]) -> Parsed {
    let word = |at: usize, known: &[&'static str]| {
        argv.get(at).and_then(|word| known.iter().find(|known| *known == word)).copied()
    };
    match (word(1, &SERVICES), word(2, &SERVICE_VERBS), argv.len()) {
        (Some(name), Some(verb), 3) => {
            let command = Command::Service { name, verb };
            Parsed::Run(Call { command, flags: Vec::new(), argument: Some(name.to_owned()) })
        }
        _ => Parsed::Said {
            out: String::new(),
            err: "usage: --service gather|fetch|csw status|restart|logs\n".to_owned(),
            exit: 64,
        },
    }
}

pub(super) async fn run(terminal: &mut Terminal, name: &str, verb: &str) -> Result<i32, Gone> {
    match verb {
        "status" => {
            let (does, starts) = terminal.look(|state| {
                let consumer = consumer(state, name);
                (consumer.does, consumer.starts)
            });
            // The catalogue's sync rests most of the day, as its CronJob does; one that hangs is one that runs.
            let is_up = if name == "csw" { does == Does::Hang } else { does != Does::Stop };
            let shown = if is_up { "running" } else { "stopped" };
            terminal.out(&format!("{name}: {shown}, {starts} restarts\n")).await?;
            Ok(if is_up { 0 } else { 3 })
        }
        "restart" => {
            terminal.change(|state| {
                let now = state.clock.now();
                consumer(state, name).restart(now);
                true
            });
            terminal.item().await?;
            terminal.out(&format!("{name}: restarted\n")).await?;
            Ok(0)
        }
        _ => {
            let lines = terminal.look(|state| log(state, name));
            terminal.out(&lines).await?;
            Ok(0)
        }
    }
}

fn consumer<'a>(state: &'a mut State, name: &str) -> &'a mut super::super::harvest::Consumer {
    match name {
        "gather" => &mut state.catalogue.harvest.gather,
        "fetch" => &mut state.catalogue.harvest.fetch,
        _ => &mut state.catalogue.harvest.csw,
    }
}

/// What the process has to tell: what it took up, and when.
fn log(state: &State, name: &str) -> String {
    let harvest = &state.catalogue.harvest;
    let line = |at: &str, text: String| format!("{at} INFO  [ckanext.harvest.queue] {text}\n");
    match name {
        "gather" => {
            let started =
                harvest.jobs.iter().filter_map(|job| Some((job.gather_started.as_deref()?, &job.id)));
            started.map(|(at, id)| line(at, format!("Received harvest job id: {id}"))).collect()
        }
        "fetch" => {
            let taken =
                harvest.objects.iter().filter_map(|object| Some((object.started.as_deref()?, &object.id)));
            taken.map(|(at, id)| line(at, format!("Received harvest object id: {id}"))).collect()
        }
        _ => "pycsw: listening on 0.0.0.0:8000\n".to_owned(),
    }
}
