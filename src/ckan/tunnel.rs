//! The tunnel to a CKAN that cannot be reached otherwise: `kubectl port-forward` or `ssh -L`.

use std::sync::Arc;

use super::process::Inheritance;
use super::redaction::Redaction;

/// An environment's tunnel.
#[derive(Debug)]
pub struct Tunnel {
    argv: Vec<String>,
    inheritance: Inheritance,
    redaction: Arc<Redaction>,
}

impl Tunnel {
    pub(super) fn new(argv: Vec<String>, inheritance: Inheritance, redaction: Arc<Redaction>) -> Self {
        Self { argv, inheritance, redaction }
    }
}
