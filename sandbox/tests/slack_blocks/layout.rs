//! Blocks, texts, and what is counted over a whole message.

use sandbox::slack::blocks::message_problems;
use serde_json::{Value, json};

use crate::kit::{
    accepted, actions, button, card, divider, long, mrkdwn, only, plain, refused, section, with,
};

#[test]
fn a_message_has_at_most_50_blocks() {
    accepted(&vec![divider(); 50]);
    only(&message_problems(&vec![divider(); 51]), "/blocks", "no more than 50 items");
}

#[test]
fn unknown_blocks_and_fields_are_refused() {
    refused(json!({ "type": "sektion" }), "/type", "unsupported type: sektion");
    refused(json!("divider"), "/type", "unsupported type");
    refused(with(divider(), "colour", "red"), "", "invalid additional property: colour");
}

#[test]
fn a_section_says_something_within_its_limits() {
    accepted(&[section(mrkdwn(long(3000)))]);
    refused(json!({ "type": "section" }), "", "must have text or fields");
    refused(section(mrkdwn("")), "/text/text", "more than 0 characters");
    refused(section(mrkdwn(long(3001))), "/text/text", "less than 3001 characters");
}

#[test]
fn a_section_has_at_most_ten_fields_of_2000_characters() {
    let fields = |fields: Vec<Value>| json!({ "type": "section", "fields": fields });
    accepted(&[fields(vec![mrkdwn(long(2000)); 10])]);
    refused(fields(vec![plain("x"); 11]), "/fields", "less than 11 items");
    refused(fields(vec![]), "/fields", "more than 0 items");
    refused(fields(vec![plain(long(2001))]), "/fields/0/text", "less than 2001");
}

#[test]
fn text_objects_are_plain_text_or_mrkdwn_and_nothing_in_between() {
    refused(section(json!("x")), "/text", "must be an object");
    refused(section(json!({ "type": "markdown", "text": "x" })), "/text/type", "plain_text or mrkdwn");
    refused(section(json!({ "type": "mrkdwn" })), "/text", "missing required field: text");
    refused(section(json!({ "type": "mrkdwn", "text": 5 })), "/text/text", "must be a string");
    refused(section(with(mrkdwn("x"), "emoji", true)), "/text", "additional property: emoji");
    refused(section(with(plain("x"), "verbatim", true)), "/text", "additional property: verbatim");
    accepted(&[section(with(mrkdwn("x"), "verbatim", true)), section(with(plain("x"), "emoji", true))]);
}

#[test]
fn a_header_is_150_characters_of_plain_text() {
    let header = |text: Value| json!({ "type": "header", "text": text });
    accepted(&[header(plain(long(150)))]);
    refused(header(plain(long(151))), "/text/text", "less than 151");
    refused(header(mrkdwn("x")), "/text/type", "must be plain_text");
}

#[test]
fn block_ids_are_short_and_unique_in_the_message() {
    let named = |id: &str| with(section(plain("x")), "block_id", id);
    accepted(&[named("a"), named("b"), named(&long(255))]);
    refused(named(&long(256)), "/block_id", "less than 256");
    only(&message_problems(&[named("a"), named("a")]), "/blocks/1/block_id", "block_id a already exists");
    let box_of = |inner: Value| json!({ "type": "container", "title": plain("x"), "child_blocks": [inner] });
    let nested = message_problems(&[named("a"), box_of(named("a"))]);
    only(&nested, "/blocks/1/child_blocks/0/block_id", "block_id a already exists");
}

#[test]
fn action_ids_are_unique_in_their_block_only() {
    accepted(&[actions(vec![button()]), actions(vec![button()])]);
    refused(actions(vec![button(), button()]), "/elements/1/action_id", "action_id go already exists");
}

#[test]
fn actions_hold_1_to_25_elements_of_their_own_kinds() {
    let buttons = |count: u8| (0..count).map(|at| with(button(), "action_id", at.to_string())).collect();
    accepted(&[actions(buttons(25))]);
    refused(actions(buttons(26)), "/elements", "less than 26 items");
    refused(actions(vec![]), "/elements", "more than 0 items");
    refused(actions(vec![json!({ "type": "plain_text_input" })]), "/elements/0/type", "unsupported type");
}

#[test]
fn context_holds_1_to_10_texts_and_images() {
    let context = |elements: Vec<Value>| json!({ "type": "context", "elements": elements });
    accepted(&[context(vec![mrkdwn("x"); 10])]);
    refused(context(vec![plain("x"); 11]), "/elements", "less than 11 items");
    refused(context(vec![]), "/elements", "more than 0 items");
    refused(context(vec![button()]), "/elements/0/type", "unsupported type: button");
    let icons = vec![json!({ "type": "icon_button" }); 6];
    refused(json!({ "type": "context_actions", "elements": icons }), "/elements", "less than 6 items");
}

#[test]
fn markdown_blocks_have_12000_characters_together() {
    let markdown = |length: usize| json!({ "type": "markdown", "text": long(length) });
    accepted(&[markdown(6_000), markdown(6_000)]);
    let two = message_problems(&[markdown(6_000), markdown(6_001)]);
    only(&two, "/blocks", "less than 12001 characters together");
}

#[test]
fn images_need_an_address_and_words_for_those_who_do_not_see_them() {
    let image = json!({ "type": "image", "image_url": "https://a.example/x.png", "alt_text": "A map" });
    accepted(std::slice::from_ref(&image));
    refused(json!({ "type": "image", "alt_text": "x" }), "", "must have image_url or slack_file");
    refused(
        json!({ "type": "image", "image_url": "https://a.example/" }),
        "",
        "missing required field: alt_text",
    );
    refused(with(image, "image_url", "x.png"), "/image_url", "valid URL");
}

#[test]
fn rich_text_holds_known_elements_with_something_in_them() {
    let rich = |elements: Value| json!({ "type": "rich_text", "elements": elements });
    let words =
        |text: &str| json!({ "type": "rich_text_section", "elements": [{ "type": "text", "text": text }] });
    accepted(&[rich(json!([
        words("a"),
        { "type": "rich_text_list", "style": "bullet", "elements": [words("b")] },
        { "type": "rich_text_preformatted", "elements": [{ "type": "link", "url": "https://a.example" }] },
    ]))]);
    refused(rich(json!([])), "/elements", "more than 0 items");
    refused(
        rich(json!([{ "type": "rich_text_table", "elements": [] }])),
        "/elements/0/type",
        "unsupported type",
    );
    refused(rich(json!([words("")])), "/elements/0/elements/0/text", "more than 0 characters");
    let list = json!({ "type": "rich_text_list", "style": "dots", "elements": [words("b")] });
    refused(rich(json!([list])), "/elements/0/style", "bullet, ordered");
}

#[test]
fn cards_and_what_holds_them_keep_their_limits() {
    accepted(&[json!({ "type": "carousel", "elements": vec![card(); 10] })]);
    refused(json!({ "type": "carousel", "elements": vec![card(); 11] }), "/elements", "less than 11 items");
    refused(with(card(), "title", plain(long(151))), "/title/text", "less than 151");
    refused(with(card(), "subtitle", plain(long(151))), "/subtitle/text", "less than 151");
    refused(with(card(), "body", mrkdwn(long(201))), "/body/text", "less than 201");
    let container =
        |count| json!({ "type": "container", "title": plain("x"), "child_blocks": vec![divider(); count] });
    accepted(&[container(10)]);
    refused(container(11), "/child_blocks", "less than 11 items");
}

#[test]
fn an_alert_is_not_for_messages() {
    refused(json!({ "type": "alert", "text": plain("x") }), "/type", "not available in messages");
}
