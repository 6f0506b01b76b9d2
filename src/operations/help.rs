//! `help`: what one may ask for, and how one command is written.
//!
//! Guarantees that it lists exactly what the asker may do and is made from the operations themselves. Changes nothing.

use clap::Arg;
use serde::{Deserialize, Serialize};

use super::lookup::{Found, look_up, refusal};
use super::registry::Kind;
use super::{Answer, Asking, Meta, Operation, PlanError, ReadOperation, Registry, Reply, Risk, options};
use crate::sentences::text::Text;

/// Shows what can be asked for.
pub struct Help;

/// What `help` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The command to explain; all of them if you leave it out
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl ReadOperation for Help {
    const META: Meta = Meta {
        name: "help",
        short: &[],
        summary: "Show what you can ask for, or how one command is written.",
        risk: Risk::Read,
        example: "help withdraw",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        let words: Vec<&str> = arguments.command.iter().map(String::as_str).collect();
        Ok(Reply::Say(answer(asking.registry, asking.may_request, asking.may_approve, &words)))
    }
}

fn answer(registry: &Registry, may_request: bool, may_approve: bool, words: &[&str]) -> Answer {
    if words.is_empty() {
        return overview(registry, may_request, may_approve);
    }
    let metas: Vec<Meta> = registry.iter().map(|operation| operation.meta).collect();
    let found = look_up(&metas, words);
    match &found {
        Found::Operation(meta, _) => match registry.find(meta.name) {
            Some(operation) => about(operation, may_request),
            None => overview(registry, may_request, may_approve),
        },
        Found::Noun(_) | Found::Nothing(_) => Answer {
            title: "No such command".to_owned(),
            lines: refusal(&found, words).into_iter().collect(),
            ..Answer::default()
        },
    }
}

fn overview(registry: &Registry, may_request: bool, may_approve: bool) -> Answer {
    let line = |operation: &Operation| {
        let meta = operation.meta;
        let text = Text::new().code(format!("/ckan {}", meta.name));
        let text =
            meta.short.iter().fold(text, |text, short| text.plain(" or ").code(format!("/ckan {short}")));
        text.plain(": ").plain(meta.summary)
    };
    let is_change = |operation: &&Operation| matches!(operation.kind, Kind::Change(_));
    let mut lines: Vec<Text> = vec![];
    if may_request {
        lines.extend(registry.iter().filter(is_change).map(line));
        lines.push(Text::from(
            "Changes need `--reason \"why\"` (you are asked for it if you leave it out) and the approval of somebody \
             else. `--ticket` names the ticket.",
        ));
    }
    let is_for_all =
        |operation: &&Operation| may_request || may_approve || operation.meta.name == Help::META.name;
    let reads = registry.iter().filter(|operation| !is_change(operation)).filter(is_for_all);
    lines.extend(reads.map(line));
    lines.push(Text::from(match (may_request, may_approve) {
        (true, true) => {
            "You may also approve or deny the requests of others, with the buttons on their cards."
        }
        (true, false) => "You may ask for changes, but not approve them.",
        (false, true) => {
            "You may approve or deny requests with the buttons on their cards, but not ask for changes."
        }
        (false, false) => {
            "You are on neither list, of those who ask for changes and those who approve them. Ask an engineer who is."
        }
    }));
    if may_request || may_approve {
        lines.push(Text::from(
            "`/ckan help` and a command shows how it is written, for example `/ckan help show`.",
        ));
    }
    Answer { title: "What you can ask for".to_owned(), lines, ..Answer::default() }
}

/// How one command is written.
pub(super) fn about(operation: &Operation, may_request: bool) -> Answer {
    let Meta { name, short, summary, risk, example } = operation.meta;
    let command = options::command(operation);
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let mut lines = vec![Text::from(summary)];
    lines.extend(arguments.map(argument));
    if !short.is_empty() {
        let forms = short.iter().enumerate().fold(Text::from("Short: "), |text, (index, short)| {
            text.plain(if index == 0 { "" } else { ", " }).code(format!("/ckan {short}"))
        });
        lines.push(forms);
    }
    lines.extend(consequence(risk).map(Text::from));
    if matches!(operation.kind, Kind::Change(_)) && !may_request {
        lines.push(Text::from("You are not on the list of people who may ask for this."));
    }
    lines.push(Text::from("Example: ").code(format!("/ckan {example}")));
    Answer { title: format!("/ckan {name}"), lines, ..Answer::default() }
}

fn consequence(risk: Risk) -> Option<&'static str> {
    match risk {
        Risk::Read => None,
        Risk::Reversible => Some("Somebody else has to approve it. It can be undone."),
        Risk::Partly => Some("Somebody else has to approve it. It can be undone in part only."),
        Risk::Irreversible => Some("Somebody else has to approve it. It cannot be undone."),
    }
}

/// One argument and what it is for.
fn argument(argument: &Arg) -> Text {
    let value = argument
        .get_value_names()
        .and_then(|names| names.first())
        .map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string);
    let takes_value = argument.get_action().takes_values();
    let text = match argument.get_long() {
        Some(long) if takes_value => Text::new().code(format!("--{long} {value}")),
        Some(long) => Text::new().code(format!("--{long}")),
        None => Text::new().code(value),
    };
    let text = match argument.get_short() {
        Some(short) => text.plain(" or ").code(format!("-{short}")),
        None => text,
    };
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let text = text.plain(": ").plain(help.trim_end_matches('.')).plain(".");
    let values = argument.get_possible_values();
    values.iter().filter(|_| takes_value).enumerate().fold(text, |text, (index, value)| {
        text.plain(if index == 0 { " One of " } else { ", " }).code(value.get_name())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentences::text::Span;

    fn shown(may_request: bool, may_approve: bool, words: &[&str]) -> String {
        let Answer { title, lines, .. } = answer(&Registry::all(), may_request, may_approve, words);
        let line = |text: &Text| -> String {
            let spans = text.0.iter().map(|span| match span {
                Span::Code(words) => format!("`{words}`"),
                Span::Plain(words) => words.clone(),
                other => format!("{other:?}"),
            });
            spans.collect()
        };
        [title].into_iter().chain(lines.iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn everybody_sees_what_they_may_do() {
        insta::assert_snapshot!(shown(true, true, &[]), @r#"
        What you can ask for
        `/ckan dataset withdraw` or `/ckan withdraw`: Take datasets off the site; they can be restored.
        `/ckan dataset restore` or `/ckan restore`: Give a withdrawn dataset back as it was.
        `/ckan dataset purge` or `/ckan purge`: Remove a withdrawn dataset for good; nothing gives it back.
        `/ckan harvest reharvest` or `/ckan reharvest`: Harvest one source now, and tell how it goes until it is done.
        `/ckan harvest stop` or `/ckan stop`: Stop the running harvest of one source; what it has imported stays.
        `/ckan harvest restart`: Stop the running harvest of one source and harvest it anew.
        `/ckan harvest abort`: End one stuck harvest job by its UUID, where stopping its source's harvest does not help.
        `/ckan harvest restart-worker`: Restart the gather or the fetch worker.
        `/ckan harvest purge-queues`: Empty the harvest queues and end every harvest that is in them.
        `/ckan index dataset` or `/ckan reindex`: Have CKAN index one dataset anew, where the site does not show it as it is.
        `/ckan index publisher`: Have CKAN index each dataset of a publisher anew, such as after it was renamed.
        `/ckan index missing`: Have CKAN index what the search index lacks; what is in it stays.
        `/ckan index refresh`: Have CKAN index everything anew; the site keeps its search meanwhile.
        `/ckan index rebuild`: Empty the search index and build it again: the site has no search meanwhile.
        `/ckan user email` or `/ckan email`: Give a user another e-mail address; it is masked in the channel.
        Changes need `--reason "why"` (you are asked for it if you leave it out) and the approval of somebody else. `--ticket` names the ticket.
        `/ckan dataset show` or `/ckan show`: Show what CKAN says of one dataset.
        `/ckan harvest list` or `/ckan harvests`: List the harvest sources, those that are being harvested first.
        `/ckan harvest status`: Show how one harvest source is doing: its last harvests, their counts and errors.
        `/ckan harvest jobs`: List the harvests that wait or run.
        `/ckan harvest workers`: Show how the harvest workers are doing and what waits for them.
        `/ckan site show` or `/ckan version`: Show which CKAN this is and how the bot reaches it.
        `/ckan index check`: Compare the search index with the database.
        `/ckan user find`: Find users by a part of their name or e-mail address.
        `/ckan user show`: Show what CKAN says of one user; the address is masked.
        `/ckan request list` or `/ckan list` or `/ckan requests`: List the open requests, or the latest ones.
        `/ckan request show`: Show one request and what has become of it.
        `/ckan request cancel` or `/ckan cancel`: Take back your own request, as long as it is not carried out.
        `/ckan help`: Show what you can ask for, or how one command is written.
        You may also approve or deny the requests of others, with the buttons on their cards.
        `/ckan help` and a command shows how it is written, for example `/ckan help show`.
        "#);
        insta::assert_snapshot!(shown(false, false, &[]), @"
        What you can ask for
        `/ckan help`: Show what you can ask for, or how one command is written.
        You are on neither list, of those who ask for changes and those who approve them. Ask an engineer who is.
        ");
        let approver = shown(false, true, &[]);
        assert!(!approver.contains("/ckan dataset withdraw") && approver.contains("but not ask for changes"));
    }

    #[test]
    fn one_command_is_explained_from_its_own_definition() {
        insta::assert_snapshot!(shown(true, true, &["withdraw"]), @r#"
        /ckan dataset withdraw
        Take datasets off the site; they can be restored.
        `DATASET`: The datasets: slugs, UUIDs, or addresses of their pages.
        `--publisher PUBLISHER`: All active datasets of this publisher, by its slug or UUID.
        `--list`: Opens a form for a list of datasets, to be pasted or attached.
        `--reason REASON` or `-r`: Why, for the approver and for the record, in quotation marks. You are asked for it if you leave it out.
        `--ticket TICKET` or `-t`: The number of the ticket that this belongs to.
        `--requested-by EMAIL`: Who asked the team for it, by the e-mail address: CKAN is asked whether they may.
        `--env ENVIRONMENT` or `-e`: The environment, if not the default one.
        Short: `/ckan withdraw`
        Somebody else has to approve it. It can be undone.
        Example: `/ckan withdraw road-accidents-2019 --reason "Published by mistake" --ticket 51234`
        "#);
        insta::assert_snapshot!(shown(false, true, &["dataset", "restore"]), @r#"
        /ckan dataset restore
        Give a withdrawn dataset back as it was.
        `DATASET`: The dataset: its slug, its UUID, or the address of its page.
        `--to STATE`: The state to give back; without it, active. One of `active`, `draft`
        `--group GROUP`: A group to put it back into, by its slug; may be given several times.
        `--erase-removed-resources`: Accept that CKAN before 2.12 erases resources that were removed from the dataset earlier.
        `--reason REASON` or `-r`: Why, for the approver and for the record, in quotation marks. You are asked for it if you leave it out.
        `--ticket TICKET` or `-t`: The number of the ticket that this belongs to.
        `--requested-by EMAIL`: Who asked the team for it, by the e-mail address: CKAN is asked whether they may.
        `--env ENVIRONMENT` or `-e`: The environment, if not the default one.
        Short: `/ckan restore`
        Somebody else has to approve it. It can be undone.
        You are not on the list of people who may ask for this.
        Example: `/ckan restore business-counts-2015 --reason "Withdrawn by mistake" --ticket 51235`
        "#);
        insta::assert_snapshot!(shown(true, true, &["request", "show"]), @"
        /ckan request show
        Show one request and what has become of it.
        `REFERENCE`: The request's reference: six letters and digits.
        Example: `/ckan request show 7Q2M4K`
        ");
        insta::assert_snapshot!(shown(true, true, &["help"]), @"
        /ckan help
        Show what you can ask for, or how one command is written.
        `COMMAND`: The command to explain; all of them if you leave it out.
        Example: `/ckan help withdraw`
        ");
    }

    #[test]
    fn an_unknown_command_is_answered_with_the_nearest() {
        insta::assert_snapshot!(shown(true, true, &["withdrwa"]), @"
        No such command
        There is no command `withdrwa`. Did you mean `/ckan withdraw`?
        ");
        insta::assert_snapshot!(shown(true, true, &["dataset"]), @"
        No such command
        That needs one more word: `/ckan dataset withdraw`, `/ckan dataset restore`, `/ckan dataset purge` or `/ckan dataset show`.
        ");
        insta::assert_snapshot!(shown(true, true, &["moon"]), @"
        No such command
        There is no command `moon`. `/ckan help` shows what you can ask for.
        ");
    }
}
