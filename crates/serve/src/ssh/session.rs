//! One connection without its socket: the engine, the login, the channels. Synchronous; it runs on the task that owns
//! the socket, or on a blocking thread while the disk has to be waited for.

mod channels;
mod reports;

pub(crate) use reports::algorithms;

use std::net::SocketAddr;
use std::sync::Arc;

use causeway_auth::own_password::Wish;
use causeway_auth::{Grant, Partial, UploadSync, Why};
use causeway_core::event::Actor;
use causeway_core::{Monotonic, Uuid, ids as uuids};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{EnterError, FileSystems, Fs, Strategy};
use causeway_ssh::connection::ChannelId;
use causeway_ssh::server::{Server, ServerError, Step};
use causeway_ssh::userauth::{LoggedIn, LoginStep, Proof, Query};
use causeway_ssh::{Disconnect, RxBuf, TxBuf};

use super::Service;
use super::door::{Arrival, Through};
use super::passwd::Passwd;
use crate::channel::{Account, Channel, Job, Stop, WORTH_A_WRITE};
use crate::lanes::{Hung, Lane};

/// What a session sends from before it has logged in, and while it sends little.
pub(super) const SMALL_SEND: usize = causeway_ssh::OUTPUT_RESERVE + 8 * 1024;
/// What a session receives into before it has logged in.
pub(super) const SMALL_RECEIVE: usize = 40 * 1024;

/// Why working on input stopped.
pub(super) enum Pause {
    /// All input has been worked on as far as it can be.
    Input,
    /// There is more to do once the output has been written.
    Output,
    /// The disk has to be waited for: go on where that is allowed.
    Disk,
    /// The answer to a key exchange takes long to compute: to be done where nobody waits.
    Compute,
    /// The authenticator is to be asked.
    Query(Query),
    Prove(Proof),
    /// The user wants another password.
    Wish(Wish),
    /// The configuration has changed: what the user may do is to be asked anew.
    Renew,
    /// The connection is over once the output has been written.
    End(End),
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("the client disconnected")]
    Client { code: u32, description: Vec<u8> },
    #[error("the client closed the connection")]
    Eof,
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("the login failed: {0}")]
    Login(String),
    #[error("nothing happened for {0} seconds")]
    Idle(u64),
    #[error("the client has not taken what it was sent for {0} seconds")]
    Deaf(u64),
    #[error("no login within {0} seconds")]
    Grace(u64),
    #[error("there was no login yet, and a connection from elsewhere needed the place")]
    Displaced,
    #[error("the dialogue about the password is over")]
    Passwd,
    #[error("the server is stopping")]
    Stopping,
    #[error("closed by the administrator: {0}")]
    Closed(Arc<str>),
    #[error("the access has ended: {0}")]
    Revoked(Why),
    #[error("the folders cannot be opened any more: {0}")]
    Folders(EnterError),
    #[error("events cannot be recorded")]
    Audit,
    #[error("a file system does not answer")]
    Hung,
    #[error("too many key exchanges that take long are under way")]
    Busy,
    #[error("the account requires a post-quantum key exchange, and the client changed to another")]
    Downgraded,
}

impl Stop {
    /// Whether the disk has to be waited for; notes if answers are blocked.
    fn is_disk(self, blocked: &mut bool) -> bool {
        *blocked |= self == Stop::Output;
        self == Stop::Disk
    }
}

impl From<Hung> for End {
    fn from(_: Hung) -> Self {
        End::Hung
    }
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) service: Arc<Service>,
    pub(super) server: Server,
    pub(super) tx: TxBuf,
    pub(super) batch: Batch,
    pub(super) peer: SocketAddr,
    id: Uuid,
    /// A balancer asks for itself whether somebody listens: nobody can log in.
    probe: bool,
    /// Nothing more has come of the probe yet: nothing of it is told.
    quiet: bool,
    /// What the engine's user has proven of what a login needs.
    pub(super) partial: Option<Partial>,
    user: Option<(Arc<Fs>, Account)>,
    /// The threads that may wait for the user's files.
    pub(super) lane: Lane,
    channels: Vec<Channel>,
    /// Requests that were refused, told or not.
    refusals: u32,
    /// The user is changing the password of the account.
    pub(super) passwd: Option<Passwd>,
    /// A channel that has been closed with files open, or by what cannot be understood in it.
    gone: Option<ChannelId>,
    /// Some of the user's operations may wait for the disk.
    needs_pool: bool,
    /// The client has not opened its window for a while although answers wait.
    pub(super) stalled: bool,
    /// The socket takes no more for now: input is worked on all the same, so that the client gets on with its own.
    pub(super) clogged: bool,
    established: bool,
    /// What has come in since this was looked at.
    heard: Heard,
    /// Nothing waits to be sent but a keep-alive.
    pub(super) only_asks: bool,
}

/// What has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// Answers to keep-alives, and nothing else.
    Life,
    Something,
}

impl Session {
    pub(super) fn new(service: Arc<Service>, arrival: Arrival) -> Self {
        let peer = arrival.peer;
        let shared = service.shared.clone();
        let id = uuids::uuid7(shared.clock.now(), &shared.random);
        let now = shared.clock.monotonic();
        let origin = service.origin(Actor::peer(), Some(peer), Some(id));
        let mut batch = Batch::new(origin, shared.clock.clone(), shared.random.clone());
        if let Through::Balancer { address, extensions } = &arrival.through {
            batch
                .emit(ids::PROXY_HEADER_ACCEPTED)
                .with("host", address.ip().to_string())
                .with("port", u64::from(address.port()))
                .with("extensions", extensions.clone());
        }
        batch.emit(ids::SSH_CONNECTION_ACCEPTED);
        let engine = service.engine.at(shared.clock.now());
        let server = Server::new(engine, service.login.clone(), shared.random.clone(), now);
        let tx = TxBuf::new(SMALL_SEND);
        let lane = shared.lanes.lane(FileSystems::default());
        let (user, channels, gone) = (None, Vec::new(), None);
        Self {
            service,
            server,
            tx,
            batch,
            peer,
            id,
            probe: matches!(arrival.through, Through::Probe),
            quiet: matches!(arrival.through, Through::Probe),
            partial: None,
            passwd: None,
            user,
            lane,
            channels,
            refusals: 0,
            gone,
            needs_pool: false,
            stalled: false,
            clogged: false,
            established: false,
            heard: Heard::Nothing,
            only_asks: false,
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn is_logged_in(&self) -> bool {
        self.user.is_some()
    }

    /// What the user may do.
    pub(super) fn grant(&self) -> Option<&Arc<Grant>> {
        self.fs().map(|fs| fs.grant())
    }

    pub(super) fn fs(&self) -> Option<&Arc<Fs>> {
        self.user.as_ref().map(|(fs, _)| fs)
    }

    pub(super) fn origin_of(&self, account: Actor) -> Arc<causeway_core::Origin> {
        self.service.origin(account, Some(self.peer), Some(self.id))
    }

    /// Whether what was said so far stays secret from who has a quantum computer one day.
    pub(super) fn is_post_quantum(&self) -> bool {
        self.server.transport().negotiated().is_some_and(|n| n.kex.is_post_quantum())
    }

    /// Answers the key exchange that [`Pause::Compute`] told of. What comes back is its end.
    pub(super) fn compute(&mut self) -> Option<Pause> {
        let done = self.server.compute(&mut self.tx).map_err(End::from);
        let end = done.and_then(|()| self.keep_what_is_required()).err()?;
        Some(self.ended(end))
    }

    /// Whether file operations always have to leave the network threads.
    pub(super) fn needs_pool(&self) -> bool {
        self.needs_pool
    }

    /// Whether a request takes steps: input can be received between them.
    pub(super) fn is_in_steps(&self) -> bool {
        self.channels.iter().any(Channel::is_in_steps)
    }

    /// Whether a file is open.
    pub(super) fn is_busy(&self) -> bool {
        self.channels.iter().any(Channel::is_busy)
    }

    /// Whether the balancer does not say for whom it is here.
    pub(super) fn is_probe(&self) -> bool {
        self.probe
    }

    /// Whether a balancer only asks for itself, so that nothing is told.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A balancer does more than to ask whether somebody listens: what happens is told from here on.
    pub(super) fn is_more_than_a_probe(&mut self) {
        self.quiet = false;
    }

    /// Whether all that has come in since this was asked is answers to keep-alives: that is no activity.
    pub(super) fn heard_only_life(&mut self) -> bool {
        std::mem::replace(&mut self.heard, Heard::Nothing) == Heard::Life
    }

    /// Whether answers wait for the client to open its window.
    pub(super) fn waits_for_client(&self) -> bool {
        self.channels.iter().any(Channel::waits_for_client)
    }

    /// Bytes that the client is about to send without a word of ours: the rest of a file, as far as the window goes.
    pub(super) fn owed(&self) -> u64 {
        match self.channels.as_slice() {
            [only] if self.server.can_send() => {
                let window = self.server.channel(only.id()).map_or(0, |channel| channel.may_receive());
                only.owed().min(window.into())
            }
            _ => 0,
        }
    }

    /// Whether writes wait whose bytes lie in the receive buffer.
    pub(super) fn has_waiting_writes(&self) -> bool {
        self.channels.iter().any(Channel::has_waiting_writes)
    }

    #[cfg(test)]
    pub(super) fn find_slow(&mut self) {
        self.channels.iter_mut().for_each(Channel::find_slow);
    }

    /// A large write that waits, to be done elsewhere with the receive buffer; to be asked for when all input has been
    /// worked on. None while several channels have bytes in the buffer.
    pub(super) fn take_job(&mut self) -> Option<Job> {
        let mut waiting = self.channels.iter_mut().filter(|c| c.has_waiting_writes());
        let only = waiting.next()?;
        if waiting.next().is_some() { None } else { only.take_job() }
    }

    /// Bytes that are held for the client beside the two buffers.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.channels.iter().map(Channel::held).sum()
    }

    pub(super) fn take_spare(&mut self) -> Option<Box<[u8]>> {
        self.channels.iter_mut().find_map(Channel::take_spare)
    }

    /// Works on what has come in and on what waits.
    pub(super) fn advance(&mut self, rx: &mut RxBuf, now: Monotonic, may_block: bool) -> Pause {
        match self.work(rx, now, may_block) {
            Ok(pause) => pause,
            Err(end) => self.ended(end),
        }
    }

    fn ended(&mut self, end: End) -> Pause {
        self.report_error(&end);
        if let End::Server(error) = &end {
            self.server.fail(&mut self.tx, error);
        } else {
            self.server.disconnect(&mut self.tx, Disconnect::ProtocolError, "");
        }
        Pause::End(end)
    }

    fn work(&mut self, rx: &mut RxBuf, now: Monotonic, may_block: bool) -> Result<Pause, End> {
        if self.grant().is_some_and(|g| !g.is_current()) {
            return Ok(Pause::Renew);
        }
        self.only_asks = false;
        if self.gone.is_some() && !may_block {
            // Closing files may wait for the disk.
            return Ok(Pause::Disk);
        }
        if let Some(channel) = self.gone.take() {
            self.closed(channel, now);
        }
        if let Some(passwd) = &mut self.passwd {
            passwd.flush(&mut self.server, &mut self.tx)?;
        }
        let mut blocked = false;
        for index in 0..self.channels.len() {
            let stop = self.channel(index, rx, now, may_block, Channel::go_on)?;
            if stop.is_disk(&mut blocked) {
                return Ok(Pause::Disk);
            }
        }
        loop {
            if self.tx.len() >= WORTH_A_WRITE && !self.clogged {
                return Ok(Pause::Output);
            }
            let step = self.server.receive(rx, &mut self.tx, now)?;
            self.heard = match (&step, self.heard) {
                (Step::NeedInput, before) => before,
                (Step::Alive, Heard::Nothing | Heard::Life) => Heard::Life,
                _ => Heard::Something,
            };
            match step {
                Step::NeedInput => break,
                Step::Alive => {}
                Step::Handled => self.keep_what_is_required()?,
                Step::Data { channel, range } => match self.index_of(channel) {
                    Some(index) => {
                        let stop = self.channel(index, rx, now, may_block, |c, w| c.receive(w, range))?;
                        if stop.is_disk(&mut blocked) {
                            return Ok(Pause::Disk);
                        }
                    }
                    None => {
                        let wish = self.typed(channel, rx.bytes(range.clone()));
                        self.server.worked_on(&mut self.tx, channel, range.len())?;
                        if let Some(wish) = wish {
                            return Ok(Pause::Wish(wish));
                        }
                        self.flush_passwd()?;
                    }
                },
                Step::Eof(channel) => {
                    let stop = self.end_of_input(channel, rx, now, may_block)?;
                    if stop.is_disk(&mut blocked) {
                        return Ok(Pause::Disk);
                    }
                }
                Step::Closed(channel) => {
                    let gone = self.index_of(channel).and_then(|i| self.channels.get(i));
                    if !may_block && gone.is_some_and(Channel::is_busy) {
                        // Closing files may wait for the disk.
                        self.gone = Some(channel);
                        return Ok(Pause::Disk);
                    }
                    self.closed(channel, now);
                    if self.passwd.as_ref().is_some_and(|p| p.channel() == channel) {
                        return Ok(Pause::End(End::Passwd));
                    }
                }
                Step::Start { channel, command } => {
                    self.start(channel, &command)?;
                    // It may have ended before it began: the command gets no input.
                    if self.server.has_ended(channel) {
                        let stop = self.end_of_input(channel, rx, now, may_block)?;
                        if stop.is_disk(&mut blocked) {
                            return Ok(Pause::Disk);
                        }
                    }
                }
                Step::Compute => return Ok(Pause::Compute),
                Step::Query(query) => return Ok(Pause::Query(query)),
                Step::Prove(proof) => return Ok(Pause::Prove(proof)),
                Step::LoginRefused(refused) => self.report_refused(&refused),
                Step::GlobalRefused(name) => {
                    self.report_request(ids::SSH_GLOBAL_REQUEST_REFUSED, "request_type", &name);
                }
                Step::RequestRefused(name) => self.report_request(ids::SSH_REQUEST_REFUSED, "details", &name),
                Step::Disconnected { code, description } => {
                    self.batch
                        .emit(ids::SSH_CLIENT_DISCONNECTED)
                        .with("code", u64::from(code))
                        .with("details", description.as_slice());
                    return Ok(Pause::End(End::Client { code, description }));
                }
                Step::Ended { error, refused } => {
                    if let Some(refused) = refused {
                        self.report_refused(&refused);
                    }
                    return Ok(Pause::End(End::Login(error.to_string())));
                }
            }
        }
        let alone = self.channels.iter().filter(|c| c.has_waiting_writes()).count() == 1;
        for index in 0..self.channels.len() {
            let stop = self.channel(index, rx, now, may_block, |c, w| c.make_way(w, alone))?;
            if stop.is_disk(&mut blocked) {
                return Ok(Pause::Disk);
            }
        }
        let quiet = self.tx.is_empty();
        self.only_asks = self.server.tick(&mut self.tx, now)? && quiet;
        let asked = self.tx.len();
        // Last, so that what has come in meanwhile is not kept waiting.
        if may_block && let Some(index) = self.channels.iter().position(Channel::is_in_steps) {
            let stop = self.channel(index, rx, now, may_block, Channel::step)?;
            self.only_asks &= self.tx.len() == asked;
            // The next step is another's.
            let stepped = self.channels.remove(index);
            self.channels.push(stepped);
            if stop.is_disk(&mut blocked) {
                return Ok(Pause::Disk);
            }
        }
        if self.is_in_steps() {
            return Ok(Pause::Disk);
        }
        // Blocked for want of room in the buffer, not of the client's will: writing helps.
        Ok(if blocked && self.tx.len() > self.tx.capacity() / 4 { Pause::Output } else { Pause::Input })
    }

    /// A client may change its mind with the keys.
    fn keep_what_is_required(&self) -> Result<(), End> {
        let required = self.grant().is_some_and(|g| g.terms().require_post_quantum);
        if required && !self.is_post_quantum() { Err(End::Downgraded) } else { Ok(()) }
    }

    /// Hands a login's outcome to the engine.
    pub(super) fn login_step(&mut self, step: LoginStep) -> Result<Option<Pause>, End> {
        Ok(match self.server.login(&mut self.tx, step)? {
            Step::Ended { error, refused } => {
                if let Some(refused) = refused {
                    self.report_refused(&refused);
                }
                Some(Pause::End(End::Login(error.to_string())))
            }
            _ => None,
        })
    }

    /// Somebody has logged in, to these files.
    pub(super) fn logged_in(
        &mut self,
        login: LoggedIn,
        fs: Arc<Fs>,
        lane: Lane,
        actor: Actor,
    ) -> Result<(), End> {
        let account = Account {
            name: actor.name.clone(),
            ignore_create_permissions: self.service.ignore_create_permissions,
            link_first: names_links_first(self.server.transport().peer_ident()),
            deletions: Some(self.service.shared.deletions.clone()),
        };
        self.batch.set_origin(self.origin_of(actor));
        self.server.logged_in(&mut self.tx, login)?;
        self.needs_pool = needs_pool(&fs);
        self.user = Some((fs, account));
        self.lane = lane;
        Ok(())
    }

    /// Goes on with what the user may do now: what is open is judged again.
    pub(super) fn renewed(&mut self, fs: Arc<Fs>, lane: Lane) {
        for channel in &mut self.channels {
            channel.renew(&fs, &mut self.batch);
        }
        self.needs_pool = needs_pool(&fs);
        self.lane = lane;
        if let Some((old, _)) = &mut self.user {
            *old = fs;
        }
    }

    /// The connection is over, for that reason if it is ours: everything that is open is broken.
    pub(super) fn finish(&mut self, reason: Option<String>, now: Monotonic) {
        for mut channel in std::mem::take(&mut self.channels) {
            channel.close(&mut self.batch, now, self.server.transport().peer_ident());
        }
        self.report_closed(reason);
    }

    /// A session on which nothing happened has given its buffer back.
    pub(super) fn make_room_for_last_words(&mut self) {
        if self.tx.capacity() == 0 {
            self.tx = TxBuf::new(SMALL_SEND);
        }
    }

    /// Says good-bye for a reason of ours.
    pub(super) fn say_goodbye(&mut self, end: &End) {
        let (code, text) = match end {
            End::Idle(_) | End::Deaf(_) => (Disconnect::ByApplication, "idle for too long"),
            End::Grace(_) => (Disconnect::ByApplication, "no login in time"),
            End::Stopping => (Disconnect::ByApplication, "the server is stopping"),
            End::Closed(_) | End::Revoked(_) | End::Folders(_) => {
                (Disconnect::ByApplication, "the session was closed by the server")
            }
            _ => return,
        };
        self.server.disconnect(&mut self.tx, code, text);
    }
}

/// Whether file operations always have to leave the network threads.
fn needs_pool(fs: &Fs) -> bool {
    let terms = fs.grant().terms();
    // Bringing an upload to the disk takes as long as the disk does: not on a thread that others share.
    terms.upload_sync == UploadSync::Close
        || terms.mounts.iter().any(|m| fs.strategy(&m.at) == Strategy::Pool)
}

/// Clients that follow OpenSSH's order of SYMLINK only when the server calls itself OpenSSH.
fn names_links_first(client: &[u8]) -> bool {
    let names = [&b"SSH-2.0-AsyncSSH_"[..], b"SSH-2.0-WinSCP_", b"SSH-2.0-libssh_", b"SSH-2.0-ssh2js"];
    names.iter().any(|name| client.starts_with(name))
}
