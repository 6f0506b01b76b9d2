//! What tables say together: who may approve, whose account is whose, which environment is the default.

use super::*;

#[test]
fn somebody_other_than_the_requester_must_be_able_to_approve() {
    insta::assert_snapshot!(said("requesters = { users = [\"U1\"], usergroups = [\"S1\"] }\napprovers  = { users = [\"U2\"], usergroups = [] }", &[
        "requesters = { users = [\"U1\"] }\napprovers = { users = [], usergroups = [] }",
        "requesters = { users = [\"U1\"] }\napprovers = {}",
        "requesters = { users = [\"U1\"] }",
        "approvers = { users = [\"U1\"] }",
        "requesters = {}\napprovers = { users = [\"U1\"] }",
        "requesters = { users = [\"U1\"] }\napprovers = { users = [\"U1\"] }",
        "requesters = { users = [\"U1\"] }\napprovers = { users = [\"U1\"], usergroups = [\"S1\"] }",
        "requesters = { users = [\"U1\"], usergroups = [\"S1\"] }\napprovers = { users = [\"U1\"] }",
        "requesters = { users = [\"U1\", \"U2\"] }\napprovers = { users = [\"U1\"] }",
        "requesters = { users = [\"U1\"] }\napprovers = { users = [\"U1\", \"U2\"] }",
        "requesters = { users = [\"U1\"] }\napprovers = { users = [\"U1\", \"U2\"] }\n[[people]]\nname = \"Alice\"\nslack_ids = [\"U1\", \"U2\"]",
    ]), @r#"
    requesters = { users = ["U1"] }
    approvers = { users = [], usergroups = [] }
    ckan-chatops.toml:10: approvers is empty; write users = ["U…"] or usergroups = ["S…"]

    requesters = { users = ["U1"] }
    approvers = {}
    ckan-chatops.toml:10: approvers is empty; write users = ["U…"] or usergroups = ["S…"]

    requesters = { users = ["U1"] }
    ckan-chatops.toml:8: [access] has no approvers; write users = ["U…"] or usergroups = ["S…"] in it

    approvers = { users = ["U1"] }
    ckan-chatops.toml:8: [access] has no requesters; write users = ["U…"] or usergroups = ["S…"] in it

    requesters = {}
    approvers = { users = ["U1"] }
    ckan-chatops.toml:9: requesters is empty; write users = ["U…"] or usergroups = ["S…"]

    requesters = { users = ["U1"] }
    approvers = { users = ["U1"] }
    ckan-chatops.toml:10: approvers holds only the requester, so nobody could approve; add another person's id to users, or usergroups = ["S…"]

    requesters = { users = ["U1"] }
    approvers = { users = ["U1"], usergroups = ["S1"] }
    accepted

    requesters = { users = ["U1"], usergroups = ["S1"] }
    approvers = { users = ["U1"] }
    ckan-chatops.toml:10: approvers holds only the requester, so nobody could approve; add another person's id to users, or usergroups = ["S…"]

    requesters = { users = ["U1", "U2"] }
    approvers = { users = ["U1"] }
    accepted

    requesters = { users = ["U1"] }
    approvers = { users = ["U1", "U2"] }
    accepted

    requesters = { users = ["U1"] }
    approvers = { users = ["U1", "U2"] }
    [[people]]
    name = "Alice"
    slack_ids = ["U1", "U2"]
    ckan-chatops.toml:10: approvers holds only the requester, so nobody could approve; add another person's id to users, or usergroups = ["S…"]
    "#);
    insta::assert_snapshot!(said("[access]", &["[acess]"]), @r#"
    [acess]
    ckan-chatops.toml:8: unknown key acess in the file; did you mean access?
    ckan-chatops.toml: [access] is missing; write requesters = { users = ["U…"] } and approvers = { users = ["U…"] } in it
    "#);
}

#[test]
fn people_own_their_accounts_alone() {
    insta::assert_snapshot!(said("[policy]", &[
        "[[people]]\nname = \"Alice\"\nslack_ids = [\"U1\"]\n[[people]]\nname = \"Bob\"\nslack_ids = [\"U1\"]\n[policy]",
        "[[people]]\nname = \"Alice\"\nslack_ids = [\"U1\"]\n[[people]]\nname = \"Alice\"\nslack_ids = [\"U3\"]\n[policy]",
        "[[people]]\nname = \"U2\"\nslack_ids = [\"alice\"]\nemail = \"alice\"\n[policy]",
        "[[people]]\nslack_ids = []\n[policy]",
        "people = 1\n[policy]",
        "[people]\nname = \"Alice\"\n[policy]",
    ]), @r#"
    [[people]]
    name = "Alice"
    slack_ids = ["U1"]
    [[people]]
    name = "Bob"
    slack_ids = ["U1"]
    [policy]
    ckan-chatops.toml:16: slack_ids: U1 belongs to Alice already; write it for one person only

    [[people]]
    name = "Alice"
    slack_ids = ["U1"]
    [[people]]
    name = "Alice"
    slack_ids = ["U3"]
    [policy]
    ckan-chatops.toml:15: name is the name of another person too; write one [[people]] with all slack_ids

    [[people]]
    name = "U2"
    slack_ids = ["alice"]
    email = "alice"
    [policy]
    ckan-chatops.toml:12: name is a Slack id; write the person's name
    ckan-chatops.toml:13: slack_ids: "alice" is not a user's id; write the id as Slack shows it, like "U0123ABCD"
    ckan-chatops.toml:14: email is not an e-mail address; write it in full

    [[people]]
    slack_ids = []
    [policy]
    ckan-chatops.toml:11: [[people]] has no name; write name = "Alice Example"

    people = 1
    [policy]
    ckan-chatops.toml:11: unknown key people in [access]; it takes requesters, approvers

    [people]
    name = "Alice"
    [policy]
    ckan-chatops.toml:11: people is not a list of tables; write [[people]]
    "#);
}

#[test]
fn there_is_exactly_one_default_environment() {
    let second = "[environments.staging]\nckan_url = \"http://localhost\"\napi_token_env = \"CKAN_TOKEN_PRODUCTION\"\n";
    insta::assert_snapshot!(said("[environments.production]\ndefault = true", &[
        "[environments.production]",
        "[environments.production]\ndefault = \"yes\"",
        "[environments.Production]\ndefault = true",
        &format!("{second}[environments.production]\ndefault = true"),
        &format!("{second}default = true\n[environments.production]\ndefault = true"),
        "[environments.production]\nrequest_timeout = \"5m\"\nwrite_deadline = \"1m\"\ndefault = true",
    ]), @r#"
    [environments.production]
    ckan-chatops.toml:16: no environment is the default; write default = true in one of them

    [environments.production]
    default = "yes"
    ckan-chatops.toml:16: no environment is the default; write default = true in one of them
    ckan-chatops.toml:17: default is neither true nor false; write default = true

    [environments.Production]
    default = true
    ckan-chatops.toml:16: the environment's name has more than small letters, digits and dashes; write for example [environments.production]

    [environments.staging]
    ckan_url = "http://localhost"
    api_token_env = "CKAN_TOKEN_PRODUCTION"
    [environments.production]
    default = true
    accepted

    [environments.staging]
    ckan_url = "http://localhost"
    api_token_env = "CKAN_TOKEN_PRODUCTION"
    default = true
    [environments.production]
    default = true
    ckan-chatops.toml:20: production is a second default beside staging; write default = true in one environment only

    [environments.production]
    request_timeout = "5m"
    write_deadline = "1m"
    default = true
    ckan-chatops.toml:16: [environments.production]: write_deadline is shorter than request_timeout; write a longer one, like "150s"
    "#);
    let (without, _) = SOUND.split_once("[environments").unwrap();
    insta::assert_snapshot!(problems(without), @"ckan-chatops.toml: there is no environment; write [environments.production] with default = true, ckan_url and api_token_env");
    insta::assert_snapshot!(problems(&format!("{without}[environments]")), @"ckan-chatops.toml:16: there is no environment; write [environments.production] with default = true, ckan_url and api_token_env");
    insta::assert_snapshot!(problems(&format!("{without}[environments]\ndefault = true")), @"
    ckan-chatops.toml:16: there is no environment; write [environments.production] with default = true, ckan_url and api_token_env
    ckan-chatops.toml:17: default stands in [environments], which holds tables only; write [environments.default]
    ");
}

#[test]
fn domains_can_be_read_in_one_way_only() {
    let users = |domains: &str| format!("\n[users]\nemail_domains = {domains}\n[environments.production]\n");
    let lists = [
        "[\"gov.uk\", \"nhs.uk\"]",
        "[\"parliament.uk\"]\nemail_domain = 1",
        "\"gov.uk\"",
        "[]",
        "[\"@gov.uk\", \"*.gov.uk\", \".gov.uk\", \"Gov.uk\", \"gov.uk.\", \"uk\", \"gоv.uk\", \"\", \"-a.uk\"]",
        "[\"gov.uk\", \"gov.uk\"]",
        "[\"gov.uk\", \"defra.gov.uk\"]",
        "[\"defra.gov.uk\", \"gov.uk\"]",
        "[\"gov.uk\", 1]",
    ];
    let files: Vec<String> = lists.iter().map(|list| users(list)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    insta::assert_snapshot!(said("\n[environments.production]\n", &files), @r#"
    [users]
    email_domains = ["gov.uk", "nhs.uk"]
    [environments.production]
    accepted

    [users]
    email_domains = ["parliament.uk"]
    email_domain = 1
    [environments.production]
    ckan-chatops.toml:18: unknown key email_domain in [users]; did you mean email_domains?

    [users]
    email_domains = "gov.uk"
    [environments.production]
    ckan-chatops.toml:17: email_domains is not of the right kind; write email_domains = ["gov.uk", "nhs.uk"]

    [users]
    email_domains = []
    [environments.production]
    ckan-chatops.toml:16: email_domains is empty; write the domains, or leave it out to allow every one

    [users]
    email_domains = ["@gov.uk", "*.gov.uk", ".gov.uk", "Gov.uk", "gov.uk.", "uk", "gоv.uk", "", "-a.uk"]
    [environments.production]
    ckan-chatops.toml:17: email_domains: "@gov.uk" is an address; write what stands behind the @, like "gov.uk"
    ckan-chatops.toml:17: email_domains: "*.gov.uk" has a wildcard or dot in front; write the domain alone, which allows everything below it too
    ckan-chatops.toml:17: email_domains: ".gov.uk" has a wildcard or dot in front; write the domain alone, which allows everything below it too
    ckan-chatops.toml:17: email_domains: "Gov.uk" is not a domain in small letters; write for example "gov.uk"
    ckan-chatops.toml:17: email_domains: "gov.uk." is not a domain in small letters; write for example "gov.uk"
    ckan-chatops.toml:17: email_domains: "uk" would allow a whole top-level domain; write a domain below it, like "gov.uk"
    ckan-chatops.toml:17: email_domains: "gоv.uk" is not a domain in small letters; write for example "gov.uk"
    ckan-chatops.toml:17: email_domains: "" is not a domain in small letters; write for example "gov.uk"
    ckan-chatops.toml:17: email_domains: "-a.uk" is not a domain in small letters; write for example "gov.uk"

    [users]
    email_domains = ["gov.uk", "gov.uk"]
    [environments.production]
    ckan-chatops.toml:17: email_domains: "gov.uk" is there twice; leave one out

    [users]
    email_domains = ["gov.uk", "defra.gov.uk"]
    [environments.production]
    ckan-chatops.toml:17: email_domains: "gov.uk" allows "defra.gov.uk" already; leave one of the two out

    [users]
    email_domains = ["defra.gov.uk", "gov.uk"]
    [environments.production]
    ckan-chatops.toml:17: email_domains: "gov.uk" allows "defra.gov.uk" already; leave one of the two out

    [users]
    email_domains = ["gov.uk", 1]
    [environments.production]
    ckan-chatops.toml:17: email_domains is not of the right kind; write email_domains = ["gov.uk", "nhs.uk"]
    "#);
}
