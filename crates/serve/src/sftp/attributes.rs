//! Attributes between the files and the wire. The owner is always the account: who owns a file on the disk is
//! nobody's business.

use causeway_fs::{Attributes, Kind, SetAttributes, Stamp};
use causeway_ssh::sftp;

/// The number of the session's own user and group on the wire. `users-groups-by-id` gives it the account's name.
pub(super) const OWNER: u32 = 1000;

pub(super) fn to_wire(a: &Attributes) -> sftp::Attributes {
    sftp::Attributes {
        size: Some(a.size),
        owner: Some((OWNER, OWNER)),
        mode: Some(mode(a)),
        times: Some((seconds(a.accessed), seconds(a.modified))),
    }
}

/// `st_mode`, with the bits of the type.
pub(super) fn mode(a: &Attributes) -> u32 {
    let kind = match a.kind {
        Kind::File => 0o100_000,
        Kind::Folder => 0o040_000,
        Kind::Link => 0o120_000,
        Kind::Other => 0o020_000,
    };
    kind | a.mode
}

/// The wire has 32 bits: what lies outside is shown as the nearest moment.
fn seconds(s: Stamp) -> u32 {
    u32::try_from(s.seconds.max(0)).unwrap_or(u32::MAX)
}

/// What a client wants changed, but for the owner.
pub(super) fn from_wire(a: &sftp::Attributes) -> SetAttributes {
    let stamp = |s: u32| Stamp { seconds: i64::from(s), nanos: 0 };
    SetAttributes {
        size: a.size,
        mode: a.mode.map(|m| m & 0o7777),
        accessed: a.times.map(|t| stamp(t.0)),
        modified: a.times.map(|t| stamp(t.1)),
    }
}

/// Whether somebody else than the account is to own it.
pub(super) fn changes_owner(a: &sftp::Attributes) -> bool {
    a.owner.is_some_and(|owner| owner != (OWNER, OWNER))
}

/// What a client wants changed, but for the owner, as an event lists it.
pub(super) fn names(a: &sftp::Attributes) -> String {
    let all = [("size", a.size.is_some()), ("permissions", a.mode.is_some()), ("times", a.times.is_some())];
    let set: Vec<&str> = all.into_iter().filter(|(_, is)| *is).map(|(n, _)| n).collect();
    set.join(", ")
}
