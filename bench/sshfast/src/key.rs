//! Login by an Ed25519 key in OpenSSH's private format (PROTOCOL.key), without a passphrase.
use crate::wire::{put_str, Rd};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

pub fn read(path: &str) -> Ed25519KeyPair {
    let text = std::fs::read_to_string(path).expect("key file");
    let body: String = text.lines().filter(|l| !l.starts_with('-')).collect();
    let blob = base64(&body);
    let mut r = Rd(blob.strip_prefix(b"openssh-key-v1\0").expect("an OpenSSH private key"));
    assert!(r.str() == b"none", "the key has a passphrase");
    r.str();
    r.str();
    r.u32();
    r.str();
    let mut r = Rd(r.str());
    r.u64();
    assert!(r.str() == b"ssh-ed25519", "not an Ed25519 key");
    r.str();
    let (seed, public) = r.str().split_at(32);
    Ed25519KeyPair::from_seed_and_public_key(seed, public).expect("a consistent key")
}

/// Completes a publickey request (RFC 4252 section 7) that ends after the name of the method.
pub fn sign(key: &Ed25519KeyPair, session: &[u8], request: &mut Vec<u8>) {
    request.push(1);
    put_str(request, b"ssh-ed25519");
    let mut public = vec![];
    put_str(&mut public, b"ssh-ed25519");
    put_str(&mut public, key.public_key().as_ref());
    put_str(request, &public);
    let mut signed = vec![];
    put_str(&mut signed, session);
    signed.extend_from_slice(request);
    let mut signature = vec![];
    put_str(&mut signature, b"ssh-ed25519");
    put_str(&mut signature, key.sign(&signed).as_ref());
    put_str(request, &signature);
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut have, mut out) = (0u32, 0, vec![]);
    for c in text.bytes().take_while(|c| *c != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|a| *a == c).expect("base64") as u32;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    out
}
