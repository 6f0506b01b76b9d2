//! The programs of one environment: its command line, its services, its tunnel.
//!
//! Guarantees that all of them share one filter for what they print and inherit the same few variables. Leaves to each
//! what it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;

use super::command_line::{CommandLine, CommandLineSettings};
use super::process::Inheritance;
use super::redaction::Redaction;
use super::services::{Service, ServiceSettings, Services};
use super::tunnel::Tunnel;

/// What the configuration says of an environment's programs.
#[derive(Debug, Clone, Default)]
pub struct ProgramSettings {
    /// CKAN's command line, where it can be reached.
    pub command_line: Option<CommandLineSettings>,
    /// Services that can be looked at or restarted.
    pub services: BTreeMap<Service, ServiceSettings>,
    /// The program that makes `ckan_url` reachable.
    pub tunnel: Option<Vec<String>>,
    /// What the programs inherit of our environment.
    pub inheritance: Inheritance,
    /// Secrets of ours that must not be seen if a program prints them.
    pub secrets: Vec<SecretString>,
}

/// An environment's programs.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) command_line: Option<CommandLine>,
    pub(super) services: Services,
    pub(super) tunnel: Option<Tunnel>,
}

impl Programs {
    /// The programs of the environment of this name, whose tunnel leads to `address`.
    pub(super) fn new(environment: &str, address: (String, u16), settings: ProgramSettings) -> Self {
        let ProgramSettings { command_line, services, tunnel, inheritance, secrets } = settings;
        let redaction = Arc::new(Redaction::new(secrets));
        Self {
            command_line: command_line
                .map(|settings| CommandLine::new(settings, inheritance.clone(), redaction.clone())),
            tunnel: tunnel.map(|argv| {
                Tunnel::new(environment.to_owned(), argv, address, inheritance.clone(), redaction.clone())
            }),
            services: Services::new(services, inheritance, redaction),
        }
    }
}
