//! The members of an event's data, with those that follow from others.

use causeway_core::{Event, Value};

/// A member: one that was recorded, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Member<'a> {
    Recorded(&'a Value),
    /// The last name or the folder of a path.
    Part(&'a [u8]),
}

type PartOf = fn(&[u8]) -> &[u8];

/// What follows from paths: the member, the path that it is a part of, which part.
const DERIVED: [(&str, &str, PartOf); 4] = [
    ("file_name", "path", file_name),
    ("directory_name", "path", directory_name),
    ("real_file_name", "real_path", file_name),
    ("real_directory_name", "real_path", directory_name),
];

/// The member of that name, without regard to case. `name.0` is the first member of the list `name`.
pub fn find<'a>(event: &'a Event, name: &str) -> Option<Member<'a>> {
    if let Some(value) = event.member(name) {
        return Some(Member::Recorded(value));
    }
    if let Some((list, index)) = name.rsplit_once('.') {
        let Member::Recorded(Value::List(list)) = find(event, list)? else { return None };
        return list.get(index.parse::<usize>().ok()?).map(Member::Recorded);
    }
    derived(event).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, part)| Member::Part(part))
}

/// The members that follow from those that were recorded.
pub fn derived(event: &Event) -> impl Iterator<Item = (&'static str, &[u8])> {
    DERIVED.iter().filter_map(|(name, of, part)| {
        if event.member(name).is_some() {
            return None;
        }
        match event.member(of)? {
            Value::Bytes(path) => Some((*name, part(path))),
            Value::Text(path) => Some((*name, part(path.as_bytes()))),
            _ => None,
        }
    })
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|b| *b == b'/') {
        Some(0) => (b"/", path.get(1..).unwrap_or_default()),
        Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
        None => (b"", path),
    }
}

fn file_name(path: &[u8]) -> &[u8] {
    split(path).1
}

fn directory_name(path: &[u8]) -> &[u8] {
    split(path).0
}
