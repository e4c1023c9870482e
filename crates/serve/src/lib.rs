//! Drivers: they own the sockets and join engine, login, files and events.
//!
//! - [`ssh`]: the SSH service.
//! - [`shutdown`]: how the server stops.

mod pool;
mod sftp;
pub mod shutdown;
pub mod ssh;
