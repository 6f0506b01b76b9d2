//! Command texts as Slack delivers them, and what becomes of them, with two operations of the tests' own.

mod mistakes;
mod properties;
mod typography;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::approval::Plan;
use crate::ckan::{CallError, Site};
use crate::operations::{
    Answer, Asking, ChangeOperation, Inverse, Meta, PlanError, Progress, ReadOperation, Registry, Reply,
    Risk, Sighting, registry,
};
use crate::sentences::text::Span;

#[derive(Debug, Args, Serialize, Deserialize)]
struct OneDataset {
    /// The dataset's name, its id or its address.
    #[arg(value_name = "DATASET", value_parser = dataset)]
    dataset: String,
    /// How many resources it has.
    #[arg(long)]
    resources: Option<String>,
    /// What becomes of it.
    #[arg(long, value_parser = ["active", "draft"])]
    to: Option<String>,
    /// Without asking twice.
    #[arg(long)]
    quietly: bool,
}

fn dataset(text: &str) -> Result<String, String> {
    if text.contains(',') {
        Err(format!("`{text}` has a comma in it. Leave it out."))
    } else {
        Ok(text.to_owned())
    }
}

struct Withdraw;

impl ChangeOperation for Withdraw {
    const META: Meta = Meta {
        name: "dataset withdraw",
        short: &["withdraw"],
        summary: "Hide a dataset.",
        risk: Risk::Reversible,
        example: "withdraw road-accidents-2019 --reason \"Replaced\"",
    };
    type Arguments = OneDataset;

    async fn plan(&self, _: &Site, arguments: &OneDataset) -> Result<Plan, PlanError> {
        Err(PlanError::Refused(arguments.dataset.clone()))
    }

    async fn execute(&self, _: &Site, _: &Plan, _: &Progress) -> Result<(), CallError> {
        Ok(())
    }

    async fn probe(&self, _: &Site, _: &Plan) -> Result<Sighting, CallError> {
        Ok(Sighting::NotHappened(vec![]))
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }
}

#[derive(Debug, Args, Serialize, Deserialize)]
struct Nothing {}

struct RequestList;

impl ReadOperation for RequestList {
    const META: Meta = Meta {
        name: "request list",
        short: &["list"],
        summary: "Show the requests.",
        risk: Risk::Read,
        example: "request list",
    };
    type Arguments = Nothing;

    async fn answer(&self, _: Asking<'_>, _: &Nothing) -> Result<Reply, PlanError> {
        Ok(Reply::Say(Answer::default()))
    }
}

struct DatasetShow;

impl ReadOperation for DatasetShow {
    const META: Meta = Meta {
        name: "dataset show",
        short: &[],
        summary: "Show a dataset.",
        risk: Risk::Read,
        example: "dataset show road-accidents-2019",
    };
    type Arguments = OneDataset;

    async fn answer(&self, _: Asking<'_>, _: &OneDataset) -> Result<Reply, PlanError> {
        Ok(Reply::Say(Answer::default()))
    }
}

fn grammar() -> Grammar {
    let operations =
        vec![registry::change(Withdraw), registry::read(DatasetShow), registry::read(RequestList)];
    let environments = ["production", "staging"].map(str::to_owned);
    Grammar::new(&Registry::of(operations), &environments, Some("^[0-9]{5,8}$"))
}

fn asked(text: &str) -> Asked {
    grammar().read(text).unwrap_or_else(|why| panic!("{text}: {}", spoken(&why.sentence)))
}

fn target(text: &str) -> String {
    asked(text).arguments["dataset"].as_str().unwrap().to_owned()
}

fn sentence(text: &str) -> String {
    match grammar().read(text) {
        Ok(asked) => format!("understood: {asked:?}"),
        Err(Misunderstood { kind, sentence }) => format!("[{}] {}", kind.name(), spoken(&sentence)),
    }
}

/// A sentence with backticks around its code spans.
fn spoken(text: &Text) -> String {
    let spans = text.0.iter().map(|span| match span {
        Span::Plain(words) => words.clone(),
        Span::Code(words) => format!("`{words}`"),
        other => panic!("{other:?}"),
    });
    spans.collect()
}

#[test]
fn a_change_is_read_with_everything_it_takes() {
    let text = r#"dataset withdraw road-accidents-2019 --reason "Replaced by the 2020 edition" --ticket 51234 --env staging"#;
    assert_eq!(
        asked(text),
        Asked {
            operation: "dataset withdraw".to_owned(),
            arguments: json!({ "dataset": "road-accidents-2019", "resources": null, "to": null, "quietly": false }),
            reason: Some("Replaced by the 2020 edition".to_owned()),
            ticket: Some("51234".to_owned()),
            source: None,
            environment: Some("staging".to_owned()),
        }
    );
}

#[test]
fn short_forms_and_short_options_mean_the_same() {
    let long = asked(r#"dataset withdraw x --reason "why not" --ticket 51234 --env staging"#);
    for same in [
        r#"withdraw x -r "why not" -t 51234 -e staging"#,
        r"withdraw -e staging -t '#51234' -r 'why not' x",
        r#"Withdraw x --reason="why not" --ticket=#51234 --env=Staging"#,
        r#"withdraw dataset x --reason "why not" --ticket #51234 --env staging"#,
        r#"DATASET  WITHDRAW   x --reason "why not" --ticket 51234 --env staging "#,
        r#"/ckan withdraw x --reason "why not" --ticket 51234 --env staging"#,
        "withdraw x\n--reason \"why not\"\n--ticket\t51234 --env staging",
    ] {
        assert_eq!(asked(same), long, "{same}");
    }
}

#[test]
fn what_is_left_out_is_left_open() {
    let asked = asked("withdraw x");
    assert_eq!((asked.reason, asked.ticket, asked.environment), (None, None, None));
}

#[test]
fn nothing_and_every_cry_for_help_is_help() {
    for (text, command) in [
        ("", vec![]),
        ("   ", vec![]),
        ("\u{200b}", vec![]),
        ("--help", vec![]),
        ("-h", vec![]),
        ("/ckan", vec![]),
        ("withdraw --help", vec!["dataset", "withdraw"]),
        ("dataset withdraw x -h", vec!["dataset", "withdraw"]),
        ("nonsense --help", vec![]),
    ] {
        let asked = asked(text);
        assert_eq!(asked.operation, "help", "{text}");
        assert_eq!(asked.arguments, json!({ "command": command }), "{text}");
    }
    assert!(sentence(r#"withdraw x -r "--help me""#).starts_with("[reason] The reason begins with a dash"));
}

#[test]
fn reads_take_an_environment_where_they_ask_a_site() {
    assert_eq!(asked("dataset show x --env staging").environment.as_deref(), Some("staging"));
    assert_eq!(asked("list").operation, "request list");
}

#[test]
fn a_modal_is_held_to_the_same_rules() {
    let grammar = grammar();
    assert_eq!(grammar.reason(" Two\nlines\u{200b} ").unwrap(), "Two lines");
    assert_eq!(grammar.reason(&"x".repeat(500)).unwrap().len(), 500);
    assert_eq!(grammar.reason(&"x".repeat(501)).unwrap_err().kind, Mistake::Reason);
    assert_eq!(grammar.reason(" ").unwrap_err().kind, Mistake::Reason);
    assert_eq!(grammar.ticket(" #51234 ").unwrap(), "51234");
    assert_eq!(grammar.ticket("5").unwrap_err().kind, Mistake::Ticket);
}

#[test]
fn without_a_pattern_a_ticket_is_any_word() {
    let registry = Registry::of(vec![registry::change(Withdraw)]);
    let grammar = Grammar::new(&registry, &["production".to_owned()], None);
    assert_eq!(grammar.ticket("ABC-1").unwrap(), "ABC-1");
    for wrong in ["", "#", "two words", "-1"] {
        assert_eq!(grammar.ticket(wrong).unwrap_err().kind, Mistake::Ticket, "{wrong}");
    }
}

#[test]
fn every_example_means_its_own_operation() {
    let registry = Registry::all();
    let grammar = Grammar::new(&registry, &["production".to_owned()], Some("^[0-9]{5,8}$"));
    for operation in registry.iter() {
        let Meta { name, example, .. } = operation.meta;
        match grammar.read(example) {
            Ok(asked) => assert_eq!(asked.operation, name),
            Err(why) => panic!("{example}: {}", spoken(&why.sentence)),
        }
    }
}
