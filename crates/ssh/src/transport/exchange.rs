//! The steps of a key exchange, from our KEXINIT to the peer's NEWKEYS.

use std::sync::Arc;

use causeway_core::Monotonic;

use super::config::{Role, ServerConfig};
use super::stage::{
    AwaitGroup, AwaitInit, AwaitReply, AwaitRequest, Computing, Exchange, OwnOffer, Stage, Switching,
};
use super::{Transport, message};
use crate::algorithms::{Negotiated, guess_is_right, negotiate};
use crate::buf::TxBuf;
use crate::cipher::{Opener, Sealer};
use crate::error::Error;
use crate::kex::KeySource;
use crate::kex::agree::{Initiator, Way, respond};
use crate::kex::group_exchange::{self, GroupRequest};
use crate::kex::init::{EXT_INFO_CLIENT, KexInit, STRICT_CLIENT, STRICT_SERVER};
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
            if !self.budget.take(self.in_use) {
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
                let hash = negotiated.kex.hash();
                let transcript =
                    Transcript::new(hash, &self.peer_ident, config.ident.as_bytes(), payload, &own.payload);
                let discard_guess = theirs.guess_follows && !guess_is_right(&theirs, &ours);
                let way = Way::of(negotiated.kex)?;
                let exchange = Exchange { transcript, negotiated, discard_guess, began: own.began };
                match way {
                    Some(way) => Stage::AwaitInit(Box::new(AwaitInit { exchange, way, covered: vec![] })),
                    None => Stage::AwaitRequest(Box::new(AwaitRequest { exchange })),
                }
            }
            Role::Client(config) => {
                let negotiated = negotiate(&ours, &theirs)?;
                let hash = negotiated.kex.hash();
                let transcript =
                    Transcript::new(hash, config.ident.as_bytes(), &self.peer_ident, &own.payload, payload);
                let discard_guess = theirs.guess_follows && !guess_is_right(&ours, &theirs);
                let way = Way::of(negotiated.kex)?;
                let exchange = Exchange { transcript, negotiated, discard_guess, began: own.began };
                match way {
                    Some(way) => self.initiate(exchange, &way, message::KEX_INIT, vec![], tx)?,
                    None => {
                        let request = GroupRequest::OURS;
                        self.outbound.write(tx, &request.payload())?;
                        Stage::AwaitGroup(Box::new(AwaitGroup { exchange, request }))
                    }
                }
            }
        };
        Ok(())
    }

    /// Client: our public value goes out.
    fn initiate(
        &mut self,
        exchange: Exchange,
        way: &Way,
        number: u8,
        covered: Vec<u8>,
        tx: &mut TxBuf,
    ) -> Result<Stage, Error> {
        let initiator = Initiator::generate(way, &self.random)?;
        let mut init = vec![];
        Writer::new(&mut init).u8(number).string(initiator.public());
        self.outbound.write(tx, &init)?;
        Ok(Stage::AwaitReply(Box::new(AwaitReply { exchange, initiator, covered })))
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
        let exchange = match &mut self.stage {
            Stage::AwaitRequest(s) => &mut s.exchange,
            Stage::AwaitInit(s) => &mut s.exchange,
            Stage::AwaitGroup(s) => &mut s.exchange,
            Stage::AwaitReply(s) => &mut s.exchange,
            _ => return Err(Error::Unexpected(number)),
        };
        if std::mem::take(&mut exchange.discard_guess) {
            return Ok(());
        }
        match (number, std::mem::replace(&mut self.stage, Stage::Closed)) {
            (message::GEX_REQUEST, Stage::AwaitRequest(state)) => self.choose_group(*state, payload, tx),
            (number, Stage::AwaitInit(state)) if number == init_number(&state.exchange) => {
                self.answer(*state, payload, tx)
            }
            (message::GEX_GROUP, Stage::AwaitGroup(state)) => self.take_group(*state, payload, tx),
            (number, Stage::AwaitReply(state)) if number == reply_number(&state.exchange) => {
                self.verify(*state, payload, tx)
            }
            _ => Err(Error::Unexpected(number)),
        }
    }

    /// Server: the client's request is answered with a group.
    fn choose_group(&mut self, state: AwaitRequest, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let Role::Server(config) = &self.role else { return Err(Error::Unexpected(message::GEX_REQUEST)) };
        let request = GroupRequest::parse(payload)?;
        let group = config.groups.choose(request)?;
        self.outbound.write(tx, &group_exchange::group_payload(&group))?;
        let covered = group_exchange::covered(request, &group);
        let state = AwaitInit { exchange: state.exchange, way: Way::Group(group), covered };
        self.stage = Stage::AwaitInit(Box::new(state));
        Ok(())
    }

    /// Client: the server's group is taken, and our public value in it goes out.
    fn take_group(&mut self, state: AwaitGroup, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let AwaitGroup { exchange, request } = state;
        let group = Arc::new(group_exchange::parse_group(payload, request)?);
        let covered = group_exchange::covered(request, &group);
        self.stage = self.initiate(exchange, &Way::Group(group), message::GEX_INIT, covered, tx)?;
        Ok(())
    }

    /// Server: the client's public value has come. It is answered at once, or where that takes long by
    /// [`compute`](Self::compute).
    fn answer(&mut self, state: AwaitInit, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let mut r = Reader::new(payload);
        r.u8()?;
        let client = r.string()?;
        r.finish()?;
        if state.way.is_costly() {
            self.stage = Stage::Computing(Box::new(Computing { state, client: client.to_vec() }));
            return Ok(());
        }
        self.respond(state, client, tx)
    }

    /// Computes and sends the answer that [`Received::Costly`](super::Received::Costly) told of. Does nothing if there is
    /// none. Any error ends the connection.
    pub fn compute(&mut self, tx: &mut TxBuf) -> Result<(), Error> {
        if !matches!(self.stage, Stage::Computing(_)) {
            return Ok(());
        }
        match std::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Computing(computing) => self.respond(computing.state, &computing.client, tx),
            _ => Err(Error::Closed),
        }
    }

    /// Server: the client's public value is answered with ours, the host key and its signature.
    fn respond(&mut self, state: AwaitInit, client: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let Role::Server(config) = &self.role else { return Err(Error::Unexpected(message::KEX_INIT)) };
        let AwaitInit { exchange, way, covered } = state;
        let algorithm = exchange.negotiated.host_key.as_str();
        let host_key =
            config.host_keys.iter().find(|k| k.algorithms().contains(&algorithm)).ok_or(Error::Sign)?;
        let (server, secret) = respond(&way, client, &self.random)?;
        let number = reply_number(&exchange);
        let hash = exchange.transcript.finish(host_key.public_blob(), &covered, client, &server, &secret);
        let signature = host_key.sign(algorithm, hash.as_ref()).map_err(|_| Error::Sign)?;
        let mut reply = vec![];
        let mut w = Writer::new(&mut reply);
        w.u8(number).string(host_key.public_blob()).string(&server).string(&signature);
        self.outbound.write(tx, &reply)?;
        self.switch(exchange.negotiated, &secret, hash, exchange.began, tx)
    }

    /// Client: the server's answer is checked.
    fn verify(&mut self, state: AwaitReply, payload: &[u8], tx: &mut TxBuf) -> Result<(), Error> {
        let Role::Client(config) = &self.role else { return Err(Error::Unexpected(message::KEX_REPLY)) };
        let AwaitReply { exchange, initiator, covered } = state;
        let mut r = Reader::new(payload);
        r.u8()?;
        let (host_key, server, signature) = (r.string()?, r.string()?, r.string()?);
        r.finish()?;
        let secret = initiator.finish(server)?;
        let hash = exchange.transcript.finish(host_key, &covered, initiator.public(), server, &secret);
        let algorithm = exchange.negotiated.host_key.as_str();
        let key_type = if algorithm.starts_with("rsa-sha2-") { "ssh-rsa" } else { algorithm };
        if Reader::new(host_key).string()? != key_type.as_bytes() {
            return Err(Error::HostKey("the key is not of the type agreed on".to_owned()));
        }
        if Reader::new(signature).string()? != algorithm.as_bytes() {
            return Err(Error::HostKey("the signature is not of the algorithm agreed on".to_owned()));
        }
        config.check.check(algorithm, host_key, hash.as_ref(), signature).map_err(Error::HostKey)?;
        self.switch(exchange.negotiated, &secret, hash, exchange.began, tx)
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
        let keys = |direction| KeySource {
            hash: negotiated.kex.hash(),
            secret,
            exchange_hash: hash.as_ref(),
            session_id: session_id.as_ref(),
            direction,
        };
        let down = (negotiated.server_to_client, keys(Direction::ServerToClient));
        let up = (negotiated.client_to_server, keys(Direction::ClientToServer));
        let ((seal, seal_keys), (open, open_keys)) =
            if self.role.is_server() { (down, up) } else { (up, down) };
        self.outbound.change_keys(Sealer::new(seal, &seal_keys)?, self.strict);
        let opener = Opener::new(open, &open_keys)?;
        self.stage = Stage::Switching(Box::new(Switching { opener, began }));
        // What is sent from here on is under these keys, whenever the peer's own NEWKEYS comes.
        self.negotiated = Some(Box::new(negotiated));

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
        self.inbound.change_keys(state.opener, self.strict);
        self.stage = Stage::Open;
        self.first = false;
        self.keyed = now;
        Ok(())
    }
}

/// The message that carries the client's public value.
fn init_number(exchange: &Exchange) -> u8 {
    if exchange.is_group_exchange() { message::GEX_INIT } else { message::KEX_INIT }
}

/// The message that carries the server's.
fn reply_number(exchange: &Exchange) -> u8 {
    if exchange.is_group_exchange() { message::GEX_REPLY } else { message::KEX_REPLY }
}

fn ext_info(config: &ServerConfig) -> Vec<u8> {
    let mut payload = vec![];
    let mut w = Writer::new(&mut payload);
    w.u8(message::EXT_INFO).u32(2);
    w.string(b"server-sig-algs").name_list(&config.user_signatures.0);
    w.string(b"ping@openssh.com").string(b"0");
    payload
}
