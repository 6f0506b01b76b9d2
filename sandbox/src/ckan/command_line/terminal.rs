//! Where a command prints: the program at the other end, for as long as it is there.
//!
//! Guarantees: nothing is printed after the program has gone, and a command that does not outlive its program stops
//! at the next thing that it would print or wait for. What the database has seen until then stays.

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::super::release::Release;
use super::super::site::{Site, State};
use super::{CommandFaultKind, CommandSettings, Step, begun};

const SITE_PACKAGES: &str = "/usr/lib/ckan/venv/lib/python3.11/site-packages";

/// The command ends here; with its exit code where its program was told one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone(pub(super) Option<i32>);

/// A command's standard output and error, its faults and its pace.
pub(super) struct Terminal {
    pub(super) site: Site,
    pub(super) release: Release,
    steps: Option<mpsc::Sender<Step>>,
    settings: CommandSettings,
    fault: Option<CommandFaultKind>,
    items: u32,
    write: Option<(u64, String)>,
}

impl Terminal {
    pub(super) fn new(site: Site, steps: mpsc::Sender<Step>, release: Release, command: &str) -> Self {
        let (settings, fault) = {
            let mut state = site.state();
            (state.commands.settings.clone(), state.commands.take_fault(command))
        };
        Self { site, release, steps: Some(steps), settings, fault, items: 0, write: None }
    }

    /// Everything that happens before the command begins.
    pub(super) async fn begin(&mut self) -> Result<(), Gone> {
        self.log("ckan.cli", "Using configuration file /config/production.ini").await?;
        self.log("ckan.config.environment", "Loading static files from public").await?;
        self.wait(self.settings.start_ms).await?;
        self.log(
            "ckan.config.environment",
            &format!("Loading templates from {SITE_PACKAGES}/ckan/templates"),
        )
        .await?;
        if self.release.warns_of_csrf() {
            let sentence = "Extensions are excluded from CSRF protection! We allow extensions to run without CSRF \
                            protection but it will be forced future releases. Read the documentation for more \
                            information on how to add CSRF protection to your extension.";
            self.log_as("WARNI", "ckan.config.middleware.flask_app", sentence).await?;
        }
        match self.fault.clone() {
            Some(CommandFaultKind::Flood { bytes }) => self.send(Step::Flood(bytes)).await,
            Some(CommandFaultKind::InvalidUtf8) => {
                self.send(Step::Bytes(b"caf\xe9 \xff\xfe\xc0\xaf \xed\xa0\x80\n".to_vec())).await
            }
            Some(CommandFaultKind::FailQuietly) => Err(self.exit_now(0).await),
            Some(CommandFaultKind::Fail { code, message }) => {
                self.err(&format!("{message}\n")).await?;
                Err(self.exit_now(code).await)
            }
            _ => self.strike(0).await,
        }
    }

    /// One more dataset is done.
    pub(super) async fn item(&mut self) -> Result<(), Gone> {
        self.wait(self.settings.item_ms).await?;
        self.items += 1;
        self.strike(self.items).await
    }

    /// Everything is done, and only the exit code is left to say.
    pub(super) async fn finish(&mut self) -> Result<(), Gone> {
        self.strike(u32::MAX).await
    }

    /// Lets a fault happen whose time has come.
    async fn strike(&mut self, items: u32) -> Result<(), Gone> {
        let due = |after: u32| items >= after;
        match self.fault.clone() {
            Some(CommandFaultKind::Hang { after }) if due(after) => {
                let stop = self.site.stop.clone();
                if let Some(steps) = &self.steps {
                    tokio::select! {
                        () = steps.closed() => {},
                        () = stop.cancelled() => {},
                    }
                }
                Err(Gone(None))
            }
            Some(CommandFaultKind::Die { after, code }) if due(after) => Err(self.exit_now(code).await),
            Some(CommandFaultKind::LoseConnection { after, code }) if due(after) => {
                self.exit_now(code).await;
                self.fault = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Tells the program to end, and forgets it.
    async fn exit_now(&mut self, code: i32) -> Gone {
        // A program that has gone already has nothing to be told.
        let _ = self.send(Step::Exit(code)).await;
        self.steps = None;
        Gone(Some(code))
    }

    /// The command came to its end.
    pub(super) async fn exit(&mut self, code: i32) -> Result<(), Gone> {
        if let Some((n, action)) = self.write.take() {
            self.with_write(n, &action, |write| {
                write.status = u16::try_from(code).unwrap_or(u16::MAX);
                write.committed = true;
            });
        }
        self.send(Step::Exit(code)).await?;
        self.steps = None;
        Ok(())
    }

    pub(super) async fn out(&mut self, text: &str) -> Result<(), Gone> {
        if text.is_empty() { Ok(()) } else { self.send(Step::Out(text.to_owned())).await }
    }

    pub(super) async fn err(&mut self, text: &str) -> Result<(), Gone> {
        if text.is_empty() { Ok(()) } else { self.send(Step::Err(text.to_owned())).await }
    }

    /// A line of CKAN's log at the level INFO.
    pub(super) async fn log(&mut self, logger: &str, message: &str) -> Result<(), Gone> {
        self.log_as("INFO ", logger, message).await
    }

    pub(super) async fn log_as(&mut self, level: &str, logger: &str, message: &str) -> Result<(), Gone> {
        let at = self
            .site
            .state()
            .clock
            .now()
            .to_zoned(TimeZone::UTC)
            .strftime("%Y-%m-%d %H:%M:%S,%3f")
            .to_string();
        self.err(&format!("{at} {level} [{logger}] {message}\n")).await
    }

    /// An exception that nobody caught.
    pub(super) async fn traceback(&mut self, exception: &str) -> Result<i32, Gone> {
        self.err(&format!(
            "Traceback (most recent call last):\n  File \"/usr/lib/ckan/venv/bin/ckan\", line 8, in <module>\n    sys.exit(ckan())\n{exception}\n"
        ))
        .await?;
        Ok(1)
    }

    pub(super) fn cannot_be_indexed(&self, id: &str, name: &str) -> bool {
        self.settings.cannot_be_indexed.iter().any(|bad| bad == id || bad == name)
    }

    /// A line in the log of writes, before the command does anything.
    pub(super) fn note_write(&mut self, n: u64, name: &str, id: &str) {
        let action = format!("ckan {name}");
        self.site.state().writes.push(begun(n, &action, id));
        self.write = Some((n, action));
    }

    /// Does something to the database, as it is now, and notes whether it changed anything.
    pub(super) fn change(&mut self, work: impl FnOnce(&mut State) -> bool) {
        let changed = {
            let mut state = self.site.state();
            state.settle();
            work(&mut state)
        };
        if let Some((n, action)) = self.write.clone().filter(|_| changed) {
            self.with_write(n, &action, |write| write.changed = true);
        }
    }

    /// Looks at the database, as it is now.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.site.state();
        state.settle();
        look(&mut state)
    }

    fn with_write(&self, n: u64, action: &str, change: impl FnOnce(&mut super::Write)) {
        let mut state = self.site.state();
        if let Some(write) = state.writes.iter_mut().rev().find(|w| w.n == n && w.action == action) {
            change(write);
        }
    }

    async fn wait(&mut self, ms: u64) -> Result<(), Gone> {
        if ms == 0 {
            return Ok(());
        }
        let time = sleep(Duration::from_millis(ms));
        let stop = self.site.stop.clone();
        let Some(steps) = self.steps.clone().filter(|_| !self.settings.outlives_its_program) else {
            tokio::select! {
                () = time => return Ok(()),
                () = stop.cancelled() => return Err(Gone(None)),
            }
        };
        tokio::select! {
            () = time => Ok(()),
            () = steps.closed() => Err(Gone(None)),
            () = stop.cancelled() => Err(Gone(None)),
        }
    }

    async fn send(&mut self, step: Step) -> Result<(), Gone> {
        let Some(steps) = &self.steps else { return Ok(()) };
        let end = self.site.stop.clone();
        let sent = tokio::select! {
            sent = steps.send(step) => sent.is_ok(),
            () = end.cancelled() => false,
        };
        if sent {
            return Ok(());
        }
        self.steps = None;
        if self.settings.outlives_its_program && !end.is_cancelled() { Ok(()) } else { Err(Gone(None)) }
    }
}
