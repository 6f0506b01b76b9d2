//! Answers to command texts that cannot be understood.
//!
//! Guarantees that each says what to write instead. Words in backquotes become fixed-width letters in [`super::text`],
//! which also makes harmless what was typed. Leaves the finding of the mistake to `slack::command`.

use crate::operations::Meta;

/// A short word of a person inside a sentence: on one line, not too long, in backquotes.
fn code(word: &str) -> String {
    const LONGEST: usize = 60;
    let clean: String =
        word.chars().map(|letter| if letter == '`' || letter.is_control() { ' ' } else { letter }).collect();
    let mut shown: String = clean.trim().chars().take(LONGEST).collect();
    if clean.trim().chars().count() > LONGEST {
        shown.push('…');
    }
    if shown.is_empty() { "(nothing)".to_owned() } else { format!("`{shown}`") }
}

/// More text than a command needs.
pub fn too_long(length: usize, most: usize) -> String {
    format!(
        "That command has {length} characters, and {most} is the most. Put the details into the ticket and keep the \
         reason short."
    )
}

/// A control character in the text.
pub fn control_character(code: u32) -> String {
    format!(
        "There is a control character (U+{code:04X}) in that command, probably from copying. Type it again by hand."
    )
}

/// A quotation mark that nothing closes.
pub fn open_quote() -> String {
    "A quotation mark is opened and never closed. Write the reason like this: `--reason \"why\"`.".to_owned()
}

/// No such command, and nothing like it.
pub fn unknown_command(wrong: &str) -> String {
    format!("There is no command {}. `/ckan help` shows what you can ask for.", code(wrong))
}

/// No such command, but one that is written almost so.
pub fn did_you_mean(wrong: &str, name: &str) -> String {
    format!("There is no command {}. Did you mean `/ckan {name}`?", code(wrong))
}

/// A noun with a verb that does not go with it.
pub fn unknown_verb(wrong: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`/ckan {name}`")).collect();
    format!("There is no command {}. Write {}.", code(wrong), list(&names, "or"))
}

/// A noun without its verb.
pub fn only_a_noun(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`/ckan {name}`")).collect();
    format!("That needs one more word: {}.", list(&names, "or"))
}

/// No such option.
pub fn unknown_option(meta: &Meta, wrong: &str, suggestion: Option<&str>, known: &[&str]) -> String {
    let name = meta.name;
    let wrong = code(wrong);
    match suggestion {
        Some(option) => format!("`{name}` has no option {wrong}. Did you mean `{option}`?"),
        None if known.is_empty() => format!("`{name}` has no option {wrong}. Leave it out."),
        None => {
            let known: Vec<String> = known.iter().map(|option| format!("`{option}`")).collect();
            format!("`{name}` has no option {wrong}. It takes {}.", list(&known, "and"))
        }
    }
}

/// The same option twice.
pub fn repeated_option(option: &str) -> String {
    format!("{} is there more than once. Keep one of them.", code(option))
}

/// An option at the end, or before another option.
pub fn option_without_value(option: &str) -> String {
    let example = match option {
        "--reason" => "`--reason \"why\"`".to_owned(),
        "--ticket" => "`--ticket 51234`".to_owned(),
        "--env" => "`--env staging`".to_owned(),
        other => format!("{} and then the value", code(other)),
    };
    format!("{} has no value. Write {example}.", code(option))
}

/// A value for an option that is only there or not.
pub fn option_takes_no_value(option: &str) -> String {
    let option = code(option);
    format!("{option} takes no value. Write {option} alone.")
}

/// The target is missing.
pub fn missing_target(meta: &Meta, what: &str) -> String {
    let Meta { name, example, .. } = meta;
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("`{name}` needs {article} {what}. For example: `/ckan {example}`")
}

/// Two targets where one is meant.
pub fn too_many_targets(meta: &Meta, extra: &str) -> String {
    let Meta { name, example, .. } = meta;
    format!(
        "{} is too much for `{name}`. Send one command for each target, like this: `/ckan {example}`",
        code(extra)
    )
}

/// A target where none is taken.
pub fn takes_no_target(meta: &Meta, extra: &str) -> String {
    let name = meta.name;
    format!("`{name}` takes nothing more, so leave {} out: `/ckan {name}`", code(extra))
}

/// Several words after `--reason` without quotation marks.
pub fn reason_without_quotes(extra: &str) -> String {
    format!("{} is too much. Put the whole reason into quotation marks: `--reason \"why\"`.", code(extra))
}

/// A target with a dash in front.
pub fn target_looks_like_an_option(target: &str, meta: &Meta) -> String {
    format!(
        "{} begins with a dash, so it cannot be a name on CKAN. For example: `/ckan {}`",
        code(target),
        meta.example
    )
}

/// A target with characters in it that nobody sees.
pub fn invisible_characters(target: &str) -> String {
    format!(
        "There are invisible characters in what looks like {}, so it may not be what it seems. Type it by hand, or \
         copy it from CKAN again.",
        code(target)
    )
}

/// A reason of nothing.
pub fn reason_is_empty() -> String {
    "The reason is empty. Say why in a few words, for the approver and for the record: `--reason \"why\"`."
        .to_owned()
}

/// A reason with a dash in front: an option went astray.
pub fn reason_looks_like_an_option(reason: &str) -> String {
    format!(
        "The reason begins with a dash: {}. Write it without, so that it is not an option gone astray.",
        code(reason)
    )
}

/// A reason of more than a few lines.
pub fn reason_is_too_long(length: usize, most: usize) -> String {
    format!(
        "The reason has {length} characters, and {most} is the most. Keep it short and put the details into the \
         ticket."
    )
}

/// Not a ticket's number.
pub fn not_a_ticket(wrong: &str, example: Option<&str>, pattern: Option<&str>) -> String {
    let wrong = code(wrong);
    match (example, pattern) {
        (Some(example), _) => {
            format!("{wrong} is not a ticket number. Write it like this: `--ticket {example}`.")
        }
        (None, Some(pattern)) => {
            format!("{wrong} is not a ticket number. It has to fit the pattern {}.", code(pattern))
        }
        (None, None) => format!("{wrong} is not a ticket number. Write the number alone."),
    }
}

/// No such environment.
pub fn unknown_environment(wrong: &str, suggestion: Option<&str>, known: &[String]) -> String {
    let wrong = code(wrong);
    if let Some(name) = suggestion {
        return format!("There is no environment {wrong}. Did you mean `--env {name}`?");
    }
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("There is no environment {wrong}. Write {}, or leave `--env` out.", list(&known, "or"))
}

/// Anything else.
pub fn see_help(meta: &Meta) -> String {
    format!("That cannot be read as `{0}`. `/ckan help {0}` shows how to write it.", meta.name)
}

/// `a, b or c`.
pub fn list(items: &[String], joint: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joint} {last}", first.join(", ")),
    }
}
