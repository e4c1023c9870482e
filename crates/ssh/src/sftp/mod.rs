//! SFTP version 3 (draft-ietf-secsh-filexfer-02 and OpenSSH's extensions), without I/O: bytes of a channel in,
//! requests out; replies appended to a buffer of the caller.
//!
//! - [`Stream`]: the bytes of the channel, in pieces of any size, become [`Item`]s; the payload of a WRITE is
//!   never collected.
//! - [`Request`]: one request, its strings borrowed.
//! - [`table`]: what each request changes, needs and reports.
//! - [`reply`], [`NameList`], [`LongName`]: what the server answers.
//! - [`Attributes`], [`OpenFlags`], [`Handle`]: the types in them.
//!
//! # Flaws of others, and why they cannot happen here
//!
//! - *A length decides an allocation.* Lengths are compared with [`MAX_MESSAGE`] and with the bytes at hand;
//!   memory grows only with bytes that have come in, and a WRITE holds nothing at all.
//! - *Names are decoded and cannot be opened again.* Paths and names are `&[u8]` from end to end.
//! - *A foreign handle indexes a table.* Four bytes are a [`Handle`]; anything else is [`ForeignHandle`].
//! - *A WRITE that lies about its length shifts the stream*, so that file content is read as requests. Its inner
//!   lengths must lie within the outer one; otherwise the session ends ([`StreamError::WriteShape`]).

#[cfg(test)]
mod client;

mod attributes;
mod check_file;
mod handle;
mod long_name;
mod name_list;
mod open_flags;
pub mod reply;
mod request;
mod stream;
pub mod table;

pub use attributes::Attributes;
pub use check_file::{Check, CheckError, HashName, Hashes};
pub use handle::{ForeignHandle, Handle};
pub use long_name::{ListingContext, LongName};
pub use name_list::NameList;
pub use open_flags::{Access, Creation, OpenFlags, OpenFlagsError};
pub use reply::{Status, Statvfs};
pub use request::{Ids, Malformed, Request};
pub use stream::{Item, PeekedRead, Stream, StreamError, WriteHead};
pub use table::Kind;

/// The version spoken, whatever the client asks for.
pub const VERSION: u32 = 3;
/// Bytes in one message that `limits@openssh.com` announces.
pub const MAX_PACKET: u32 = 256 * 1024;
/// Bytes that one READ may ask for; the rest of the packet is room for headers.
pub const MAX_READ: u32 = 255 * 1024;
/// Bytes that one WRITE may carry.
pub const MAX_WRITE: u32 = 255 * 1024;
/// The largest length prefix that is accepted: [`MAX_PACKET`] and some room, since clients differ in what they
/// count.
pub const MAX_MESSAGE: u32 = MAX_PACKET + 1024;
/// The same before INIT: its version and perhaps a few extension pairs.
pub const MAX_INIT: u32 = 1024;
