//! Everything that a configuration is made of, read once: the file, the override file, the environment.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

use crate::edit::Label;
use crate::ini::{Document, FILE_MAX};
use crate::load::layers::{Layer, Layers, Section};
use crate::load::variables::{self, Variable};
use crate::load::{LoadError, Loaded, build};
use crate::{Environment, FILE, FOLDER, OVERRIDE_FILE, Problem, Severity};

/// The inputs of a configuration.
#[derive(Clone)]
pub struct Sources {
    root: PathBuf,
    environment: Environment,
    file: Arc<[u8]>,
    over: Option<Arc<[u8]>>,
    variables: Arc<[Variable]>,
}

/// What tells two versions of the sources apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision([u8; 32]);

/// Where the value of an option comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file's name, or `environment variable NAME`.
    pub file: Arc<str>,
    /// The lines of the file that hold it, from 0, for one that is in a file.
    pub lines: Option<Range<usize>>,
}

impl Sources {
    /// Reads the files of the installation at `root`.
    pub fn read(root: &Path, environment: &Environment) -> Result<Self, LoadError> {
        let root = std::path::absolute(root)
            .map_err(|error| LoadError::Unreadable { path: root.to_path_buf(), error })?;
        let folder = root.join(FOLDER);
        let file = bounded(folder.join(FILE))?;
        let over = match bounded(folder.join(OVERRIDE_FILE)) {
            Err(LoadError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => None,
            over => Some(over?.into()),
        };
        let variables = variables::read(&root, environment).map_err(LoadError::Variable)?;
        Ok(Self {
            root,
            environment: environment.clone(),
            file: file.into(),
            over,
            variables: variables.into(),
        })
    }

    /// The same with a text that is not (yet) in its place.
    pub fn of_text(text: &[u8], root: &Path, environment: &Environment) -> Result<Self, LoadError> {
        let root = std::path::absolute(root)
            .map_err(|error| LoadError::Unreadable { path: root.to_path_buf(), error })?;
        let variables = variables::read(&root, environment).map_err(LoadError::Variable)?;
        Ok(Self {
            root,
            environment: environment.clone(),
            file: text.into(),
            over: None,
            variables: variables.into(),
        })
    }

    /// The same with other files.
    pub fn with(&self, file: &[u8], over: Option<&[u8]>) -> Self {
        Self { file: file.into(), over: over.map(Into::into), ..self.clone() }
    }

    /// The text of [`FILE`].
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The text of [`OVERRIDE_FILE`], if there is one.
    pub fn over(&self) -> Option<&[u8]> {
        self.over.as_deref()
    }

    pub fn revision(&self) -> Revision {
        let mut context = Context::new(&SHA256);
        let mut part = |bytes: &[u8]| {
            context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(bytes);
        };
        part(&self.file);
        part(self.over.as_deref().unwrap_or_default());
        for variable in self.variables.iter() {
            part(variable.name.as_bytes());
            for reading in &variable.readings {
                part(reading.value.as_deref().unwrap_or_default().as_bytes());
            }
        }
        Revision(context.finish().as_ref().try_into().unwrap_or_default())
    }

    /// The configuration they make.
    pub fn load(&self) -> Result<Loaded, LoadError> {
        self.over_sections(|names, sections| build(names, &self.root, &self.environment, sections))?
    }

    /// Where the value of an option comes from; none: it has its default.
    pub fn origin(&self, section: &Label, option: &str) -> Result<Option<Origin>, LoadError> {
        self.over_sections(|_, sections| {
            let found = sections.iter().find(|s| Label::new(s.family(), s.id()) == *section);
            let setting = found.and_then(|s| s.settings().find(|o| o.name.eq_ignore_ascii_case(option)))?;
            Some(Origin { file: setting.file.clone(), lines: setting.written.map(|w| w.lines()) })
        })
    }

    /// Where the line `n`, from 0, of an option's value stands: as messages say it. None: the option has its default.
    pub fn place(&self, section: &Label, option: &str, n: usize) -> Option<String> {
        let found = self.over_sections(|_, sections| {
            let found = sections.iter().find(|s| Label::new(s.family(), s.id()) == *section);
            let setting = found.and_then(|s| s.settings().find(|o| o.name.eq_ignore_ascii_case(option)))?;
            Some(match setting.written {
                Some(written) => format!("{}:{}", setting.file, written.line_of(n)),
                None => setting.file.to_string(),
            })
        });
        found.ok().flatten()
    }

    /// The first line, from 0, of an option's value that says this, blanks aside.
    pub fn line_that_says(&self, section: &Label, option: &str, text: &str) -> Option<usize> {
        let words = |line: &str| line.split_whitespace().map(str::to_ascii_lowercase).collect::<Vec<_>>();
        let found = self.over_sections(|_, sections| {
            let found = sections.iter().find(|s| Label::new(s.family(), s.id()) == *section);
            let setting = found.and_then(|s| s.settings().find(|o| o.name.eq_ignore_ascii_case(option)))?;
            setting.value.lines().position(|line| words(line) == words(text))
        });
        found.ok().flatten()
    }

    /// All sections with their options, as they count: of the last source that names them.
    pub(crate) fn content(&self) -> Result<Content, LoadError> {
        self.over_sections(|_, sections| {
            let options = |s: &Section<'_>| {
                s.settings().map(|o| (o.name.to_ascii_lowercase(), o.value.into_owned())).collect()
            };
            sections.iter().map(|s| (Label::new(s.family(), s.id()), options(s))).collect()
        })
    }

    fn over_sections<T>(&self, work: impl FnOnce(&Arc<str>, Vec<Section<'_>>) -> T) -> Result<T, LoadError> {
        let (name, over_name): (Arc<str>, Arc<str>) = (Arc::from(FILE), Arc::from(OVERRIDE_FILE));
        let document = parse(&self.file, &name)?;
        let over = self.over.as_deref().map(|over| parse(over, &over_name)).transpose()?;
        let layers = Layers {
            file: Layer { name: &name, document: &document },
            over: over.as_ref().map(|document| Layer { name: &over_name, document }),
            variables: &self.variables,
        };
        Ok(work(&name, layers.sections().map_err(LoadError::Variable)?))
    }
}

/// Sections by label, and their options by name in lower case.
pub(crate) type Content = std::collections::BTreeMap<Label, std::collections::BTreeMap<String, String>>;

fn parse(text: &[u8], name: &Arc<str>) -> Result<Document, LoadError> {
    Document::parse(text).map_err(|mistakes| {
        let problem =
            |m: crate::ini::SyntaxError| Problem::new(Severity::Failure, name, m.line, m.mistake.to_string());
        LoadError::Syntax(mistakes.into_iter().map(problem).collect())
    })
}

fn bounded(path: PathBuf) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_MAX).unwrap_or(u64::MAX).saturating_add(1);
    match std::fs::File::open(&path).and_then(|f| f.take(limit).read_to_end(&mut bytes)) {
        Err(error) => Err(LoadError::Unreadable { path, error }),
        Ok(_) if bytes.len() > FILE_MAX => Err(LoadError::TooLarge(path)),
        Ok(_) => Ok(bytes),
    }
}

impl fmt::Debug for Sources {
    /// They hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("root", &self.root).finish_non_exhaustive()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(6).try_for_each(|b| write!(f, "{b:02x}"))
    }
}
