//! `[resources/ID]`

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::default;
use crate::value::{Days, LocalPath, PositiveDays, PositiveSeconds, Text};

/// Options of the resource `DEFAULT-SQLITE`, of type `sqlite`: where the state of the installation is kept.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SqliteOptions {
    /// Name for people.
    #[serde(default)]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// The database file: last logins, positions of event handlers and the like. Empty: `run/state.db3`.
    #[serde(default)]
    pub path: Option<LocalPath>,
}

/// Options of the resource `DEFAULT-ANALYTICS`, of type `analytics`: the look at accounts from time to time.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct AnalyticsOptions {
    /// Whether accounts are looked at. Without it nobody is warned, and no account is disabled for inactivity.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub enabled: bool,
    /// Name for people.
    #[serde(default)]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// Seconds between two looks.
    #[serde(default = "monitor_interval")]
    pub monitor_interval: PositiveSeconds,
    /// Days before an account expires from which on event 20128 tells it each day; 0 for never.
    #[serde(default = "account_warning")]
    pub account_expiration_warning: Days,
    /// Days before a password is too old from which on event 20129 tells it each day; 0 for never.
    #[serde(default = "password_warning")]
    pub password_expiration_warning: Days,
    /// Days before the certificate of a host key ends from which on event 20114 tells it each day; 0 for never.
    #[serde(default = "certificate_warning")]
    pub certificate_expiration_warning: Days,
    /// Days for which an account that was changed is not disabled for inactivity.
    #[serde(default = "grace")]
    pub account_auto_disable_grace_interval: PositiveDays,
}

fn monitor_interval() -> PositiveSeconds {
    const { PositiveSeconds::of(NonZeroU32::new(60).unwrap()) }
}

fn account_warning() -> Days {
    Days(21)
}

fn password_warning() -> Days {
    Days(14)
}

fn certificate_warning() -> Days {
    Days(21)
}

fn grace() -> PositiveDays {
    const { PositiveDays::of(NonZeroU32::new(7).unwrap()) }
}
