//! The service: listeners, background tasks, and an orderly end.
//!
//! Guarantees that nothing is answered before the store is open, and that on a signal no new work is begun, what
//! runs is given time to finish, and what does not finish is found by `recovery` at the next start. Leaves the
//! configuration's sense to `config`.

mod tunnels;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::ckan::{EmailDomains, Inheritance, ProgramSettings, Site, SiteSettings, Sites};
use crate::clock::{SharedClock, SystemClock};
use crate::config::{Config, Secrets, process_environment};
use crate::health::{self, Health};
use crate::ids::IdSource;
use crate::lifecycle::Lifecycle;
use crate::operations::Registry;
use crate::slack::command::Grammar;
use crate::slack::door::{self, Door};
use crate::slack::files::SlackFiles;
use crate::slack::outbox::Outbox;
use crate::slack::people::Home;
use crate::slack::response_address::ResponseAddress;
use crate::slack::signature::Verifier;
use crate::slack::web::SlackWeb;
use crate::store::Store;
use crate::worker::executor::Executor;
use crate::worker::expiry::Expiry;
use crate::worker::holding::Holding;
use crate::worker::intake::Intake;
use crate::worker::recovery::Recovery;
use crate::worker::under_way::UnderWay;
use crate::worker::watches::Watches;
use crate::worker::{Bot, Wakes};
use crate::{http, store, telemetry};
use tunnels::Tunnels;

/// How long work that runs may take to finish after a signal.
const FINISH_WITHIN: Duration = Duration::from_secs(30);
/// How often old deliveries are forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(5);
/// How long connections may take to say the rest after a signal. Idle ones are closed at once.
const HANG_UP_AFTER: Duration = Duration::from_secs(3);
/// How long an answer to a response address may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the service did not start or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be used; the text says what to do.
    #[error("the database cannot be used: {0}")]
    Store(#[from] store::OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// An HTTP client cannot be made.
    #[error("no HTTP client can be made")]
    Http(#[from] reqwest::Error),
    /// The TLS roots of this machine cannot be read.
    #[error("the TLS certificates of this machine cannot be read")]
    Tls(#[source] std::io::Error),
    /// An environment's settings cannot be used.
    #[error("environment {0}: its settings cannot be used")]
    Site(String),
    /// Metrics cannot be counted.
    #[error("metrics cannot be counted")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// Not everything that ran finished in time; it is looked after at the next start.
    #[error("stopped with work unfinished")]
    Unfinished,
    /// A duty ended by itself; the log says which.
    #[error("a part of the bot ended by itself, so all of it stopped; start it again, and look at the log")]
    Deserted,
}

/// A running service.
pub struct Server {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    lifecycle: Lifecycle,
    store: Arc<dyn Store>,
    tunnels: Tunnels,
}

impl Server {
    /// Starts the service on the machine's clock.
    pub async fn start(config: Config, secrets: Secrets) -> Result<Self, ServeError> {
        Self::start_at(config, secrets, Arc::new(SystemClock)).await
    }

    /// Starts the service on a clock of the caller's.
    pub async fn start_at(config: Config, secrets: Secrets, clock: SharedClock) -> Result<Self, ServeError> {
        let metrics = telemetry::start_metrics()?;
        let password = secrets.database_password.as_ref().map(ExposeSecret::expose_secret);
        let store = store::open(&config.database_url, password, clock.clone()).await?;
        let wakes = Wakes::default();
        let bot = Arc::new(bot(&config, &secrets, clock, store.clone(), wakes.clone())?);
        let health = Arc::new(Health::new(store.clone(), &bot.sites));
        let door = Arc::new(Door {
            verifier: Verifier::new(&secrets.signing_secret, secrets.signing_secret_previous.as_ref()),
            store: store.clone(),
            clock: bot.clock.clone(),
            ids: bot.ids.clone(),
            app: config.slack.app_id.clone(),
            home: bot.home.clone(),
            grammar: bot.grammar.clone(),
            wake: wakes.intake.clone(),
        });
        let answers = ResponseAddress::new(http::client(ANSWER_TIMEOUT)?, &config.slack.api_url);
        let (web, files, clock) = (bot.web.clone(), bot.files.clone(), bot.clock.clone());
        let outbox = Outbox::new(store.clone(), web, answers, files, clock, wakes.outbox.clone());

        let listener = listen(config.listen).await?;
        let address = listener.local_addr().unwrap_or(config.listen);
        let lifecycle = Lifecycle::default();
        let telling = config.admin_listen.is_none();
        let public = door::routes(door).merge(health::routes(health.clone(), telling));
        serve("the listener for Slack", listener, public, &lifecycle);
        let admin_address = match config.admin_listen {
            Some(admin) => {
                let listener = listen(admin).await?;
                let address = listener.local_addr().unwrap_or(admin);
                let inside = health::metrics_routes(metrics).merge(health::routes(health.clone(), true));
                serve("the listener for machines", listener, inside, &lifecycle);
                Some(address)
            }
            None => None,
        };
        let tunnels = Tunnels::begin(&bot, &lifecycle);
        begin_health(&bot, health, &lifecycle);
        begin_acting(&bot, outbox, &lifecycle);
        let admin = admin_address.map(tracing::field::display);
        tracing::info!(%address, admin_address = admin, version = env!("CARGO_PKG_VERSION"), "listening");
        Ok(Self { address, admin_address, lifecycle, store, tunnels })
    }

    /// Where Slack's requests are taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics are shown.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Comes when a duty ended by itself: the process is of no more use.
    pub async fn deserted(&self) {
        self.lifecycle.stop.cancelled().await;
    }

    /// Begins nothing new, waits for what runs, and leaves the whole database in its one file.
    pub async fn stop(self) -> Result<(), ServeError> {
        let in_time = self.lifecycle.end(FINISH_WITHIN).await;
        self.tunnels.close().await;
        if self.lifecycle.was_deserted() {
            return Err(ServeError::Deserted);
        }
        if !in_time {
            return Err(ServeError::Unfinished);
        }
        if let Err(error) = self.store.close().await {
            // Nothing is lost: its log is read at the next start.
            tracing::warn!(error = %telemetry::chain(&error), "the database was not closed in good order");
        }
        Ok(())
    }
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(config: Config, secrets: Secrets) -> Result<(), ServeError> {
    let server = Server::start(config, secrets).await?;
    tokio::select! {
        () = asked_to_stop() => {}
        () = server.deserted() => {}
    }
    tracing::info!("stopping: nothing new is begun, what runs is finished");
    server.stop().await
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

fn bot(
    config: &Config,
    secrets: &Secrets,
    clock: SharedClock,
    store: Arc<dyn Store>,
    wakes: Wakes,
) -> Result<Bot, ServeError> {
    let registry = Arc::new(Registry::all());
    let sites = sites(config, secrets)?;
    let names: Vec<String> = sites.names().map(str::to_owned).collect();
    let ids = Arc::new(IdSource::unpredictable(clock.clone()));
    let api = &config.slack.api_url;
    let web = Arc::new(SlackWeb::new(api.as_str(), &secrets.bot_token).map_err(ServeError::Tls)?);
    Ok(Bot {
        grammar: Arc::new(Grammar::new(&registry, &names, config.policy.ticket_pattern.as_deref())),
        registry,
        sites,
        store,
        clock,
        worker: ids.worker(),
        under_way: UnderWay::default(),
        many: Arc::new(Semaphore::new(1)),
        ids,
        policy: config.policy.clone(),
        files: Arc::new(SlackFiles::new(web.clone(), api, secrets.bot_token.clone())?),
        web,
        home: Home { team: config.slack.team_id.clone(), enterprise: config.slack.enterprise_id.clone() },
        channel: config.slack.channel.clone(),
        ticket_url: config.ticket_url.clone(),
        wakes,
    })
}

fn sites(config: &Config, secrets: &Secrets) -> Result<Sites, ServeError> {
    let mut sites = vec![];
    let mut default = None;
    for environment in &config.environments {
        let unusable = || ServeError::Site(environment.name.clone());
        let token = secrets.ckan_tokens.get(&environment.name).ok_or_else(unusable)?.clone();
        if environment.default {
            default = Some(environment.name.clone());
        }
        let site = Site::new(SiteSettings {
            environment: environment.name.clone(),
            ckan_url: environment.ckan_url.clone(),
            token,
            site_url: environment.site_url.clone(),
            public_url: environment.public_url.clone(),
            archive: config.archive_dir.clone(),
            database: secrets.databases.get(&environment.name).cloned().unwrap_or_default(),
            request_timeout: environment.request_timeout,
            write_deadline: environment.write_deadline,
            bulk_concurrency: environment.bulk_concurrency,
            programs: ProgramSettings {
                command_line: environment.command_line.clone(),
                services: environment.services.clone(),
                tunnel: environment.tunnel.clone(),
                inheritance: Inheritance::of(&process_environment),
                secrets: secrets.all().cloned().collect(),
            },
        })
        .map_err(|_| unusable())?;
        let site = site.with_email_domains(EmailDomains::new(config.email_domains.clone()));
        sites.push(site.with_csw_sync(environment.csw_sync.clone()));
    }
    Ok(Sites::new(sites, default.unwrap_or_default()))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

fn serve(name: &'static str, listener: TcpListener, routes: Router, lifecycle: &Lifecycle) {
    let stop = &lifecycle.stop;
    let (stopping, hanging_up) = (stop.clone().cancelled_owned(), stop.clone().cancelled_owned());
    lifecycle.begin(name, async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(stopping);
        let late = async {
            hanging_up.await;
            tokio::time::sleep(HANG_UP_AFTER).await;
        };
        tokio::select! {
            ended = served.into_future() => {
                if let Err(error) = ended {
                    tracing::error!(error = %error, "a listener ended");
                }
            }
            () = late => tracing::warn!("hung up on connections that had more to say"),
        }
    });
}

fn begin_health(bot: &Arc<Bot>, health: Arc<Health>, lifecycle: &Lifecycle) {
    let (asking, stop) = (bot.clone(), lifecycle.stop.clone());
    lifecycle.begin("health", async move { health.run(&asking, stop).await });
}

/// Acts on what is kept once it is this process's turn, and for as long as it is.
fn begin_acting(bot: &Arc<Bot>, outbox: Outbox, lifecycle: &Lifecycle) {
    let (bot, mine) = (bot.clone(), lifecycle.clone());
    let acting = metrics::gauge!("ckan_chatops_acting");
    acting.set(0.0);
    lifecycle.begin("acting", async move {
        let led = tokio::select! {
            led = bot.store.lead() => led,
            () = mine.stop.cancelled() => return,
        };
        // Otherwise its turn is over already, which ends the process.
        if led.is_ok() {
            acting.set(1.0);
            tracing::info!("acting on what is kept");
            begin_duties(&bot, outbox, &mine);
            tokio::select! {
                () = bot.store.lost() => {}
                () = mine.stop.cancelled() => {}
            }
        }
    });
}

fn begin_duties(bot: &Arc<Bot>, outbox: Outbox, lifecycle: &Lifecycle) {
    let (intake, executor) = (Arc::new(Intake::new(bot.clone())), Executor::new(bot.clone()));
    let (recovery, expiry) = (Recovery::new(bot.clone()), Expiry::new(bot.clone()));
    let forgetting = intake.clone();
    let (tasks, stop) = (lifecycle.tasks.clone(), lifecycle.stop.clone());
    lifecycle.begin("intake", async move { intake.run(&tasks, stop).await });
    let (tasks, stop) = (lifecycle.tasks.clone(), lifecycle.stop.clone());
    lifecycle.begin("executor", async move { executor.run(&tasks, stop).await });
    let (tasks, stop) = (lifecycle.tasks.clone(), lifecycle.stop.clone());
    lifecycle.begin("recovery", async move { Box::pin(recovery.run(&tasks, stop)).await });
    let stop = lifecycle.stop.clone();
    lifecycle.begin("expiry", async move { expiry.run(stop).await });
    let (holding, stop) = (Holding::new(bot.clone()), lifecycle.stop.clone());
    lifecycle.begin("holding", async move { holding.run(stop).await });
    let (watches, stop) = (Watches::new(bot.clone()), lifecycle.stop.clone());
    lifecycle.begin("watches", async move { watches.run(stop).await });
    let stop = lifecycle.stop.clone();
    lifecycle.begin("outbox", async move { outbox.run(stop).await });
    let stop = lifecycle.stop.clone();
    lifecycle.begin("forgetting", async move {
        while !stop.is_cancelled() {
            forgetting.forget().await;
            tokio::select! {
                () = tokio::time::sleep(FORGET_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    });
}
