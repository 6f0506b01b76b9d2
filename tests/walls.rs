//! The walls of the house: which module may know which.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty());
    found
}

fn none_names(folder: &str, forbidden: &[&str]) {
    for path in sources(folder) {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for name in forbidden {
                assert!(!line.contains(name), "{} knows {name}: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_approval_rule_is_pure() {
    none_names(
        "src/approval",
        &[
            "axum",
            "reqwest",
            "sqlx",
            "slack_morphism",
            "tokio",
            "crate::slack",
            "crate::store",
            "crate::ckan",
            "crate::worker",
            "crate::operations",
            "crate::sentences",
            "std::fs",
            "std::net",
            "async fn",
        ],
    );
}

#[test]
fn dependencies_point_one_way() {
    none_names("src/audit", &["crate::slack", "crate::worker", "crate::operations", "crate::ckan"]);
    none_names("src/ckan", &["crate::slack", "crate::worker", "crate::operations", "crate::store"]);
    none_names("src/operations", &["crate::slack", "crate::worker", "axum", "sqlx", "reqwest"]);
    none_names("src/store", &["crate::slack", "crate::worker", "crate::operations", "crate::ckan"]);
    none_names(
        "src/sentences",
        &["crate::slack", "crate::worker", "crate::store", "axum", "sqlx", "slack_morphism"],
    );
    none_names("src/slack", &["crate::worker", "sqlx"]);
}

#[test]
fn what_is_shipped_does_not_know_the_sandbox() {
    none_names("src", &["sandbox::", "stateright"]);
}

#[test]
fn only_the_bots_own_binary_of_the_sandbox_knows_the_bot() {
    none_names("sandbox/src/slack", &["ckan_chatops"]);
    none_names("sandbox/src/ckan", &["ckan_chatops"]);
}
