//! Which request somebody means: the six characters that people quote, or a whole id.
//!
//! Guarantees that one request is meant or a sentence says why not. Leaves what is done with it to the operations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::PlanError;
use crate::approval::Request;
use crate::store::{Filter, Store, StoreError};

/// Shortest and longest: a reference, and a whole id.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=26;

/// The end of a request's id, in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestReference(String);

/// Why a text is no reference; its text is the sentence to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "That is not a request's reference. It has six letters and digits, and stands on the request's card and in \
     `/ckan request list`."
)]
pub struct NotAReference;

impl FromStr for RequestReference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().trim_start_matches('#');
        if !LENGTHS.contains(&text.len()) || !text.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(NotAReference);
        }
        // Ids have no I, L and O, because people read them as 1, 1 and 0.
        let letters = text.to_ascii_uppercase().replace(['I', 'L'], "1").replace('O', "0");
        Ok(Self(letters))
    }
}

impl fmt::Display for RequestReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RequestReference {
    /// The request that is meant.
    pub async fn find(&self, store: &dyn Store) -> Result<Request, PlanError> {
        let filter = Filter { reference: Some(self.0.clone()), limit: 2, ..Filter::default() };
        let mut found = store.requests(filter).await.map_err(|error| store_failed(&error))?.into_iter();
        match (found.next(), found.next()) {
            (Some(request), None) => Ok(request),
            (None, _) => Err(PlanError::Refused(format!(
                "There is no request `{self}`. `/ckan request list --all` shows the latest ones."
            ))),
            (Some(one), Some(other)) => Err(PlanError::Refused(format!(
                "Two requests end in `{self}`. Write the whole id: `{}` or `{}`.",
                one.id, other.id
            ))),
        }
    }
}

/// The sentence for a store that does not answer; the cause goes to the log.
pub(super) fn store_failed(error: &StoreError) -> PlanError {
    tracing::error!(error = error as &dyn std::error::Error, "requests could not be read");
    PlanError::Refused(
        "The bot could not read its own records just now. Try again in a minute; if this stays, its disk or database \
         needs a look."
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::approval::State;
    use crate::clock::SystemClock;
    use crate::operations::request_list::tests::request;
    use crate::store::Commit;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn references_are_read_as_people_write_them() {
        for text in ["7Q2M4K", "7q2m4k", "#7Q2M4K", " 7q2M4k "] {
            assert_eq!(text.parse::<RequestReference>().unwrap().to_string(), "7Q2M4K");
        }
        assert_eq!("oil001".parse::<RequestReference>().unwrap().to_string(), "011001");
        assert!("01KAPTESTTESTTESTTEST7Q2M4K".parse::<RequestReference>().is_err());
        assert!("01KAPTESTTESTTESTTES7Q2M4K".parse::<RequestReference>().is_ok());
        for text in ["", "7Q2M4", "road-accidents", "7Q2M4K,", "%%%%%%"] {
            assert_eq!(text.parse::<RequestReference>(), Err(NotAReference), "{text}");
        }
    }

    #[tokio::test]
    async fn one_request_is_meant_or_a_sentence_says_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("requests.db").display());
        let store = SqliteStore::open(&url, Arc::new(SystemClock)).await.unwrap();
        for id in ["01KAPTESTTESTTESTTES7Q2M4K", "01KAPTESTTESTTESTTE17Q2M4K", "01KAPTESTTESTTESTTES0ABCDE"] {
            let request = request(id, State::Expired);
            store.commit(Commit { insert: Some(request), ..Commit::default() }).await.unwrap();
        }
        let mut said = vec![];
        for reference in ["0abcde", "7q2m4k", "s7q2m4k", "ZZZZZZ"] {
            let found = reference.parse::<RequestReference>().unwrap().find(&store).await;
            said.push(found.map_or_else(|why| why.to_string(), |request| request.id.to_string()));
        }
        insta::assert_snapshot!(said.join("\n"), @"
        01KAPTESTTESTTESTTES0ABCDE
        Two requests end in `7Q2M4K`. Write the whole id: `01KAPTESTTESTTESTTES7Q2M4K` or `01KAPTESTTESTTESTTE17Q2M4K`.
        01KAPTESTTESTTESTTES7Q2M4K
        There is no request `ZZZZZZ`. `/ckan request list --all` shows the latest ones.
        ");
    }
}
