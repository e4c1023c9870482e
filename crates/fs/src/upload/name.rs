//! What temporary files are called.

use aws_lc_rs::hmac;
use causeway_core::{Name, PrincipalId};
use data_encoding::BASE32_NOPAD;

use crate::permit::Clearance;

/// Names that begin so are the server's own: hidden from clients and refused to them.
const PREFIX: &[u8] = b".cw-";
/// Characters after the prefix: 25 that tell whose upload of what it is, and one for the slot.
const IDENTITY: usize = 25;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Uploads of one name into one folder by one principal that may be under way at once.
pub(crate) const SLOTS: usize = 16;

/// Whether the name is kept from clients. Without regard to case, since some file systems have none.
pub(crate) fn is_reserved(name: &[u8]) -> bool {
    name.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
}

/// Whether the name has the form of a temporary file.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|id| id.len() == IDENTITY + 1 && id.iter().all(|b| ALPHABET.contains(b)))
}

/// The names for the uploads of one final name by one principal.
///
/// They follow from the key of the installation, so that a new process finds what an old one left, and nobody without
/// the key can place a file where an upload would take it up. The folder is no part of them: the file lies in it, and
/// device numbers do not survive a restart of the machine.
#[derive(Debug, Clone)]
pub(crate) struct Names(Vec<u8>);

impl Names {
    pub(crate) fn new(key: &hmac::Key, principal: &PrincipalId, final_name: &[u8]) -> Self {
        let mut context = hmac::Context::with_key(key);
        for field in
            [b"upload".as_slice(), principal.authentication.as_bytes(), principal.id.as_bytes(), final_name]
        {
            context.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(field);
        }
        let mut name = PREFIX.to_vec();
        let id = BASE32_NOPAD.encode(context.sign().as_ref()).into_bytes();
        name.extend(id.iter().take(IDENTITY).map(u8::to_ascii_lowercase));
        Self(name)
    }

    pub(crate) fn slot(&self, slot: usize) -> Option<Name> {
        let mut name = self.0.clone();
        name.push(*ALPHABET.get(slot)?);
        Name::parse(&name).ok()
    }

    /// The temporary file of that slot beside the final one; none for the root.
    pub(crate) fn beside(&self, at: &Clearance, slot: usize) -> Option<Clearance> {
        at.beside(&self.slot(slot)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(key: &[u8], id: &str, name: &[u8]) -> Names {
        let principal = PrincipalId { authentication: "app".into(), id: id.into() };
        Names::new(&hmac::Key::new(hmac::HMAC_SHA256, key), &principal, name)
    }

    #[test]
    fn names_of_temporary_files_have_one_length_and_differ_by_key_principal_name_and_slot() {
        let one = names(b"k", "ann", b"a.txt").slot(0).unwrap();
        assert_eq!(one.as_bytes().len(), 30);
        assert!(is_temporary(one.as_bytes()) && is_reserved(one.as_bytes()));
        assert_eq!(one, names(b"k", "ann", b"a.txt").slot(0).unwrap());
        for other in [
            names(b"K", "ann", b"a.txt").slot(0).unwrap(),
            names(b"k", "bob", b"a.txt").slot(0).unwrap(),
            names(b"k", "ann", b"b.txt").slot(0).unwrap(),
            names(b"k", "ann", b"a.txt").slot(1).unwrap(),
        ] {
            assert_ne!(one, other);
            assert!(is_temporary(other.as_bytes()));
        }
    }

    #[test]
    fn reserved_names_are_recognised_whatever_their_case() {
        assert!(
            is_reserved(b".cw-x") && is_reserved(b".CW-") && !is_reserved(b".cw") && !is_reserved(b"a.cw-")
        );
        assert!(!is_temporary(b".cw-notes"));
    }
}
