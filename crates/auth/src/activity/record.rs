//! What is kept of one account, and how the state has it: a line for each fact, `name value...`.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

/// Moments are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    pub(super) last_login: Option<Login>,
    /// When the last login was found to be yet to come: the clock was ahead, and has stepped back.
    pub(super) ahead_since: Option<u64>,
    /// When an account was first seen that does not say when it was made.
    pub(super) known_since: Option<u64>,
    pub(super) disabled: Option<Disabled>,
    /// When an administrator made the disabled account anew.
    pub(super) cleared: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) at: u64,
    pub(super) source: IpAddr,
    pub(super) service: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disabled {
    pub(super) at: u64,
    /// The option `changed` as it was then.
    pub(super) changed: String,
}

impl Record {
    pub(super) fn unreadable() -> Self {
        Self { disabled: Some(Disabled { at: 0, changed: String::new() }), ..Self::default() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = String::new();
        // Writing to a String cannot fail.
        if let Some(Login { at, source, service }) = &self.last_login {
            let _ = writeln!(out, "login {at} {source} {service}");
        }
        if let Some(at) = self.ahead_since {
            let _ = writeln!(out, "ahead {at}");
        }
        if let Some(at) = self.known_since {
            let _ = writeln!(out, "known {at}");
        }
        if let Some(Disabled { at, changed }) = &self.disabled {
            let _ = writeln!(out, "disabled {at} {changed}");
        }
        if let Some(at) = self.cleared {
            let _ = writeln!(out, "cleared {at}");
        }
        out.into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut record = Self::default();
        for line in std::str::from_utf8(bytes).ok()?.lines() {
            let (name, rest) = line.split_once(' ')?;
            let (at, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let at: u64 = at.parse().ok()?;
            match name {
                "login" => {
                    let (source, service) = rest.split_once(' ')?;
                    let login = Login { at, source: source.parse().ok()?, service: Arc::from(service) };
                    record.last_login = Some(login);
                }
                "ahead" => record.ahead_since = Some(at),
                "known" => record.known_since = Some(at),
                "disabled" => record.disabled = Some(Disabled { at, changed: rest.to_owned() }),
                "cleared" => record.cleared = Some(at),
                _ => return None,
            }
        }
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_what_is_none_is_no_record() {
        let login = Login { at: 5, source: "::1".parse().unwrap(), service: "s 1".into() };
        let disabled = Disabled { at: 7, changed: "2025-01-01 10:00:00Z".into() };
        let whole = Record {
            last_login: Some(login),
            ahead_since: Some(4),
            known_since: Some(3),
            disabled: Some(disabled),
            cleared: Some(9),
        };
        let empty_word = Disabled { at: 7, changed: String::new() };
        for record in [Record::default(), whole, Record { disabled: Some(empty_word), ..Record::default() }] {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
        for bad in [&b"login x"[..], b"login 5 here s", b"known", b"else 5", b"\xff"] {
            assert_eq!(Record::decode(bad), None);
        }
    }
}
