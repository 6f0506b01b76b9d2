//! From the text after `/ckan` to what was asked.
//!
//! Guarantees typed arguments without hidden characters, never an empty target, and one ready sentence where the text
//! cannot be understood. Leaves a missing reason to the modal, and who may ask to `approval`.

mod grammar;
mod markup;
mod misreading;
mod words;

#[cfg(test)]
mod tests;

pub use grammar::Grammar;

use serde_json::Value;

use crate::sentences::text::Text;

/// What a command asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The operation's name, for example `dataset withdraw`.
    pub operation: String,
    /// Its own arguments, as it reads them.
    pub arguments: Value,
    /// Why; checked where it is there.
    pub reason: Option<String>,
    /// The ticket's number; checked where it is there.
    pub ticket: Option<String>,
    /// The environment's name where one was named; one that exists.
    pub environment: Option<String>,
}

/// Why a command was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misunderstood {
    /// What kind of mistake it is, for metrics.
    pub kind: Mistake,
    /// What the person reads: what is wrong and what to write instead.
    pub sentence: Text,
}

/// Kinds of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// More text than a command needs.
    TooLong,
    /// A control character, or a quotation mark that nothing closes.
    Unreadable,
    /// No such command.
    Command,
    /// An option that is unknown, there twice, or without its value.
    Option,
    /// The target is missing, there is more than one, or it cannot be one.
    Target,
    /// The reason is empty or too long.
    Reason,
    /// Not a ticket's number.
    Ticket,
    /// No such environment.
    Environment,
}

impl Mistake {
    /// A stable name for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Unreadable => "unreadable",
            Self::Command => "command",
            Self::Option => "option",
            Self::Target => "target",
            Self::Reason => "reason",
            Self::Ticket => "ticket",
            Self::Environment => "environment",
        }
    }

    fn because(self, sentence: Text) -> Misunderstood {
        Misunderstood { kind: self, sentence }
    }
}
