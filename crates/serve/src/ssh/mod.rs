//! The SSH service: a listener, and a task for each connection.
//!
//! - [`settings`]: from the configuration to what the engine is told.
//! - [`session`]: one connection without its socket: engine, login, channels.
//! - [`driver`]: the task that owns the socket. [`patience`]: what it waits for beside it. [`last`]: how a session ends.
//! - [`login`]: the answers of the authenticator, made the engine's.

mod driver;
mod last;
mod login;
mod patience;
mod session;
mod settings;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use causeway_auth::Authenticator;
use causeway_config::{Config, Protocol, Service as ServiceConfig};
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Monotonic, Origin, Random};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_events::spool::Trail;
use causeway_fs::Host;
use causeway_net::{Admission, BindError, Listener, Refusal, Ticket};
use causeway_ssh::ServerConfig;
use causeway_ssh::userauth::LoginOptions;
use tokio::net::TcpStream;

use crate::lanes::Lanes;
use crate::pool::{Pool, RECEIVE, SEND};
use crate::reactors::Reactors;
use crate::shutdown::{Phase, Shift};

pub use settings::SettingsError;

/// What all services of a process share.
#[derive(Debug)]
pub struct Shared {
    pub trail: Arc<Trail>,
    pub authenticator: Authenticator,
    pub host: Arc<Host>,
    pub clock: Clock,
    pub random: Random,
    /// Appending to the trail waits for the disk.
    pub appends_wait: bool,
    pub buffers: Buffers,
    pub lanes: Lanes,
    pub reactors: Reactors,
}

/// The buffers of the data path.
#[derive(Debug)]
pub struct Buffers {
    receive: Pool,
    send: Pool,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { receive: Pool::new(RECEIVE), send: Pool::new(SEND) }
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// A running SSH service.
#[derive(Debug)]
pub struct Service {
    id: Arc<str>,
    source: Source,
    engine: Arc<ServerConfig>,
    login: Arc<LoginOptions>,
    idle: Duration,
    login_grace: Duration,
    sftp: bool,
    ignore_create_permissions: bool,
    admission: Admission,
    shared: Arc<Shared>,
}

impl Service {
    /// Listens and serves until `shift` ends. Returns where it listens.
    pub async fn start(
        config: &ServiceConfig,
        shared: Arc<Shared>,
        shift: Shift,
    ) -> Result<SocketAddr, StartError> {
        let Protocol::Ssh { options, host_keys } = &config.protocol;
        let service = Arc::new(Self {
            id: config.id.clone(),
            source: Source {
                uuid: config.id.clone(),
                kind: "ssh".into(),
                name: config.options.name.to_string().into(),
            },
            engine: Arc::new(settings::engine(options, host_keys)?),
            login: Arc::new(settings::login(&config.options, options)),
            idle: config.options.idle_connection_timeout.duration(),
            login_grace: config.options.login_grace.duration(),
            sftp: options.sftp,
            ignore_create_permissions: options.ignore_create_permissions,
            admission: Admission::new(settings::limits(&config.options)),
            shared,
        });
        let listener = Listener::bind(&config.options.address.to_string(), config.options.port.0).await?;
        let address = listener.local_address();
        tokio::spawn(service.accept(listener, shift));
        Ok(address)
    }

    async fn accept(self: Arc<Self>, listener: Listener, mut shift: Shift) {
        let mut turned_away = TurnedAway::default();
        loop {
            tokio::select! {
                _ = shift.beyond(Phase::Running) => return,
                (stream, peer) = listener.accept() => match self.admission.admit(peer.ip()) {
                    Ok(ticket) => self.hand_over(stream, peer, ticket, shift.clone()),
                    Err(refusal) => self.turn_away(&mut turned_away, stream, peer, refusal),
                },
            }
        }
    }

    /// Gives a connection to a reactor.
    fn hand_over(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, ticket: Ticket, shift: Shift) {
        let service = self.clone();
        // A socket that cannot change its owner is closed, and the client tries again.
        let Ok(stream) = stream.into_std() else { return };
        self.shared.reactors.spawn(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                driver::run(service, stream, peer, ticket, shift).await;
            }
        });
    }

    fn origin(&self, account: Actor, peer: SocketAddr, session: Option<causeway_core::Uuid>) -> Arc<Origin> {
        Arc::new(Origin { account, peer: Some(peer), component: self.source.clone(), session })
    }

    /// A flood of connections must not become a flood of events: one a second tells of all.
    fn turn_away(&self, count: &mut TurnedAway, stream: TcpStream, peer: SocketAddr, refusal: Refusal) {
        drop(stream);
        count.since += 1;
        let now = self.shared.clock.monotonic();
        if count.last.is_some_and(|last| now.since(last) < Duration::from_secs(1)) {
            return;
        }
        count.last = Some(now);
        let origin = self.origin(Actor::peer(), peer, None);
        let mut batch = Batch::new(origin, self.shared.clock.clone(), self.shared.random.clone());
        batch
            .emit(ids::SSH_CONNECTION_LIMIT)
            .with("details", refusal.to_string())
            .with("count", std::mem::take(&mut count.since));
        if let Err(error) = self.shared.trail.append(batch.events()) {
            tracing::error!(%error, "audit");
        }
    }
}

#[derive(Debug, Default)]
struct TurnedAway {
    last: Option<Monotonic>,
    since: u64,
}

/// What the configuration says of the services, to be called once at start: each that is switched on, or why not.
pub fn enabled(config: &Config) -> impl Iterator<Item = &Arc<ServiceConfig>> {
    config.services.values().filter_map(|c| c.live()).filter(|s| s.options.enabled)
}
