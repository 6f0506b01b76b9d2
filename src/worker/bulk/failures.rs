//! When it is enough.
//!
//! Guarantees that ten failures in a row end a run, and one in twenty of at least twenty, and any at all while it is
//! only tried. Pure.

const IN_A_ROW: u32 = 10;
const AT_LEAST: u32 = 20;
const ONE_IN: u32 = 20;

/// How the items of this run went so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Failures {
    finished: u32,
    failed: u32,
    in_a_row: u32,
}

impl Failures {
    pub(super) fn well(&mut self) {
        self.finished += 1;
        self.in_a_row = 0;
    }

    pub(super) fn badly(&mut self) {
        self.finished += 1;
        self.failed += 1;
        self.in_a_row += 1;
    }

    /// Whether to stop; `trying` while only the first few are done.
    pub(super) fn are_too_many(&self, trying: bool) -> bool {
        (trying && self.failed > 0)
            || self.in_a_row >= IN_A_ROW
            || (self.finished >= AT_LEAST && self.failed * ONE_IN > self.finished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(well: u32, badly: u32) -> Failures {
        let mut failures = Failures::default();
        (0..badly).for_each(|_| failures.badly());
        (0..well).for_each(|_| failures.well());
        failures
    }

    #[test]
    fn one_is_enough_while_it_is_only_tried() {
        assert!(after(0, 1).are_too_many(true));
        assert!(!after(0, 1).are_too_many(false));
        assert!(!after(6, 0).are_too_many(true));
    }

    #[test]
    fn ten_in_a_row_are_enough_and_nine_are_not() {
        let mut failures = after(1000, 0);
        (0..9).for_each(|_| failures.badly());
        assert!(!failures.are_too_many(false));
        failures.badly();
        assert!(failures.are_too_many(false));
        failures.well();
        assert!(!failures.are_too_many(false));
    }

    #[test]
    fn more_than_one_in_twenty_is_enough() {
        assert!(!after(95, 5).are_too_many(false));
        assert!(after(94, 6).are_too_many(false));
        assert!(!after(17, 2).are_too_many(false), "of nineteen nothing is concluded");
        assert!(after(18, 2).are_too_many(false));
    }
}
