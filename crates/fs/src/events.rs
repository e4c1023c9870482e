//! The events that the file door itself emits. What a client did to a file is its protocol's to tell.

use causeway_core::rule::Decider;
use causeway_core::{EventId, VPath};
use causeway_events::Batch;

use crate::permit::Operation;

/// A virtual folder clashes with a real file or folder.
const CONFLICT: EventId = EventId(1005);
/// Refused to modify a path that only exists virtually, or that must stay.
const PROTECTED: EventId = EventId(1007);
/// A missing home folder was created.
const HOME_CREATED: EventId = EventId(20042);
/// The rules refused an operation.
const REFUSED: EventId = EventId(70001);
/// Although uploads are atomic, a file is written in place.
const WRITTEN_IN_PLACE: EventId = EventId(70020);
/// What arrived of a broken upload can be taken up again.
const UPLOAD_KEPT: EventId = EventId(70021);
/// A broken upload is taken up again.
const UPLOAD_RESUMED: EventId = EventId(70022);
/// What was left of a broken upload was removed.
const LEFTOVER_REMOVED: EventId = EventId(70023);

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    Rule(Decider),
    /// A link leads to where the login has no mount.
    LinkLeadsOut,
    /// The folder of the path is another one now, or none.
    MountGone,
    /// The name is the server's own.
    ReservedName,
    /// A member of the folder would gain a right, or there are too many to tell.
    MembersWouldGain,
}

pub(crate) fn refused(batch: &mut Batch, operation: Operation, path: &VPath, ground: Ground) {
    let decided_by = match ground {
        Ground::Rule(Decider::Global) => "global".to_owned(),
        Ground::Rule(Decider::Rule(n)) => format!("rule {}", n.saturating_add(1)),
        Ground::Rule(Decider::Broken(n)) => format!("broken rule {}", n.saturating_add(1)),
        Ground::LinkLeadsOut => "link leads out".to_owned(),
        Ground::MountGone => "mount gone".to_owned(),
        Ground::ReservedName => "reserved name".to_owned(),
        Ground::MembersWouldGain => "members would gain rights".to_owned(),
    };
    batch
        .emit(REFUSED)
        .with("path", path)
        .with("operation", operation.as_str())
        .with("decided_by", decided_by);
}

pub(crate) fn protected(batch: &mut Batch, operation: Operation, path: &VPath) {
    batch.emit(PROTECTED).with("path", path).with("operation", operation.as_str());
}

pub(crate) fn conflict(batch: &mut Batch, path: &VPath) {
    batch.emit(CONFLICT).with("path", path);
}

/// `path` is real: events may say so, clients are never told.
pub(crate) fn home_created(batch: &mut Batch, path: &[u8], owner: u32, group: u32) {
    batch
        .emit(HOME_CREATED)
        .with("path", path)
        .with("owner", u64::from(owner))
        .with("group", u64::from(group));
}

pub(crate) fn written_in_place(batch: &mut Batch, path: &VPath, reason: &'static str) {
    batch.emit(WRITTEN_IN_PLACE).with("path", path).with("reason", reason);
}

pub(crate) fn upload_kept(batch: &mut Batch, path: &VPath, size: u64) {
    batch.emit(UPLOAD_KEPT).with("path", path).with("size", size);
}

pub(crate) fn upload_resumed(batch: &mut Batch, path: &VPath, size: u64) {
    batch.emit(UPLOAD_RESUMED).with("path", path).with("size", size);
}

pub(crate) fn leftover_removed(batch: &mut Batch, path: &VPath, size: u64) {
    batch.emit(LEFTOVER_REMOVED).with("path", path).with("size", size);
}
