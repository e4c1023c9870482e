//! One-time codes by time (RFC 6238): the key of an account, as authenticator apps exchange it.

use std::fmt::Write;

use causeway_core::{Random, Secret};
use data_encoding::BASE32_NOPAD;

use super::BadValue;

/// Bytes of an URI: the longest honest one has a few hundred.
const URI_MAX: usize = 1024;
/// Bytes of a key: RFC 4226 asks for 16, authenticator apps are content with 10. Longer ones than a block of the
/// hash gain nothing.
const KEY: std::ops::RangeInclusive<usize> = 10..=128;
/// Bytes of a new key: what SHA-1 gives and takes (RFC 4226 section 4).
const NEW_KEY: usize = 20;
/// Seconds for which one code counts.
const PERIOD: std::ops::RangeInclusive<u32> = 15..=300;

/// How codes are made: an `otpauth://totp/` URI, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totp {
    key: Secret,
    algorithm: TotpAlgorithm,
    digits: u8,
    period: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TotpAlgorithm {
    #[default]
    Sha1,
    Sha256,
    Sha512,
}

impl Totp {
    /// Reads the URI: `otpauth://totp/LABEL?secret=BASE32`, with `algorithm`, `digits` and `period` if they are not SHA1, 6
    /// and 30. Other parameters say how an app shows it.
    ///
    /// # Errors
    /// It cannot be honoured as it is written. Nothing of the URI is repeated.
    pub fn from_uri(uri: &Secret) -> Result<Self, BadValue> {
        let bad = |what: &str| BadValue::new(format!("not a URI of one-time codes: {what}"));
        let text = std::str::from_utf8(uri.expose()).map_err(|_| bad("it is not UTF-8"))?.trim();
        if text.len() > URI_MAX {
            return Err(bad("it is too long"));
        }
        let rest = strip_ascii_prefix(text, "otpauth://")
            .ok_or_else(|| bad("it does not begin with otpauth://totp/"))?;
        let rest =
            strip_ascii_prefix(rest, "totp/").ok_or_else(|| bad("its codes are not by time (totp)"))?;
        let (_, query) = rest.split_once('?').ok_or_else(|| bad("it has no secret"))?;
        if query.contains('#') {
            return Err(bad("it has a fragment"));
        }
        let (mut key, mut algorithm, mut digits, mut period) = (None, None, None, None);
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').ok_or_else(|| bad("a parameter has no value"))?;
            let name = name.to_ascii_lowercase();
            let again = match name.as_str() {
                "secret" => {
                    key.replace(read_key(value).ok_or_else(|| bad("its secret cannot be used"))?).is_some()
                }
                "algorithm" => {
                    let read = match value.to_ascii_uppercase().as_str() {
                        "SHA1" => TotpAlgorithm::Sha1,
                        "SHA256" => TotpAlgorithm::Sha256,
                        "SHA512" => TotpAlgorithm::Sha512,
                        _ => return Err(bad("its algorithm is none of: SHA1, SHA256, SHA512")),
                    };
                    algorithm.replace(read).is_some()
                }
                "digits" => {
                    let read = value.parse().ok().filter(|n| (6..=8u8).contains(n));
                    digits.replace(read.ok_or_else(|| bad("its digits are not 6, 7 or 8"))?).is_some()
                }
                "period" => {
                    let read = value.parse().ok().filter(|n| PERIOD.contains(n));
                    let read = read.ok_or_else(|| bad("its period is not from 15 to 300 seconds"))?;
                    period.replace(read).is_some()
                }
                // By counter, whatever the URI calls itself.
                "counter" => return Err(bad("its codes are not by time (totp)")),
                _ => false,
            };
            if again {
                return Err(bad("a parameter comes twice"));
            }
        }
        Ok(Self {
            key: key.ok_or_else(|| bad("it has no secret"))?,
            algorithm: algorithm.unwrap_or_default(),
            digits: digits.unwrap_or(6),
            period: period.unwrap_or(30),
        })
    }

    /// A new key: SHA-1, 6 digits, 30 seconds, which every app knows.
    pub fn generate(random: &Random) -> Self {
        let key = Secret::new(random.bytes::<NEW_KEY>());
        Self { key, algorithm: TotpAlgorithm::Sha1, digits: 6, period: 30 }
    }

    /// The URI, for an app that shows the account as `issuer` and `name`.
    pub fn to_uri(&self, issuer: &str, name: &str) -> Secret {
        let (issuer, name) = (percent_encoded(issuer), percent_encoded(name));
        let mut uri = format!("otpauth://totp/{issuer}:{name}?secret=");
        uri.push_str(&BASE32_NOPAD.encode(self.key.expose()));
        // Writing to a String cannot fail.
        let _ = write!(uri, "&issuer={issuer}");
        match self.algorithm {
            TotpAlgorithm::Sha1 => {}
            TotpAlgorithm::Sha256 => uri.push_str("&algorithm=SHA256"),
            TotpAlgorithm::Sha512 => uri.push_str("&algorithm=SHA512"),
        }
        if self.digits != 6 {
            let _ = write!(uri, "&digits={}", self.digits);
        }
        if self.period != 30 {
            let _ = write!(uri, "&period={}", self.period);
        }
        Secret::new(uri)
    }

    pub fn key(&self) -> &Secret {
        &self.key
    }

    pub fn algorithm(&self) -> TotpAlgorithm {
        self.algorithm
    }

    /// Digits of a code: 6, 7 or 8.
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// Seconds for which a code counts; never 0.
    pub fn period(&self) -> u32 {
        self.period
    }
}

/// Base32 (RFC 4648 section 6), in either case, with or without its padding.
fn read_key(text: &str) -> Option<Secret> {
    let text = text.replace("%3D", "=").replace("%3d", "=").to_ascii_uppercase();
    let key = BASE32_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()?;
    KEY.contains(&key.len()).then(|| Secret::new(key))
}

fn strip_ascii_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// RFC 3986 section 2: what is not unreserved is encoded.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(uri: &str) -> Result<Totp, BadValue> {
        Totp::from_uri(&Secret::new(uri))
    }

    #[test]
    fn a_uri_is_read_with_its_parameters_or_their_defaults() {
        let plain =
            read("otpauth://totp/ACME:johnd?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME").unwrap();
        assert_eq!(plain.key().expose(), b"12345678901234567890");
        assert_eq!((plain.algorithm(), plain.digits(), plain.period()), (TotpAlgorithm::Sha1, 6, 30));
        let other =
            read("OTPAUTH://TOTP/x?Digits=8&period=60&algorithm=sha256&secret=gezdgnbvgy3tqojq%3D&image=y");
        let other = other.unwrap();
        assert_eq!((other.algorithm(), other.digits(), other.period()), (TotpAlgorithm::Sha256, 8, 60));
        assert_eq!(other.key().expose(), b"1234567890");
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_and_not_repeated() {
        const KEY: &str = "secret=GEZDGNBVGY3TQOJQ";
        for bad in [
            String::new(),
            "x".to_owned(),
            format!("otpauth://hotp/x?{KEY}&counter=1"),
            format!("otpauth://totp/x?{KEY}&counter=1"),
            format!("https://totp/x?{KEY}"),
            "otpauth://totp/x".to_owned(),
            "otpauth://totp/x?issuer=y".to_owned(),
            "otpauth://totp/x?secret=AAAA".to_owned(),
            "otpauth://totp/x?secret=GEZDGNBVGY3TQOJ1".to_owned(),
            format!("otpauth://totp/x?secret={}", "A".repeat(208)),
            format!("otpauth://totp/x?{KEY}&{KEY}"),
            format!("otpauth://totp/x?{KEY}&digits=5"),
            format!("otpauth://totp/x?{KEY}&digits=9"),
            format!("otpauth://totp/x?{KEY}&period=0"),
            format!("otpauth://totp/x?{KEY}&period=3600"),
            format!("otpauth://totp/x?{KEY}&algorithm=MD5"),
            format!("otpauth://totp/x?{KEY}&digits"),
            format!("otpauth://totp/x?{KEY}#f"),
            format!("otpauth://totp/{}?{KEY}", "x".repeat(1024)),
        ] {
            let error = read(&bad).unwrap_err().0;
            assert!(!error.contains("GEZD"), "{error}");
        }
    }

    #[test]
    fn a_new_key_reads_back_from_its_uri() {
        let new = Totp::generate(&Random::predictable(1));
        let uri = new.to_uri("Big & Co", "jöhn:d");
        assert_eq!(Totp::from_uri(&uri).unwrap(), new);
        let text = String::from_utf8(uri.expose().to_vec()).unwrap();
        assert!(text.starts_with("otpauth://totp/Big%20%26%20Co:j%C3%B6hn%3Ad?secret="), "{text}");
        assert_eq!(new.key().expose().len(), 20);
        assert_ne!(new, Totp::generate(&Random::predictable(2)));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader_and_what_it_takes_reads_back(text in "(otpauth://totp/)?[ -~é]{0,80}") {
            if let Ok(totp) = read(&text) {
                prop_assert_eq!(Totp::from_uri(&totp.to_uri("a", "b")).unwrap(), totp);
            }
        }
    }
}
