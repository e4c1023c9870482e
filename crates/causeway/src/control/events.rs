//! Events as they are handed to the running server.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use causeway_core::event::{Actor, Source};
use causeway_core::{Event, EventId, Origin, Timestamp, Uuid, Value};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// Lists within lists are no deeper.
const DEPTH_MAX: usize = 4;

/// One event. Its origin is left out where it is that of the one before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Packed {
    id: u32,
    uuid: String,
    /// Nanoseconds since 1970.
    time: u64,
    transfer: Option<String>,
    origin: Option<From>,
    data: Vec<(String, Member)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    account: (String, String),
    component: (String, String, String),
    peer: Option<SocketAddr>,
    session: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Member {
    Text(String),
    /// Base64.
    Bytes(String),
    Number(u64),
    List(Vec<Member>),
}

/// Why what was handed over is no event.
#[derive(Debug, thiserror::Error)]
#[error("not an event: {0}")]
pub(crate) struct NoEvent(&'static str);

pub(crate) fn pack(events: &[Event]) -> Vec<Packed> {
    let mut before: Option<&Arc<Origin>> = None;
    let pack = |event| pack_one(event, &mut before);
    events.iter().map(pack).collect()
}

fn pack_one<'e>(event: &'e Event, before: &mut Option<&'e Arc<Origin>>) -> Packed {
    let origin = &event.origin;
    let is_new = before.is_none_or(|b| !Arc::ptr_eq(b, origin));
    *before = Some(origin);
    Packed {
        id: event.id.0,
        uuid: event.uuid.to_string(),
        time: event.time.0,
        transfer: event.transfer.map(|t| t.to_string()),
        origin: is_new.then(|| From {
            account: (origin.account.uuid.to_string(), origin.account.name.to_string()),
            component: (
                origin.component.uuid.to_string(),
                origin.component.kind.to_string(),
                origin.component.name.to_string(),
            ),
            peer: origin.peer,
            session: origin.session.map(|s| s.to_string()),
        }),
        data: event.data.iter().map(|(name, value)| (name.to_string(), member(value))).collect(),
    }
}

fn member(value: &Value) -> Member {
    match value {
        Value::Text(text) => Member::Text(text.to_string()),
        Value::Bytes(bytes) => Member::Bytes(BASE64.encode(bytes)),
        Value::Number(number) => Member::Number(*number),
        Value::List(list) => Member::List(list.iter().map(member).collect()),
    }
}

pub(crate) fn unpack(packed: Vec<Packed>) -> Result<Vec<Event>, NoEvent> {
    let mut origin: Option<Arc<Origin>> = None;
    packed.into_iter().map(|event| unpack_one(event, &mut origin)).collect()
}

fn unpack_one(packed: Packed, origin: &mut Option<Arc<Origin>>) -> Result<Event, NoEvent> {
    if let Some(from) = packed.origin {
        *origin = Some(Arc::new(Origin {
            account: Actor { uuid: from.account.0.into(), name: from.account.1.into() },
            component: Source {
                uuid: from.component.0.into(),
                kind: from.component.1.into(),
                name: from.component.2.into(),
            },
            peer: from.peer,
            session: from.session.as_deref().map(uuid).transpose()?,
        }));
    }
    let origin = origin.clone().ok_or(NoEvent("it has no origin"))?;
    let mut event = Event::new(EventId(packed.id), uuid(&packed.uuid)?, Timestamp(packed.time), origin);
    event.transfer = packed.transfer.as_deref().map(uuid).transpose()?;
    for (name, member) in packed.data {
        event.data.push((Cow::Owned(name), value(member, 0)?));
    }
    Ok(event)
}

fn uuid(text: &str) -> Result<Uuid, NoEvent> {
    Uuid::parse_str(text).map_err(|_| NoEvent("what should be a UUID is none"))
}

fn value(member: Member, depth: usize) -> Result<Value, NoEvent> {
    Ok(match member {
        Member::Text(text) => Value::Text(Cow::Owned(text)),
        Member::Bytes(text) => Value::Bytes(
            BASE64.decode(text.as_bytes()).map_err(|_| NoEvent("its bytes are not base64"))?.into(),
        ),
        Member::Number(number) => Value::Number(number),
        Member::List(_) if depth >= DEPTH_MAX => return Err(NoEvent("its lists are too deep")),
        Member::List(list) => {
            Value::List(list.into_iter().map(|m| value(m, depth + 1)).collect::<Result<_, _>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_as_they_were() {
        let origin = |name: &str, peer: Option<&str>| {
            Arc::new(Origin {
                account: Actor { uuid: "a".into(), name: name.into() },
                component: Source { uuid: "c".into(), kind: "ssh".into(), name: "sftp-server".into() },
                peer: peer.map(|p| p.parse().unwrap()),
                session: Some(Uuid::from_u128(3)),
            })
        };
        let event = |n: u32, origin: &Arc<Origin>| {
            Event::new(
                EventId(n),
                Uuid::from_u128(n.into()),
                Timestamp(u64::MAX - u64::from(n)),
                origin.clone(),
            )
        };
        let (one, two) = (origin("one", Some("[::1]:22")), origin("two", None));
        let list = Value::List(vec![Value::Number(u64::MAX), Value::Text("x".into())]);
        let events = vec![
            event(1, &one).with("path", &b"/caf\xe9\n"[..]).with("details", "text"),
            event(2, &one).with("list", list),
            Event { transfer: Some(Uuid::from_u128(9)), ..event(3, &two) },
        ];
        let line = serde_json::to_string(&pack(&events)).unwrap();
        assert_eq!(unpack(serde_json::from_str(&line).unwrap()).unwrap(), events);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let packed = |text: &str| serde_json::from_str::<Vec<Packed>>(text).map(unpack);
        let origin = r#""origin":{"account":["a","a"],"component":["c","c","c"],"peer":null,"session":null}"#;
        let uuid = Uuid::from_u128(1);
        let whole = format!(r#"[{{"id":1,"uuid":"{uuid}","time":1,"transfer":null,{origin},"data":[]}}]"#);
        assert!(packed(&whole).unwrap().is_ok());
        assert!(packed(&whole.replace(origin, r#""origin":null"#)).unwrap().is_err());
        assert!(packed(&whole.replace(&uuid.to_string(), "x")).unwrap().is_err());
        assert!(packed(&whole.replace(r#""data":[]"#, r#""data":[["a",{"bytes":"?"}]]"#)).unwrap().is_err());
        assert!(packed(&whole.replace("null", "0")).is_err());
        let deep = format!("{}{}", r#"{"list":["#.repeat(9), "]}".repeat(9));
        assert!(
            packed(&whole.replace(r#""data":[]"#, &format!(r#""data":[["a",{deep}]]"#))).unwrap().is_err()
        );
    }
}
