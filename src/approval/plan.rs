//! A plan: what an operation found and will do, frozen, with a digest.
//!
//! Guarantees that the digest covers what would change an approver's mind (the operation, the environment, the
//! resolved targets, the facts, the work) and nothing that ticks by itself. Leaves to each operation which facts
//! those are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Bulk, Risk};

/// One thing that the operation will act on, resolved when the request was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// CKAN's own id; execution uses nothing else.
    pub id: Uuid,
    /// The slug at the time of planning, for people.
    pub name: String,
    /// The title at the time of planning, for people.
    pub title: String,
}

/// What an operation found and will do. Frozen when the request is made; made again just before execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The operation, for example `dataset withdraw`.
    pub operation: String,
    /// The environment it is for.
    pub environment: String,
    /// How much it may break. Part of the digest.
    #[serde(default = "reversible")]
    pub risk: Risk,
    /// One line: what will happen to what.
    pub summary: String,
    /// What is acted on.
    pub targets: Vec<Target>,
    /// Label and value, in reading order, that approvers see; those that must not change are in `facts` as well.
    pub shown: Vec<(String, String)>,
    /// What will happen, one sentence each.
    pub effects: Vec<String>,
    /// What an approver should think about, one sentence each.
    pub warnings: Vec<String>,
    /// What cannot be undone, one sentence each; empty where everything can.
    pub irreversible: Vec<String>,
    /// A safer way to the same end, where there is one.
    pub alternative: Option<String>,
    /// Label and value of what would change an approver's mind. Part of the digest.
    pub facts: BTreeMap<String, String>,
    /// What `execute` needs, in the operation's own terms. Part of the digest.
    pub work: Value,
    /// What every approver types before it counts, exactly. Part of the digest.
    #[serde(default)]
    pub confirmation: Option<String>,
    /// Label and value of what only the two people involved see whole, such as e-mail addresses: never on the card,
    /// never in the audit.
    #[serde(default)]
    pub private: Vec<(String, String)>,
    /// The many things it acts on, where they are not in `targets`. Their digest is part of this one's.
    #[serde(default)]
    pub bulk: Option<Bulk>,
    /// What was seen when the plan was made and changes by itself, for the probe to compare with. Not part of the
    /// digest.
    #[serde(default)]
    pub baseline: Value,
}

/// What plans were that were written before they said so.
fn reversible() -> Risk {
    Risk::Reversible
}

/// SHA-256 over the canonical text of what a plan binds, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanDigest(String);

impl PlanDigest {
    /// Takes a digest from the store.
    pub fn from_hex(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The digest as hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One fact that moved between request and execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The fact's label.
    pub fact: String,
    /// What the approvers saw; `None` where it was not there.
    pub was: Option<String>,
    /// What CKAN says now; `None` where it is gone.
    pub now: Option<String>,
}

impl Plan {
    /// A plan with nothing in it yet but what it is about. The registry puts in the operation, its risk and the
    /// environment.
    pub fn of(summary: impl Into<String>) -> Self {
        Self {
            operation: String::new(),
            environment: String::new(),
            risk: Risk::Irreversible,
            summary: summary.into(),
            targets: vec![],
            shown: vec![],
            effects: vec![],
            warnings: vec![],
            irreversible: vec![],
            alternative: None,
            facts: BTreeMap::new(),
            work: Value::Null,
            confirmation: None,
            private: vec![],
            bulk: None,
            baseline: Value::Null,
        }
    }

    /// True where an approver has to see more than the card, or to type something, before a yes counts: what only
    /// they may see, what nothing gives back, and many things at once.
    pub fn needs_review(&self) -> bool {
        self.confirmation.is_some()
            || !self.private.is_empty()
            || self.risk == Risk::Irreversible
            || self.bulk.is_some()
            || self.targets.len() > 1
    }

    /// How many things it acts on.
    pub fn size(&self) -> u32 {
        match &self.bulk {
            Some(bulk) => bulk.count,
            None => u32::try_from(self.targets.len()).unwrap_or(u32::MAX),
        }
    }

    /// The digest an approval binds to.
    pub fn digest(&self) -> PlanDigest {
        let ids: Vec<String> = self.targets.iter().map(|target| target.id.to_string()).collect();
        // serde_json's maps are sorted by key, so this text is the same for equal values.
        let mut bound = serde_json::json!({
            "operation": self.operation,
            "environment": self.environment,
            "targets": ids,
            "facts": self.facts,
            "work": self.work,
            "risk": self.risk,
            "confirmation": self.confirmation,
        });
        if let (Some(bulk), Some(bound)) = (&self.bulk, bound.as_object_mut()) {
            bound.insert("items".to_owned(), serde_json::json!([bulk.count, bulk.digest]));
        }
        PlanDigest(hex::encode(Sha256::digest(bound.to_string().as_bytes())))
    }

    /// What moved since `older` was shown to the approvers, in the order of the labels. Never empty where the
    /// digests differ.
    pub fn changes_since(&self, older: &Self) -> Vec<Change> {
        let changes = moved(&older.facts, &self.facts);
        if !changes.is_empty() {
            return changes;
        }
        // Facts are what people read. What else is bound is shown only where no fact tells the move.
        moved(&older.bound_beside_facts(), &self.bound_beside_facts())
    }

    /// Label and value of everything in the digest that is no fact.
    fn bound_beside_facts(&self) -> BTreeMap<String, String> {
        let ids: Vec<String> = self.targets.iter().map(|target| target.id.to_string()).collect();
        let mut bound = BTreeMap::from([
            ("Operation".to_owned(), self.operation.clone()),
            ("Environment".to_owned(), self.environment.clone()),
            ("UUID".to_owned(), ids.join(", ")),
            ("Risk".to_owned(), format!("{:?}", self.risk).to_lowercase()),
            ("To be typed".to_owned(), self.confirmation.clone().unwrap_or_default()),
        ]);
        if let Some(bulk) = &self.bulk {
            bound.insert("Items".to_owned(), format!("{} ({})", bulk.count, bulk.digest));
        }
        match &self.work {
            Value::Object(work) => {
                bound.extend(work.iter().map(|(key, value)| (key.replace('_', " "), value.to_string())));
            }
            work => {
                bound.insert("work".to_owned(), work.to_string());
            }
        }
        bound
    }
}

/// Where the two differ, in the order of the labels.
fn moved(older: &BTreeMap<String, String>, newer: &BTreeMap<String, String>) -> Vec<Change> {
    let labels: BTreeSet<&String> = older.keys().chain(newer.keys()).collect();
    labels
        .into_iter()
        .filter(|label| older.get(*label) != newer.get(*label))
        .map(|label| Change {
            fact: label.clone(),
            was: older.get(label).cloned(),
            now: newer.get(label).cloned(),
        })
        .collect()
}

#[cfg(test)]
pub(crate) fn sample() -> Plan {
    Plan {
        operation: "dataset withdraw".to_owned(),
        environment: "production".to_owned(),
        risk: Risk::Reversible,
        targets: vec![Target {
            id: Uuid::from_u128(1),
            name: "road-accidents-2019".to_owned(),
            title: "Road Safety Data 2019".to_owned(),
        }],
        shown: vec![("State".to_owned(), "active".to_owned())],
        facts: BTreeMap::from([("State".to_owned(), "active".to_owned())]),
        work: serde_json::json!({"previous_state": "active"}),
        ..Plan::of("Withdraw “Road Safety Data 2019”")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_moves_with_every_bound_part_and_with_no_other() {
        let plan = sample();
        let digest = plan.digest();
        let moved = |edit: fn(&mut Plan)| {
            let mut other = plan.clone();
            edit(&mut other);
            other.digest() != digest
        };
        assert!(moved(|p| p.operation.push('x')));
        assert!(moved(|p| p.environment.push('x')));
        assert!(moved(|p| p.targets.clear()));
        assert!(moved(|p| {
            p.facts.insert("Owner".to_owned(), "x".to_owned());
        }));
        assert!(moved(|p| p.work = Value::Null));
        assert!(moved(|p| p.risk = Risk::Partly));
        assert!(moved(|p| p.confirmation = Some("x".to_owned())));
        assert!(moved(|p| p.bulk = Some(Bulk::of([]))));
        assert!(!moved(|p| p.private.push(("x".to_owned(), "y".to_owned()))));
        assert!(!moved(|p| p.baseline = Value::from(1)));
        assert!(!moved(|p| p.shown.clear()));
        assert!(!moved(|p| p.warnings.push("new".to_owned())));
        assert!(!moved(|p| p.summary.push('x')));
    }

    #[test]
    fn a_digest_is_written_as_it_is() {
        let digest = PlanDigest::from_hex("00ff");
        assert_eq!((digest.as_str(), digest.to_string()), ("00ff", "00ff".to_owned()));
        assert_eq!(sample().digest().as_str().len(), 64);
    }

    #[test]
    fn changes_name_the_fact_and_both_values() {
        let old = sample();
        let mut new = sample();
        new.facts.insert("State".to_owned(), "deleted".to_owned());
        new.facts.insert("Owner".to_owned(), "Defra".to_owned());
        let said: Vec<_> = new.changes_since(&old).into_iter().map(|c| (c.fact, c.was, c.now)).collect();
        assert_eq!(
            said,
            [
                ("Owner".to_owned(), None, Some("Defra".to_owned())),
                ("State".to_owned(), Some("active".to_owned()), Some("deleted".to_owned())),
            ]
        );
    }

    #[test]
    fn a_moved_digest_is_never_without_a_change_to_show() {
        let old = sample();
        assert!(old.changes_since(&old).is_empty());
        let edits: [fn(&mut Plan); 6] = [
            |p| p.operation.push('x'),
            |p| p.environment.push('x'),
            |p| p.targets.clear(),
            |p| p.facts.clear(),
            |p| p.work = Value::Null,
            |p| p.work = serde_json::json!({"previous_state": "active", "groups": ["roads"]}),
        ];
        let mut said = Vec::new();
        for edit in edits {
            let mut new = old.clone();
            edit(&mut new);
            let changes = new.changes_since(&old);
            assert!(!changes.is_empty());
            said.extend(changes.into_iter().map(|change| {
                assert_ne!(change.was, change.now, "{}", change.fact);
                format!("{}: {:?} -> {:?}", change.fact, change.was, change.now)
            }));
        }
        insta::assert_snapshot!(said.join("\n"), @r#"
        Operation: Some("dataset withdraw") -> Some("dataset withdrawx")
        Environment: Some("production") -> Some("productionx")
        UUID: Some("00000000-0000-0000-0000-000000000001") -> Some("")
        State: Some("active") -> None
        previous state: Some("\"active\"") -> None
        work: None -> Some("null")
        groups: None -> Some("[\"roads\"]")
        "#);
    }
}
