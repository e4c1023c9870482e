//! One typed fact with a stable number.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::{Timestamp, Uuid, escape};

/// The number of an event in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u32);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Who acted, from where, through which component. Shared by all events of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub account: Actor,
    pub peer: Option<SocketAddr>,
    pub component: Source,
    /// The session, for what happens in one.
    pub session: Option<Uuid>,
}

/// The account block of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub uuid: Arc<str>,
    pub name: Arc<str>,
}

impl Actor {
    /// The product itself acts.
    pub fn process() -> Self {
        Self { uuid: Arc::from("process"), name: Arc::from("Process") }
    }

    /// Somebody acts who has not logged in.
    pub fn peer() -> Self {
        Self { uuid: Arc::from("peer"), name: Arc::from("Unknown") }
    }
}

/// The component block of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub uuid: Arc<str>,
    pub kind: Arc<str>,
    pub name: Arc<str>,
}

/// A member of an event's data.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text that this program made, or that it has checked to be text.
    Text(Cow<'static, str>),
    /// Bytes from outside (a path, a name): escaped wherever they become text, kept whole beside it.
    Bytes(Arc<[u8]>),
    Number(u64),
    List(Vec<Value>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(t) => escape::write(f, t.as_bytes()),
            Value::Bytes(b) => escape::write(f, b),
            Value::Number(n) => write!(f, "{n}"),
            Value::List(l) => {
                for (i, v) in l.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{v}")?;
                }
                Ok(())
            }
        }
    }
}

impl From<&'static str> for Value {
    fn from(t: &'static str) -> Self {
        Value::Text(Cow::Borrowed(t))
    }
}

impl From<String> for Value {
    fn from(t: String) -> Self {
        Value::Text(Cow::Owned(t))
    }
}

impl From<&Arc<str>> for Value {
    fn from(t: &Arc<str>) -> Self {
        Value::Text(Cow::Owned(t.to_string()))
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Value::Number(n)
    }
}

impl From<&crate::VPath> for Value {
    fn from(p: &crate::VPath) -> Self {
        Value::Bytes(Arc::from(p.as_bytes()))
    }
}

impl From<&[u8]> for Value {
    fn from(b: &[u8]) -> Self {
        Value::Bytes(Arc::from(b))
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: EventId,
    /// This one occurrence.
    pub uuid: Uuid,
    pub time: Timestamp,
    pub origin: Arc<Origin>,
    /// The transfer it belongs to, where one exists.
    pub transfer: Option<Uuid>,
    /// Members by name, in the order they were given.
    pub data: Vec<(Cow<'static, str>, Value)>,
}

impl Event {
    pub fn new(id: EventId, uuid: Uuid, time: Timestamp, origin: Arc<Origin>) -> Self {
        Self { id, uuid, time, origin, transfer: None, data: Vec::new() }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.data.push((Cow::Borrowed(name), value.into()));
        self
    }

    /// The member of that name, compared without regard to case (as templates and filters do).
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.data.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }
}
