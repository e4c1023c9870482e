//! From the installation folder to a [`Config`].

mod accounts;
mod builder;
mod handlers;
mod keys;
mod services;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ini::{Document, FILE_MAX};
use crate::{Config, Environment, FILE, FOLDER, Problem, Severity};

/// The file whose values are to win over those of [`FILE`].
const OVERRIDE_FILE: &str = "server.override.ini";
/// What the names of environment variables begin with that are to win over the files.
const OVERRIDE_PREFIX: &str = "CAUSEWAY__";

/// A configuration that can be run, and what is wrong with it nevertheless.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub problems: Vec<Problem>,
}

/// Why there is no configuration at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read '{}': {error}", path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("'{}' is larger than {FILE_MAX} bytes", .0.display())]
    TooLarge(PathBuf),
    /// The text does not follow the grammar: nobody could say what it means.
    #[error("{FILE} has errors of syntax: {}", first(.0))]
    Syntax(Vec<Problem>),
    /// The section `[server]` cannot be honoured, and everything depends on it.
    #[error("the section [server] cannot be honoured: {}", first(.0))]
    Server(Vec<Problem>),
    /// Values that should win over the file's would be left out.
    #[error("'{}' exists, but override files are not supported yet; move its values into {FILE}", .0.display())]
    OverrideFile(PathBuf),
    #[error("the environment variable {0} is set, but overrides are not supported yet; unset it")]
    OverrideVariable(String),
}

impl LoadError {
    /// The problems with their places, where the error is one of the file's content.
    pub fn problems(&self) -> &[Problem] {
        match self {
            LoadError::Syntax(problems) | LoadError::Server(problems) => problems,
            _ => &[],
        }
    }
}

fn first(problems: &[Problem]) -> String {
    problems
        .iter()
        .max_by_key(|p| (p.severity, std::cmp::Reverse(p.line)))
        .map(Problem::to_string)
        .unwrap_or_default()
}

/// Reads the configuration of the installation at `root`, and the files it refers to.
pub fn load(root: &Path, environment: &Environment) -> Result<Loaded, LoadError> {
    let folder = root.join(FOLDER);
    let overriding = folder.join(OVERRIDE_FILE);
    match std::fs::symlink_metadata(&overriding) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        // It is there, or it cannot be said that it is not.
        _ => return Err(LoadError::OverrideFile(overriding)),
    }
    let path = folder.join(FILE);
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_MAX).unwrap_or(u64::MAX).saturating_add(1);
    match std::fs::File::open(&path).and_then(|f| f.take(limit).read_to_end(&mut bytes)) {
        Err(error) => Err(LoadError::Unreadable { path, error }),
        Ok(_) if bytes.len() > FILE_MAX => Err(LoadError::TooLarge(path)),
        Ok(_) => load_text(&bytes, root, environment),
    }
}

/// The same for the text of a [`FILE`] that is not (yet) in its place.
pub fn load_text(text: &[u8], root: &Path, environment: &Environment) -> Result<Loaded, LoadError> {
    if let Some(name) = environment.names().filter(|n| n.starts_with(OVERRIDE_PREFIX)).min() {
        return Err(LoadError::OverrideVariable(name.to_owned()));
    }
    let root = std::path::absolute(root)
        .map_err(|error| LoadError::Unreadable { path: root.to_path_buf(), error })?;
    let file: Arc<str> = Arc::from(FILE);
    let document = Document::parse(text).map_err(|mistakes| {
        let problem = |m: crate::ini::SyntaxError| {
            Problem::new(Severity::Failure, &file, m.line, m.mistake.to_string())
        };
        LoadError::Syntax(mistakes.into_iter().map(problem).collect())
    })?;
    builder::Builder::new(&file, root, environment).build(&document)
}
