//! Options and option groups of menus, radio buttons and check boxes.

use std::collections::HashSet;

use serde_json::Value;

use super::check::{Checker, Node};
use super::text::{self, Kind};

const LABEL: usize = 75;
const VALUE: usize = 150;

/// What an element allows its options.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) most: usize,
    /// Radio buttons and check boxes may use mrkdwn.
    pub(super) text: Kind,
    /// Overflow menus may link.
    pub(super) links: bool,
}

/// The options in a field.
pub(super) fn list(checker: &mut Checker, node: Node<'_>, name: &str, rules: Rules) {
    let options = checker.list(node, name, 1, rules.most);
    let mut values = HashSet::new();
    for (at, option) in options.iter().enumerate() {
        let path = format!("{}/{at}", node.path_to(name));
        one(checker, option, &path, rules);
        if let Some(value) = option.get("value").and_then(Value::as_str)
            && !values.insert(value)
        {
            checker.report(path, format!("duplicate option value: {value}"));
        }
    }
}

pub(super) fn one(checker: &mut Checker, option: &Value, path: &str, rules: Rules) {
    let links: &[&str] = if rules.links { &["description", "url"] } else { &["description"] };
    let Some(node) = checker.object(option, path, &["text", "value"], links) else { return };
    text::field(checker, node, "text", rules.text, LABEL);
    text::field(checker, node, "description", rules.text, LABEL);
    checker.length(node, "value", 1, VALUE);
    checker.web_address(node, "url");
}

/// `options` or `option_groups`, and the initial ones, which must be among them.
pub(super) fn choices(checker: &mut Checker, node: Node<'_>, rules: Rules) {
    checker.exclusive(node, "options", "option_groups");
    list(checker, node, "options", rules);
    let groups = checker.list(node, "option_groups", 1, 100);
    for (at, group) in groups.iter().enumerate() {
        let path = format!("{}/{at}", node.path_to("option_groups"));
        if let Some(group) = checker.object(group, &path, &["label", "options"], &[]) {
            text::field(checker, group, "label", Kind::Plain, LABEL);
            list(checker, group, "options", rules);
        }
    }
    initial(checker, node, groups);
}

/// The initial options must be options, and the same in every field.
pub(super) fn initial(checker: &mut Checker, node: Node<'_>, groups: &[Value]) {
    let grouped = groups.iter().filter_map(|group| group.get("options")?.as_array()).flatten();
    let options: Vec<&Value> =
        node.get("options").and_then(Value::as_array).into_iter().flatten().chain(grouped).collect();
    if let Some(option) = node.get("initial_option")
        && !options.contains(&option)
    {
        checker.report(node.path_to("initial_option"), "must be one of the options");
    }
    let several = checker.list(node, "initial_options", 1, 100);
    if several.iter().any(|option| !options.contains(&option)) {
        checker.report(node.path_to("initial_options"), "must be among the options");
    }
}
