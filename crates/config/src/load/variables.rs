//! Environment variables that win over the files.
//!
//! ```text
//! CAUSEWAY__SERVER__UMASK=027
//! CAUSEWAY__SERVICES__SFTP__PORT=2222
//! CAUSEWAY__ACCOUNTS__ALICE_ID__PASSWORD_FILE=/run/secrets/alice
//! ```
//!
//! Names are compared without regard to case, and with `-` and `.` as `_`. The last form takes the value from a file,
//! without the line end at its end.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use causeway_core::escape;

use crate::secret_file;
use crate::{Environment, hint};

/// What the names begin with.
const PREFIX: &str = "CAUSEWAY__";
/// What stands between the parts of a name.
const BETWEEN: &str = "__";
/// What the names end with when the value is in a file.
const IN_FILE: &str = "_FILE";

/// Why the environment cannot be honoured. Names variables, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    #[error("the environment variable {name} names no option of a section of the configuration{}", did_you_mean(.near))]
    Unknown {
        name: String,
        /// A name that was possibly meant.
        near: Option<String>,
    },
    #[error("the environment variable {0} could mean more than one option")]
    Ambiguous(String),
    #[error("the environment variables {0} and {1} mean the same option")]
    Twice(String, String),
    #[error("the name or the value of the environment variable {0} is not UTF-8")]
    NotText(String),
    #[error("the value of the environment variable {0} holds a control character")]
    Control(String),
    #[error("the file that the environment variable {name} names cannot be read: {error}")]
    File { name: String, error: String },
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!(" (did you mean {near}?)")).unwrap_or_default()
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// As it is set, for messages.
    pub(crate) name: String,
    /// The same as the place of a problem.
    pub(crate) place: Arc<str>,
    /// What it could mean.
    pub(crate) readings: Vec<Reading>,
}

/// One way to read a variable.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The name without the prefix, in upper case; without `_FILE` where the value is in a file.
    normal: String,
    /// Where the value is, if it is in a file.
    pub(crate) file: Option<PathBuf>,
    /// Or why the file cannot be read.
    pub(crate) value: Result<String, String>,
    /// Whether everybody on this machine can read the file.
    pub(crate) is_open: bool,
}

impl fmt::Debug for Reading {
    /// The value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("normal", &self.normal)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// Everything that the environment says, in the order of the names.
pub(crate) fn read(root: &Path, environment: &Environment) -> Result<Vec<Variable>, VariableError> {
    let mut named: Vec<(&OsStr, &OsStr)> =
        environment.variables().filter(|(name, _)| is_ours(name)).collect();
    named.sort_unstable();
    named.into_iter().map(|(name, value)| Variable::of(root, name, value)).collect()
}

fn is_ours(name: &OsStr) -> bool {
    let start = name.as_encoded_bytes().get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

impl Variable {
    fn of(root: &Path, name: &OsStr, value: &OsStr) -> Result<Self, VariableError> {
        let shown = escape::text(name.as_encoded_bytes());
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
            return Err(VariableError::NotText(shown));
        };
        let value = value.replace("\r\n", "\n");
        if has_control(&value) {
            return Err(VariableError::Control(shown));
        }
        let normal = Self::normal(name.get(PREFIX.len()..).unwrap_or_default());
        let mut readings = Vec::new();
        if let Some(option) = normal.strip_suffix(IN_FILE) {
            readings.push(Reading::in_file(option, root.join(&value)));
        }
        readings.push(Reading { normal, file: None, value: Ok(value), is_open: false });
        Ok(Self { place: Arc::from(format!("environment variable {shown}")), name: shown, readings })
    }

    /// A name or a part of one, as it is compared.
    pub(crate) fn normal(name: &str) -> String {
        name.chars().map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() }).collect()
    }

    /// The name that begins a variable's for options of that section, as it is compared.
    pub(crate) fn section(family: &str, id: Option<&str>) -> String {
        match id {
            Some(id) => Self::normal(&format!("{family}{BETWEEN}{id}")),
            None => Self::normal(family),
        }
    }

    /// That it names nothing. `possible` are sections and options that there are, as they are compared.
    pub(crate) fn unknown<'n>(&self, possible: impl IntoIterator<Item = &'n str>) -> VariableError {
        let normal = self.readings.first().map(|r| r.normal.as_str()).unwrap_or_default();
        let in_file = if self.readings.len() > 1 { IN_FILE } else { "" };
        let near = hint::nearest(normal, possible).map(|near| format!("{PREFIX}{near}{in_file}"));
        VariableError::Unknown { name: self.name.clone(), near }
    }
}

impl Reading {
    fn in_file(option: &str, path: PathBuf) -> Self {
        let is_open = secret_file::is_open(&path);
        let value = one_value(&path);
        Self { normal: option.to_owned(), file: Some(path), value, is_open }
    }

    /// All ways to cut the name in two: a section and an option.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        let cuts = self.normal.as_bytes().windows(BETWEEN.len()).enumerate();
        let cuts = cuts.filter(|(_, w)| *w == BETWEEN.as_bytes()).map(|(at, _)| at);
        cuts.filter_map(|at| Some((self.normal.get(..at)?, self.normal.get(at + BETWEEN.len()..)?)))
    }
}

fn one_value(path: &Path) -> Result<String, String> {
    let content = secret_file::read(path).map_err(|e| e.to_string())?;
    let text = std::str::from_utf8(content.expose()).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut text = text.replace("\r\n", "\n");
    if text.ends_with('\n') {
        text.pop();
    }
    if has_control(&text) {
        return Err("it holds a control character".to_owned());
    }
    Ok(text)
}

/// What no value in a file can hold.
fn has_control(value: &str) -> bool {
    value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}
