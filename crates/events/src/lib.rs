//! Events: what is known about each number, the trail on disk, and the handlers that carry events onwards.
//!
//! - [`catalogue`]: every event there is, with names for those that are emitted.
//! - [`Batch`]: gathers the events of one step of work.
//! - [`spool`]: the audit trail on disk, with its chain of hashes.
//! - [`handlers`]: what carries events onwards.
//! - [`message`], [`json`], [`template`]: events as text; [`time`]: times as text; [`member`]: members by name.

mod batch;
pub mod catalogue;
pub mod handlers;
pub mod json;
pub mod member;
pub mod message;
pub mod spool;
pub mod template;
pub mod time;

use std::sync::Arc;

pub use batch::{Batch, Entry};

/// The server as events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub uuid: Arc<str>,
    pub name: Arc<str>,
}
