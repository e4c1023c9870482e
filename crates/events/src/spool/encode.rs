//! Events into records.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use causeway_core::{Event, Origin, Uuid, Value};

use super::format::{FRAME_HEADER, FULL_BODY, HASH, MAX_BODY};
use super::wire::{put_bytes, put_len, put_varint};
use super::{AuditError, dictionary};
use crate::catalogue::{self, ids};

pub(super) const HAS_ORIGIN: u8 = 1;
pub(super) const HAS_TRANSFER: u8 = 2;

pub(super) const HAS_SESSION: u8 = 1;
pub(super) const PEER_V4: u8 = 2;
pub(super) const PEER_V6: u8 = 4;

pub(super) const TEXT: u8 = 0;
pub(super) const BYTES: u8 = 1;
pub(super) const NUMBER: u8 = 2;
pub(super) const LIST: u8 = 3;
/// As an earlier member of the same record: `path` and `requested_path` mostly say the same.
pub(super) const SAME: u8 = 4;
/// A text that is a UUID in its usual form.
pub(super) const UUID_TEXT: u8 = 5;

/// Lists within lists; deeper ones are recorded as text.
pub(super) const MAX_DEPTH: u8 = 4;

/// A record that has more bytes is recorded with its members cut.
const LARGEST_RECORD: usize = 1 << 20;
/// Bytes that are left of a member then.
const LONGEST_CUT: usize = 64 << 10;

/// Where the records begin in the buffer of a frame: behind room for the chain before it (so that one call
/// hashes all) and for the frame header.
pub(super) const BODY_AT: usize = HASH + FRAME_HEADER;

/// Puts as many events as one frame takes into `out` and says how many.
pub(super) fn frame(out: &mut Vec<u8>, events: &[Event]) -> Result<u32, AuditError> {
    out.clear();
    out.resize(BODY_AT, 0);
    let mut origin: Option<&Arc<Origin>> = None;
    let mut count = 0;
    for event in events {
        let known = origin.is_some_and(|o| Arc::ptr_eq(o, &event.origin));
        let begin = out.len();
        record(out, event, !known);
        if out.len() - begin > LARGEST_RECORD {
            out.truncate(begin);
            record(out, &shortened(event), !known);
        }
        origin = Some(&event.origin);
        count += 1;
        if out.len() - BODY_AT > MAX_BODY {
            return Err(AuditError::TooLarge);
        }
        if out.len() - BODY_AT >= FULL_BODY {
            break;
        }
    }
    Ok(count)
}

/// The event with its long members cut: better a part of what it says than nothing.
fn shortened(event: &Event) -> Event {
    let data = event.data.iter().map(|(name, value)| (name.clone(), cut(value))).collect();
    Event { data, ..event.clone() }
}

fn cut(value: &Value) -> Value {
    let text = match value {
        Value::Number(_) => return value.clone(),
        Value::Bytes(bytes) => return Value::Bytes(bytes.get(..LONGEST_CUT).unwrap_or(bytes).into()),
        Value::Text(text) => Cow::Borrowed(&**text),
        Value::List(_) => Cow::Owned(value.to_string()),
    };
    let end = text.floor_char_boundary(LONGEST_CUT);
    match text.len() - end {
        0 => text.into_owned().into(),
        rest => format!("{}... and {rest} bytes more", text.get(..end).unwrap_or_default()).into(),
    }
}

fn record(out: &mut Vec<u8>, event: &Event, with_origin: bool) {
    let legal = catalogue::is_emitted(event.id);
    let mut flags = 0;
    if with_origin {
        flags |= HAS_ORIGIN;
    }
    if event.transfer.is_some() {
        flags |= HAS_TRANSFER;
    }
    out.push(flags);
    put_varint(out, u64::from(if legal { event.id.0 } else { ids::EVENT_NOT_DEFINED.0 }));
    out.extend_from_slice(event.uuid.as_bytes());
    out.extend_from_slice(&event.time.0.to_le_bytes());
    if with_origin {
        put_origin(out, &event.origin);
    }
    if let Some(transfer) = event.transfer {
        out.extend_from_slice(transfer.as_bytes());
    }
    put_len(out, event.data.len() + if legal { 0 } else { 2 });
    if !legal {
        // A fault of this program must not lose the fact: it is recorded under the number made for that.
        put_name(out, "id");
        put_value(out, &Value::Number(u64::from(event.id.0)), 0);
        put_name(out, "details");
        put_value(out, &Value::from("the number is not in the catalogue of emitted events"), 0);
    }
    for (at, (name, value)) in event.data.iter().enumerate() {
        put_name(out, name);
        let earlier = if legal { earlier(event, at, value) } else { None };
        match earlier {
            Some(index) => {
                out.push(SAME);
                put_len(out, index);
            }
            None => put_value(out, value, 0),
        }
    }
}

fn earlier(event: &Event, at: usize, value: &Value) -> Option<usize> {
    let long = match value {
        Value::Text(t) => t.len() > 8,
        Value::Bytes(b) => b.len() > 8,
        _ => false,
    };
    if !long {
        return None;
    }
    event.data.iter().take(at).position(|(_, v)| v == value)
}

/// A name of the dictionary is its index plus one; another is 0 and the name.
fn put_name(out: &mut Vec<u8>, name: &str) {
    match dictionary::index_of(name) {
        Some(index) => put_len(out, index + 1),
        None => {
            put_len(out, 0);
            put_bytes(out, name.as_bytes());
        }
    }
}

fn put_value(out: &mut Vec<u8>, value: &Value, depth: u8) {
    match value {
        Value::Text(t) => match plain_uuid(t) {
            Some(uuid) => {
                out.push(UUID_TEXT);
                out.extend_from_slice(uuid.as_bytes());
            }
            None => {
                out.push(TEXT);
                put_bytes(out, t.as_bytes());
            }
        },
        Value::Bytes(b) => {
            out.push(BYTES);
            put_bytes(out, b);
        }
        Value::Number(n) => {
            out.push(NUMBER);
            put_varint(out, *n);
        }
        Value::List(list) if depth < MAX_DEPTH => {
            out.push(LIST);
            put_len(out, list.len());
            for v in list {
                put_value(out, v, depth + 1);
            }
        }
        Value::List(_) => {
            out.push(TEXT);
            put_bytes(out, value.to_string().as_bytes());
        }
    }
}

fn put_origin(out: &mut Vec<u8>, origin: &Origin) {
    let mut flags = 0;
    if origin.session.is_some() {
        flags |= HAS_SESSION;
    }
    flags |= match origin.peer {
        None => 0,
        Some(SocketAddr::V4(_)) => PEER_V4,
        Some(SocketAddr::V6(_)) => PEER_V6,
    };
    out.push(flags);
    put_text(out, &origin.account.uuid);
    put_text(out, &origin.account.name);
    put_text(out, &origin.component.uuid);
    put_text(out, &origin.component.kind);
    put_text(out, &origin.component.name);
    if let Some(session) = origin.session {
        out.extend_from_slice(session.as_bytes());
    }
    match origin.peer {
        None => {}
        Some(SocketAddr::V4(a)) => {
            out.extend_from_slice(&a.ip().octets());
            out.extend_from_slice(&a.port().to_le_bytes());
        }
        Some(SocketAddr::V6(a)) => {
            out.extend_from_slice(&a.ip().octets());
            out.extend_from_slice(&a.port().to_le_bytes());
            out.extend_from_slice(&a.scope_id().to_le_bytes());
        }
    }
}

/// A text that is a UUID is 0 and its 16 bytes; another is its length plus one and its bytes.
fn put_text(out: &mut Vec<u8>, text: &str) {
    match plain_uuid(text) {
        Some(uuid) => {
            put_len(out, 0);
            out.extend_from_slice(uuid.as_bytes());
        }
        None => {
            put_len(out, text.len() + 1);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// The UUID whose one usual form (lower case, hyphens) `text` is.
fn plain_uuid(text: &str) -> Option<Uuid> {
    if text.len() != 36 {
        return None;
    }
    let uuid = Uuid::try_parse(text).ok()?;
    let mut form = [0; 36];
    (uuid.hyphenated().encode_lower(&mut form) == text).then_some(uuid)
}
