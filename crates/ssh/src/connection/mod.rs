//! The connection protocol (RFC 4254), server role: session channels that run a subsystem or a command. No
//! shell, no terminal, no forwarding, no agent.
//!
//! This module keeps the books of the channels and reads and builds their messages. It sends nothing itself.

mod channel;
pub(crate) mod message;
mod windows;

pub use channel::{Channel, ChannelId, Channels};
pub use message::{Message, Request};
pub use windows::Windows;

/// Channels that one connection may have open at the same time (as OpenSSH's `MaxSessions`).
pub const MAX_CHANNELS: usize = 10;

/// Why the peer's message ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    #[error("a channel message is malformed: {0}")]
    Malformed(#[from] crate::wire::WireError),
    #[error("message {0} is not one of the connection protocol that a client may send")]
    Unexpected(u8),
    #[error("a message names channel {0}, which is not open")]
    NoSuchChannel(u32),
    #[error("the client sent more than the window allows")]
    WindowExceeded,
    #[error("the client sent a packet larger than the channel's maximum")]
    PacketTooLarge,
    #[error("the client opened its window beyond 2^32 - 1 bytes")]
    WindowOverflow,
    #[error("the client opened a session after it had said that there would be no more")]
    NoMoreSessions,
    #[error("the client sent data after it had said that there would be none")]
    DataAfterEof,
}
