//! What is hidden, and what is not.

use proptest::prelude::*;

use super::*;

const HASH: &str = "$pbkdf2-sha512$25000$9v5/D4FQao0RwngvxZhTyg$QnPlR9u3kS1a2b3c4d5e6f7g8h9i0j";
const JWT: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJBYkNkRWYifQ.s5Wl3mZqkGm0Tn7lQ3yZ0cXxV8";
const KEY: &str = "4f2a1c3e-0b1c-4d3e-8f50-617283a4b5c6";

fn seen(line: &str) -> String {
    Redaction::new([SecretString::from("our-own-secret-8f74")]).line(line, false)
}

#[test]
fn every_expression_is_one() {
    assert!(EXPRESSIONS.is_some());
}

#[test]
fn hazard_19_hashes_keys_tokens_and_addresses_do_not_leave_a_command() {
    let lines = [
        format!(
            "<User id=1 name=ann apikey={KEY} password={HASH} reset_key=0a1b2c3d email=ann.b@example.gov.uk>"
        ),
        format!(
            "{{\"name\": \"ann\", \"password_hash\": \"{HASH}\", \"apikey\": \"{KEY}\", \"state\": \"active\"}}"
        ),
        format!("[parameters: {{'password': u'{HASH}', 'email': 'Ann@Example.gov.uk'}}]"),
        format!("[parameters: ('1', 'ann', '{HASH}', 'ann@example.gov.uk')]"),
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW is the hash".to_owned(),
        format!("API Token created: {JWT}"),
        JWT.chars().take(60).collect(),
        format!("Authorization: Bearer {JWT}"),
        "x-ckan-api-key: 'abc def' sent".to_owned(),
        "sqlalchemy.url = postgresql://ckan:p@ss/w0rd@db.example.gov.uk/ckan?sslmode=require".to_owned(),
        "could not connect: host=db user=ckan password=hunter2 dbname=ckan".to_owned(),
        "http://ckan/user/reset/ann?key=0a1b2c3d4e".to_owned(),
        "{\\\"password\\\": \\\"two words\\\", \\\"a\\\": 1}".to_owned(),
        "SLACK_BOT_TOKEN=xoxb-1-2-three and xapp-1-A-b".to_owned(),
        "beaker.session.secret = s3cr3t".to_owned(),
        "said our-own-secret-8f74.".to_owned(),
        "our-own\u{200b}-secret\u{1b}[1m-8f74".to_owned(),
        "to ann%40example.gov.uk, O'Neil+x@a-b.example.gov.uk".to_owned(),
        "MIIEpAIBAAKCAQEAxv3l9mZqkGm0Tn7lQ3yZ0cXxV8qT9mZqkGm0Tn7lQ3yZ0cXx".to_owned(),
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
    ];
    let said: Vec<String> = lines.iter().map(|line| seen(line)).collect();
    for secret in
        [HASH, JWT, KEY, "pbkdf2", "hunter2", "w0rd", "0a1b", "words", "three", "s3cr3t", "8f74", "nn.b@"]
    {
        assert!(!said.iter().any(|line| line.contains(secret)), "{secret}: {said:#?}");
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    <User id=1 name=ann apikey=[hidden] password=[hidden] reset_key=[hidden] email=a…@example.gov.uk>
    {"name": "ann", "password_hash": [hidden], "apikey": [hidden], "state": "active"}
    [parameters: {'password': [hidden], 'email': 'A…@Example.gov.uk'}]
    [parameters: ('1', 'ann', '[hidden]', 'a…@example.gov.uk')]
    [hidden] is the hash
    API Token created: [hidden]
    [hidden]
    Authorization: [hidden]
    x-ckan-api-key: [hidden] sent
    sqlalchemy.url = postgresql://[hidden]@db.example.gov.uk/ckan?sslmode=require
    could not connect: host=db user=ckan password=[hidden] dbname=ckan
    http://ckan/user/reset/ann?key=[hidden]
    {\"password\": [hidden], \"a\": 1}
    SLACK_BOT_TOKEN=[hidden] and [hidden]
    beaker.session.secret = [hidden]
    said [hidden].
    [hidden]
    to a…@example.gov.uk, O…@a-b.example.gov.uk
    [hidden]
    [hidden]
    "#);
}

proptest! {
    #[test]
    fn hazard_19_our_own_secret_is_hidden_wherever_it_stands(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        let text = seen(&format!("{before}our-own-secret-8f74{after}"));
        prop_assert!(!text.contains("our-own-secret"), "{}", text);
    }

    #[test]
    fn hazard_19_a_hash_and_a_token_are_hidden_whatever_stands_around_them(
        before in "([ -~]{0,30}[ '\"(:,])?",
        after in "([ '\"),;][ -~]{0,30})?",
    ) {
        for secret in [HASH, JWT] {
            let text = seen(&format!("{before}{secret}{after}"));
            let leaked = secret.as_bytes().windows(12).any(|part| text.as_bytes().windows(12).any(|seen| seen == part));
            prop_assert!(!leaked, "{}", text);
        }
    }

    #[test]
    fn whatever_is_printed_becomes_one_readable_line(line in any::<String>(), is_cut in any::<bool>()) {
        let text = Redaction::default().line(&line, is_cut);
        prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
    }
}

#[test]
fn the_password_of_a_database_is_hidden_by_itself_and_the_longest_secret_goes_first() {
    let secrets = [
        "postgresql://ckan:hunter2hunter2@db/ckan",
        "long",
        "long-and-longer",
        "postgresql://ckan:ckan@db/ckan",
    ];
    let redaction = Redaction::new(secrets.map(SecretString::from));
    let said = redaction.line("ckan said hunter2hunter2, long-and-longer and long", false);
    assert_eq!(said, "ckan said [hidden], [hidden] and [hidden]");
}

#[test]
fn what_people_need_to_read_stays() {
    for line in [
        "Indexing dataset 3/20",
        "Couldn't find package no-such",
        "2026-11-20 10:11:12,345 INFO  [ckan.lib.search] Rebuilding search index...",
        "Removed ann from sysadmins",
        "dataset 4f2a1c3e-0b1c-4d3e-8f50-617283a4b5c6 (north-yorkshire-eyecare): indexed in 3 s",
        "https://ckan.example.gov.uk/dataset/a?b=c#d",
        "50% of $HOME, key points, eyes",
    ] {
        assert_eq!(seen(line), line);
    }
}

#[test]
fn nothing_that_is_meant_for_a_terminal_stays() {
    assert_eq!(
        seen("\u{1b}[31mred\u{1b}[0m\tand\u{1b}]0;title\u{7} b\u{8}l\u{0}ue \u{202e}x\u{1b}]8;;u\u{1b}\\y"),
        "red and blue xy"
    );
    assert_eq!(seen("\u{1b}[31"), "");
    assert_eq!(seen("\u{1b}"), "");
}

#[test]
fn a_line_that_was_cut_loses_the_word_that_was_cut() {
    let redaction = Redaction::new([SecretString::from("our-own-secret-8f74")]);
    assert_eq!(redaction.line("begins with our-own-sec", true), "begins with");
    assert_eq!(redaction.line("our-own-sec", true), "");
    assert_eq!(redaction.line("our-own-sec", false), "our-own-sec");
}
