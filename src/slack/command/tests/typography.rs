//! What phones, word processors and Slack itself make of a command.

use super::*;

#[test]
fn smart_quotes_open_and_close() {
    for text in [
        "withdraw x --reason “why not”",
        "withdraw x --reason ”why not”",
        "withdraw x --reason „why not“",
        "withdraw x --reason ‘why not’",
        "withdraw x --reason “why not\"",
        "withdraw x --reason \"why not”",
        "withdraw x —reason “why not”",
        "withdraw x –reason “why not”",
        "withdraw x −−reason “why not”",
        "withdraw x –r “why not”",
        "withdraw x —reason=“why not”",
        "withdraw\u{a0}x\u{202f}--reason\u{3000}“why\u{a0}not”",
        "withdraw x \u{200e}--reason \u{feff}“why not”",
    ] {
        assert_eq!(asked(text).reason.as_deref(), Some("why not"), "{text}");
        assert_eq!(target(text), "x", "{text}");
    }
}

#[test]
fn apostrophes_and_inner_quotes_stay_in_a_reason() {
    for (text, reason) in [
        ("--reason \"the publisher's wish\"", "the publisher's wish"),
        ("--reason “the publisher’s wish”", "the publisher’s wish"),
        ("--reason 'it's a duplicate'", "it's a duplicate"),
        ("--reason ‘it’s a duplicate’", "it’s a duplicate"),
        ("--reason \"the “new” site\"", "the “new” site"),
        ("--reason “the \"new\" site”", "the \"new\" site"),
        ("--reason \"the \\\"new\\\" site\"", "the \"new\" site"),
        ("--reason don't", "don't"),
        ("--reason \"C:\\new\"", "C:\\new"),
        ("--reason \"— see the ticket\"", "— see the ticket"),
        ("--reason \"see <https://a.example/x?b=1&amp;c=2|a.example>\"", "see https://a.example/x?b=1&c=2"),
        ("--reason \"asked by <@U012|alice> &amp; co\"", "asked by U012 & co"),
        ("--reason \"<!channel> look\"", "<!channel> look"),
        ("--reason \"e\u{301}te\u{301}\"", "été"),
        ("--reason \"a\u{202e}b\u{200b}c\"", "abc"),
    ] {
        assert_eq!(asked(&format!("withdraw x {text}")).reason.as_deref(), Some(reason), "{text}");
    }
}

#[test]
fn targets_come_out_of_their_wrappings() {
    for (text, meant) in [
        (
            "<https://ckan.example/dataset/road-accidents|ckan.example/…>",
            "https://ckan.example/dataset/road-accidents",
        ),
        ("<https://ckan.example/dataset/road-accidents>", "https://ckan.example/dataset/road-accidents"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("“road-accidents”", "road-accidents"),
        ("road\u{2011}accidents", "road-accidents"),
        ("road—accidents", "road--accidents"),
        ("#51234", "#51234"),
    ] {
        assert_eq!(target(&format!("withdraw {text}")), meant);
    }
}

#[test]
fn s17_invisible_characters_in_a_target_are_refused() {
    for text in ["road\u{200b}accidents", "\u{202e}road", "road\u{ad}", "“ro\u{2066}ad”", "road\u{e0041}"]
    {
        let said = sentence(&format!("withdraw {text}"));
        assert!(
            said.starts_with("[target] There are invisible characters in what looks like `road"),
            "{said}"
        );
    }
}

#[test]
fn whoever_asked_is_read_with_or_without_a_name_before_the_address() {
    for text in [
        "jo.bloggs@defra.gov.uk",
        "Jo.Bloggs@DEFRA.gov.uk",
        "<mailto:jo.bloggs@defra.gov.uk|jo.bloggs@defra.gov.uk>",
        "Jo Bloggs &lt;<mailto:jo.bloggs@defra.gov.uk|jo.bloggs@defra.gov.uk>&gt;",
        "“Jo Bloggs &lt;jo.bloggs@defra.gov.uk&gt;”",
        "\"Bloggs, Jo\" &lt;jo.bloggs@defra.gov.uk&gt;",
    ] {
        for command in [
            format!("withdraw --requested-by {text} x -r y"),
            format!("withdraw x -r y —requested-by {text}"),
        ] {
            let asked = asked(&command);
            assert_eq!(asked.source.unwrap().whole(), "jo.bloggs@defra.gov.uk", "{command}");
            assert_eq!(asked.arguments["dataset"], "x", "{command}");
        }
    }
    let asked = asked("withdraw x --requested-by=jo@defra.gov.uk --reason \"asked by al@defra.gov.uk\"");
    assert_eq!(asked.source.unwrap().whole(), "jo@defra.gov.uk");
}

#[test]
fn s17_invisible_characters_in_the_address_of_whoever_asked_are_refused() {
    for text in [
        " jo\u{200b}@defra.gov.uk",
        "=jo\u{200b}@defra.gov.uk",
        " Jo Blo\u{200b}ggs jo@defra.gov.uk",
        " \"jo@de\u{ad}fra.gov.uk\"",
    ] {
        let said = sentence(&format!("withdraw x --requested-by{text}"));
        assert!(said.starts_with("[source] There are invisible characters") && !said.contains('@'), "{said}");
    }
}
