//! Answers to command texts that cannot be understood.
//!
//! Guarantees that each says what to write instead and that what was typed can only be letters in it. Leaves the
//! finding of the mistake to `slack::command`.

use std::fmt;

use super::text::Text;
use crate::operations::Meta;

/// More text than a command needs.
pub fn too_long(length: usize, most: usize) -> Text {
    Text::from(format!(
        "That command has {length} characters, and {most} is the most. Put the details into the ticket and keep the \
         reason short."
    ))
}

/// A control character in the text.
pub fn control_character(code: u32) -> Text {
    Text::from(format!(
        "There is a control character (U+{code:04X}) in that command, probably from copying. Type it again by hand."
    ))
}

/// A quotation mark that nothing closes.
pub fn open_quote() -> Text {
    Text::from("A quotation mark is opened and never closed. Write the reason like this: `--reason \"why\"`.")
}

/// No such command, and nothing like it.
pub fn unknown_command(wrong: &str) -> Text {
    said(format_args!("There is no command {}. `/ckan help` shows what you can ask for.", typed(wrong)))
}

/// No such command, but one that is written almost so.
pub fn did_you_mean(wrong: &str, name: &str) -> Text {
    said(format_args!("There is no command {}. Did you mean `/ckan {name}`?", typed(wrong)))
}

/// A noun with a verb that does not go with it.
pub fn unknown_verb(wrong: &str, names: &[&str]) -> Text {
    said(format_args!("There is no command {}. Write {}.", typed(wrong), commands(names)))
}

/// A noun without its verb.
pub fn only_a_noun(names: &[&str]) -> Text {
    said(format_args!("That needs one more word: {}.", commands(names)))
}

/// No such option.
pub fn unknown_option(meta: &Meta, wrong: &str, suggestion: Option<&str>, known: &[&str]) -> Text {
    let name = meta.name;
    let remedy = match suggestion {
        Some(option) => format!("Did you mean `{option}`?"),
        None if known.is_empty() => "Leave it out.".to_owned(),
        None => format!("It takes {}.", list(known.iter().map(|option| format!("`{option}`")), "and")),
    };
    said(format_args!("`{name}` has no option {}. {remedy}", typed(wrong)))
}

/// The same option twice.
pub fn repeated_option(option: &str) -> Text {
    said(format_args!("{} is there more than once. Keep one of them.", typed(option)))
}

/// An option beside others that say the same thing in another way.
pub fn conflicting_option(option: &str, meta: &Meta) -> Text {
    said(format_args!(
        "{} stands beside something that names the same in another way. Keep one of them. `/ckan help {}` explains.",
        typed(option),
        meta.name
    ))
}

/// An option at the end, or before another option.
pub fn option_without_value(option: &str) -> Text {
    let example = match option {
        "--reason" => "`--reason \"why\"`".to_owned(),
        "--ticket" => "`--ticket 51234`".to_owned(),
        "--requested-by" => "`--requested-by jo.bloggs@example.gov.uk`".to_owned(),
        "--env" => "`--env staging`".to_owned(),
        other => format!("{} and then the value", typed(other)),
    };
    said(format_args!("{} has no value. Write {example}.", typed(option)))
}

/// A value for an option that is only there or not.
pub fn option_takes_no_value(option: &str) -> Text {
    let option = typed(option);
    said(format_args!("{option} takes no value. Write {option} alone."))
}

/// A value that is none of the few there are.
pub fn not_one_of(option: &str, wrong: &str, suggestion: Option<&str>, known: &[String]) -> Text {
    let remedy = match suggestion {
        Some(value) => format!("Did you mean `{option} {value}`?"),
        None => format!("Write {}.", list(known.iter().map(|value| format!("`{option} {value}`")), "or")),
    };
    said(format_args!("{} does not take {}. {remedy}", typed(option), typed(wrong)))
}

/// The target is missing.
pub fn missing_target(meta: &Meta, what: &str) -> Text {
    let Meta { name, example, .. } = meta;
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    said(format_args!("`{name}` needs {article} {what}. For example: `/ckan {example}`"))
}

/// Two targets where one is meant.
pub fn too_many_targets(meta: &Meta, extra: &str) -> Text {
    let Meta { name, example, .. } = meta;
    let extra = typed(extra);
    said(format_args!(
        "{extra} is too much for `{name}`. Send one command for each target, like this: `/ckan {example}`"
    ))
}

/// A target where none is taken.
pub fn takes_no_target(meta: &Meta, extra: &str) -> Text {
    let name = meta.name;
    said(format_args!("`{name}` takes nothing more, so leave {} out: `/ckan {name}`", typed(extra)))
}

/// Several words after `--reason` without quotation marks.
pub fn reason_without_quotes(extra: &str) -> Text {
    let extra = typed(extra);
    said(format_args!("{extra} is too much. Put the whole reason into quotation marks: `--reason \"why\"`."))
}

/// A target with a dash in front.
pub fn target_looks_like_an_option(target: &str, meta: &Meta) -> Text {
    let example = meta.example;
    said(format_args!(
        "{} begins with a dash, so it cannot be a name on CKAN. For example: `/ckan {example}`",
        typed(target)
    ))
}

/// A target with characters in it that nobody sees.
pub fn invisible_characters(target: &str) -> Text {
    said(format_args!(
        "There are invisible characters in what looks like {}, so it may not be what it seems. Type it by hand, or \
         copy it from CKAN again.",
        typed(target)
    ))
}

/// A reason of nothing.
pub fn reason_is_empty() -> Text {
    Text::from(
        "The reason is empty. Say why in a few words, for the approver and for the record: `--reason \"why\"`.",
    )
}

/// A reason with a dash in front: an option went astray.
pub fn reason_looks_like_an_option(reason: &str) -> Text {
    let reason = typed(reason);
    said(format_args!(
        "The reason begins with a dash: {reason}. Write it without, so that it is not an option gone astray."
    ))
}

/// A reason of more than a few lines.
pub fn reason_is_too_long(length: usize, most: usize) -> Text {
    Text::from(format!(
        "The reason has {length} characters, and {most} is the most. Keep it short and put the details into the \
         ticket."
    ))
}

/// Not an e-mail address of whoever asked.
pub fn not_a_source(why: &str) -> Text {
    said(format_args!("`--requested-by` takes the e-mail address of whoever asked for the change. {why}"))
}

/// Characters that nobody sees in the address of whoever asked. It is not repeated.
pub fn invisible_in_source() -> Text {
    Text::from(
        "There are invisible characters in the address behind `--requested-by`, so it may not be what it seems. Type it \
         by hand.",
    )
}

/// Not a ticket's number.
pub fn not_a_ticket(wrong: &str, example: Option<&str>, pattern: Option<&str>) -> Text {
    let remedy = match (example, pattern) {
        (Some(example), _) => format!("A ticket number looks like `{example}`."),
        (None, Some(pattern)) => format!("It has to fit the pattern {}.", typed(pattern)),
        (None, None) => "Write the number alone.".to_owned(),
    };
    said(format_args!("{} is not a ticket number. {remedy}", typed(wrong)))
}

/// No such environment.
pub fn unknown_environment(wrong: &str, suggestion: Option<&str>, known: &[String]) -> Text {
    let known = list(known.iter().map(|name| format!("`{name}`")), "or");
    let remedy = match suggestion {
        Some(name) => format!("Did you mean `--env {name}`?"),
        None => format!("Write {known}, or leave `--env` out."),
    };
    said(format_args!("There is no environment {}. {remedy}", typed(wrong)))
}

/// Anything else.
pub fn see_help(meta: &Meta) -> Text {
    said(format_args!("That cannot be read as `{0}`. `/ckan help {0}` shows how to write it.", meta.name))
}

fn said(sentence: fmt::Arguments<'_>) -> Text {
    Text::from(sentence.to_string())
}

/// What somebody typed, inside a sentence: on one line, not too long, in backticks and without any of its own.
fn typed(word: &str) -> String {
    const LONGEST: usize = 60;
    let clean = word.replace(|letter: char| letter == '`' || letter.is_control(), " ");
    let clean = clean.trim();
    if clean.is_empty() {
        return "(nothing)".to_owned();
    }
    let cut: String = clean.chars().take(LONGEST).collect();
    let more = if clean.chars().count() > LONGEST { "…" } else { "" };
    format!("`{cut}{more}`")
}

fn commands(names: &[&str]) -> String {
    list(names.iter().map(|name| format!("`/ckan {name}`")), "or")
}

/// `a, b or c`.
fn list(items: impl Iterator<Item = String>, joint: &str) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joint} {last}", first.join(", ")),
    }
}
