//! Public keys in an option.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::sshkey::{AuthorizedKey, UnusableLine, parse_authorized};

use super::{BadValue, text_value};

/// Public keys of a user, one a line in OpenSSH's format, with options before them. One bad line makes all of them
/// unusable: what was meant cannot be known.
#[derive(Clone, Default)]
pub struct AuthorizedKeys {
    keys: Arc<[AuthorizedKey]>,
    unusable: Arc<[UnusableLine]>,
}

impl AuthorizedKeys {
    /// Lines whose keys are of a type or size that is not supported.
    pub fn unusable(&self) -> &[UnusableLine] {
        &self.unusable
    }
}

impl Deref for AuthorizedKeys {
    type Target = [AuthorizedKey];

    fn deref(&self) -> &[AuthorizedKey] {
        &self.keys
    }
}

impl FromStr for AuthorizedKeys {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        parse_authorized(text.as_bytes())
            .map(|lines| Self { keys: lines.keys.into(), unusable: lines.unusable.into() })
            .map_err(|e| BadValue::new(e.to_string()))
    }
}

impl fmt::Display for AuthorizedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.iter().map(AuthorizedKey::to_openssh);
        let unusable = self.unusable.iter().map(|line| line.to_openssh().to_vec());
        for (i, line) in keys.chain(unusable).enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&String::from_utf8_lossy(&line))?;
        }
        Ok(())
    }
}

impl fmt::Debug for AuthorizedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|k| k.key().fingerprint())).finish()
    }
}

text_value!(AuthorizedKeys, "OpenSSH public keys, one a line");
