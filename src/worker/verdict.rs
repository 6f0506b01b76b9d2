//! What came of an execution, by what CKAN shows and not by what it answered.
//!
//! Guarantees that *succeeded* needs a sighting, that *not applied* needs certainty, and that what CKAN confirmed and
//! does not show is *unknown*. Pure; leaves looking and waiting to `executor` and `recovery`.

use crate::approval::{Outcome, Verdict};
use crate::ckan::{CallError, Effect};
use crate::operations::Sighting;
use crate::sentences::{calls, story};

/// What CKAN answered to the change.
pub(super) type Executed = Result<(), CallError>;
/// What a probe saw, or why it could not look.
pub(super) type Looked = Result<Sighting, CallError>;

/// The outcome, where it is clear already; `None` where CKAN may still be working on it.
pub(super) fn at_once(executed: &Executed, looked: &Looked, environment: &str) -> Option<Outcome> {
    let outcome = |verdict, seen| Some(Outcome { verdict, accepted: executed.is_ok(), seen });
    match (executed, looked) {
        (Err(error), looked) if error.effect == Effect::NotApplied => {
            let mut seen = vec![calls::call_failed(error, environment)];
            if let Ok(Sighting::Happened(more)) = looked {
                seen.push(story::DONE_BY_SOMEBODY_ELSE.to_owned());
                seen.extend_from_slice(more);
            }
            outcome(Verdict::NotApplied, seen)
        }
        (_, Ok(Sighting::Happened(seen))) => outcome(Verdict::Succeeded, seen.clone()),
        (Ok(()), Ok(Sighting::Partly(seen))) => outcome(Verdict::Partly, seen.clone()),
        _ => None,
    }
}

/// The outcome once CKAN can no longer be working on it: what it shows now is what there is.
pub(super) fn at_last(executed: &Executed, looked: Looked, environment: &str) -> Outcome {
    let accepted = executed.is_ok();
    let (verdict, seen) = match (executed, looked) {
        (_, Ok(Sighting::Happened(seen))) => (Verdict::Succeeded, seen),
        (_, Ok(Sighting::Partly(seen))) => (Verdict::Partly, seen),
        (Ok(()), Ok(Sighting::NotHappened(seen))) => {
            (Verdict::Unknown, [vec![story::ACCEPTED_BUT_NOT_SEEN.to_owned()], seen].concat())
        }
        // Not what the failed call left open: it is no longer open.
        (Err(error), Ok(Sighting::NotHappened(seen))) => (
            Verdict::NotApplied,
            [vec![calls::what(error.cause, environment), story::NO_TRACE.to_owned()], seen].concat(),
        ),
        (_, Err(error)) => (Verdict::Unknown, vec![calls::could_not_look(&error, environment)]),
    };
    Outcome { verdict, accepted, seen }
}

/// The outcome of an attempt that nobody has in hand any more; `None` where it stays unknown. `over` says that CKAN
/// can no longer be working on it.
pub(super) fn afterwards(before: Option<&Outcome>, looked: Looked, over: bool) -> Option<Outcome> {
    let accepted = before.is_some_and(|outcome| outcome.accepted);
    let outcome = |verdict, seen| Some(Outcome { verdict, accepted, seen });
    match looked {
        Ok(Sighting::Happened(seen)) => outcome(Verdict::Succeeded, seen),
        Ok(Sighting::Partly(seen)) if over => outcome(Verdict::Partly, seen),
        // What CKAN confirmed and does not show is for a person to look at.
        Ok(Sighting::NotHappened(seen)) if over && !accepted => {
            outcome(Verdict::NotApplied, [vec![story::NO_TRACE.to_owned()], seen].concat())
        }
        Ok(Sighting::Partly(_) | Sighting::NotHappened(_)) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ckan::Cause;

    fn failed(effect: Effect) -> CallError {
        CallError {
            action: "package_delete",
            cause: Cause::ServerError,
            effect,
            status: Some(500),
            earlier: None,
        }
    }

    fn looks() -> [(&'static str, Looked); 4] {
        [
            ("happened", Ok(Sighting::Happened(vec![]))),
            ("partly", Ok(Sighting::Partly(vec![]))),
            ("not", Ok(Sighting::NotHappened(vec![]))),
            ("blind", Err(failed(Effect::NotApplied))),
        ]
    }

    #[test]
    fn invariant_9_the_whole_table_is_as_reviewed() {
        let executed = [
            ("accepted", Ok(())),
            ("refused", Err(failed(Effect::NotApplied))),
            ("unclear", Err(failed(Effect::Unknown))),
        ];
        let word = |outcome: Option<Outcome>| outcome.map_or("-".to_owned(), |o| format!("{:?}", o.verdict));
        let mut page = String::new();
        for (answer, executed) in executed {
            for (look, looked) in looks() {
                let early = word(at_once(&executed, &looked, "production"));
                let late = word(Some(at_last(&executed, looked, "production")));
                page.push_str(&[answer, " ", look, ": ", &early, " / ", &late, "\n"].concat());
            }
        }
        insta::assert_snapshot!(page, @"
        accepted happened: Succeeded / Succeeded
        accepted partly: Partly / Partly
        accepted not: - / Unknown
        accepted blind: - / Unknown
        refused happened: NotApplied / Succeeded
        refused partly: NotApplied / Partly
        refused not: NotApplied / NotApplied
        refused blind: NotApplied / Unknown
        unclear happened: Succeeded / Succeeded
        unclear partly: - / Partly
        unclear not: - / NotApplied
        unclear blind: - / Unknown
        ");
    }

    #[test]
    fn invariant_5_what_ckan_confirmed_is_never_called_not_applied_afterwards() {
        let before = |accepted| Outcome { verdict: Verdict::Unknown, accepted, seen: vec![] };
        let not = || Ok(Sighting::NotHappened(vec![]));
        assert_eq!(afterwards(Some(&before(true)), not(), true), None);
        assert_eq!(afterwards(Some(&before(false)), not(), false), None, "CKAN may still be working on it");
        let verdict = |outcome: Option<Outcome>| outcome.map(|outcome| outcome.verdict);
        assert_eq!(verdict(afterwards(Some(&before(false)), not(), true)), Some(Verdict::NotApplied));
        assert_eq!(
            verdict(afterwards(None, Ok(Sighting::Happened(vec![])), false)),
            Some(Verdict::Succeeded)
        );
        assert_eq!(afterwards(None, Err(failed(Effect::NotApplied)), true), None);
    }
}
