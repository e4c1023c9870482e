//! Why a connection ends: each variant says what the peer, or who drives the transport, did.

use thiserror::Error;

use crate::algorithms::Mismatch;
use crate::transport::Disconnect;
use crate::wire::WireError;

/// Why the transport cannot go on. After any of these the connection is over; [`Error::disconnect`] says what the
/// peer may be told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The peer's first line is not the identification of an SSH 2.0 implementation (RFC 4253 section 4.2).
    #[error("the peer does not speak SSH 2.0")]
    NotSsh,
    /// A message of the transport does not have the fields that its number promises.
    #[error("malformed message: {0}")]
    Wire(#[from] WireError),
    /// A message holds more than any honest peer has to say in it (the number is its own).
    #[error("message {0} is too large")]
    TooLarge(u8),
    /// A packet announces a length that is too small, too large or no multiple of the cipher's block.
    #[error("a packet announces a length of {0} bytes")]
    PacketLength(u32),
    /// A packet has no message in it, or padding that is shorter than 4 bytes or longer than the packet.
    #[error("a packet is padded wrongly")]
    Padding,
    /// A packet was changed on the way, or sealed with other keys.
    #[error("a packet fails its authentication")]
    Tag,
    /// A message came at a moment where it must not (the number is its own).
    #[error("message {0} at a moment where it is not allowed")]
    Unexpected(u8),
    /// Something came before the peer's KEXINIT although both sides agreed on strict key exchange.
    #[error("a packet was put before the key exchange")]
    NotFirst,
    /// Client and server share no algorithm of a kind.
    #[error("{0}")]
    Negotiation(Box<Mismatch>),
    /// The peer's half of the key exchange is no valid key, or the result would be no secret.
    #[error("the peer's key for the exchange is not valid")]
    PeerKey,
    /// The server's host key is not the one expected, or its signature is wrong (client role).
    #[error("the server's host key is refused: {0}")]
    HostKey(String),
    /// A host key of ours could not sign.
    #[error("the host key could not sign")]
    Sign,
    /// The cryptographic library failed where it should not.
    #[error("the cryptographic library failed")]
    Crypto,
    /// The peer begins key exchanges more often than its traffic justifies.
    #[error("the peer begins key exchanges too often")]
    TooManyExchanges,
    /// The peer did not answer or finish a key exchange in time.
    #[error("the peer did not finish the key exchange in time")]
    ExchangeTimeout,
    /// The peer kept sending under keys that have protected as many packets as they may.
    #[error("the keys are used up")]
    KeysUsedUp,
    /// More was asked of us during a key exchange than is held back.
    #[error("too much to hold back during a key exchange")]
    HeldOverflow,
    /// The output buffer was not given the room that it must have ([`OUTPUT_RESERVE`](crate::OUTPUT_RESERVE)).
    #[error("the output buffer is full")]
    OutputOverflow,
    /// The driver sealed data while [`can_send`](crate::Transport::can_send) was false, or in a slot of the wrong size.
    #[error("a packet was sealed at the wrong moment or in a slot of the wrong size")]
    Slot,
    /// The connection was over already, or not begun.
    #[error("the connection is closed")]
    Closed,
}

impl Error {
    /// The reason code for the peer; `None` where it understands no packets or is gone.
    pub fn disconnect(&self) -> Option<Disconnect> {
        match self {
            Self::NotSsh | Self::Closed => None,
            Self::Negotiation(_) | Self::PeerKey | Self::Sign => Some(Disconnect::KeyExchangeFailed),
            Self::HostKey(_) => Some(Disconnect::HostKeyNotVerifiable),
            Self::Tag => Some(Disconnect::MacError),
            Self::Crypto | Self::HeldOverflow | Self::OutputOverflow | Self::Slot => {
                Some(Disconnect::ByApplication)
            }
            Self::Wire(_)
            | Self::TooLarge(_)
            | Self::PacketLength(_)
            | Self::Padding
            | Self::Unexpected(_)
            | Self::NotFirst
            | Self::TooManyExchanges
            | Self::ExchangeTimeout
            | Self::KeysUsedUp => Some(Disconnect::ProtocolError),
        }
    }
}
