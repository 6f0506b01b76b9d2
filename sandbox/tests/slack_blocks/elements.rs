//! Buttons, confirm dialogs, menus, pickers, radio buttons and check boxes.

use serde_json::json;

use crate::kit::{
    accepted, actions, button, choice, confirm, long, menu, mrkdwn, option, options, plain, refused_element,
    with, without,
};

#[test]
fn the_fullest_button_passes() {
    let widest = json!({
        "type": "button", "action_id": long(255), "text": plain(long(75)), "value": long(2000), "style": "danger",
        "accessibility_label": long(75), "url": format!("https://a.example/{}", long(2982)),
        "confirm": {
            "title": plain(long(100)), "text": mrkdwn(long(300)), "confirm": plain(long(30)),
            "deny": plain(long(30)), "style": "danger",
        },
    });
    accepted(&[actions(vec![widest])]);
}

#[test]
fn a_button_keeps_its_limits() {
    refused_element(without(button(), "text"), "", "missing required field: text");
    refused_element(with(button(), "text", plain(long(76))), "/text/text", "less than 76");
    refused_element(with(button(), "text", mrkdwn("x")), "/text/type", "must be plain_text");
    refused_element(with(button(), "action_id", long(256)), "/action_id", "less than 256");
    refused_element(with(button(), "value", long(2001)), "/value", "less than 2001");
    refused_element(with(button(), "accessibility_label", long(76)), "/accessibility_label", "less than 76");
    refused_element(with(button(), "style", "green"), "/style", "primary, danger");
    refused_element(with(button(), "colour", "green"), "", "additional property: colour");
}

#[test]
fn a_buttons_address_is_one_and_not_too_long() {
    let address = format!("https://a.example/{}", long(2983));
    refused_element(with(button(), "url", address), "/url", "less than 3001");
    refused_element(with(button(), "url", "nowhere"), "/url", "valid URL");
}

#[test]
fn a_confirm_dialog_is_whole_and_short() {
    let sure = |dialog| with(button(), "confirm", dialog);
    accepted(&[actions(vec![sure(confirm())])]);
    for name in ["title", "text", "confirm", "deny"] {
        let words = format!("missing required field: {name}");
        refused_element(sure(without(confirm(), name)), "/confirm", &words);
    }
    let limits = [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)];
    for (name, most) in limits {
        let dialog = with(confirm(), name, plain(long(most + 1)));
        refused_element(sure(dialog), &format!("/confirm/{name}/text"), &format!("less than {}", most + 1));
    }
}

#[test]
fn a_menu_has_1_to_100_options_or_groups_of_them() {
    let groups = |label: String| json!([{ "label": plain(label), "options": options(1) }]);
    let grouped = |label| with(without(menu(1), "options"), "option_groups", groups(label));
    accepted(&[actions(vec![menu(100)]), actions(vec![grouped(long(75))])]);
    refused_element(menu(0), "/options", "more than 0 items");
    refused_element(menu(101), "/options", "less than 101 items");
    refused_element(without(menu(1), "options"), "", "must have options or option_groups");
    refused_element(with(menu(1), "option_groups", groups("x".into())), "", "must not have both");
    refused_element(grouped(long(76)), "/option_groups/0/label/text", "less than 76");
    let many = vec![json!({ "label": plain("x"), "options": options(1) }); 101];
    let many = with(without(menu(1), "options"), "option_groups", many);
    refused_element(many, "/option_groups", "less than 101 items");
}

#[test]
fn an_option_keeps_its_limits() {
    let of = |option| with(menu(1), "options", json!([option]));
    let widest = json!({ "text": plain(long(75)), "value": long(150), "description": plain(long(75)) });
    accepted(&[actions(vec![of(widest)])]);
    refused_element(of(with(option("v"), "text", plain(long(76)))), "/options/0/text/text", "less than 76");
    refused_element(of(with(option("v"), "text", mrkdwn("x"))), "/options/0/text/type", "must be plain_text");
    refused_element(of(with(option("v"), "value", long(151))), "/options/0/value", "less than 151");
    let described = with(option("v"), "description", plain(long(76)));
    refused_element(of(described), "/options/0/description/text", "less than 76");
    let twice = with(menu(1), "options", json!([option("v"), option("v")]));
    refused_element(twice, "/options/1", "duplicate option value: v");
}

#[test]
fn the_initial_option_is_one_of_the_options() {
    accepted(&[actions(vec![with(menu(2), "initial_option", option("1"))])]);
    refused_element(with(menu(2), "initial_option", option("9")), "/initial_option", "one of the options");
}

#[test]
fn a_placeholder_has_150_characters() {
    accepted(&[actions(vec![with(menu(1), "placeholder", plain(long(150)))])]);
    refused_element(with(menu(1), "placeholder", plain(long(151))), "/placeholder/text", "less than 151");
}

#[test]
fn an_overflow_menu_has_5_options_and_buttons_and_boxes_10() {
    accepted(&[actions(vec![choice("overflow", 5), choice("radio_buttons", 10), choice("checkboxes", 10)])]);
    refused_element(choice("overflow", 6), "/options", "less than 6 items");
    refused_element(choice("radio_buttons", 11), "/options", "less than 11 items");
    refused_element(choice("checkboxes", 11), "/options", "less than 11 items");
}

#[test]
fn dates_and_times_exist() {
    let date = |text: &str| json!({ "type": "datepicker", "initial_date": text });
    let time = |text: &str| json!({ "type": "timepicker", "initial_time": text });
    accepted(&[actions(vec![date("2026-02-28"), time("09:30")])]);
    refused_element(date("2026-02-30"), "/initial_date", "must be a date");
    refused_element(time("25:00"), "/initial_time", "must be a time");
}

#[test]
fn nothing_in_a_message_takes_the_focus() {
    refused_element(with(menu(1), "focus_on_load", true), "/focus_on_load", "not available in messages");
}
