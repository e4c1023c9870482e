//! The running server: trail, handlers, services, and their end.
//!
//! - [`components`]: what runs, brought to what a configuration says.
//! - [`watch`]: sees that the files have changed. [`adopt`]: goes on with another configuration.
//! - [`bans`]: how bans outlive the process.
//! - [`accounts`]: the look at accounts from time to time. [`revoked`]: the look at the list of revoked keys.
//! - [`requests`]: what administrators ask of it. [`own_passwords`]: what users do.

mod accounts;
mod adopt;
mod bans;
mod components;
mod own_passwords;
mod requests;
mod revoked;
mod watch;

pub(crate) use accounts::{activity_of, write as write_activity};
pub(crate) use adopt::{Files, Sign};
pub(crate) use watch::Watched;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use causeway_auth::{Authenticator, Epoch, Hashing, State};
use causeway_config::options::{AuditFailure, AuditSync, ServerOptions};
use causeway_config::{Component, Config, Loaded, Problem, Replaced, Service, Severity};
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, EventId, Monotonic, Origin, Random, Secret, Uuid};
use causeway_events::catalogue::ids;
use causeway_events::handlers::{Context, Cursors};
use causeway_events::spool::{self, AuditError, OnFailure, Settings, Sync, Trail};
use causeway_events::{Batch, Entry};
use causeway_fs::Host;
use causeway_serve::lanes::Lanes;
use causeway_serve::passwords::{Asked, Passwords};
use causeway_serve::places;
use causeway_serve::reactors::Reactors;
use causeway_serve::sessions::Sessions;
use causeway_serve::shutdown::Shutdown;
use causeway_serve::ssh::{Buffers, Shared};
use causeway_store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::beginning::{Beginning, Instead};
use crate::commands::{Failure, failed};
use crate::control::{Door, is_answered};
use crate::installation::Installation;
use crate::platform;
use crate::privileges::RunsAs;
use crate::recorder::want;
use crate::service_manager::ServiceManager;
use crate::steward::{Refusal, Steward};
use accounts::Accounts;
use adopt::{Apart, Provisional, StartedWith};
use bans::Keeper;
use components::Components;
use watch::Watch;

/// How often is looked for accounts that have expired.
const TICK: Duration = Duration::from_secs(1);
/// How often state that has expired is removed.
const SWEEP: Duration = Duration::from_secs(3600);

/// How long the start waits for another process that has the trail, and how often it looks.
const TRAIL_IN_USE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(50);

/// Connections that are as good as no limit.
const MANY: u32 = 100_000;

/// The trail has so many segments at least when it is full.
const SEGMENTS: u64 = 8;
const SMALLEST_SEGMENT: u64 = 64 << 10;

pub(crate) struct Server {
    running: Loaded,
    steward: Steward,
    /// Why the files say something else.
    apart: Option<Apart>,
    provisional: Option<Provisional>,
    /// Whether some may be left in the file that can be hashed.
    plain_passwords: bool,
    shared: Arc<Shared>,
    store: Store,
    origin: Arc<Origin>,
    shutdown: Shutdown,
    components: Components,
    accounts: Accounts,
    bans: Keeper,
    door: Door,
    /// Users who want other passwords.
    asked_passwords: Asked,
    watch: Watch,
    started: Monotonic,
    manager: ServiceManager,
    /// Options that only count at the start.
    started_with: StartedWith,
    revoked: JoinHandle<()>,
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Server {
    /// Starts everything that is switched on. A component that cannot be started is reported and left out; a server
    /// without any service is an error.
    pub(crate) async fn start(
        installation: &Installation,
        beginning: Beginning,
        runs_as: &RunsAs,
    ) -> Result<Self, Failure> {
        let terminate = signal(SignalKind::terminate()).map_err(failed("cannot listen for SIGTERM"))?;
        let interrupt = signal(SignalKind::interrupt()).map_err(failed("cannot listen for SIGINT"))?;
        let hangup = signal(SignalKind::hangup()).map_err(failed("cannot listen for SIGHUP"))?;
        installation.make_folders().map_err(failed("cannot make the folders of the installation"))?;
        let (clock, random) = (Clock::system(), Random::system());
        let key = installation.key()?;
        let steward = Steward::open(installation)?;
        let Beginning { loaded: mut running, sign, instead, not_undone } = beginning;
        let connections = places::connections(platform::descriptors());
        let few: Vec<_> = too_few_descriptors(&running.config, connections).collect();
        few.iter().for_each(|problem| eprintln!("causeway: {problem}"));
        running.problems.extend(few);
        let config = running.config.clone();
        let origin = process_origin(&config.server);
        let node = node_id(&config.server);
        let settings = trail_settings(&config.server, origin.clone());
        let trail = Arc::new(open_trail(installation, node, &settings, &clock, &random).await?);
        let since = trail.begun();
        let state = config.state_file().unwrap_or_else(|| installation.state());
        let store = Store::open(&state, clock.clone()).await.map_err(failed("cannot open the state"))?;
        let accounts = Accounts::open(&store).await.map_err(failed("cannot read the state"))?;
        let bans = Keeper::open(&store, clock.clone()).await.map_err(failed("cannot read the state"))?;
        let authenticator = Authenticator::new(
            config.clone(),
            Epoch::default(),
            &derived(&key, b"names"),
            clock.clone(),
            random.clone(),
            Hashing::for_this_machine(),
        )
        .with_activity(accounts.activity().clone())
        .with_bans(bans.bans().clone())
        .with_state(State::new(store.clone(), tokio::runtime::Handle::current()));
        let (passwords, asked_passwords) = Passwords::new();
        let shared = Arc::new(Shared {
            trail: trail.clone(),
            authenticator,
            host: Arc::new(Host::new(clock.clone(), &derived(&key, b"uploads"))),
            clock: clock.clone(),
            random: random.clone(),
            buffers: Buffers::default(),
            lanes: Lanes::default(),
            reactors: Reactors::start().map_err(failed("cannot start the threads of the sessions"))?,
            sessions: Sessions::default(),
            deletions: Arc::default(),
            passwords,
            connections,
        });
        tokio::spawn(shared.clone().delete_what_is_due());
        tokio::spawn(end_what_expires(shared.clone()));
        let context = Context {
            root: installation.root().into(),
            trail,
            since,
            cursors: Cursors::new(store.clone(), tokio::runtime::Handle::current()),
            server: identity(&config.server),
            clock,
            random,
        };
        let shutdown = Shutdown::new();
        let components = Components::new(shared.clone(), context, origin.clone());
        let door =
            Door::open(&installation.control_socket()).map_err(failed("cannot open the control socket"))?;
        let (files, sign) = Files::of_sources(&running.sources, sign);
        let watch = Watch::start(&installation.configuration(), files, sign)
            .map_err(failed("cannot watch the configuration"))?;
        let started = shared.clock.monotonic();
        let revoked = revoked::watch(shared.clone(), origin.clone());
        let mut server = Self {
            started_with: StartedWith::of(&config),
            running,
            steward,
            apart: None,
            provisional: None,
            plain_passwords: false,
            shared,
            store,
            origin,
            shutdown,
            components,
            accounts,
            bans,
            door,
            asked_passwords,
            watch,
            started,
            manager: ServiceManager::of_environment(),
            revoked,
            terminate,
            interrupt,
            hangup,
        };
        server.report(|b| announce(b, &server.running.config, &server.running.problems, runs_as))?;
        server.settle(instead)?;
        if let Some(not_undone) = not_undone {
            server.not_undone(not_undone);
        }
        let config = server.running.config.clone();
        server.components.apply(&config, server.shutdown.shift()).await;
        if !server.components.serves() {
            let failures: Vec<_> = server.components.failures().collect();
            let why = match failures.as_slice() {
                [] => "none is configured and enabled".to_owned(),
                failures => failures.join("; "),
            };
            tokio::task::block_in_place(|| server.components.end());
            return Err(Failure(format!("no service could be started: {why}")));
        }
        server.report(|b| {
            about(b.emit(ids::PROCESS_STARTED), &server.running.config);
        })?;
        if server.apart.is_none() {
            server.remember_start();
            server.hash_passwords().await;
        }
        server.manager.ready(&server.in_short());
        Ok(server)
    }

    /// The services that run, and where they listen.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&Service, SocketAddr)> {
        self.components.services()
    }

    /// Puts right, or tells, that what starts is not what the files say.
    fn settle(&mut self, instead: Option<Instead>) -> Result<(), Failure> {
        match instead {
            None => Ok(()),
            Some(Instead::Unconfirmed { back_to }) => {
                let now = self.shared.clock.now();
                let undone = tokio::task::block_in_place(|| {
                    let plan = self.steward.plan_back(Some(&self.running), back_to, true)?;
                    self.steward.carry_out(&plan, now, "Process", "rollback")?;
                    self.steward.set_confirmed()?;
                    Ok::<_, Refusal>(())
                });
                if let Err(refusal) = undone {
                    // The old revision runs all the same, and so it does at the next start.
                    let why = format!("a change that was not confirmed is still in the file: {refusal}");
                    eprintln!("causeway: revision {back_to} runs: {why}");
                    self.apart = Some(Apart::Refused(why));
                }
                self.report(|b| {
                    b.emit(ids::CONFIGURATION_ROLLED_BACK)
                        .with("revision", back_to)
                        .with("details", "the server ended before the change was confirmed");
                })
            }
            Some(Instead::LastGood { number, why }) => {
                eprintln!("causeway: revision {number} runs, because of what is in the files: {why}");
                self.apart = Some(Apart::Refused(why.clone()));
                self.report(|b| {
                    b.emit(ids::CONFIGURATION_OLD).with("revision", number).with("details", why);
                })
            }
        }
    }

    fn remember_start(&self) {
        let now = self.shared.clock.now();
        let recorded = tokio::task::block_in_place(|| {
            self.steward.record(&self.running.sources, now, "Process", "start")
        });
        match recorded {
            Ok(number) => self.remember_good(number),
            Err(error) => eprintln!("causeway: {error}"),
        }
    }

    /// Serves until SIGTERM or SIGINT; a second one ends at once. SIGHUP is `causeway apply`, or, from a terminal that is
    /// closed, the end.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let is_of_terminal = std::io::stderr().is_terminal();
        let mut sweep = tokio::time::interval(SWEEP);
        let mut tick = tokio::time::interval(TICK);
        // What is done at one may take longer; others have their turn then.
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hangup.recv() => match is_of_terminal {
                    true => break,
                    // What could not be done is in the status and among the events.
                    false => drop(self.look_again(false, "SIGHUP").await),
                },
                () = self.watch.changed() => self.notice().await,
                asked = self.door.next() => self.answer(asked).await,
                asked = self.asked_passwords.next() => self.set_password(asked).await,
                _ = tick.tick() => {
                    self.look_at_provisional().await;
                    self.look_at_unkept().await;
                    if self.plain_passwords {
                        self.hash_passwords().await;
                    }
                    self.look_at_accounts();
                    self.manager.status(&self.in_short());
                }
                _ = sweep.tick() => {
                    if let Err(error) = self.store.sweep().await {
                        tracing::warn!(%error, "the state could not be swept");
                    }
                }
            }
        }
        self.manager.stopping();
        let _ = self.report(|b| about(b.emit(ids::PROCESS_STOPPING), &self.running.config));
        let (mut terminate, mut interrupt) = (self.terminate, self.interrupt);
        let hurry = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        let grace = self.running.config.server.stop_grace.duration();
        tokio::select! {
            _ = self.shutdown.stop(grace, hurry) => {}
            never = requests::answer_last(&mut self.door, &self.shared) => match never {},
        }
        self.revoked.abort();
        self.shared.delete_what_waits().await;
        tokio::task::block_in_place(|| self.components.end());
        self.accounts.end(&self.store).await;
        self.bans.end(&self.store).await;
        self.store.close().await;
        self.shared.trail.close().map_err(failed("the audit trail could not be closed"))
    }

    fn report(&self, fill: impl FnOnce(&mut Batch)) -> Result<(), Failure> {
        record(&self.shared, &self.origin, fill)
    }
}

/// Why there is no trail: mostly because this is the second server.
fn not_opened(installation: &Installation, error: &AuditError) -> Failure {
    let root = installation.root().display();
    match error {
        AuditError::InUse(_) if is_answered(&installation.control_socket()) => {
            Failure(format!("a server runs in {root} already"))
        }
        AuditError::InUse(_) => Failure(format!(
            "another process has the audit trail of {root}: a server that starts or stops, or an `sftp-server`"
        )),
        _ => Failure(format!("cannot open the audit trail: {error}")),
    }
}

/// Opens the trail. A session of `sftp-server` may have it that began when no server ran, and gives it back; others leave
/// it to a server that waits.
async fn open_trail(
    installation: &Installation,
    node: Uuid,
    settings: &Settings,
    clock: &Clock,
    random: &Random,
) -> Result<Trail, Failure> {
    let audit = installation.audit();
    let until = clock.monotonic().after(TRAIL_IN_USE);
    let mut told = false;
    let mut wanted = None;
    loop {
        match Trail::open(&audit, node, settings.clone(), clock.clone(), random.clone()) {
            Err(error @ AuditError::InUse(_))
                if clock.monotonic() < until && !is_answered(&installation.control_socket()) =>
            {
                if !std::mem::replace(&mut told, true) {
                    eprintln!("causeway: {error}; waiting for it");
                }
                if wanted.is_none() {
                    wanted = want(&installation.trail_wanted())
                        .map_err(failed("cannot say that the audit trail is waited for"))?;
                }
                tokio::time::sleep(AGAIN).await;
            }
            opened => return opened.map_err(|error| not_opened(installation, &error)),
        }
    }
}

/// Services that are to take more connections than the process has descriptors for.
fn too_few_descriptors(config: &Config, connections: usize) -> impl Iterator<Item = Problem> {
    let most = u32::try_from(connections).unwrap_or(u32::MAX);
    let services = config.services.values().filter_map(Component::live);
    services.filter_map(move |service| {
        let wanted = service.options.maximum_concurrent_connections;
        let enough = !service.options.enabled || (1..=most).contains(&wanted) || most > MANY;
        (!enough).then(|| Problem {
            severity: Severity::Warning,
            file: "server.ini".into(),
            line: 0,
            component: Some(format!("services/{}", service.id)),
            option: Some("maximum_concurrent_connections".to_owned()),
            message: format!(
                "the process may open {} files, which is enough for {most} connections",
                platform::descriptors()
            ),
            hint: Some("raise the limit of open files (LimitNOFILE of systemd, ulimit -n)".to_owned()),
            event: Some(ids::OPTION_INVALID_DEFAULT_USED),
            replaced: Some(Replaced { value: wanted.to_string(), default: most.to_string() }),
        })
    })
}

/// Calls the sessions of accounts that expire, whatever else the server is waiting for.
async fn end_what_expires(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        tick.tick().await;
        shared.sessions.renew_expired(shared.clock.now());
    }
}

/// Who runs, as handlers tell it.
fn identity(server: &ServerOptions) -> Arc<causeway_events::Server> {
    let (uuid, name) = (server.uuid.to_string().into(), server.name.to_string().into());
    Arc::new(causeway_events::Server { uuid, name })
}

fn record(shared: &Shared, origin: &Arc<Origin>, fill: impl FnOnce(&mut Batch)) -> Result<(), Failure> {
    let mut batch = Batch::new(origin.clone(), shared.clock.clone(), shared.random.clone());
    fill(&mut batch);
    shared.trail.append(batch.events()).map_err(failed("cannot record events"))
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
pub(crate) fn node_id(server: &ServerOptions) -> Uuid {
    let text = server.uuid.to_string();
    Uuid::parse_str(&text).unwrap_or_else(|_| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        Uuid::from_bytes(digest.as_ref().first_chunk().copied().unwrap_or_default())
    })
}

pub(crate) fn trail_settings(server: &ServerOptions, origin: Arc<Origin>) -> Settings {
    let limit = |n: u64| (n > 0).then_some(n);
    let default = spool::Settings::default();
    // Whole segments are dropped: they must be small against the limit.
    let part = limit(server.spool_max_size.0).map_or(u64::MAX, |max| max / SEGMENTS);
    Settings {
        sync: match server.audit_sync {
            AuditSync::Interval => default.sync,
            AuditSync::Reply => Sync::Reply,
            AuditSync::None => Sync::None,
        },
        on_failure: match server.audit_failure {
            AuditFailure::Refuse => OnFailure::Refuse,
            AuditFailure::Continue => OnFailure::Continue,
        },
        keep: limit(server.spool_keep.0.into()).map(|days| Duration::from_secs(days.saturating_mul(86_400))),
        max_size: limit(server.spool_max_size.0),
        segment_size: default.segment_size.min(part).max(SMALLEST_SEGMENT),
        origin,
        ..Settings::default()
    }
}

/// A key for one purpose, from the key of the installation.
pub(crate) fn derived(key: &Secret, purpose: &[u8]) -> Secret {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.expose());
    Secret::new(aws_lc_rs::hmac::sign(&key, purpose).as_ref())
}

#[cfg(test)]
mod tests;
