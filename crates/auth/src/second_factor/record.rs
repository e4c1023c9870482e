//! What is kept of an account's codes, and how the state has it: a line for each fact, `name value...`.

use std::collections::BTreeSet;
use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use causeway_config::value::{RecoveryCodes, RecoveryHash, Totp};
use causeway_core::{Secret, Timestamp};

use super::codes;
use super::{Used, WrongCode};

/// Wrong codes in a row after which not every one is looked at.
const MOST_WRONG: u32 = 5;
/// Seconds that have to pass then between two that are.
const PAUSE: u64 = 60;

/// Used recovery codes that are remembered at the most.
const MOST_USED: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// Of the generator that the rest is about: another begins anew.
    key: String,
    /// The last step whose code was used. Neither it nor one before it counts again (RFC 6238 section 5.2).
    step: Option<u64>,
    /// Wrong codes since the last right one, and when the last of them came.
    wrong: u32,
    wrong_at: u64,
    /// Recovery codes that were used.
    used: BTreeSet<RecoveryHash>,
}

impl Record {
    /// Whether the code is good, and what is to be kept from here on.
    pub(super) fn judge(
        &mut self,
        totp: &Totp,
        recovery: &RecoveryCodes,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Used, WrongCode> {
        let key = fingerprint(totp);
        if self.key != key {
            *self = Self { key, used: std::mem::take(&mut self.used), ..Self::default() };
        }
        // Those that the configuration has no more may come back with an earlier version of it.
        if self.used.len() > MOST_USED {
            self.used.retain(|hash| recovery.contains(hash));
        }
        // A clock that has stepped back to before the last wrong one keeps nobody waiting.
        let waited = now.seconds().checked_sub(self.wrong_at);
        if self.wrong >= MOST_WRONG && waited.is_some_and(|waited| waited < PAUSE) {
            return Err(WrongCode::TooMany);
        }
        let verdict = self.find(totp, recovery, code, now);
        match verdict {
            Ok(_) => self.wrong = 0,
            Err(_) => {
                self.wrong = self.wrong.saturating_add(1);
                self.wrong_at = now.seconds();
            }
        }
        verdict
    }

    fn find(
        &mut self,
        totp: &Totp,
        recovery: &RecoveryCodes,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Used, WrongCode> {
        if let Some(step) = codes::step_of(totp, code.expose(), now) {
            if self.step.is_some_and(|last| step <= last) {
                return Err(WrongCode::Again);
            }
            self.step = Some(step);
            return Ok(Used::Totp);
        }
        let hash = RecoveryHash::of(code.expose()).filter(|hash| recovery.contains(hash));
        let hash = hash.ok_or(WrongCode::Wrong)?;
        if !self.used.insert(hash) {
            return Err(WrongCode::Again);
        }
        let used = self.used.iter().filter(|hash| recovery.contains(hash)).count();
        Ok(Used::Recovery { left: recovery.len().saturating_sub(used) })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = format!("key {}\n", self.key);
        // Writing to a String cannot fail.
        if let Some(step) = self.step {
            let _ = writeln!(out, "step {step}");
        }
        if self.wrong > 0 {
            let _ = writeln!(out, "wrong {} {}", self.wrong, self.wrong_at);
        }
        for hash in &self.used {
            let _ = writeln!(out, "used {hash}");
        }
        out.into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut record = Self::default();
        for line in std::str::from_utf8(bytes).ok()?.lines() {
            let (name, rest) = line.split_once(' ')?;
            match name {
                "key" => rest.clone_into(&mut record.key),
                "step" => record.step = Some(rest.parse().ok()?),
                "wrong" => {
                    let (count, at) = rest.split_once(' ')?;
                    (record.wrong, record.wrong_at) = (count.parse().ok()?, at.parse().ok()?);
                }
                "used" => _ = record.used.insert(rest.parse().ok()?),
                _ => return None,
            }
        }
        Some(record)
    }
}

/// Tells generators apart and nothing about their keys, which have 80 bits at least. With another period the steps have
/// other numbers.
fn fingerprint(totp: &Totp) -> String {
    let digest = digest(&SHA256, &[totp.key().expose(), &totp.period().to_be_bytes()].concat());
    data_encoding::HEXLOWER.encode(digest.as_ref().get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_core::Random;
    use codes::code_for_test;

    const NOW: u64 = 1_900_000_020;

    fn totp(seed: u64) -> Totp {
        Totp::generate(&Random::predictable(seed))
    }

    fn judge(record: &mut Record, totp: &Totp, code: &str, now: u64) -> Result<Used, WrongCode> {
        // As the state has it in between.
        *record = Record::decode(&record.encode()).unwrap();
        record.judge(totp, &RecoveryCodes::default(), &Secret::new(code), Timestamp::from_seconds(now))
    }

    #[test]
    fn a_code_counts_once_and_none_before_it_afterwards() {
        let (mut record, totp) = (Record::default(), totp(1));
        let code = |seconds| code_for_test(&totp, seconds);
        assert_eq!(judge(&mut record, &totp, &code(NOW), NOW), Ok(Used::Totp));
        for again in [code(NOW), code(NOW - 30)] {
            assert_eq!(judge(&mut record, &totp, &again, NOW), Err(WrongCode::Again));
        }
        assert_eq!(judge(&mut record, &totp, &code(NOW + 30), NOW), Ok(Used::Totp));
        assert_eq!(judge(&mut record, &totp, &code(NOW - 60), NOW), Err(WrongCode::Wrong));
    }

    #[test]
    fn another_key_begins_anew() {
        let (mut record, first, second) = (Record::default(), totp(1), totp(2));
        // The clock was far ahead.
        judge(&mut record, &first, &code_for_test(&first, NOW * 2), NOW * 2).unwrap();
        assert!(judge(&mut record, &first, &code_for_test(&first, NOW), NOW).is_err());
        assert_eq!(judge(&mut record, &second, &code_for_test(&second, NOW), NOW), Ok(Used::Totp));
    }

    #[test]
    fn after_some_wrong_codes_one_a_minute_is_looked_at() {
        let (mut record, totp) = (Record::default(), totp(1));
        let right = code_for_test(&totp, NOW);
        for _ in 0..MOST_WRONG {
            assert_eq!(judge(&mut record, &totp, "x", NOW), Err(WrongCode::Wrong));
        }
        for at in [NOW, NOW + 29] {
            assert_eq!(judge(&mut record, &totp, &right, at), Err(WrongCode::TooMany));
        }
        assert_eq!(judge(&mut record, &totp, "x", NOW + 60), Err(WrongCode::Wrong));
        assert_eq!(judge(&mut record, &totp, "x", NOW + 119), Err(WrongCode::TooMany));
        let later = NOW + 120;
        assert_eq!(judge(&mut record, &totp, &code_for_test(&totp, later), later), Ok(Used::Totp));
        // A right one pays for the wrong ones.
        assert_eq!(judge(&mut record, &totp, "x", later), Err(WrongCode::Wrong));
        assert_eq!(judge(&mut record, &totp, &code_for_test(&totp, later + 30), later), Ok(Used::Totp));
    }

    #[test]
    fn each_recovery_code_counts_once() {
        let (codes, hashes) = RecoveryCodes::generate(&Random::predictable(3));
        let (mut record, totp) = (Record::default(), totp(1));
        let mut use_one = |code: &Secret, of: &RecoveryCodes| {
            record = Record::decode(&record.encode()).unwrap();
            record.judge(&totp, of, code, Timestamp::from_seconds(NOW))
        };
        assert_eq!(use_one(&codes[3], &hashes), Ok(Used::Recovery { left: 9 }));
        assert_eq!(use_one(&codes[3], &hashes), Err(WrongCode::Again));
        assert_eq!(use_one(&codes[0], &hashes), Ok(Used::Recovery { left: 8 }));
        // Only those of the account count.
        let (others, other_hashes) = RecoveryCodes::generate(&Random::predictable(4));
        assert_eq!(use_one(&others[0], &hashes), Err(WrongCode::Wrong));
        assert_eq!(use_one(&others[0], &other_hashes), Ok(Used::Recovery { left: 9 }));
    }

    #[test]
    fn a_recovery_code_does_not_come_back_with_an_earlier_configuration() {
        let (codes, hashes) = RecoveryCodes::generate(&Random::predictable(3));
        let (_, new) = RecoveryCodes::generate(&Random::predictable(4));
        let (mut record, totp) = (Record::default(), totp(1));
        let mut use_one = |code: &Secret, of: &RecoveryCodes| {
            record = Record::decode(&record.encode()).unwrap();
            record.judge(&totp, of, code, Timestamp::from_seconds(NOW))
        };
        assert_eq!(use_one(&codes[3], &hashes), Ok(Used::Recovery { left: 9 }));
        assert_eq!(use_one(&codes[3], &new), Err(WrongCode::Wrong));
        assert_eq!(use_one(&codes[3], &hashes), Err(WrongCode::Again));
    }

    #[test]
    fn another_period_of_the_same_key_is_another_generator() {
        let uri = |period: u32| {
            let text = format!("otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&period={period}");
            Totp::from_uri(&Secret::new(text)).unwrap()
        };
        let (mut record, short, long) = (Record::default(), uri(30), uri(60));
        assert_eq!(judge(&mut record, &short, &code_for_test(&short, NOW), NOW), Ok(Used::Totp));
        assert_eq!(judge(&mut record, &long, &code_for_test(&long, NOW), NOW), Ok(Used::Totp));
    }

    #[test]
    fn what_is_no_record_is_not_taken_for_one() {
        for bad in [&b"step"[..], b"step x", b"wrong 1", b"used x", b"else 1", b"\xff"] {
            assert_eq!(Record::decode(bad), None);
        }
        assert_eq!(Record::decode(b""), Some(Record::default()));
    }
}
