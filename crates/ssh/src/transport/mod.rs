//! The transport (RFC 4253): packets, key exchange, re-keying; for both sides.
//!
//! - `config`: what it is told before it begins.
//! - `stage`: the stages of a connection.
//! - `receive`: what is done with each message.
//! - `exchange`: the steps of a key exchange.
//! - `packet`: framing, sequence numbers, limits of a key.
//! - `rekey`: when keys are changed.
//! - `held`: what waits for the end of an exchange.
//! - `message`: message numbers.

mod config;
mod exchange;
mod held;
pub(crate) mod message;
mod packet;
mod receive;
mod rekey;
mod stage;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use causeway_core::{Monotonic, Random};

use crate::algorithms::Negotiated;
use crate::buf::TxBuf;
use crate::error::Error;
use crate::kex::secret::Hash;
use crate::wire::Writer;
use config::Role;
pub use config::{ClientConfig, ServerConfig, UserSignatures};
use held::Held;
pub use message::Disconnect;
use packet::{Inbound, Outbound};
pub use packet::{MAX_PACKET_BEFORE_LOGIN, SlotLayout};
use rekey::Budget;
pub use rekey::RekeyPolicy;
use stage::Stage;

/// The room that the output buffer must have at every call that takes one: what a single call may write at most
/// without being asked (the answers of a key exchange and everything held back during it).
pub const OUTPUT_RESERVE: usize = 32 * 1024;

/// What [`Transport::receive`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// No whole packet is there.
    NeedMore,
    /// A message of the transport itself; there may be more packets.
    Handled,
    /// The peer waits for an answer that takes long to compute: [`Transport::compute`] is to be called, on a thread that
    /// nobody waits for. Until then nothing more is received.
    Costly,
    /// A message for the layers above, its number first: a range of the receive buffer.
    Payload(Range<usize>),
    /// The peer ends the connection. The description is what it sent, at most 512 bytes of it.
    Disconnected { code: u32, description: Vec<u8> },
}

/// One side of a connection.
///
/// Call [`start`](Self::start) once, then [`receive`](Self::receive) until it needs more whenever bytes have arrived,
/// and [`tick`](Self::tick) now and then. After an error the connection is over: [`fail`](Self::fail) tells the peer.
pub struct Transport {
    role: Role,
    random: Random,
    stage: Stage,
    inbound: Inbound,
    outbound: Outbound,
    held: Held,
    budget: Budget,
    /// When the keys in use were made; before there are any, when the connection began.
    keyed: Monotonic,
    /// No key exchange is complete yet.
    first: bool,
    /// Strict key exchange was agreed on.
    strict: bool,
    /// The peer is a client that takes EXT_INFO.
    takes_ext_info: bool,
    /// The connection protocol is in use. Before, we change no keys by ourselves: OpenSSH's client takes a KEXINIT
    /// during the login for an error.
    in_use: bool,
    /// Nothing was said to end the connection yet.
    may_say_goodbye: bool,
    peer_ident: Box<[u8]>,
    session_id: Option<Hash>,
    negotiated: Option<Box<Negotiated>>,
    peer_signatures: Box<str>,
}

impl Transport {
    pub fn server(config: Arc<ServerConfig>, random: Random, now: Monotonic) -> Self {
        Self::new(Role::Server(config), random, now)
    }

    pub fn client(config: Arc<ClientConfig>, random: Random, now: Monotonic) -> Self {
        Self::new(Role::Client(config), random, now)
    }

    fn new(role: Role, random: Random, now: Monotonic) -> Self {
        Self {
            role,
            random,
            stage: Stage::New,
            inbound: Inbound::new(),
            outbound: Outbound::new(),
            held: Held::default(),
            budget: Budget::new(now),
            keyed: now,
            first: true,
            strict: false,
            takes_ext_info: false,
            in_use: false,
            may_say_goodbye: true,
            peer_ident: Box::default(),
            session_id: None,
            negotiated: None,
            peer_signatures: Box::default(),
        }
    }

    /// Sends our identification and KEXINIT. To be called once.
    pub fn start(&mut self, tx: &mut TxBuf) -> Result<(), Error> {
        if !matches!(self.stage, Stage::New) {
            return Err(Error::Closed);
        }
        let line = [self.role.ident().as_bytes(), b"\r\n"].concat();
        let tail = tx.tail(line.len()).ok_or(Error::OutputOverflow)?;
        tail.get_mut(..line.len()).ok_or(Error::OutputOverflow)?.copy_from_slice(&line);
        tx.commit(line.len());
        let offer = self.offer(tx, self.keyed)?;
        self.stage = Stage::Greeting { offer, skipped: 0 };
        Ok(())
    }

    /// Whether data may be sent. Not before the first keys are in use, nor between our KEXINIT and our NEWKEYS
    /// (RFC 4253 section 7.1).
    #[inline]
    pub fn can_send(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Switching(_))
    }

    /// Sends a control message, its number first. During a key exchange it is held back, in order, and goes out after
    /// our NEWKEYS; what waits is bounded ([`Error::HeldOverflow`]), so data is never sent this way.
    pub fn send(&mut self, tx: &mut TxBuf, payload: &[u8]) -> Result<(), Error> {
        if self.can_send() {
            self.outbound.write(tx, payload)
        } else if matches!(self.stage, Stage::New | Stage::Closed) {
            Err(Error::Closed)
        } else {
            self.held.push(payload)
        }
    }

    /// How a packet is laid out whose payload has that many bytes, under the keys in use now.
    #[inline]
    pub fn slot(&self, payload: usize) -> SlotLayout {
        self.outbound.slot(payload)
    }

    /// Seals a packet that lies in the output buffer's tail: `packet` is a whole slot, the payload at its place.
    /// Packets leave in the order of sealing. Only while [`can_send`](Self::can_send).
    #[inline]
    pub fn seal_in_place(&mut self, packet: &mut [u8], payload: usize) -> Result<(), Error> {
        if !self.can_send() {
            return Err(Error::Slot);
        }
        self.outbound.seal(packet, payload)
    }

    /// Answers UNIMPLEMENTED to the packet received last (RFC 4253 section 11.4).
    pub fn unimplemented(&mut self, tx: &mut TxBuf) -> Result<(), Error> {
        let mut payload = Vec::with_capacity(5);
        Writer::new(&mut payload).u8(message::UNIMPLEMENTED).u32(self.inbound.last_sequence());
        self.send(tx, &payload)
    }

    /// Begins a key exchange when the keys were used enough, and ends the connection when the peer did not finish one
    /// in time. To be called every few seconds, or at [`deadline`](Self::deadline).
    pub fn tick(&mut self, tx: &mut TxBuf, now: Monotonic) -> Result<(), Error> {
        if self.deadline().is_some_and(|d| now > d) {
            self.stage = Stage::Closed;
            return Err(Error::ExchangeTimeout);
        }
        if self.in_use && self.role.rekey().is_due_by_use(&self.inbound, &self.outbound) {
            self.begin_exchange_if_room(tx, now)?;
        }
        Ok(())
    }

    /// When the key exchange under way must be complete.
    pub fn deadline(&self) -> Option<Monotonic> {
        self.stage.exchange_began().map(|began| began.after(self.role.rekey().deadline))
    }

    /// Begins a key exchange, whatever the policy says. Does nothing if one is under way or the first is not done.
    pub fn begin_exchange(&mut self, tx: &mut TxBuf, now: Monotonic) -> Result<(), Error> {
        if matches!(self.stage, Stage::Open) {
            self.stage = Stage::Offered(self.offer(tx, now)?);
        }
        Ok(())
    }

    /// As [`begin_exchange`](Self::begin_exchange), but not while output is so full that nothing more may be written:
    /// a little later is good enough.
    fn begin_exchange_if_room(&mut self, tx: &mut TxBuf, now: Monotonic) -> Result<(), Error> {
        if tx.room() < OUTPUT_RESERVE { Ok(()) } else { self.begin_exchange(tx, now) }
    }

    /// Ends the connection and tells the peer why, if the output buffer has room for that. `text` is for people; it
    /// is sent as it stands.
    pub fn disconnect(&mut self, tx: &mut TxBuf, code: Disconnect, text: &str) {
        let began = !matches!(self.stage, Stage::New);
        self.stage = Stage::Closed;
        if began && std::mem::replace(&mut self.may_say_goodbye, false) {
            let mut payload = Vec::with_capacity(text.len() + 13);
            Writer::new(&mut payload)
                .u8(message::DISCONNECT)
                .u32(code.code())
                .string(text.as_bytes())
                .string(b"");
            // A full buffer is no reason to fail: the connection ends anyway.
            _ = self.outbound.write(tx, &payload);
        }
    }

    /// Ends the connection after an error, and tells the peer the code that belongs to it.
    pub fn fail(&mut self, tx: &mut TxBuf, error: &Error) {
        match error.disconnect() {
            Some(code) => self.disconnect(tx, code, ""),
            None => self.stage = Stage::Closed,
        }
    }

    /// Raises the largest packet that is accepted, once the peer has logged in: bytes of the packet length field.
    pub fn set_max_packet(&mut self, bytes: usize) {
        self.inbound.max_packet = bytes.max(MAX_PACKET_BEFORE_LOGIN);
    }

    /// How long the packet is whose beginning lies at the front of the receive buffer, 0 if unknown. A buffer that is
    /// smaller must be replaced by a larger one, or the packet never becomes whole.
    pub fn expected_packet(&self) -> usize {
        self.inbound.expected()
    }

    /// Sends a message whatever the stage, as only a peer that follows no rules does.
    #[cfg(test)]
    pub(crate) fn write_anything(&mut self, tx: &mut TxBuf, payload: &[u8]) {
        self.outbound.write(tx, payload).unwrap();
    }

    /// The numbers of all messages sent, in order.
    #[cfg(test)]
    pub(crate) fn written(&self) -> &[u8] {
        &self.outbound.written
    }

    /// Whether the first key exchange is complete on both sides.
    pub fn is_established(&self) -> bool {
        !self.first && !matches!(self.stage, Stage::Closed)
    }

    /// The exchange hash of the first key exchange (RFC 4253 section 7.2), once it is complete.
    pub fn session_id(&self) -> Option<&[u8]> {
        if self.first { None } else { self.session_id.as_ref().map(AsRef::as_ref) }
    }

    /// What the last complete key exchange agreed on.
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_deref()
    }

    /// The peer's identification line without its end: printable US-ASCII, at most 255 bytes; empty before it came.
    pub fn peer_ident(&self) -> &[u8] {
        &self.peer_ident
    }

    /// Whether a client said that it takes EXT_INFO.
    pub fn peer_takes_ext_info(&self) -> bool {
        self.takes_ext_info
    }

    /// The signature algorithms that the server takes of users, if it said so (client role).
    pub fn peer_signature_algorithms(&self) -> impl Iterator<Item = &str> {
        self.peer_signatures.split(',').filter(|n| !n.is_empty())
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = if self.role.is_server() { "server" } else { "client" };
        write!(f, "Transport({role}, {:?})", self.negotiated)
    }
}

#[cfg(test)]
mod tests;
