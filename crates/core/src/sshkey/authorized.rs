//! Lines of `authorized_keys`: keys with options (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
//!
//! Options of what is never offered here (forwarding, terminals) are read and need nothing; those that restrict are
//! honoured; one that is not known makes its key unusable, and that key alone. So does a type or a size of key that is not
//! supported.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::error::{KeyError, LineError};
use super::patterns::Patterns;
use super::public::PublicKey;
use super::text::{Block, is_whole, openssh_line, parse_each, split_options, word};
use crate::{Timestamp, escape};

/// A key, and under which terms it lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedKey {
    key: PublicKey,
    /// Mostly there are none, and there are many keys.
    terms: Option<Box<KeyTerms>>,
}

/// What the options of a line say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyTerms {
    /// As they are written.
    pub written: Vec<u8>,
    /// The key is that of an authority whose certificates let in; itself it lets nobody in.
    pub is_authority: bool,
    /// For an authority: the names one of which a certificate must have, instead of the account's.
    pub principals: Option<Vec<Vec<u8>>>,
    /// From where it may be used.
    pub from: Option<Patterns>,
    pub expires: Option<Expiry>,
    /// Nothing but SFTP may be asked for (`command="internal-sftp"`).
    pub sftp_only: bool,
    /// A FIDO key need not be touched.
    pub no_touch_required: bool,
    /// A FIDO key must have recognised its user.
    pub verify_required: bool,
    /// Why the key must be refused: an option that is not known or cannot be honoured. For the administrator.
    pub refused: Option<String>,
}

/// The lines of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorized {
    pub keys: Vec<AuthorizedKey>,
    pub unusable: Vec<UnusableLine>,
}

/// A line with a whole key of a type or size that is not supported: it lets nobody in, and others are as good as without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableLine {
    pub why: LineError,
    written: Vec<u8>,
}

impl UnusableLine {
    /// The line, without what its owner wrote beside the key.
    pub fn to_openssh(&self) -> &[u8] {
        &self.written
    }
}

/// A moment, in local time or in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    civil: DateTime,
    is_utc: bool,
}

static NO_TERMS: KeyTerms = KeyTerms {
    written: Vec::new(),
    is_authority: false,
    principals: None,
    from: None,
    expires: None,
    sftp_only: false,
    no_touch_required: false,
    verify_required: false,
    refused: None,
};

impl AuthorizedKey {
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    pub fn terms(&self) -> &KeyTerms {
        self.terms.as_deref().unwrap_or(&NO_TERMS)
    }

    /// The line.
    pub fn to_openssh(&self) -> Vec<u8> {
        let mut line = self.terms().written.clone();
        if !line.is_empty() {
            line.push(b' ');
        }
        line.extend_from_slice(&self.key.to_openssh());
        line
    }
}

impl From<PublicKey> for AuthorizedKey {
    fn from(key: PublicKey) -> Self {
        Self { key, terms: None }
    }
}

/// The keys of a text, as [`super::parse_many`] reads them, with the options before them.
///
/// # Errors
/// The first line that is no key; no key of such a text may be used.
pub fn parse_authorized(text: &[u8]) -> Result<Authorized, LineError> {
    let of_block = |block: &Block| judged(block.key().map(AuthorizedKey::from), &[], &block.openssh_line());
    let mut all = Authorized::default();
    for (line, read) in parse_each(text, line, of_block)? {
        match read {
            Read::Key(key) => all.keys.push(key),
            Read::Unusable { error, written } => {
                all.unusable.push(UnusableLine { why: LineError { line, error }, written });
            }
        }
    }
    Ok(all)
}

/// What a line holds.
enum Read {
    Key(AuthorizedKey),
    Unusable { error: KeyError, written: Vec<u8> },
}

fn judged(read: Result<AuthorizedKey, KeyError>, options: &[u8], key: &[u8]) -> Result<Read, KeyError> {
    match read {
        Err(error) if error.is_support() && is_whole(key) => {
            let (name, rest) = word(key);
            let written = [options, name, word(rest).0].join(&b' ').trim_ascii().to_vec();
            Ok(Read::Unusable { error, written })
        }
        read => read.map(Read::Key),
    }
}

fn line(line: &[u8]) -> Result<Read, KeyError> {
    let plain = openssh_line(line);
    let Err(KeyError::Options(_)) = plain else { return judged(plain.map(AuthorizedKey::from), &[], line) };
    let (written, rest) = split_options(line.trim_ascii());
    judged(with_options(written, rest), written, rest)
}

fn with_options(written: &[u8], rest: &[u8]) -> Result<AuthorizedKey, KeyError> {
    // A lone CR is no line end here, but would be one elsewhere.
    if written.iter().any(|b| b.is_ascii_control() && *b != b'\t') {
        return Err(KeyError::BadOptions);
    }
    let options = tokens(written).ok_or(KeyError::BadOptions)?;
    let key = openssh_line(rest)?;
    let mut terms = KeyTerms { written: written.to_vec(), ..KeyTerms::default() };
    for option in &options {
        terms.take(option);
    }
    if terms.principals.is_some() && !terms.is_authority {
        terms.refuse(b"principals", "it belongs to 'cert-authority'");
    }
    Ok(AuthorizedKey { key, terms: Some(Box::new(terms)) })
}

/// One option: its name in lower case, and its value.
struct Token {
    name: Vec<u8>,
    value: Option<Vec<u8>>,
}

/// Splits at commas outside of quotes. `None`: a quotation has no end, something stands beside one, or a name is empty.
fn tokens(written: &[u8]) -> Option<Vec<Token>> {
    let mut all = Vec::new();
    let mut rest = written;
    loop {
        let end = rest.iter().position(|b| matches!(b, b'=' | b',' | b'"')).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if name.is_empty() {
            return None;
        }
        let (value, after) = match after.strip_prefix(b"=\"") {
            Some(quoted) => {
                let (value, after) = quotation(quoted)?;
                (Some(value), after)
            }
            None => (None, after),
        };
        all.push(Token { name: name.to_ascii_lowercase(), value });
        match after {
            [] => return Some(all),
            [b',', more @ ..] => rest = more,
            _ => return None,
        }
    }
}

/// What stands before the closing quote, and what follows it; `\"` is a quote within.
fn quotation(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [b'\\', b'"', more @ ..] => {
                value.push(b'"');
                rest = more;
            }
            [b'"', more @ ..] => return Some((value, more)),
            [byte, more @ ..] => {
                value.push(*byte);
                rest = more;
            }
            [] => return None,
        }
    }
}

impl KeyTerms {
    fn take(&mut self, option: &Token) {
        match (option.name.as_slice(), option.value.as_deref()) {
            // Nothing of it is offered, allowed or not.
            (
                b"agent-forwarding"
                | b"no-agent-forwarding"
                | b"port-forwarding"
                | b"no-port-forwarding"
                | b"pty"
                | b"no-pty"
                | b"user-rc"
                | b"no-user-rc"
                | b"x11-forwarding"
                | b"no-x11-forwarding"
                | b"restrict",
                None,
            ) => {}
            (b"permitopen" | b"permitlisten" | b"tunnel" | b"environment", Some(_)) => {}
            (b"cert-authority", None) => self.is_authority = true,
            (b"no-touch-required", None) => self.no_touch_required = true,
            (b"verify-required", None) => self.verify_required = true,
            (b"from", Some(list)) if self.from.is_none() => match Patterns::parse(list) {
                Some(from) => self.from = Some(from),
                None => self.refuse(b"from", "its addresses cannot be read"),
            },
            (b"expiry-time", Some(text)) if self.expires.is_none() => match Expiry::parse(text) {
                Some(expires) => self.expires = Some(expires),
                None => self.refuse(b"expiry-time", "it is no moment (YYYYMMDD[HHMM[SS]], with a Z for UTC)"),
            },
            (b"principals", Some(list)) if self.principals.is_none() => {
                let names = list.split(|b| *b == b',').map(<[u8]>::trim_ascii);
                self.principals = Some(names.filter(|n| !n.is_empty()).map(<[u8]>::to_vec).collect());
            }
            (b"command", Some(b"internal-sftp")) => self.sftp_only = true,
            (b"command", Some(_)) => self.refuse(b"command", "only 'internal-sftp' can be run here"),
            (b"from" | b"expiry-time" | b"principals", Some(_)) => {
                self.refuse(&option.name, "it is there twice")
            }
            (name, _) => self.refuse(name, "it is not known, or its value is missing"),
        }
    }

    fn refuse(&mut self, name: &[u8], why: &str) {
        let name = escape::text(name.get(..64).unwrap_or(name));
        self.refused.get_or_insert_with(|| format!("its option '{name}' cannot be honoured: {why}"));
    }
}

impl Expiry {
    /// `YYYYMMDD[Z]` or `YYYYMMDDHHMM[SS][Z]`.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (digits, is_utc) = text.strip_suffix(['Z', 'z']).map_or((text, false), |digits| (digits, true));
        if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i8>().ok());
        let date = Date::new(digits.get(..4)?.parse().ok()?, two(4)?, two(6)?).ok()?;
        let time = Time::new(two(8)?, two(10)?, two(12)?, 0).ok()?;
        Some(Self { civil: date.to_datetime(time), is_utc })
    }

    /// The moment, with `zone` as local time. `None`: it is outside the years that can be told.
    pub fn timestamp(self, zone: &TimeZone) -> Option<Timestamp> {
        let moment = match self.is_utc {
            true => Offset::UTC.to_timestamp(self.civil).ok()?,
            false => zone.to_ambiguous_timestamp(self.civil).compatible().ok()?,
        };
        u64::try_from(moment.as_nanosecond()).map(Timestamp).ok()
    }
}

#[cfg(test)]
mod tests;
