//! What two texts have in common.

/// Bytes that are compared in one go.
const BLOCK: usize = 4096;

/// Bytes that are the same at the start.
pub(crate) fn front(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count();
    let equal = blocks * BLOCK;
    let rest = a.iter().skip(equal).zip(b.iter().skip(equal));
    equal + rest.take_while(|(a, b)| a == b).count()
}

/// Bytes that are the same at the end.
pub(crate) fn back(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK)).take_while(|(a, b)| a == b).count();
    let equal = blocks * BLOCK;
    let rest = a.iter().rev().skip(equal).zip(b.iter().rev().skip(equal));
    equal + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_two_texts_are_compared_to_the_byte() {
        let long = vec![7; 3 * BLOCK + 5];
        for at in [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 3, long.len() - 1] {
            let mut other = long.clone();
            other[at] = 8;
            assert_eq!((front(&long, &other), back(&long, &other)), (at, long.len() - at - 1));
        }
        assert_eq!((front(&long, &long), back(&long, &long[1..])), (long.len(), long.len() - 1));
        assert_eq!((front(b"", b"a"), back(b"ab", b"b")), (0, 1));
    }
}
