//! `user email`: gives an account another e-mail address.
//!
//! Guarantees that no whole address is in what the channel, the audit or a moved plan shows: plans carry whole
//! addresses only in [`Plan::private`], and bind them by keyed tags. Only the address is sent to CKAN, never a password.
//! Leaves to people whether the one who asks is the account's owner.

mod wording;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::account::Account;
use super::new_address::{NewAddress, NotAnAddress};
use super::user_target::UserTarget;
use super::{Answer, ChangeOperation, Facts, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::{Owner, Plan};
use crate::ckan::{CallError, Cause, Site, User, UserState};
use crate::sentences::address::mask;

const PRESENT: &str = "Present address";
const NEW: &str = "New address";

/// Gives an account another e-mail address.
pub struct UserEmail;

/// What `user email` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The user: the log-in name, the UUID, or the address of the user's page
    #[arg(value_name = "USER")]
    user: UserTarget,
    /// The new e-mail address
    #[arg(value_name = "ADDRESS", required = true, num_args = 1..)]
    address: Vec<AddressWord>,
    /// Gives back what CKAN had, as it was. Only the way back of a request says so.
    #[arg(skip)]
    #[serde(default)]
    as_it_was: bool,
}

/// One word of an address that may have a person's name before it: `Jo Bloggs <jo@example.gov.uk>`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct AddressWord(String);

impl std::fmt::Debug for AddressWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[word]")
    }
}

impl FromStr for AddressWord {
    type Err = NotAnAddress;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        // Its look-alikes too, so that the sentence comes before the form.
        if word.contains(['@', '\u{ff20}', '\u{fe6b}']) {
            word.parse::<NewAddress>()?;
        }
        Ok(Self(word.to_owned()))
    }
}

impl Arguments {
    fn address(&self) -> Result<NewAddress, PlanError> {
        if let ([word], true) = (self.address.as_slice(), self.as_it_was) {
            return Ok(NewAddress::kept(&word.0));
        }
        let words: Vec<&str> = self.address.iter().map(|word| word.0.as_str()).collect();
        let mut after = words.iter().skip_while(|word| !word.contains('@'));
        let typed = match (after.next(), after.next()) {
            (Some(address), None) => address.parse::<NewAddress>(),
            (Some(_), Some(next)) if !next.contains('@') => {
                return Err(PlanError::Refused(wording::WORDS_AFTER.to_owned()));
            }
            _ => words.join(" ").parse(),
        };
        typed.map_err(|why| PlanError::Refused(why.to_string()))
    }
}

#[derive(Serialize, Deserialize)]
struct Work {
    id: Uuid,
    /// What stands for the address that it has, and for the one that it gets.
    present_address: String,
    new_address: String,
    /// Where the person sets a new password.
    reset_page: String,
    legacy_name: bool,
}

impl ChangeOperation for UserEmail {
    const META: Meta = Meta {
        name: "user email",
        short: &["email"],
        summary: "Give a user another e-mail address; it is masked in the channel.",
        risk: Risk::Reversible,
        example: "email dft-editor edwin.transport@dft.example.org --reason \"Changed department\" --ticket 51234",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
        let typed = arguments.address()?;
        let new = if arguments.as_it_was { typed.as_typed().to_owned() } else { typed.in_small_letters() };
        let account = Account::of(site, &arguments.user).await?;
        account.must_not_be_protected()?;
        changeable(&account, &new)?;
        let domains = site.email_domains();
        if !arguments.as_it_was && !domains.allow(&new) {
            return Err(PlanError::Refused(wording::domain_not_allowed(domains)));
        }
        let others = others_with(site, &account.user, &new).await?;
        if let Some(holder) = others.iter().find(|user| user.state == UserState::Active) {
            return Err(PlanError::Refused(wording::taken(&holder.name)));
        }
        let present = account.user.email.as_ref().map_or("", |address| address.whole());
        let work = Work {
            id: account.user.id,
            present_address: site.tag(present),
            new_address: site.tag(&new),
            reset_page: format!("{}/user/reset", account.proof.site_url.trim_end_matches('/')),
            legacy_name: !account.user.has_a_name_of_today(),
        };
        let mut shown = account.shown();
        shown.retain(|(label, _)| label != "Address" && label != "Sysadmin");
        shown.push((PRESENT.to_owned(), account.masked_address()));
        shown.push((NEW.to_owned(), mask(&new)));
        let mut private = vec![(format!("{NEW}, whole"), new.clone())];
        if !present.is_empty() {
            private.insert(0, (format!("{PRESENT}, whole"), present.to_owned()));
        }
        let asked = wording::Asked {
            account: &account,
            new: &new,
            had_capitals: typed.as_typed() != new,
            as_it_was: arguments.as_it_was,
            others: &others,
            domains,
        };
        Ok(Plan {
            targets: vec![account.target()],
            owners: vec![Owner::Account(account.user.id)],
            shown,
            effects: wording::effects(&asked),
            warnings: wording::warnings(&asked),
            facts: facts(&account, &new, &others, &work),
            work: json!(work),
            private,
            ..Plan::of(format!("Change the e-mail address of “{}” on {}", account.title(), site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, _: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        let unreadable = || CallError::nothing_done("user_patch", Cause::BadRequest);
        // The digest binds the tag and not the text: what is sent is what was approved.
        let new = whole(plan, NEW).filter(|new| site.tag(new) == work.new_address).ok_or_else(unreadable)?;
        let sent = site.write("user_patch", &json!({ "id": work.id, "email": new })).await;
        sent.map_err(|error| match error.cause {
            Cause::Invalid if work.legacy_name => CallError { cause: Cause::LegacyName, ..error },
            Cause::Invalid => CallError { cause: Cause::AddressRefused, ..error },
            _ => error,
        })
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let work = work(plan)?;
        let user = User::show(site, &work.id.to_string()).await?;
        let has = user.email.as_ref().map_or("", |address| address.whole());
        let tag = site.tag(has);
        Ok(if tag == work.new_address {
            Sighting::Happened(vec![format!("CKAN has the new address, {}.", mask(has))])
        } else if tag == work.present_address {
            Sighting::NotHappened(vec!["CKAN still has the address from before.".to_owned()])
        } else {
            Sighting::NotHappened(vec![
                "CKAN has neither the address from before nor the new one.".to_owned(),
            ])
        })
    }

    fn inverse(&self, plan: &Plan) -> Option<Inverse> {
        let arguments = Arguments {
            user: UserTarget::of(work(plan).ok()?.id),
            address: vec![AddressWord(whole(plan, PRESENT)?.to_owned())],
            as_it_was: true,
        };
        Some(Inverse {
            label: "Put back",
            operation: Self::META.name,
            arguments: serde_json::to_value(arguments).ok()?,
        })
    }

    fn epilogue(&self, plan: &Plan) -> Option<Answer> {
        let work = work(plan).ok()?;
        let target = plan.targets.first()?;
        Some(wording::reply(target, whole(plan, NEW)?, &work.reset_page))
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("user_patch", Cause::BadRequest))
}

/// One of the plan's whole addresses.
fn whole<'a>(plan: &'a Plan, which: &str) -> Option<&'a str> {
    let mut private = plan.private.iter();
    private.find(|(label, _)| label.starts_with(which)).map(|(_, address)| address.as_str())
}

fn changeable(account: &Account, new: &str) -> Result<(), PlanError> {
    let name = &account.user.name;
    match &account.user.state {
        UserState::Active | UserState::Pending => {}
        UserState::Deleted => return Err(PlanError::Refused(wording::deleted(name))),
        UserState::Other(_) => return Err(PlanError::Refused(wording::odd_state(name))),
    }
    match &account.user.email {
        Some(present) if present.whole() == new => Err(PlanError::Refused(wording::has_it_already(name))),
        _ => Ok(()),
    }
}

/// Everybody else who has this address, whatever its capitals.
async fn others_with(site: &Site, user: &User, address: &str) -> Result<Vec<User>, PlanError> {
    let mut others = User::with_address(site, address).await?;
    others.extend(User::deleted(site, address).await?);
    others.retain(|other| other.id != user.id);
    others.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(others)
}

fn facts(account: &Account, new: &str, others: &[User], work: &Work) -> Facts {
    // Two addresses may be the same but for what the mask hides.
    let told = |masked: String, tag: &str| format!("{masked} (mark {})", tag.get(..8).unwrap_or_default());
    let also = others.iter().map(|user| format!("{} ({})", user.name, user.state.as_str()));
    let facts = [
        ("Log-in name", account.user.name.clone()),
        ("Name", account.title()),
        ("Account", account.state()),
        ("Publishers", account.memberships_in_words()),
        (PRESENT, told(account.masked_address(), &work.present_address)),
        (NEW, told(mask(new), &work.new_address)),
        ("Also with the new address", also.collect::<Vec<_>>().join(", ")),
    ];
    facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}
