//! Single values: shapes of ids, addresses, lengths of time.

use super::*;

#[test]
fn values_are_checked_one_by_one() {
    insta::assert_snapshot!(said("listen = \"127.0.0.1:8080\"\n", &[
        "listen = \"localhost:8080\"\n",
        "listen = 8080\n",
        "admin_listen = \"127.0.0.1:8080\"\n",
        "lisen = \"127.0.0.1:8080\"\n",
        "ticket_url = \"https://tickets.example.gov.uk/\"\n",
        "nonsense = 1\n",
    ]), @r#"
    listen = "localhost:8080"
    ckan-chatops.toml:1: listen is not an IP address and a port; write "127.0.0.1:8080", or "0.0.0.0:8080" for every interface

    listen = 8080
    ckan-chatops.toml:1: listen is not of the right kind; write listen = "127.0.0.1:8080"

    admin_listen = "127.0.0.1:8080"
    ckan-chatops.toml:1: admin_listen is the same as listen; write another port

    lisen = "127.0.0.1:8080"
    ckan-chatops.toml:1: unknown key lisen in the file; did you mean listen?

    ticket_url = "https://tickets.example.gov.uk/"
    ckan-chatops.toml:1: ticket_url has no place for the number; write "https://tickets.example.gov.uk/{ticket}"

    nonsense = 1
    ckan-chatops.toml:1: unknown key nonsense in the file; it takes listen, admin_listen, database_url, ticket_url, archive_dir, slack, people, policy, rules, freezes, access, users, environments
    "#);
    insta::assert_snapshot!(said("database_url = \"sqlite://ckan-chatops.db\"", &[
        "",
        "database_url = \"postgres://localhost/ckan\"",
        "database_url = \"postgres://role:three@localhost/ckan\"",
        "database_url = \"postgres://role@db.example.gov.uk/ckan\"",
        "database_url = \"mysql://role@localhost/ckan\"",
        "database_url = \"sqlite::memory:\"",
        "database_url = \"sqlite://\"",
    ]), @r#"

    ckan-chatops.toml:1: the file has no database_url; write database_url = "sqlite://ckan-chatops.db"

    database_url = "postgres://localhost/ckan"
    ckan-chatops.toml:2: database_url does not name a role, a host and a database; write "postgres://role@host/database"

    database_url = "postgres://role:three@localhost/ckan"
    ckan-chatops.toml:2: database_url has a password in it; take it out and put it into the variable DATABASE_PASSWORD

    database_url = "postgres://role@db.example.gov.uk/ckan"
    ckan-chatops.toml:2: database_url would send a password unencrypted if the server asks for it; put ?sslmode=verify-full or ?sslmode=require at its end

    database_url = "mysql://role@localhost/ckan"
    ckan-chatops.toml:2: database_url is neither a SQLite nor a PostgreSQL address; write "sqlite://ckan-chatops.db" or "postgres://role@host/database"

    database_url = "sqlite::memory:"
    ckan-chatops.toml:2: database_url would forget every request at a restart; write a file, "sqlite://ckan-chatops.db"

    database_url = "sqlite://"
    ckan-chatops.toml:2: database_url names no file; write "sqlite://ckan-chatops.db"
    "#);
    insta::assert_snapshot!(said("approvals = 1", &[
        "approvals = 0", "approvals = -1", "approvals = 99999999999999999999", "approvals = \"1\"", "approvals = 2",
    ]), @r#"
    approvals = 0
    ckan-chatops.toml:12: approvals is 0, but at least one other person has to approve; write approvals = 1

    approvals = -1
    ckan-chatops.toml:12: approvals is not a number from 1 to 9; write approvals = 1

    approvals = 99999999999999999999
    ckan-chatops.toml:12: approvals is not a number from 1 to 9; write approvals = 1

    approvals = "1"
    ckan-chatops.toml:12: approvals is not of the right kind; write approvals = 1

    approvals = 2
    ckan-chatops.toml:10: approvers holds too few people for approvals = 2, of whom none may be the requester; add people to users, or usergroups = ["S…"]
    "#);
    insta::assert_snapshot!(said("pending_ttl = \"1h\"", &[
        "pending_ttl = \"0s\"", "pending_ttl = \"soon\"", "pending_ttl = 60", "pending_ttl = \"2 years\"",
        "pending_tll = \"1h\"",
    ]), @r#"
    pending_ttl = "0s"
    ckan-chatops.toml:13: pending_ttl is zero, which leaves no time at all; write a number and a unit, for example "15m" or "1h"

    pending_ttl = "soon"
    ckan-chatops.toml:13: pending_ttl is not a length of time; write a number and a unit, for example "15m" or "1h"

    pending_ttl = 60
    ckan-chatops.toml:13: pending_ttl is not of the right kind; write pending_ttl = "1h"

    pending_ttl = "2 years"
    ckan-chatops.toml:13: pending_ttl is longer than 7 days, which is the most that is sensible here; write a number and a unit, for example "15m" or "1h"

    pending_tll = "1h"
    ckan-chatops.toml:13: unknown key pending_tll in [policy]; did you mean pending_ttl?
    "#);
    insta::assert_snapshot!(said("ticket_pattern = '^[0-9]{5,8}$'", &[
        "ticket_pattern = '[0-9'", "ticket_pattern = ''", "ticket_pattern = '(\\w{1000}){1000}'",
    ]), @r"
    ticket_pattern = '[0-9'
    ckan-chatops.toml:15: ticket_pattern is not a regular expression; write for example '^[0-9]{5,8}$'

    ticket_pattern = ''
    ckan-chatops.toml:15: ticket_pattern is empty; leave it out to accept every ticket

    ticket_pattern = '(\w{1000}){1000}'
    ckan-chatops.toml:15: ticket_pattern is too large; write a shorter expression
    ");
}

#[test]
fn slack_ids_have_the_shape_of_slack_ids() {
    insta::assert_snapshot!(said("team_id = \"T0001\"", &["", "team_id = \"acme\"", "team_id = \"E0001\"", "team_id = 1"]), @r#"
    ckan-chatops.toml:3: [slack] has no team_id; write team_id = "T0123ABCD"

    team_id = "acme"
    ckan-chatops.toml:5: team_id is not a workspace's id; write the id as Slack shows it, like "T0123ABCD"

    team_id = "E0001"
    ckan-chatops.toml:5: team_id is not a workspace's id; write the id as Slack shows it, like "T0123ABCD"

    team_id = 1
    ckan-chatops.toml:5: team_id is not of the right kind; write team_id = "T0123ABCD"
    "#);
    insta::assert_snapshot!(said("app_id = \"A0001\"", &["app_id = \"8f742231b10e8888abcd99yyyzzz85a5\""]), @r#"
    app_id = "8f742231b10e8888abcd99yyyzzz85a5"
    ckan-chatops.toml:6: app_id is not an app's id; write the id as Slack shows it, like "A0123ABCD"
    "#);
    insta::assert_snapshot!(said("channel = \"C0001\"", &["channel = \"#data-gov\"", "channel = \"D0001\"", "chanel = \"C0001\""]), @r##"
    channel = "#data-gov"
    ckan-chatops.toml:7: channel is not a channel's id; write the id as Slack shows it, not a name, like "C0123ABCD"

    channel = "D0001"
    ckan-chatops.toml:7: channel is not a channel's id; write the id as Slack shows it, like "C0123ABCD"

    chanel = "C0001"
    ckan-chatops.toml:3: [slack] has no channel; write channel = "C0123ABCD"
    ckan-chatops.toml:7: unknown key chanel in [slack]; did you mean channel?
    "##);
    insta::assert_snapshot!(said("users = [\"U2\"]", &[
        "users = [\"@alice\"]", "users = [\"S2\"]", "users = \"U2\"", "users = [2]", "user = [\"U2\"]",
    ]), @r#"
    users = ["@alice"]
    ckan-chatops.toml:10: approvers.users: "@alice" is not a user's id; write the id as Slack shows it, not a name, like "U0123ABCD"

    users = ["S2"]
    ckan-chatops.toml:10: approvers.users: "S2" is not a user's id; write the id as Slack shows it, like "U0123ABCD"

    users = "U2"
    ckan-chatops.toml:10: users is not of the right kind; write users = ["U…"]

    users = [2]
    ckan-chatops.toml:10: users is not of the right kind; write users = ["U…"]

    user = ["U2"]
    ckan-chatops.toml:10: unknown key user in approvers; did you mean users?
    "#);
    insta::assert_snapshot!(said("usergroups = [\"S1\"]", &["usergroups = [\"U1\", \"engineers\"]"]), @r#"
    usergroups = ["U1", "engineers"]
    ckan-chatops.toml:9: requesters.usergroups: "U1" is not a user group's id; write the id as Slack shows it, like "S0123ABCD"
    ckan-chatops.toml:9: requesters.usergroups: "engineers" is not a user group's id; write the id as Slack shows it, like "S0123ABCD"
    "#);
}

#[test]
fn addresses_are_checked_before_a_token_is_sent_to_them() {
    insta::assert_snapshot!(said("ckan_url = \"http://127.0.0.1:5000\"", &[
        "",
        "ckan_url = \"ckan.example.gov.uk\"",
        "ckan_url = \"ftp://ckan.example.gov.uk\"",
        "ckan_url = \"http://ckan.example.gov.uk\"",
        "ckan_url = \"http://ckan.example.gov.uk\"\nallow_plain_http = true",
        "ckan_url = \"http://[::1]:5000\"",
        "ckan_url = \"http://ckan.localhost\"",
        "ckan_url = \"https://admin:hunter2@ckan.example.gov.uk\"",
        "ckan_url = \"https://ckan.example.gov.uk/?a=b\"",
        "ckan_url = \"https://ckan.example.gov.uk/data\"",
    ]), @r#"
    ckan-chatops.toml:16: [environments.production] has no ckan_url; write ckan_url = "https://ckan.example.gov.uk"

    ckan_url = "ckan.example.gov.uk"
    ckan-chatops.toml:18: ckan_url is not an address; write it in full, like "https://ckan.example.gov.uk"

    ckan_url = "ftp://ckan.example.gov.uk"
    ckan-chatops.toml:18: ckan_url is not a web address; write one that begins with https://

    ckan_url = "http://ckan.example.gov.uk"
    ckan-chatops.toml:18: ckan_url would send a token unencrypted; write https://, or add allow_plain_http = true to [environments.production] where the network is trusted

    ckan_url = "http://ckan.example.gov.uk"
    allow_plain_http = true
    accepted

    ckan_url = "http://[::1]:5000"
    accepted

    ckan_url = "http://ckan.localhost"
    accepted

    ckan_url = "https://admin:hunter2@ckan.example.gov.uk"
    ckan-chatops.toml:18: ckan_url has a user name or password in it; write the address without

    ckan_url = "https://ckan.example.gov.uk/?a=b"
    ckan-chatops.toml:18: ckan_url has a part after ? or #; write the address without it

    ckan_url = "https://ckan.example.gov.uk/data"
    accepted
    "#);
    insta::assert_snapshot!(said("api_url = \"https://slack.com/api\"", &[
        "api_url = \"http://slack.example/api\"", "api_url = \"http://localhost:3000/api/\"",
    ]), @r#"
    api_url = "http://slack.example/api"
    ckan-chatops.toml:4: api_url would send a token unencrypted; write https://, or add allow_plain_http = true to [slack] where the network is trusted

    api_url = "http://localhost:3000/api/"
    accepted
    "#);
}

#[test]
fn several_problems_are_told_at_once_and_in_order() {
    insta::assert_snapshot!(problems(""), @r#"
    ckan-chatops.toml:1: the file has no database_url; write database_url = "sqlite://ckan-chatops.db"
    ckan-chatops.toml: [slack] is missing; write team_id, app_id and channel in it
    ckan-chatops.toml: [access] is missing; write requesters = { users = ["U…"] } and approvers = { users = ["U…"] } in it
    ckan-chatops.toml: there is no environment; write [environments.production] with default = true, ckan_url and api_token_env
    "#);
    let text =
        SOUND.replace("T0001", "acme").replace("approvals = 1", "approvals = 0").replace("sqlite:", "mysql:");
    insta::assert_snapshot!(problems(&text), @r#"
    ckan-chatops.toml:2: database_url is neither a SQLite nor a PostgreSQL address; write "sqlite://ckan-chatops.db" or "postgres://role@host/database"
    ckan-chatops.toml:5: team_id is not a workspace's id; write the id as Slack shows it, like "T0123ABCD"
    ckan-chatops.toml:12: approvals is 0, but at least one other person has to approve; write approvals = 1
    "#);
}

#[test]
fn broken_toml_is_told_with_its_line() {
    insta::assert_snapshot!(problems("listen = \"127.0.0.1:8080\nx = = 1\n[slack\n"), @r#"
    ckan-chatops.toml:1: not valid TOML: invalid basic string, expected `"`
    ckan-chatops.toml:2: not valid TOML: extra `=`, expected nothing
    ckan-chatops.toml:2: not valid TOML: unexpected key or value, expected newline, `#`
    ckan-chatops.toml:3: not valid TOML: unclosed table, expected `]`
    "#);
    insta::assert_snapshot!(problems(&format!("{SOUND}default = true\n")), @"ckan-chatops.toml:20: not valid TOML: duplicate key");
}

#[test]
fn the_time_of_the_daily_sync_is_a_time_a_length_and_a_time_zone() {
    let with = |sync: &str| format!("api_token_env = \"CKAN_TOKEN_PRODUCTION\"\ncsw_sync = {sync}");
    let wrong: Vec<String> = [
        r#"{ at = "06:00", lasts = "1h", time_zone = "Europe/London" }"#,
        r#"{ at = "6", lasts = "24h", time_zone = "London" }"#,
        r#"{ at = "24:00", lasts = "soon", time_zone = "" }"#,
        r#"{ from = "06:00", lasts = "1h" }"#,
        r#""06:00""#,
    ]
    .map(with)
    .to_vec();
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    insta::assert_snapshot!(said("api_token_env = \"CKAN_TOKEN_PRODUCTION\"", &wrong), @r#"
    api_token_env = "CKAN_TOKEN_PRODUCTION"
    csw_sync = { at = "06:00", lasts = "1h", time_zone = "Europe/London" }
    accepted

    api_token_env = "CKAN_TOKEN_PRODUCTION"
    csw_sync = { at = "6", lasts = "24h", time_zone = "London" }
    ckan-chatops.toml:20: at is not a time of the day; write hours and minutes, for example "06:00"
    ckan-chatops.toml:20: lasts is longer than 23 hours, which is the most that is sensible here; write a number and a unit, for example "15m" or "1h"
    ckan-chatops.toml:20: time_zone is not a time zone; write its name, for example "Europe/London"

    api_token_env = "CKAN_TOKEN_PRODUCTION"
    csw_sync = { at = "24:00", lasts = "soon", time_zone = "" }
    ckan-chatops.toml:20: at is not a time of the day; write hours and minutes, for example "06:00"
    ckan-chatops.toml:20: lasts is not a length of time; write a number and a unit, for example "15m" or "1h"
    ckan-chatops.toml:20: time_zone is not a time zone; write its name, for example "Europe/London"

    api_token_env = "CKAN_TOKEN_PRODUCTION"
    csw_sync = { from = "06:00", lasts = "1h" }
    ckan-chatops.toml:20: csw_sync has no at; write at = "06:00"
    ckan-chatops.toml:20: csw_sync has no time_zone; write time_zone = "Europe/London"
    ckan-chatops.toml:20: unknown key from in csw_sync; it takes at, lasts, time_zone

    api_token_env = "CKAN_TOKEN_PRODUCTION"
    csw_sync = "06:00"
    ckan-chatops.toml:20: csw_sync is not of the right kind; write csw_sync = { at = "06:00", lasts = "1h", time_zone = "Europe/London" }
    "#);
}
