//! Which operation a person's words name.
//!
//! Guarantees that a name or a short form finds its operation whatever its capitals, and that nothing else does.
//! Leaves arguments to `slack::command`.

use super::Meta;
use crate::sentences::command as sentences;
use crate::sentences::text::Text;
use crate::suggestion::nearest;

/// What the words name.
#[derive(Debug, Clone)]
pub enum Found {
    /// This operation, by so many words.
    Operation(Meta, usize),
    /// Only a noun: these are the commands with it.
    Noun(Vec<&'static str>),
    /// Nothing; this name or short form is the most like it.
    Nothing(Option<&'static str>),
}

/// Looks the words up among these operations.
pub fn look_up(operations: &[Meta], words: &[&str]) -> Found {
    let first = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
    let second = words.get(1).map(|word| word.to_lowercase()).unwrap_or_default();
    let both = format!("{first} {second}");
    let reversed = format!("{second} {first}");
    let find = |text: &str| operations.iter().find(|meta| meta.name == text || meta.short.contains(&text));
    // "withdraw dataset x" is how people speak.
    if let Some(meta) = find(&both).or_else(|| find(&reversed)) {
        return Found::Operation(*meta, 2);
    }
    if let Some(meta) = find(&first) {
        return Found::Operation(*meta, 1);
    }
    let of_noun: Vec<(&str, &'static str)> = operations
        .iter()
        .filter_map(|meta| meta.name.split_once(' ').map(|(noun, verb)| (noun, verb, meta.name)))
        .filter(|(noun, ..)| *noun == first)
        .map(|(_, verb, name)| (verb, name))
        .collect();
    if !of_noun.is_empty() {
        let meant = nearest(&second, of_noun.iter().map(|(verb, _)| *verb));
        let meant = of_noun.iter().find(|(verb, _)| Some(*verb) == meant);
        return match meant {
            Some((_, name)) => Found::Nothing(Some(name)),
            None => Found::Noun(of_noun.iter().map(|(_, name)| *name).collect()),
        };
    }
    let names =
        || operations.iter().flat_map(|meta| [meta.name].into_iter().chain(meta.short.iter().copied()));
    let suggestion = nearest(&both, names().filter(|name| name.contains(' ')))
        .or_else(|| nearest(&first, names().filter(|name| !name.contains(' '))));
    Found::Nothing(suggestion)
}

/// The sentence for words that name no operation; `None` where they name one.
pub fn refusal(found: &Found, words: &[&str]) -> Option<Text> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::operations::{Operation, Registry};

    #[test]
    fn no_two_operations_answer_to_the_same_words() {
        let registry = Registry::all();
        let nouns: BTreeSet<&str> =
            registry.iter().filter(|one| !one.verb().is_empty()).map(Operation::noun).collect();
        let mut names = BTreeSet::new();
        for operation in registry.iter() {
            for name in [operation.meta.name].iter().chain(operation.meta.short) {
                assert!(names.insert(*name), "{name} is taken twice");
                assert!(!nouns.contains(name), "{name} is a noun");
                assert_eq!(*name, name.to_lowercase());
            }
        }
    }
}
