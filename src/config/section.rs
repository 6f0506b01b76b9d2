//! One table of the file, read key by key.
//!
//! Guarantees that every key of the table is either asked for by a reader or reported as unknown, with the nearest
//! known one, and that a value of the wrong kind is reported with its line. Leaves the meaning of values to `values`.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::problem::{Place, Report};
use super::values;
use crate::suggestion::nearest;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// One table.
pub(super) struct Section<'t> {
    /// How people find it, for example `[slack]`.
    pub(super) title: String,
    /// Where it begins.
    pub(super) place: Place,
    left: DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) fn new(title: impl Into<String>, place: Place, table: DeTable<'t>) -> Self {
        Self { title: title.into(), place, left: table, known: vec![] }
    }

    fn take(&mut self, key: &'static str) -> Option<Placed<DeValue<'t>>> {
        self.known.push(key);
        let (name, value) = self.left.remove_entry(key)?;
        Some(Placed { place: Place(name.span().start), value: value.into_inner() })
    }

    fn wrong_kind(report: &mut Report<'_>, place: Place, key: &str, example: &str) {
        report.at(place, format!("{key} is not of the right kind; write {key} = {example}"));
    }

    /// A text that `parse` understands. Its error ends the sentence that begins with the key.
    pub(super) fn optional<T>(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Placed<T>> {
        let Placed { value, place } = self.take(key)?;
        let DeValue::String(text) = value else {
            Self::wrong_kind(report, place, key, example);
            return None;
        };
        match parse(&text) {
            Ok(value) => Some(Placed { value, place }),
            Err(why) => {
                report.at(place, format!("{key} {why}"));
                None
            }
        }
    }

    /// The same, reported where it is missing.
    pub(super) fn required<T>(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Placed<T>> {
        if !self.left.contains_key(key) {
            self.known.push(key);
            report.at(self.place, format!("{} has no {key}; write {key} = {example}", self.title));
            return None;
        }
        self.optional(report, key, example, parse)
    }

    /// True or false; false where it is missing.
    pub(super) fn flag(&mut self, report: &mut Report<'_>, key: &'static str) -> bool {
        match self.take(key) {
            None => false,
            Some(Placed { value: DeValue::Boolean(flag), .. }) => flag,
            Some(Placed { place, .. }) => {
                report.at(place, format!("{key} is neither true nor false; write {key} = true"));
                false
            }
        }
    }

    /// A whole number, which may be out of `i64`'s range (then `None` inside).
    pub(super) fn number(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
    ) -> Option<Placed<Option<i64>>> {
        let Placed { value, place } = self.take(key)?;
        let DeValue::Integer(number) = value else {
            Self::wrong_kind(report, place, key, "1");
            return None;
        };
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        Some(Placed { value, place })
    }

    /// A whole number from `least` to `most`; `None` where it is missing, or another one.
    pub(super) fn number_within(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        (least, most): (u32, u32),
        example: u32,
    ) -> Option<u32> {
        let Placed { value, place } = self.number(report, key)?;
        let number = value.and_then(|number| u32::try_from(number).ok());
        let fits = number.filter(|number| (least..=most).contains(number));
        if fits.is_none() {
            report
                .at(place, format!("{key} is not a number from {least} to {most}; write {key} = {example}"));
        }
        fits
    }

    /// What each text of a list is. A list with a mistake in it comes without what is mistaken; an empty one is reported,
    /// as it could mean all or none.
    pub(super) fn chosen<T: Ord>(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> BTreeSet<T> {
        let mut chosen = BTreeSet::new();
        let Some(Placed { value: texts, place }) = self.placed_texts(report, key, example) else {
            return chosen;
        };
        if texts.is_empty() {
            report.at(place, format!("{key} is empty; write {key} = {example}, or leave it out"));
        }
        for Placed { value, place } in texts {
            match parse(&value) {
                Ok(thing) => {
                    if !chosen.insert(thing) {
                        let shown = values::shown(&value);
                        report.at(place, format!("{key}: {shown} is there twice; leave one out"));
                    }
                }
                Err(why) => report.at(place, format!("{key}: {} {why}", values::shown(&value))),
            }
        }
        chosen
    }

    /// The names of the tables inside a table of this one, before anybody reads it.
    pub(super) fn names_in(&self, key: &str) -> Vec<String> {
        match self.left.get(key).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => table.keys().map(|name| name.get_ref().to_string()).collect(),
            _ => vec![],
        }
    }

    /// True where the table has this key and nobody has read it yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// A list of texts, each with its place. `None` where the key is missing or holds something else.
    pub(super) fn texts(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        example: &str,
    ) -> Option<Vec<Placed<String>>> {
        self.placed_texts(report, key, example).map(|texts| texts.value)
    }

    /// The same, with the place of the key.
    pub(super) fn placed_texts(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        example: &str,
    ) -> Option<Placed<Vec<Placed<String>>>> {
        let Placed { value, place } = self.take(key)?;
        let DeValue::Array(items) = value else {
            Self::wrong_kind(report, place, key, example);
            return None;
        };
        let mut texts = vec![];
        for item in &items {
            let place = Place(item.span().start);
            if let DeValue::String(text) = item.get_ref() {
                texts.push(Placed { value: text.clone().into_owned(), place });
            } else {
                Self::wrong_kind(report, place, key, example);
            }
        }
        Some(Placed { value: texts, place })
    }

    /// A table inside this one, titled for people.
    pub(super) fn table(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        title: &str,
        example: &str,
    ) -> Option<Section<'t>> {
        let Placed { value, place } = self.take(key)?;
        let DeValue::Table(table) = value else {
            Self::wrong_kind(report, place, key, example);
            return None;
        };
        Some(Section::new(title, place, table))
    }

    /// The tables of an array of tables, `[[key]]`.
    pub(super) fn tables(&mut self, report: &mut Report<'_>, key: &'static str) -> Vec<Section<'t>> {
        let Some(Placed { value, place }) = self.take(key) else { return vec![] };
        let DeValue::Array(items) = value else {
            report.at(place, format!("{key} is not a list of tables; write [[{key}]]"));
            return vec![];
        };
        let mut sections = vec![];
        for item in items {
            let place = Place(item.span().start);
            match item.into_inner() {
                DeValue::Table(table) => sections.push(Section::new(format!("[[{key}]]"), place, table)),
                _ => report.at(place, format!("{key} is not a list of tables; write [[{key}]]")),
            }
        }
        sections
    }

    /// Every key of this table as a table of its own: name, place and content.
    pub(super) fn named_tables(self, report: &mut Report<'_>, parent: &str) -> Vec<(String, Section<'t>)> {
        let mut sections = vec![];
        for (key, value) in self.left {
            let place = start(&key);
            let name = key.into_inner().into_owned();
            let title = format!("[{parent}.{name}]");
            match value.into_inner() {
                DeValue::Table(table) => sections.push((name, Section::new(title, place, table))),
                _ => report.at(
                    place,
                    format!("{name} stands in [{parent}], which holds tables only; write {title}"),
                ),
            }
        }
        sections.sort_by_key(|(_, section)| section.place);
        sections
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        for key in self.left.keys() {
            let name: &str = key.get_ref();
            let place = start(key);
            match nearest(name, self.known.iter().copied()) {
                Some(known) => report.at(
                    place,
                    format!("unknown key {} in {}; did you mean {known}?", shown(name), self.title),
                ),
                None => report.at(
                    place,
                    format!(
                        "unknown key {} in {}; it takes {}",
                        shown(name),
                        self.title,
                        self.known.join(", ")
                    ),
                ),
            }
        }
    }
}

fn start(key: &Spanned<DeString<'_>>) -> Place {
    Place(key.span().start)
}

fn shown(name: &str) -> String {
    let short: String = name.chars().filter(|letter| !letter.is_control()).take(40).collect();
    short
}
