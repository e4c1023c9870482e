//! As much of DER (X.690) as a look into PKCS#8, PKCS#1 and SEC 1 needs. What is looked up here is checked
//! again by the cryptographic library before it is used.

/// Takes elements off the front.
pub(super) struct Der<'a>(pub(super) &'a [u8]);

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

impl<'a> Der<'a> {
    fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            n @ 0..=0x7f => (usize::from(*n), rest),
            0x81 => rest.split_first().map(|(n, rest)| (usize::from(*n), rest))?,
            0x82 => rest.split_first_chunk().map(|(n, rest)| (usize::from(u16::from_be_bytes(*n)), rest))?,
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*found == tag).then_some(value)
    }

    pub(super) fn sequence(&mut self) -> Option<Der<'a>> {
        self.element(SEQUENCE).map(Der)
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        self.element(OCTETS)
    }

    pub(super) fn oid(&mut self) -> Option<&'a [u8]> {
        self.element(OID)
    }

    /// An integer that is not negative, without leading zeros.
    pub(super) fn integer(&mut self) -> Option<&'a [u8]> {
        let number = self.element(INTEGER)?;
        number.first().is_some_and(|b| *b < 0x80).then(|| super::fields::without_zeros(number))
    }
}

/// The kinds of key that PKCS#8 names (RFC 5958; identifiers of RFC 8410, 5480 and 8017).
pub(super) enum Kind<'a> {
    Ed25519,
    Ec { curve: &'a [u8] },
    Rsa { pkcs1: &'a [u8] },
    Other,
}

pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub(super) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
pub(super) const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// What kind of key a PKCS#8 `PrivateKeyInfo` holds.
pub(super) fn pkcs8_kind(der: &[u8]) -> Option<Kind<'_>> {
    let mut info = Der(der).sequence()?;
    info.integer()?;
    let mut algorithm = info.sequence()?;
    Some(match algorithm.oid()? {
        [0x2b, 0x65, 0x70] => Kind::Ed25519,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => Kind::Ec { curve: algorithm.oid()? },
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => Kind::Rsa { pkcs1: info.octets()? },
        _ => Kind::Other,
    })
}

/// The numbers of an `RSAPrivateKey` (RFC 8017 appendix A.1.2) that SSH uses, big-endian without leading zeros.
pub(super) struct RsaNumbers<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
    pub(super) d: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
    pub(super) q_inverse: &'a [u8],
}

pub(super) fn rsa_numbers(pkcs1: &[u8]) -> Option<RsaNumbers<'_>> {
    let mut key = Der(pkcs1).sequence()?;
    // The version: 0 for two primes, the only kind in use.
    key.integer()?.is_empty().then_some(())?;
    let (n, e, d, p, q) = (key.integer()?, key.integer()?, key.integer()?, key.integer()?, key.integer()?);
    let (_d_p, _d_q, q_inverse) = (key.integer()?, key.integer()?, key.integer()?);
    Some(RsaNumbers { n, e, d, p, q, q_inverse })
}
