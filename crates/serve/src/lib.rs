//! Drivers: they own the sockets and join engine, login, files and events.
//!
//! - [`ssh`]: the SSH service.
//! - [`reactors`]: the threads that sessions run on.
//! - [`lanes`]: the threads that wait for disks.
//! - [`shutdown`]: how the server stops.

pub mod lanes;
mod pool;
pub mod reactors;
mod sftp;
pub mod shutdown;
pub mod ssh;
