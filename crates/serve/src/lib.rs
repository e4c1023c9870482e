//! Drivers: they own the sockets and join engine, login, files and events.
//!
//! - [`ssh`]: the SSH service.
//! - [`reactors`]: the threads that sessions run on.
//! - [`lanes`]: the threads that wait for disks.
//! - [`sessions`]: who is connected, and how a session is called from outside.
//! - [`shutdown`]: how the server stops.

pub mod lanes;
mod pool;
pub mod reactors;
pub mod sessions;
mod sftp;
pub mod shutdown;
pub mod ssh;
