//! A site of which only its programs matter. Shared with tests/ssh.

use std::time::Duration;

use ckan_chatops::ckan::{DatabaseAddresses, ProgramSettings, Site, SiteSettings};
use secrecy::SecretString;

pub(crate) fn with_programs(url: &str, programs: ProgramSettings) -> Site {
    Site::new(SiteSettings {
        environment: "test".to_owned(),
        ckan_url: url.parse().unwrap(),
        token: SecretString::from("token"),
        site_url: None,
        public_url: None,
        archive: None,
        request_timeout: Duration::from_secs(5),
        write_deadline: Duration::from_secs(5),
        bulk_concurrency: std::num::NonZeroU8::MIN,
        database: DatabaseAddresses::default(),
        programs,
    })
    .unwrap()
}
