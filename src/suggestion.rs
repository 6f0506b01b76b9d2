//! "Did you mean": the known word that is most like a wrong one.
//!
//! Guarantees that a suggestion is one of the known words and looks like what was written. Leaves the sentence to its
//! callers.

/// Below this likeness (0 to 1, Jaro-Winkler) a suggestion confuses more than it helps.
const LEAST_LIKENESS: f64 = 0.8;

/// The known word that was probably meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > LEAST_LIKENESS)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_suggested_and_nothing_else() {
        let known = ["withdraw", "restore", "help"];
        assert_eq!(nearest("widthdraw", known), Some("withdraw"));
        assert_eq!(nearest("restoer", known), Some("restore"));
        assert_eq!(nearest("purge", known), None);
        assert_eq!(nearest("", known), None);
    }
}
