//! Records into events. The bytes may be anything: a disk can fail and a file can be edited.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use causeway_core::event::{Actor, Source};
use causeway_core::{Event, EventId, Origin, Timestamp, Uuid, Value};

use super::dictionary;
use super::encode::{
    BYTES, HAS_ORIGIN, HAS_SESSION, HAS_TRANSFER, LIST, MAX_DEPTH, NUMBER, PEER_V4, PEER_V6, SAME, TEXT,
    UUID_TEXT,
};
use super::wire::Take;

/// Names of one segment, those of the catalogue shared with it.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Cow<'static, str>>);

impl Names {
    pub(super) fn new(names: Vec<String>) -> Self {
        let shared = |n: String| dictionary::interned(&n).map_or(Cow::Owned(n), Cow::Borrowed);
        Self(names.into_iter().map(shared).collect())
    }

    /// Whether a segment with these names can be continued by this program.
    pub(super) fn are_ours(&self) -> bool {
        self.0.iter().map(|n| &**n).eq(dictionary::names().iter().copied())
    }
}

/// Turns the records of a frame into events.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The origin last met, with its bytes: a session's events share theirs.
    last: Option<(Vec<u8>, Arc<Origin>)>,
}

impl Decoder {
    /// Gives each event of a frame to `sink`. `None` if the bytes are not `count` records.
    pub(super) fn frame(
        &mut self,
        body: &[u8],
        count: u32,
        names: &Names,
        mut sink: impl FnMut(Event),
    ) -> Option<()> {
        let mut take = Take(body);
        let mut origin = None;
        for _ in 0..count {
            sink(self.record(&mut take, names, &mut origin)?);
        }
        take.is_empty().then_some(())
    }

    fn record(
        &mut self,
        take: &mut Take<'_>,
        names: &Names,
        origin: &mut Option<Arc<Origin>>,
    ) -> Option<Event> {
        let flags = take.u8()?;
        let id = EventId(u32::try_from(take.varint()?).ok()?);
        let uuid = Uuid::from_bytes(take.array()?);
        let time = Timestamp(take.u64()?);
        if flags & HAS_ORIGIN != 0 {
            *origin = Some(self.origin(take)?);
        }
        let mut event = Event::new(id, uuid, time, origin.clone()?);
        if flags & HAS_TRANSFER != 0 {
            event.transfer = Some(Uuid::from_bytes(take.array()?));
        }
        let members = take.len()?;
        // Every member takes two bytes at least: a length cannot make us reserve more than the frame has.
        if members > take.0.len() / 2 {
            return None;
        }
        event.data.reserve_exact(members);
        for _ in 0..members {
            let name = name(take, names)?;
            let value = match take.u8()? {
                SAME => event.data.get(take.len()?)?.1.clone(),
                tag => value(take, tag, 0)?,
            };
            event.data.push((name, value));
        }
        Some(event)
    }

    fn origin(&mut self, take: &mut Take<'_>) -> Option<Arc<Origin>> {
        if let Some((bytes, origin)) = &self.last
            && let Some(rest) = take.0.strip_prefix(bytes.as_slice())
        {
            take.0 = rest;
            return Some(origin.clone());
        }
        let before = take.0;
        let origin = Arc::new(read_origin(take)?);
        let used = before.len() - take.0.len();
        self.last = Some((before.get(..used)?.to_vec(), origin.clone()));
        Some(origin)
    }
}

fn read_origin(take: &mut Take<'_>) -> Option<Origin> {
    let flags = take.u8()?;
    let account = Actor { uuid: text(take)?, name: text(take)? };
    let component = Source { uuid: text(take)?, kind: text(take)?, name: text(take)? };
    let session = if flags & HAS_SESSION == 0 { None } else { Some(Uuid::from_bytes(take.array()?)) };
    let peer = if flags & PEER_V4 != 0 {
        let ip = IpAddr::from(take.array::<4>()?);
        Some(SocketAddr::new(ip, take.u16()?))
    } else if flags & PEER_V6 != 0 {
        let ip = take.array::<16>()?.into();
        let port = take.u16()?;
        Some(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, take.u32()?)))
    } else {
        None
    };
    Some(Origin { account, peer, component, session })
}

fn name(take: &mut Take<'_>, names: &Names) -> Option<Cow<'static, str>> {
    match take.len()?.checked_sub(1) {
        Some(index) => names.0.get(index).cloned(),
        None => String::from_utf8(take.bytes()?.to_vec()).ok().map(Cow::Owned),
    }
}

fn value(take: &mut Take<'_>, tag: u8, depth: u8) -> Option<Value> {
    Some(match tag {
        TEXT => Value::Text(Cow::Owned(String::from_utf8(take.bytes()?.to_vec()).ok()?)),
        UUID_TEXT => Value::Text(Cow::Owned(Uuid::from_bytes(take.array()?).to_string())),
        BYTES => Value::Bytes(Arc::from(take.bytes()?)),
        NUMBER => Value::Number(take.varint()?),
        LIST if depth < MAX_DEPTH => {
            let n = take.len()?;
            if n > take.0.len() / 2 {
                return None;
            }
            let mut list = Vec::with_capacity(n);
            for _ in 0..n {
                let tag = take.u8()?;
                list.push(value(take, tag, depth + 1)?);
            }
            Value::List(list)
        }
        _ => return None,
    })
}

fn text(take: &mut Take<'_>) -> Option<Arc<str>> {
    match take.len()?.checked_sub(1) {
        Some(n) => std::str::from_utf8(take.slice(n)?).ok().map(Arc::from),
        None => Some(Arc::from(Uuid::from_bytes(take.array()?).to_string())),
    }
}
