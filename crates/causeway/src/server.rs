//! The running server: trail, handlers, services, and their end.

use std::sync::Arc;
use std::time::Duration;

use causeway_auth::{Authenticator, Epoch, Hashing};
use causeway_config::options::{AuditFailure, AuditSync, ServerOptions};
use causeway_config::{Component, Config, Problem, Protocol, Sink};
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, EventId, Origin, Random, Secret, Uuid};
use causeway_events::catalogue::ids;
use causeway_events::handlers::{Context, Cursors, Runner};
use causeway_events::spool::{self, Cursor, OnFailure, Settings, Sync, Trail};
use causeway_events::{Batch, Entry};
use causeway_fs::Host;
use causeway_serve::lanes::Lanes;
use causeway_serve::reactors::Reactors;
use causeway_serve::shutdown::Shutdown;
use causeway_serve::ssh::{self, Buffers, Shared};
use causeway_store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::commands::{Failure, failed};
use crate::installation::Installation;
use crate::privileges::RunsAs;

/// How long handlers may work off what is on the trail when the server stops.
const HANDLERS_END: Duration = Duration::from_secs(10);
/// How often state that has expired is removed.
const SWEEP: Duration = Duration::from_secs(3600);

pub(crate) struct Server {
    config: Arc<Config>,
    shared: Arc<Shared>,
    store: Store,
    origin: Arc<Origin>,
    shutdown: Shutdown,
    handlers: Vec<Runner>,
    /// Family, id and name of what was started.
    running: Vec<(&'static str, String, String)>,
    terminate: Signal,
    interrupt: Signal,
}

impl Server {
    /// Starts everything that is switched on. A component that cannot be started is reported and left out; a server
    /// without any service is an error.
    pub(crate) async fn start(
        installation: &Installation,
        config: Config,
        problems: &[Problem],
        runs_as: &RunsAs,
    ) -> Result<Self, Failure> {
        let terminate = signal(SignalKind::terminate()).map_err(failed("cannot listen for SIGTERM"))?;
        let interrupt = signal(SignalKind::interrupt()).map_err(failed("cannot listen for SIGINT"))?;
        installation.make_folders().map_err(failed("cannot make the folders of the installation"))?;
        let (clock, random) = (Clock::system(), Random::system());
        let key = installation.key()?;
        let config = Arc::new(config);
        let origin = process_origin(&config.server);
        let node = node_id(&config.server);
        let settings = trail_settings(&config.server, origin.clone());
        let trail = Trail::open(&installation.audit(), node, settings, clock.clone(), random.clone())
            .map_err(failed("cannot open the audit trail"))?;
        let trail = Arc::new(trail);
        let since = trail.end();
        let store = Store::open(&installation.state(), clock.clone())
            .await
            .map_err(failed("cannot open the state"))?;
        let authenticator = Authenticator::new(
            config.clone(),
            Epoch::default(),
            &derived(&key, b"names"),
            clock.clone(),
            random.clone(),
            Hashing::for_this_machine(),
        );
        let shared = Arc::new(Shared {
            trail: trail.clone(),
            authenticator,
            host: Arc::new(Host::new(clock.clone(), &derived(&key, b"uploads"))),
            clock: clock.clone(),
            random: random.clone(),
            appends_wait: config.server.audit_sync == AuditSync::Reply,
            buffers: Buffers::default(),
            lanes: Lanes::default(),
            reactors: Reactors::start().map_err(failed("cannot start the threads of the sessions"))?,
        });
        let mut server = Self {
            config,
            shared,
            store: store.clone(),
            origin,
            shutdown: Shutdown::new(),
            handlers: Vec::new(),
            running: Vec::new(),
            terminate,
            interrupt,
        };
        server.report(|b| announce(b, &server.config, problems, runs_as))?;
        server.start_handlers(installation, store, trail, since);
        server.start_services().await?;
        server.report(|b| {
            about(b.emit(ids::PROCESS_STARTED), &server.config);
        })?;
        Ok(server)
    }

    fn start_handlers(
        &mut self,
        installation: &Installation,
        store: Store,
        trail: Arc<Trail>,
        since: Cursor,
    ) {
        let context = Context {
            root: installation.root().into(),
            trail,
            since,
            cursors: Cursors::new(store, tokio::runtime::Handle::current()),
            server: Arc::new(causeway_events::Server {
                uuid: self.config.server.uuid.to_string().into(),
                name: self.config.server.name.to_string().into(),
            }),
            clock: self.shared.clock.clone(),
            random: self.shared.random.clone(),
        };
        let config = self.config.clone();
        for (id, component) in &config.event_handlers {
            let handler = match component {
                Component::Failed(failure) => {
                    self.not_started("event-handlers", id, &failure.reason);
                    continue;
                }
                Component::Live(handler) if handler.options.enabled => handler,
                Component::Live(_) => continue,
            };
            match tokio::task::block_in_place(|| Runner::start(handler, &context)) {
                Ok(runner) => {
                    let options = &handler.options;
                    self.started(&Started {
                        family: "event-handlers",
                        kind: "event-handler",
                        id,
                        component_type: match &handler.sink {
                            Sink::LocalFile(_) => "local-file",
                            Sink::StandardStream(_) => "standard-stream",
                        },
                        name: options.name.to_string(),
                        description: options.description.to_string(),
                    });
                    self.handlers.push(runner);
                }
                Err(error) => self.not_started("event-handlers", id, &error.to_string()),
            }
        }
    }

    async fn start_services(&mut self) -> Result<(), Failure> {
        let config = self.config.clone();
        let mut running = 0;
        let mut wanted = Vec::new();
        for (id, component) in &config.services {
            let service = match component {
                Component::Failed(failure) => {
                    wanted.push(format!("services/{id}: {}", failure.reason));
                    self.not_started("services", id, &failure.reason);
                    continue;
                }
                Component::Live(service) if service.options.enabled => service,
                Component::Live(_) => continue,
            };
            match ssh::Service::start(service, self.shared.clone(), self.shutdown.shift()).await {
                Ok(address) => {
                    running += 1;
                    tracing::info!(%address, service = %id, "listening");
                    let Protocol::Ssh { .. } = &service.protocol;
                    self.started(&Started {
                        family: "services",
                        kind: "service",
                        id,
                        component_type: "ssh",
                        name: service.options.name.to_string(),
                        description: service.options.description.to_string(),
                    });
                }
                Err(error) => {
                    wanted.push(format!("services/{id}: {error}"));
                    self.not_started("services", id, &error.to_string());
                }
            }
        }
        if running == 0 {
            let why = if wanted.is_empty() {
                "none is configured and enabled".to_owned()
            } else {
                wanted.join("; ")
            };
            self.end_handlers();
            return Err(Failure(format!("no service could be started: {why}")));
        }
        Ok(())
    }

    /// Serves until SIGTERM or SIGINT; a second one ends at once.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                () = tokio::time::sleep(SWEEP) => {
                    if let Err(error) = self.store.sweep().await {
                        tracing::warn!(%error, "the state could not be swept");
                    }
                }
            }
        }
        let _ = self.report(|b| about(b.emit(ids::PROCESS_STOPPING), &self.config));
        let (mut terminate, mut interrupt) = (self.terminate, self.interrupt);
        let hurry = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        let grace = self.config.server.stop_grace.duration();
        self.shutdown.stop(grace, hurry).await;
        let stopped = |batch: &mut Batch| {
            for (family, id, name) in self.running.drain(..).rev() {
                batch
                    .emit(ids::COMPONENT_STOPPED)
                    .with("family", family)
                    .with("uuid", id)
                    .with("name", name)
                    .with("reason", "the server stops");
            }
        };
        let _ = record(&self.shared, &self.origin, stopped);
        let handlers = std::mem::take(&mut self.handlers);
        tokio::task::block_in_place(|| stop_handlers(handlers));
        self.store.close().await;
        self.shared.trail.close().map_err(failed("the audit trail could not be closed"))
    }

    fn end_handlers(&mut self) {
        let handlers = std::mem::take(&mut self.handlers);
        tokio::task::block_in_place(|| stop_handlers(handlers));
    }

    fn started(&mut self, component: &Started<'_>) {
        self.running.push((component.family, component.id.to_owned(), component.name.clone()));
        let _ = self.report(|b| {
            b.emit(ids::COMPONENT_STARTED)
                .with("family", component.family)
                .with("kind", component.kind)
                .with("type", component.component_type)
                .with("name", component.name.clone())
                .with("description", component.description.clone())
                .with("uuid", component.id.to_owned());
        });
    }

    fn not_started(&self, family: &'static str, id: &str, reason: &str) {
        eprintln!("causeway: {family}/{id} is not started: {reason}");
        let _ = self.report(|b| {
            b.emit(ids::COMPONENT_START_FAILED)
                .with("family", family)
                .with("name", id.to_owned())
                .with("uuid", id.to_owned())
                .with("details", reason.to_owned());
        });
    }

    fn report(&self, fill: impl FnOnce(&mut Batch)) -> Result<(), Failure> {
        record(&self.shared, &self.origin, fill)
    }
}

/// A component that runs now.
struct Started<'a> {
    family: &'static str,
    kind: &'static str,
    id: &'a str,
    component_type: &'static str,
    name: String,
    description: String,
}

fn record(shared: &Shared, origin: &Arc<Origin>, fill: impl FnOnce(&mut Batch)) -> Result<(), Failure> {
    let mut batch = Batch::new(origin.clone(), shared.clock.clone(), shared.random.clone());
    fill(&mut batch);
    shared.trail.append(batch.events()).map_err(failed("cannot record events"))
}

fn stop_handlers(handlers: Vec<Runner>) {
    for runner in handlers {
        if !runner.stop(HANDLERS_END) {
            tracing::warn!("an event handler did not end in time; it goes on from there at the next start");
        }
    }
}

fn announce(batch: &mut Batch, config: &Config, problems: &[Problem], runs_as: &RunsAs) {
    about(batch.emit(ids::PROCESS_STARTING), config);
    if let RunsAs::Account(name) = runs_as {
        batch.emit(ids::PRIVILEGES_DROPPED).with("account_name", name.clone());
    }
    let privileges = match runs_as {
        RunsAs::Starter => "those of who started it",
        RunsAs::Root => "root",
        RunsAs::Account(_) => "dropped",
    };
    batch
        .emit(ids::PROCESS_FACTS)
        .with("os_user", nix::unistd::geteuid().as_raw().to_string())
        .with("cwd", config.root.display().to_string())
        .with("cryptography_library_version", "aws-lc")
        .with("process_privileges", privileges);
    for problem in problems {
        let Some(id) = problem.event else { continue };
        report_problem(batch, id, problem);
    }
}

fn report_problem(batch: &mut Batch, id: EventId, problem: &Problem) {
    let mut entry = batch.emit(id).with("details", problem.to_string());
    if let Some(section) = &problem.component {
        entry = entry.with("section", section.clone());
    }
    if let Some(option) = &problem.option {
        entry = entry.with("option", option.clone());
    }
    if let Some(replaced) = &problem.replaced {
        entry.with("invalid_value", replaced.value.clone()).with("default", replaced.default.clone());
    }
}

fn about(entry: Entry<'_>, config: &Config) {
    entry
        .with("instance_name", config.server.name.to_string())
        .with("product_version", env!("CARGO_PKG_VERSION"));
}

fn process_origin(server: &ServerOptions) -> Arc<Origin> {
    let uuid = server.uuid.to_string().into();
    let source = Source { uuid, kind: "server".into(), name: server.name.to_string().into() };
    Arc::new(Origin { account: Actor::process(), peer: None, component: source, session: None })
}

/// The node's identity in the trail: the installation's, where that is a UUID; else one that belongs to it.
fn node_id(server: &ServerOptions) -> Uuid {
    let text = server.uuid.to_string();
    Uuid::parse_str(&text).unwrap_or_else(|_| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        Uuid::from_bytes(digest.as_ref().first_chunk().copied().unwrap_or_default())
    })
}

fn trail_settings(server: &ServerOptions, origin: Arc<Origin>) -> Settings {
    let limit = |n: u64| (n > 0).then_some(n);
    Settings {
        sync: match server.audit_sync {
            AuditSync::Interval => spool::Settings::default().sync,
            AuditSync::Reply => Sync::Reply,
            AuditSync::None => Sync::None,
        },
        on_failure: match server.audit_failure {
            AuditFailure::Refuse => OnFailure::Refuse,
            AuditFailure::Continue => OnFailure::Continue,
        },
        keep: limit(server.spool_keep.0.into()).map(|days| Duration::from_secs(days.saturating_mul(86_400))),
        max_size: limit(server.spool_max_size.0),
        origin,
        ..Settings::default()
    }
}

/// A key for one purpose, from the key of the installation.
fn derived(key: &Secret, purpose: &[u8]) -> Secret {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.expose());
    Secret::new(aws_lc_rs::hmac::sign(&key, purpose).as_ref())
}
