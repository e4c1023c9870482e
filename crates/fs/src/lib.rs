//! The one door to storage: the files as one grant sees them.
//!
//! - [`Fs`]: made from a grant at login; judges every operation, has it done, tells what it refused.
//! - [`File`], [`Listing`]: what is open.
//! - [`Permit`](permit::Permit): the proof that the rules were asked, which every call of a back end consumes.
//! - [`Backend`](backend::Backend): what a store of files must be able to do. `local` is the disk, confined by the kernel
//!   (`openat2`); `memory` is the oracle of the property test; `faulty` breaks on demand.
//! - [`Host`]: what all sessions of a process share. [`FileSystems`]: which of them a grant depends on.
//!
//! Everything here may block; [`Fs::strategy`] says where a call should run.

mod attributes;
pub mod backend;
#[cfg(any(test, feature = "testing"))]
pub mod corpus;
mod error;
mod events;
#[cfg(any(test, feature = "testing"))]
pub mod faulty;
mod file;
mod fs;
mod host;
mod listing;
mod local;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
mod mount;
pub mod permit;
mod systems;
mod upload;

pub use attributes::{Attributes, Kind, Meta, SetAttributes, Space, Stamp};
pub use backend::{Read, Wait};
pub use error::{EnterError, Fault, FsError};
pub use file::{Closed, File};
pub use fs::{Fs, How, Mark};
pub use host::Host;
pub use listing::{Entry, Listing};
pub use mount::Strategy;
pub use permit::{Last, Operation, Scope, verdict};
pub use systems::FileSystems;

#[cfg(test)]
mod tests;
