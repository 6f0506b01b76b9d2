//! What a command prints: any amount, in any shape.

use std::time::Duration;

use ckan_chatops::ckan::{Finished, Line, Stream};

use crate::world::{printed, with_command_line, with_script};

async fn run(script: &str) -> (Vec<Line>, Finished) {
    let mut lines = vec![];
    let site = with_script(script);
    let command_line = site.needed_command_line("test").unwrap();
    let finished = command_line.run("test", &[], &mut |line| lines.push(line.clone())).await.unwrap();
    (lines, finished)
}

#[tokio::test]
async fn progress_is_seen_as_it_comes() {
    // As CKAN's `search-index rebuild` prints it: no line feed, ever.
    let folder = tempfile::tempdir().unwrap();
    let go_on = folder.path().join("go-on");
    let script = r#"printf '\rIndexing dataset 1/2\r'; while ! [ -e "$1" ]; do sleep 0.05; done; printf 'Indexing dataset 2/2'"#;
    let site = with_script(script);
    let mut lines = vec![];
    let word = crate::world::value(go_on.to_str().unwrap());
    let mut seen = |line: &Line| {
        lines.push(line.text.clone());
        std::fs::write(&go_on, "").unwrap();
    };
    site.needed_command_line("test").unwrap().run("test", &[word], &mut seen).await.unwrap();
    assert_eq!(lines, ["Indexing dataset 1/2", "Indexing dataset 2/2"]);
}

#[tokio::test]
async fn both_streams_are_read_and_told_apart() {
    let (lines, finished) = run("echo out; echo err >&2; printf last").await;
    assert_eq!(printed(&lines, Stream::Out), ["out", "last"]);
    assert_eq!(printed(&lines, Stream::Err), ["err"]);
    assert_eq!(finished.tail.len(), 3);
}

#[tokio::test]
async fn what_is_no_text_is_shown_as_far_as_it_is() {
    let (lines, _) = run(r"printf 'a\377b\n\303\n\000\n\342\202\254\n'").await;
    assert_eq!(printed(&lines, Stream::Out), ["a\u{fffd}b", "\u{fffd}", "€"]);
}

#[tokio::test]
async fn a_line_without_end_is_cut() {
    let (lines, finished) = run("head -c 3000000 /dev/zero | tr '\\0' 'x'; printf ' y z\\nnext\\n'").await;
    assert_eq!(printed(&lines, Stream::Out), ["[the rest of this line is left out]", "next"]);
    assert_eq!(finished.tail, lines);
    let (lines, _) = run("yes 'a b c' | head -c 3000000 | tr '\\n' ' '").await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].text.starts_with("a b c") && lines[0].text.len() < 8 * 1024 + 100);
}

#[tokio::test]
async fn the_tail_is_bounded_and_is_the_end() {
    let (lines, finished) = run("seq 1 5000").await;
    assert_eq!(lines.len(), 5000);
    assert_eq!(finished.tail.len(), 100);
    assert_eq!(finished.tail.first().unwrap().text, "4901");
    assert_eq!(finished.tail.last().unwrap().text, "5000");
    let (_, finished) = run(
        "for n in 1 2 3 4 5 6 7 8 9; do printf \"$n \"; head -c 4000 /dev/zero | tr '\\0' '!'; echo; done",
    )
    .await;
    let bytes: usize = finished.tail.iter().map(|line| line.text.len()).sum();
    assert!(bytes <= 16 * 1024, "{bytes}");
    assert!(finished.tail.last().unwrap().text.starts_with("9 !!!"));
}

#[tokio::test]
async fn secrets_do_not_leave_a_command() {
    let (lines, finished) = run(
        "echo 'password=$pbkdf2-sha512$25000$9v5/D4FQao0RwngvxZhTyg$QnPlR9u3kS1a2b3c'; echo our-own-secret-8f74 >&2; \
         printf 'to ann.b@example.gov.uk\\r'",
    )
    .await;
    assert_eq!(printed(&lines, Stream::Out), ["password=[hidden]", "to a…@example.gov.uk"]);
    assert_eq!(printed(&lines, Stream::Err), ["[hidden]"]);
    assert_eq!(finished.tail.len(), 3);
}

#[tokio::test]
async fn a_hundred_megabytes_take_little_memory_and_do_not_stall() {
    let before = memory("VmRSS:");
    let script = "yes 'INFO  [ckan.lib.search] a line as CKAN prints it, of some eighty letters, again' | head -c 50000000; \
                  head -c 50000000 /dev/zero; echo; echo the end";
    let site = with_command_line(&["sh", "-c", script], false, Duration::from_mins(5));
    let mut count = 0_u64;
    let finished =
        site.needed_command_line("test").unwrap().run("test", &[], &mut |_| count += 1).await.unwrap();
    assert!(count > 600_000, "{count}");
    assert_eq!(finished.tail.last().unwrap().text, "the end");
    let grown = memory("VmHWM:").saturating_sub(before);
    assert!(grown < 48 * 1024, "{grown} KiB more");
}

/// One of this process's figures, in KiB.
fn memory(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
