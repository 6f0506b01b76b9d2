//! What `user email` says.
//!
//! Guarantees that only [`reply`], which the requester alone gets, has a whole address in it.

use crate::approval::Target;
use crate::ckan::{EmailDomains, User};
use crate::operations::Answer;
use crate::operations::account::Account;
use crate::sentences::address::mask;
use crate::sentences::text::Text;

/// What was asked, for warnings.
pub(super) struct Asked<'a> {
    pub(super) account: &'a Account,
    pub(super) new: &'a str,
    pub(super) had_capitals: bool,
    pub(super) as_it_was: bool,
    /// Accounts that have the new address and cannot log in with it.
    pub(super) others: &'a [User],
    pub(super) domains: &'a EmailDomains,
}

pub(super) const WORDS_AFTER: &str = "There are words after the address. Put a reason of several words in quotation \
                                      marks: `--reason \"Changed department\"`.";

pub(super) fn domain_not_allowed(domains: &EmailDomains) -> String {
    format!(
        "Addresses of users must be in one of these domains or below it: {}. If another one is right, whoever runs the \
         bot has to add its domain to the configuration.",
        domains.in_words()
    )
}

pub(super) fn taken(name: &str) -> String {
    format!(
        "The user `{name}` has this address already; CKAN sends password links by address, so one address is for one \
         account. Look at it with `/ckan user show {name}`."
    )
}

pub(super) fn deleted(name: &str) -> String {
    format!("`{name}` is deleted, so nobody can log in with it. Somebody has to bring it back on CKAN first.")
}

pub(super) fn odd_state(name: &str) -> String {
    format!("`{name}` is in a state that CKAN does not know. Somebody has to put it right on CKAN first.")
}

pub(super) fn has_it_already(name: &str) -> String {
    format!("`{name}` has exactly this address already, so there is nothing to change.")
}

pub(super) fn effects(asked: &Asked<'_>) -> Vec<String> {
    vec![
        format!("CKAN sends its mail for this account to {}, also the link for a new password.", mask(asked.new)),
        "The password, the log-in name and the publishers stay as they are. CKAN tells nobody about the change."
            .to_owned(),
    ]
}

pub(super) fn warnings(asked: &Asked<'_>) -> Vec<String> {
    let account = asked.account;
    let mut warnings = vec![format!(
        "Whoever reads the new address can set a new password and act as this user, whose publishers are: {}. Make sure \
         that the account's owner asks for this: an answer from the present address, or somebody who knows them.",
        account.memberships_in_words()
    )];
    let admin_of = account.memberships.iter().filter(|one| one.role == "admin").count();
    if admin_of > 0 {
        warnings.push(
            "The user is an admin: whoever takes the account over can also let others into the publisher."
                .to_owned(),
        );
    }
    if let (Some(present), Some(domain)) = (&account.user.email, domain(asked.new))
        && self::domain(present.whole()).is_some_and(|before| !before.eq_ignore_ascii_case(domain))
    {
        warnings.push("The new address is in another domain than the present one.".to_owned());
    }
    if asked.as_it_was && !asked.domains.allow(asked.new) {
        warnings.push("The address is outside the domains that the bot takes for new addresses.".to_owned());
    } else if asked.domains.is_any() {
        warnings.push(
            "The bot's configuration allows every domain: check the spelling of this one letter by letter."
                .to_owned(),
        );
    }
    if asked.had_capitals {
        warnings.push(
            "It was typed with capitals and is set in small letters: before 2.12 CKAN takes capitals for another \
             address."
                .to_owned(),
        );
    }
    warnings.extend(asked.others.iter().map(|other| {
        format!(
            "The {} user {} has the new address, too, and cannot become active with it afterwards.",
            other.state.as_str(),
            other.name
        )
    }));
    if account.user.email.is_none() {
        warnings.push("It has no address now, so there is none to put back.".to_owned());
    }
    if !account.user.has_a_name_of_today() {
        warnings.push(
            "Its log-in name is from before CKAN's rule for names. A CKAN without a patch for such names refuses the \
             change; then nothing is changed."
                .to_owned(),
        );
    }
    warnings
}

fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// What the requester sends to the user, to copy.
pub(super) fn reply(target: &Target, new: &str, reset_page: &str) -> Answer {
    let body = [
        format!("Hello {},", target.title),
        format!(
            "The e-mail address of your account “{}” is now {new}. To log in, open {reset_page}, type your user name, \
             and follow the link that is sent to this address to set a new password.",
            target.name
        ),
        "If you did not ask for this, tell us at once by answering this message.".to_owned(),
    ];
    Answer {
        title: "Send this to the user:".to_owned(),
        shown: vec![],
        lines: body.into_iter().map(|line| Text::new().plain(line)).collect(),
    }
}
