//! Versions of CKAN, for people.
//!
//! Guarantees that a refusal says which versions the bot knows. Leaves to operations what is refused.

use crate::ckan::version::UnknownVersion;

/// Why the bot does not use the command line of this CKAN.
pub fn unknown(version: UnknownVersion, environment: &str) -> String {
    let known = "The bot knows the command lines of CKAN 2.10, 2.11 and 2.12";
    match version {
        UnknownVersion::Hidden => format!(
            "{known}, and CKAN on {environment} does not tell its version (`ckan.hide_version`). Do this by hand, or \
             have it tell its version."
        ),
        UnknownVersion::TooOld(version) => {
            format!("{known}; CKAN on {environment} is {version}, which is older. Do this by hand.")
        }
        UnknownVersion::TooNew(version) => {
            format!(
                "{known}; CKAN on {environment} is {version}, which is newer. Do this by hand, or update the bot."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ckan::CkanVersion;

    #[test]
    fn an_unknown_version_is_refused_as_reviewed() {
        let version = |text| CkanVersion::parse(text).unwrap();
        let said = [
            UnknownVersion::Hidden,
            UnknownVersion::TooOld(version("2.9.11")),
            UnknownVersion::TooNew(version("2.13.0")),
        ]
        .map(|it| unknown(it, "staging"));
        insta::assert_snapshot!(said.join("\n"), @"
        The bot knows the command lines of CKAN 2.10, 2.11 and 2.12, and CKAN on staging does not tell its version (`ckan.hide_version`). Do this by hand, or have it tell its version.
        The bot knows the command lines of CKAN 2.10, 2.11 and 2.12; CKAN on staging is 2.9.11, which is older. Do this by hand.
        The bot knows the command lines of CKAN 2.10, 2.11 and 2.12; CKAN on staging is 2.13.0, which is newer. Do this by hand, or update the bot.
        ");
    }
}
