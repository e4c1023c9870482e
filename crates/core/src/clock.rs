//! Time, injected: the wall clock for what people read, a steady one for what must not jump.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

/// A moment on the wall clock: nanoseconds since 1970-01-01T00:00:00Z. Reaches the year 2554.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    pub fn from_seconds(s: u64) -> Self {
        Self(s.saturating_mul(1_000_000_000))
    }

    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }

    pub fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    pub fn subsec_nanos(self) -> u32 {
        u32::try_from(self.0 % 1_000_000_000).unwrap_or(0)
    }
}

/// A moment on the steady clock: time since the process began, untouched by clock steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Monotonic(pub Duration);

impl Monotonic {
    pub fn since(self, earlier: Monotonic) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub fn after(self, d: Duration) -> Monotonic {
        Monotonic(self.0.saturating_add(d))
    }
}

static UTC: TimeZone = TimeZone::UTC;

/// A moment, and the time zone in which a clock on the wall shows it.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub time: Timestamp,
    pub zone: &'a TimeZone,
}

impl Moment<'static> {
    /// Where clocks on the wall show UTC.
    pub const fn utc(time: Timestamp) -> Self {
        Self { time, zone: &UTC }
    }
}

/// Both clocks, and the time zone of the wall.
#[derive(Clone)]
pub struct Clock {
    inner: Inner,
    zone: TimeZone,
}

#[derive(Clone)]
enum Inner {
    System { began: Instant },
    Manual(Arc<ManualClock>),
}

/// The hands of a clock that a test owns.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall: AtomicU64,
    steady: AtomicU64,
}

impl ManualClock {
    /// Lets time pass on both clocks.
    pub fn advance(&self, d: Duration) {
        let n = u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        self.wall.fetch_add(n, Ordering::SeqCst);
        self.steady.fetch_add(n, Ordering::SeqCst);
    }

    /// Steps the wall clock alone, as an administrator or NTP does.
    pub fn step_to(&self, t: Timestamp) {
        self.wall.store(t.0, Ordering::SeqCst);
    }
}

impl Clock {
    /// The clocks and the time zone of the machine, which is looked up now. Where it cannot be known, the zone is
    /// [unknown](TimeZone::is_unknown).
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn system() -> Self {
        Self { inner: Inner::System { began: Instant::now() }, zone: TimeZone::system() }
    }

    /// A clock that stands still until its owner moves it. It shows UTC.
    pub fn manual(at: Timestamp) -> (Self, Arc<ManualClock>) {
        let hands = Arc::new(ManualClock::default());
        hands.step_to(at);
        (Self { inner: Inner::Manual(hands.clone()), zone: TimeZone::UTC }, hands)
    }

    /// The same clock on a wall elsewhere.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn now(&self) -> Timestamp {
        match &self.inner {
            Inner::System { .. } => {
                let d = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
            }
            Inner::Manual(m) => Timestamp(m.wall.load(Ordering::SeqCst)),
        }
    }

    /// Now, as the wall shows it.
    pub fn moment(&self) -> Moment<'_> {
        Moment { time: self.now(), zone: &self.zone }
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn monotonic(&self) -> Monotonic {
        match &self.inner {
            Inner::System { began } => Monotonic(began.elapsed()),
            Inner::Manual(m) => Monotonic(Duration::from_nanos(m.steady.load(Ordering::SeqCst))),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
