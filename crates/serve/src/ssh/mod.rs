//! The SSH service: a listener, and a task for each connection.
//!
//! - [`settings`]: from the configuration to what the engine is told; [`engine`]: what that is at one moment.
//! - [`door`]: what stands between the listener and a session: balancers, limits, sources that are turned away.
//!   [`grumbles`]: what is told of those that it lets nobody through for.
//! - [`session`]: one connection without its socket: engine, login, channels.
//! - [`driver`]: the task that owns the socket. [`patience`]: what it waits for beside it. [`gathering`]: how much it waits for.
//!   [`last`]: how a session ends.
//! - [`login`]: the answers of the authenticator, made the engine's. [`passwd`]: users change their passwords.

mod door;
mod driver;
mod engine;
mod gathering;
mod grumbles;
mod last;
mod login;
mod passwd;
mod patience;
mod session;
mod settings;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use causeway_auth::Authenticator;
use causeway_config::value::{ListenAddress, Networks, Port};
use causeway_config::{Protocol, Service as ServiceConfig};
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Origin, Random};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_events::spool::Trail;
use causeway_fs::Host;
use causeway_net::{Admission, BindError, Listener};
use causeway_ssh::connection::Windows;
use causeway_ssh::userauth::LoginOptions;
use tokio::task::JoinHandle;

use engine::Engine;

use crate::deletions::Deletions;
use crate::lanes::Lanes;
use crate::passwords::Passwords;
use crate::pool::{Pool, RECEIVE, SEND};
use crate::reactors::Reactors;
use crate::sessions::Sessions;
use crate::shutdown::{Phase, Shift};

use door::Door;
use grumbles::{Grumble, Grumbles};

pub(crate) use last::record;
pub(crate) use login::refusal;
pub(crate) use session::algorithms;
pub use settings::SettingsError;

/// What all services of a process share.
#[derive(Debug)]
pub struct Shared {
    pub trail: Arc<Trail>,
    pub authenticator: Authenticator,
    pub host: Arc<Host>,
    pub clock: Clock,
    pub random: Random,
    pub buffers: Buffers,
    pub lanes: Lanes,
    pub reactors: Reactors,
    pub sessions: Sessions,
    pub deletions: Arc<Deletions>,
    pub passwords: Passwords,
    /// How many a service takes at the most: [`places`](crate::places).
    pub connections: usize,
}

/// The buffers of the data path, and the room for windows that grow.
#[derive(Debug)]
pub struct Buffers {
    receive: Pool,
    send: Pool,
    windows: Arc<Windows>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { receive: Pool::new(RECEIVE), send: Pool::new(SEND), windows: Arc::default() }
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

/// What connections are served by: the options of one moment. Connections that exist keep theirs.
#[derive(Debug)]
pub(crate) struct Service {
    id: Arc<str>,
    source: Source,
    engine: Engine,
    login: Arc<LoginOptions>,
    idle: Duration,
    login_grace: Duration,
    sftp: bool,
    scp: bool,
    ignore_create_permissions: bool,
    /// Balancers, which say for whom they connect.
    balancers: Networks,
    blocks_at_connection: bool,
    shared: Arc<Shared>,
}

/// A running SSH service.
#[derive(Debug)]
pub struct Running {
    service: Arc<ArcSwap<Service>>,
    admission: Admission,
    shared: Arc<Shared>,
    /// Where it was told to listen.
    address: ListenAddress,
    port: Port,
    local: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Running {
    /// Listens and serves until `shift` ends.
    pub async fn start(
        config: &ServiceConfig,
        shared: Arc<Shared>,
        shift: Shift,
    ) -> Result<Self, StartError> {
        let service = Service::new(config, shared.clone())?;
        service.tell_certificates();
        let (address, port) = (config.options.address.clone(), config.options.port);
        let listener = Listener::bind(&address.to_string(), port.0).await?;
        let local = listener.local_address();
        let service = Arc::new(ArcSwap::from_pointee(service));
        let admission = Admission::new(settings::limits(&config.options, shared.connections));
        let accepting = tokio::spawn(accept(service.clone(), admission.clone(), listener, shift));
        Ok(Self { service, admission, shared, address, port, local, accepting })
    }

    /// Where it listens.
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// Connections at the moment.
    pub fn connected(&self) -> usize {
        self.admission.connected()
    }

    /// Whether it can go on with these options where it listens now.
    pub fn listens_as(&self, config: &ServiceConfig) -> bool {
        (&self.address, self.port) == (&config.options.address, config.options.port)
    }

    /// Goes on with other options where it listens now: they hold for connections from here on.
    pub fn apply(&self, config: &ServiceConfig) -> Result<(), StartError> {
        let service = Service::new(config, self.shared.clone())?;
        service.tell_certificates();
        self.service.store(Arc::new(service));
        self.admission.set_limits(settings::limits(&config.options, self.shared.connections));
        Ok(())
    }

    /// Listens no more. Sessions go on.
    pub async fn stop(self) {
        self.accepting.abort();
        // The address is free when this returns.
        let _ = self.accepting.await;
    }
}

async fn accept(service: Arc<ArcSwap<Service>>, admission: Admission, listener: Listener, mut shift: Shift) {
    let grumbles = Grumbles::default();
    loop {
        tokio::select! {
            _ = shift.beyond(Phase::Running) => return,
            accepted = listener.accept() => {
                let (stream, peer) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        let why = Grumble::System(error.to_string());
                        grumbles.tell(&service.load_full(), &shift, None, why);
                        continue;
                    }
                };
                let door = Door {
                    service: service.load_full(),
                    admission: admission.clone(),
                    grumbles: grumbles.clone(),
                    shift: shift.clone(),
                };
                door.open(stream, peer);
            }
        }
    }
}

impl Service {
    fn new(config: &ServiceConfig, shared: Arc<Shared>) -> Result<Self, SettingsError> {
        let Protocol::Ssh { options, host_keys, host_based } = &config.protocol;
        Ok(Self {
            id: config.id.clone(),
            source: Source {
                uuid: config.id.clone(),
                kind: "ssh".into(),
                name: config.options.name.to_string().into(),
            },
            engine: settings::engine(options, host_keys, shared.buffers.windows.clone())?,
            login: Arc::new(settings::login(&config.options, options, *host_based)),
            idle: config.options.idle_connection_timeout.duration(),
            login_grace: config.options.login_grace.duration(),
            sftp: options.sftp,
            scp: options.scp,
            ignore_create_permissions: options.ignore_create_permissions,
            balancers: config.options.proxy_protocol_networks.clone(),
            blocks_at_connection: config.options.block_source_at_connection,
            shared,
        })
    }

    fn origin(
        &self,
        account: Actor,
        peer: Option<SocketAddr>,
        session: Option<causeway_core::Uuid>,
    ) -> Arc<Origin> {
        Arc::new(Origin { account, peer, component: self.source.clone(), session })
    }

    /// Says which certificates of host keys are not shown.
    fn tell_certificates(&self) {
        let origin = self.origin(Actor::process(), None, None);
        let mut batch = Batch::new(origin, self.shared.clock.clone(), self.shared.random.clone());
        for fault in self.engine.faults(self.shared.clock.now()) {
            batch
                .emit(ids::HOST_CERTIFICATE_NOT_SHOWN)
                .with("name", &self.source.name)
                .with("details", fault);
        }
        if !batch.is_empty()
            && let Err(error) = self.shared.trail.append(batch.events())
        {
            tracing::error!(%error, "audit");
        }
    }
}
