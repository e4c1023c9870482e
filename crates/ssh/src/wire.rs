//! The data types of SSH (RFC 4251 section 5): one reader and one writer.
//!
//! Reading borrows: nothing is copied and nothing is allocated, whatever a length claims. Every failure is a
//! [`WireError`]; nothing here panics.

use thiserror::Error;

/// Why bytes are not the message they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    /// The message ends before the field does; a string longer than what is left counts as this.
    #[error("the message is cut short")]
    Short,
    /// Bytes follow the last field.
    #[error("bytes follow the end of the message")]
    Trailing,
    /// A name or name-list holds something other than printable US-ASCII, or an empty name among others.
    #[error("a name holds bytes that names must not have")]
    Name,
    /// A text that must be UTF-8 is not.
    #[error("a text is not UTF-8")]
    Text,
    /// A number that must not be negative is, or it has needless leading zeros.
    #[error("a number is negative or not in its shortest form")]
    Number,
}

/// Takes fields off the front of a message.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// `byte`.
    pub fn u8(&mut self) -> Result<u8, WireError> {
        let (v, rest) = self.rest.split_first().ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(*v)
    }

    /// `boolean`: every value but 0 is true.
    pub fn bool(&mut self) -> Result<bool, WireError> {
        Ok(self.u8()? != 0)
    }

    /// `uint32`.
    pub fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// `uint64`.
    pub fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Exactly `N` bytes without a length before them.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (v, rest) = self.rest.split_first_chunk().ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(*v)
    }

    /// Exactly `n` bytes without a length before them.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], WireError> {
        let (v, rest) = self.rest.split_at_checked(n).ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(v)
    }

    /// `string`: its bytes, which may be anything.
    pub fn string(&mut self) -> Result<&'a [u8], WireError> {
        let n = usize::try_from(self.u32()?).map_err(|_| WireError::Short)?;
        self.bytes(n)
    }

    /// `string` that must be UTF-8.
    pub fn text(&mut self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.string()?).map_err(|_| WireError::Text)
    }

    /// `string` that is one name: printable US-ASCII without commas, at least one character (RFC 4250
    /// section 4.6.1). The bound of 64 characters is not checked, since real peers exceed it.
    pub fn name(&mut self) -> Result<&'a str, WireError> {
        let s = self.text().map_err(|e| if e == WireError::Text { WireError::Name } else { e })?;
        if is_name(s) { Ok(s) } else { Err(WireError::Name) }
    }

    /// `name-list`: names separated by commas, perhaps none.
    pub fn name_list(&mut self) -> Result<NameList<'a>, WireError> {
        let s = self.text().map_err(|e| if e == WireError::Text { WireError::Name } else { e })?;
        if s.is_empty() || s.split(',').all(is_name) { Ok(NameList(s)) } else { Err(WireError::Name) }
    }

    /// `mpint` that is not negative: its big-endian bytes without leading zeros, so nothing for 0. A needless
    /// leading zero is refused, as RFC 4251 forbids it.
    pub fn mpint(&mut self) -> Result<&'a [u8], WireError> {
        let s = self.string()?;
        match s {
            [] => Ok(s),
            [0] => Err(WireError::Number),
            [0, next, ..] if *next < 0x80 => Err(WireError::Number),
            [0, number @ ..] => Ok(number),
            [first, ..] if *first >= 0x80 => Err(WireError::Number),
            _ => Ok(s),
        }
    }

    /// What has not been read yet; the reader is empty afterwards.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// How many bytes have not been read yet.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The end of a message: nothing may follow.
    pub fn finish(self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }
}

/// A checked `name-list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameList<'a>(&'a str);

impl<'a> NameList<'a> {
    /// The list as it stands on the wire, names separated by commas.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The names in the peer's order of preference.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.split(',').filter(|n| !n.is_empty())
    }

    pub fn first(self) -> Option<&'a str> {
        self.names().next()
    }

    pub fn contains(self, name: &str) -> bool {
        self.names().any(|n| n == name)
    }
}

fn is_name(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

/// Appends fields to a message.
///
/// A field longer than `u32::MAX` bytes cannot be sent; it is cut to that, which no caller comes near.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// `byte`.
    pub fn u8(&mut self, v: u8) -> &mut Self {
        self.out.push(v);
        self
    }

    /// `boolean`.
    pub fn bool(&mut self, v: bool) -> &mut Self {
        self.u8(u8::from(v))
    }

    /// `uint32`.
    pub fn u32(&mut self, v: u32) -> &mut Self {
        self.raw(&v.to_be_bytes())
    }

    /// `uint64`.
    pub fn u64(&mut self, v: u64) -> &mut Self {
        self.raw(&v.to_be_bytes())
    }

    /// Bytes without a length before them.
    pub fn raw(&mut self, v: &[u8]) -> &mut Self {
        self.out.extend_from_slice(v);
        self
    }

    /// `string`.
    pub fn string(&mut self, v: &[u8]) -> &mut Self {
        let n = u32::try_from(v.len()).unwrap_or(u32::MAX);
        let v = usize::try_from(n).ok().and_then(|n| v.get(..n)).unwrap_or(v);
        self.u32(n).raw(v)
    }

    /// `mpint` from the big-endian bytes of a number that is not negative; leading zeros may be there.
    pub fn mpint(&mut self, number: &[u8]) -> &mut Self {
        let zeros = number.iter().take_while(|b| **b == 0).count();
        let number = number.get(zeros..).unwrap_or_default();
        if number.first().is_some_and(|b| *b >= 0x80) {
            let n = u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_add(1);
            self.u32(n).u8(0).raw(number)
        } else {
            self.string(number)
        }
    }

    /// `name-list`, the preferred name first.
    pub fn name_list<S: AsRef<str>>(&mut self, names: impl IntoIterator<Item = S>) -> &mut Self {
        let at = self.out.len();
        self.u32(0);
        for (i, name) in names.into_iter().enumerate() {
            if i > 0 {
                self.u8(b',');
            }
            self.raw(name.as_ref().as_bytes());
        }
        let n = u32::try_from(self.out.len() - at - 4).unwrap_or(u32::MAX);
        if let Some(length) = self.out.get_mut(at..at + 4) {
            length.copy_from_slice(&n.to_be_bytes());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(f: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        f(&mut Writer::new(&mut out));
        out
    }

    #[test]
    fn what_is_written_is_read_back() {
        let b = written(|w| {
            w.u8(7).bool(true).u32(0x01020304).u64(u64::MAX).string(b"\xff\0").name_list(["a", "b@c"]);
        });
        let mut r = Reader::new(&b);
        assert_eq!(r.u8(), Ok(7));
        assert_eq!(r.bool(), Ok(true));
        assert_eq!(r.u32(), Ok(0x01020304));
        assert_eq!(r.u64(), Ok(u64::MAX));
        assert_eq!(r.string(), Ok(&b"\xff\0"[..]));
        assert_eq!(r.name_list().unwrap().names().collect::<Vec<_>>(), ["a", "b@c"]);
        assert_eq!(r.finish(), Ok(()));
    }

    /// The examples of RFC 4251 section 5.
    #[test]
    fn numbers_are_written_as_rfc_4251_shows() {
        assert_eq!(written(|w| _ = w.mpint(&[])), [0, 0, 0, 0]);
        assert_eq!(written(|w| _ = w.mpint(&[0, 0])), [0, 0, 0, 0]);
        let big = [0x09, 0xa3, 0x78, 0xf9, 0xb2, 0xe3, 0x32, 0xa7];
        assert_eq!(written(|w| _ = w.mpint(&big)), [&[0, 0, 0, 8][..], &big].concat());
        assert_eq!(written(|w| _ = w.mpint(&[0x80])), [0, 0, 0, 2, 0, 0x80]);
    }

    #[test]
    fn numbers_that_are_negative_or_padded_are_refused() {
        let read = |b: &[u8]| Reader::new(&written(|w| _ = w.string(b))).mpint().map(<[u8]>::to_vec);
        assert_eq!(read(&[0, 0x80]), Ok(vec![0x80]));
        assert_eq!(read(&[0x7f]), Ok(vec![0x7f]));
        assert_eq!(read(&[]), Ok(vec![]));
        for bad in [&[0x80][..], &[0], &[0, 0x7f], &[0, 0, 0x80]] {
            assert_eq!(read(bad), Err(WireError::Number), "{bad:?}");
        }
    }

    #[test]
    fn v18_a_length_beyond_the_message_is_refused_without_allocating() {
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 1]).string(), Err(WireError::Short));
        assert_eq!(Reader::new(&[0, 0, 0, 2, 1]).string(), Err(WireError::Short));
    }

    #[test]
    fn names_are_printable_ascii_and_never_empty() {
        let list = |s: &[u8]| Reader::new(&written(|w| _ = w.string(s))).name_list().map(|_| ());
        assert_eq!(list(b""), Ok(()));
        for bad in [&b","[..], b"a,", b",a", b"a,,b", b"a b", b"a\n", b"\xff", "é".as_bytes()] {
            assert_eq!(list(bad), Err(WireError::Name), "{bad:?}");
        }
        let name = |s: &[u8]| Reader::new(&written(|w| _ = w.string(s))).name().is_ok();
        assert!(name(b"ssh-userauth"));
        assert!(!name(b"") && !name(b"a,b") && !name(b"a\0"));
    }

    #[test]
    fn bytes_after_the_last_field_are_refused() {
        assert_eq!(Reader::new(&[1]).finish(), Err(WireError::Trailing));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(b in proptest::collection::vec(any::<u8>(), 0..64), ops in proptest::collection::vec(0..9u8, 0..12)) {
            let mut r = Reader::new(&b);
            for op in ops {
                match op {
                    0 => _ = r.u8(),
                    1 => _ = r.u32(),
                    2 => _ = r.u64(),
                    3 => _ = r.string(),
                    4 => _ = r.text(),
                    5 => _ = r.name(),
                    6 => _ = r.name_list(),
                    7 => _ = r.mpint(),
                    _ => _ = r.bytes(3),
                }
            }
            prop_assert!(r.remaining() <= b.len());
        }

        #[test]
        fn every_number_survives_the_wire(n in proptest::collection::vec(any::<u8>(), 0..40)) {
            let b = written(|w| _ = w.mpint(&n));
            let zeros = n.iter().take_while(|b| **b == 0).count();
            prop_assert_eq!(Reader::new(&b).mpint(), Ok(&n[zeros..]));
        }
    }
}
