//! The server's side of one connection: transport, login and channels put together. Bytes in, [`Step`]s and bytes
//! out; what a step asks for is answered before the next one is taken.

mod alive;
mod data;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod states;
#[cfg(test)]
mod tests;

pub use alive::KeepAlive;
pub use data::{Filled, Plan};

use std::io::IoSliceMut;
use std::ops::Range;
use std::sync::Arc;

use causeway_core::{Monotonic, Random};

use crate::connection::{Channel, ChannelId, Channels, ConnectionError, Message, Request, Windows, message};
use crate::transport::{Disconnect, Received, ServerConfig, Transport};
use crate::userauth::request::USERAUTH_REQUEST;
use crate::userauth::{
    Dialogue, LoggedIn, Login, LoginError, LoginOptions, LoginStep, Proof, Query, Refused, Waiting,
};
use crate::{Error, OUTPUT_RESERVE, RxBuf, TxBuf};
use alive::{Alive, Due};

/// Data in one packet that we send, whatever the client would take.
pub(crate) const LARGEST_SENT: usize = 128 * 1024;
/// Data in one packet that we take.
const LARGEST_TAKEN: u32 = 64 * 1024;
/// What that makes of a packet, at the most.
const LARGEST_PACKET: usize = 66 * 1024;
/// Bytes that a client may send on one channel before we have worked on them. They may all be requests that wait:
/// this bounds the memory of a session. Windows of clients that hurry grow, within a [`Windows`].
pub const WINDOW: u32 = 4 * 1024 * 1024;

/// Why the connection ends on our side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Transport(#[from] Error),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The driver went on without answering a step.
    #[error("a login attempt was not answered")]
    Unanswered,
    /// The client has sent nothing since it was asked so many times for a sign of life.
    #[error("the client gives no sign of life; keep-alives sent: {0}")]
    Silent(u32),
}

impl ServerError {
    /// The reason code for the peer; `None` where it understands no packets or is gone.
    pub fn disconnect(&self) -> Option<Disconnect> {
        match self {
            ServerError::Transport(e) => e.disconnect(),
            ServerError::Connection(_) => Some(Disconnect::ProtocolError),
            ServerError::Unanswered => Some(Disconnect::ByApplication),
            ServerError::Silent(_) => Some(Disconnect::ConnectionLost),
        }
    }
}

/// What the client wants next.
#[derive(Debug)]
pub enum Step {
    /// Everything received has been worked on.
    NeedInput,
    /// Something was handled here.
    Handled,
    /// The client has answered a keep-alive of ours: it is there, and nothing more.
    Alive,
    /// The answer to a key exchange takes long to compute: [`Server::compute`] is to be called, on a thread that nobody
    /// waits for.
    Compute,
    /// Somebody asks whether a key would do: what it answers goes to [`Server::login`].
    Query(Query),
    /// Somebody proves who they are: what it answers goes to [`Server::login`] or [`Server::logged_in`].
    Prove(Proof),
    /// A request to log in was refused here, for what was wrong with itself.
    LoginRefused(Box<Refused>),
    /// A channel wants to run something: to be answered by [`Server::start`].
    Start { channel: ChannelId, command: Command },
    /// Bytes for what runs in the channel, at this range of the receive buffer. To be given back by
    /// [`Server::worked_on`].
    Data { channel: ChannelId, range: Range<usize> },
    /// The client will send nothing more on the channel.
    Eof(ChannelId),
    /// The client has closed the channel: it is gone.
    Closed(ChannelId),
    /// A global request was turned down (the beginning of its name).
    GlobalRefused(Vec<u8>),
    /// A request on a channel was turned down (the beginning of its name).
    RequestRefused(Vec<u8>),
    /// The client has ended the connection.
    Disconnected { code: u32, description: Vec<u8> },
    /// The login has failed for good and we end the connection: a disconnect message is in the output buffer.
    Ended { error: LoginError, refused: Option<Box<Refused>> },
}

/// What a client wants to run in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Subsystem(Vec<u8>),
    Exec(Vec<u8>),
}

/// Bytes of a name that are kept: names of SSH have no more (RFC 4251, section 6).
const NAME_MAX: usize = 64;

/// One connection.
#[derive(Debug)]
pub struct Server {
    transport: Transport,
    login: Arc<LoginOptions>,
    alive: Alive,
    windows: Arc<Windows>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The first keys are being exchanged.
    Greeting,
    Login(Box<Login>),
    /// The client was asked something.
    Dialogue(Box<Dialogue>),
    /// Somebody was asked whether a login is good: the login itself is with them.
    Asked,
    Open(Channels),
    Over,
}

impl Server {
    pub fn new(config: Arc<ServerConfig>, login: Arc<LoginOptions>, random: Random, now: Monotonic) -> Self {
        let alive = Alive::new(config.keep_alive, now);
        let windows = config.windows.clone();
        let transport = Transport::server(config, random, now);
        Self { transport, login, alive, windows, phase: Phase::Greeting }
    }

    /// Says hello.
    pub fn begin(&mut self, tx: &mut TxBuf) -> Result<(), ServerError> {
        Ok(self.transport.start(tx)?)
    }

    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    pub fn is_logged_in(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// Takes the next packet.
    pub fn receive(&mut self, rx: &mut RxBuf, tx: &mut TxBuf, now: Monotonic) -> Result<Step, ServerError> {
        if matches!(self.phase, Phase::Asked) {
            return Err(ServerError::Unanswered);
        }
        let received = self.transport.receive(rx, tx, now)?;
        if received != Received::NeedMore {
            self.alive.heard(now);
        }
        match received {
            Received::NeedMore => Ok(Step::NeedInput),
            Received::Handled => Ok(Step::Handled),
            Received::Costly => Ok(Step::Compute),
            Received::Disconnected { code, description } => Ok(Step::Disconnected { code, description }),
            Received::Payload(range) => self.message(rx, range, tx, now),
        }
    }

    /// Does what [`Step::Compute`] asks for.
    pub fn compute(&mut self, tx: &mut TxBuf) -> Result<(), ServerError> {
        Ok(self.transport.compute(tx)?)
    }

    fn message(
        &mut self,
        rx: &RxBuf,
        range: Range<usize>,
        tx: &mut TxBuf,
        now: Monotonic,
    ) -> Result<Step, ServerError> {
        if let Phase::Open(channels) = &mut self.phase {
            // A client may have sent several at once: after the one that was enough they mean nothing (RFC 4252
            // section 5.3).
            if rx.bytes(range.clone()).first() == Some(&USERAUTH_REQUEST) {
                return Ok(Step::Handled);
            }
            return channel_message(&mut self.transport, channels, &mut self.alive, (rx, range), tx, now);
        }
        let payload = rx.bytes(range);
        let step = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Greeting => {
                let session = self.transport.session_id().unwrap_or_default();
                Login::new(self.login.clone(), session).step(payload)
            }
            Phase::Login(login) => login.step(payload),
            Phase::Dialogue(dialogue) => dialogue.step(payload),
            Phase::Asked | Phase::Open(_) | Phase::Over => return Err(Error::Closed.into()),
        };
        self.login(tx, step)
    }

    /// What a message of a login, or the answer to a [`Query`] or [`Proof`], leads to.
    pub fn login(&mut self, tx: &mut TxBuf, step: LoginStep) -> Result<Step, ServerError> {
        match step {
            LoginStep::Reply { login, payloads, refused } => {
                for payload in payloads {
                    self.transport.send(tx, &payload)?;
                }
                self.phase = Phase::Login(Box::new(login));
                Ok(refused.map_or(Step::Handled, Step::LoginRefused))
            }
            LoginStep::Ask { dialogue, payloads } => {
                for payload in payloads {
                    self.transport.send(tx, &payload)?;
                }
                self.phase = Phase::Dialogue(Box::new(dialogue));
                Ok(Step::Handled)
            }
            LoginStep::Unimplemented(waiting) => {
                self.transport.unimplemented(tx)?;
                self.phase = match waiting {
                    Waiting::Login(login) => Phase::Login(login),
                    Waiting::Dialogue(dialogue) => Phase::Dialogue(dialogue),
                };
                Ok(Step::Handled)
            }
            LoginStep::Query(query) => {
                self.phase = Phase::Asked;
                Ok(Step::Query(query))
            }
            LoginStep::Prove(proof) => {
                self.phase = Phase::Asked;
                Ok(Step::Prove(proof))
            }
            LoginStep::Disconnect { code, error, refused } => {
                self.phase = Phase::Over;
                self.transport.disconnect(tx, code, &error.to_string());
                Ok(Step::Ended { error, refused })
            }
        }
    }

    /// The login is complete: channels may be opened.
    pub fn logged_in(&mut self, tx: &mut TxBuf, login: LoggedIn) -> Result<(), ServerError> {
        for payload in login.payloads {
            self.transport.send(tx, &payload)?;
        }
        self.transport.set_max_packet(LARGEST_PACKET);
        self.phase = Phase::Open(Channels::new(self.windows.clone()));
        Ok(())
    }

    /// The answer to [`Step::Start`].
    pub fn start(&mut self, tx: &mut TxBuf, id: ChannelId, accepted: bool) -> Result<(), ServerError> {
        let Phase::Open(channels) = &mut self.phase else { return Ok(()) };
        let Some(channel) = channels.get_mut(id) else { return Ok(()) };
        if accepted {
            channel.start();
        }
        if channel.take_wanted_reply() {
            self.transport.send(tx, &message::request_answer(channel.remote(), accepted))?;
        }
        Ok(())
    }

    /// Whether anything but a key exchange may be sent now.
    pub fn can_send(&self) -> bool {
        self.transport.can_send()
    }

    /// The channel, while it is open.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        match &self.phase {
            Phase::Open(channels) => channels.get(id),
            _ => None,
        }
    }

    /// Sends as much of `bytes` on the channel as its window and `room` bytes of output allow; says how much.
    pub fn send(
        &mut self,
        tx: &mut TxBuf,
        id: ChannelId,
        bytes: &[u8],
        room: usize,
    ) -> Result<usize, ServerError> {
        let Phase::Open(channels) = &mut self.phase else { return Ok(0) };
        let Some(channel) = channels.get_mut(id) else { return Ok(0) };
        Ok(data::copy(&mut self.transport, channel, tx, bytes, room.min(tx.room()))?)
    }

    /// Whether the client has said that it sends nothing more in the channel.
    pub fn has_ended(&self, id: ChannelId) -> bool {
        self.channel(id).is_some_and(Channel::has_ended)
    }

    /// How many of `plans` can be sent now, with `room` bytes of output.
    pub fn fitting(&self, id: ChannelId, room: usize, plans: &[Plan]) -> usize {
        match self.channel(id) {
            Some(channel) => data::fitting(&self.transport, channel, room, plans),
            None => 0,
        }
    }

    /// Sends messages whose data is read straight into their packets: see [`Plan`]. They are known to fit.
    ///
    /// `fill` gets the places of all data, in order, and says how many bytes it put there; `head` then writes the head
    /// of the message of that index, which carries so many bytes. A message without data is not sent.
    pub fn send_filled<E>(
        &mut self,
        tx: &mut TxBuf,
        id: ChannelId,
        plans: &[Plan],
        fill: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<usize, E>,
        head: impl FnMut(usize, usize, &mut [u8]),
    ) -> Result<Result<Filled, E>, ServerError> {
        let gone = Ok(Ok(Filled { messages: 0, data: 0 }));
        let Phase::Open(channels) = &mut self.phase else { return gone };
        let Some(channel) = channels.get_mut(id) else { return gone };
        Ok(data::send(&mut self.transport, channel, tx, plans, fill, head)?)
    }

    /// `bytes` of [`Step::Data`] have been worked on: the client may send as many more.
    pub fn worked_on(&mut self, tx: &mut TxBuf, id: ChannelId, bytes: usize) -> Result<(), ServerError> {
        let Phase::Open(channels) = &mut self.phase else { return Ok(()) };
        let Some(channel) = channels.get_mut(id) else { return Ok(()) };
        if let Some(owed) = channel.worked_on(u32::try_from(bytes).unwrap_or(u32::MAX), WINDOW) {
            self.transport.send(tx, &message::window_adjust(channel.remote(), owed))?;
        }
        Ok(())
    }

    /// What ran in the channel has ended with `status`: the channel is closed on our side.
    pub fn finish(&mut self, tx: &mut TxBuf, id: ChannelId, status: u32) -> Result<(), ServerError> {
        let Phase::Open(channels) = &mut self.phase else { return Ok(()) };
        let Some(channel) = channels.get_mut(id) else { return Ok(()) };
        if channel.close_was_sent() {
            return Ok(());
        }
        let remote = channel.remote();
        for bytes in [message::exit_status(remote, status), message::eof(remote), message::close(remote)] {
            self.transport.send(tx, &bytes)?;
        }
        Ok(())
    }

    /// Begins a re-key when it is time, asks a silent client for a sign of life, and finds out one that does not
    /// answer or does not finish a key exchange. Whether the client was asked.
    pub fn tick(&mut self, tx: &mut TxBuf, now: Monotonic) -> Result<bool, ServerError> {
        self.transport.tick(tx, now)?;
        // A key exchange has a deadline of its own, and while it lasts nothing else is sent (RFC 4253 section 7.1).
        if !self.is_logged_in() || self.transport.deadline().is_some() {
            return Ok(false);
        }
        match self.alive.look(now, tx.room() >= OUTPUT_RESERVE) {
            Due::Nothing => Ok(false),
            Due::Question => {
                self.transport.send(tx, &message::keep_alive())?;
                Ok(true)
            }
            Due::Gone(asked) => Err(ServerError::Silent(asked)),
        }
    }

    /// When the key exchange under way must be complete, or the client may have to be asked for a sign of life.
    pub fn deadline(&self) -> Option<Monotonic> {
        let exchange = self.transport.deadline();
        if exchange.is_none() && self.is_logged_in() { self.alive.deadline() } else { exchange }
    }

    /// Ends the connection after an error, and tells the peer what it may know.
    pub fn fail(&mut self, tx: &mut TxBuf, error: &ServerError) {
        self.phase = Phase::Over;
        match error.disconnect() {
            Some(code) => self.transport.disconnect(tx, code, ""),
            None => self.transport.fail(tx, &Error::Closed),
        }
    }

    /// Says good-bye.
    pub fn disconnect(&mut self, tx: &mut TxBuf, code: Disconnect, text: &str) {
        self.transport.disconnect(tx, code, text);
    }
}

fn channel_message(
    transport: &mut Transport,
    channels: &mut Channels,
    alive: &mut Alive,
    (rx, range): (&RxBuf, Range<usize>),
    tx: &mut TxBuf,
    now: Monotonic,
) -> Result<Step, ServerError> {
    match Message::parse(rx.bytes(range.clone()))? {
        Message::Data { channel, offset, length } => {
            let channel = channels.named(channel)?;
            channel.received(length, LARGEST_TAKEN, now)?;
            if !channel.is_started() || channel.is_closing() {
                return Ok(Step::Handled);
            }
            let from = range.start + offset;
            Ok(Step::Data { channel: channel.id(), range: from..from + length })
        }
        Message::ExtendedData { channel, length } => {
            let channel = channels.named(channel)?;
            channel.received(length, LARGEST_TAKEN, now)?;
            if let Some(owed) = channel.worked_on(u32::try_from(length).unwrap_or(u32::MAX), WINDOW) {
                transport.send(tx, &message::window_adjust(channel.remote(), owed))?;
            }
            Ok(Step::Handled)
        }
        Message::WindowAdjust { channel, bytes } => {
            if let Some(channel) = channels.named_or_gone(channel)? {
                channel.opened_window(bytes)?;
            }
            Ok(Step::Handled)
        }
        Message::Eof { channel } => {
            let Some(channel) = channels.named_or_gone(channel)? else { return Ok(Step::Handled) };
            channel.received_eof();
            Ok(Step::Eof(channel.id()))
        }
        Message::Close { channel } => {
            let channel = channels.named(channel)?;
            let id = channel.id();
            if !channel.close_was_sent() {
                transport.send(tx, &message::close(channel.remote()))?;
            }
            channels.remove(id);
            Ok(Step::Closed(id))
        }
        Message::Open { kind, sender, window, packet } => {
            if kind == b"session" {
                channels.may_open()?;
            }
            let (reason, text) = match kind {
                b"session" => match channels.open(sender, window, packet, WINDOW) {
                    Ok(id) => {
                        let reply = message::open_confirmation(sender, id.0, WINDOW, LARGEST_TAKEN);
                        transport.send(tx, &reply)?;
                        return Ok(Step::Handled);
                    }
                    Err(refused) => (message::OPEN_RESOURCE_SHORTAGE, refused.to_string()),
                },
                b"direct-tcpip" | b"forwarded-tcpip" | b"x11" | b"auth-agent@openssh.com" => {
                    (message::OPEN_ADMINISTRATIVELY_PROHIBITED, "only file transfers are offered".to_owned())
                }
                _ => (message::OPEN_UNKNOWN_CHANNEL_TYPE, "unknown channel type".to_owned()),
            };
            transport.send(tx, &message::open_failure(sender, reason, &text))?;
            Ok(Step::RequestRefused(beginning(kind)))
        }
        Message::Request { channel, want_reply, request } => {
            let channel = channels.named(channel)?;
            // After our CLOSE nothing more is sent in a channel (RFC 4254 section 5.3).
            let want_reply = want_reply && !channel.is_closing();
            let command = match request {
                Request::Subsystem(name) if !channel.is_started() => Command::Subsystem(beginning(name)),
                Request::Exec(command) if !channel.is_started() => Command::Exec(whole(command)),
                Request::Subsystem(name) | Request::Exec(name) | Request::Other(name) => {
                    if want_reply {
                        transport.send(tx, &message::request_answer(channel.remote(), false))?;
                    }
                    return Ok(match name {
                        // Sent by every client, asked for or not; nothing of it is used.
                        b"env" => Step::Handled,
                        _ => Step::RequestRefused(beginning(name)),
                    });
                }
            };
            channel.wants_reply(want_reply);
            Ok(Step::Start { channel: channel.id(), command })
        }
        Message::GlobalRequest { name, want_reply } => {
            if want_reply {
                transport.send(tx, &message::request_failure())?;
            }
            Ok(match name {
                // Asks for a sign of life, and a refusal is one.
                b"keepalive@openssh.com" | b"keep-alive@openssh.com" => Step::Handled,
                b"no-more-sessions@openssh.com" => {
                    channels.no_more();
                    Step::Handled
                }
                _ => Step::GlobalRefused(beginning(name)),
            })
        }
        Message::Unassigned => {
            transport.unimplemented(tx)?;
            Ok(Step::Handled)
        }
        Message::GlobalReply => Ok(if alive.answered() { Step::Alive } else { Step::Handled }),
    }
}

/// A command line, or so much of it that it is too long for anybody who reads it.
fn whole(command: &[u8]) -> Vec<u8> {
    command.get(..=crate::scp::COMMAND_MAX).unwrap_or(command).to_vec()
}

fn beginning(text: &[u8]) -> Vec<u8> {
    text.get(..NAME_MAX).unwrap_or(text).to_vec()
}
