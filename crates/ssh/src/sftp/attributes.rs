//! The structure ATTRS (draft-ietf-secsh-filexfer-02 section 5).

use crate::wire::{Reader, WireError, Writer};

const SIZE: u32 = 0x0000_0001;
const UIDGID: u32 = 0x0000_0002;
const PERMISSIONS: u32 = 0x0000_0004;
const ACMODTIME: u32 = 0x0000_0008;
const EXTENDED: u32 = 0x8000_0000;

/// Attributes of a file: those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Bytes.
    pub size: Option<u64>,
    /// Numbers of the owner and of the group.
    pub owner: Option<(u32, u32)>,
    /// `st_mode` as POSIX has it: in replies with the bits of the file's type.
    pub mode: Option<u32>,
    /// Last access and last change: seconds since 1970, in UTC.
    pub times: Option<(u32, u32)>,
}

impl Attributes {
    /// Reads ATTRS. Extended pairs are skipped, as nobody has defined one; unknown flags are ignored, as OpenSSH
    /// does: what they would add can only follow the known fields, where it does no harm.
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let flags = r.u32()?;
        let has = |bit| flags & bit != 0;
        let attributes = Self {
            size: if has(SIZE) { Some(r.u64()?) } else { None },
            owner: if has(UIDGID) { Some((r.u32()?, r.u32()?)) } else { None },
            mode: if has(PERMISSIONS) { Some(r.u32()?) } else { None },
            times: if has(ACMODTIME) { Some((r.u32()?, r.u32()?)) } else { None },
        };
        if has(EXTENDED) {
            // Each pair takes at least eight bytes, so the message bounds the loop, whatever the count claims.
            for _ in 0..r.u32()? {
                r.string()?;
                r.string()?;
            }
        }
        Ok(attributes)
    }

    /// Appends ATTRS.
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        let bit = |there, bit| if there { bit } else { 0 };
        w.u32(
            bit(self.size.is_some(), SIZE)
                | bit(self.owner.is_some(), UIDGID)
                | bit(self.mode.is_some(), PERMISSIONS)
                | bit(self.times.is_some(), ACMODTIME),
        );
        if let Some(size) = self.size {
            w.u64(size);
        }
        if let Some((user, group)) = self.owner {
            w.u32(user).u32(group);
        }
        if let Some(mode) = self.mode {
            w.u32(mode);
        }
        if let Some((access, change)) = self.times {
            w.u32(access).u32(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(f: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        f(&mut Writer::new(&mut out));
        out
    }

    #[test]
    fn extended_pairs_are_skipped() {
        let b = written(|w| {
            w.u32(EXTENDED | PERMISSIONS)
                .u32(0o644)
                .u32(2)
                .string(b"a@b")
                .string(b"")
                .string(b"c@d")
                .string(b"\xff");
        });
        let mut r = Reader::new(&b);
        assert_eq!(Attributes::read(&mut r), Ok(Attributes { mode: Some(0o644), ..Attributes::default() }));
        assert!(r.is_empty());
    }

    #[test]
    fn v18_a_count_of_pairs_beyond_the_message_is_refused_at_its_end() {
        let b = written(|w| _ = w.u32(EXTENDED).u32(u32::MAX).string(b"a").string(b"b"));
        assert_eq!(Attributes::read(&mut Reader::new(&b)), Err(WireError::Short));
    }

    proptest! {
        #[test]
        fn attributes_survive_the_wire(size: Option<u64>, owner: Option<(u32, u32)>, mode: Option<u32>, times: Option<(u32, u32)>) {
            let a = Attributes { size, owner, mode, times };
            let b = written(|w| a.write(w));
            let mut r = Reader::new(&b);
            prop_assert_eq!(Attributes::read(&mut r), Ok(a));
            prop_assert!(r.is_empty());
        }

        #[test]
        fn no_bytes_make_attributes_panic(b in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Attributes::read(&mut Reader::new(&b));
        }
    }
}
