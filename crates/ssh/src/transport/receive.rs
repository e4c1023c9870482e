//! What is done with each message that arrives.

use std::ops::Range;

use causeway_core::Monotonic;

use super::message::{self, is_for_upper_layers};
use super::stage::Stage;
use super::{Received, Transport};
use crate::buf::{RxBuf, TxBuf};
use crate::error::Error;
use crate::ident::{self, Line};
use crate::wire::{Reader, Writer};

/// The longest text that is echoed to a `ping@openssh.com`.
const MAX_PING: usize = 1024;
/// How many extensions an EXT_INFO may name.
const MAX_EXTENSIONS: u32 = 64;
/// How much of the peer's words at a disconnection is kept.
const MAX_DESCRIPTION: usize = 512;
/// The longest list of signature algorithms that is kept.
const MAX_SIGNATURES: usize = 2048;

impl Transport {
    /// Takes one packet off the front of `rx`, opened in place. Messages of the transport are dealt with here and
    /// answered into `tx`, which must have [`OUTPUT_RESERVE`](super::OUTPUT_RESERVE) of room.
    ///
    /// Any error ends the connection.
    #[inline]
    pub fn receive(&mut self, rx: &mut RxBuf, tx: &mut TxBuf, now: Monotonic) -> Result<Received, Error> {
        let received = self.receive_one(rx, tx, now);
        if received.is_err() {
            self.stage = Stage::Closed;
        }
        received
    }

    #[inline]
    fn receive_one(&mut self, rx: &mut RxBuf, tx: &mut TxBuf, now: Monotonic) -> Result<Received, Error> {
        match self.stage {
            Stage::New | Stage::Closed => return Err(Error::Closed),
            Stage::Greeting { .. } => return self.read_ident(rx),
            Stage::Computing(_) => return Ok(Received::Costly),
            _ => {}
        }
        let Some(range) = self.inbound.open(rx)? else { return Ok(Received::NeedMore) };
        let number = rx.bytes(range.clone()).first().copied().unwrap_or_default();
        if is_for_upper_layers(number) {
            return self.pass_on(number, range, tx, now);
        }
        self.handle(number, rx.bytes(range), tx, now)
    }

    /// A message of the layers above. After its KEXINIT a peer must not send any (RFC 4253 section 7.1).
    #[inline]
    fn pass_on(
        &mut self,
        number: u8,
        range: Range<usize>,
        tx: &mut TxBuf,
        now: Monotonic,
    ) -> Result<Received, Error> {
        match self.stage {
            Stage::Open => {
                self.in_use |= number >= message::CONNECTION;
                let policy = self.role.rekey();
                let old = now.since(self.keyed) >= policy.time;
                if self.in_use && (old || policy.is_due_by_use(&self.inbound, &self.outbound)) {
                    self.begin_exchange_if_room(tx, now)?;
                }
            }
            Stage::Offered(_) if !self.first => {}
            _ => return Err(Error::Unexpected(number)),
        }
        Ok(Received::Payload(range))
    }

    fn read_ident(&mut self, rx: &mut RxBuf) -> Result<Received, Error> {
        let Stage::Greeting { offer, mut skipped } = std::mem::replace(&mut self.stage, Stage::Closed) else {
            return Err(Error::Closed);
        };
        let line = if self.role.is_server() {
            ident::from_client(rx.data())?
        } else {
            ident::from_server(rx.data(), skipped)?
        };
        let (taken, ident) = match line {
            Line::Incomplete => {
                self.stage = Stage::Greeting { offer, skipped };
                return Ok(Received::NeedMore);
            }
            Line::Before(taken) => (taken, None),
            Line::Ident(text, taken) => (taken, Some(Box::from(text))),
        };
        rx.consume(taken);
        self.stage = match ident {
            Some(ident) => {
                self.peer_ident = ident;
                Stage::Offered(offer)
            }
            None => {
                skipped += taken;
                Stage::Greeting { offer, skipped }
            }
        };
        Ok(Received::Handled)
    }

    fn handle(
        &mut self,
        number: u8,
        payload: &[u8],
        tx: &mut TxBuf,
        now: Monotonic,
    ) -> Result<Received, Error> {
        match number {
            message::DISCONNECT => return Ok(self.peer_disconnects(payload)),
            message::IGNORE | message::DEBUG | message::UNIMPLEMENTED => self.idle_talk(number)?,
            message::KEXINIT => self.peer_offers(payload, tx, now)?,
            message::NEWKEYS => self.peer_switches(payload, now)?,
            message::KEX_INIT..=49 => {
                self.exchange_step(number, payload, tx)?;
                if matches!(self.stage, Stage::Computing(_)) {
                    return Ok(Received::Costly);
                }
            }
            _ if !self.may_talk() => return Err(Error::Unexpected(number)),
            message::EXT_INFO => self.ext_info(payload)?,
            message::PING => self.ping(payload, tx)?,
            _ => self.unimplemented(tx)?,
        }
        Ok(Received::Handled)
    }

    /// Whether the peer may send something other than the messages of a key exchange.
    fn may_talk(&self) -> bool {
        match self.stage {
            Stage::Open => true,
            Stage::Offered(_) => !self.first,
            _ => false,
        }
    }

    /// Messages without effect. Under strict key exchange the first one has no room for them: an attacker who could
    /// put them there would shift the sequence numbers (Terrapin). Those before the peer's KEXINIT, when strictness
    /// is not agreed yet, are counted there.
    fn idle_talk(&self, number: u8) -> Result<(), Error> {
        if self.first && self.strict { Err(Error::Unexpected(number)) } else { Ok(()) }
    }

    fn peer_disconnects(&mut self, payload: &[u8]) -> Received {
        self.stage = Stage::Closed;
        self.may_say_goodbye = false;
        let mut r = Reader::new(payload.get(1..).unwrap_or_default());
        let code = r.u32().unwrap_or_default();
        let text = r.string().unwrap_or_default();
        Received::Disconnected { code, description: text.get(..MAX_DESCRIPTION).unwrap_or(text).to_vec() }
    }

    /// RFC 8308 section 2.3. Only a server says something that matters here.
    fn ext_info(&mut self, payload: &[u8]) -> Result<(), Error> {
        let mut r = Reader::new(payload);
        r.u8()?;
        let count = r.u32()?;
        if count > MAX_EXTENSIONS {
            return Err(Error::TooLarge(message::EXT_INFO));
        }
        for _ in 0..count {
            let (name, value) = (r.string()?, r.string()?);
            if name == b"server-sig-algs" && !self.role.is_server() && value.len() <= MAX_SIGNATURES {
                self.peer_signatures = std::str::from_utf8(value).unwrap_or_default().into();
            }
        }
        Ok(r.finish()?)
    }

    fn ping(&mut self, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let mut r = Reader::new(payload);
        r.u8()?;
        let text = r.string()?;
        r.finish()?;
        if text.len() > MAX_PING {
            return Err(Error::TooLarge(message::PING));
        }
        let mut pong = Vec::with_capacity(text.len() + 5);
        Writer::new(&mut pong).u8(message::PONG).string(text);
        self.send(tx, &pong)
    }
}
