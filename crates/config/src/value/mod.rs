//! What one option may hold: types that parse their text and hold nothing that is not legal.
//!
//! Each type reads with `FromStr` (where the text decides alone) and, through [`text_value`], with serde; its
//! error says what is wrong with the value and never repeats a secret.

mod address;
mod address_rules;
mod algorithms;
mod ciphers;
mod datetime;
mod dh_prime_size;
mod event_filter;
mod folders;
mod inherit;
mod keys;
mod list;
mod local_path;
mod log_file;
mod mailbox;
mod networks;
mod number;
mod password;
mod password_policy;
mod recovery;
mod rules;
mod secret_source;
mod template;
mod text;
mod totp;
mod write_name;

pub use address::{ListenAddress, Port};
pub use address_rules::{AddressRule, AddressRules, Network, Ruling};
pub use ciphers::{CipherList, Ciphers};
pub use datetime::{RelaxedDateTime, UnixSeconds};
pub use dh_prime_size::{DhPrimeMode, DhPrimeSize};
pub use event_filter::{DataFilter, DataRule, Selection, SourceAddresses, Target};
pub use folders::{FolderList, PathList, VirtualFolder, VirtualFolders};
pub use inherit::Inherit;
pub use keys::AuthorizedKeys;
pub use list::{IdList, TextList};
pub use local_path::LocalPath;
pub use log_file::{LineTemplate, LogPath, RotateCount, RotateOn, RotateSize};
pub use mailbox::{Mailbox, Mailboxes};
pub use networks::Networks;
pub use number::{ByteSize, Days, IdleTimeout, PositiveDays, PositiveSeconds, RekeyBytes, Seconds, Umask};
pub use password::{PasswordScheme, StoredPassword};
pub use password_policy::{CharacterRequirements, PasswordStrength};
pub use recovery::{RECOVERY_CODE_CHARS, RECOVERY_CODES, RecoveryCodes, RecoveryHash};
pub use rules::PermissionRules;
pub use secret_source::{SecretError, SecretSource};
pub(crate) use template::Subject;
pub use template::{HomePath, PathTemplate};
pub use text::{Name, Text};
pub use totp::{Totp, TotpAlgorithm};
pub use write_name::AmendWriteName;

/// Why a value is not one of its option's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub String);

impl BadValue {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Gives a type that reads with `FromStr` its place in an options struct: serde reads and writes it as text, its
/// schema is a string with that description. A secret is not written.
macro_rules! text_value {
    ($type:ty, $about:literal) => {
        $crate::value::text_value!($type, $about, secret);

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
    ($type:ty, $about:literal, secret) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::value::from_text(deserializer, $about)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": $about })
            }
        }
    };
}
pub(crate) use text_value;

/// Reads text and parses it.
pub(crate) fn from_text<'de, D, T>(deserializer: D, about: &'static str) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err = BadValue>,
{
    struct Visitor<T>(&'static str, std::marker::PhantomData<T>);

    impl<T: std::str::FromStr<Err = BadValue>> serde::de::Visitor<'_> for Visitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Visitor(about, std::marker::PhantomData))
}

/// The lines of a value that has one item a line.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty())
}

#[cfg(test)]
mod tests;
