//! Under which names written files are stored.

use std::fmt;
use std::str::FromStr;

use super::{BadValue, text_value};

/// The option `amend_write_name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AmendWriteName {
    /// Under the name that the client gives.
    #[default]
    Never,
    /// Under `UUID4-NAME`, each time another.
    UuidPrefix,
}

impl FromStr for AmendWriteName {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.to_ascii_lowercase().as_str() {
            "" => Ok(Self::Never),
            "uuid-prefix" => Ok(Self::UuidPrefix),
            _ => Err(BadValue::new(format!("'{text}' is neither empty nor uuid-prefix"))),
        }
    }
}

impl fmt::Display for AmendWriteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "",
            Self::UuidPrefix => "uuid-prefix",
        })
    }
}

text_value!(AmendWriteName, "empty or 'uuid-prefix'");
