//! Drivers: they own the sockets and join engine, login, files and events.
//!
//! - [`ssh`]: the SSH service.
//! - [`reactors`]: the threads that sessions run on.
//! - [`shutdown`]: how the server stops.

mod pool;
pub mod reactors;
mod sftp;
pub mod shutdown;
pub mod ssh;
