//! One piece of arithmetic: OpenSSH's format leaves out two numbers that an RSA key needs for signing.

use zeroize::Zeroizing;

/// `number mod modulus`, big-endian, as long as `modulus`. Both are secret, so what is done depends on their
/// lengths alone: one shift and one subtraction a bit, kept or not by a mask. `modulus` must not be 0.
pub(super) fn remainder(number: &[u8], modulus: &[u8]) -> Zeroizing<Vec<u8>> {
    // Little-endian with a byte to spare: twice a remainder fits.
    let modulus: Zeroizing<Vec<u8>> = Zeroizing::new(modulus.iter().rev().copied().chain([0]).collect());
    let mut rest = Zeroizing::new(vec![0u8; modulus.len()]);
    let mut less = Zeroizing::new(vec![0u8; modulus.len()]);
    for byte in number {
        for bit in (0..8).rev() {
            let mut carry = (byte >> bit) & 1;
            for r in rest.iter_mut() {
                let out = *r >> 7;
                *r = (*r << 1) | carry;
                carry = out;
            }
            let mut borrow = 0u8;
            for ((l, r), m) in less.iter_mut().zip(rest.iter()).zip(modulus.iter()) {
                let (v, below) = r.overflowing_sub(*m);
                let (v, below_too) = v.overflowing_sub(borrow);
                *l = v;
                borrow = u8::from(below | below_too);
            }
            // All ones where the subtraction went below zero: keep what was there.
            let keep = 0u8.wrapping_sub(borrow);
            for (r, l) in rest.iter_mut().zip(less.iter()) {
                *r = (*r & keep) | (*l & !keep);
            }
        }
    }
    rest.pop();
    rest.reverse();
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn remainders_are_those_of_arithmetic(a in any::<u128>(), m in 1..=u64::MAX) {
            let got = remainder(&a.to_be_bytes(), &m.to_be_bytes());
            prop_assert_eq!(got.as_slice(), &u64::try_from(a % u128::from(m)).unwrap().to_be_bytes()[..]);
        }
    }
}
