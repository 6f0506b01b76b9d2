//! What a command is given: our words, exactly, with and without a shell on the way.

use ckan_chatops::ckan::{Line, NotAWord, Site, Word};
use proptest::prelude::*;

use crate::world::{PATIENCE, value, with_command_line, with_script};

/// Prints its arguments one by one, in hexadecimal digits, so that nothing can be lost on the way back.
const RECORD: &str = r#"for word; do printf '%s' "$word" | od -An -v -tx1 | tr -d ' \n'; echo .; done"#;

async fn arrived(site: &Site, words: &[Word]) -> Vec<String> {
    let mut lines = vec![];
    let mut seen = |line: &Line| {
        let bytes = hex::decode(line.text.trim_end_matches('.')).unwrap();
        lines.push(String::from_utf8(bytes).unwrap());
    };
    let finished = site.needed_command_line("test").unwrap().run("test", words, &mut seen).await.unwrap();
    assert!(finished.exit.is_zero(), "{finished:?}");
    lines
}

/// As sshd does: joins the words by blanks and gives them to a shell.
fn behind_a_shell() -> Site {
    let record = format!("sh -c '{}' record", RECORD.replace('\'', r"'\''"));
    with_command_line(&["sh", "-c", r#"exec sh -c "$*""#, "sshd", &record], true, PATIENCE)
}

const NASTY: [&str; 16] = [
    "plain",
    "two words",
    "O'Neil",
    "'",
    "''",
    "\"",
    "$(touch /tmp/pwned)",
    "`id`",
    "$HOME",
    "a;b|c&d>e<f",
    "*",
    "~",
    "!!",
    "a\\",
    "#comment",
    "żółw 🐢",
];

#[tokio::test]
async fn hazard_1_words_arrive_as_they_are() {
    let words: Vec<Word> = NASTY.iter().map(|text| value(text)).collect();
    assert_eq!(arrived(&with_script(RECORD), &words).await, NASTY);
    assert_eq!(arrived(&behind_a_shell(), &words).await, NASTY);
}

#[tokio::test]
async fn hazard_4_only_words_of_ours_can_be_flags() {
    let words = [Word::literal("search-index"), Word::literal("rebuild"), Word::literal("-i"), value("a-b")];
    let expected = ["search-index", "rebuild", "-i", "a-b"];
    assert_eq!(arrived(&with_script(RECORD), &words).await, expected);
    assert_eq!(arrived(&behind_a_shell(), &words).await, expected);
    assert_eq!(Word::value("-i"), Err(NotAWord::Dash));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn whatever_may_be_a_word_arrives_whole_behind_a_shell(texts in prop::collection::vec("[ -~]{1,12}|\\PC{1,6}", 1..20)) {
        let words: Vec<Word> = texts.iter().filter_map(|text| Word::value(text).ok()).collect();
        prop_assume!(!words.is_empty());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let expected: Vec<String> = words.iter().map(ToString::to_string).collect();
        prop_assert_eq!(runtime.block_on(arrived(&behind_a_shell(), &words)), expected);
    }
}
