//! Templates of handlers: text with `{name}` placeholders and nothing else. No logic, no calls, no formats.

mod line;
#[cfg(test)]
mod tests;

pub use line::{Columns, Line};

use causeway_config::hint;
use causeway_core::Timestamp;

use crate::spool::Stored;
use crate::time::{Form, Times};
use crate::{Server, json, message};

/// A template, read once and rendered often.
#[derive(Debug, Clone)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Field(Field),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Id,
    Uuid,
    Sequence,
    Session,
    Transfer,
    Message,
    AccountName,
    AccountUuid,
    /// Known to SFTPPlus; our events carry no addresses of e-mail.
    AccountEmail,
    PeerAddress,
    PeerPort,
    PeerProtocol,
    PeerFamily,
    ComponentName,
    ComponentType,
    ComponentUuid,
    ServerName,
    ServerUuid,
    DataJson,
    LineFeed,
    CarriageReturn,
    Data(String),
    Timestamp(Form),
    Now(Form),
}

const FIELDS: [(&str, Field); 21] = [
    ("id", Field::Id),
    ("uuid", Field::Uuid),
    ("sequence", Field::Sequence),
    ("session", Field::Session),
    ("transfer", Field::Transfer),
    ("message", Field::Message),
    ("account.name", Field::AccountName),
    ("account.uuid", Field::AccountUuid),
    ("account.email", Field::AccountEmail),
    ("account.peer.address", Field::PeerAddress),
    ("account.peer.port", Field::PeerPort),
    ("account.peer.protocol", Field::PeerProtocol),
    ("account.peer.family", Field::PeerFamily),
    ("component.name", Field::ComponentName),
    ("component.type", Field::ComponentType),
    ("component.uuid", Field::ComponentUuid),
    ("server.name", Field::ServerName),
    ("server.uuid", Field::ServerUuid),
    ("data_json", Field::DataJson),
    ("lf", Field::LineFeed),
    ("cr", Field::CarriageReturn),
];

/// The template names a field that no event has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template has the unknown field {{{field}}}{}", hint_text(.hint.as_deref()))]
pub struct UnknownField {
    pub field: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

fn hint_text(hint: Option<&str>) -> String {
    hint.map(|h| format!("; did you mean {{{h}}}?")).unwrap_or_default()
}

/// What a template is rendered from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub stored: &'a Stored,
    pub server: &'a Server,
    /// The time of rendering.
    pub now: Timestamp,
}

impl Template {
    /// Reads a template. Braces that hold no name stay as they are, so that a template can be JSON.
    pub fn parse(text: &str) -> Result<Self, UnknownField> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, tail)) = rest.split_once('{') {
            literal.push_str(before);
            match tail.split_once('}').filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Field(Field::named(name)?));
                    rest = after;
                }
                None => {
                    literal.push('{');
                    rest = tail;
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self(parts))
    }

    /// Makes the template end its line.
    fn end_line(&mut self) {
        let ends = match self.0.last() {
            Some(Part::Field(field)) => *field == Field::LineFeed,
            Some(Part::Literal(text)) => text.ends_with('\n'),
            None => false,
        };
        if !ends {
            self.0.push(Part::Literal("\n".to_owned()));
        }
    }

    /// Appends the template with everything put in. What comes from outside is escaped: only the template itself
    /// can make a line end.
    pub fn render(&self, out: &mut String, view: &View<'_>, times: &mut Times) {
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Field(field) => field.render(out, view, times),
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
}

impl Field {
    fn named(name: &str) -> Result<Self, UnknownField> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, field)) = FIELDS.iter().find(|(n, _)| *n == lower) {
            return Ok(field.clone());
        }
        let field = match lower.split_once('.') {
            Some(("data", member)) if !member.is_empty() => Some(Field::Data(member.to_owned())),
            Some(("timestamp", form)) => Form::named(form).map(Field::Timestamp),
            Some(("now", form)) => Form::named(form).map(Field::Now),
            _ => None,
        };
        field.ok_or_else(|| UnknownField { field: name.to_owned(), hint: nearest(&lower) })
    }

    fn render(&self, out: &mut String, view: &View<'_>, times: &mut Times) {
        let event = &view.stored.event;
        let origin = &*event.origin;
        match self {
            Field::Id => message::put_number(out, u64::from(event.id.0)),
            Field::Uuid => put_uuid(out, Some(event.uuid)),
            Field::Sequence => message::put_number(out, view.stored.sequence),
            Field::Session => put_uuid(out, origin.session),
            Field::Transfer => put_uuid(out, event.transfer),
            Field::Message => message::render(out, event),
            Field::AccountName => message::put_bytes(out, origin.account.name.as_bytes()),
            Field::AccountUuid => message::put_bytes(out, origin.account.uuid.as_bytes()),
            Field::AccountEmail => {}
            Field::PeerAddress => put_display(out, json::peer(event).0),
            Field::PeerPort => message::put_number(out, u64::from(json::peer(event).1)),
            Field::PeerProtocol => out.push_str("TCP"),
            Field::PeerFamily => out.push_str(if json::peer(event).0.is_ipv4() { "IPv4" } else { "IPv6" }),
            Field::ComponentName => message::put_bytes(out, origin.component.name.as_bytes()),
            Field::ComponentType => message::put_bytes(out, origin.component.kind.as_bytes()),
            Field::ComponentUuid => message::put_bytes(out, origin.component.uuid.as_bytes()),
            Field::ServerName => message::put_bytes(out, view.server.name.as_bytes()),
            Field::ServerUuid => message::put_bytes(out, view.server.uuid.as_bytes()),
            Field::DataJson => json::data(out, event),
            Field::LineFeed => out.push('\n'),
            Field::CarriageReturn => out.push('\r'),
            Field::Data(member) => message::put_member(out, event, member),
            Field::Timestamp(form) => times.render(out, event.time, *form),
            Field::Now(form) => times.render(out, view.now, *form),
        }
    }
}

fn put_uuid(out: &mut String, uuid: Option<causeway_core::Uuid>) {
    if let Some(uuid) = uuid {
        let mut buf = [0; 36];
        out.push_str(uuid.hyphenated().encode_lower(&mut buf));
    }
}

fn put_display(out: &mut String, value: impl std::fmt::Display) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

fn nearest(name: &str) -> Option<String> {
    let times = Form::all().map(|(_, form)| format!("timestamp.{form}"));
    let names: Vec<String> = FIELDS.iter().map(|(n, _)| (*n).to_owned()).chain(times).collect();
    hint::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}
