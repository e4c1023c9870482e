//! The answer to READDIR: NAME with as many entries as fit.

use super::reply::Message;
use super::{Attributes, ListingContext, LongName};

/// Collects entries in the caller's buffer. What is there is a whole message after every entry; before the first
/// one nothing has been written, so an empty listing leaves the buffer as it was (its answer is STATUS with EOF).
#[derive(Debug)]
pub struct NameList<'o> {
    message: Message<'o>,
    start: usize,
    id: u32,
    limit: usize,
    count: u32,
}

impl<'o> NameList<'o> {
    /// `limit`: bytes that the message may have, its length prefix included. One entry is always taken, so that
    /// a listing gets on: about 700 bytes with a name of 255 and a short owner.
    pub fn new(out: &'o mut Vec<u8>, id: u32, limit: usize) -> Self {
        Self { start: out.len(), message: Message::at_end_of(out), id, limit, count: 0 }
    }

    /// Appends an entry. `false`: it did not fit and was left out; it begins the next list.
    #[must_use]
    pub fn push(&mut self, line: &LongName<'_>, context: &ListingContext, attributes: &Attributes) -> bool {
        let before = self.message.out.len();
        if self.count == 0 {
            self.message.begin(super::reply::NAME, self.id).u32(0);
        }
        self.message.fields().string(line.name);
        let at = self.message.out.len();
        self.message.fields().u32(0);
        line.write(context, self.message.out);
        self.message.patch(at, self.message.out.len() - at - 4);
        attributes.write(&mut self.message.fields());
        if self.count > 0 && self.message.out.len() - self.start > self.limit {
            self.message.out.truncate(before);
            return false;
        }
        self.count += 1;
        self.message.patch(self.start + 9, usize::try_from(self.count).unwrap_or(usize::MAX));
        self.message.end();
        true
    }

    /// Entries so far.
    pub fn count(&self) -> u32 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sftp::client::{Reply, parse_reply};
    use causeway_core::Timestamp;

    const CONTEXT: ListingContext = ListingContext { now: Timestamp(0), offset: 0 };

    fn line(name: &[u8]) -> LongName<'_> {
        LongName { name, mode: 0o100_600, links: 1, user: b"ann", group: b"ann", size: 3, modified: 0 }
    }

    #[test]
    fn a_list_that_got_no_entry_writes_nothing() {
        let mut out = b"before".to_vec();
        assert_eq!(NameList::new(&mut out, 1, 1000).count(), 0);
        assert_eq!(out, b"before");
    }

    #[test]
    fn a_list_stops_at_its_limit_and_is_whole() {
        let attributes = Attributes { size: Some(3), mode: Some(0o100_600), ..Attributes::default() };
        for limit in [0, 500, 1000, 5000] {
            let mut out = b"before".to_vec();
            let mut list = NameList::new(&mut out, 7, limit);
            let names: Vec<_> = (0..100).map(|i| format!("name-{i}").into_bytes()).collect();
            let taken = names.iter().take_while(|n| list.push(&line(n), &CONTEXT, &attributes)).count();
            assert_eq!(usize::try_from(list.count()), Ok(taken));
            let message = &out[6..];
            assert!(taken == 1 || message.len() <= limit);
            assert!(message.len() + 130 > limit, "room was left: {} of {limit}", message.len());
            let (id, Reply::Name(entries)) = parse_reply(message) else { panic!() };
            assert_eq!(id, 7);
            assert_eq!(entries.len(), taken);
            for (entry, name) in entries.iter().zip(&names) {
                assert_eq!(&entry.name, name);
                assert!(entry.longname.ends_with(name));
                assert_eq!(entry.attributes, attributes);
            }
        }
    }

    #[test]
    fn names_in_latin_1_of_255_bytes_and_with_newlines_arrive_as_they_are() {
        let names: [&[u8]; 4] = [b"caf\xe9", &[0xe9; 255], b"a\nb\r\x00", b"."];
        let mut out = Vec::new();
        let mut list = NameList::new(&mut out, 7, 10_000);
        assert!(names.iter().all(|n| list.push(&line(n), &CONTEXT, &Attributes::default())));
        let (_, Reply::Name(entries)) = parse_reply(&out) else { panic!() };
        assert!(entries.iter().map(|e| &*e.name).eq(names));
    }
}
