//! SSH without sockets: bytes in, messages and bytes out; time and randomness are passed in.
//!
//! From the wire upwards:
//!
//! - [`buf`]: the two buffers of a connection.
//! - [`wire`]: the data types of RFC 4251.
//! - [`ident`]: the identification lines.
//! - [`algorithms`]: what is offered and what is agreed on.
//! - [`cipher`]: what protects packets.
//! - [`kex`]: from two public values to keys, and the server's proof of identity.
//! - [`keys`]: signing with host keys, verifying what users sign.
//! - [`transport`]: the state machine that joins these (RFC 4253).
//! - [`userauth`]: who the user is (RFC 4252).
//! - [`connection`]: the books of the channels (RFC 4254).
//! - [`server`]: the server's side of one connection, put together.
//! - [`plain`]: a channel without SSH around it.
//! - [`scp`]: the protocol of `scp -O`.
//! - [`sftp`]: SFTP version 3, its requests and replies.
//! - [`flaws`]: what went wrong in other implementations, and why it cannot here.

pub mod algorithms;
pub mod buf;
pub mod cipher;
pub mod connection;
pub mod error;
pub mod flaws;
pub mod ident;
pub mod kex;
pub mod keys;
pub mod plain;
pub mod scp;
pub mod server;
pub mod sftp;
pub mod transport;
pub mod userauth;
pub mod wire;

pub use algorithms::{Algorithms, Negotiated};
pub use buf::{RxBuf, TxBuf};
pub use cipher::Protection;
pub use error::Error;
pub use kex::{HostKey, ServerKeyCheck};
pub use transport::{ClientConfig, Disconnect, OUTPUT_RESERVE, Received, ServerConfig, Transport};
