//! kubectl: the words that it is given, byte for byte. docs/command-line.md says how to check a real one by hand.

use ckan_chatops::ckan::{Stream, Word};
use uuid::Uuid;

use crate::world::{PATIENCE, printed, value, with_command_line};

/// Notes every argument, each ended by a NUL, and answers as `ckan` in the pod does.
const SHIM: &str = r#"printf '%s\0' "$@" > "$(dirname "$0")/argv"
printf '\rIndexing dataset 1/1\r'
echo 'command terminated with exit code 4' >&2
exit 4"#;

#[tokio::test]
async fn kubectl_is_given_exactly_our_words() {
    let folder = tempfile::tempdir().unwrap();
    let kubectl = folder.path().join("kubectl");
    std::fs::write(&kubectl, SHIM).unwrap();
    let prefix = ["-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"];
    let argv = [&["sh", kubectl.to_str().unwrap()][..], &prefix].concat();
    let site = with_command_line(&argv, false, PATIENCE);
    let id = Uuid::from_u128(0x0b1c_2d3e_4f50_6172_8394_a5b6_c7d8_e9fa);
    let words = [
        Word::literal("harvester"),
        Word::literal("job-abort"),
        Word::id(id),
        value("it's $(two) words"),
        value("żółw"),
    ];
    let finished = site.needed_command_line("test").unwrap().run("test", &words, &mut |_| ()).await.unwrap();
    let given = std::fs::read(folder.path().join("argv")).unwrap();
    let mut expected = vec![];
    for word in prefix.iter().copied().chain([
        "harvester",
        "job-abort",
        "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa",
        "it's $(two) words",
        "żółw",
    ]) {
        expected.extend_from_slice(word.as_bytes());
        expected.push(0);
    }
    assert_eq!(given, expected);
    // kubectl ends with the exit code of what it ran.
    assert_eq!(finished.exit.code(), 4);
    assert_eq!(printed(&finished.tail, Stream::Out), ["Indexing dataset 1/1"]);
    assert_eq!(printed(&finished.tail, Stream::Err), ["command terminated with exit code 4"]);
}
