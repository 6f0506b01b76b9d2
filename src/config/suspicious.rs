//! Secrets that stand in the file.
//!
//! Guarantees that a file with what looks like a secret is refused, that the secret itself is not repeated, and that
//! the sentence names the variable where it belongs. Leaves real secrets to `secrets`.

use toml::de::{DeTable, DeValue};

use super::problem::{Place, Report};
use super::secrets::{BOT_TOKEN, SIGNING_SECRET};

const MARKS: [&str; 6] = ["xoxb-", "xoxp-", "xoxe", "xapp-", "xoxa-", "eyJ"];
const WORDS: [&str; 5] = ["token", "secret", "password", "api_key", "apikey"];

/// Reports what looks like a secret and takes it out of the tree.
pub(super) fn remove_secrets(report: &mut Report<'_>, table: &mut DeTable<'_>) {
    remove_from(report, table, &mut vec![]);
}

fn remove_from(report: &mut Report<'_>, table: &mut DeTable<'_>, path: &mut Vec<String>) {
    let mut found = vec![];
    for (key, value) in table.iter_mut() {
        let name: &str = key.get_ref();
        path.push(name.to_owned());
        let is_secret = match value.get_mut() {
            DeValue::Table(inner) => {
                remove_from(report, inner, path);
                false
            }
            DeValue::Array(items) => {
                let mut any = false;
                for item in items.iter_mut() {
                    match item.get_mut() {
                        DeValue::Table(inner) => remove_from(report, inner, path),
                        DeValue::String(text) => any |= has_secret_mark(text),
                        _ => (),
                    }
                }
                any
            }
            // Its own reader says that it is the name of a variable.
            DeValue::String(_) if name == "api_token_env" => false,
            DeValue::String(text) => has_secret_mark(text) || (!text.is_empty() && is_secret_key(name)),
            _ => false,
        };
        if is_secret {
            let home = home(path);
            let place = Place(key.span().start);
            report.at(
                place,
                format!("{name} holds a secret; take it out of the file and put it into the variable {home}"),
            );
            found.push(name.to_owned());
        }
        path.pop();
    }
    for name in found {
        table.remove(name.as_str());
    }
}

fn has_secret_mark(text: &str) -> bool {
    MARKS.iter().any(|mark| text.starts_with(mark))
}

/// Whether a word of a command is a secret, or says one. `before` is the word before it.
pub(super) fn is_secret_word(before: &str, word: &str) -> bool {
    let says = |name: &str| is_secret_key(&name.replace('-', "_"));
    let after_flag = before.starts_with("--") && !before.contains('=') && says(before);
    let assigned = word.split_once('=').is_some_and(|(name, value)| !value.is_empty() && says(name));
    let in_address = word.split_once("://").is_some_and(|(_, rest)| {
        rest.split_once('@').is_some_and(|(user, _)| user.contains(':') && !user.contains('/'))
    });
    let marked = MARKS.iter().any(|mark| word.contains(mark));
    after_flag || assigned || in_address || marked
}

fn is_secret_key(name: &str) -> bool {
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

fn home(path: &[String]) -> String {
    match path {
        [first, environment, ..] if first == "environments" => {
            format!("that api_token_env names in [environments.{environment}]")
        }
        [.., last] if last.to_lowercase().contains("sign") => SIGNING_SECRET.to_owned(),
        [first, ..] if first == "slack" => BOT_TOKEN.to_owned(),
        _ => format!("{SIGNING_SECRET}, {BOT_TOKEN} or the one that api_token_env names"),
    }
}
