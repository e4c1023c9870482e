//! From the installation folder to a [`Config`].

mod accounts;
mod builder;
mod handlers;
mod keys;
mod known;
pub(crate) mod layers;
mod policies;
mod resources;
mod services;
pub(crate) mod variables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use keys::public_keys;
pub(crate) use known::Known;
pub use variables::VariableError;

use builder::Builder;

use crate::ini::FILE_MAX;
use crate::sources::Sources;
use crate::{Config, Environment, Problem};

/// A configuration that can be run, what it was made from, and what is wrong with it nevertheless.
#[derive(Debug)]
pub struct Loaded {
    pub sources: Sources,
    pub config: Arc<Config>,
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
    #[error("the text cannot be read: {}", first(.0))]
    Syntax(Vec<Problem>),
    /// The section `[server]` cannot be honoured, and everything depends on it.
    #[error("the section [server] cannot be honoured: {}", first(.0))]
    Server(Vec<Problem>),
    /// Sections of the override file that have no place.
    #[error("the override file cannot be honoured: {}", first(.0))]
    Override(Vec<Problem>),
    /// Values that should win over the files' cannot be given their place.
    #[error("{0}")]
    Variable(VariableError),
}

impl LoadError {
    /// Whether the text of the files is at fault, so that an older one may stand in for it.
    pub fn is_of_text(&self) -> bool {
        matches!(self, LoadError::Syntax(_) | LoadError::Server(_) | LoadError::Override(_))
    }

    /// The problems with their places, where the error is one of the file's content.
    pub fn problems(&self) -> &[Problem] {
        match self {
            LoadError::Syntax(problems) | LoadError::Server(problems) | LoadError::Override(problems) => {
                problems
            }
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
    Sources::read(root, environment)?.load()
}

/// The same for the text of a [`crate::FILE`] that is not (yet) in its place, with the environment over it.
pub fn load_text(text: &[u8], root: &Path, environment: &Environment) -> Result<Loaded, LoadError> {
    Sources::of_text(text, root, environment)?.load()
}

/// The configuration that sections make, and what is wrong with it. `file` is the name of the one that all should be in.
pub(crate) fn build(
    file: &Arc<str>,
    root: PathBuf,
    environment: &Environment,
    known: Option<&Known<'_>>,
    sections: Vec<layers::Section<'_>>,
) -> Result<(Config, Vec<Problem>), LoadError> {
    let mut builder = Builder::new(file, root.clone(), environment, known);
    let mut made = builder.build(&sections);
    if builder.is_stale {
        builder = Builder::new(file, root, environment, None);
        made = builder.build(&sections);
    }
    Ok((made?, builder.problems))
}
