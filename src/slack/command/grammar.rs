//! The grammar of commands: which words make which request.
//!
//! Guarantees that clap reads the arguments and that none of clap's own text reaches a person. Leaves the words to
//! `words` and the sentences to `sentences::command`.

use clap::{ArgMatches, Command};
use regex::Regex;
use serde_json::json;

use super::misreading::{label, mistake};
use super::words::{self, Unreadable, Word};
use super::{Asked, Mistake, Misunderstood};
use crate::approval::ticket::whole_ticket;
use crate::operations::lookup::{Found, look_up, refusal};
use crate::operations::registry::ArgumentReader;
use crate::operations::{Meta, Registry, options};
use crate::sentences::address::without_addresses;
use crate::sentences::command as sentences;
use crate::suggestion::nearest;

/// Longer than any sensible command, shorter than what Slack lets through.
const LONGEST_TEXT: usize = 2_000;
const LONGEST_REASON: usize = 500;
const LONGEST_TICKET: usize = 40;

/// Numbers to show as examples; the first that fits the configured pattern.
const TICKETS: [&str; 6] = ["51234", "1234567", "123", "ABC-123", "INC0012345", "abc123"];

/// Reads command texts. Made once.
pub struct Grammar {
    metas: Vec<Meta>,
    commands: Vec<OneCommand>,
    environments: Vec<String>,
    ticket: Option<TicketRule>,
}

pub(super) struct OneCommand {
    pub(super) meta: Meta,
    pub(super) command: Command,
    reader: ArgumentReader,
}

struct TicketRule {
    pattern: Option<Regex>,
    example: Option<&'static str>,
    written: String,
}

impl Grammar {
    /// A grammar of these operations and environments. A ticket must fit the pattern as a whole; a pattern that is no
    /// regular expression fits nothing.
    pub fn new(registry: &Registry, environments: &[String], ticket_pattern: Option<&str>) -> Self {
        let commands = registry.iter().map(|operation| {
            let mut command = options::command(operation);
            // clap knows its arguments' names only of a command that it has put together.
            command.build();
            OneCommand { meta: operation.meta, command, reader: operation.reader() }
        });
        let ticket = ticket_pattern.map(|written| {
            let pattern = whole_ticket(written);
            let fits = |ticket: &&str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(ticket));
            TicketRule { example: TICKETS.into_iter().find(fits), written: written.to_owned(), pattern }
        });
        Self {
            metas: registry.iter().map(|operation| operation.meta).collect(),
            commands: commands.collect(),
            environments: environments.to_vec(),
            ticket,
        }
    }

    /// What the text after `/ckan` asks for.
    pub fn read(&self, text: &str) -> Result<Asked, Misunderstood> {
        let length = text.chars().count();
        if length > LONGEST_TEXT {
            return Err(Mistake::TooLong.because(sentences::too_long(length, LONGEST_TEXT)));
        }
        let mut words = words::words(text).map_err(unreadable)?;
        if words.first().is_some_and(|word| word.text == "/ckan") {
            words.remove(0);
        }
        if words.is_empty() {
            return Ok(help(""));
        }
        let plain: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let wants_help =
            words.iter().any(|word| !word.quoted && matches!(word.text.as_str(), "--help" | "-h"));
        let found = look_up(&self.metas, &plain);
        match &found {
            Found::Operation(meta, _) if wants_help => Ok(help(meta.name)),
            Found::Operation(meta, used) => self.read_operation(meta, words.get(*used..).unwrap_or_default()),
            Found::Noun(_) | Found::Nothing(_) if wants_help => Ok(help("")),
            Found::Noun(_) | Found::Nothing(_) => {
                Err(Mistake::Command.because(refusal(&found, &plain).unwrap_or_default()))
            }
        }
    }

    fn read_operation(&self, meta: &Meta, words: &[Word]) -> Result<Asked, Misunderstood> {
        let not_read = || Mistake::Option.because(sentences::see_help(meta));
        let one = self.commands.iter().find(|one| one.meta.name == meta.name).ok_or_else(not_read)?;
        if let Some(word) = loose_word_of_a_reason(words) {
            return Err(Mistake::Target.because(sentences::reason_without_quotes(word)));
        }
        let matches = one
            .command
            .clone()
            .try_get_matches_from(shell_words(words))
            .map_err(|error| mistake(&error, one, words))?;
        check_own_values(one, &matches, words)?;
        let arguments = (one.reader)(&matches).map_err(|_| not_read())?;
        let common = |name: &str| matches.try_get_one::<String>(name).ok().flatten().map(String::as_str);
        Ok(Asked {
            operation: meta.name.to_owned(),
            arguments,
            reason: common("reason").map(|reason| self.reason(reason)).transpose()?,
            ticket: common("ticket").map(|ticket| self.ticket(ticket)).transpose()?,
            environment: common("environment").map(|name| self.environment(name)).transpose()?,
        })
    }

    /// A reason from a command or a modal, checked.
    pub fn reason(&self, text: &str) -> Result<String, Misunderstood> {
        let reason = words::one_text(text).map_err(unreadable)?;
        let length = reason.chars().count();
        if reason.is_empty() {
            return Err(Mistake::Reason.because(sentences::reason_is_empty()));
        }
        if reason.starts_with('-') {
            return Err(Mistake::Reason.because(sentences::reason_looks_like_an_option(&reason)));
        }
        if length > LONGEST_REASON {
            return Err(Mistake::Reason.because(sentences::reason_is_too_long(length, LONGEST_REASON)));
        }
        // Everybody in the channel reads it.
        Ok(without_addresses(&reason))
    }

    /// A ticket's number from a command or a modal, checked and without its `#`.
    pub fn ticket(&self, text: &str) -> Result<String, Misunderstood> {
        let ticket = words::one_text(text).map_err(unreadable)?;
        let ticket = ticket.strip_prefix('#').unwrap_or(&ticket);
        let refuse = |example, written| {
            Err(Mistake::Ticket.because(sentences::not_a_ticket(ticket, example, written)))
        };
        match &self.ticket {
            Some(rule) if !rule.pattern.as_ref().is_some_and(|pattern| pattern.is_match(ticket)) => {
                refuse(rule.example, Some(rule.written.as_str()))
            }
            None if ticket.is_empty()
                || ticket.starts_with('-')
                || ticket.contains(' ')
                || ticket.chars().count() > LONGEST_TICKET =>
            {
                refuse(Some(TICKETS[0]), None)
            }
            _ => Ok(ticket.to_owned()),
        }
    }

    fn environment(&self, text: &str) -> Result<String, Misunderstood> {
        let name = text.trim().to_lowercase();
        if self.environments.contains(&name) {
            return Ok(name);
        }
        let known = self.environments.iter().map(String::as_str);
        // "prod" is not alike enough to "production" for a typing mistake, but clear enough for people.
        let suggestion = known
            .clone()
            .find(|known| name.len() > 2 && known.starts_with(&name))
            .or_else(|| nearest(&name, known));
        let sentence = sentences::unknown_environment(text, suggestion, &self.environments);
        Err(Mistake::Environment.because(sentence))
    }
}

/// The words as clap takes them: a quoted value stays the value of the option before it, whatever it begins with.
fn shell_words(words: &[Word]) -> Vec<String> {
    let mut plain: Vec<String> = vec![];
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        let is_value = before.is_some_and(|before| {
            !before.quoted
                && before.text.len() > 1
                && before.text.starts_with('-')
                && !before.text.contains('=')
        });
        match plain.last_mut() {
            Some(option) if is_value && word.quoted && word.text.starts_with('-') => {
                option.push('=');
                option.push_str(&word.text);
            }
            _ => plain.push(word.text.clone()),
        }
    }
    plain
}

/// The second word of a reason without quotation marks. Where a command takes several targets it would be one of them.
fn loose_word_of_a_reason(words: &[Word]) -> Option<&str> {
    let is_option = |word: &Word| !word.quoted && word.text.starts_with('-');
    let at = words.iter().position(|word| !word.quoted && matches!(word.text.as_str(), "--reason" | "-r"))?;
    let named = words.iter().take(at).any(|word| !is_option(word));
    let bare = words.get(at + 1).is_some_and(|reason| !reason.quoted && !is_option(reason));
    let loose = words.get(at + 2).filter(|word| !word.quoted && !is_option(word))?;
    (named && bare).then_some(loose.text.as_str())
}

fn help(about: &str) -> Asked {
    let words: Vec<&str> = about.split_whitespace().collect();
    Asked {
        operation: "help".to_owned(),
        arguments: json!({ "command": words }),
        reason: None,
        ticket: None,
        environment: None,
    }
}

fn unreadable(why: Unreadable) -> Misunderstood {
    Mistake::Unreadable.because(match why {
        Unreadable::Control(code) => sentences::control_character(code),
        Unreadable::OpenQuote => sentences::open_quote(),
    })
}

/// What clap cannot know of an operation's own values: that they are empty, look like an option, or held characters
/// that nobody sees.
fn check_own_values(one: &OneCommand, matches: &ArgMatches, words: &[Word]) -> Result<(), Misunderstood> {
    let OneCommand { meta, command, .. } = one;
    let own = command.get_arguments().filter(|argument| !options::is_common(argument.get_id().as_str()));
    for argument in own {
        let Ok(Some(values)) = matches.try_get_raw(argument.get_id().as_str()) else { continue };
        for value in values.filter_map(|value| value.to_str()) {
            if value.trim().is_empty() {
                let name = label(argument);
                return Err(Mistake::Target.because(sentences::missing_target(meta, &name)));
            }
            if value.starts_with('-') {
                return Err(Mistake::Target.because(sentences::target_looks_like_an_option(value, meta)));
            }
            let was_unclean = words.iter().filter(|word| word.had_invisible).any(|word| {
                word.text == value
                    || word.text.strip_suffix(value).is_some_and(|option| option.ends_with('='))
            });
            if was_unclean {
                return Err(Mistake::Target.because(sentences::invisible_characters(value)));
            }
        }
    }
    Ok(())
}
