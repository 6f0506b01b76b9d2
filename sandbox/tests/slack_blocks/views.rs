//! Modals and home tabs.

use serde_json::{Value, json};

use crate::kit::{
    accepted_view, button, divider, field, input, long, modal, mrkdwn, option, options, plain, refused_view,
    section, with, without,
};

fn good() -> Value {
    modal(vec![input("a", field())])
}

fn with_element(element: Value) -> Value {
    modal(vec![input("a", element)])
}

#[test]
fn good_modals_pass() {
    let picks = json!({
        "type": "multi_static_select", "action_id": "p", "options": options(3), "initial_options": [option("1")],
        "max_selected_items": 2,
    });
    let boxes = json!([{ "text": mrkdwn("*bold*"), "value": "x", "description": mrkdwn("_more_") }]);
    let blocks = vec![
        input("a", with(with(field(), "multiline", true), "max_length", 3000)),
        input("b", with(field(), "initial_value", "")),
        input("c", picks),
        input("d", json!({ "type": "datepicker", "action_id": "d", "initial_date": "2026-11-21" })),
        input("e", json!({ "type": "checkboxes", "action_id": "e", "options": boxes })),
        json!({ "type": "alert", "text": plain("Careful"), "level": "warning" }),
        section(mrkdwn("x")),
    ];
    accepted_view(&with(modal(blocks), "private_metadata", long(3000)));
    accepted_view(&modal(vec![divider(); 100]));
    accepted_view(&without(modal(vec![section(plain("no inputs"))]), "submit"));
}

#[test]
fn a_modal_has_a_title_and_short_buttons() {
    accepted_view(&with(good(), "title", plain(long(24))));
    refused_view(&without(good(), "title"), "", "missing required field: title");
    for name in ["title", "submit", "close"] {
        refused_view(&with(good(), name, plain(long(25))), &format!("/{name}/text"), "less than 25");
        refused_view(&with(good(), name, mrkdwn("x")), &format!("/{name}/type"), "must be plain_text");
    }
}

#[test]
fn a_modal_with_inputs_has_a_submit_button() {
    refused_view(&without(good(), "submit"), "", "missing required field: submit");
    refused_view(&with(good(), "submit", Value::Null), "", "missing required field: submit");
}

#[test]
fn what_a_view_carries_is_limited() {
    refused_view(&with(good(), "private_metadata", long(3001)), "/private_metadata", "less than 3001");
    refused_view(&with(good(), "callback_id", long(256)), "/callback_id", "less than 256");
    refused_view(&with(good(), "external_id", long(256)), "/external_id", "less than 256");
    refused_view(&modal(vec![divider(); 101]), "/blocks", "no more than 100 items");
    refused_view(&with(good(), "type", "dialog"), "/type", "modal, home");
}

#[test]
fn some_blocks_are_for_messages_only() {
    let table = json!({ "type": "table", "rows": [[{ "type": "raw_text", "text": "x" }]] });
    let file = json!({ "type": "file", "external_id": "x", "source": "remote" });
    let markdown = json!({ "type": "markdown", "text": "x" });
    for block in [table, file, markdown.clone()] {
        refused_view(&modal(vec![block]), "/blocks/0/type", "not available in modals");
    }
    let home = json!({ "type": "home", "blocks": [markdown] });
    refused_view(&home, "/blocks/0/type", "not available in home tabs");
}

#[test]
fn an_input_keeps_its_limits() {
    let label = |name: &str| modal(vec![with(input("a", field()), name, plain(long(2001)))]);
    refused_view(&label("label"), "/blocks/0/label/text", "less than 2001");
    refused_view(&label("hint"), "/blocks/0/hint/text", "less than 2001");
    refused_view(&with_element(button()), "/blocks/0/element/type", "unsupported type: button");
    let longest = with_element(with(field(), "max_length", 3001));
    refused_view(&longest, "/blocks/0/element/max_length", "from 1 to 3000");
    let crossed = with_element(with(with(field(), "min_length", 5), "max_length", 4));
    refused_view(&crossed, "/blocks/0/element/min_length", "must not be more than max_length");
    let initial = with_element(with(with(field(), "max_length", 3), "initial_value", "four"));
    refused_view(&initial, "/blocks/0/element/initial_value", "less than 4");
    let number = with_element(json!({ "type": "number_input" }));
    refused_view(&number, "/blocks/0/element", "missing required field: is_decimal_allowed");
}

#[test]
fn one_element_takes_the_focus() {
    let focused = |id: &str| input(id, with(field(), "focus_on_load", true));
    accepted_view(&modal(vec![focused("a")]));
    let both = modal(vec![focused("a"), focused("b")]);
    refused_view(&both, "/blocks/1/element/focus_on_load", "one element only");
}

#[test]
fn a_home_tab_is_only_blocks() {
    accepted_view(&json!({ "type": "home", "blocks": vec![section(plain("x")); 100] }));
    let titled = json!({ "type": "home", "title": plain("x"), "blocks": [] });
    refused_view(&titled, "", "additional property: title");
}
