//! What is said of whoever asked the team for a change.
//!
//! Guarantees that nothing here has a whole address in it, and that whatever speaks against them is a warning that
//! ends in what to check: an approver judges it. Leaves asking CKAN to `worker::source`.

use super::address::mask;

/// The label of who asked the team for a change.
pub const REQUESTED_BY: &str = "Requested by";

/// Publishers that are named.
const NAMED: usize = 3;

/// What CKAN says of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it could not be asked.
    Silent,
    /// No account that can be found has the address.
    NoAccount,
    /// The account was invited, and has not yet come.
    Pending,
    /// The account is switched off.
    Deactivated,
    /// They may do everything.
    Sysadmin,
    /// The account that is changed is theirs.
    OwnAccount,
    /// The account that is changed is not theirs.
    AnothersAccount,
    /// What they are in the publishers that own what is changed.
    Roles {
        /// Role and publisher's title.
        held: Vec<(String, String)>,
        /// Titles of those in which they are nothing.
        missing: Vec<String>,
    },
}

/// Nobody was named, and the runbook wants somebody.
pub fn nobody_named(of_account: bool) -> String {
    let whose = if of_account { "account owner's" } else { "publisher's" };
    format!("Nobody said who asked for this (`--requested-by`). The runbook wants the {whose} own request.")
}

/// The line on the card, and what an approver should think about.
pub fn told(address: &str, environment: &str, standing: &Standing) -> (String, Option<String>) {
    let who = mask(address);
    let warning = match standing {
        Standing::Sysadmin => return (format!("{who}, who is a sysadmin"), None),
        Standing::OwnAccount => return (format!("{who}, which is the account's own address"), None),
        Standing::Roles { held, missing } if missing.is_empty() => {
            return (row(&who, environment, held), None);
        }
        Standing::Roles { held, missing } => {
            let some = if held.is_empty() { "" } else { "some of " };
            let own = if missing.len() == 1 { "owns" } else { "own" };
            let warning = format!(
                "{who} is not a member of {}, which {own} {some}this: check that they may ask. A successor's member may.",
                names(missing.iter())
            );
            return (if held.is_empty() { who } else { row(&who, environment, held) }, Some(warning));
        }
        Standing::Silent => format!("CKAN could not say whose address {who} is: check that they may ask."),
        Standing::NoAccount => {
            format!(
                "No active account on {environment} has the address {who}: check who asked, and that they may."
            )
        }
        Standing::Pending => format!(
            "The account with the address {who} is pending: invited, and has not yet come. Check who asked, and that they \
             may."
        ),
        Standing::Deactivated => {
            format!("The account with the address {who} is deactivated: check who asked, and that they may.")
        }
        Standing::AnothersAccount => format!(
            "{who} is not the account's present address: make sure that its owner asks, and not somebody who wants to \
             take it over."
        ),
    };
    (who, Some(warning))
}

fn row(who: &str, environment: &str, held: &[(String, String)]) -> String {
    if held.is_empty() {
        return format!("{who}, who has an account on {environment}; this belongs to no publisher");
    }
    let mut roles: Vec<&str> = held.iter().map(|(role, _)| role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    let parts = roles.into_iter().map(|role| {
        let of: Vec<&String> = held.iter().filter(|(own, _)| own == role).map(|(_, name)| name).collect();
        let publisher = if of.len() == 1 { "publisher" } else { "publishers" };
        format!("{} the owning {publisher} {}", as_what(role), names(of.into_iter()))
    });
    format!("{who}, who is {}", parts.collect::<Vec<_>>().join(", and "))
}

fn as_what(role: &str) -> &'static str {
    match role {
        "admin" => "an admin of",
        "editor" => "an editor of",
        "member" => "a member, who may only read, of",
        _ => "of an unknown role in",
    }
}

/// `A`, `A and B`, `A, B, C and 4 more`.
fn names<'n>(names: impl ExactSizeIterator<Item = &'n String>) -> String {
    let count = names.len();
    let first: Vec<&str> = names.take(NAMED).map(String::as_str).collect();
    match (first.as_slice(), count.saturating_sub(NAMED)) {
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (first, 0) => first.concat(),
        (first, more) => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asked_is_told_as_reviewed() {
        let held = |roles: &[(&str, &str)]| -> Vec<(String, String)> {
            roles.iter().map(|(role, name)| ((*role).to_owned(), (*name).to_owned())).collect()
        };
        let missing =
            |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        let roles = |of: &[(&str, &str)], not_of: &[&str]| Standing::Roles {
            held: held(of),
            missing: missing(not_of),
        };
        let standings = [
            Standing::Silent,
            Standing::NoAccount,
            Standing::Pending,
            Standing::Deactivated,
            Standing::Sysadmin,
            Standing::OwnAccount,
            Standing::AnothersAccount,
            roles(&[], &[]),
            roles(&[("editor", "Defra")], &[]),
            roles(&[("member", "Defra")], &[]),
            roles(&[("editor", "Defra"), ("admin", "DfT"), ("editor", "Leeds")], &[]),
            roles(&[("x", "A"), ("x", "B"), ("x", "C"), ("x", "D"), ("x", "E")], &[]),
            roles(&[], &["Defra"]),
            roles(&[("admin", "DfT")], &["Defra"]),
            roles(&[("admin", "DfT")], &["Defra", "Leeds", "NHS England", "Ofsted"]),
        ];
        let said = standings.map(|standing| {
            let (row, warning) = told("jo.bloggs@defra.gov.uk", "production", &standing);
            [Some(row), warning].into_iter().flatten().collect::<Vec<_>>().join(" | ")
        });
        insta::assert_snapshot!(said.join("\n"), @"
        j…@defra.gov.uk | CKAN could not say whose address j…@defra.gov.uk is: check that they may ask.
        j…@defra.gov.uk | No active account on production has the address j…@defra.gov.uk: check who asked, and that they may.
        j…@defra.gov.uk | The account with the address j…@defra.gov.uk is pending: invited, and has not yet come. Check who asked, and that they may.
        j…@defra.gov.uk | The account with the address j…@defra.gov.uk is deactivated: check who asked, and that they may.
        j…@defra.gov.uk, who is a sysadmin
        j…@defra.gov.uk, which is the account's own address
        j…@defra.gov.uk | j…@defra.gov.uk is not the account's present address: make sure that its owner asks, and not somebody who wants to take it over.
        j…@defra.gov.uk, who has an account on production; this belongs to no publisher
        j…@defra.gov.uk, who is an editor of the owning publisher Defra
        j…@defra.gov.uk, who is a member, who may only read, of the owning publisher Defra
        j…@defra.gov.uk, who is an admin of the owning publisher DfT, and an editor of the owning publishers Defra and Leeds
        j…@defra.gov.uk, who is of an unknown role in the owning publishers A, B, C and 2 more
        j…@defra.gov.uk | j…@defra.gov.uk is not a member of Defra, which owns this: check that they may ask. A successor's member may.
        j…@defra.gov.uk, who is an admin of the owning publisher DfT | j…@defra.gov.uk is not a member of Defra, which owns some of this: check that they may ask. A successor's member may.
        j…@defra.gov.uk, who is an admin of the owning publisher DfT | j…@defra.gov.uk is not a member of Defra, Leeds, NHS England and 1 more, which own some of this: check that they may ask. A successor's member may.
        ");
        insta::assert_snapshot!([false, true].map(nobody_named).join("\n"), @"
        Nobody said who asked for this (`--requested-by`). The runbook wants the publisher's own request.
        Nobody said who asked for this (`--requested-by`). The runbook wants the account owner's own request.
        ");
    }
}
