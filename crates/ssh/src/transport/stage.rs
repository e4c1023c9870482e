//! The stages of a connection. Each owns what only it needs.
//!
//! ```text
//! New -> Greeting -> Offered -> AwaitInit [-> Computing] (server) or AwaitReply (client) -> Switching -> Open
//!                       ^                                                                               |
//!                       +-------------------------------- a new exchange -------------------------------+
//! ```
//!
//! With a group exchange AwaitRequest (server) or AwaitGroup (client) comes between.
//!
//! An error or a disconnection leads to `Closed` from everywhere.

use causeway_core::Monotonic;

use crate::algorithms::Negotiated;
use crate::cipher::Opener;
use crate::kex::agree::{Initiator, Way};
use crate::kex::group_exchange::GroupRequest;
use crate::kex::method::Basis;
use crate::kex::secret::Transcript;

pub(super) enum Stage {
    /// Nothing was sent yet.
    New,
    /// Our identification and KEXINIT are out; the peer's identification is awaited.
    Greeting { offer: OwnOffer, skipped: usize },
    /// Our KEXINIT is out; the peer's is awaited. The peer may still send data that it had begun to send.
    Offered(OwnOffer),
    /// Server: a client's request for a group is awaited.
    AwaitRequest(Box<AwaitRequest>),
    /// Server: the client's public value is awaited.
    AwaitInit(Box<AwaitInit>),
    /// Server: the client's public value is there, and the answer takes long to compute.
    Computing(Box<Computing>),
    /// Client: the server's group is awaited.
    AwaitGroup(Box<AwaitGroup>),
    /// Client: the server's answer is awaited.
    AwaitReply(Box<AwaitReply>),
    /// Our NEWKEYS is out, so that we send under new keys; the peer's is awaited.
    Switching(Box<Switching>),
    /// Both sides use the same keys.
    Open,
    /// It is over.
    Closed,
}

impl Stage {
    /// When the exchange began that is under way.
    pub(super) fn exchange_began(&self) -> Option<Monotonic> {
        match self {
            Self::Greeting { offer, .. } | Self::Offered(offer) => Some(offer.began),
            Self::AwaitRequest(s) => Some(s.exchange.began),
            Self::AwaitInit(s) => Some(s.exchange.began),
            Self::Computing(s) => Some(s.state.exchange.began),
            Self::AwaitGroup(s) => Some(s.exchange.began),
            Self::AwaitReply(s) => Some(s.exchange.began),
            Self::Switching(s) => Some(s.began),
            Self::New | Self::Open | Self::Closed => None,
        }
    }
}

/// Our KEXINIT, as sent.
pub(super) struct OwnOffer {
    pub(super) payload: Vec<u8>,
    pub(super) began: Monotonic,
}

/// What an exchange has come to when both KEXINITs are known.
pub(super) struct Exchange {
    pub(super) transcript: Transcript,
    pub(super) negotiated: Negotiated,
    /// The next packet of the exchange belongs to a guess that was wrong.
    pub(super) discard_guess: bool,
    pub(super) began: Monotonic,
}

impl Exchange {
    pub(super) fn is_group_exchange(&self) -> bool {
        matches!(self.negotiated.kex.basis(), Basis::AnyGroup)
    }
}

pub(super) struct AwaitRequest {
    pub(super) exchange: Exchange,
}

pub(super) struct AwaitInit {
    pub(super) exchange: Exchange,
    pub(super) way: Way,
    /// What the exchange hash covers of a group exchange; else nothing.
    pub(super) covered: Vec<u8>,
}

pub(super) struct Computing {
    pub(super) state: AwaitInit,
    /// The client's public value.
    pub(super) client: Vec<u8>,
}

pub(super) struct AwaitGroup {
    pub(super) exchange: Exchange,
    pub(super) request: GroupRequest,
}

pub(super) struct AwaitReply {
    pub(super) exchange: Exchange,
    pub(super) initiator: Initiator,
    /// As in [`AwaitInit`].
    pub(super) covered: Vec<u8>,
}

pub(super) struct Switching {
    /// The peer's new keys.
    pub(super) opener: Opener,
    pub(super) began: Monotonic,
}
