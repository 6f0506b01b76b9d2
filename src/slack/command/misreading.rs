//! clap's errors in our own words.
//!
//! Guarantees that none of clap's text reaches a person, but for the sentence of an operation's own value parser.
//! Leaves the reading itself to `grammar`.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::grammar::OneCommand;
use super::words::Word;
use super::{Mistake, Misunderstood};
use crate::sentences::command as sentences;
use crate::sentences::text::Text;
use crate::suggestion::nearest;

/// An argument's name in a sentence: `DATASET` becomes `dataset`.
pub(super) fn label(argument: &clap::Arg) -> String {
    let name = argument
        .get_value_names()
        .and_then(|names| names.first())
        .map_or(argument.get_id().as_str(), |name| name);
    name.to_lowercase().replace('_', " ")
}

/// clap's error in our words.
pub(super) fn mistake(error: &clap::Error, one: &OneCommand, words: &[Word]) -> Misunderstood {
    let OneCommand { meta, command, .. } = one;
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let option = option_name(&argument);
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let known: Vec<String> = command
                .get_arguments()
                .filter_map(|known| known.get_long())
                .map(|long| format!("--{long}"))
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let suggestion = nearest(&option, known.iter().copied());
            Mistake::Option.because(sentences::unknown_option(meta, &option, suggestion, &known))
        }
        ErrorKind::UnknownArgument => {
            let place = |text: &str| words.iter().position(|word| word.text == text);
            let after_bare_reason = ["--reason", "-r"].into_iter().filter_map(place).any(|option| {
                place(&argument).is_some_and(|extra| extra > option)
                    && words.get(option + 1).is_some_and(|reason| !reason.quoted)
            });
            Mistake::Target.because(if after_bare_reason {
                sentences::reason_without_quotes(&argument)
            } else if command.get_positionals().next().is_none() {
                sentences::takes_no_target(meta, &argument)
            } else {
                sentences::too_many_targets(meta, &argument)
            })
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = command
                .get_arguments()
                .find(|known| {
                    known
                        .get_value_names()
                        .is_some_and(|names| names.iter().any(|name| argument.contains(name.as_str())))
                })
                .map_or_else(|| "target".to_owned(), label);
            Mistake::Target.because(sentences::missing_target(meta, &missing))
        }
        ErrorKind::ArgumentConflict => {
            let other = option_name(&text(ContextKind::PriorArg));
            Mistake::Option.because(if other == option {
                sentences::repeated_option(&option)
            } else {
                let named = [&option, &other].into_iter().find(|name| name.starts_with("--"));
                sentences::conflicting_option(named.unwrap_or(&option), meta)
            })
        }
        ErrorKind::ValueValidation => {
            // The source is the sentence that the operation's own parser wrote.
            let sentence = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            Mistake::Target.because(Text::from(sentence))
        }
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue).is_empty() => {
            Mistake::Option.because(sentences::option_without_value(&option))
        }
        ErrorKind::InvalidValue => {
            let known = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(known)) => known.as_slice(),
                _ => &[],
            };
            let wrong = text(ContextKind::InvalidValue);
            let suggestion = nearest(&wrong, known.iter().map(String::as_str));
            Mistake::Option.because(sentences::not_one_of(&option, &wrong, suggestion, known))
        }
        ErrorKind::TooManyValues => Mistake::Option.because(sentences::option_takes_no_value(&option)),
        _ => Mistake::Option.because(sentences::see_help(meta)),
    }
}

/// `--reason` of `--reason <REASON>` and of `--reason=x`.
fn option_name(argument: &str) -> String {
    argument.split([' ', '=']).next().unwrap_or_default().to_owned()
}
