//! When keys are changed, and how often a peer may ask for that.

use std::time::Duration;

use causeway_core::Monotonic;

use super::packet::{Inbound, Outbound};

/// When we begin a key exchange by ourselves, and how long a peer may take for one.
///
/// By bytes and packets each direction counts alone. The time is looked at when the peer sends something: a session
/// that lies idle protects nothing new with its keys, and a client that is not reading could not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RekeyPolicy {
    /// Bytes under one key. RFC 4253 section 9 names 1 GiB whatever the cipher; for ciphers with blocks of 128 bits
    /// RFC 4344 section 3.2 allows 2^32 blocks, 64 GiB. The default of 4 GiB keeps well below that, and a
    /// transfer waits for an exchange a quarter as often.
    pub bytes: u64,
    /// Packets under one key: the default of 2^31 is half of what the sequence numbers allow (RFC 4344 section 3.1).
    pub packets: u64,
    /// Age of a key; the default is the hour of RFC 4253 section 9.
    pub time: Duration,
    /// How long an exchange may take, from our KEXINIT to the peer's NEWKEYS. Long enough for all the data that is
    /// on its way ahead of it to cross a slow line.
    pub deadline: Duration,
}

impl Default for RekeyPolicy {
    fn default() -> Self {
        Self {
            bytes: 4 << 30,
            packets: 1 << 31,
            time: Duration::from_secs(3600),
            deadline: Duration::from_secs(300),
        }
    }
}

impl RekeyPolicy {
    /// Whether one direction has used its keys enough.
    #[inline]
    pub(super) fn is_due_by_use(&self, inbound: &Inbound, outbound: &Outbound) -> bool {
        outbound.bytes >= self.bytes
            || inbound.bytes >= self.bytes
            || outbound.packets >= self.packets
            || inbound.packets >= self.packets
    }
}

/// What one key exchange costs a peer that may be anybody, in bytes of traffic.
const COST: u64 = 32 * 1024;
/// What it costs one that uses the connection: about as many bytes as the exchange itself has.
const COST_IN_USE: u64 = 1024;
/// What a peer can save up.
const SAVED: u64 = 64 * COST;

/// How many key exchanges the peer may begin. Before the login it earns one by 32 KiB of traffic or by a second: an
/// exchange, which costs us a signature, is then no cheaper for the peer than the data that it could send instead. After
/// it, by 1 KiB or a 32nd of a second. What the exchange itself has counts, so that keys may be changed as often as a
/// client's strangest setting wants, one exchange after the other: OpenSSH with `RekeyLimit=16` changes them with each
/// packet.
#[derive(Debug)]
pub(super) struct Budget {
    credit: u64,
    counted: Monotonic,
}

impl Budget {
    pub(super) fn new(now: Monotonic) -> Self {
        Self { credit: 16 * COST, counted: now }
    }

    /// Counts what was moved since the last exchange.
    pub(super) fn earn(&mut self, bytes: u64, now: Monotonic) {
        let millis = u64::try_from(now.since(self.counted).as_millis()).unwrap_or(u64::MAX);
        self.counted = now;
        let earned = bytes.saturating_add(millis.saturating_mul(COST / 1000));
        self.credit = self.credit.saturating_add(earned).min(SAVED);
    }

    /// Pays for one exchange that the peer begins.
    pub(super) fn take(&mut self, in_use: bool) -> bool {
        match self.credit.checked_sub(if in_use { COST_IN_USE } else { COST }) {
            Some(rest) => {
                self.credit = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(budget: &mut Budget, in_use: bool) -> usize {
        (0..10_000).take_while(|_| budget.take(in_use)).count()
    }

    #[test]
    fn exchanges_are_earned_by_traffic_and_time() {
        let start = Monotonic::default();
        let mut budget = Budget::new(start);
        assert_eq!(spend(&mut budget, false), 16);
        budget.earn(3 * COST, start);
        assert_eq!(spend(&mut budget, false), 3);
        let later = start.after(Duration::from_secs(11));
        budget.earn(0, later);
        assert_eq!(spend(&mut budget, false), 10);
        budget.earn(u64::MAX, later.after(Duration::from_secs(1 << 40)));
        assert_eq!(spend(&mut budget, false), 64);
    }

    #[test]
    fn once_the_connection_is_in_use_they_are_earned_by_what_they_move_or_a_32nd_of_a_second() {
        let start = Monotonic::default();
        let mut budget = Budget::new(start);
        assert_eq!(spend(&mut budget, true), 16 * 32);
        budget.earn(3 * 1024, start);
        assert_eq!(spend(&mut budget, true), 3);
        budget.earn(0, start.after(Duration::from_secs(1)));
        assert_eq!(spend(&mut budget, true), 31);
    }
}
