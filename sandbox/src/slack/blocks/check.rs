//! Collects problems, and checks the plain things: which fields an object has, and how long they are.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Problem, Surface};

/// An object and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) fields: &'a Map<String, Value>,
    pub(super) path: &'a str,
}

impl<'a> Node<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(Value::as_str)
    }

    pub(super) fn kind(&self) -> &'a str {
        self.text("type").unwrap_or_default()
    }

    pub(super) fn path_to(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

/// The problems so far, and what must be counted over a whole message or view.
#[derive(Debug)]
pub(super) struct Checker {
    pub(super) surface: Surface,
    pub(super) block_ids: HashSet<String>,
    pub(super) tables: usize,
    pub(super) table_characters: usize,
    pub(super) markdown_characters: usize,
    pub(super) focused: usize,
    pub(super) inputs: usize,
    problems: Vec<Problem>,
}

impl Checker {
    pub(super) fn new(surface: Surface) -> Self {
        Self {
            surface,
            block_ids: HashSet::new(),
            tables: 0,
            table_characters: 0,
            markdown_characters: 0,
            focused: 0,
            inputs: 0,
            problems: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn report(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { pointer: pointer.into(), message: message.into() });
    }

    /// The value as an object that has all of `required` and nothing beyond `optional`.
    pub(super) fn object<'a>(
        &mut self,
        value: &'a Value,
        path: &'a str,
        required: &[&str],
        optional: &[&str],
    ) -> Option<Node<'a>> {
        let Some(fields) = value.as_object() else {
            self.report(path, "must be an object");
            return None;
        };
        for name in required {
            if !fields.contains_key(*name) {
                self.report(path, format!("missing required field: {name}"));
            }
        }
        for name in fields.keys() {
            if !required.contains(&name.as_str()) && !optional.contains(&name.as_str()) {
                self.report(path, format!("invalid additional property: {name}"));
            }
        }
        Some(Node { fields, path })
    }

    /// A string field within these lengths, where it is there.
    pub(super) fn length(&mut self, node: Node<'_>, name: &str, least: usize, most: usize) {
        match node.get(name) {
            None => {}
            Some(Value::String(text)) => self.length_of(&node.path_to(name), text, least, most),
            Some(_) => self.report(node.path_to(name), "must be a string"),
        }
    }

    pub(super) fn length_of(&mut self, path: &str, text: &str, least: usize, most: usize) {
        let length = text.chars().count();
        if length < least {
            self.report(path, format!("must be more than {} characters", least.saturating_sub(1)));
        }
        if length > most {
            self.report(path, format!("must be less than {} characters", most + 1));
        }
    }

    pub(super) fn flag(&mut self, node: Node<'_>, name: &str) {
        if node.get(name).is_some_and(|value| !value.is_boolean()) {
            self.report(node.path_to(name), "must be a boolean");
        }
    }

    pub(super) fn one_of(&mut self, node: Node<'_>, name: &str, allowed: &[&str]) {
        let Some(value) = node.get(name) else { return };
        if !value.as_str().is_some_and(|text| allowed.contains(&text)) {
            self.report(node.path_to(name), format!("must be one of: {}", allowed.join(", ")));
        }
    }

    /// A number within these bounds, where it is there.
    pub(super) fn whole_number(&mut self, node: Node<'_>, name: &str, least: u64, most: u64) {
        let Some(value) = node.get(name) else { return };
        if !value.as_u64().is_some_and(|number| (least..=most).contains(&number)) {
            self.report(node.path_to(name), format!("must be a whole number from {least} to {most}"));
        }
    }

    /// The items of a list with this many of them; none where the field is missing or no list.
    pub(super) fn list<'a>(&mut self, node: Node<'a>, name: &str, least: usize, most: usize) -> &'a [Value] {
        match node.get(name) {
            None => &[],
            Some(Value::Array(items)) => {
                if items.len() < least {
                    let less = least.saturating_sub(1);
                    self.report(node.path_to(name), format!("must be more than {less} items"));
                }
                if items.len() > most {
                    let more = most + 1;
                    self.report(node.path_to(name), format!("must be less than {more} items"));
                }
                items
            }
            Some(_) => {
                self.report(node.path_to(name), "must be an array");
                &[]
            }
        }
    }

    /// Exactly one of the two fields.
    pub(super) fn exclusive(&mut self, node: Node<'_>, one: &str, other: &str) {
        match (node.get(one).is_some(), node.get(other).is_some()) {
            (false, false) => self.report(node.path, format!("must have {one} or {other}")),
            (true, true) => self.report(node.path, format!("must not have both {one} and {other}")),
            _ => {}
        }
    }

    pub(super) fn web_address(&mut self, node: Node<'_>, name: &str) {
        self.length(node, name, 1, 3000);
        let Some(text) = node.text(name) else { return };
        if url::Url::parse(text).is_err() {
            self.report(node.path_to(name), "must be a valid URL");
        }
    }
}
