//! From the shared secret to the exchange hash and to keys (RFC 4253 sections 7.2 and 8).

use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

use crate::wire::Writer;

/// The output of SHA-256, which all methods here use.
pub(crate) type Hash = [u8; 32];

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
        client_ident: &[u8],
        server_ident: &[u8],
        client_init: &[u8],
        server_init: &[u8],
    ) -> Self {
        let mut transcript = Self(Context::new(&SHA256));
        for part in [client_ident, server_ident, client_init, server_init] {
            transcript.string(part);
        }
        transcript
    }

    /// The rest: host key blob, the two public values, the secret.
    pub(crate) fn finish(
        mut self,
        host_key: &[u8],
        client: &[u8],
        server: &[u8],
        secret: &SharedSecret,
    ) -> Hash {
        for part in [host_key, client, server] {
            self.string(part);
        }
        self.0.update(secret.encoded());
        sha256(self.0)
    }

    fn string(&mut self, s: &[u8]) {
        self.0.update(&u32::try_from(s.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.update(s);
    }
}

/// Where the keys of one direction come from.
pub(crate) struct KeySource<'a> {
    pub(crate) secret: &'a SharedSecret,
    pub(crate) exchange_hash: &'a Hash,
    pub(crate) session_id: &'a Hash,
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
        self.derive(if self.direction == Direction::ClientToServer { b'A' } else { b'B' })
    }

    pub(crate) fn key<const N: usize>(&self) -> Zeroizing<[u8; N]> {
        self.derive(if self.direction == Direction::ClientToServer { b'C' } else { b'D' })
    }

    /// K1 = HASH(K || H || letter || session id), K2 = HASH(K || H || K1), and so on.
    fn derive<const N: usize>(&self, letter: u8) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        for n in 0..N.div_ceil(32) {
            let mut hash = Context::new(&SHA256);
            hash.update(self.secret.encoded());
            hash.update(self.exchange_hash);
            let (done, rest) = out.split_at_mut(n * 32);
            if n == 0 {
                hash.update(&[letter]);
                hash.update(self.session_id);
            } else {
                hash.update(done);
            }
            let block = Zeroizing::new(sha256(hash));
            for (to, from) in rest.iter_mut().zip(block.iter()) {
                *to = *from;
            }
        }
        out
    }
}

fn sha256(context: Context) -> Hash {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    hash
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::digest;

    use super::*;

    #[test]
    fn keys_grow_block_by_block_as_rfc_4253_says() {
        let secret = SharedSecret::number(&[0x80, 7]);
        assert_eq!(secret.encoded(), [0, 0, 0, 3, 0, 0x80, 7]);
        let source = KeySource {
            secret: &secret,
            exchange_hash: &[1; 32],
            session_id: &[2; 32],
            direction: Direction::ServerToClient,
        };
        let hash = |parts: &[&[u8]]| digest(&SHA256, &parts.concat()).as_ref().to_vec();
        let k1 = hash(&[secret.encoded(), &[1; 32], b"D", &[2; 32]]);
        let k2 = hash(&[secret.encoded(), &[1; 32], &k1]);
        assert_eq!(source.key::<64>().as_slice(), [&k1[..], &k2].concat());
        assert_eq!(source.key::<16>().as_slice(), &k1[..16]);
        let iv = hash(&[secret.encoded(), &[1; 32], b"B", &[2; 32]]);
        assert_eq!(source.iv::<12>().as_slice(), &iv[..12]);
    }

    #[test]
    fn the_exchange_hash_covers_every_part_in_order() {
        let secret = SharedSecret::string(&[0, 9]);
        let hash = Transcript::new(b"vc", b"vs", b"ic", b"is").finish(b"ks", b"qc", b"qs", &secret);
        let mut all = Vec::new();
        for part in [b"vc", b"vs", b"ic", b"is", b"ks", b"qc", b"qs"] {
            Writer::new(&mut all).string(part);
        }
        all.extend_from_slice(&[0, 0, 0, 2, 0, 9]);
        assert_eq!(hash.as_slice(), digest(&SHA256, &all).as_ref());
    }
}
