//! Minimal SSH wire helpers for the load client.
use aws_lc_rs::aead::chacha20_poly1305_openssh::{OpeningKey, SealingKey};
use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce, UnboundKey, AES_128_GCM, AES_256_GCM};
use aws_lc_rs::digest;
use crate::ctr::{self, Ctr};

pub const TAG: usize = 16;

pub struct Gcm { key: LessSafeKey, iv: [u8; 12] }
impl Gcm {
    pub fn new(key: &[u8], iv: &[u8]) -> Gcm {
        let alg = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        Gcm { key: LessSafeKey::new(UnboundKey::new(alg, key).unwrap()), iv: iv[..12].try_into().unwrap() }
    }
    #[inline]
    fn next(&mut self) -> Nonce {
        let n = self.iv;
        let c = u64::from_be_bytes(n[4..].try_into().unwrap()).wrapping_add(1);
        self.iv[4..].copy_from_slice(&c.to_be_bytes());
        Nonce::assume_unique_for_key(n)
    }
    /// buf = length(4) | body | room for the tag(16)
    #[inline]
    pub fn seal(&mut self, buf: &mut [u8]) {
        let n = self.next();
        let (aad, rest) = buf.split_at_mut(4);
        let bl = rest.len() - TAG;
        let (body, tag) = rest.split_at_mut(bl);
        let t = self.key.seal_in_place_separate_tag(n, Aad::from(&*aad), body).unwrap();
        tag.copy_from_slice(t.as_ref());
    }
    /// buf = length(4) | body | tag; afterwards body is clear
    #[inline]
    pub fn open(&mut self, buf: &mut [u8]) {
        let n = self.next();
        let (aad, rest) = buf.split_at_mut(4);
        self.key.open_in_place(n, Aad::from(&*aad), rest).expect("bad tag");
    }
}

/// One direction of a connection. Packets are numbered from 0; GCM has its own counter.
pub enum Seal { Gcm(Gcm), ChaCha(SealingKey), Ctr(Ctr) }
pub enum Open { Gcm(Gcm), ChaCha(OpeningKey), Ctr(Ctr) }

/// Bytes of key material that a cipher wants.
pub fn key_length(cipher: &str) -> usize {
    if cipher.starts_with("aes128") { 16 } else if cipher.starts_with("chacha20") { 64 } else { 32 }
}

impl Seal {
    pub fn new(cipher: &str, key: &[u8], iv: &[u8], mac: &[u8]) -> Seal {
        if cipher.ends_with("-ctr") {
            return Seal::Ctr(Ctr::new(key, iv, mac));
        }
        if cipher.starts_with("chacha20") { Seal::ChaCha(SealingKey::new(key.try_into().unwrap())) } else { Seal::Gcm(Gcm::new(key, iv)) }
    }
    /// bytes of the tag
    pub fn tag(&self) -> usize { if matches!(self, Seal::Ctr(_)) { ctr::TAG } else { TAG } }
    /// buf = length(4) | body | room for the tag
    #[inline]
    pub fn seal(&mut self, number: u32, buf: &mut [u8]) {
        match self {
            Seal::Gcm(g) => g.seal(buf),
            Seal::Ctr(c) => c.seal(number, buf),
            Seal::ChaCha(k) => {
                let at = buf.len() - TAG;
                let (packet, tag) = buf.split_at_mut(at);
                k.seal_in_place(number, packet, tag.try_into().unwrap());
            }
        }
    }
}

impl Open {
    pub fn new(cipher: &str, key: &[u8], iv: &[u8], mac: &[u8]) -> Open {
        if cipher.ends_with("-ctr") {
            return Open::Ctr(Ctr::new(key, iv, mac));
        }
        if cipher.starts_with("chacha20") { Open::ChaCha(OpeningKey::new(key.try_into().unwrap())) } else { Open::Gcm(Gcm::new(key, iv)) }
    }
    /// bytes of the tag
    pub fn tag(&self) -> usize { if matches!(self, Open::Ctr(_)) { ctr::TAG } else { TAG } }
    #[inline]
    pub fn length(&self, number: u32, head: [u8; 4]) -> u32 {
        match self {
            Open::Gcm(_) | Open::Ctr(_) => u32::from_be_bytes(head),
            Open::ChaCha(k) => u32::from_be_bytes(k.decrypt_packet_length(number, head)),
        }
    }
    /// buf = length(4) | body | tag; afterwards body is clear
    #[inline]
    pub fn open(&mut self, number: u32, buf: &mut [u8]) {
        match self {
            Open::Gcm(g) => g.open(buf),
            Open::Ctr(c) => c.open(number, buf),
            Open::ChaCha(k) => {
                let at = buf.len() - TAG;
                let (packet, tag) = buf.split_at_mut(at);
                k.open_in_place(number, packet, (&*tag).try_into().unwrap()).expect("bad tag");
            }
        }
    }
}

pub fn put_u32(o: &mut Vec<u8>, v: u32) { o.extend_from_slice(&v.to_be_bytes()) }
pub fn put_u64(o: &mut Vec<u8>, v: u64) { o.extend_from_slice(&v.to_be_bytes()) }
pub fn put_str(o: &mut Vec<u8>, v: &[u8]) { put_u32(o, v.len() as u32); o.extend_from_slice(v) }
pub fn put_mpint(o: &mut Vec<u8>, v: &[u8]) {
    let mut v = v;
    while !v.is_empty() && v[0] == 0 { v = &v[1..] }
    if !v.is_empty() && v[0] & 0x80 != 0 { put_u32(o, v.len() as u32 + 1); o.push(0); o.extend_from_slice(v) } else { put_str(o, v) }
}
pub struct Rd<'a>(pub &'a [u8]);
impl<'a> Rd<'a> {
    pub fn u8(&mut self) -> u8 { let v = self.0[0]; self.0 = &self.0[1..]; v }
    pub fn u32(&mut self) -> u32 { let v = u32::from_be_bytes(self.0[..4].try_into().unwrap()); self.0 = &self.0[4..]; v }
    pub fn u64(&mut self) -> u64 { let v = u64::from_be_bytes(self.0[..8].try_into().unwrap()); self.0 = &self.0[8..]; v }
    pub fn str(&mut self) -> &'a [u8] { let n = self.u32() as usize; let (a, b) = self.0.split_at(n); self.0 = b; a }
}

/// the MAC for ciphers that need one
const ETM: &str = "hmac-sha2-256-etm@openssh.com";

pub fn kexinit(cipher: &str) -> Vec<u8> {
    let mut o = vec![20u8];
    o.extend_from_slice(&[7; 16]);
    for s in ["curve25519-sha256,kex-strict-c-v00@openssh.com", "ssh-ed25519", cipher, cipher, ETM, ETM, "none", "none", "", ""] { put_str(&mut o, s.as_bytes()) }
    o.push(0);
    put_u32(&mut o, 0);
    o
}
pub fn sha256(b: &[u8]) -> [u8; 32] { digest::digest(&digest::SHA256, b).as_ref().try_into().unwrap() }
#[allow(clippy::too_many_arguments)]
pub fn exchange_hash(vc: &[u8], vs: &[u8], ic: &[u8], is: &[u8], ks: &[u8], qc: &[u8], qs: &[u8], k: &[u8]) -> [u8; 32] {
    let mut o = vec![];
    for s in [vc, vs, ic, is, ks, qc, qs] { put_str(&mut o, s) }
    put_mpint(&mut o, k);
    sha256(&o)
}
/// 64 bytes of key material (RFC 4253 section 7.2)
pub fn derive(k: &[u8], h: &[u8; 32], session: &[u8; 32], letter: u8) -> [u8; 64] {
    let mut o = vec![];
    put_mpint(&mut o, k);
    o.extend_from_slice(h);
    let common = o.len();
    o.push(letter);
    o.extend_from_slice(session);
    let first = sha256(&o);
    o.truncate(common);
    o.extend_from_slice(&first);
    [first, sha256(&o)].concat().try_into().unwrap()
}
/// clear packet (before NEWKEYS)
pub fn clear_packet(payload: &[u8]) -> Vec<u8> {
    let mut pad = 8 - (5 + payload.len()) % 8;
    if pad < 4 { pad += 8 }
    let mut o = vec![];
    put_u32(&mut o, (1 + payload.len() + pad) as u32);
    o.push(pad as u8);
    o.extend_from_slice(payload);
    o.resize(o.len() + pad, 0);
    o
}
#[inline]
pub fn padding(payload: usize) -> usize {
    let mut pad = 16 - (1 + payload) % 16;
    if pad < 4 { pad += 16 }
    pad
}
/// seal a payload into out
pub fn sealed(g: &mut Seal, number: u32, payload: &[u8], out: &mut Vec<u8>) {
    let at = out.len();
    let pad = padding(payload.len());
    put_u32(out, (1 + payload.len() + pad) as u32);
    out.push(pad as u8);
    out.extend_from_slice(payload);
    out.resize(out.len() + pad + g.tag(), 0);
    g.seal(number, &mut out[at..]);
}
