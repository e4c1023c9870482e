//! From the shared secret to the exchange hash and to keys (RFC 4253 sections 7.2 and 8).

use aws_lc_rs::digest::{Algorithm, Context, Digest};
use zeroize::Zeroizing;

use crate::wire::Writer;

/// The exchange hash: as long as the output of the method's hash.
pub(crate) type Hash = Digest;

/// The shared secret K, encoded as exchange hash and key derivation take it.
pub(crate) struct SharedSecret(Zeroizing<Vec<u8>>);

impl SharedSecret {
    /// K is an mpint: the methods of RFC 5656 and RFC 8731.
    pub(crate) fn number(big_endian: &[u8]) -> Self {
        let mut encoded = Zeroizing::new(Vec::with_capacity(big_endian.len() + 5));
        Writer::new(&mut encoded).mpint(big_endian);
        Self(encoded)
    }

    /// K is a string: the hybrid methods.
    pub(crate) fn string(bytes: &[u8]) -> Self {
        let mut encoded = Zeroizing::new(Vec::with_capacity(bytes.len() + 4));
        Writer::new(&mut encoded).string(bytes);
        Self(encoded)
    }

    pub(crate) fn encoded(&self) -> &[u8] {
        &self.0
    }
}

/// The exchange hash in the making. It begins when both KEXINITs are known, so that neither must be kept.
pub(crate) struct Transcript(Context);

impl Transcript {
    /// Identification lines without their ends, and the payloads of the two KEXINITs.
    pub(crate) fn new(
        hash: &'static Algorithm,
        client_ident: &[u8],
        server_ident: &[u8],
        client_init: &[u8],
        server_init: &[u8],
    ) -> Self {
        let mut transcript = Self(Context::new(hash));
        for part in [client_ident, server_ident, client_init, server_init] {
            transcript.string(part);
        }
        transcript
    }

    /// The rest: host key blob, what the method covers beside the values (`own`), the two public values, the secret.
    pub(crate) fn finish(
        mut self,
        host_key: &[u8],
        own: &[u8],
        client: &[u8],
        server: &[u8],
        secret: &SharedSecret,
    ) -> Hash {
        self.string(host_key);
        self.0.update(own);
        for part in [client, server] {
            self.string(part);
        }
        self.0.update(secret.encoded());
        self.0.finish()
    }

    fn string(&mut self, s: &[u8]) {
        self.0.update(&u32::try_from(s.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.update(s);
    }
}

/// Where the keys of one direction come from.
pub(crate) struct KeySource<'a> {
    pub(crate) hash: &'static Algorithm,
    pub(crate) secret: &'a SharedSecret,
    pub(crate) exchange_hash: &'a [u8],
    pub(crate) session_id: &'a [u8],
    pub(crate) direction: Direction,
}

/// Whose packets the keys protect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ClientToServer,
    ServerToClient,
}

impl KeySource<'_> {
    pub(crate) fn iv<const N: usize>(&self) -> Zeroizing<[u8; N]> {
        self.array(if self.direction == Direction::ClientToServer { b'A' } else { b'B' })
    }

    pub(crate) fn key<const N: usize>(&self) -> Zeroizing<[u8; N]> {
        self.array(if self.direction == Direction::ClientToServer { b'C' } else { b'D' })
    }

    /// The key of the MAC, `length` bytes.
    pub(crate) fn integrity_key(&self, length: usize) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(vec![0; length]);
        self.derive(if self.direction == Direction::ClientToServer { b'E' } else { b'F' }, &mut out);
        out
    }

    fn array<const N: usize>(&self, letter: u8) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        self.derive(letter, out.as_mut_slice());
        out
    }

    /// K1 = HASH(K || H || letter || session id), K2 = HASH(K || H || K1), and so on.
    fn derive(&self, letter: u8, out: &mut [u8]) {
        let block = self.hash.output_len();
        for n in 0..out.len().div_ceil(block) {
            let mut hash = Context::new(self.hash);
            hash.update(self.secret.encoded());
            hash.update(self.exchange_hash);
            let Some((done, rest)) = out.split_at_mut_checked(n * block) else { return };
            if n == 0 {
                hash.update(&[letter]);
                hash.update(self.session_id);
            } else {
                hash.update(done);
            }
            for (to, from) in rest.iter_mut().zip(hash.finish().as_ref()) {
                *to = *from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};

    use super::*;

    #[test]
    fn keys_grow_block_by_block_as_rfc_4253_says() {
        let secret = SharedSecret::number(&[0x80, 7]);
        assert_eq!(secret.encoded(), [0, 0, 0, 3, 0, 0x80, 7]);
        for algorithm in [&SHA1_FOR_LEGACY_USE_ONLY, &SHA256, &SHA384, &SHA512] {
            let source = KeySource {
                hash: algorithm,
                secret: &secret,
                exchange_hash: &[1; 32],
                session_id: &[2; 20],
                direction: Direction::ServerToClient,
            };
            let hash = |parts: &[&[u8]]| digest(algorithm, &parts.concat()).as_ref().to_vec();
            let mut key = hash(&[secret.encoded(), &[1; 32], b"D", &[2; 20]]);
            while key.len() < 64 {
                let next = hash(&[secret.encoded(), &[1; 32], &key]);
                key.extend(next);
            }
            assert_eq!(source.key::<64>().as_slice(), &key[..64]);
            assert_eq!(source.key::<16>().as_slice(), &key[..16]);
            let iv = hash(&[secret.encoded(), &[1; 32], b"B", &[2; 20]]);
            assert_eq!(source.iv::<12>().as_slice(), &iv[..12]);
            let integrity = hash(&[secret.encoded(), &[1; 32], b"F", &[2; 20]]);
            assert_eq!(source.integrity_key(20).as_slice(), &integrity[..20]);
        }
    }

    #[test]
    fn the_exchange_hash_covers_every_part_in_order() {
        let secret = SharedSecret::string(&[0, 9]);
        let transcript = Transcript::new(&SHA512, b"vc", b"vs", b"ic", b"is");
        let hash = transcript.finish(b"ks", b"own", b"qc", b"qs", &secret);
        let mut all = Vec::new();
        for part in [b"vc", b"vs", b"ic", b"is", b"ks"] {
            Writer::new(&mut all).string(part);
        }
        Writer::new(&mut all).raw(b"own").string(b"qc").string(b"qs");
        all.extend_from_slice(&[0, 0, 0, 2, 0, 9]);
        assert_eq!(hash.as_ref(), digest(&SHA512, &all).as_ref());
    }
}
