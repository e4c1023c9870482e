//! What surrounds the process, taken once, so that tests own it.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use jiff::tz::TimeZone;

/// Environment variables, the local time zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Environment {
    variables: HashMap<OsString, OsString>,
    pub(crate) time_zone: TimeZone,
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        Self { variables: std::env::vars_os().collect(), time_zone: TimeZone::system() }
    }

    /// One of its own: these variables, that local time.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>, time_zone: TimeZone) -> Self {
        Self::of_os(variables.into_iter().map(|(name, value)| (name.into(), value.into())), time_zone)
    }

    /// The same of what need not be text.
    pub fn of_os(variables: impl IntoIterator<Item = (OsString, OsString)>, time_zone: TimeZone) -> Self {
        Self { variables: variables.into_iter().collect(), time_zone }
    }

    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All variables with their values.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl fmt::Debug for Environment {
    /// Variables hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("time_zone", &self.time_zone).finish_non_exhaustive()
    }
}
