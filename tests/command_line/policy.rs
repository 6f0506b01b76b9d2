//! `policy explain` and `policy replay`, on a file that a bot has open.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ckan_chatops::approval::policy::Admission;
use ckan_chatops::approval::request::Words;
use ckan_chatops::approval::transition::later;
use ckan_chatops::approval::{Event, Plan, Policy, Request, Risk, apply};
use ckan_chatops::clock::{Clock as _, SystemClock};
use ckan_chatops::config::Config;
use ckan_chatops::ids::{PersonId, RequestId, UserId};
use ckan_chatops::sentences::text::in_utc;
use ckan_chatops::store::sqlite::SqliteStore;
use ckan_chatops::store::{Commit, Store as _};
use jiff::{Timestamp, ToSpan as _};

use crate::says;

const BEGINNING: &str = r#"database_url = "sqlite://ckan-chatops.db"
[slack]
team_id = "T0001"
app_id = "A0001"
channel = "C0001"
[environments.production]
default = true
ckan_url = "http://127.0.0.1:5000"
api_token_env = "CKAN_TOKEN_PRODUCTION"
[environments.staging]
ckan_url = "http://127.0.0.1:5001"
api_token_env = "CKAN_TOKEN_STAGING"
"#;

const TEAM: &str = r#"[access]
requesters = { usergroups = ["S0ENG"] }
approvers = { users = ["U0BOB"], usergroups = ["S0ENG"] }
"#;

const PEOPLE: &str = r#"[[people]]
name = "Alice Ahmed"
slack_ids = ["U0ALICE", "W0ALICE"]
[[people]]
name = "Bob Brown"
slack_ids = ["U0BOB"]
[[people]]
name = "Cara Cole"
slack_ids = ["U0CARA"]
"#;

const STRICTER: &str = r#"[[rules]]
name = "production is stricter"
environments = ["production"]
risks = ["partly", "irreversible"]
approvals = 2
[[rules]]
name = "purging"
operations = ["dataset purge"]
requesters = { users = ["U0ALICE", "W0ALICE"] }
approvers = { users = ["U0BOB", "U0CARA"] }
[[rules]]
name = "many on production"
environments = ["production"]
more_than = 10
approvals = 2
[[freezes]]
name = "the move"
reason = "CKAN moves to another host."
environments = ["production"]
operations = ["dataset"]
from = "2020-01-01T00:00:00Z"
until = "2999-01-01T00:00:00Z"
"#;

fn write(folder: &Path, name: &str, parts: &[&str]) {
    fs::write(folder.join(name), parts.concat()).unwrap();
}

/// What is explained of the strict policy, or what is wrong with the question.
fn explain(words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "ckan-chatops.toml", &[BEGINNING, TEAM, PEOPLE, STRICTER]);
    let words = [&["policy", "explain", "--config", "ckan-chatops.toml"], words].concat();
    let said = says(&words, folder.path(), &[]);
    assert!(!folder.path().join("ckan-chatops.db").exists());
    if said.code == Some(0) { said.out } else { said.err }
}

#[test]
fn a_policy_is_explained_operation_by_operation_and_needs_no_secrets_for_it() {
    insta::assert_snapshot!(explain(&["--env", "production", "dataset"]), @"
    dataset withdraw, dataset restore
    on production
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          1, of people other than whoever asks (policy 1, risk 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            “the move”, from 1 Jan 2020 00:00 UTC until 1 Jan 2999 00:00 UTC: CKAN moves to another host. Holds now.
                         Frozen now, until 1 Jan 2999 00:00 UTC.

    dataset withdraw, dataset restore
    on production, more than 10 at once
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          2, of people other than whoever asks (“many on production” 2, policy 1, risk 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            “the move”, from 1 Jan 2020 00:00 UTC until 1 Jan 2999 00:00 UTC: CKAN moves to another host. Holds now.
                         Frozen now, until 1 Jan 2999 00:00 UTC.

    dataset withdraw, dataset restore
    on production, more than 50 at once
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          2, of people other than whoever asks (two_approvals_above 2, “many on production” 2, policy 1, risk 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            “the move”, from 1 Jan 2020 00:00 UTC until 1 Jan 2999 00:00 UTC: CKAN moves to another host. Holds now.
                         Frozen now, until 1 Jan 2999 00:00 UTC.

    dataset purge
    on production
      Who may ask        access: user group S0ENG
                         “purging”: of these, only Alice Ahmed (U0ALICE), Alice Ahmed (W0ALICE)
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
                         “purging”: of these, only Bob Brown (U0BOB), Cara Cole (U0CARA)
      Approvals          2, of people other than whoever asks (risk 2, “production is stricter” 2, policy 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            “the move”, from 1 Jan 2020 00:00 UTC until 1 Jan 2999 00:00 UTC: CKAN moves to another host. Holds now.
                         Frozen now, until 1 Jan 2999 00:00 UTC.
    ");
    insta::assert_snapshot!(explain(&["--env", "staging"]), @"
    dataset withdraw, dataset restore, harvest reharvest, harvest stop, harvest restart, harvest abort,
    harvest restart-worker, index dataset, index publisher, index missing, index refresh, user email
    on staging
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          1, of people other than whoever asks (policy 1, risk 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            none

    dataset withdraw, dataset restore
    on staging, more than 50 at once
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          2, of people other than whoever asks (two_approvals_above 2, policy 1, risk 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            none

    dataset purge
    on staging
      Who may ask        access: user group S0ENG
                         “purging”: of these, only Alice Ahmed (U0ALICE), Alice Ahmed (W0ALICE)
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
                         “purging”: of these, only Bob Brown (U0BOB), Cara Cole (U0CARA)
      Approvals          2, of people other than whoever asks (risk 2, policy 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            none

    harvest purge-queues, index rebuild
    on staging
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          2, of people other than whoever asks (risk 2, policy 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            none
    ");
    insta::assert_snapshot!(explain(&["--size", "60", "--env", "staging", "withdraw", "dataset", "purge"]), @"
    dataset withdraw
    on staging, 60 at once
      Who may ask        access: user group S0ENG
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
      Approvals          2, of people other than whoever asks (two_approvals_above 2, policy 1, risk 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            none

    dataset purge
    on staging, 60 at once
      Who may ask        access: user group S0ENG
                         “purging”: of these, only Alice Ahmed (U0ALICE), Alice Ahmed (W0ALICE)
      Who may approve    access: Bob Brown (U0BOB), user group S0ENG
                         “purging”: of these, only Bob Brown (U0BOB), Cara Cole (U0CARA)
      Approvals          2, of people other than whoever asks (risk 2, two_approvals_above 2, policy 1)
      Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
      Freezes            none
    ");
}

#[test]
fn everything_is_explained_where_nothing_is_named_and_slips_are_told() {
    let all = explain(&[]);
    for name in
        ["dataset purge", "harvest stop", "index rebuild", "user email", "on production", "on staging"]
    {
        assert!(all.contains(name), "{name}");
    }
    let mistakes = [
        &["--env", "prodution"][..],
        &["--env", "x"],
        &["dataset", "purg"],
        &["datset"],
        &["zzz"],
        &["dataset", "show"],
        &["request"],
    ];
    insta::assert_snapshot!(mistakes.map(explain).concat(), @"
    ckan-chatops: there is no environment `prodution`; did you mean `production`?
    ckan-chatops: there is no environment `x`; there is production, staging
    ckan-chatops: there is no operation `purg`; did you mean `dataset purge`?
    ckan-chatops: there is no operation `datset`; did you mean `dataset`?
    ckan-chatops: there is no operation `zzz`; `ckan-chatops operations` lists them
    ckan-chatops: `dataset show` changes nothing, so nobody has to approve it
    ckan-chatops: `request` changes nothing, so nobody has to approve it
    ");
}

/// A request of this account, which was in this group, and who approved it ten minutes later.
async fn asked(
    store: &SqliteStore,
    policy: &Policy,
    id: &str,
    (user, group): (&str, &str),
    ticket: Option<&str>,
    (at, approver): (Timestamp, Option<&str>),
) {
    let by = |user: &str, group: &str| Admission {
        person: PersonId::new(user),
        user: UserId::new(user),
        groups: [group.to_owned()].into(),
        rules: vec![],
    };
    let plan = Plan {
        operation: "dataset withdraw".to_owned(),
        environment: "production".to_owned(),
        risk: Risk::Reversible,
        ..Plan::of("Withdraw “Road Safety Data 2019”")
    };
    let words = Words { reason: "The publisher asked".to_owned(), ticket: ticket.map(str::to_owned) };
    let arguments = serde_json::Value::Null;
    let request = Request::asked(RequestId::new(id), plan, arguments, by(user, group), words, policy, at);
    store.commit(Commit { insert: Some(request.clone()), ..Commit::default() }).await.unwrap();
    if let Some(approver) = approver {
        let event = Event::Approve { voter: by(approver, "S0ENG"), typed: None };
        let now = later(at, std::time::Duration::from_mins(10));
        let step = apply(&request, event, now, policy).unwrap();
        store.commit(Commit { update: Some(step.request), ..Commit::default() }).await.unwrap();
    }
}

#[tokio::test]
async fn a_replay_says_what_another_policy_would_have_made_of_past_requests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ckan-chatops.db");
    write(folder.path(), "ckan-chatops.toml", &[BEGINNING, TEAM]);
    let stricter = "[policy]\napprovals = 2\npending_ttl = \"5m\"\nticket_pattern = '[0-9]{5}'\n[access]\n\
                    requesters = { usergroups = [\"S0ENG\"] }\napprovers = { users = [\"U0CARA\"], usergroups = [\"S0OPS\"] }\n";
    write(folder.path(), "new.toml", &[BEGINNING, stricter]);
    let replay = |new: &str, since: &str| {
        let words = ["policy", "replay", "--config", "ckan-chatops.toml", "--since", since, new];
        says(&words, folder.path(), &[])
    };
    let nothing = replay("new.toml", "90d");
    assert_eq!(nothing.code, Some(1), "there is no database");
    assert!(!path.exists(), "and none was made");

    let present = Config::read_file(&folder.path().join("ckan-chatops.toml")).unwrap().policy;
    let older = Policy { requesters: present.approvers.clone(), ..present.clone() };
    let url = format!("sqlite://{}", path.display());
    let store = SqliteStore::open(&url, Arc::new(SystemClock)).await.unwrap();
    let now = SystemClock.now();
    let hours = |hours: i64| now - hours.hours();
    asked(&store, &older, "01ANCIENT", ("U0ALICE", "S0ENG"), None, (hours(24 * 100), None)).await;
    asked(&store, &older, "01OLDER", ("U0BOB", "S0ENG"), None, (hours(9), Some("U0CARA"))).await;
    asked(&store, &present, "01SECOND", ("U0ALICE", "S0ENG"), Some("51234"), (hours(3), Some("U0BOB"))).await;
    asked(&store, &present, "01THIRDX", ("U0CARA", "S0ENG"), Some("OPS-1"), (hours(2), None)).await;

    // The store is open, as a running bot has it.
    let said = replay("new.toml", "90d");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let at = [
        (in_utc(hours(9)), "‹9 hours ago›"),
        (in_utc(hours(3)), "‹3 hours ago›"),
        (in_utc(hours(2)), "‹2 hours ago›"),
    ];
    let out = at.iter().fold(said.out, |out, (moment, words)| out.replace(moment, words));
    let (told, since) = out.rsplit_once(" since ").unwrap();
    insta::assert_snapshot!(told, @"
    ‹9 hours ago›  1OLDER  dataset withdraw on production, asked for by U0BOB: approved
      - It would have needed 2 approvals, not 1.
      - It would have run out after 5m, before it was decided.

    ‹3 hours ago›  SECOND  dataset withdraw on production, asked for by U0ALICE: approved
      - It would have needed 2 approvals, not 1.
      - Nobody can tell whether U0BOB could have approved: access names user group S0OPS, whose members were not read then.
      - It would have run out after 5m, before it was decided.

    ‹2 hours ago›  THIRDX  dataset withdraw on production, asked for by U0CARA: pending
      - Its ticket would not have fitted ticket_pattern.
      - It would have needed 2 approvals, not 1.

    3 requests
    ");
    insta::assert_snapshot!(since.split_once(": ").unwrap().1, @"3 would have been treated differently, of 0 nobody can tell.");

    let same = replay("ckan-chatops.toml", "150m");
    assert_eq!(same.code, Some(0));
    let (count, rest) = same.out.split_once(" since ").unwrap();
    assert_eq!(count, "1 request");
    assert!(rest.ends_with(": 0 would have been treated differently, of 0 nobody can tell.\n"), "{rest}");
    assert_eq!(replay("ckan-chatops.toml", "soon").code, Some(2));
    assert_eq!(replay("nowhere.toml", "90d").code, Some(1));
    store.close().await.unwrap();
}
