//! One sentence for each mistake.

use std::fmt::Write as _;

use super::*;

fn sentences(texts: &[&str]) -> String {
    let mut all = String::new();
    for text in texts {
        writeln!(all, "{}\n  {}", text.escape_debug(), sentence(text)).unwrap();
    }
    all
}

#[test]
fn unknown_commands_are_told_the_nearest() {
    insta::assert_snapshot!(sentences(&[
        "widthdraw x",
        "dataset withdrw x",
        "datasets withdraw x",
        "dataset purge x",
        "dataset",
        "purge everything",
        "x` <!channel>",
        "\"\"",
    ]), @r#"
    widthdraw x
      [command] There is no command `widthdraw`. Did you mean `/ckan withdraw`?
    dataset withdrw x
      [command] There is no command `dataset withdrw`. Did you mean `/ckan dataset withdraw`?
    datasets withdraw x
      [command] There is no command `datasets withdraw`. Did you mean `/ckan dataset withdraw`?
    dataset purge x
      [command] There is no command `dataset purge`. Write `/ckan dataset withdraw` or `/ckan dataset show`.
    dataset
      [command] That needs one more word: `/ckan dataset withdraw` or `/ckan dataset show`.
    purge everything
      [command] There is no command `purge`. `/ckan help` shows what you can ask for.
    x` <!channel>
      [command] There is no command `x`. `/ckan help` shows what you can ask for.
    \"\"
      [command] There is no command (nothing). `/ckan help` shows what you can ask for.
    "#);
}

#[test]
fn options_are_told_their_mistakes() {
    insta::assert_snapshot!(sentences(&[
        "withdraw x --reson \"y\"",
        "withdraw x --force",
        "withdraw x -f",
        "withdraw x --reason",
        "withdraw x --reason --ticket 51234",
        "withdraw x --ticket",
        "withdraw x --resources",
        "withdraw x -r \"a\" --reason \"b\"",
        "withdraw x --quietly=yes",
        "withdraw x --to",
        "withdraw x --to drfat",
        "withdraw x --to moon",
        "withdraw x --reason duplicate of y",
        "withdraw x --reason \"why",
        "list --env staging",
        "list --reason \"why\"",
    ]), @r#"
    withdraw x --reson \"y\"
      [option] `dataset withdraw` has no option `--reson`. Did you mean `--reason`?
    withdraw x --force
      [option] `dataset withdraw` has no option `--force`. It takes `--resources`, `--to`, `--quietly`, `--reason`, `--ticket`, `--requested-by` and `--env`.
    withdraw x -f
      [option] `dataset withdraw` has no option `-f`. It takes `--resources`, `--to`, `--quietly`, `--reason`, `--ticket`, `--requested-by` and `--env`.
    withdraw x --reason
      [option] `--reason` has no value. Write `--reason "why"`.
    withdraw x --reason --ticket 51234
      [option] `--reason` has no value. Write `--reason "why"`.
    withdraw x --ticket
      [option] `--ticket` has no value. Write `--ticket 51234`.
    withdraw x --resources
      [option] `--resources` has no value. Write `--resources` and then the value.
    withdraw x -r \"a\" --reason \"b\"
      [option] `--reason` is there more than once. Keep one of them.
    withdraw x --quietly=yes
      [option] `--quietly` takes no value. Write `--quietly` alone.
    withdraw x --to
      [option] `--to` has no value. Write `--to` and then the value.
    withdraw x --to drfat
      [option] `--to` does not take `drfat`. Did you mean `--to draft`?
    withdraw x --to moon
      [option] `--to` does not take `moon`. Write `--to active` or `--to draft`.
    withdraw x --reason duplicate of y
      [target] `of` is too much. Put the whole reason into quotation marks: `--reason "why"`.
    withdraw x --reason \"why
      [unreadable] A quotation mark is opened and never closed. Write the reason like this: `--reason "why"`.
    list --env staging
      [option] `request list` has no option `--env`. Leave it out.
    list --reason \"why\"
      [option] `request list` has no option `--reason`. Leave it out.
    "#);
}

#[test]
fn targets_are_told_their_mistakes() {
    insta::assert_snapshot!(sentences(&[
        "withdraw",
        "withdraw --reason \"why\"",
        "withdraw \"\"",
        "withdraw “ ”",
        "withdraw x y --reason \"why\"",
        "withdraw x y --reason why",
        "withdraw x,",
        "withdraw -- -x",
        "withdraw x --resources=-1",
        "withdraw road\u{200b}accidents",
        "withdraw x\u{7}",
        "list x",
    ]), @r#"
    withdraw
      [target] `dataset withdraw` needs a dataset. For example: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw --reason \"why\"
      [target] `dataset withdraw` needs a dataset. For example: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw \"\"
      [target] `dataset withdraw` needs a dataset. For example: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw “ ”
      [target] `dataset withdraw` needs a dataset. For example: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw x y --reason \"why\"
      [target] `y` is too much for `dataset withdraw`. Send one command for each target, like this: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw x y --reason why
      [target] `y` is too much for `dataset withdraw`. Send one command for each target, like this: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw x,
      [target] `x,` has a comma in it. Leave it out.
    withdraw -- -x
      [target] `-x` begins with a dash, so it cannot be a name on CKAN. For example: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw x --resources=-1
      [target] `-1` begins with a dash, so it cannot be a name on CKAN. For example: `/ckan withdraw road-accidents-2019 --reason "Replaced"`
    withdraw road\u{200b}accidents
      [target] There are invisible characters in what looks like `roadaccidents`, so it may not be what it seems. Type it by hand, or copy it from CKAN again.
    withdraw x\u{7}
      [unreadable] There is a control character (U+0007) in that command, probably from copying. Type it again by hand.
    list x
      [target] `request list` takes nothing more, so leave `x` out: `/ckan request list`
    "#);
}

#[test]
fn reasons_tickets_and_environments_are_told_their_mistakes() {
    let long = format!("withdraw x --reason \"{}\"", "y".repeat(501));
    let longer = format!("withdraw x --reason \"{}\"", "y".repeat(3000));
    let said = sentences(&[
        "withdraw x --reason \"\"",
        "withdraw x --reason=\"--ticket\"",
        "withdraw x --ticket 5",
        "withdraw x --ticket abc`<@U1>",
        "withdraw x --ticket \"\"",
        "withdraw x --env prod",
        "withdraw x --env stagign",
        "withdraw x --env moon",
    ]) + &sentence(&long)
        + "\n"
        + &sentence(&longer);
    insta::assert_snapshot!(said, @r#"
    withdraw x --reason \"\"
      [reason] The reason is empty. Say why in a few words, for the approver and for the record: `--reason "why"`.
    withdraw x --reason=\"--ticket\"
      [reason] The reason begins with a dash: `--ticket`. Write it without, so that it is not an option gone astray.
    withdraw x --ticket 5
      [ticket] `5` is not a ticket number. A ticket number looks like `51234`.
    withdraw x --ticket abc`<@U1>
      [ticket] `abc U1` is not a ticket number. A ticket number looks like `51234`.
    withdraw x --ticket \"\"
      [ticket] (nothing) is not a ticket number. A ticket number looks like `51234`.
    withdraw x --env prod
      [environment] There is no environment `prod`. Did you mean `--env production`?
    withdraw x --env stagign
      [environment] There is no environment `stagign`. Did you mean `--env staging`?
    withdraw x --env moon
      [environment] There is no environment `moon`. Write `production` or `staging`, or leave `--env` out.
    [reason] The reason has 501 characters, and 500 is the most. Keep it short and put the details into the ticket.
    [too_long] That command has 3022 characters, and 2000 is the most. Put the details into the ticket and keep the reason short.
    "#);
}

#[test]
fn a_pattern_without_a_known_example_is_shown_itself() {
    let registry = Registry::of(vec![registry::change(Withdraw)]);
    let grammar = Grammar::new(&registry, &["production".to_owned()], Some("Z[0-9]"));
    insta::assert_snapshot!(spoken(&grammar.ticket("Z1x").unwrap_err().sentence), @"`Z1x` is not a ticket number. It has to fit the pattern `Z[0-9]`.");
    assert_eq!(grammar.ticket("Z1").unwrap(), "Z1");
}
