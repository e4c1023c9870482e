//! The stages of a connection. Each owns what only it needs.
//!
//! ```text
//! New -> Greeting -> Offered -> AwaitInit (server) or AwaitReply (client) -> Switching -> Open
//!                       ^                                                                  |
//!                       +------------------------- a new exchange -------------------------+
//! ```
//!
//! An error or a disconnection leads to `Closed` from everywhere.

use causeway_core::Monotonic;

use crate::algorithms::Negotiated;
use crate::cipher::Opener;
use crate::kex::method::Initiator;
use crate::kex::secret::Transcript;

pub(super) enum Stage {
    /// Nothing was sent yet.
    New,
    /// Our identification and KEXINIT are out; the peer's identification is awaited.
    Greeting { offer: OwnOffer, skipped: usize },
    /// Our KEXINIT is out; the peer's is awaited. The peer may still send data that it had begun to send.
    Offered(OwnOffer),
    /// Server: the client's public value is awaited.
    AwaitInit(Box<AwaitInit>),
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
            Self::AwaitInit(s) => Some(s.began),
            Self::AwaitReply(s) => Some(s.began),
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

pub(super) struct AwaitInit {
    pub(super) transcript: Transcript,
    pub(super) negotiated: Negotiated,
    /// The next packet of the exchange belongs to a guess that was wrong.
    pub(super) discard_guess: bool,
    pub(super) began: Monotonic,
}

pub(super) struct AwaitReply {
    pub(super) transcript: Transcript,
    pub(super) negotiated: Negotiated,
    pub(super) initiator: Initiator,
    /// As in [`AwaitInit`].
    pub(super) discard_guess: bool,
    pub(super) began: Monotonic,
}

pub(super) struct Switching {
    /// The peer's new keys.
    pub(super) opener: Opener,
    pub(super) negotiated: Negotiated,
    pub(super) began: Monotonic,
}
