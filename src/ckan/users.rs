//! The accounts of a CKAN.
//!
//! Guarantees that of everything CKAN tells about an account only what is named here is kept (it also tells keys and
//! hashes), and that an address is printed by no `Debug`. Leaves masking to `sentences::address`, and who may see a
//! whole address to operations.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::database::UserRow;
use super::{CallError, Cause, Site};

/// An e-mail address that must not be seen whole by everybody.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The address as CKAN has it.
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// Whether both are the same but for capitals. Mail servers treat such addresses as one.
    pub fn is_same_as(&self, other: &str) -> bool {
        self.0.trim().eq_ignore_ascii_case(other.trim())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[address]")
    }
}

/// What an account may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum UserState {
    /// Logs in.
    Active,
    /// Was invited and has not yet come.
    Pending,
    /// Was removed.
    Deleted,
    /// Something that CKAN's own code never writes.
    Other(String),
}

impl From<String> for UserState {
    fn from(state: String) -> Self {
        match state.as_str() {
            "active" => Self::Active,
            "pending" => Self::Pending,
            "deleted" => Self::Deleted,
            _ => Self::Other(state),
        }
    }
}

impl UserState {
    /// CKAN's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Deleted => "deleted",
            Self::Other(state) => state,
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// Its UUID, which outlives renaming.
    pub id: Uuid,
    /// Its log-in name.
    pub name: String,
    /// The person's name, where one was given.
    #[serde(default, rename = "fullname")]
    pub full_name: Option<String>,
    /// Its address; `None` where it has none.
    #[serde(default)]
    pub email: Option<Address>,
    /// What it may do.
    pub state: UserState,
    /// Whether it may do everything.
    #[serde(default)]
    pub sysadmin: bool,
}

/// One publisher that a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// The publisher's title, its slug where there is none.
    pub publisher: String,
    /// `admin`, `editor` or `member`.
    pub role: String,
    /// CKAN's id of the publisher.
    pub publisher_id: String,
}

#[derive(Deserialize)]
struct Publisher {
    id: String,
    name: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    capacity: Option<String>,
}

impl User {
    /// The account of this name or UUID, deleted ones too.
    pub async fn show(site: &Site, key: &str) -> Result<Self, CallError> {
        let question = json!({ "id": key, "include_datasets": false });
        let shown: Value = site.read("user_show", &question).await?;
        Self::from_shown(shown, "user_show")
    }

    /// Active and pending accounts with this text in their name, full name or address. CKAN's API tells of no others.
    pub async fn search(site: &Site, text: &str) -> Result<Vec<Self>, CallError> {
        let shown: Vec<Value> = site.read("user_list", &json!({ "q": text })).await?;
        shown.into_iter().map(|shown| Self::from_shown(shown, "user_list")).collect()
    }

    /// Active and pending accounts with this address, whatever its capitals. CKAN before 2.12 compares letter by letter
    /// where it is asked for an address, so it is searched for.
    pub async fn with_address(site: &Site, address: &str) -> Result<Vec<Self>, CallError> {
        let mut found = Self::search(site, address).await?;
        found.retain(|user| user.email.as_ref().is_some_and(|email| email.is_same_as(address)));
        Ok(found)
    }

    /// Deleted accounts of exactly this address or log-in name, where the database can be asked: the API lists none.
    pub async fn deleted(site: &Site, text: &str) -> Result<Vec<Self>, CallError> {
        let Some(database) = site.database() else { return Ok(vec![]) };
        let mut rows = database.read().users_with_email(text).await?;
        rows.extend(database.read().users_called(text).await?);
        let mut deleted: Vec<Self> =
            rows.into_iter().filter(|row| row.state == "deleted").filter_map(Self::from_row).collect();
        deleted.sort_by_key(|user| user.id);
        deleted.dedup_by_key(|user| user.id);
        Ok(deleted)
    }

    /// `None` for an id that is no UUID: CKAN makes none.
    fn from_row(row: UserRow) -> Option<Self> {
        Some(Self {
            id: row.id.parse().ok()?,
            name: row.name,
            full_name: Some(row.full_name),
            email: row.email.filter(|email| !email.trim().is_empty()).map(Address),
            state: row.state.into(),
            sysadmin: row.sysadmin,
        })
    }

    /// The publishers that it belongs to, in order. A sysadmin belongs to all of them without being told of any.
    pub async fn memberships(&self, site: &Site) -> Result<Vec<Membership>, CallError> {
        if self.sysadmin {
            return Ok(vec![]);
        }
        let question = json!({ "id": self.id, "permission": "read" });
        let publishers: Vec<Publisher> = site.read("organization_list_for_user", &question).await?;
        let mut memberships: Vec<Membership> = publishers
            .into_iter()
            .map(|publisher| Membership {
                publisher: publisher.title.filter(|title| !title.trim().is_empty()).unwrap_or(publisher.name),
                role: publisher.capacity.unwrap_or_else(|| "of unknown role".to_owned()),
                publisher_id: publisher.id,
            })
            .collect();
        memberships.sort();
        Ok(memberships)
    }

    fn from_shown(shown: Value, action: &'static str) -> Result<Self, CallError> {
        let user: Self =
            serde_json::from_value(shown).map_err(|_| CallError::nothing_done(action, Cause::NotCkan))?;
        let email = user.email.filter(|email| !email.whole().trim().is_empty());
        Ok(Self { email, ..user })
    }

    /// The person's name, or the log-in name where none was given.
    pub fn label(&self) -> &str {
        self.full_name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&self.name)
    }

    /// Whether CKAN's own rule takes its name. Names from before that rule make an unpatched CKAN refuse every change
    /// of the account (ckan/logic/validators.py, `name_validator`).
    pub fn has_a_name_of_today(&self) -> bool {
        (2..=100).contains(&self.name.len())
            && self
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    }
}

/// The domains in which an account's address may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailDomains(Vec<String>);

impl EmailDomains {
    /// These domains and everything below them; none at all allows every one.
    pub fn new(domains: impl IntoIterator<Item = String>) -> Self {
        Self(domains.into_iter().map(|domain| domain.to_ascii_lowercase()).collect())
    }

    /// True where every domain is allowed.
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this address is in one of them.
    pub fn allow(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
        let is_below = |allowed: &String| {
            domain.strip_suffix(allowed.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.is_any() || self.0.iter().any(is_below)
    }

    /// The domains, for people.
    pub fn in_words(&self) -> String {
        self.0.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Value {
        json!({
            "id": "98b48282-0a09-5590-954a-9818be2884bc", "name": "dft-editor", "fullname": "Edwin Transport",
            "email": "Edwin.Transport@Example.org", "state": "active", "sysadmin": false,
            "created": "2024-01-15T09:30:00.200000",
            "apikey": "6d5b43a2-9f39-4a53-9d4a-5c3c1a1a1a1a", "email_hash": "0bc83cb571cd1c50ba6f3e8a78ef1346",
            "password_hash": "$pbkdf2-sha512$25000$x", "reset_key": "aabbccddee",
        })
    }

    #[test]
    fn hazard_19_nothing_but_what_is_named_is_kept_of_an_account() {
        let user = User::from_shown(shown(), "user_show").unwrap();
        assert_eq!(user.email.as_ref().unwrap().whole(), "Edwin.Transport@Example.org");
        let seen = format!("{user:?}");
        for secret in ["6d5b43a2", "0bc83cb5", "pbkdf2", "aabbccddee", "Edwin.Transport@"] {
            assert!(!seen.contains(secret), "{seen}");
        }
    }

    #[test]
    fn an_account_without_an_address_has_none() {
        for none in [json!(null), json!(""), json!(" ")] {
            let mut shown = shown();
            shown["email"] = none;
            assert_eq!(User::from_shown(shown, "user_show").unwrap().email, None);
        }
        assert!(User::from_shown(json!({"id": "x"}), "user_show").is_err());
    }

    #[test]
    fn addresses_are_one_whatever_their_capitals() {
        let address = Address("Edwin.Transport@Example.org".to_owned());
        assert!(address.is_same_as("edwin.transport@example.org"));
        assert!(!address.is_same_as("edwin.transport@example.com"));
    }

    #[test]
    fn a_domain_allows_itself_and_what_is_below_it() {
        let domains = EmailDomains::new(["gov.uk".to_owned(), "NHS.uk".to_owned()]);
        for address in ["jo@gov.uk", "jo@defra.gov.uk", "jo@a.b.gov.uk", "jo@X.NHS.UK"] {
            assert!(domains.allow(address), "{address}");
        }
        for address in
            ["jo@notgov.uk", "jo@gov.uk.example.org", "jo@xgov.uk", "jo@uk", "jo", "gov.uk@example.org", ""]
        {
            assert!(!domains.allow(address), "{address}");
        }
        assert!(EmailDomains::default().allow("jo@example.org"));
    }

    #[test]
    fn names_from_before_the_rule_are_told_apart() {
        let named = |name: &str| User { name: name.to_owned(), ..User::from_shown(shown(), "x").unwrap() };
        assert!(named("dft-editor").has_a_name_of_today());
        for name in ["DftEditor", "dft.editor", "x", "jo bloggs"] {
            assert!(!named(name).has_a_name_of_today(), "{name}");
        }
    }
}
