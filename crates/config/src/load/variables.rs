//! Environment variables that win over the files.
//!
//! ```text
//! CAUSEWAY__SERVER__UMASK=027
//! CAUSEWAY__SERVICES__SFTP__PORT=2222
//! CAUSEWAY__ACCOUNTS__ALICE_ID__PASSWORD_FILE=/run/secrets/alice
//! ```
//!
//! Names are compared without regard to case, and with `-` and `.` as `_`. The second form takes the value from a file,
//! without the line end at its end.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::Environment;

/// What the names begin with.
const PREFIX: &str = "CAUSEWAY__";
/// What the names end with when the value is in a file.
const IN_FILE: &str = "_FILE";
/// Bytes in such a file.
const VALUE_MAX: u64 = 1 << 20;

/// Why the environment cannot be honoured. Names variables, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    #[error("the environment variable {0} names no option of a section of the configuration")]
    Unknown(String),
    #[error("the environment variable {0} could mean more than one option")]
    Ambiguous(String),
    #[error("the environment variables {0} and {1} mean the same option")]
    Twice(String, String),
    #[error("the environment variable {0} is not UTF-8")]
    NotText(String),
    #[error("the file that the environment variable {name} names cannot be read: {error}")]
    File { name: String, error: String },
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// As it is set.
    pub(crate) name: String,
    /// The same for messages.
    pub(crate) place: Arc<str>,
    /// What it could mean.
    pub(crate) readings: Vec<Reading>,
}

/// One way to read a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The name without the prefix, in upper case; without `_FILE` where the value is in a file.
    normal: String,
    /// Or why the file cannot be read.
    pub(crate) value: Result<String, String>,
}

/// Everything that the environment says, in the order of the names.
pub(crate) fn read(root: &Path, environment: &Environment) -> Result<Vec<Variable>, VariableError> {
    let mut names: Vec<&str> = environment.names().filter(|name| rest_of(name).is_some()).collect();
    names.sort_unstable();
    names.into_iter().map(|name| one(root, environment, name)).collect()
}

fn rest_of(name: &str) -> Option<&str> {
    name.split_at_checked(PREFIX.len()).filter(|(p, _)| p.eq_ignore_ascii_case(PREFIX)).map(|(_, rest)| rest)
}

fn one(root: &Path, environment: &Environment, name: &str) -> Result<Variable, VariableError> {
    let normal = Variable::normal(rest_of(name).unwrap_or_default());
    let value = environment.variable(name).and_then(|v| v.to_str());
    let value = value.ok_or_else(|| VariableError::NotText(name.to_owned()))?;
    let mut readings = Vec::new();
    if let Some(option) = normal.strip_suffix(IN_FILE) {
        readings.push(Reading { normal: option.to_owned(), value: in_file(&root.join(value)) });
    }
    readings.push(Reading { normal, value: Ok(value.to_owned()) });
    Ok(Variable { name: name.to_owned(), place: Arc::from(format!("environment variable {name}")), readings })
}

fn in_file(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(VALUE_MAX + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > VALUE_MAX {
        return Err(format!("it is larger than {VALUE_MAX} bytes"));
    }
    let end = text.strip_suffix('\n').map_or(text.len(), |t| t.strip_suffix('\r').unwrap_or(t).len());
    text.truncate(end);
    Ok(text)
}

impl Variable {
    /// A name or a part of one, as it is compared.
    pub(crate) fn normal(name: &str) -> String {
        name.chars().map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() }).collect()
    }
}

impl Reading {
    /// What is left of the name behind that section's: the option.
    pub(crate) fn option_in(&self, family: &str, id: Option<&str>) -> Option<&str> {
        let rest = behind(&self.normal, family)?;
        match id {
            None => Some(rest),
            Some(id) => behind(rest, id),
        }
    }
}

fn behind<'t>(text: &'t str, part: &str) -> Option<&'t str> {
    text.strip_prefix(Variable::normal(part).as_str())?.strip_prefix("__")
}
