//! Rules, the numbers that hold everywhere, and whether anybody can still approve.

use super::*;

/// What is said of these lines at the end of the sound file.
fn said_below(all: &[&str]) -> String {
    let mut said = String::new();
    for lines in all {
        writeln!(said, "{}\n{}\n", lines.trim(), problems(&format!("{SOUND}{lines}"))).unwrap();
    }
    said
}

/// What is said of one rule with these lines.
fn said_of_rules(all: &[&str]) -> String {
    let all: Vec<String> = all.iter().map(|lines| format!("[[rules]]\n{lines}\n")).collect();
    said_below(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn numbers_and_lengths_that_hold_everywhere_have_their_bounds() {
    insta::assert_snapshot!(said("approvals = 1", &[
        "two_approvals_above = 0", "two_approvals_above = 10001", "two_approvals_above = \"50\"", "two_approvals_above = 1",
        "held_ttl = \"15 days\"", "held_ttl = \"14 days\"", "remind_after = \"25h\"", "remind_after = \"0s\"",
        "open_requests = 0", "open_requests = 101", "cool_down = \"0s\"", "cool_down = \"1s\"", "cooldown = \"1m\"",
    ]), @r#"
    two_approvals_above = 0
    ckan-chatops.toml:12: two_approvals_above is not a number from 1 to 10000; write two_approvals_above = 50

    two_approvals_above = 10001
    ckan-chatops.toml:12: two_approvals_above is not a number from 1 to 10000; write two_approvals_above = 50

    two_approvals_above = "50"
    ckan-chatops.toml:12: two_approvals_above is not of the right kind; write two_approvals_above = 1

    two_approvals_above = 1
    accepted

    held_ttl = "15 days"
    ckan-chatops.toml:12: held_ttl is longer than 14 days, which is the most that is sensible here; write a number and a unit, for example "15m" or "1h"

    held_ttl = "14 days"
    accepted

    remind_after = "25h"
    ckan-chatops.toml:12: remind_after is longer than one day, which is the most that is sensible here; write a number and a unit, for example "15m" or "1h"

    remind_after = "0s"
    ckan-chatops.toml:12: remind_after is zero, which leaves no time at all; write a number and a unit, for example "15m" or "1h"

    open_requests = 0
    ckan-chatops.toml:12: open_requests is not a number from 1 to 100; write open_requests = 10

    open_requests = 101
    ckan-chatops.toml:12: open_requests is not a number from 1 to 100; write open_requests = 10

    cool_down = "0s"
    ckan-chatops.toml:12: cool_down is zero, which leaves no time at all; write a number and a unit, for example "15m" or "1h"

    cool_down = "1s"
    accepted

    cooldown = "1m"
    ckan-chatops.toml:12: unknown key cooldown in [policy]; did you mean cool_down?
    "#);
    let (config, _) = read(&SOUND.replace("approvals = 1", "two_approvals_above = 3\nheld_ttl = \"1d\"\nremind_after = \"2m\"\nopen_requests = 4\ncool_down = \"5m\"")).unwrap();
    let policy = config.policy;
    assert_eq!((policy.two_approvals_above, policy.open_requests), (3, 4));
    assert_eq!(policy.held_ttl, Duration::from_hours(24));
    assert_eq!((policy.remind_after, policy.cool_down), (Duration::from_mins(2), Duration::from_mins(5)));
}

#[test]
fn a_rule_says_what_it_says() {
    let text = format!(
        "{SOUND}[[rules]]\nname = \"strict\"\nenvironments = [\"production\"]\noperations = [\"dataset\", \"index rebuild\"]\n\
         risks = [\"partly\", \"irreversible\"]\nmore_than = 5\nrequesters = {{ users = [\"U1\"] }}\n\
         approvers = {{ usergroups = [\"S1\"] }}\napprovals = 3\n"
    );
    let text = text.replace(
        "approvers  = { users = [\"U2\"], usergroups = [] }",
        "approvers = { usergroups = [\"S1\"] }",
    );
    let (config, _) = read(&text).unwrap();
    insta::assert_debug_snapshot!(config.policy.rules, @r#"
    [
        Rule {
            name: "strict",
            environments: {
                "production",
            },
            operations: {
                "dataset",
                "index rebuild",
            },
            risks: {
                Partly,
                Irreversible,
            },
            more_than: Some(
                5,
            ),
            requesters: Some(
                AccessList {
                    users: {
                        "U1",
                    },
                    usergroups: {},
                },
            ),
            approvers: Some(
                AccessList {
                    users: {},
                    usergroups: {
                        "S1",
                    },
                },
            ),
            approvals: Some(
                3,
            ),
        },
    ]
    "#);
}

#[test]
fn a_rule_has_a_name_a_place_and_an_effect() {
    insta::assert_snapshot!(said_of_rules(&[
        "",
        "name = \"x\"",
        "name = \"\"\napprovals = 2",
        "name = \"access\"\napprovers = { users = [\"U2\"] }",
        "name = \"one, two\"\napprovers = { users = [\"U2\"] }",
        "name = \"a\\nb\"\napprovers = { users = [\"U2\"] }",
        "name = \"x\"\napprovals = 1",
        "name = \"x\"\napprovals = 0",
        "name = \"x\"\napprovals = 10",
        "name = \"x\"\napprovers = {}",
        "name = \"x\"\napprovers = [\"U2\"]",
        "name = \"x\"\napprovers = { users = [\"bob\"], group = [] }",
        "name = \"x\"\nrequester = { users = [\"U1\"] }",
        "name = \"x\"\napprovers = { users = [\"U2\"] }\nmore_than = 0",
        "name = \"x\"\napprovers = { users = [\"U2\"] }\n[[rules]]\nname = \"x\"\nrequesters = { users = [\"U1\"] }",
        "name = \"x\"\napprovers = { users = [\"U2\"] }\n[[freezes]]\nname = \"x\"\nreason = \"y\"\nfrom = \"2026-12-24T12:00:00Z\"\nuntil = \"2026-12-25T12:00:00Z\"",
    ]), @r#"
    [[rules]]
    ckan-chatops.toml:20: [[rules]] has no name; write name = "production is stricter"

    [[rules]]
    name = "x"
    ckan-chatops.toml:20: [[rules]] asks for nothing; write requesters, approvers or approvals in it

    [[rules]]
    name = ""
    approvals = 2
    ckan-chatops.toml:21: name is empty; write it or leave it out

    [[rules]]
    name = "access"
    approvers = { users = ["U2"] }
    ckan-chatops.toml:21: name is "access", which the bot calls its own rules; write another

    [[rules]]
    name = "one, two"
    approvers = { users = ["U2"] }
    ckan-chatops.toml:21: name has a comma, which stands between names in the audit; write it without

    [[rules]]
    name = "a\nb"
    approvers = { users = ["U2"] }
    ckan-chatops.toml:21: name has a line break or another control character; write it on one line

    [[rules]]
    name = "x"
    approvals = 1
    ckan-chatops.toml:22: approvals is 1, but 1 is needed everywhere and a rule lowers nothing; write more, or leave it out

    [[rules]]
    name = "x"
    approvals = 0
    ckan-chatops.toml:22: approvals is 0, but at least one other person has to approve; write approvals = 1

    [[rules]]
    name = "x"
    approvals = 10
    ckan-chatops.toml:22: approvals is not a number from 1 to 9; write approvals = 1

    [[rules]]
    name = "x"
    approvers = {}
    ckan-chatops.toml:22: approvers is empty; write users = ["U…"] or usergroups = ["S…"]

    [[rules]]
    name = "x"
    approvers = ["U2"]
    ckan-chatops.toml:22: approvers is not of the right kind; write approvers = { users = ["U…"], usergroups = [] }

    [[rules]]
    name = "x"
    approvers = { users = ["bob"], group = [] }
    ckan-chatops.toml:22: approvers.users: "bob" is not a user's id; write the id as Slack shows it, like "U0123ABCD"
    ckan-chatops.toml:22: unknown key group in approvers; it takes users, usergroups

    [[rules]]
    name = "x"
    requester = { users = ["U1"] }
    ckan-chatops.toml:22: unknown key requester in [[rules]]; did you mean requesters?

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    more_than = 0
    ckan-chatops.toml:23: more_than is not a number from 1 to 10000; write more_than = 50

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    [[rules]]
    name = "x"
    requesters = { users = ["U1"] }
    ckan-chatops.toml:24: name is that of another rule too; write one that nothing else has

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    [[freezes]]
    name = "x"
    reason = "y"
    from = "2026-12-24T12:00:00Z"
    until = "2026-12-25T12:00:00Z"
    ckan-chatops.toml:24: name is that of another rule too; write one that nothing else has
    "#);
    insta::assert_snapshot!(said_below(&["[rules]\nname = \"x\""]), @r#"
    [rules]
    name = "x"
    ckan-chatops.toml:20: rules is not a list of tables; write [[rules]]
    "#);
}

#[test]
fn a_rule_is_about_what_there_is() {
    let with = |line: &str| format!("name = \"x\"\napprovers = {{ users = [\"U2\"] }}\n{line}");
    let lines = [
        "environments = [\"production\"]",
        "environments = [\"prodution\"]",
        "environments = [\"x\", \"production\", \"production\"]",
        "environments = []",
        "environments = \"production\"",
        "operations = [\"dataset\", \"index rebuild\", \"user\"]",
        "operations = [\"datasets\"]",
        "operations = [\"dataset purg\", \"zzz\"]",
        "operations = [\"dataset show\", \"request\", \"help\"]",
        "operations = [\"withdraw\"]",
        "operations = []",
        "risks = [\"reversible\", \"partly\", \"irreversible\"]",
        "risks = [\"read\", \"ireversible\", \"high\"]",
    ];
    let rules: Vec<String> = lines.iter().map(|line| with(line)).collect();
    insta::assert_snapshot!(said_of_rules(&rules.iter().map(String::as_str).collect::<Vec<_>>()), @r#"
    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    environments = ["production"]
    accepted

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    environments = ["prodution"]
    ckan-chatops.toml:23: environments: "prodution" is no environment of this file; did you mean "production"?

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    environments = ["x", "production", "production"]
    ckan-chatops.toml:23: environments: "x" is no environment of this file; it has production
    ckan-chatops.toml:23: environments: "production" is there twice; leave one out

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    environments = []
    ckan-chatops.toml:23: environments is empty; write environments = ["production"], or leave it out

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    environments = "production"
    ckan-chatops.toml:23: environments is not of the right kind; write environments = ["production"]

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    operations = ["dataset", "index rebuild", "user"]
    accepted

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    operations = ["datasets"]
    ckan-chatops.toml:23: operations: "datasets" is no operation; did you mean "dataset"?

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    operations = ["dataset purg", "zzz"]
    ckan-chatops.toml:23: operations: "dataset purg" is no operation; did you mean "dataset purge"?
    ckan-chatops.toml:23: operations: "zzz" is no operation; write a family (dataset, harvest, index, user) or a whole name, like "dataset purge"

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    operations = ["dataset show", "request", "help"]
    ckan-chatops.toml:23: operations: "dataset show" changes nothing, so nobody has to approve it; leave it out
    ckan-chatops.toml:23: operations: "request" changes nothing, so nobody has to approve it; leave it out
    ckan-chatops.toml:23: operations: "help" changes nothing, so nobody has to approve it; leave it out

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    operations = ["withdraw"]
    ckan-chatops.toml:23: operations: "withdraw" is short for an operation; write "dataset withdraw"

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    operations = []
    ckan-chatops.toml:23: operations is empty; write operations = ["dataset"], or leave it out

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    risks = ["reversible", "partly", "irreversible"]
    accepted

    [[rules]]
    name = "x"
    approvers = { users = ["U2"] }
    risks = ["read", "ireversible", "high"]
    ckan-chatops.toml:23: risks: "read" changes nothing, so nobody has to approve it; leave it out
    ckan-chatops.toml:23: risks: "ireversible" is no risk; did you mean "reversible"?
    ckan-chatops.toml:23: risks: "high" is no risk; write "reversible", "partly" or "irreversible"
    "#);
}

#[test]
fn enough_other_people_must_be_left_under_every_rule() {
    let lists = |requesters: &str, approvers: &str| {
        SOUND
            .replace("{ users = [\"U1\"], usergroups = [\"S1\"] }", requesters)
            .replace("{ users = [\"U2\"], usergroups = [] }", approvers)
    };
    let users = lists("{ users = [\"U1\", \"U2\"] }", "{ users = [\"U1\", \"U2\", \"U3\"] }");
    let groups = lists("{ usergroups = [\"S1\"] }", "{ usergroups = [\"S1\"] }");
    let mut said = String::new();
    for (text, rule) in [
        (&users, "approvals = 2"),
        (&users, "approvals = 3"),
        (&users, "approvals = 3\nmore_than = 20\noperations = [\"dataset withdraw\"]"),
        (&users, "approvals = 3\nrisks = [\"irreversible\"]"),
        (&users, "approvers = { users = [\"U1\", \"U9\"] }\nrequesters = { users = [\"U1\"] }"),
        (&users, "approvers = { users = [\"U9\"] }"),
        (&users, "requesters = { users = [\"U9\"] }"),
        (&users, "approvers = { usergroups = [\"S9\"] }"),
        (&groups, "approvals = 9"),
        (&groups, "approvers = { users = [\"U1\"] }\napprovals = 2"),
        (&groups, "approvers = { users = [\"U1\"] }"),
    ] {
        let text = format!("{text}[[rules]]\nname = \"x\"\n{rule}\n");
        writeln!(said, "{rule}\n{}\n", problems(&text)).unwrap();
    }
    insta::assert_snapshot!(said, @r#"
    approvals = 2
    accepted

    approvals = 3
    ckan-chatops.toml:20: under "x", dataset withdraw on production takes 3 people other than whoever asks, and the lists leave 2; add people to approvers, or usergroups = ["S…"]

    approvals = 3
    more_than = 20
    operations = ["dataset withdraw"]
    ckan-chatops.toml:20: under "x", dataset withdraw of 21 at once on production takes 3 people other than whoever asks, and the lists leave 2; add people to approvers, or usergroups = ["S…"]

    approvals = 3
    risks = ["irreversible"]
    ckan-chatops.toml:20: under "x", dataset purge on production takes 3 people other than whoever asks, and the lists leave 2; add people to approvers, or usergroups = ["S…"]

    approvers = { users = ["U1", "U9"] }
    requesters = { users = ["U1"] }
    ckan-chatops.toml:20: under "x", dataset withdraw on production takes 1 person other than whoever asks, and the lists leave 0; add people to approvers, or usergroups = ["S…"]

    approvers = { users = ["U9"] }
    ckan-chatops.toml:20: under "x", dataset withdraw on production takes 1 person other than whoever asks, and the lists leave 0; add people to approvers, or usergroups = ["S…"]

    requesters = { users = ["U9"] }
    ckan-chatops.toml:20: under "x", nobody may ask for dataset withdraw on production: no list of theirs has anybody whom the others have; write some of the same people into each

    approvers = { usergroups = ["S9"] }
    accepted

    approvals = 9
    accepted

    approvers = { users = ["U1"] }
    approvals = 2
    ckan-chatops.toml:20: under "x", dataset withdraw on production takes 2 people other than whoever asks, and the lists leave 1; add people to approvers, or usergroups = ["S…"]

    approvers = { users = ["U1"] }
    accepted
    "#);
    // Two rules that are harmless alone.
    let two = format!(
        "{users}[[rules]]\nname = \"x\"\napprovers = {{ users = [\"U1\", \"U2\"] }}\n[[rules]]\nname = \"y\"\napprovers = {{ users = [\"U3\"] }}\n\
         operations = [\"user\"]\n"
    );
    insta::assert_snapshot!(problems(&two), @r#"ckan-chatops.toml:23: under "x" and "y", user email on production takes 1 person other than whoever asks, and the lists leave 0; add people to approvers, or usergroups = ["S…"]"#);
    // A team of two does what can be given back; what cannot is refused when it is asked for.
    let two_people = lists("{ users = [\"U1\", \"U2\"] }", "{ users = [\"U1\", \"U2\"] }");
    assert_eq!(problems(&two_people), "accepted");
}

#[test]
fn the_registry_knows_everybody_whom_a_list_names() {
    let registry = "[[people]]\nname = \"Alice\"\nslack_ids = [\"U1\", \"U4\"]\n[[people]]\nname = \"Bob\"\nslack_ids = [\"U2\"]\n";
    let cara = "[[people]]\nname = \"Cara\"\nslack_ids = [\"U3\"]\n";
    let rule = "[[rules]]\nname = \"x\"\napprovers = { users = [\"U2\", \"U3\"] }\n";
    let two = "[[rules]]\nname = \"x\"\napprovers = { users = [\"U1\", \"U2\", \"U4\"] }\napprovals = 2\n";
    insta::assert_snapshot!(said_below(&[
        registry,
        "[[people]]\nname = \"Alice\"\nslack_ids = [\"U1\"]\n",
        &format!("{registry}{rule}"),
        &format!("{registry}{cara}{rule}"),
        "[[people]]\nname = \"Alice\"\nslack_id = [\"U1\"]\n",
    ]), @r#"
    [[people]]
    name = "Alice"
    slack_ids = ["U1", "U4"]
    [[people]]
    name = "Bob"
    slack_ids = ["U2"]
    accepted

    [[people]]
    name = "Alice"
    slack_ids = ["U1"]
    ckan-chatops.toml:10: approvers.users: U2 is nobody's in [[people]], so it would be refused; add it to the slack_ids of its owner, or take it out

    [[people]]
    name = "Alice"
    slack_ids = ["U1", "U4"]
    [[people]]
    name = "Bob"
    slack_ids = ["U2"]
    [[rules]]
    name = "x"
    approvers = { users = ["U2", "U3"] }
    ckan-chatops.toml:28: approvers.users: U3 is nobody's in [[people]], so it would be refused; add it to the slack_ids of its owner, or take it out

    [[people]]
    name = "Alice"
    slack_ids = ["U1", "U4"]
    [[people]]
    name = "Bob"
    slack_ids = ["U2"]
    [[people]]
    name = "Cara"
    slack_ids = ["U3"]
    [[rules]]
    name = "x"
    approvers = { users = ["U2", "U3"] }
    accepted

    [[people]]
    name = "Alice"
    slack_id = ["U1"]
    ckan-chatops.toml:20: [[people]] has no slack_ids; write slack_ids = ["U…"]
    ckan-chatops.toml:22: unknown key slack_id in [[people]]; did you mean slack_ids?
    "#);
    // Two accounts of one person do not make two approvals.
    let open = SOUND.replace(
        "approvers  = { users = [\"U2\"], usergroups = [] }",
        "approvers = { usergroups = [\"S1\"] }",
    );
    insta::assert_snapshot!(problems(&format!("{open}{registry}{two}")), @r#"ckan-chatops.toml:26: under "x", dataset withdraw on production takes 2 people other than whoever asks, and the lists leave 1; add people to approvers, or usergroups = ["S…"]"#);
}
