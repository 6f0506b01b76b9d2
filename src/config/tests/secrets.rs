//! Secrets: in their variables and files, and nowhere else.

use super::*;

#[test]
fn s25_a_secret_in_the_file_is_refused_and_not_repeated() {
    let all = said(
        "channel = \"C0001\"",
        &[
            "channel = \"C0001\"\nbot_token = \"xoxb-1-2-three\"",
            "channel = \"C0001\"\nsigning_secret = \"8f742231b10e8888\"",
            "channel = \"xoxb-1-2-three\"",
        ],
    ) + &said(
        "api_token_env = \"CKAN_TOKEN_PRODUCTION\"",
        &[
            "api_token_env = \"eyJhbGciOi.three\"",
            "api_token_env = \"CKAN_TOKEN_PRODUCTION\"\napi_token = \"three\"",
            "api_token_env = \"SLACK_BOT_TOKEN\"",
        ],
    ) + &said("users = [\"U2\"]", &["users = [\"xapp-three\"]"]);
    let without_input: String = all.lines().filter(|line| line.contains(".toml:")).collect();
    assert!(!without_input.contains("three") && !without_input.contains("8f74"));
    insta::assert_snapshot!(all, @r#"
    channel = "C0001"
    bot_token = "xoxb-1-2-three"
    ckan-chatops.toml:8: bot_token holds a secret; take it out of the file and put it into the variable SLACK_BOT_TOKEN

    channel = "C0001"
    signing_secret = "8f742231b10e8888"
    ckan-chatops.toml:8: signing_secret holds a secret; take it out of the file and put it into the variable SLACK_SIGNING_SECRET

    channel = "xoxb-1-2-three"
    ckan-chatops.toml:3: [slack] has no channel; write channel = "C0123ABCD"
    ckan-chatops.toml:7: channel holds a secret; take it out of the file and put it into the variable SLACK_BOT_TOKEN

    api_token_env = "eyJhbGciOi.three"
    ckan-chatops.toml:19: api_token_env is not the name of a variable; write the name, like "CKAN_TOKEN_PRODUCTION", and put the token into that variable

    api_token_env = "CKAN_TOKEN_PRODUCTION"
    api_token = "three"
    ckan-chatops.toml:20: api_token holds a secret; take it out of the file and put it into the variable that api_token_env names in [environments.production]

    api_token_env = "SLACK_BOT_TOKEN"
    ckan-chatops.toml:19: api_token_env names a variable of Slack's; write another, like "CKAN_TOKEN_PRODUCTION"

    users = ["xapp-three"]
    ckan-chatops.toml:10: users holds a secret; take it out of the file and put it into the variable SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN or the one that api_token_env names
    ckan-chatops.toml:10: approvers is empty; write users = ["U…"] or usergroups = ["S…"]
    "#);
}

#[test]
fn secrets_are_checked_and_never_shown() {
    let mut all = String::new();
    for variables in [
        &[("SLACK_SIGNING_SECRET", "(unset)")][..],
        &[("SLACK_SIGNING_SECRET", "")],
        &[("SLACK_SIGNING_SECRET", "xoxb-hidden")],
        &[("SLACK_SIGNING_SECRET_PREVIOUS", "")],
        &[("SLACK_SIGNING_SECRET_PREVIOUS", "older")],
        &[("SLACK_BOT_TOKEN", "xapp-hidden")],
        &[("SLACK_BOT_TOKEN", "xoxb-hidden\n")],
        &[("SLACK_BOT_TOKEN", "(unset)"), ("CKAN_TOKEN_PRODUCTION", "(unset)")],
        &[("CKAN_TOKEN_PRODUCTION", "xoxb-hidden")],
        &[("CKAN_TOKEN_PRODUCTION_FILE", "/nowhere/token")],
        &[("CKAN_TOKEN_PRODUCTION", "(unset)"), ("CKAN_TOKEN_PRODUCTION_FILE", "/nowhere/token")],
    ] {
        writeln!(all, "{variables:?}\n{}\n", said_of(variables)).unwrap();
    }
    insta::assert_snapshot!(all, @r#"
    [("SLACK_SIGNING_SECRET", "(unset)")]
    SLACK_SIGNING_SECRET is not set; put the signing secret of the Slack app (Basic Information) into it, or a file's path into SLACK_SIGNING_SECRET_FILE

    [("SLACK_SIGNING_SECRET", "")]
    SLACK_SIGNING_SECRET is empty; put the secret into it, or unset it where it is not needed

    [("SLACK_SIGNING_SECRET", "xoxb-hidden")]
    SLACK_SIGNING_SECRET holds a token; put the app's signing secret into it (Basic Information, Signing Secret)

    [("SLACK_SIGNING_SECRET_PREVIOUS", "")]
    SLACK_SIGNING_SECRET_PREVIOUS is empty; put the secret into it, or unset it where it is not needed

    [("SLACK_SIGNING_SECRET_PREVIOUS", "older")]
    accepted

    [("SLACK_BOT_TOKEN", "xapp-hidden")]
    SLACK_BOT_TOKEN holds another kind of token; put the bot token into it, which begins with xoxb-

    [("SLACK_BOT_TOKEN", "xoxb-hidden\n")]
    SLACK_BOT_TOKEN has a space, a line break or an accent in it; copy the secret again

    [("SLACK_BOT_TOKEN", "(unset)"), ("CKAN_TOKEN_PRODUCTION", "(unset)")]
    ckan-chatops.toml:19: CKAN_TOKEN_PRODUCTION is not set; put the API token of a CKAN sysadmin into it, or a file's path into CKAN_TOKEN_PRODUCTION_FILE
    SLACK_BOT_TOKEN is not set; put the bot token of the Slack app (OAuth & Permissions; it begins with xoxb-) into it, or a file's path into SLACK_BOT_TOKEN_FILE

    [("CKAN_TOKEN_PRODUCTION", "xoxb-hidden")]
    ckan-chatops.toml:19: CKAN_TOKEN_PRODUCTION holds a token of Slack's; put an API token of CKAN into it

    [("CKAN_TOKEN_PRODUCTION_FILE", "/nowhere/token")]
    ckan-chatops.toml:19: CKAN_TOKEN_PRODUCTION and CKAN_TOKEN_PRODUCTION_FILE are both set; keep one of them

    [("CKAN_TOKEN_PRODUCTION", "(unset)"), ("CKAN_TOKEN_PRODUCTION_FILE", "/nowhere/token")]
    ckan-chatops.toml:19: CKAN_TOKEN_PRODUCTION_FILE names a file that cannot be read (entity not found); write the path of a file that holds the secret
    "#);
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "from-a-file\n").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let lookup = |name: &str| match name {
        "CKAN_TOKEN_PRODUCTION" => None,
        "CKAN_TOKEN_PRODUCTION_FILE" => Some(path.clone()),
        other => environment(other),
    };
    let (_, secrets) = read_text("ckan-chatops.toml", SOUND, &lookup).unwrap();
    assert_eq!(secrets.ckan_tokens["production"].expose_secret(), "from-a-file");
    fs::write(file.path(), "\n").unwrap();
    assert!(read_text("ckan-chatops.toml", SOUND, &lookup).is_err());
}
