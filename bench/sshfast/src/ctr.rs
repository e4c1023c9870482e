//! AES in counter mode with an encrypt-then-MAC HMAC-SHA-256.
use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext, UnboundCipherKey, AES_128, AES_256};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{Context, Key, Tag, HMAC_SHA256};
use aws_lc_rs::iv::FixedLength;

pub const TAG: usize = 32;

pub struct Ctr { key: EncryptingKey, next: u128, mac: Key }
impl Ctr {
    pub fn new(key: &[u8], iv: &[u8], mac: &[u8]) -> Ctr {
        let alg = if key.len() == 16 { &AES_128 } else { &AES_256 };
        Ctr {
            key: EncryptingKey::ctr(UnboundCipherKey::new(alg, key).unwrap()).unwrap(),
            next: u128::from_be_bytes(iv[..16].try_into().unwrap()),
            mac: Key::new(HMAC_SHA256, &mac[..32]),
        }
    }
    fn apply(&mut self, body: &mut [u8]) {
        let context = EncryptionContext::Iv128(FixedLength::from(self.next.to_be_bytes()));
        self.key.less_safe_encrypt(body, context).unwrap();
        self.next = self.next.wrapping_add(body.len() as u128 / 16);
    }
    fn tag(&self, number: u32, packet: &[u8]) -> Tag {
        let mut c = Context::with_key(&self.mac);
        c.update(&number.to_be_bytes());
        c.update(packet);
        c.sign()
    }
    /// buf = length(4) | body | room for the tag
    #[inline]
    pub fn seal(&mut self, number: u32, buf: &mut [u8]) {
        let at = buf.len() - TAG;
        let (packet, tag) = buf.split_at_mut(at);
        self.apply(&mut packet[4..]);
        tag.copy_from_slice(self.tag(number, packet).as_ref());
    }
    /// buf = length(4) | body | tag; afterwards body is clear
    #[inline]
    pub fn open(&mut self, number: u32, buf: &mut [u8]) {
        let at = buf.len() - TAG;
        let (packet, tag) = buf.split_at_mut(at);
        verify_slices_are_equal(self.tag(number, packet).as_ref(), tag).expect("bad tag");
        self.apply(&mut packet[4..]);
    }
}
