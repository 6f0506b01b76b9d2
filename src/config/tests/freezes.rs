//! Freezes: moments, hours and time zones.

use super::*;
use crate::approval::Matter;
use crate::approval::Risk;

/// What is said of one freeze with these lines beside name and reason.
fn said_of(all: &[&str]) -> String {
    let mut said = String::new();
    for lines in all {
        let text = format!("{SOUND}[[freezes]]\nname = \"x\"\nreason = \"y\"\n{lines}\n");
        writeln!(said, "{lines}\n{}\n", problems(&text)).unwrap();
    }
    said
}

#[test]
fn a_freeze_says_when_where_and_why() {
    let text = format!(
        "{SOUND}[[freezes]]\nname = \"Christmas\"\nreason = \"Nobody is there.\"\nfrom = \"2026-12-24T12:00:00+01:00\"\n\
         until = \"2027-01-04T09:00:00Z\"\n[[freezes]]\nname = \"nights\"\nreason = \"People sleep.\"\nenvironments = [\"production\"]\n\
         operations = [\"dataset\"]\ndays = [\"sat\", \"fri\"]\nfrom = \"17:00\"\nuntil = \"08:30\"\ntime_zone = \"Europe/London\"\n"
    );
    let (config, _) = read(&text).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&config.policy.freezes).unwrap(), @r#"
    [
      {
        "name": "Christmas",
        "reason": "Nobody is there.",
        "environments": [],
        "operations": [],
        "window": {
          "once": {
            "from": "2026-12-24T11:00:00Z",
            "until": "2027-01-04T09:00:00Z"
          }
        }
      },
      {
        "name": "nights",
        "reason": "People sleep.",
        "environments": [
          "production"
        ],
        "operations": [
          "dataset"
        ],
        "window": {
          "weekly": {
            "days": [
              "fri",
              "sat"
            ],
            "from": "17:00:00",
            "until": "08:30:00",
            "time_zone": "Europe/London"
          }
        }
      }
    ]
    "#);
    // 2026-07-10 is a Friday, in British Summer Time.
    let matter =
        Matter { operation: "dataset withdraw", environment: "production", risk: Risk::Reversible, size: 1 };
    let held = config.policy.frozen(&matter, "2026-07-10T16:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(held.until.to_string(), "2026-07-11T07:30:00Z");
    assert_ne!(config.policy.digest(), read(SOUND).unwrap().0.policy.digest());
}

const MISREADABLE: [&str; 18] = [
    "",
    "from = \"2026-12-24T12:00:00\"\nuntil = \"2027-01-04T09:00:00Z\"",
    "from = 2026-12-24T12:00:00Z\nuntil = \"2027-01-04T09:00:00Z\"",
    "from = \"2026-12-24T12:00:00Z\"\nuntil = \"2026-12-24T12:00:00Z\"",
    "from = \"17:00\"\nuntil = \"08:30\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = [\"fri\"]",
    "from = \"17:00\"\nuntil = \"08:30\"\ntime_zone = \"Europe/London\"",
    "from = \"17:00\"\nuntil = \"24:00\"\ndays = [\"fri\"]\ntime_zone = \"Europe/London\"",
    "from = \"5pm\"\nuntil = \"8:30\"\ndays = [\"fri\"]\ntime_zone = \"Europe/London\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = [\"friday\", \"tue\", \"tue\", \"x\"]\ntime_zone = \"Europe/London\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = []\ntime_zone = \"Europe/London\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = [\"fri\"]\ntime_zone = \"Europe/Londn\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = [\"fri\"]\ntime_zone = \"Etc/Unknown\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = [\"fri\"]\ntime_zone = \"+01:00\"",
    "from = \"17:00\"\nuntil = \"08:30\"\ndays = [\"fri\"]\ntime_zone = \"UTC\"",
    "from = \"2026-12-24T12:00:00Z\"\nuntil = \"2027-01-04T09:00:00Z\"\ndays = [\"fri\"]\ntime_zone = \"UTC\"",
    "from = \"2026-12-24T12:00:00Z\"\nuntil = \"2027-01-04T09:00:00Z\"\nenvironments = [\"staging\"]\noperations = [\"dataset show\"]",
    "from = \"2026-12-24T12:00:00Z\"\nuntil = \"2027-01-04T09:00:00Z\"\ntimezone = \"UTC\"",
];

#[test]
fn a_freeze_can_be_read_in_one_way_only() {
    insta::assert_snapshot!(said_of(&MISREADABLE), @r#"

    ckan-chatops.toml:20: [[freezes]] has no from; write from = "2026-12-24T12:00:00+00:00"
    ckan-chatops.toml:20: [[freezes]] has no until; write until = "2027-01-04T09:00:00+00:00"

    from = "2026-12-24T12:00:00"
    until = "2027-01-04T09:00:00Z"
    ckan-chatops.toml:23: from is not a moment with its offset; write one like "2026-12-24T12:00:00+00:00", or add days and time_zone for a freeze of every week

    from = 2026-12-24T12:00:00Z
    until = "2027-01-04T09:00:00Z"
    ckan-chatops.toml:23: from is not of the right kind; write from = "2026-12-24T12:00:00+00:00"

    from = "2026-12-24T12:00:00Z"
    until = "2026-12-24T12:00:00Z"
    ckan-chatops.toml:24: until is not after from; write the first moment after the freeze

    from = "17:00"
    until = "08:30"
    ckan-chatops.toml:23: from is not a moment with its offset; write one like "2026-12-24T12:00:00+00:00", or add days and time_zone for a freeze of every week
    ckan-chatops.toml:24: until is not a moment with its offset; write one like "2026-12-24T12:00:00+00:00", or add days and time_zone for a freeze of every week

    from = "17:00"
    until = "08:30"
    days = ["fri"]
    ckan-chatops.toml:20: [[freezes]] has no time_zone; write time_zone = "Europe/London"

    from = "17:00"
    until = "08:30"
    time_zone = "Europe/London"
    ckan-chatops.toml:20: [[freezes]] has a time_zone and no days; write days = ["fri"], or from and until with date and offset and no time_zone

    from = "17:00"
    until = "24:00"
    days = ["fri"]
    time_zone = "Europe/London"
    ckan-chatops.toml:24: until is not a time of the day; write hours and minutes, for example "06:00"

    from = "5pm"
    until = "8:30"
    days = ["fri"]
    time_zone = "Europe/London"
    ckan-chatops.toml:23: from is not a time of the day; write hours and minutes, for example "06:00"
    ckan-chatops.toml:24: until is not a time of the day; write hours and minutes, for example "06:00"

    from = "17:00"
    until = "08:30"
    days = ["friday", "tue", "tue", "x"]
    time_zone = "Europe/London"
    ckan-chatops.toml:25: days: "friday" is no day; did you mean "fri"?
    ckan-chatops.toml:25: days: "tue" is there twice; leave one out
    ckan-chatops.toml:25: days: "x" is no day; write "mon", "tue", "wed", "thu", "fri", "sat" or "sun"

    from = "17:00"
    until = "08:30"
    days = []
    time_zone = "Europe/London"
    ckan-chatops.toml:25: days is empty; write days = ["fri"], or leave it out

    from = "17:00"
    until = "08:30"
    days = ["fri"]
    time_zone = "Europe/Londn"
    ckan-chatops.toml:26: time_zone is not a time zone; did you mean "Europe/London"?

    from = "17:00"
    until = "08:30"
    days = ["fri"]
    time_zone = "Etc/Unknown"
    ckan-chatops.toml:26: time_zone is not a time zone; did you mean "Etc/UTC"?

    from = "17:00"
    until = "08:30"
    days = ["fri"]
    time_zone = "+01:00"
    ckan-chatops.toml:26: time_zone is not a time zone; write its name, for example "Europe/London"

    from = "17:00"
    until = "08:30"
    days = ["fri"]
    time_zone = "UTC"
    accepted

    from = "2026-12-24T12:00:00Z"
    until = "2027-01-04T09:00:00Z"
    days = ["fri"]
    time_zone = "UTC"
    ckan-chatops.toml:23: from is not a time of the day; write hours and minutes, for example "06:00"
    ckan-chatops.toml:24: until is not a time of the day; write hours and minutes, for example "06:00"

    from = "2026-12-24T12:00:00Z"
    until = "2027-01-04T09:00:00Z"
    environments = ["staging"]
    operations = ["dataset show"]
    ckan-chatops.toml:25: environments: "staging" is no environment of this file; it has production
    ckan-chatops.toml:26: operations: "dataset show" changes nothing, so nobody has to approve it; leave it out

    from = "2026-12-24T12:00:00Z"
    until = "2027-01-04T09:00:00Z"
    timezone = "UTC"
    ckan-chatops.toml:25: unknown key timezone in [[freezes]]; did you mean time_zone?
    "#);
}

#[test]
fn the_name_and_the_reason_of_a_freeze_are_there_and_short() {
    let long = "x".repeat(201);
    let christmas = "from = \"2026-12-24T12:00:00Z\"\nuntil = \"2027-01-04T09:00:00Z\"";
    let freezes = format!(
        "{SOUND}[[freezes]]\n{christmas}\n[[freezes]]\nname = \"{}\"\nreason = \"{long}\"\n{christmas}\n",
        &long[..61]
    );
    insta::assert_snapshot!(problems(&freezes), @r#"
    ckan-chatops.toml:20: [[freezes]] has no name; write name = "Christmas"
    ckan-chatops.toml:20: [[freezes]] has no reason; write reason = "Nobody is there to help."
    ckan-chatops.toml:24: name is longer than 60 characters; write fewer
    ckan-chatops.toml:25: reason is longer than 200 characters; write fewer
    "#);
}

#[test]
fn freezes_of_every_week_leave_some_time() {
    let weekly = |name: &str, lines: &str| {
        format!("[[freezes]]\nname = \"{name}\"\nreason = \"y\"\ntime_zone = \"Europe/London\"\n{lines}\n")
    };
    let all = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";
    let nights = weekly("nights", &format!("{all}\nfrom = \"17:00\"\nuntil = \"09:00\""));
    let days = |more: &str| weekly("days", &format!("{all}\nfrom = \"09:00\"\nuntil = \"17:00\"\n{more}"));
    let said: Vec<String> = [
        weekly("always", &format!("{all}\nfrom = \"00:00\"\nuntil = \"00:00\"")),
        weekly("clock changes", &format!("{all}\nfrom = \"01:30\"\nuntil = \"01:30\"")),
        weekly("nearly", &format!("{all}\nfrom = \"00:01\"\nuntil = \"00:00\"")),
        weekly("six days", "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\"]\nfrom = \"00:00\"\nuntil = \"00:00\""),
        format!("{nights}{}", days("")),
        format!("{nights}{}", days("operations = [\"index\"]")),
        format!("{nights}{}", days("operations = [\"index\"]").replace("17:00\"\nop", "16:59\"\nop")),
        nights.clone(),
        "[[freezes]]\nname = \"long\"\nreason = \"y\"\nfrom = \"2020-01-01T00:00:00Z\"\nuntil = \"2999-01-01T00:00:00Z\"\n".to_owned(),
    ]
    .iter()
    .map(|freezes| format!("{}\n", problems(&format!("{SOUND}{freezes}"))))
    .collect();
    insta::assert_snapshot!(said.concat(), @r#"
    ckan-chatops.toml:20: "always" leaves no moment of the week free, so dataset withdraw could never be done on production; leave some time out
    ckan-chatops.toml:20: "clock changes" leaves no moment of the week free, so dataset withdraw could never be done on production; leave some time out
    accepted
    accepted
    ckan-chatops.toml:27: "nights" and "days" leave no moment of the week free, so dataset withdraw could never be done on production; leave some time out
    ckan-chatops.toml:27: "nights" and "days" leave no moment of the week free, so index dataset could never be done on production; leave some time out
    accepted
    accepted
    accepted
    "#);
}
