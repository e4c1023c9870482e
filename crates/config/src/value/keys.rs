//! Public keys in an option.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::sshkey::{AuthorizedKey, parse_authorized};

use super::{BadValue, text_value};

/// Public keys of a user, one a line in OpenSSH's format, with options before them. One bad line makes all of them
/// unusable: what was meant cannot be known.
#[derive(Clone, Default)]
pub struct AuthorizedKeys(Arc<[AuthorizedKey]>);

impl Deref for AuthorizedKeys {
    type Target = [AuthorizedKey];

    fn deref(&self) -> &[AuthorizedKey] {
        &self.0
    }
}

impl FromStr for AuthorizedKeys {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        parse_authorized(text.as_bytes())
            .map(|keys| Self(keys.into()))
            .map_err(|e| BadValue::new(e.to_string()))
    }
}

impl fmt::Display for AuthorizedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&String::from_utf8_lossy(&key.to_openssh()))?;
        }
        Ok(())
    }
}

impl fmt::Debug for AuthorizedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|k| k.key().fingerprint())).finish()
    }
}

text_value!(AuthorizedKeys, "OpenSSH public keys, one a line");
