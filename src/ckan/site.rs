//! One environment's CKAN: its address, its token, and the rules of speaking to it.
//!
//! Guarantees that a write is sent once, to the site that was configured; that only reads are tried again; and that a
//! token which CKAN does not take is named as the cause wherever it explains a failure. Leaves what to ask to the
//! typed readers beside it and to operations.

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::action::Call;
use super::classify::Kind;
use super::programs::{ProgramSettings, Programs};
use super::{
    Archive, CallError, Cause, CkanVersion, CommandLine, Daily, Database, DatabaseAddresses, Effect,
    EmailDomains, Services, Tunnel,
};
use crate::http;

/// How long after a transient failure a read is tried again.
const RETRY_AFTER: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// How long a call waits for a tunnel that is being opened. As long as a connection may take.
const TUNNEL_PATIENCE: Duration = Duration::from_secs(5);

/// What the configuration says of one environment.
pub struct SiteSettings {
    /// Its name, for example `production`.
    pub environment: String,
    /// Where its CKAN is, as the bot reaches it.
    pub ckan_url: Url,
    /// An API token of a sysadmin.
    pub token: SecretString,
    /// What this CKAN calls itself (`ckan.site_url`). Where it is given, no write goes to a CKAN that says another.
    pub site_url: Option<String>,
    /// Where the public sees its datasets, if that is not CKAN itself.
    pub public_url: Option<Url>,
    /// CKAN's database, where the bot may look into it or write to it.
    pub database: DatabaseAddresses,
    /// The folder for copies of what is purged, where there is one.
    pub archive: Option<PathBuf>,
    /// The longest that one call may take.
    pub request_timeout: Duration,
    /// How long CKAN may go on working on a request after we lost sight of it: its web server's own limit.
    pub write_deadline: Duration,
    /// How many of many changes it gets at once, at most.
    pub bulk_concurrency: NonZeroU8,
    /// Its command line, its services and its tunnel.
    pub programs: ProgramSettings,
}

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// It is not an `http` or `https` address.
    #[error("the address of the CKAN `{0}` is not an http:// or https:// address")]
    Address(String),
    /// It cannot be sent in a header.
    #[error("the token of the CKAN `{0}` is empty or has characters that no token has")]
    Token(String),
    /// It is not PostgreSQL's.
    #[error("the address of the database of the CKAN `{0}` is not one of PostgreSQL's")]
    Database(String),
    /// No client could be made.
    #[error("no HTTP client could be made")]
    Client(#[from] reqwest::Error),
}

/// One environment's CKAN.
pub struct Site {
    /// The environment's name, for example `production`.
    pub environment: String,
    pub(super) client: Client,
    pub(super) public_url: Option<Url>,
    base: Url,
    token: HeaderValue,
    expected_url: Option<String>,
    write_deadline: Duration,
    bulk_concurrency: NonZeroU8,
    database: Option<Database>,
    archive: Option<Archive>,
    programs: Programs,
    email_domains: EmailDomains,
    csw_sync: Option<Daily>,
    private_texts: Hmac<Sha256>,
}

/// What was proved of a site: it is the configured one, and the token is a sysadmin's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteProof {
    /// CKAN's version, where it tells.
    pub ckan_version: Option<String>,
    /// What the site calls itself.
    pub site_url: String,
    /// Whose token it is.
    pub user_name: String,
}

impl SiteProof {
    /// CKAN's version, where it tells one that can be read.
    pub fn version(&self) -> Option<CkanVersion> {
        self.ckan_version.as_deref().and_then(CkanVersion::parse)
    }
}

#[derive(Deserialize)]
struct Status {
    ckan_version: Option<String>,
    #[serde(default)]
    site_url: String,
}

// Of `user_show` only these: the rest has an e-mail address and a key.
#[derive(Deserialize)]
struct Caller {
    name: String,
    #[serde(default)]
    sysadmin: bool,
}

impl Site {
    /// The site of these settings. Asks nothing yet; see [`Site::prove`].
    pub fn new(settings: SiteSettings) -> Result<Self, SiteError> {
        let mut base = settings.ckan_url;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(SiteError::Address(settings.environment));
        }
        // Without it, joining would drop the last part of a CKAN that lives below a path.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let token = settings.token.expose_secret().trim();
        let mut header = match HeaderValue::from_str(token) {
            Ok(header) if !token.is_empty() => header,
            _ => return Err(SiteError::Token(settings.environment)),
        };
        header.set_sensitive(true);
        let database = Database::new(&settings.database);
        let database = database.map_err(|_| SiteError::Database(settings.environment.clone()))?;
        let mut private_texts = Hmac::<Sha256>::new_from_slice(token.as_bytes())
            .map_err(|_| SiteError::Token(settings.environment.clone()))?;
        private_texts.update(b"ckan-chatops private text:");
        let address = (
            base.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            base.port_or_known_default().unwrap_or_default(),
        );
        Ok(Self {
            programs: Programs::new(&settings.environment, address, settings.programs),
            environment: settings.environment,
            client: http::client(settings.request_timeout)?,
            public_url: settings.public_url,
            base,
            token: header,
            expected_url: settings.site_url,
            write_deadline: settings.write_deadline,
            bulk_concurrency: settings.bulk_concurrency,
            database,
            archive: settings.archive.map(Archive::new),
            email_domains: EmailDomains::default(),
            csw_sync: None,
            private_texts,
        })
    }

    /// Where copies of what is purged go, if anywhere.
    pub fn archive(&self) -> Option<&Archive> {
        self.archive.as_ref()
    }

    /// The same site, whose accounts may have addresses in these domains.
    #[must_use]
    pub fn with_email_domains(self, email_domains: EmailDomains) -> Self {
        Self { email_domains, ..self }
    }

    /// The same site, on which the CSW catalogue is filled at this time of the day.
    #[must_use]
    pub fn with_csw_sync(self, csw_sync: Option<Daily>) -> Self {
        Self { csw_sync, ..self }
    }

    /// When the CSW catalogue is filled, where the configuration says.
    pub fn csw_sync(&self) -> Option<&Daily> {
        self.csw_sync.as_ref()
    }

    /// The domains in which its accounts' addresses may be.
    pub fn email_domains(&self) -> &EmailDomains {
        &self.email_domains
    }

    /// A value that stands for a private text: equal for equal texts, and of no use to whoever wants to try out which
    /// text it stands for, because the token is its key. With another token it is another value.
    pub fn tag(&self, text: &str) -> String {
        let mut mac = self.private_texts.clone();
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// CKAN's database, where one is configured.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// How long CKAN may go on working on a request after we lost sight of it. Before that, "it has not happened" is
    /// no proof that it will not.
    pub fn write_deadline(&self) -> Duration {
        self.write_deadline
    }

    /// How many of many changes it gets at once, at most.
    pub fn bulk_concurrency(&self) -> NonZeroU8 {
        self.bulk_concurrency
    }

    /// Its command line, where the configuration names one.
    pub fn command_line(&self) -> Option<&CommandLine> {
        self.programs.command_line.as_ref()
    }

    /// Its command line, or the failure where the configuration names none.
    pub fn needed_command_line(&self, name: &'static str) -> Result<&CommandLine, CallError> {
        self.command_line().ok_or(CallError::nothing_done(name, Cause::CommandNotConfigured))
    }

    /// Its services; those that the configuration does not name say so when they are used.
    pub fn services(&self) -> &Services {
        &self.programs.services
    }

    /// The tunnel to it, where the configuration names one.
    pub fn tunnel(&self) -> Option<&Tunnel> {
        self.programs.tunnel.as_ref()
    }

    /// True where this host is one that people know the site by.
    pub fn is_known_as(&self, host: &str) -> bool {
        let named = self.expected_url.as_deref().and_then(|text| Url::parse(text).ok());
        [Some(&self.base), self.public_url.as_ref(), named.as_ref()]
            .into_iter()
            .flatten()
            .any(|url| url.host_str() == Some(host))
    }

    /// Proves that this is the configured site and that the token is a sysadmin's.
    pub async fn prove(&self) -> Result<SiteProof, CallError> {
        let (status, caller) = tokio::join!(self.status(), self.caller());
        let (status, caller) = (status?, caller?);
        Ok(SiteProof { ckan_version: status.ckan_version, site_url: status.site_url, user_name: caller.name })
    }

    /// Asks CKAN something. Tried again where the failure may pass.
    pub async fn read<T: DeserializeOwned>(
        &self,
        action: &'static str,
        parameters: &impl Serialize,
    ) -> Result<T, CallError> {
        match self.read_unproved(action, parameters, Some(&self.token)).await {
            Ok(result) => Ok(result),
            Err(error) => Err(self.blame_the_token(error).await),
        }
    }

    /// Asks CKAN something that may well not be there, without doubting the token for it.
    pub(super) async fn read_quietly<T: DeserializeOwned>(
        &self,
        action: &'static str,
        parameters: &impl Serialize,
    ) -> Result<T, CallError> {
        self.read_unproved(action, parameters, Some(&self.token)).await
    }

    /// Asks CKAN something as an anonymous visitor would.
    pub async fn read_as_visitor<T: DeserializeOwned>(
        &self,
        action: &'static str,
        parameters: &impl Serialize,
    ) -> Result<T, CallError> {
        self.read_unproved(action, parameters, None).await
    }

    /// Has CKAN change one of many things, where [`Site::prove`] was asked a moment ago. Sent once, never again.
    pub async fn write_one_of_many(
        &self,
        action: &'static str,
        parameters: &impl Serialize,
    ) -> Result<(), CallError> {
        match self.send(&self.call(action, Kind::Write, Some(&self.token)), parameters).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.blame_the_token(error).await),
        }
    }

    /// Has CKAN change something. Sent once, never again.
    pub async fn write(&self, action: &'static str, parameters: &impl Serialize) -> Result<(), CallError> {
        if self.expected_url.is_some() {
            self.status().await?;
        }
        self.write_one_of_many(action, parameters).await
    }

    async fn status(&self) -> Result<Status, CallError> {
        let status: Status = self.read_unproved("status_show", &json!({}), Some(&self.token)).await?;
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        match &self.expected_url {
            Some(expected) if plain(expected) != plain(&status.site_url) => {
                Err(CallError::nothing_done("status_show", Cause::WrongSite))
            }
            _ => Ok(status),
        }
    }

    /// Whose token it is. CKAN takes a wrong token for an anonymous visitor and knows no "self" for that one.
    async fn caller(&self) -> Result<Caller, CallError> {
        let caller = self.read_unproved::<Caller>("user_show", &json!({}), Some(&self.token)).await;
        match caller {
            Ok(caller) if caller.sysadmin => Ok(caller),
            Ok(_) => Err(CallError::nothing_done("user_show", Cause::TokenNotSysadmin)),
            Err(error) if matches!(error.cause, Cause::NotFound | Cause::NotAuthorised) => {
                Err(CallError { cause: Cause::TokenNotSysadmin, ..error })
            }
            Err(error) => Err(error),
        }
    }

    /// The same failure with the token as its cause, where the token is not a sysadmin's. The effect stays: a 500 to
    /// an anonymous visitor is no proof that nothing happened.
    async fn blame_the_token(&self, error: CallError) -> CallError {
        if !matches!(error.cause, Cause::NotFound | Cause::NotAuthorised | Cause::ServerError) {
            return error;
        }
        match self.caller().await {
            Err(proof) if proof.cause == Cause::TokenNotSysadmin => {
                CallError { cause: Cause::TokenNotSysadmin, ..error }
            }
            _ => error,
        }
    }

    async fn read_unproved<T: DeserializeOwned>(
        &self,
        action: &'static str,
        parameters: &impl Serialize,
        token: Option<&HeaderValue>,
    ) -> Result<T, CallError> {
        let call = self.call(action, Kind::Read, token);
        let mut pauses = RETRY_AFTER.into_iter();
        let result: Value = loop {
            match self.send(&call, parameters).await {
                Ok(result) => break result,
                Err(error) if may_pass(error.cause) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        };
        serde_json::from_value(result).map_err(|_| CallError {
            action,
            cause: Cause::NotCkan,
            effect: Effect::NotApplied,
            status: Some(200),
            earlier: None,
        })
    }

    /// Sends a call, once: through the tunnel only where that stands, so that a dead one is never a doubt.
    async fn send(&self, call: &Call<'_>, parameters: &impl Serialize) -> Result<Value, CallError> {
        let Some(tunnel) = self.tunnel() else { return call.send(parameters).await };
        let down = || CallError::nothing_done(call.action, Cause::TunnelDown);
        if !tunnel.stands(TUNNEL_PATIENCE).await {
            return Err(down());
        }
        match call.send(parameters).await {
            // It fell in between; nothing had left.
            Err(error) if error.cause == Cause::Unreachable && !tunnel.takes_connections().await => {
                Err(down())
            }
            answer => answer,
        }
    }

    fn call<'a>(&'a self, action: &'static str, kind: Kind, token: Option<&'a HeaderValue>) -> Call<'a> {
        Call { client: &self.client, base: &self.base, token, action, kind }
    }
}

/// A time-out is not among them: asking a slow CKAN again makes it slower.
fn may_pass(cause: Cause) -> bool {
    matches!(cause, Cause::Unreachable | Cause::ConnectionLost | Cause::ProxyGaveUp)
}
