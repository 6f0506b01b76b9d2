//! `[users]`: what the accounts of every CKAN may be given.
//!
//! Guarantees that a list of domains can be read in one way only: whole domains, none of them inside another. Leaves
//! the comparing to `ckan::users`.

use super::problem::Report;
use super::section::{Placed, Section};
use super::values;

/// The domains in which an account's address may be; empty where the file does not say.
pub(super) fn email_domains(report: &mut Report<'_>, root: &mut Section<'_>) -> Vec<String> {
    const EXAMPLE: &str = "[\"gov.uk\", \"nhs.uk\"]";
    let Some(mut section) = root.table(report, "users", "[users]", "a table") else { return vec![] };
    let place = section.place;
    let listed = section.texts(report, "email_domains", EXAMPLE);
    section.finish(report);
    let Some(listed) = listed else { return vec![] };
    if listed.is_empty() {
        report.at(place, "email_domains is empty; write the domains, or leave it out to allow every one");
    }
    let mut domains: Vec<String> = vec![];
    for Placed { value, place } in listed {
        let domain = match domain(&value) {
            Ok(domain) => domain,
            Err(why) => {
                report.at(place, format!("email_domains: {} {why}", values::shown(&value)));
                continue;
            }
        };
        let other = domains.iter().find(|other| is_within(&domain, other) || is_within(other, &domain));
        match other {
            Some(other) if *other == domain => {
                report.at(place, format!("email_domains: \"{domain}\" is there twice; leave one out"));
            }
            Some(other) => {
                let (inner, outer) =
                    if is_within(&domain, other) { (&domain, other) } else { (other, &domain) };
                report.at(
                    place,
                    format!(
                        "email_domains: \"{outer}\" allows \"{inner}\" already; leave one of the two out"
                    ),
                );
            }
            None => domains.push(domain),
        }
    }
    domains
}

/// A domain that can stand behind the `@`, or a part of one from its right end.
fn domain(text: &str) -> Result<String, String> {
    if text.contains('@') {
        return Err("is an address; write what stands behind the @, like \"gov.uk\"".to_owned());
    }
    if text.starts_with("*.") || text.starts_with('.') {
        return Err(
            "has a wildcard or dot in front; write the domain alone, which allows everything below it too"
                .to_owned(),
        );
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if text.len() > 253 || !text.split('.').all(is_label) {
        return Err("is not a domain in small letters; write for example \"gov.uk\"".to_owned());
    }
    if !text.contains('.') {
        return Err(
            "would allow a whole top-level domain; write a domain below it, like \"gov.uk\"".to_owned()
        );
    }
    Ok(text.to_owned())
}

/// Whether one domain is the other or stands below it.
fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
