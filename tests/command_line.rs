//! The binary as somebody in a terminal meets it: what it prints, and its exit code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "command_line/policy.rs"]
mod policy;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECRETS: [(&str, &str); 3] = [
    ("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5"),
    ("SLACK_BOT_TOKEN", "xoxb-1-2-three"),
    ("CKAN_TOKEN_PRODUCTION", "ckan-token"),
];

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn says(arguments: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_ckan-chatops"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/ckan-chatops.example.toml")
}

#[test]
fn a_sound_configuration_is_called_sound() {
    let folder = tempfile::tempdir().unwrap();
    let said = says(&["check-config", "--config", example().to_str().unwrap()], folder.path(), &SECRETS);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(said.out, "The configuration and its secrets can be used.\n");
}

#[test]
fn a_doubtful_configuration_is_refused_with_lines_and_remedies_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(example()).unwrap().replace("approvers = {", "aprovers = {");
    fs::write(folder.path().join("ckan-chatops.toml"), text).unwrap();
    for command in ["check-config", "serve"] {
        let said = says(&[command, "--config", "ckan-chatops.toml"], folder.path(), &SECRETS[..2]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.err, @r#"
            ckan-chatops.toml:35: [access] has no approvers; write users = ["U…"] or usergroups = ["S…"] in it
            ckan-chatops.toml:37: unknown key aprovers in [access]; did you mean approvers?
            ckan-chatops.toml:101: CKAN_TOKEN_PRODUCTION is not set; put the API token of a CKAN sysadmin into it, or a file's path into CKAN_TOKEN_PRODUCTION_FILE
            "#);
        }
    }
    assert!(!folder.path().join("ckan-chatops.db").exists());
}

#[test]
fn a_missing_configuration_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let said = says(&["serve", "--config", "ckan-chatops.toml"], folder.path(), &SECRETS);
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!(said.err, @"ckan-chatops.toml: cannot be read (entity not found); give the path of the configuration file");
}

#[test]
fn an_audit_that_is_not_there_does_not_hold_and_needs_no_secrets_to_say_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(example(), folder.path().join("ckan-chatops.toml")).unwrap();
    let said = says(&["audit", "verify", "--config", "ckan-chatops.toml"], folder.path(), &[]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    insta::assert_snapshot!(said.err, @"ckan-chatops: `ckan-chatops.db` could not be opened as an SQLite database: error returned from database: (code: 14) unable to open database file");
    assert!(!folder.path().join("ckan-chatops.db").exists());
}

#[test]
fn the_manifest_is_made_for_an_address_that_slack_can_reach() {
    let folder = tempfile::tempdir().unwrap();
    let made = says(&["manifest", "--url", "https://chatops.example.gov.uk/"], folder.path(), &[]);
    assert_eq!(made.code, Some(0));
    assert!(made.out.contains("url: https://chatops.example.gov.uk/slack/commands\n"), "{}", made.out);
    for wrong in
        ["chatops.example.gov.uk", "http://chatops.example.gov.uk", "https://chatops.example.gov.uk/?a=b"]
    {
        let said = says(&["manifest", "--url", wrong], folder.path(), &[]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{wrong}");
    }
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["sreve"], &["serve"], &["audit"], &["policy"], &["manifest"]] {
        let said = says(arguments, folder.path(), &[]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
    }
    let version = says(&["--version"], folder.path(), &[]);
    assert_eq!(version.out, concat!("ckan-chatops ", env!("CARGO_PKG_VERSION"), "\n"));
}
