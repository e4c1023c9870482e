//! Codes by time (RFC 6238), which are codes by counter (RFC 4226) whose counter is the number of the time step.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use causeway_config::value::{Totp, TotpAlgorithm};
use causeway_core::Timestamp;

/// Steps before and after the one of now whose codes count, too: clocks differ, and people type slowly.
const TOLERANCE: u64 = 1;

/// The step whose code this is, if it is one that counts now. Takes the same time whichever it is.
pub(super) fn step_of(totp: &Totp, code: &[u8], now: Timestamp) -> Option<u64> {
    let now = now.seconds().checked_div(u64::from(totp.period()))?;
    let mut found = None;
    for step in now.saturating_sub(TOLERANCE)..=now.saturating_add(TOLERANCE) {
        if verify_slices_are_equal(at(totp, step).as_bytes(), code).is_ok() {
            found = Some(step);
        }
    }
    found
}

/// The code of a step.
fn at(totp: &Totp, step: u64) -> String {
    let algorithm = match totp.algorithm() {
        TotpAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        TotpAlgorithm::Sha256 => hmac::HMAC_SHA256,
        TotpAlgorithm::Sha512 => hmac::HMAC_SHA512,
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, totp.key().expose()), &step.to_be_bytes());
    let digits = usize::from(totp.digits());
    let modulus = 10u32.checked_pow(u32::from(totp.digits())).unwrap_or(u32::MAX);
    format!("{:0digits$}", truncated(tag.as_ref()) % modulus)
}

/// RFC 4226 section 5.3: four bytes at the place that the last four bits name, without their sign.
fn truncated(tag: &[u8]) -> u32 {
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let word = tag.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    u32::from_be_bytes(word) & 0x7fff_ffff
}

#[cfg(test)]
pub(crate) fn code_for_test(totp: &Totp, seconds: u64) -> String {
    at(totp, seconds / u64::from(totp.period()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_core::Secret;
    use data_encoding::BASE32_NOPAD;

    fn totp(key: &[u8], parameters: &str) -> Totp {
        let uri = format!("otpauth://totp/x?secret={}{parameters}", BASE32_NOPAD.encode(key));
        Totp::from_uri(&Secret::new(uri)).unwrap()
    }

    /// RFC 6238 appendix B (with its erratum 2866: the keys are as long as the hashes).
    #[test]
    fn codes_by_time_give_the_known_answers() {
        let key = b"1234567890123456789012345678901234567890123456789012345678901234";
        let sha1 = totp(&key[..20], "&digits=8");
        let sha256 = totp(&key[..32], "&digits=8&algorithm=SHA256");
        let sha512 = totp(key, "&digits=8&algorithm=SHA512");
        for (seconds, one, two, three) in [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            for (totp, code) in [(&sha1, one), (&sha256, two), (&sha512, three)] {
                assert_eq!(code_for_test(totp, seconds), code);
                let now = Timestamp::from_seconds(seconds);
                // The last is later than any time that is kept here.
                if now.seconds() == seconds {
                    assert_eq!(step_of(totp, code.as_bytes(), now), Some(seconds / 30));
                }
            }
        }
    }

    /// RFC 4226 appendix D.
    #[test]
    fn codes_of_six_digits_give_the_known_answers() {
        let totp = totp(b"12345678901234567890", "");
        for (step, code) in [(0, "755224"), (1, "287082"), (2, "359152"), (3, "969429"), (9, "520489")] {
            assert_eq!(at(&totp, step), code);
        }
    }

    #[test]
    fn one_step_to_each_side_counts_and_no_other() {
        let totp = totp(b"12345678901234567890", "&period=60");
        let code = code_for_test(&totp, 60_000);
        for (seconds, counts) in
            [(59_939, false), (59_940, true), (60_000, true), (60_119, true), (60_120, false)]
        {
            let step = step_of(&totp, code.as_bytes(), Timestamp::from_seconds(seconds));
            assert_eq!(step, counts.then_some(1000), "{seconds}");
        }
        for other in [&b""[..], b"1", b"999999999999"] {
            assert_eq!(step_of(&totp, other, Timestamp::from_seconds(60_000)), None);
        }
        assert_eq!(step_of(&totp, at(&totp, 0).as_bytes(), Timestamp::from_seconds(0)), Some(0));
    }
}
