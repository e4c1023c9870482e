//! Values as both databases hold them: their integers are signed and have 64 bits.

use std::time::Duration;

use causeway_core::Timestamp;

use crate::Revision;

/// Nanoseconds since 1970, as the column `expires` counts them. They end in the year 2262.
pub(crate) fn nanoseconds(time: Timestamp) -> i64 {
    signed(time.0)
}

/// When what lives for so long from `now` on expires.
pub(crate) fn expiry(now: i64, live: Duration) -> i64 {
    now.saturating_add(i64::try_from(live.as_nanos()).unwrap_or(i64::MAX))
}

pub(crate) fn timestamp(nanoseconds: i64) -> Timestamp {
    Timestamp(unsigned(nanoseconds))
}

pub(crate) fn revision(number: i64) -> Revision {
    Revision(unsigned(number))
}

pub(crate) fn number(revision: Revision) -> i64 {
    signed(revision.0)
}

/// A value on its way into a database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) key: &'a str,
    pub(crate) value: &'a [u8],
    pub(crate) now: i64,
    pub(crate) expires: Option<i64>,
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}
