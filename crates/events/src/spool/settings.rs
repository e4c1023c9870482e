//! What the configuration says about the trail.

use std::sync::Arc;
use std::time::Duration;

use causeway_config::options::{AuditFailure, AuditSync, ServerOptions};
use causeway_core::Origin;
use causeway_core::event::{Actor, Source};

/// When appended events are forced to the disk itself. A crash of the program loses none either way; this is
/// about a crash of the machine (`audit_sync`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// In the background, at most so long after the append.
    Interval(Duration),
    /// Before the append returns.
    Reply,
    /// When the operating system pleases.
    None,
}

/// What an append answers when the trail cannot be written (`audit_failure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// An error: the operation that the events are about must be refused.
    Refuse,
    /// Success: the events are counted, and their number is recorded when the trail can be written again.
    Continue,
}

/// How a trail is kept.
#[derive(Debug, Clone)]
pub struct Settings {
    pub sync: Sync,
    pub on_failure: OnFailure,
    /// Bytes after which a new segment is begun.
    pub segment_size: u64,
    /// Segments whose events are all older are dropped (`spool_keep`); none: age drops nothing.
    pub keep: Option<Duration>,
    /// The oldest segments are dropped while all together hold more bytes (`spool_max_size`); none: no limit.
    pub max_size: Option<u64>,
    /// How often a signed checkpoint is written while there are new events.
    pub checkpoint_every: Duration,
    /// In whose name the trail reports about itself.
    pub origin: Arc<Origin>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sync: Sync::Interval(Duration::from_millis(10)),
            on_failure: OnFailure::Refuse,
            segment_size: 64 << 20,
            keep: None,
            max_size: None,
            checkpoint_every: Duration::from_secs(60),
            origin: Arc::new(Origin {
                account: Actor::process(),
                peer: None,
                component: Source { uuid: "audit".into(), kind: "audit".into(), name: "Audit trail".into() },
                session: None,
            }),
        }
    }
}

impl Settings {
    /// What `[server]` says.
    pub fn of(options: &ServerOptions) -> Self {
        let defaults = Self::default();
        Self {
            sync: match options.audit_sync {
                AuditSync::Interval => defaults.sync,
                AuditSync::Reply => Sync::Reply,
                AuditSync::None => Sync::None,
            },
            on_failure: match options.audit_failure {
                AuditFailure::Refuse => OnFailure::Refuse,
                AuditFailure::Continue => OnFailure::Continue,
            },
            keep: Some(Duration::from_secs(u64::from(options.spool_keep.0) * 86_400))
                .filter(|k| !k.is_zero()),
            max_size: Some(options.spool_max_size.0).filter(|m| *m > 0),
            ..defaults
        }
    }
}
