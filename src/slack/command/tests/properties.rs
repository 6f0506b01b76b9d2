//! What holds for every text, sensible or not.

use proptest::prelude::*;

use super::*;
use crate::sentences::address::without_addresses;

/// Texts that get deeper into the grammar than random letters do.
fn nearly_commands() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("withdraw".to_owned()),
        Just("dataset".to_owned()),
        Just("show".to_owned()),
        Just("list".to_owned()),
        Just("--reason".to_owned()),
        Just("—reason=".to_owned()),
        Just("-t".to_owned()),
        Just("--env".to_owned()),
        Just("--resources".to_owned()),
        Just("--quietly".to_owned()),
        Just("--".to_owned()),
        Just("\"".to_owned()),
        Just("“".to_owned()),
        Just("”".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just("<https://a|".to_owned()),
        Just(">".to_owned()),
        Just("&lt;".to_owned()),
        Just("\u{200b}".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("-".to_owned()),
        Just("–".to_owned()),
        Just("=".to_owned()),
        Just("51234".to_owned()),
        "\\PC{0,6}",
        any::<String>(),
    ];
    let joint = prop_oneof![3 => Just(" "), 1 => Just("")];
    proptest::collection::vec((part, joint), 0..12)
        .prop_map(|parts| parts.into_iter().map(|(part, joint)| part + joint).collect())
}

fn holds(text: &str) {
    match grammar().read(text) {
        Ok(asked) => {
            if let Some(target) = asked.arguments.get("dataset") {
                let target = target.as_str().unwrap();
                assert!(!target.trim().is_empty() && !target.starts_with('-'), "{target:?}");
                assert!(!target.chars().any(char::is_control), "{target:?}");
            }
            for value in [asked.reason, asked.ticket, asked.environment].into_iter().flatten() {
                assert!(!value.is_empty() && !value.starts_with('-'), "{value:?}");
            }
        }
        Err(Misunderstood { sentence, .. }) => {
            let sentence = spoken(&sentence);
            assert!(!sentence.is_empty() && !sentence.contains('\n'), "{sentence:?}");
            assert!(!sentence.contains("error:") && !sentence.contains("Usage:"), "{sentence:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_one_sentence(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn nearly_commands_are_read_or_refused_in_one_sentence(text in nearly_commands()) {
        holds(&text);
    }

    #[test]
    fn a_plain_command_means_what_it_says(
        name in "[a-z0-9][a-z0-9_-]{1,40}",
        reason in "[A-Za-z0-9][ -!#-\\[\\]-~]{0,60}[a-z.]",
    ) {
        let escaped = reason.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let asked = grammar().read(&format!("withdraw {name} --reason \"{escaped}\"")).unwrap();
        prop_assert_eq!(asked.arguments["dataset"].as_str(), Some(name.as_str()));
        prop_assert_eq!(asked.reason, Some(without_addresses(&reason)));
    }
}
