//! Figures: how they are taken from samples and how they are printed.
//!
//! Guarantees that an aim is judged by the printed figure and nothing else. Leaves what is measured to the parts.

use std::fmt::Write as _;
use std::time::Duration;

/// Prints one line.
#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// This or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
}

/// Everything that was printed, for the last line.
#[derive(Debug, Default)]
pub(crate) struct Report {
    aims: usize,
    reached: usize,
}

#[expect(clippy::unused_self, reason = "everything that is printed goes through the report")]
impl Report {
    /// A heading.
    pub(crate) fn part(&mut self, title: &str) {
        say(&format!("\n{title}"));
    }

    /// A figure that nothing is expected of.
    pub(crate) fn figure(&mut self, label: &str, value: &str) {
        say(&format!("  {label:<46} {value:>16}"));
    }

    /// A figure with its aim.
    pub(crate) fn aimed(&mut self, label: &str, value: f64, unit: &str, aim: Aim) {
        let (reached, wanted) = match aim {
            Aim::AtLeast(least) => (value >= least, format!("at least {least} {unit}")),
            Aim::Below(limit) => (value < limit, format!("under {limit} {unit}")),
        };
        self.aims += 1;
        self.reached += usize::from(reached);
        let verdict = if reached { "reached" } else { "NOT REACHED" };
        let shown = format!("{value:.2} {unit}");
        say(&format!("  {label:<46} {shown:>16}   aim: {} - {verdict}", wanted.trim()));
    }

    /// The last line.
    pub(crate) fn end(&self, took: Duration) {
        say(&format!("\n{} of {} aims reached, in {:.0} s", self.reached, self.aims, took.as_secs_f64()));
    }
}

/// Durations, sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn new(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// The sample that this share of all samples does not exceed, in milliseconds.
    pub(crate) fn at(&self, per_cent: usize) -> f64 {
        let rank = (self.0.len() * per_cent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(f64::NAN, |sample| sample.as_secs_f64() * 1e3)
    }

    /// Half are below it, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        self.at(50)
    }

    /// The largest, in milliseconds.
    pub(crate) fn largest(&self) -> f64 {
        self.at(100)
    }
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Whole thousands set off, as people read them.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::with_capacity(digits.len() + 4);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{digit}");
    }
    text
}
