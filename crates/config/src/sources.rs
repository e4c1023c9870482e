//! Everything that a configuration is made of, read once: the file, the override file, the environment.

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blake3::{Hash, Hasher};
use data_encoding::HEXLOWER;

use crate::difference::{Difference, is_secret};
use crate::edit::Label;
use crate::ini::{Document, FILE_MAX, Refused, SyntaxError};
use crate::load::layers::{Layer, Layers, Section, Setting, compare};
use crate::load::variables::{self, Variable};
use crate::load::{Known, LoadError, Loaded, build};
use crate::section::Reader;
use crate::value::SecretSource;
use crate::{Environment, FILE, FOLDER, OVERRIDE_FILE, Problem, Severity, secret_file};

/// The inputs of a configuration. A clone shares them.
#[derive(Clone)]
pub struct Sources {
    root: PathBuf,
    environment: Environment,
    file: Arc<Text>,
    over: Option<Arc<Text>>,
    variables: Arc<[Variable]>,
    revision: Revision,
}

/// What tells two versions of the sources apart: BLAKE3 over the files, the variables that win over them, and the files
/// that those name.
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

/// The text of one file.
struct Text {
    content: Content,
    digest: Hash,
}

enum Content {
    Grammatical(Document),
    Not(Refused),
}

impl Text {
    fn of(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self::parsed(bytes, Document::parsed))
    }

    /// The same for what may have much in common with this text.
    fn next(self: &Arc<Self>, bytes: Vec<u8>) -> Arc<Self> {
        if bytes == self.bytes() {
            return self.clone();
        }
        match &self.content {
            Content::Grammatical(document) => {
                Arc::new(Self::parsed(bytes, |bytes| document.parsed_next(bytes)))
            }
            Content::Not(_) => Self::of(bytes),
        }
    }

    fn parsed(bytes: Vec<u8>, parse: impl FnOnce(Vec<u8>) -> Result<Document, Refused>) -> Self {
        let digest = blake3::hash(&bytes);
        Self { content: parse(bytes).map_or_else(Content::Not, Content::Grammatical), digest }
    }

    fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Grammatical(document) => document.text().as_bytes(),
            Content::Not(refused) => &refused.bytes,
        }
    }

    /// Whether a secret stands in the text itself, and not only where it is kept.
    fn holds_secrets(&self) -> bool {
        let Content::Grammatical(document) = &self.content else { return false };
        document.sections().any(|section| {
            let is_public = section.settings().any(|s| s.value() == "ssh-public");
            let secret = |name: &str| is_secret(section.family(), &name.to_ascii_lowercase());
            !is_public && section.settings().any(|s| secret(s.name()) && SecretSource::stands_in(&s.value()))
        })
    }

    fn document(&self, name: &Arc<str>) -> Result<&Document, LoadError> {
        match &self.content {
            Content::Grammatical(document) => Ok(document),
            Content::Not(refused) => {
                let problem =
                    |m: &SyntaxError| Problem::new(Severity::Failure, name, m.line, m.mistake.to_string());
                Err(LoadError::Syntax(refused.mistakes.iter().map(problem).collect()))
            }
        }
    }
}

impl Sources {
    /// Reads the files of the installation at `root`.
    pub fn read(root: &Path, environment: &Environment) -> Result<Self, LoadError> {
        let root = absolute(root)?;
        let (file, over) = files(&root)?;
        Self::new(root, environment, Text::of(file), over.map(Text::of))
    }

    /// What counts beside a file that is gone.
    pub fn without_file(root: &Path, environment: &Environment) -> Result<Self, LoadError> {
        let root = absolute(root)?;
        let over = override_text(&root)?;
        Self::new(root, environment, Text::of(Vec::new()), over.map(Text::of))
    }

    /// Reads the same files again.
    pub fn read_again(&self) -> Result<Self, LoadError> {
        let (file, over) = files(&self.root)?;
        let (file, over) = self.next(file, over);
        Self::new(self.root.clone(), &self.environment, file, over)
    }

    /// The same with a text that is not (yet) in its place, and without an override file.
    pub fn of_text(text: &[u8], root: &Path, environment: &Environment) -> Result<Self, LoadError> {
        Self::new(absolute(root)?, environment, Text::of(text.into()), None)
    }

    fn new(
        root: PathBuf,
        environment: &Environment,
        file: Arc<Text>,
        over: Option<Arc<Text>>,
    ) -> Result<Self, LoadError> {
        let variables: Arc<[Variable]> =
            variables::read(&root, environment).map_err(LoadError::Variable)?.into();
        let revision = revision(&file, over.as_deref(), &variables);
        Ok(Self { root, environment: environment.clone(), file, over, variables, revision })
    }

    /// The same with other files.
    pub fn with(&self, file: impl Into<Vec<u8>>, over: Option<&[u8]>) -> Self {
        let (file, over) = self.next(file.into(), over.map(Vec::from));
        let revision = revision(&file, over.as_deref(), &self.variables);
        Self { file, over, revision, ..self.clone() }
    }

    fn next(&self, file: Vec<u8>, over: Option<Vec<u8>>) -> (Arc<Text>, Option<Arc<Text>>) {
        let next_over = |over| match &self.over {
            Some(known) => known.next(over),
            None => Text::of(over),
        };
        (self.file.next(file), over.map(next_over))
    }

    /// The text of [`FILE`].
    pub fn file(&self) -> &[u8] {
        self.file.bytes()
    }

    /// [`FILE`] as it is edited.
    pub fn document(&self) -> Result<&Document, LoadError> {
        self.file.document(&Arc::from(FILE))
    }

    /// The text of [`OVERRIDE_FILE`], if there is one.
    pub fn over(&self) -> Option<&[u8]> {
        self.over.as_deref().map(Text::bytes)
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What tells the texts alone apart, without the environment: BLAKE3 in hexadecimal.
    pub(crate) fn digest_of_texts(&self) -> String {
        HEXLOWER.encode(&revision(&self.file, self.over.as_deref(), &[]).0)
    }

    /// All files that were read, or that were looked for: what to watch.
    pub fn paths(&self) -> Vec<PathBuf> {
        let folder = self.root.join(FOLDER);
        let named = self.variables.iter().flat_map(|v| v.readings.iter().filter_map(|r| r.file.clone()));
        [folder.join(FILE), folder.join(OVERRIDE_FILE)].into_iter().chain(named).collect()
    }

    /// The configuration they make.
    pub fn load(&self) -> Result<Loaded, LoadError> {
        self.over_sections(|file, sections| self.build(file, None, sections))?
    }

    /// The same after an earlier one, with what differs. What is as it was is not read again.
    pub fn load_after(&self, earlier: &Loaded) -> Result<(Loaded, Difference), LoadError> {
        let was = &earlier.sources;
        let is_of_here = (&was.root, &was.environment) == (&self.root, &self.environment);
        was.over_sections(|_, before| {
            self.over_sections(|file, mut after| {
                let gone = compare(&before, &mut after);
                let difference = Difference::of(&before, &gone, &after);
                let known = is_of_here.then(|| Known::of(earlier, &gone, &after));
                Ok((self.build(file, known.as_ref(), after)?, difference))
            })
        })??
    }

    fn build(
        &self,
        file: &Arc<str>,
        known: Option<&Known<'_>>,
        sections: Vec<Section<'_>>,
    ) -> Result<Loaded, LoadError> {
        let (config, mut problems) = build(file, self.root.clone(), &self.environment, known, sections)?;
        problems.extend(self.open_files());
        problems.extend(self.open_texts());
        Ok(Loaded { sources: self.clone(), config: Arc::new(config), problems })
    }

    /// Where the value of an option comes from; none: it has its default.
    pub fn origin(&self, section: &Label, option: &str) -> Result<Option<Origin>, LoadError> {
        self.over_setting(section, option, |setting| Origin {
            file: setting.file.clone(),
            lines: setting.written.map(|w| w.lines()),
        })
    }

    /// Where the line `n`, from 0, of an option's value stands: as messages say it. None: the option has its default.
    pub fn place(&self, section: &Label, option: &str, n: usize) -> Option<String> {
        let place = |setting: &Setting<'_>| match setting.written {
            Some(written) => format!("{}:{}", setting.file, written.line_of(n)),
            None => setting.file.to_string(),
        };
        self.over_setting(section, option, place).ok().flatten()
    }

    /// The first line, from 0, of an option's value that says this, blanks aside.
    pub fn line_that_says(&self, section: &Label, option: &str, text: &str) -> Option<usize> {
        let words = |line: &str| line.split_whitespace().map(str::to_ascii_lowercase).collect::<Vec<_>>();
        let wanted = words(text);
        let line = |setting: &Setting<'_>| setting.value.lines().position(|line| words(line) == wanted);
        self.over_setting(section, option, line).ok().flatten().flatten()
    }

    /// Works with one option, as it counts, by whatever name it is written; none: it has its default.
    fn over_setting<T>(
        &self,
        section: &Label,
        option: &str,
        work: impl FnOnce(&Setting<'_>) -> T,
    ) -> Result<Option<T>, LoadError> {
        let option = option.to_ascii_lowercase();
        self.over_sections(|_, sections| {
            let found = sections.iter().find(|s| section.is(s.family(), s.id()))?;
            // Whoever reads the section knows what old releases called it.
            let mut problems = Vec::new();
            let written = Reader::new(found, &mut problems).written(&option)?;
            found.settings().find(|s| (s.file, s.line) == written).map(|s| work(&s))
        })
    }

    /// Works with all sections and their options, as they count: of the last source that names them.
    pub(crate) fn over_sections<T>(
        &self,
        work: impl FnOnce(&Arc<str>, Vec<Section<'_>>) -> T,
    ) -> Result<T, LoadError> {
        let (name, over_name): (Arc<str>, Arc<str>) = (Arc::from(FILE), Arc::from(OVERRIDE_FILE));
        let over = match &self.over {
            Some(over) => Some(Layer { name: &over_name, document: over.document(&over_name)? }),
            None => None,
        };
        let document = self.file.document(&name)?;
        let layers = Layers { file: Layer { name: &name, document }, over, variables: &self.variables };
        Ok(work(&name, layers.sections()?))
    }

    /// Files of the configuration that hold secrets and that everybody can read.
    fn open_texts(&self) -> impl Iterator<Item = Problem> {
        let folder = self.root.join(FOLDER);
        let texts = [(FILE, Some(&self.file)), (OVERRIDE_FILE, self.over.as_ref())];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let open = texts.filter(move |(name, _)| secret_file::is_open(&folder.join(name)));
        open.filter(|(_, text)| text.holds_secrets())
            .map(|(name, _)| Problem::new(Severity::Warning, &Arc::from(name), 0, OPEN))
    }

    /// Files named by variables that everybody can read.
    fn open_files(&self) -> impl Iterator<Item = Problem> {
        let open = self.variables.iter().filter(|v| v.readings.iter().any(|r| r.file.is_some() && r.is_open));
        open.map(|v| Problem::new(Severity::Warning, &v.place, 0, OPEN))
    }
}

/// What is told of a file with a secret that everybody can read.
pub(crate) const OPEN: &str =
    "every user of this machine can read the file; let its owner alone (chmod 0600)";

fn absolute(root: &Path) -> Result<PathBuf, LoadError> {
    std::path::absolute(root).map_err(|error| LoadError::Unreadable { path: root.to_path_buf(), error })
}

fn revision(file: &Text, over: Option<&Text>, variables: &[Variable]) -> Revision {
    let mut hasher = Hasher::new();
    let mut part = |bytes: Option<&[u8]>| {
        // What is absent is not the same as what is empty.
        let len = bytes.map_or(u64::MAX, |b| u64::try_from(b.len()).unwrap_or(u64::MAX));
        hasher.update(&len.to_be_bytes());
        hasher.update(bytes.unwrap_or_default());
    };
    part(Some(&file.digest.as_bytes()[..]));
    part(over.map(|over| &over.digest.as_bytes()[..]));
    for variable in variables {
        part(Some(variable.name.as_bytes()));
        for reading in &variable.readings {
            part(reading.value.as_deref().ok().map(str::as_bytes));
        }
    }
    Revision(*hasher.finalize().as_bytes())
}

/// The texts of the file and of the override file, if there is one.
fn files(root: &Path) -> Result<(Vec<u8>, Option<Vec<u8>>), LoadError> {
    Ok((bounded(root.join(FOLDER).join(FILE))?, override_text(root)?))
}

fn override_text(root: &Path) -> Result<Option<Vec<u8>>, LoadError> {
    match bounded(root.join(FOLDER).join(OVERRIDE_FILE)) {
        Err(LoadError::Unreadable { path, error }) if error.kind() == io::ErrorKind::NotFound => {
            // A link that leads nowhere is not an absent file: what should win over the other one would be lost unnoticed.
            match fs::symlink_metadata(&path) {
                Err(none) if none.kind() == io::ErrorKind::NotFound => Ok(None),
                _ => Err(LoadError::Unreadable { path, error }),
            }
        }
        over => over.map(Some),
    }
}

fn bounded(path: PathBuf) -> Result<Vec<u8>, LoadError> {
    match crate::files::read(&path) {
        Err(error) => Err(LoadError::Unreadable { path, error }),
        Ok(bytes) if bytes.len() > FILE_MAX => Err(LoadError::TooLarge(path)),
        Ok(bytes) => Ok(bytes),
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
