//! `user find`: the accounts with a text in their name or address.
//!
//! Guarantees that addresses are masked and that a long list says how much of it is not shown. Changes nothing.

use serde::{Deserialize, Serialize};

use super::account::state;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::{Site, User};
use crate::sentences::address::{mask, without_addresses};
use crate::sentences::text::Text;

/// As many as a person reads, and few enough for one message.
const MOST: usize = 20;
/// CKAN answers without pages: less than this could be every account there is.
const SHORTEST: usize = 3;
const LONGEST: usize = 254;

/// Finds accounts.
pub struct UserFind;

/// The text to look for, or what to type instead.
fn piece(words: &[String]) -> Result<String, PlanError> {
    let text = words.join(" ").trim().to_owned();
    // For CKAN's database a percent sign stands for anything and a low line for any letter.
    let says_something = text.chars().filter(|letter| !"%_\\".contains(*letter)).count() >= SHORTEST;
    let why = if !says_something {
        "Type at least three characters of the user's name or e-mail address."
    } else if text.chars().count() > LONGEST || text.contains(['%', '\\']) {
        "Type a part of the user's name or e-mail address as it is written."
    } else {
        return Ok(text);
    };
    Err(PlanError::Refused(why.to_owned()))
}

/// What `user find` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// A part of the log-in name, the person's name or the e-mail address
    #[arg(value_name = "TEXT", required = true, num_args = 1..)]
    text: Vec<String>,
}

impl ReadOperation for UserFind {
    const META: Meta = Meta {
        name: "user find",
        short: &[],
        summary: "Find users by a part of their name or e-mail address.",
        risk: Risk::Read,
        example: "user find transport",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        let text = piece(&arguments.text)?;
        Ok(Reply::Say(find(asking.site, &text).await?))
    }
}

async fn find(site: &Site, text: &str) -> Result<Answer, PlanError> {
    let (proof, found) = tokio::join!(site.prove(), User::search(site, text));
    proof?;
    let mut found = found?;
    found.extend(User::deleted(site, text).await?);
    Ok(answer(&found, &site.environment, site.database().is_some()))
}

fn answer(found: &[User], environment: &str, knows_deleted: bool) -> Answer {
    let title = match found.len() {
        0 => format!("No user on {environment} has this in the name or address"),
        1 => format!("One user on {environment}"),
        many => format!("{many} users on {environment}"),
    };
    let mut lines: Vec<Text> = found.iter().take(MOST).map(line).collect();
    if found.len() > MOST {
        lines.push(Text::from(format!(
            "{} more are not shown. Type more of the name or address.",
            found.len() - MOST
        )));
    }
    lines.push(Text::from(if knows_deleted {
        "A deleted user is among them only where this is the whole address or log-in name."
    } else {
        "Deleted users are not among them; `/ckan user show` shows one of them by the log-in name."
    }));
    Answer { title, shown: vec![], lines }
}

fn line(user: &User) -> Text {
    let address = user.email.as_ref().map_or_else(|| "no address".to_owned(), |email| mask(email.whole()));
    let sysadmin = if user.sysadmin { ", sysadmin" } else { "" };
    Text::new().code(&user.name).plain(format!(
        " {}, {address}, {}{sysadmin}",
        without_addresses(user.label()),
        state(user)
    ))
}
