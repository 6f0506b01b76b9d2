//! `ckan dataset` and `ckan user`: rows by the command line, past every permission and most of the side effects.
//!
//! Guarantees: a dataset that is deleted this way keeps its document in the index on 2.12; an account is printed with
//! its password's hash, as the real one does, so that a test can see that nobody passes it on.

use super::super::clock::ckan_time;
use super::terminal::{Gone, Terminal};

pub(super) async fn delete(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    let keeps = terminal.release.command_line_deletes_behind_the_index();
    let mut said = None;
    terminal.change(|state| {
        let now = state.clock.now();
        let Some(package) = state.catalogue.package(wanted).cloned() else { return false };
        let (name, before) = (package.fields.name.clone(), package.fields.state.clone());
        if keeps {
            state.catalogue.delete_in_the_database(package);
        } else {
            let mut fields = package.fields.clone();
            "deleted".clone_into(&mut fields.state);
            state.catalogue.replace_fields(&package.id, fields, false, now);
        }
        let changed = before != "deleted";
        said = Some(format!("{name} {before} -> deleted\n"));
        changed
    });
    print_or_fail(terminal, said, wanted).await
}

pub(super) async fn purge(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    let mut said = None;
    terminal.change(|state| {
        let Some(package) = state.catalogue.package(wanted).cloned() else { return false };
        state.catalogue.purge(&package.id);
        said = Some(format!("{} purged\n", package.fields.name));
        true
    });
    print_or_fail(terminal, said, wanted).await
}

async fn print_or_fail(terminal: &mut Terminal, said: Option<String>, wanted: &str) -> Result<i32, Gone> {
    let Some(said) = said else {
        let exception = format!("AssertionError: Could not find dataset matching reference: {wanted}");
        return terminal.traceback(&exception).await;
    };
    terminal.out(&said).await?;
    Ok(0)
}

pub(super) async fn show_user(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    let shown = terminal.look(|state| {
        let last_active = ckan_time(state.clock.now());
        let user = state.catalogue.user(wanted)?;
        Some(format!(
            "<User id={} name={} password=$pbkdf2-sha512$25000$sandboxSaltOfNobody$sandboxHashOfNoPassword fullname={} \
             email={} apikey=None created={} reset_key=sandboxResetKeyOfNobody about=None last_active={last_active} \
             sysadmin={} state={} image_url=None plugin_extras=None>",
            user.id,
            user.name,
            user.fullname,
            user.email,
            user.created,
            if user.sysadmin { "True" } else { "False" },
            user.state,
        ))
    });
    terminal.out(&format!("User: {}\n", shown.as_deref().unwrap_or("None"))).await?;
    Ok(0)
}
