mod here;

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use causeway_auth::activity::Activity;
use causeway_auth::{Authenticator, Epoch, Grant, Hashing, Why};
use causeway_config::Config;
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Origin, Random, ids as uuids};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{Fs, Host};
use causeway_serve::plain::{self, PlainError, Surroundings};
use causeway_store::{Store, StoreError};
use tokio::runtime::Runtime;

use super::root::Root;
use super::{Failure, Outcome, Result, failed};
use crate::control::{Answer, Request, call};
use crate::installation::Installation;
use crate::recorder::Recorder;
use crate::server::{activity_of, derived, node_id, trail_settings, write_activity};
use crate::steward::load;
use crate::{platform, sys};
use here::{Here, Output, input};

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

/// How the component is called in events.
const COMPONENT: &str = "sftp-server";

/// What is said where the client may hear it: standard error is the client's when an sshd runs this.
const NOT_SERVED: &str = "this account is not served, or not any more; the events tell why, and so does this command at a terminal";

impl SftpServer {
    pub(super) fn run(self) -> Result {
        self.serve().map_err(|failure| {
            if io::stderr().is_terminal() { failure } else { Failure(NOT_SERVED.to_owned()) }
        })
    }

    fn serve(self) -> Result {
        platform::require().map_err(failed("this system cannot be used"))?;
        let installation = self.root.owned()?;
        let sources = self.root.sources()?;
        let config = load(&sources).map_err(failed("the configuration cannot be used"))?.config;
        platform::prepare(config.server.umask.0);
        sys::hear_signals().map_err(failed("cannot listen for signals"))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed("cannot start"))?;
        let (clock, random) = (Clock::system(), Random::system());
        let key = installation.key()?;
        let by_name = config.account_by_name(&self.account).map(|(id, _)| id.clone());
        let id = by_name.unwrap_or_else(|| self.account.as_str().into());
        let known = Known::read(&runtime, &installation, &config, &id, &clock)
            .map_err(failed("the state cannot be read"))?;
        let authenticator = Authenticator::new(
            config.clone(),
            Epoch::default(),
            &derived(&key, b"names"),
            clock.clone(),
            random.clone(),
            Hashing::for_this_machine(),
        )
        .with_activity(known.activity.clone());
        let granted = runtime.block_on(grant(&authenticator, &config, &id));
        let component = Source { uuid: COMPONENT.into(), kind: "ssh".into(), name: COMPONENT.into() };
        let session = Some(uuids::uuid7(clock.now(), &random));
        let account = granted.as_ref().map_or_else(|_| Actor::peer(), |grant| grant.terms().account.clone());
        let origin = Arc::new(Origin { account, peer: peer(), component, session });
        let settings = trail_settings(&config.server, origin.clone());
        let mut recorder =
            Recorder::open(&installation, node_id(&config.server), settings, clock.clone(), random.clone())?;
        let mut batch = Batch::new(origin, clock.clone(), random);
        let host = Arc::new(Host::new(clock.clone(), &derived(&key, b"uploads")));
        let fs = self.enter(granted, host, &mut batch).or_else(|failure| {
            recorder.record(batch.events()).map_err(failed("events cannot be recorded"))?;
            Err(failure)
        })?;
        known.count_login(&runtime, &installation, &id, &clock);
        if !fs.grant().terms().delete_delay.is_zero() {
            eprintln!("causeway: files that are removed go at once here, whatever ssh_delete_delay says");
        }
        let mut input = input().map_err(failed("standard input cannot be used"))?;
        let mut output = Output::standard().map_err(failed("standard output cannot be used"))?;
        let mut here = Here::new(recorder, runtime, authenticator, sources, clock);
        let ended = plain::serve(
            fs,
            self.ignore_create_permissions,
            &mut batch,
            (&mut input, &mut output),
            &mut here,
        );
        batch.emit(ids::SFTP_SUBSYSTEM_CLOSED).with("client_version", "none");
        here.record(batch.events()).map_err(failed("events cannot be recorded"))?;
        here.close().map_err(Failure)?;
        match ended {
            Ok(()) => Ok(Outcome::Done),
            // As sftp-server of OpenSSH does when its client is gone.
            Err(PlainError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Wrong),
            Err(error) => Err(Failure(error.to_string())),
        }
    }

    /// Opens the files of the account; what stands in the way is told.
    fn enter(
        &self,
        granted: std::result::Result<Arc<Grant>, Refused>,
        host: Arc<Host>,
        batch: &mut Batch,
    ) -> std::result::Result<Arc<Fs>, Failure> {
        let grant = granted.map_err(|refused| {
            self.tell_refused(&refused, batch);
            Failure(format!("the account '{}' cannot be used: {}", self.account, refused.why))
        })?;
        let fs = plain::enter(grant, host, batch).map_err(|error| Failure(error.to_string()))?;
        Ok(Arc::new(fs))
    }

    fn tell_refused(&self, refused: &Refused, batch: &mut Batch) {
        batch
            .emit(ids::LOGIN_REFUSED)
            .with("credentials_type", "none")
            .with("method_name", &refused.by)
            .with("method_type", "application")
            .with("response", "forbidden")
            .with("username", self.account.clone())
            .with("details", refused.why.to_string());
    }
}

/// Why there is no grant, and which authentication says so.
struct Refused {
    by: Arc<str>,
    why: Why,
}

/// What the account may do, by the first authentication that lets it in.
async fn grant(
    authenticator: &Authenticator,
    config: &Config,
    account: &Arc<str>,
) -> std::result::Result<Arc<Grant>, Refused> {
    let mut refused = Refused { by: "".into(), why: Why::NoMethod };
    for (method, component) in &config.authentications {
        if !component.live().is_some_and(|m| m.options.enabled) {
            continue;
        }
        match authenticator.grant_by_configuration(method, account).await {
            Ok(grant) => return Ok(grant),
            Err(why) => refused = Refused { by: method.clone(), why },
        }
    }
    Err(refused)
}

/// Whom the sshd serves, as it says: address and port of the client, then its own.
fn peer() -> Option<SocketAddr> {
    let text = std::env::var("SSH_CONNECTION").ok()?;
    let mut words = text.split(' ');
    Some(SocketAddr::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// What is known of the account's logins.
struct Known {
    store: Store,
    activity: Arc<Activity>,
}

impl Known {
    fn read(
        runtime: &Runtime,
        installation: &Installation,
        config: &Config,
        account: &Arc<str>,
        clock: &Clock,
    ) -> std::result::Result<Self, StoreError> {
        let state = config.state_file().unwrap_or_else(|| installation.state());
        runtime.block_on(async {
            let store = Store::open(&state, clock.clone()).await?;
            let activity = Arc::new(activity_of(&store, account).await?);
            activity.let_in_again(config, clock.now());
            Ok(Self { store, activity })
        })
    }

    /// Counts the session as a login: with the running server, which knows best, or else in the state.
    fn count_login(self, runtime: &Runtime, installation: &Installation, account: &Arc<str>, clock: &Clock) {
        let source = peer().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let login = Request::LoggedIn { account: account.to_string(), source, service: COMPONENT.to_owned() };
        let counted = matches!(call(&installation.control_socket(), &login), Ok(Answer::Recorded));
        runtime.block_on(async {
            if !counted {
                self.activity.logged_in(account, clock.now(), source, &COMPONENT.into());
                write_activity(&self.activity, &self.store).await;
            }
            self.store.close().await;
        });
    }
}
