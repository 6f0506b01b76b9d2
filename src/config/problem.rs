//! What is wrong with a configuration, and where.
//!
//! Guarantees one line for each problem, in the order of the file, each with what to write instead. Leaves the
//! finding to the readers of the tables.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    line: Option<usize>,
    text: String,
}

/// Everything that is wrong. Shown one line each: `file:line: what is wrong; what to write instead`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    file: String,
    problems: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match problem.line {
                Some(line) => write!(f, "{}:{line}: {}", self.file, problem.text)?,
                None => f.write_str(&problem.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Where something stands in the file: its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) usize);

/// Collects problems while the file is read.
pub(super) struct Report<'t> {
    file: String,
    text: &'t str,
    problems: Vec<Problem>,
}

impl<'t> Report<'t> {
    pub(super) fn new(file: impl Into<String>, text: &'t str) -> Self {
        Self { file: file.into(), text, problems: vec![] }
    }

    /// Notes a problem at a place of the file.
    pub(super) fn at(&mut self, place: Place, text: impl Into<String>) {
        let before = self.text.get(..place.0).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        self.problems.push(Problem { line: Some(line), text: text.into() });
    }

    /// Notes a problem with what is not in the file at all.
    pub(super) fn outside(&mut self, text: impl Into<String>) {
        self.problems.push(Problem { line: None, text: text.into() });
    }

    /// Notes a problem with the file as a whole.
    pub(super) fn whole(&mut self, text: &str) {
        let text = format!("{}: {text}", self.file);
        self.outside(text);
    }

    /// How many problems there are so far.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// The problems, those of the file first and from top to bottom.
    pub(super) fn into_problems(mut self) -> Problems {
        self.problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        self.problems.dedup();
        Problems { file: self.file, problems: self.problems }
    }
}
