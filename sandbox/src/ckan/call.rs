//! One call of one action: who calls, with what, and what came of it.
//!
//! Guarantees: the permission questions are CKAN's: a sysadmin may do everything, an organisation's members may
//! read what it hides, its editors and admins may change it, and everybody may read what is public.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::catalogue::Catalogue;
use super::refusal::Refusal;
use super::release::Release;
use super::rows::{Package, User};

/// A call, while it is carried out.
pub(super) struct Call<'a> {
    pub(super) catalogue: &'a mut Catalogue,
    /// Nobody is an anonymous visitor; so is everybody whose token CKAN does not know.
    pub(super) caller: Option<User>,
    pub(super) args: Map<String, Value>,
    pub(super) release: Release,
    pub(super) version: &'a str,
    pub(super) site_url: &'a str,
    pub(super) now: Timestamp,
    pub(super) search_is_down: bool,
    pub(super) effect: Effect,
}

/// What a call did, for the log of writes.
#[derive(Debug, Default)]
pub(super) struct Effect {
    /// Id of the row that was meant, once found.
    pub(super) id: Option<String>,
    /// The row is different now.
    pub(super) changed: bool,
    /// Resources that a real CKAN would have removed for good.
    pub(super) would_purge: Vec<String>,
    /// The answer says which rows changed.
    pub(super) told_entities: Option<Value>,
}

impl Call<'_> {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.args.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The value of an argument that the action cannot do without.
    pub(super) fn needed(&self, name: &str) -> Result<String, Refusal> {
        self.text(name).map(str::to_owned).ok_or_else(|| Refusal::missing(name))
    }

    pub(super) fn caller_name(&self) -> &str {
        self.caller.as_ref().map_or("", |user| &user.name)
    }

    pub(super) fn is_sysadmin(&self) -> bool {
        self.caller.as_ref().is_some_and(|user| user.sysadmin)
    }

    fn capacity(&self, package: &Package) -> Option<&str> {
        self.caller.as_ref().and_then(|user| self.catalogue.capacity(&package.owner_org, user))
    }

    pub(super) fn may_read(&self, package: &Package) -> bool {
        package.is_public() || self.is_sysadmin() || self.capacity(package).is_some()
    }

    pub(super) fn may_edit(&self, package: &Package) -> bool {
        self.is_sysadmin() || matches!(self.capacity(package), Some("admin" | "editor"))
    }

    /// The package, if there is one and the caller may read it; its existence is looked up first, as CKAN does.
    pub(super) fn readable_package(&self, id_or_name: &str) -> Result<&Package, Refusal> {
        let package = self.catalogue.package(id_or_name).ok_or(Refusal::NotFound(None))?;
        if self.may_read(package) {
            return Ok(package);
        }
        Err(self.denied("read package", &package.id))
    }

    /// CKAN's sentence, with two spaces where an anonymous visitor has no name.
    pub(super) fn denied(&self, what: &str, id: &str) -> Refusal {
        Refusal::NotAuthorized(format!("User {} not authorized to {what} {id}", self.caller_name()))
    }
}

/// CKAN's `asbool` for an argument that may be a boolean, a word or missing.
pub(super) fn truth(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => {
            matches!(text.trim().to_lowercase().as_str(), "true" | "yes" | "on" | "y" | "t" | "1")
        }
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        _ => false,
    }
}
