//! The offset of a date expression: `-1d`.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{Span, Timestamp};

use crate::Moment;

/// How far from now, one hundred years at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offset {
    /// Days on the calendar: the same time of another day, however long the days between are.
    days: i64,
    seconds: i64,
}

const MAX_DAYS: i64 = 36_500;
const DAY: i64 = 24 * 60 * 60;

impl FromStr for Offset {
    type Err = ();

    /// A sign (`+` may be left out), digits and a unit: `s`, `m` (minutes), `h`, `d` or `w`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let unit = rest.chars().next_back().ok_or(())?;
        let digits = rest.strip_suffix(unit).ok_or(())?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(());
        }
        let number = digits.parse::<i64>().map_err(|_| ())?;
        let (days, seconds) = match unit {
            'w' => (7, 0),
            'd' => (1, 0),
            'h' => (0, 60 * 60),
            'm' => (0, 60),
            's' => (0, 1),
            _ => return Err(()),
        };
        let times = |unit: i64, most: i64| match number.checked_mul(unit) {
            Some(n) if n <= most => Ok(n * sign),
            _ => Err(()),
        };
        Ok(Self { days: times(days, MAX_DAYS)?, seconds: times(seconds, MAX_DAYS * DAY)? })
    }
}

impl Offset {
    /// What a clock on the wall shows then. None: the time zone is not known, or time does not reach that far.
    pub(super) fn from(self, moment: Moment<'_>) -> Option<DateTime> {
        if moment.zone.is_unknown() {
            return None;
        }
        let second = i64::try_from(moment.time.seconds()).ok()?;
        let then = Timestamp::from_second(second.checked_add(self.seconds)?).ok()?;
        let shown = then.to_zoned(moment.zone.clone());
        let shifted = shown.checked_add(Span::new().try_days(self.days).ok()?).ok()?;
        Some(shifted.datetime())
    }
}
