//! The options of a log file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::{BadValue, ByteSize, text_value};

/// The template of one log line, with placeholders such as `{message}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTemplate(pub Arc<str>);

/// Where a log file is; `{host.name}` and `{host.fqdn}` stand for the machine's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPath(Arc<str>);

/// When a log file is put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RotateOn {
    #[default]
    Never,
    /// Each day at that local time.
    Daily { hour: u8, minute: u8 },
    /// At 00:00 of that day of each month (1 to 31); a month without it uses its last day.
    Monthly { day: u8 },
}

/// The size at which a log file is put aside; none for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RotateSize(pub Option<ByteSize>);

/// How many files that were put aside are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RotateCount {
    /// `0`
    #[default]
    All,
    /// `N`
    Newest(u32),
    /// `-1`: nothing is put aside, the file is emptied.
    Truncate,
}

impl Default for LineTemplate {
    fn default() -> Self {
        Self(Arc::from(
            "{timestamp.iso_8601_local} {id} {component.uuid} {account.name} \
             {account.peer.address}:{account.peer.port} {message}",
        ))
    }
}

impl Default for LogPath {
    fn default() -> Self {
        Self(Arc::from("log/server.log"))
    }
}

impl LogPath {
    /// The path of the file on a machine of these names; relative ones are taken from the installation folder.
    pub fn resolve(&self, root: &Path, host_name: &str, host_fqdn: &str) -> PathBuf {
        // A machine's name is no path.
        let name = host_name.replace('/', ".");
        let fqdn = host_fqdn.replace('/', ".");
        root.join(self.0.replace("{host.name}", &name).replace("{host.fqdn}", &fqdn))
    }
}

impl FromStr for LineTemplate {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text {
            "" => Ok(Self::default()),
            _ => Ok(Self(Arc::from(text))),
        }
    }
}

impl FromStr for LogPath {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        if text.is_empty() || text.ends_with('/') || text.contains('\n') {
            return Err(BadValue::new(format!("'{text}' is not the path of a file")));
        }
        Ok(Self(Arc::from(text)))
    }
}

fn is_off(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("disabled") || text.eq_ignore_ascii_case("disable")
}

impl FromStr for RotateOn {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        if is_off(text) {
            return Ok(Self::Never);
        }
        let read = || {
            let (when, unit) = text.split_once(char::is_whitespace)?;
            match unit.trim() {
                "time-of-day" => {
                    let (hour, minute) = when.split_once(':')?;
                    let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
                    (hour < 24 && minute < 60).then_some(Self::Daily { hour, minute })
                }
                "day-of-month" => {
                    let day = when.parse().ok()?;
                    (1..=31).contains(&day).then_some(Self::Monthly { day })
                }
                _ => None,
            }
        };
        read().ok_or_else(|| {
            BadValue::new(format!("'{text}' is none of 'HH:MM time-of-day', 'N day-of-month', 'disabled'"))
        })
    }
}

impl FromStr for RotateSize {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text {
            _ if is_off(text) => Ok(Self(None)),
            text => text.parse().map(|size: ByteSize| Self((size.0 > 0).then_some(size))),
        }
    }
}

impl FromStr for RotateCount {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.parse::<i64>() {
            Ok(-1) => Ok(Self::Truncate),
            Ok(0) => Ok(Self::All),
            Ok(n) if n > 0 => {
                u32::try_from(n).map(Self::Newest).map_err(|_| BadValue::new(format!("{n} is too many")))
            }
            _ => Err(BadValue::new(format!(
                "'{text}' is not a number of files (0 keeps all, -1 empties in place)"
            ))),
        }
    }
}

impl fmt::Display for LineTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for LogPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RotateOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("disabled"),
            Self::Daily { hour, minute } => write!(f, "{hour:02}:{minute:02} time-of-day"),
            Self::Monthly { day } => write!(f, "{day} day-of-month"),
        }
    }
}

impl fmt::Display for RotateSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(0, |s| s.0).fmt(f)
    }
}

impl fmt::Display for RotateCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("0"),
            Self::Newest(n) => n.fmt(f),
            Self::Truncate => f.write_str("-1"),
        }
    }
}

text_value!(LineTemplate, "a line with {placeholders}");
text_value!(LogPath, "the path of a file");
text_value!(RotateOn, "'HH:MM time-of-day', 'N day-of-month' or 'disabled'");
text_value!(RotateSize, "bytes, or 'disabled'");
text_value!(RotateCount, "a number of files; 0 keeps all, -1 empties in place");
