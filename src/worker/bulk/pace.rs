//! How many calls CKAN gets at once.
//!
//! Guarantees never more than the ceiling and never none; one more at a time while CKAN does as many a second as usual,
//! and half as many at once where it does a third of that, or gives no clear answer: what makes these answers wait makes
//! CKAN's readers wait, as all stand in the same line. That each call takes longer the more there are at once is no
//! sign of that. Pure.

use std::time::Duration;

/// So many times the usual time for each is slow.
const SLOW: f64 = 3.0;
/// The weight of the newest answer.
const NEWEST: f64 = 0.2;

/// Additive increase, multiplicative decrease.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    ceiling: usize,
    limit: usize,
    /// Seconds for each, where CKAN is not busy with others: the shortest average so far.
    usual: Option<f64>,
    /// Seconds for each of late: how long an answer took, by how many calls shared that time.
    lately: Option<f64>,
    /// Answers since the limit was changed.
    since: usize,
}

impl Pace {
    pub(super) fn new(ceiling: usize) -> Self {
        let ceiling = ceiling.max(1);
        Self { ceiling, limit: ceiling.min(2), usual: None, lately: None, since: 0 }
    }

    /// Calls at once.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// An answer came after this long, one of so many calls at once; `clear` where it said what was done.
    pub(super) fn answered(&mut self, took: Duration, at_once: u32, clear: bool) {
        let took = took.as_secs_f64() / f64::from(at_once.max(1));
        let lately = self.lately.map_or(took, |lately| lately + NEWEST * (took - lately));
        self.lately = Some(lately);
        self.since += 1;
        if !clear {
            return self.change(self.limit / 2);
        }
        // What came out under the former limit says little about this one.
        if self.since < self.limit {
            return;
        }
        let usual = self.usual.map_or(lately, |usual| usual.min(lately));
        self.usual = Some(usual);
        if lately > SLOW * usual {
            self.change(self.limit / 2);
            // A site that stays slow for reasons of its own is not left alone for ever.
            self.usual = Some(usual * 1.02);
        } else if self.limit < self.ceiling {
            self.change(self.limit + 1);
        }
    }

    fn change(&mut self, limit: usize) {
        self.limit = limit.clamp(1, self.ceiling);
        self.since = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A CKAN that needs so long for each, one after the other.
    fn after(pace: &mut Pace, answers: usize, ms: u64) -> usize {
        for _ in 0..answers {
            let at_once = u32::try_from(pace.limit()).unwrap();
            pace.answered(Duration::from_millis(ms) * at_once, at_once, true);
        }
        pace.limit()
    }

    #[test]
    fn it_rises_to_the_ceiling_and_no_further() {
        let mut pace = Pace::new(4);
        assert_eq!(pace.limit(), 2);
        assert_eq!(after(&mut pace, 12, 50), 4);
        assert_eq!(after(&mut pace, 100, 90), 4, "half as fast is no reason yet");
        assert_eq!(Pace::new(0).limit(), 1);
        assert_eq!(after(&mut Pace::new(1), 100, 50), 1);
    }

    #[test]
    fn it_backs_off_where_ckan_slows_down_and_comes_back_when_that_is_over() {
        let mut pace = Pace::new(8);
        assert_eq!(after(&mut pace, 60, 50), 8);
        assert!(after(&mut pace, 12, 600) <= 4);
        assert!(after(&mut pace, 12, 600) <= 2);
        assert_eq!(after(&mut pace, 6, 600), 1);
        assert_eq!(after(&mut pace, 120, 50), 8);
    }

    #[test]
    fn the_first_call_by_itself_is_not_what_all_are_measured_by() {
        let mut pace = Pace::new(8);
        pace.answered(Duration::from_millis(50), 1, true);
        // Two workers: from three at once on each waits for others.
        for _ in 0..200 {
            let at_once = u32::try_from(pace.limit()).unwrap();
            pace.answered(Duration::from_millis(25) * at_once.max(2), at_once, true);
        }
        assert_eq!(pace.limit(), 8);
    }

    #[test]
    fn no_clear_answer_halves_it_at_once() {
        let mut pace = Pace::new(8);
        after(&mut pace, 60, 50);
        pace.answered(Duration::from_secs(30), 8, false);
        assert_eq!(pace.limit(), 4);
        pace.answered(Duration::from_secs(30), 8, false);
        pace.answered(Duration::from_secs(30), 8, false);
        pace.answered(Duration::from_secs(30), 8, false);
        assert_eq!(pace.limit(), 1);
    }

    #[test]
    fn a_site_that_is_slow_for_good_is_worked_on_all_the_same() {
        let mut pace = Pace::new(4);
        after(&mut pace, 20, 50);
        assert_eq!(after(&mut pace, 400, 400), 4);
    }
}
