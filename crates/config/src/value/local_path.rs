//! A file of the disk.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::{BadValue, text_value};

/// A path of the disk; a relative one begins in the installation folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(Arc<str>);

impl LocalPath {
    pub fn below(&self, root: &Path) -> PathBuf {
        root.join(&*self.0)
    }
}

impl FromStr for LocalPath {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text {
            "" => Err(BadValue::new("a path must not be empty")),
            _ if text.chars().any(char::is_control) => {
                Err(BadValue::new("a path is one line without control characters"))
            }
            _ if text.ends_with('/') => Err(BadValue::new(format!("'{text}' is a folder"))),
            _ => Ok(Self(Arc::from(text))),
        }
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(LocalPath, "a path of the disk");
