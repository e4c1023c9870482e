//! The administration of a running server, over `run/control.sock`.
//!
//! One request and one answer per connection, each a line of JSON. The socket is for the server's own account and root:
//! its mode says so, and the kernel tells who has connected.
//!
//! - here: what is asked and answered.
//! - [`door`]: the server's end. [`call`]: the command line's. [`place`]: what both call the socket. [`events`]: events that
//!   are handed over.

mod door;
pub(crate) mod events;
mod place;
mod wire;

pub(crate) use door::{Asked, Door};
pub(crate) use wire::{CallError, call, is_answered};

use std::net::IpAddr;

use causeway_config::edit::Change;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    Status,
    Sessions,
    CloseSessions(Which),
    /// Read the files again and apply what they say.
    Apply {
        confirm: Confirm,
    },
    /// Change the file and apply it.
    Change {
        changes: Vec<Change>,
        confirm: Confirm,
    },
    /// List sources that are banned.
    Bans,
    /// End bans.
    LiftBans(WhichBans),
    /// Make an old revision the file's text again, and apply it.
    Rollback {
        revision: u64,
        /// Even if much would go.
        #[serde(default)]
        sure: bool,
    },
    /// Put events onto the trail, for a process that serves beside the server.
    Record {
        events: Vec<events::Packed>,
    },
    /// Count a session that another process serves as a login of that account.
    LoggedIn {
        /// Its id.
        account: String,
        source: IpAddr,
        service: String,
    },
}

/// How sure somebody is of a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Confirm {
    #[default]
    No,
    /// What waits, or would remove much, is meant.
    Sure,
    /// It is undone after so many seconds unless it is confirmed.
    Within(u64),
}

/// Which sessions are meant: those that fit everything that is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    pub(crate) id: Option<String>,
    /// A login name.
    pub(crate) account: Option<String>,
    /// Id of a service.
    pub(crate) service: Option<String>,
}

/// Which bans are meant: those that fit everything that is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichBans {
    /// As it is listed, or an address in it.
    pub(crate) source: Option<String>,
    /// Id of a security policy.
    pub(crate) policy: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    Status(Status),
    Sessions {
        sessions: Vec<Session>,
    },
    Closed {
        count: usize,
    },
    Bans {
        bans: Vec<Ban>,
    },
    Lifted {
        count: usize,
    },
    Applied(Report),
    /// A provisional change stays.
    Confirmed,
    /// The events are on the trail, or the login counts.
    Recorded,
    /// The server is stopping: nothing was done.
    Stopping,
    /// It could not be done.
    Failed {
        why: String,
    },
}

/// What became of a change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) revision: u64,
    pub(crate) difference: String,
    pub(crate) done: Vec<String>,
    /// What this change has made fail.
    pub(crate) failed: Vec<String>,
    /// What failed before it, too.
    #[serde(default)]
    pub(crate) still_failing: Vec<String>,
    pub(crate) problems: Vec<String>,
    /// Options that hold from the next start on, with their sections.
    pub(crate) waiting_for_restart: Vec<String>,
}

/// How the server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) version: String,
    pub(crate) name: String,
    /// Seconds.
    pub(crate) uptime: u64,
    pub(crate) sessions: usize,
    /// Whether everything that should run does, and the configuration is the file's.
    pub(crate) ready: bool,
    pub(crate) components: Vec<Component>,
    /// What an administrator should know: problems of the configuration, a change that waits or was refused.
    pub(crate) notices: Vec<String>,
}

/// How one component is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Component {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) details: String,
}

/// One session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) peer: String,
    /// RFC 3339.
    pub(crate) since: String,
    /// None before the login.
    pub(crate) account: Option<String>,
}

/// One source that is banned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ban {
    /// An IPv4 address, or an IPv6 network of 64 bits.
    pub(crate) source: String,
    /// Id of the security policy.
    pub(crate) policy: String,
    /// Logins that failed.
    pub(crate) failures: u32,
    /// Seconds that are left.
    pub(crate) left: u64,
}
