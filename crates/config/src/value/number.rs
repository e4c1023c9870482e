//! Durations, sizes, masks.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use super::{BadValue, text_value};

/// A number of seconds, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u32);

/// A number of seconds, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositiveSeconds(NonZeroU32);

/// Bytes after which a connection makes new keys: 64 KiB to 64 GiB (fewer would only cost; more would come near
/// the number of packets that one AES-GCM key may seal, RFC 5647 and RFC 4344 section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RekeyBytes(u64);

/// A number of days, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days(pub u32);

/// A number of days, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositiveDays(NonZeroU32);

/// Seconds after which what is idle is closed. 0 and less stand for the default: it cannot be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleTimeout(u32);

/// A number of bytes; `KiB`, `MiB`, `GiB` and `TiB` may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Bits that new files and folders do not get, in octal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Umask(pub u32);

impl Seconds {
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl PositiveSeconds {
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0.get()))
    }

    pub(crate) const fn of(seconds: NonZeroU32) -> Self {
        Self(seconds)
    }
}

impl RekeyBytes {
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Default for RekeyBytes {
    /// As RFC 4253 section 9 recommends.
    fn default() -> Self {
        Self(1 << 30)
    }
}

impl Days {
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0) * 86_400)
    }
}

impl PositiveDays {
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0.get()) * 86_400)
    }

    pub(crate) const fn of(days: NonZeroU32) -> Self {
        Self(days)
    }
}

impl IdleTimeout {
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl Default for IdleTimeout {
    fn default() -> Self {
        Self(300)
    }
}

impl Default for Umask {
    fn default() -> Self {
        Self(0o022)
    }
}

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, BadValue> {
    text.parse().map_err(|_| BadValue::new(format!("'{text}' is not {what}")))
}

impl FromStr for Seconds {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        number(text, "a number of seconds").map(Self)
    }
}

impl FromStr for PositiveSeconds {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        number(text, "a number of seconds from 1").map(Self)
    }
}

impl FromStr for PositiveDays {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        number(text, "a number of days from 1").map(Self)
    }
}

impl FromStr for RekeyBytes {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.parse::<ByteSize>()?.0 {
            bytes @ 0x1_0000..=0x10_0000_0000 => Ok(Self(bytes)),
            _ => Err(BadValue::new(format!("'{text}' is not within 64 KiB and 64 GiB"))),
        }
    }
}

impl FromStr for Days {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        number(text, "a number of days").map(Self)
    }
}

impl FromStr for IdleTimeout {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match number::<i64>(text, "a number of seconds")? {
            ..=0 => Ok(Self::default()),
            n => u32::try_from(n).map(Self).map_err(|_| BadValue::new(format!("{n} seconds are too many"))),
        }
    }
}

impl FromStr for ByteSize {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
        let unit = text.get(digits.len()..).unwrap_or_default().trim();
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" => 0,
            "kib" => 10,
            "mib" => 20,
            "gib" => 30,
            "tib" => 40,
            _ => {
                return Err(BadValue::new(format!(
                    "'{unit}' is not a unit; use bytes, KiB, MiB, GiB or TiB"
                )));
            }
        };
        number::<u64>(digits, "a number of bytes")?
            .checked_mul(1 << shift)
            .map(Self)
            .ok_or_else(|| BadValue::new(format!("'{text}' is too large")))
    }
}

impl FromStr for Umask {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match u32::from_str_radix(text, 8) {
            Ok(mask @ 0..=0o777) => Ok(Self(mask)),
            _ => Err(BadValue::new(format!("'{text}' is not an octal mask (000 to 777)"))),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PositiveDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PositiveSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RekeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IdleTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Umask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03o}", self.0)
    }
}

text_value!(Seconds, "seconds");
text_value!(PositiveDays, "days, from 1");
text_value!(PositiveSeconds, "seconds, from 1");
text_value!(RekeyBytes, "bytes from 64 KiB to 64 GiB");
text_value!(Days, "days");
text_value!(IdleTimeout, "seconds; 0 means the default");
text_value!(ByteSize, "bytes, or a number with KiB, MiB, GiB, TiB");
text_value!(Umask, "an octal mask");
