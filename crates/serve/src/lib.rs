//! Drivers: they own the sockets and join engine, login, files and events.
//!
//! - [`ssh`]: the SSH service.
//! - [`plain`]: SFTP on two pipes, without SSH.
//! - [`reactors`]: the threads that sessions run on.
//! - [`passwords`]: the way from a session to who keeps the configuration.
//! - [`lanes`]: the threads that wait for disks.
//! - [`places`]: how many connections there are descriptors for.
//! - [`deletions`]: files that go later.
//! - [`sessions`]: who is connected, and how a session is called from outside.
//! - [`shutdown`]: how the server stops.

mod channel;
pub mod deletions;
pub mod lanes;
pub mod passwords;
pub mod places;
pub mod plain;
mod pool;
pub mod reactors;
mod scp;
pub mod sessions;
mod sftp;
pub mod shutdown;
pub mod ssh;
