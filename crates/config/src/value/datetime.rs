//! Moments as administrators write them.

use std::fmt;
use std::str::FromStr;

use causeway_core::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::{BadValue, text_value};

/// The last year that ends before our count of nanoseconds does.
const LAST_YEAR: i16 = 2553;

/// `YYYY-MM-DD[ T]hh:mm:ss[Z|+hh[:mm]]`; the time and the zone may be missing. Without a zone it is local time,
/// without a time it is midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelaxedDateTime {
    civil: DateTime,
    offset: Option<Offset>,
}

impl RelaxedDateTime {
    /// The moment, with `zone` as local time. A time that a clock change skips is taken after the change, one
    /// that it repeats is taken the first time. What is too late to be counted, such as `9999-12-31` for "never", is the
    /// last moment that can be.
    pub fn timestamp(&self, zone: &TimeZone) -> Result<Timestamp, BadValue> {
        if self.civil.year() > LAST_YEAR {
            return Ok(Timestamp(u64::MAX));
        }
        let outside = || BadValue::new(format!("'{self}' is outside the years that can be told"));
        let moment = match self.offset {
            Some(offset) => offset.to_timestamp(self.civil).map_err(|_| outside())?,
            None => zone.to_ambiguous_timestamp(self.civil).compatible().map_err(|_| outside())?,
        };
        u64::try_from(moment.as_nanosecond()).map(Timestamp).map_err(|_| outside())
    }
}

impl FromStr for RelaxedDateTime {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || {
            BadValue::new(format!(
                "'{text}' is not a date and time (YYYY-MM-DD hh:mm:ss, with a zone such as Z or +02:00 where it is not local)"
            ))
        };
        let (date, rest) = text.split_at_checked(10).ok_or_else(bad)?;
        let date: Date = date.parse().map_err(|_| bad())?;
        let rest = match rest.strip_prefix(['T', 't']) {
            Some("") => return Err(bad()),
            Some(rest) => rest,
            None => rest.trim_start(),
        };
        let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
        let (time, zone) = rest.split_at_checked(zone_at).ok_or_else(bad)?;
        let time = match time.trim_end() {
            "" => Time::midnight(),
            time => read_time(time).ok_or_else(bad)?,
        };
        let offset = match zone {
            "" => None,
            "Z" | "z" => Some(Offset::UTC),
            zone => Some(read_offset(zone).ok_or_else(bad)?),
        };
        Ok(Self { civil: date.to_datetime(time), offset })
    }
}

/// Seconds since 1970, 0 for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnixSeconds(u32);

impl UnixSeconds {
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_seconds(self.0.into())
    }
}

impl FromStr for UnixSeconds {
    type Err = BadValue;

    /// A fraction does not count.
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        match whole.parse() {
            Ok(seconds) if digits(whole) && digits(fraction) => Ok(Self(seconds)),
            _ => Err(BadValue::new(format!("'{text}' is not a number of seconds since 1970"))),
        }
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(UnixSeconds, "seconds since 1970");

/// `hh:mm` or `hh:mm:ss`, with a fraction that does not count.
fn read_time(text: &str) -> Option<Time> {
    let mut parts = text.splitn(3, ':');
    let hour = two_digits(parts.next()?)?;
    let minute = two_digits(parts.next()?)?;
    let second = match parts.next() {
        None => 0,
        Some(second) => {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
            if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            two_digits(whole)?
        }
    };
    Time::new(hour, minute, second, 0).ok()
}

/// `+hh`, `+hhmm` or `+hh:mm`.
fn read_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if minutes.is_empty() => 0,
        minutes => two_digits(minutes)?,
    };
    if minutes > 59 {
        return None;
    }
    let seconds = i32::from(two_digits(hours)?) * 3600 + i32::from(minutes) * 60;
    Offset::from_seconds(sign * seconds).ok()
}

fn two_digits(text: &str) -> Option<i8> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

impl fmt::Display for RelaxedDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.civil.date(), self.civil.time())?;
        match self.offset {
            Some(Offset::UTC) => f.write_str("Z"),
            Some(offset) => offset.fmt(f),
            None => Ok(()),
        }
    }
}

text_value!(RelaxedDateTime, "YYYY-MM-DD hh:mm:ss with an optional zone");
