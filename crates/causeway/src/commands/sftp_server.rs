use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;

use causeway_auth::{Authenticator, Epoch, Grant, Hashing};
use causeway_config::Config;
use causeway_config::sources::Sources;
use causeway_core::event::Source;
use causeway_core::{Clock, Event, Monotonic, Origin, Random, ids as uuids};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{Fs, Host};
use causeway_serve::plain::{self, PlainError, Surroundings};
use tokio::runtime::Runtime;

use super::root::Root;
use super::{Failure, Outcome, Result, failed};
use crate::platform;
use crate::recorder::Recorder;
use crate::server::{derived, node_id, trail_settings};
use crate::steward::load;

/// Serve SFTP on standard input and output, for an account of the configuration and without a login: as the subsystem of
/// another sshd, or for tests (`sftp -D`).
///
/// The rules, folders and limits are the account's. Events go to the running server, or onto the trail where none runs.
#[derive(Debug, clap::Args)]
pub(crate) struct SftpServer {
    #[command(flatten)]
    root: Root,
    /// The id or the login name of the account.
    #[arg(long, value_name = "ID|NAME")]
    account: String,
    /// Ignore attributes that the client sends when it creates files and folders, or changes on an open file.
    #[arg(long)]
    ignore_create_permissions: bool,
}

/// How often is looked whether the configuration has changed.
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

impl SftpServer {
    pub(super) fn run(self) -> Result {
        platform::require().map_err(failed("this system cannot be used"))?;
        let installation = self.root.owned()?;
        let sources = self.root.sources()?;
        let config = load(&sources).map_err(failed("the configuration cannot be used"))?.config;
        platform::prepare(config.server.umask.0);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed("cannot start"))?;
        let (clock, random) = (Clock::system(), Random::system());
        let key = installation.key()?;
        let authenticator = Authenticator::new(
            config.clone(),
            Epoch::default(),
            &derived(&key, b"names"),
            clock.clone(),
            random.clone(),
            Hashing::for_this_machine(),
        );
        let grant = runtime.block_on(self.grant(&authenticator, &config))?;
        let component = Source { uuid: "sftp-server".into(), kind: "ssh".into(), name: "sftp-server".into() };
        let session = Some(uuids::uuid7(clock.now(), &random));
        let account = grant.terms().account.clone();
        let origin = Arc::new(Origin { account, peer: peer(), component, session });
        let settings = trail_settings(&config.server, origin.clone());
        let recorder =
            Recorder::open(&installation, node_id(&config.server), settings, clock.clone(), random.clone())?;
        let mut batch = Batch::new(origin, clock.clone(), random);
        let host = Arc::new(Host::new(clock.clone(), &derived(&key, b"uploads")));
        let fs = Fs::enter(grant, host, &mut batch);
        let mut surroundings =
            Here { recorder, runtime, authenticator, sources, unsure: None, looked: clock.monotonic() };
        let fs = match fs {
            Ok(fs) => fs,
            Err(error) => {
                surroundings.record(batch.events()).map_err(failed("events cannot be recorded"))?;
                return Err(Failure(error.to_string()));
            }
        };
        batch
            .emit(ids::SSH_SESSION_ESTABLISHED)
            .with("client_version", "")
            .with("virtual_path", "/")
            .with("service_name", "sftp-server");
        let pipe = |fd: &dyn AsFdLike| fd.file().map_err(failed("standard input and output cannot be used"));
        let (mut input, mut output) = (pipe(&io::stdin())?, pipe(&io::stdout())?);
        let ended = plain::serve(
            Arc::new(fs),
            self.ignore_create_permissions,
            &mut batch,
            (&mut input, &mut output),
            &mut surroundings,
        );
        batch.emit(ids::SFTP_SUBSYSTEM_CLOSED).with("client_version", "");
        let recorded = surroundings.record(batch.events());
        surroundings.recorder.close()?;
        recorded.map_err(failed("events cannot be recorded"))?;
        match ended {
            Ok(()) => Ok(Outcome::Done),
            // As sftp-server of OpenSSH does when its client is gone.
            Err(PlainError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Wrong),
            Err(error) => Err(Failure(error.to_string())),
        }
    }

    /// What the account may do, by the first authentication that lets it in.
    async fn grant(
        &self,
        authenticator: &Authenticator,
        config: &Config,
    ) -> std::result::Result<Arc<Grant>, Failure> {
        let by_name = config.account_by_name(&self.account).map(|(id, _)| id.to_owned());
        let id: Arc<str> = by_name.as_deref().unwrap_or(&self.account).into();
        let mut why = "no authentication is enabled".to_owned();
        for (method, component) in &config.authentications {
            if !component.live().is_some_and(|m| m.options.enabled) {
                continue;
            }
            match authenticator.grant_by_configuration(&Arc::from(&**method), &id).await {
                Ok(grant) => return Ok(grant),
                Err(refused) => why = refused.to_string(),
            }
        }
        Err(Failure(format!("the account '{}' cannot be used: {why}", self.account)))
    }
}

/// A pipe without the buffers of the standard library.
trait AsFdLike {
    fn file(&self) -> io::Result<File>;
}

impl<T: AsFd> AsFdLike for T {
    fn file(&self) -> io::Result<File> {
        Ok(File::from(self.as_fd().try_clone_to_owned()?))
    }
}

/// Whom the sshd serves, as it says: address and port of the client, then its own.
fn peer() -> Option<SocketAddr> {
    let text = std::env::var("SSH_CONNECTION").ok()?;
    let mut words = text.split(' ');
    Some(SocketAddr::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// What the session has from outside.
struct Here {
    recorder: Recorder,
    runtime: Runtime,
    authenticator: Authenticator,
    sources: Sources,
    /// What the files said when they were last looked at, if that was new: half a file is not applied.
    unsure: Option<Sources>,
    looked: Monotonic,
}

impl Surroundings for Here {
    fn record(&mut self, events: &[Event]) -> std::result::Result<(), String> {
        self.recorder.record(events)
    }

    fn review(&mut self, fs: &Arc<Fs>, batch: &mut Batch) -> std::result::Result<Option<Arc<Fs>>, String> {
        let now = batch.clock().monotonic();
        if fs.grant().is_current() && now.since(self.looked) < LOOK {
            return Ok(None);
        }
        self.looked = now;
        self.look_at_files();
        if fs.grant().is_current() {
            return Ok(None);
        }
        let grant = self.runtime.block_on(self.authenticator.renew(fs.grant())).map_err(|e| e.to_string())?;
        Ok(Some(Arc::new(fs.renew(grant, batch).map_err(|e| e.to_string())?)))
    }
}

impl Here {
    /// Goes on with another configuration, once the files say the same twice.
    fn look_at_files(&mut self) {
        let Ok(now) = self.sources.read_again() else { return };
        if now.revision() == self.sources.revision() {
            self.unsure = None;
            return;
        }
        let again = self.unsure.replace(now).is_some_and(|before| {
            self.unsure.as_ref().is_some_and(|now| now.revision() == before.revision())
        });
        if again && let Some(now) = self.unsure.take() {
            if let Ok(loaded) = load(&now) {
                self.authenticator.apply(loaded.config);
            }
            // What cannot be used is not looked at again until it changes.
            self.sources = now;
        }
    }
}
