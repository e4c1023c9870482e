//! The steps of a key exchange, from our KEXINIT to the peer's NEWKEYS.

use causeway_core::Monotonic;

use super::config::{Role, ServerConfig};
use super::stage::{AwaitInit, AwaitReply, OwnOffer, Stage, Switching};
use super::{Transport, message};
use crate::algorithms::{Negotiated, guess_is_right, negotiate};
use crate::buf::TxBuf;
use crate::cipher::{Opener, Sealer};
use crate::error::Error;
use crate::kex::KeySource;
use crate::kex::init::{EXT_INFO_CLIENT, KexInit, STRICT_CLIENT, STRICT_SERVER};
use crate::kex::method::{Initiator, respond};
use crate::kex::secret::{Direction, Hash, SharedSecret, Transcript};
use crate::wire::{Reader, WireError, Writer};

impl Transport {
    /// Sends our KEXINIT.
    pub(super) fn offer(&mut self, tx: &mut TxBuf, now: Monotonic) -> Result<OwnOffer, Error> {
        let payload = self.role.offer(self.first).payload(&self.random);
        self.outbound.write(tx, &payload)?;
        Ok(OwnOffer { payload, began: now })
    }

    /// The peer's KEXINIT, which answers ours or begins an exchange.
    pub(super) fn peer_offers(
        &mut self,
        payload: &[u8],
        tx: &mut TxBuf,
        now: Monotonic,
    ) -> Result<(), Error> {
        let moved = self.inbound.bytes.saturating_add(self.outbound.bytes);
        if !self.first {
            self.budget.earn(moved, now);
        }
        if matches!(self.stage, Stage::Open) {
            if !self.budget.take() {
                return Err(Error::TooManyExchanges);
            }
            self.begin_exchange(tx, now)?;
        }
        let Stage::Offered(own) = std::mem::replace(&mut self.stage, Stage::Closed) else {
            return Err(Error::Unexpected(message::KEXINIT));
        };
        let (theirs, ours) = (KexInit::parse(payload)?, KexInit::parse(&own.payload)?);
        if self.first {
            self.read_markers(&theirs)?;
        }
        self.stage = match &self.role {
            Role::Server(config) => {
                let negotiated = negotiate(&theirs, &ours)?;
                let transcript =
                    Transcript::new(&self.peer_ident, config.ident.as_bytes(), payload, &own.payload);
                let discard_guess = theirs.guess_follows && !guess_is_right(&theirs, &ours);
                Stage::AwaitInit(Box::new(AwaitInit {
                    transcript,
                    negotiated,
                    discard_guess,
                    began: own.began,
                }))
            }
            Role::Client(config) => {
                let negotiated = negotiate(&ours, &theirs)?;
                let transcript =
                    Transcript::new(config.ident.as_bytes(), &self.peer_ident, &own.payload, payload);
                let discard_guess = theirs.guess_follows && !guess_is_right(&ours, &theirs);
                let initiator = Initiator::generate(negotiated.kex)?;
                let mut init = vec![];
                Writer::new(&mut init).u8(message::KEX_INIT).string(initiator.public());
                self.outbound.write(tx, &init)?;
                Stage::AwaitReply(Box::new(AwaitReply {
                    transcript,
                    negotiated,
                    initiator,
                    discard_guess,
                    began: own.began,
                }))
            }
        };
        Ok(())
    }

    /// The markers for extensions, which count in the first KEXINIT only.
    fn read_markers(&mut self, theirs: &KexInit<'_>) -> Result<(), Error> {
        let strict = if self.role.is_server() {
            self.takes_ext_info = theirs.kex.contains(EXT_INFO_CLIENT);
            STRICT_CLIENT
        } else {
            STRICT_SERVER
        };
        self.strict = theirs.kex.contains(strict);
        // The KEXINIT has been counted: under strict key exchange it must be the first packet of all.
        if self.strict && self.inbound.packets != 1 { Err(Error::NotFirst) } else { Ok(()) }
    }

    /// A message of the method that was agreed on.
    pub(super) fn exchange_step(&mut self, number: u8, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let guess = match &mut self.stage {
            Stage::AwaitInit(s) => &mut s.discard_guess,
            Stage::AwaitReply(s) => &mut s.discard_guess,
            _ => return Err(Error::Unexpected(number)),
        };
        if std::mem::take(guess) {
            return Ok(());
        }
        match (number, std::mem::replace(&mut self.stage, Stage::Closed)) {
            (message::KEX_INIT, Stage::AwaitInit(state)) => self.answer(*state, payload, tx),
            (message::KEX_REPLY, Stage::AwaitReply(state)) => self.verify(*state, payload, tx),
            _ => Err(Error::Unexpected(number)),
        }
    }

    /// Server: the client's public value is answered with ours, the host key and its signature.
    fn answer(&mut self, state: AwaitInit, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let Role::Server(config) = &self.role else { return Err(Error::Unexpected(message::KEX_INIT)) };
        let mut r = Reader::new(payload);
        r.u8()?;
        let client = r.string()?;
        r.finish()?;
        let algorithm = state.negotiated.host_key.as_str();
        let host_key =
            config.host_keys.iter().find(|k| k.algorithms().contains(&algorithm)).ok_or(Error::Sign)?;
        let (server, secret) = respond(state.negotiated.kex, client)?;
        let hash = state.transcript.finish(host_key.public_blob(), client, &server, &secret);
        let signature = host_key.sign(algorithm, &hash).map_err(|_| Error::Sign)?;
        let mut reply = vec![];
        let mut w = Writer::new(&mut reply);
        w.u8(message::KEX_REPLY).string(host_key.public_blob()).string(&server).string(&signature);
        self.outbound.write(tx, &reply)?;
        self.switch(state.negotiated, &secret, hash, state.began, tx)
    }

    /// Client: the server's answer is checked.
    fn verify(&mut self, state: AwaitReply, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let Role::Client(config) = &self.role else { return Err(Error::Unexpected(message::KEX_REPLY)) };
        let mut r = Reader::new(payload);
        r.u8()?;
        let (host_key, server, signature) = (r.string()?, r.string()?, r.string()?);
        r.finish()?;
        let secret = state.initiator.finish(server)?;
        let hash = state.transcript.finish(host_key, state.initiator.public(), server, &secret);
        let algorithm = state.negotiated.host_key.as_str();
        let key_type = if algorithm.starts_with("rsa-sha2-") { "ssh-rsa" } else { algorithm };
        if Reader::new(host_key).string()? != key_type.as_bytes() {
            return Err(Error::HostKey("the key is not of the type agreed on".to_owned()));
        }
        if Reader::new(signature).string()? != algorithm.as_bytes() {
            return Err(Error::HostKey("the signature is not of the algorithm agreed on".to_owned()));
        }
        config.check.check(algorithm, host_key, &hash, signature).map_err(Error::HostKey)?;
        self.switch(state.negotiated, &secret, hash, state.began, tx)
    }

    /// Our NEWKEYS; from here on we send under the new keys, first of all what has waited.
    fn switch(
        &mut self,
        negotiated: Negotiated,
        secret: &SharedSecret,
        hash: Hash,
        began: Monotonic,
        tx: &mut TxBuf,
    ) -> Result<(), Error> {
        self.outbound.write(tx, &[message::NEWKEYS])?;
        let session_id = *self.session_id.get_or_insert(hash);
        let keys = |direction| KeySource { secret, exchange_hash: &hash, session_id: &session_id, direction };
        let down = (negotiated.server_to_client, keys(Direction::ServerToClient));
        let up = (negotiated.client_to_server, keys(Direction::ClientToServer));
        let ((seal, seal_keys), (open, open_keys)) =
            if self.role.is_server() { (down, up) } else { (up, down) };
        self.outbound.change_keys(Sealer::new(seal, &seal_keys)?, self.strict);
        let opener = Opener::new(open, &open_keys)?;
        self.stage = Stage::Switching(Box::new(Switching { opener, negotiated, began }));

        // The next packet after the first NEWKEYS is the place for it (RFC 8308 section 2.4), and the only one here.
        if let (Role::Server(config), true, true) = (&self.role, self.first, self.takes_ext_info) {
            let payload = ext_info(config);
            self.outbound.write(tx, &payload)?;
        }
        for payload in self.held.take() {
            self.outbound.write(tx, &payload)?;
        }
        Ok(())
    }

    /// The peer's NEWKEYS: from here on it sends under the new keys, and the exchange is complete.
    pub(super) fn peer_switches(&mut self, payload: &[u8], now: Monotonic) -> Result<(), Error> {
        let Stage::Switching(state) = std::mem::replace(&mut self.stage, Stage::Closed) else {
            return Err(Error::Unexpected(message::NEWKEYS));
        };
        if payload.len() != 1 {
            return Err(WireError::Trailing.into());
        }
        let Switching { opener, negotiated, .. } = *state;
        self.inbound.change_keys(opener, self.strict);
        self.negotiated = Some(Box::new(negotiated));
        self.stage = Stage::Open;
        self.first = false;
        self.keyed = now;
        Ok(())
    }
}

fn ext_info(config: &ServerConfig) -> Vec<u8> {
    let mut payload = vec![];
    let mut w = Writer::new(&mut payload);
    w.u8(message::EXT_INFO).u32(2);
    w.string(b"server-sig-algs").name_list(&config.user_signatures.0);
    w.string(b"ping@openssh.com").string(b"0");
    payload
}
