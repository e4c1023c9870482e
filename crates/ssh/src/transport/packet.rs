//! Packets (RFC 4253 section 6): framing, sequence numbers and the limits of a key, one direction each.

use std::ops::Range;

use crate::buf::{RxBuf, TxBuf};
use crate::cipher::{LENGTH, Opener, Sealer};
use crate::error::Error;

/// The largest packet length accepted until the driver raises it (RFC 4253 section 6.1 wants 35,000 bytes in all).
pub const MAX_PACKET_BEFORE_LOGIN: usize = 35_000;

/// Before the payload: the length field and the length of the padding.
const HEAD: usize = LENGTH + 1;
const MIN_PADDING: usize = 4;
/// The smallest packet, tag apart (RFC 4253 section 6).
const MIN_PACKET: usize = 16;
/// How many packets one key may protect. Beyond it a sequence number, the nonce of ChaCha20, would return.
const PACKETS_PER_KEY: u64 = u32::MAX as u64;

/// Where the parts of a packet lie that carries a payload of a given length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotLayout {
    /// Bytes before the payload.
    pub head: usize,
    /// Bytes of padding after it.
    pub padding: usize,
    /// Bytes of the tag, at the end.
    pub tag: usize,
    /// The whole packet.
    pub total: usize,
}

/// Our packets.
pub(super) struct Outbound {
    sealer: Sealer,
    sequence: u32,
    /// Under the current keys.
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// The numbers of the messages that were written as whole packets.
    #[cfg(test)]
    pub(super) written: Vec<u8>,
}

impl Outbound {
    pub(super) fn new() -> Self {
        Self {
            sealer: Sealer::Clear,
            sequence: 0,
            packets: 0,
            bytes: 0,
            #[cfg(test)]
            written: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn slot(&self, payload: usize) -> SlotLayout {
        let block = self.sealer.block();
        let padded = self.sealer.padded_length() + 1 + payload;
        let mut padding = block - padded % block;
        while padding < MIN_PADDING || HEAD + payload + padding < MIN_PACKET {
            padding += block;
        }
        let tag = self.sealer.tag();
        SlotLayout { head: HEAD, padding, tag, total: HEAD + payload + padding + tag }
    }

    /// Writes length, padding and tag around the payload that lies in `packet` as [`slot`](Self::slot) says.
    ///
    /// The padding is zeros: RFC 4253 section 6 wants random bytes against ciphers that leak equal plaintext, which
    /// no AEAD, counter mode or chained mode does, and before the first keys everything is public anyway.
    #[inline]
    pub(super) fn seal(&mut self, packet: &mut [u8], payload: usize) -> Result<(), Error> {
        let layout = self.slot(payload);
        if packet.len() != layout.total {
            return Err(Error::Slot);
        }
        if self.packets >= PACKETS_PER_KEY {
            return Err(Error::KeysUsedUp);
        }
        let length = u32::try_from(1 + payload + layout.padding).map_err(|_| Error::Slot)?;
        let (head, rest) = packet.split_first_chunk_mut::<LENGTH>().ok_or(Error::Slot)?;
        *head = length.to_be_bytes();
        let (padding_length, rest) = rest.split_first_mut().ok_or(Error::Slot)?;
        *padding_length = u8::try_from(layout.padding).map_err(|_| Error::Slot)?;
        rest.get_mut(payload..payload + layout.padding).ok_or(Error::Slot)?.fill(0);
        self.sealer.seal(self.sequence, packet)?;
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(u64::from(length));
        Ok(())
    }

    /// Appends a whole packet.
    pub(super) fn write(&mut self, tx: &mut TxBuf, payload: &[u8]) -> Result<(), Error> {
        #[cfg(test)]
        self.written.extend(payload.first());
        let layout = self.slot(payload.len());
        let tail = tx.tail(layout.total).ok_or(Error::OutputOverflow)?;
        let packet = tail.get_mut(..layout.total).ok_or(Error::OutputOverflow)?;
        let place = packet.get_mut(layout.head..layout.head + payload.len()).ok_or(Error::Slot)?;
        place.copy_from_slice(payload);
        self.seal(packet, payload.len())?;
        tx.commit(layout.total);
        Ok(())
    }

    pub(super) fn change_keys(&mut self, sealer: Sealer, reset_sequence: bool) {
        self.sealer = sealer;
        (self.packets, self.bytes) = (0, 0);
        if reset_sequence {
            self.sequence = 0;
        }
    }
}

/// The peer's packets.
pub(super) struct Inbound {
    opener: Opener,
    sequence: u32,
    /// The largest packet length accepted.
    pub(super) max_packet: usize,
    /// The whole packet at the front of the buffer, length field to tag; 0 while that is unknown.
    expected: usize,
    /// Something decrypted ahead of its authentication was wrong: see [`hide`](Self::hide).
    spoiled: bool,
    /// Under the current keys.
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

impl Inbound {
    pub(super) fn new() -> Self {
        Self {
            opener: Opener::Clear,
            sequence: 0,
            max_packet: MAX_PACKET_BEFORE_LOGIN,
            expected: 0,
            spoiled: false,
            packets: 0,
            bytes: 0,
        }
    }

    /// How long the packet at the front is, if its beginning has arrived.
    pub(super) fn expected(&self) -> usize {
        self.expected
    }

    /// The sequence number of the last packet.
    pub(super) fn last_sequence(&self) -> u32 {
        self.sequence.wrapping_sub(1)
    }

    /// Opens the packet at the front, if all of it is there, and takes it off. The payload, at least one byte, is
    /// where the range says.
    #[inline]
    pub(super) fn open(&mut self, rx: &mut RxBuf) -> Result<Option<Range<usize>>, Error> {
        let data = rx.data_mut();
        if self.expected == 0 {
            let Some(head) = data.get(..self.opener.head()) else { return Ok(None) };
            self.expected = match self.expect(head) {
                Err(_) if self.opener.decrypts_first() => self.hide(),
                expected => expected?,
            };
        }
        let Some(packet) = data.get_mut(..self.expected) else { return Ok(None) };
        if self.spoiled {
            return Err(Error::Tag);
        }
        if self.packets >= PACKETS_PER_KEY {
            return Err(Error::KeysUsedUp);
        }
        if let Err(error) = self.opener.open(self.sequence, packet) {
            if !self.opener.decrypts_first() || data.len() >= self.hide() {
                return Err(error);
            }
            return Ok(None);
        }
        let total = self.expected;
        let padding = usize::from(*packet.get(LENGTH).ok_or(Error::Padding)?);
        let payload = total
            .checked_sub(HEAD + padding + self.opener.tag())
            .filter(|payload| *payload > 0 && padding >= MIN_PADDING)
            .ok_or(Error::Padding)?;
        self.expected = 0;
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(u64::try_from(total).unwrap_or(u64::MAX));
        let place = rx.consume(total);
        let start = place.start + HEAD;
        Ok(Some(start..start + payload))
    }

    /// Where the length is encrypted and the MAC is of the clear packet, what an attacker puts there is decrypted
    /// before it can be known for his. That a length is wrong, and which one it was that led to a wrong MAC, would tell
    /// him of the plaintext (CVE-2008-5161): so both are answered alike, after as many bytes as the longest packet has.
    fn hide(&mut self) -> usize {
        self.spoiled = true;
        self.expected = LENGTH + self.max_packet + self.opener.tag();
        self.expected
    }

    /// Checks a length field before anything waits for that many bytes.
    fn expect(&self, head: &[u8]) -> Result<usize, Error> {
        let announced = self.opener.length(self.sequence, head);
        let refused = Error::PacketLength(announced);
        let Ok(length) = usize::try_from(announced) else { return Err(refused) };
        let (block, counted) = self.opener.block();
        let smallest = 1 + 1 + MIN_PADDING;
        if length < smallest || length > self.max_packet || !(counted + length).is_multiple_of(block) {
            return Err(refused);
        }
        Ok(LENGTH + length + self.opener.tag())
    }

    pub(super) fn change_keys(&mut self, opener: Opener, reset_sequence: bool) {
        self.opener = opener;
        (self.packets, self.bytes) = (0, 0);
        if reset_sequence {
            self.sequence = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(packet: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let mut rx = RxBuf::new(64);
        rx.space()[..packet.len()].copy_from_slice(packet);
        rx.filled(packet.len());
        let mut inbound = Inbound::new();
        inbound.open(&mut rx).map(|r| r.map(|r| rx.bytes(r).to_vec()))
    }

    #[test]
    fn padding_and_payload_must_fit_in_the_packet() {
        let packet = |length: u32, padding: u8| {
            let mut p = length.to_be_bytes().to_vec();
            p.push(padding);
            p.resize(16, 7);
            p
        };
        assert_eq!(clear(&packet(12, 10)), Ok(Some(vec![7])));
        assert_eq!(clear(&packet(12, 4)), Ok(Some(vec![7; 7])));
        for padding in [0, 3, 11, 12, 255] {
            assert_eq!(clear(&packet(12, padding)), Err(Error::Padding), "{padding}");
        }
    }

    #[test]
    fn v18_lengths_out_of_bounds_or_off_the_block_are_refused_at_once() {
        for length in [0, 1, 4, 5, 11, 13, 34_997, 35_004, u32::MAX] {
            assert_eq!(clear(&length.to_be_bytes()), Err(Error::PacketLength(length)));
        }
        assert_eq!(clear(&34_996_u32.to_be_bytes()), Ok(None));
    }

    #[test]
    fn a_key_ends_before_its_sequence_numbers_return() {
        let mut outbound = Outbound::new();
        outbound.packets = PACKETS_PER_KEY - 1;
        let mut tx = TxBuf::new(64);
        assert_eq!(outbound.write(&mut tx, b"x"), Ok(()));
        assert_eq!(outbound.write(&mut tx, b"x"), Err(Error::KeysUsedUp));

        let mut rx = RxBuf::new(64);
        rx.space()[..16].copy_from_slice(tx.pending());
        rx.filled(16);
        let mut inbound = Inbound::new();
        inbound.packets = PACKETS_PER_KEY;
        assert_eq!(inbound.open(&mut rx), Err(Error::KeysUsedUp));
    }

    #[test]
    fn a_slot_of_the_wrong_size_is_never_sealed() {
        let mut outbound = Outbound::new();
        let layout = outbound.slot(20);
        for size in [0, layout.total - 1, layout.total + 1] {
            assert_eq!(outbound.seal(&mut vec![0; size], 20), Err(Error::Slot));
        }
    }
}
