//! What surrounds the process, taken once, so that tests own it.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use jiff::tz::TimeZone;

/// Environment variables, the local time zone.
#[derive(Clone)]
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
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, time_zone }
    }

    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The names of all variables, as far as they are text.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().filter_map(|name| name.to_str())
    }
}

impl fmt::Debug for Environment {
    /// Variables hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("time_zone", &self.time_zone).finish_non_exhaustive()
    }
}
