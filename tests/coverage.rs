//! What the documents claim is there: every test that they name, every threat, every invariant, every operation.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ckan_chatops::operations::{Registry, manual};

/// Operations without a story of their own. This list may only shrink.
const WITHOUT_A_STORY: [&str; 0] = [];

/// The threats that everybody in this trade knows; docs/threat-model.md has more.
const KNOWN_THREATS: usize = 28;
const INVARIANTS: usize = 11;
/// Of the hazards in docs/hazards.md, those up to this number have a test each.
const TESTED_HAZARDS: usize = 12;
const HAZARDS: usize = 27;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The names of all functions that are tests: marked as such, or promises of the store's conformance suite.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in ["src", "tests", "sandbox"].into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&path).unwrap();
        let is_suite = path.components().any(|part| part.as_os_str() == "conformance");
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            let name = line.split_once("fn ").and_then(|(before, rest)| {
                let is_one = before.is_empty() || before == "async " || before.starts_with("pub");
                is_one.then(|| rest.split(['(', '<']).next().unwrap_or_default().to_owned())
            });
            match name {
                Some(name) if marked || is_suite => {
                    names.insert(name);
                    marked = false;
                }
                Some(_) => marked = false,
                None => marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test"),
            }
        }
    }
    names
}

/// The cells of every row of the document's tables whose first cell begins with one of these letters and a number.
fn rows(text: &str, letters: &[char]) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cells| {
            let mut letter = cells.first().map(|id| id.chars()).into_iter().flatten();
            letter.next().is_some_and(|first| letters.contains(&first))
                && letter.next().is_some_and(|second| second.is_ascii_digit())
        })
        .collect()
}

/// The words in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn is_module_or_file(name: &str) -> bool {
    let path = name.replace("::", "/");
    ["", "src/"].iter().any(|base| {
        let whole = format!("{base}{path}");
        root().join(&whole).exists() || root().join(format!("{whole}.rs")).exists()
    })
}

#[test]
fn every_threat_has_a_row_and_every_row_says_the_truth() {
    let tests = tests();
    let text = read("docs/threat-model.md");
    let rows = rows(&text, &['S', 'T']);
    let mut wrong = vec![];
    for row in &rows {
        let [id, threat, place, held, remains] = row.as_slice() else {
            wrong.push(format!("{}: five cells are wanted, not {}", row.join(" "), row.len()));
            continue;
        };
        if threat.is_empty() || remains.is_empty() {
            wrong.push(format!("{id}: the threat and what remains are said"));
        }
        wrong.extend(
            quoted(place)
                .into_iter()
                .filter(|name| !is_module_or_file(name))
                .map(|name| format!("{id}: there is no {name}")),
        );
        let named = quoted(held);
        wrong.extend(
            named
                .iter()
                .filter(|name| !tests.contains(**name))
                .map(|name| format!("{id}: there is no test {name}")),
        );
        if named.is_empty() && !remains.contains("later:") {
            wrong.push(format!("{id}: neither a test nor “later:”"));
        }
    }
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row.first()).map(String::as_str).collect();
    wrong.extend(
        (1..=KNOWN_THREATS)
            .map(|n| format!("S{n}"))
            .filter(|id| !ids.contains(id.as_str()))
            .map(|id| id + ": no row"),
    );
    if ids.len() != rows.len() {
        wrong.push("an id stands on two rows".to_owned());
    }
    assert!(wrong.is_empty(), "docs/threat-model.md:\n{}", wrong.join("\n"));
}

#[test]
fn a_threats_number_in_a_tests_name_is_on_the_threats_row() {
    let text = read("docs/threat-model.md");
    let rows = rows(&text, &['S']);
    let mut missing = vec![];
    for test in tests() {
        for number in test.split('_').map_while(|part| part.strip_prefix('s')?.parse::<usize>().ok()) {
            let id = format!("S{number}");
            let row = rows.iter().find(|row| row.first() == Some(&id));
            let held = row.and_then(|row| row.get(3)).map(String::as_str).unwrap_or_default();
            if !quoted(held).contains(&test.as_str()) {
                missing.push(format!("{id}: add `{test}`"));
            }
        }
    }
    assert!(missing.is_empty(), "docs/threat-model.md:\n{}", missing.join("\n"));
}

#[test]
fn every_invariant_has_a_test_that_bears_its_number() {
    let text = read("docs/architecture.md");
    let chapter = text.split("## Invariants").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let stated =
        chapter.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())).count();
    assert_eq!(stated, INVARIANTS, "docs/architecture.md states {stated}");
    let tests = tests();
    for number in 1..=INVARIANTS {
        let name = format!("invariant_{number}_");
        assert!(tests.iter().any(|test| test.starts_with(&name)), "no test is called {name}…");
    }
}

#[test]
fn every_operation_has_a_story() {
    let stories: String =
        rust_files("tests/stories").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let registry = Registry::all();
    for operation in registry.iter() {
        let meta = operation.meta;
        let is_told = [meta.name].iter().chain(meta.short).any(|words| {
            // As the beginning of a text that somebody types, not in one that the bot says.
            let typed = format!("\"/ckan {words}");
            stories.match_indices(&typed).any(|(at, _)| {
                stories.get(at + typed.len()..).is_some_and(|rest| rest.starts_with([' ', '"']))
            })
        });
        assert_eq!(
            is_told,
            !WITHOUT_A_STORY.contains(&meta.name),
            "tests/stories: `{}` needs a story, or no place among the exceptions",
            meta.name
        );
    }
}

#[test]
fn the_handbook_is_the_one_that_the_code_makes() {
    assert_eq!(
        read("docs/operations.md"),
        manual::markdown(&Registry::all()),
        "run: cargo run -- operations > docs/operations.md"
    );
}

#[test]
fn the_runbooks_coverage_names_every_task_in_order_and_what_is_there_truthfully() {
    let text = read("docs/runbook-coverage.md");
    let registry = Registry::all();
    let mut wrong = vec![];
    let mut covered = BTreeSet::new();
    let mut last = (' ', 0);
    for row in rows(&text, &('A'..='K').collect::<Vec<_>>()) {
        let [id, _, state, how] = row.as_slice() else {
            wrong.push(format!("{}: four cells are wanted", row.join(" ")));
            continue;
        };
        let letter = id.chars().next().unwrap();
        let number: usize = id.get(1..).and_then(|number| number.parse().ok()).unwrap_or_default();
        if number != if letter == last.0 { last.1 + 1 } else { 1 } {
            wrong.push(format!("{id} does not follow {}{}", last.0, last.1));
        }
        last = (letter, number);
        let operations = quoted(how);
        let is_there = |name: &str| registry.find(name).is_some();
        match state.as_str() {
            "now" if !operations.is_empty() && operations.iter().all(|name| is_there(name)) => {
                covered.extend(operations.into_iter().map(str::to_owned));
            }
            "planned" if !how.is_empty() && !operations.iter().any(|name| is_there(name)) => {}
            "in words" | "not offered" if !how.is_empty() => {}
            _ => wrong.push(format!("{id}: {state} does not fit {how}")),
        }
    }
    let of_ckan = registry.iter().filter(|operation| !matches!(operation.noun(), "help" | "request"));
    wrong.extend(
        of_ckan
            .filter(|one| !covered.contains(one.meta.name))
            .map(|one| format!("{} is on no row", one.meta.name)),
    );
    assert!(wrong.is_empty(), "docs/runbook-coverage.md:\n{}", wrong.join("\n"));
}

#[test]
fn every_hazard_names_its_tests_and_the_first_twelve_have_one() {
    let page = read("docs/hazards.md");
    let tests = tests();
    let mut wrong = vec![];
    for number in 1..=HAZARDS {
        let start = format!("| {number} | ");
        let row = page.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/hazards.md has no row {number}"));
        let named: BTreeSet<&str> =
            row.split('`').filter(|word| word.starts_with(&format!("hazard_{number}_"))).collect();
        let there: BTreeSet<&str> = tests
            .iter()
            .map(String::as_str)
            .filter(|name| name.starts_with(&format!("hazard_{number}_")))
            .collect();
        wrong.extend(there.difference(&named).map(|name| format!("{number}: add `{name}`")));
        wrong.extend(named.difference(&there).map(|name| format!("{number}: there is no `{name}`")));
        if number <= TESTED_HAZARDS && there.is_empty() {
            wrong.push(format!("{number}: no test has this hazard's name"));
        }
    }
    assert!(wrong.is_empty(), "docs/hazards.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_page_about_the_rule_shows_the_matrix_that_is_tested() {
    let reviewed = read(
        "src/approval/snapshots/ckan_chatops__approval__transition__tests__the_whole_matrix_is_as_reviewed.snap",
    );
    let matrix = reviewed.splitn(3, "---\n").last().unwrap();
    assert!(matrix.lines().count() > 20);
    assert!(read("docs/approval-rule.md").contains(matrix), "docs/approval-rule.md shows another matrix");
}
