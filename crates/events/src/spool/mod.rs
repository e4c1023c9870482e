//! The audit trail on disk: one appender, many readers, a chain of hashes.
//!
//! - [`Trail`]: appends events, before anybody is told of what they report.
//! - [`Reader`]: reads them again, from a [`Cursor`] on.
//! - [`verify()`]: recomputes the chain and finds what was changed, removed or cut off.
//!
//! `docs/spool.md` describes the format.

mod append;
mod bell;
mod checkpoint;
mod decode;
mod dictionary;
mod encode;
mod error;
mod format;
mod heads;
mod keeper;
mod reader;
mod recover;
mod resync;
mod segment;
mod settings;
#[cfg(test)]
mod tests;
mod trail;
mod verify;
mod walk;
mod wire;

pub use error::AuditError;
pub use format::Hash;
pub use heads::Heads;
pub use reader::{Cursor, Gap, Progress, Reader, Stored};
pub use recover::Recovery;
pub use settings::{OnFailure, Settings, Sync};
pub use trail::Trail;
pub use verify::{Problem, Report, verify};
