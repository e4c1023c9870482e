//! The few data types of RFC 4251 section 5 that keys are made of.

/// Takes fields off the front of a key. `None`: it is cut short or not in its one proper form.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (n, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*n))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let (n, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*n))
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        let (n, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*n)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.u32()?).ok()?;
        self.take(n)
    }

    /// A positive `mpint` in its shortest form, without the leading zero that keeps it positive.
    pub(super) fn positive(&mut self) -> Option<&'a [u8]> {
        let field = self.string()?;
        match field {
            [0, 0x80..=0xff, ..] => field.strip_prefix(&[0]),
            [1..=0x7f, ..] => Some(field),
            _ => None,
        }
    }

    pub(super) fn finish(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Appends a `string`. Nothing here comes near 4 GiB; a longer one would be written as empty.
pub(super) fn put_string(out: &mut Vec<u8>, s: &[u8]) {
    let (n, s) = u32::try_from(s.len()).map_or((0, &[][..]), |n| (n, s));
    out.extend_from_slice(&n.to_be_bytes());
    out.extend_from_slice(s);
}

/// Appends an `mpint` from the big-endian bytes of a number that is not negative, of the size that keys have.
pub(super) fn put_mpint(out: &mut Vec<u8>, number: &[u8]) {
    let number = without_zeros(number);
    // The number may be secret: it is written at once, not copied first.
    let sign = usize::from(number.first().is_some_and(|b| *b >= 0x80));
    let length = u32::try_from(number.len().saturating_add(sign)).unwrap_or_default();
    out.extend_from_slice(&length.to_be_bytes());
    out.extend(std::iter::repeat_n(0, sign));
    out.extend_from_slice(number);
}

/// A big-endian number without its leading zeros.
pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    number.get(zeros..).unwrap_or_default()
}
