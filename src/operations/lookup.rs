//! Which operation a person's words name.
//!
//! Guarantees that a name or a short form finds its operation whatever its capitals, and that nothing else does.
//! Leaves arguments to `slack::command`.

use super::{Operation, Registry};
use crate::sentences::command as sentences;
use crate::suggestion::nearest;

/// What the words name.
pub enum Found<'r> {
    /// This operation, by so many words.
    Operation(&'r Operation, usize),
    /// Only a noun: these are the commands with it.
    Noun(Vec<&'static str>),
    /// Nothing; this name or short form is the most like it.
    Nothing(Option<&'static str>),
}

/// Looks the words up.
pub fn look_up<'r>(registry: &'r Registry, words: &[&str]) -> Found<'r> {
    let first = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
    let second = words.get(1).map(|word| word.to_lowercase()).unwrap_or_default();
    let both = format!("{first} {second}");
    let reversed = format!("{second} {first}");
    let find = |text: &str| {
        registry.iter().find(|operation| operation.meta.name == text || operation.meta.short.contains(&text))
    };
    // "withdraw dataset x" is how people speak.
    if let Some(operation) = find(&both).or_else(|| find(&reversed)) {
        return Found::Operation(operation, 2);
    }
    if let Some(operation) = find(&first) {
        return Found::Operation(operation, 1);
    }
    let of_noun: Vec<&Operation> = registry.iter().filter(|operation| operation.noun() == first).collect();
    if !of_noun.is_empty() {
        let verbs = of_noun.iter().map(|operation| operation.verb());
        let meant = nearest(&second, verbs).and_then(|verb| of_noun.iter().find(|one| one.verb() == verb));
        return match meant {
            Some(operation) => Found::Nothing(Some(operation.meta.name)),
            None => Found::Noun(of_noun.iter().map(|operation| operation.meta.name).collect()),
        };
    }
    let names = || {
        registry.iter().flat_map(|operation| {
            [operation.meta.name].into_iter().chain(operation.meta.short.iter().copied())
        })
    };
    let suggestion = nearest(&both, names().filter(|name| name.contains(' ')))
        .or_else(|| nearest(&first, names().filter(|name| !name.contains(' '))));
    Found::Nothing(suggestion)
}

/// The sentence for words that name no operation; `None` where they name one.
pub fn refusal(found: &Found<'_>, words: &[&str]) -> Option<String> {
    let first = words.first().copied().unwrap_or_default();
    let both = words.get(..2).map_or_else(|| first.to_owned(), |both| both.join(" "));
    match found {
        Found::Operation(..) => None,
        Found::Noun(names) if words.len() < 2 => Some(sentences::only_a_noun(names)),
        Found::Noun(names) => Some(sentences::unknown_verb(&both, names)),
        Found::Nothing(Some(name)) => {
            let wrong = if name.contains(' ') { &both } else { first };
            Some(sentences::did_you_mean(wrong, name))
        }
        Found::Nothing(None) => Some(sentences::unknown_command(first)),
    }
}
