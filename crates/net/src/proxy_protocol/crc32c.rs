//! CRC-32C (Castagnoli), as RFC 3720 section B.4 describes it. Headers are short: a table is not worth its place.

const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The checksum of the parts, one after the other.
pub(super) fn of<const N: usize>(parts: [&[u8]; N]) -> u32 {
    let mut sum = u32::MAX;
    for byte in parts.into_iter().flatten() {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_answers_of_rfc_3720_come_out() {
        assert_eq!(of([&[0; 32]]), 0x8a91_36aa);
        assert_eq!(of([&[0xff; 32]]), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(of([&rising]), 0x46dd_794e);
        assert_eq!(of([b"12345", b"6789"]), 0xe306_9283);
    }
}
