//! What is refused before anything is asked of a second person, each with its own sentence.

use std::error::Error as _;

use ckan_chatops::operations::Registry;

use crate::world::{Op, World, only, parsed, refusal, these};

#[tokio::test]
async fn a_withdrawal_that_makes_no_sense_is_refused_in_words() {
    let world = World::enter().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let mut said = Vec::new();
    for target in [
        "no-such-dataset",
        "00000000-0000-4000-8000-000000000000",
        "business-counts-2015",
        "environment-agency-catalogue",
    ] {
        said.push(refusal(withdraw.plan(these(target)).await));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    There is no dataset with the slug `no-such-dataset` on production. Check it against the address of the dataset's page, and the environment.
    There is no dataset with the UUID `00000000-0000-4000-8000-000000000000` on production. Check it against the address of the dataset's page, and the environment.
    “Business Counts 2015” (`business-counts-2015`) is already withdrawn; it last changed on 18 March 2024, 17:02 UTC. To bring it back, type `/ckan restore business-counts-2015`.
    “Environment Agency Catalogue” (`environment-agency-catalogue`) is a harvest source, not a dataset: withdrawing it would switch its harvester off. Give the slug, UUID or address of a dataset.
    "#);
}

#[tokio::test]
async fn a_restore_that_makes_no_sense_is_refused_in_words() {
    let world = World::enter().await;
    let registry = Registry::all();
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let mut said = Vec::new();
    for target in ["no-such-dataset", "gp-practice-prescribing", "leeds-data-mill"] {
        said.push(refusal(restore.plan(only(target)).await));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    There is no dataset with the slug `no-such-dataset` on production. Check it against the address of the dataset's page, and the environment.
    “GP Practice Prescribing” (`gp-practice-prescribing`) is not withdrawn: it is active. If you mean an older dataset that had this slug, give its UUID.
    “Leeds Data Mill” (`leeds-data-mill`) is a harvest source, not a dataset: the bot does not switch harvesters on. Give the slug, UUID or address of a dataset.
    "#);
}

#[test]
fn two_targets_where_one_is_meant_are_refused_in_words() {
    for name in ["dataset restore", "dataset show", "dataset purge"] {
        let error = parsed(name, &["road-accidents-2019", "road-accidents-2018"]).unwrap_err();
        assert_eq!(
            error.source().unwrap().to_string(),
            "One dataset at a time: give one slug, UUID or address, and put a reason of several words in quotation \
             marks."
        );
    }
}

#[test]
fn a_target_that_is_none_is_refused_with_what_to_type() {
    let error = parsed("dataset withdraw", &["Road-Accidents-2019"]).unwrap_err();
    assert_eq!(
        error.source().unwrap().to_string(),
        "Slugs are in small letters. If this is the dataset you mean, type `road-accidents-2019`."
    );
    assert_eq!(
        parsed("dataset withdraw", &[]).unwrap_err().kind(),
        clap::error::ErrorKind::MissingRequiredArgument
    );
}

#[test]
fn the_grammar_holds_and_the_frozen_arguments_are_few() {
    for operation in Registry::all().iter() {
        operation.augment(clap::Command::new("it")).debug_assert();
    }
    let frozen =
        parsed("dataset withdraw", &["https://data.example.org/dataset/road-accidents-2019"]).unwrap();
    insta::assert_snapshot!(frozen, @r#"{"bad_lines":[],"list":false,"publisher":null,"repeated":[],"targets":["https://data.example.org/dataset/road-accidents-2019"]}"#);
    let frozen =
        parsed("dataset restore", &["road-accidents-2019", "--to", "draft", "--group", "roads"]).unwrap();
    insta::assert_snapshot!(frozen, @r#"{"erase_removed_resources":false,"groups":["roads"],"target":"road-accidents-2019","to":"draft"}"#);
}

#[test]
fn the_help_is_as_reviewed() {
    let registry = Registry::all();
    let restore = registry.find("dataset restore").unwrap();
    let mut command = restore.augment(clap::Command::new("restore")).disable_help_flag(true);
    insta::assert_snapshot!(command.render_help(), @r#"
    Give a withdrawn dataset back as it was.

    Usage: restore [OPTIONS] <DATASET>

    Arguments:
      <DATASET>  The dataset: its slug, its UUID, or the address of its page

    Options:
          --to <STATE>               The state to give back; without it, active [possible values: active, draft]
          --group <GROUP>            A group to put it back into, by its slug; may be given several times
          --erase-removed-resources  Accept that CKAN before 2.12 erases resources that were removed from the dataset earlier
    "#);
}
