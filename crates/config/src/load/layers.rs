//! The sections of all sources laid over each other: the file, the override file, the environment. The last one that names
//! an option gives its value.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use causeway_core::Family;

use super::LoadError;
use super::variables::{Reading, Variable, VariableError};
use crate::hint::nearest;
use crate::ini::{self, Document};
use crate::{Problem, Severity, known};

/// The documents and the variables that a configuration is made of.
#[derive(Debug)]
pub(crate) struct Layers<'a> {
    pub(crate) file: Layer<'a>,
    pub(crate) over: Option<Layer<'a>>,
    pub(crate) variables: &'a [Variable],
}

/// One file.
#[derive(Debug)]
pub(crate) struct Layer<'a> {
    /// Its name, as the administrator knows it.
    pub(crate) name: &'a Arc<str>,
    pub(crate) document: &'a Document,
}

/// The sources in the order in which they win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    File,
    Override,
    Variable,
}

/// A section with what wins over its options.
#[derive(Debug, Clone)]
pub(crate) struct Section<'a> {
    family: &'a str,
    id: Option<&'a str>,
    file: &'a Arc<str>,
    line: u32,
    base: Option<ini::Section<'a>>,
    over: Option<(&'a Arc<str>, ini::Section<'a>)>,
    variables: Vec<Setting<'a>>,
    /// Whether an earlier configuration has it word for word.
    stays: bool,
}

/// Marks the sections that stay as they were. Returns those of before that do not.
pub(crate) fn compare<'b, 'a>(before: &'b [Section<'a>], after: &mut [Section<'_>]) -> Vec<&'b Section<'a>> {
    // Mostly little changes: what is the same at the start and at the end needs no looking up.
    let front =
        before.iter().zip(&mut *after).map(|(old, new)| new.mark(old)).take_while(|same| *same).count();
    let (before, after) =
        (before.get(front..).unwrap_or_default(), after.get_mut(front..).unwrap_or_default());
    let back = before
        .iter()
        .rev()
        .zip(after.iter_mut().rev())
        .map(|(old, new)| new.mark(old))
        .take_while(|same| *same)
        .count();
    let middle = |len: usize| ..len.saturating_sub(back);
    let before = before.get(middle(before.len())).unwrap_or_default();
    let mut left: HashMap<_, _> = before.iter().map(|s| ((s.family, s.id), s)).collect();
    let end = middle(after.len());
    for new in after.get_mut(end).unwrap_or_default() {
        let key = (new.family, new.id);
        if left.get(&key).is_some_and(|old| new.mark(old)) {
            left.remove(&key);
        }
    }
    left.into_values().collect()
}

/// An option and where its value comes from.
#[derive(Clone)]
pub(crate) struct Setting<'a> {
    /// As it is spelled there.
    pub(crate) name: &'a str,
    pub(crate) value: Cow<'a, str>,
    pub(crate) rank: Rank,
    pub(crate) file: &'a Arc<str>,
    /// From 1; 0 for a variable.
    pub(crate) line: u32,
    /// In its file; none for a variable.
    pub(crate) written: Option<ini::Setting<'a>>,
}

impl fmt::Debug for Setting<'_> {
    /// The value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.file, self.line, self.name)
    }
}

impl<'a> Layers<'a> {
    /// All sections: those of the file in its order, then those that the override file adds.
    ///
    /// # Errors
    /// A section of the override file or a variable has no place, or more than one.
    pub(crate) fn sections(&self) -> Result<Vec<Section<'a>>, LoadError> {
        let mut sections: Vec<Section<'a>> =
            self.file.document.sections().map(|base| Section::of(base, self.file.name)).collect();
        if let Some(over) = &self.over {
            lay_over(&mut sections, over).map_err(LoadError::Override)?;
        }
        if !self.variables.is_empty() {
            if !sections.iter().any(Section::is_server) {
                // It need not be written: all its options have defaults.
                sections.push(Section::empty(Family::Server.as_str(), None, self.file.name));
            }
            self.lay_variables(&mut sections).map_err(LoadError::Variable)?;
        }
        Ok(sections)
    }

    fn lay_variables(&self, sections: &mut [Section<'a>]) -> Result<(), VariableError> {
        let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(sections.len());
        for (at, section) in sections.iter().enumerate() {
            places.entry(Variable::section(section.family, section.id)).or_default().push(at);
        }
        for variable in self.variables {
            let (at, reading, name) = meaning(variable, sections, &places)?;
            let value = reading
                .value
                .as_deref()
                .map_err(|error| VariableError::File { name: variable.name.clone(), error: error.clone() })?;
            let Some(section) = sections.get_mut(at) else { continue };
            if let Some(other) = section.variables.iter().find(|v| v.name.eq_ignore_ascii_case(name)) {
                let other = self.variables.iter().find(|v| Arc::ptr_eq(&v.place, other.file));
                let other = other.map(|v| v.name.clone()).unwrap_or_default();
                return Err(VariableError::Twice(other, variable.name.clone()));
            }
            section.variables.push(Setting {
                name,
                value: Cow::Borrowed(value),
                rank: Rank::Variable,
                file: &variable.place,
                line: 0,
                written: None,
            });
        }
        Ok(())
    }
}

/// The one option that a variable means: the index of its section, how the variable is read, the option's name.
fn meaning<'a>(
    variable: &'a Variable,
    sections: &[Section<'a>],
    places: &HashMap<String, Vec<usize>>,
) -> Result<(usize, &'a Reading, &'a str), VariableError> {
    let mut meanings = Vec::new();
    let mut possible = Vec::new();
    for reading in &variable.readings {
        for (label, option) in reading.parts() {
            for at in places.get(label).into_iter().flatten() {
                let Some(section) = sections.get(*at) else { continue };
                let named = section.options(option);
                if named.is_empty() {
                    possible.extend(section.names().map(|n| format!("{label}__{}", Variable::normal(n))));
                }
                meanings.extend(named.into_iter().map(|name| (*at, reading, name)));
            }
        }
    }
    match meanings.as_slice() {
        [one] => Ok(*one),
        [] => Err(variable.unknown(possible.iter().map(String::as_str))),
        _ => Err(VariableError::Ambiguous(variable.name.clone())),
    }
}

/// Lays the sections of the override file over those of the file. One that the file does not have is a component of its
/// own; it must be a whole one, or a slip in its header would pass for one and leave out what it was to change.
fn lay_over<'a>(sections: &mut Vec<Section<'a>>, over: &Layer<'a>) -> Result<(), Vec<Problem>> {
    let places: HashMap<_, usize> =
        sections.iter().enumerate().map(|(at, s)| ((s.family, s.id), at)).collect();
    let mut problems = Vec::new();
    for section in over.document.sections() {
        match places.get(&(section.family(), section.id())).and_then(|at| sections.get_mut(*at)) {
            Some(base) => base.over = Some((over.name, section)),
            None if is_whole(&section) => {
                let own = Section {
                    line: section.line(),
                    over: Some((over.name, section)),
                    ..Section::empty(section.family(), section.id(), over.name)
                };
                sections.push(own);
            }
            None => {
                let label = ini_label(section.family(), section.id());
                let labels: Vec<_> = places.keys().map(|(family, id)| ini_label(family, *id)).collect();
                let hint = nearest(&label, labels.iter().map(String::as_str));
                let hint = hint.map(|near| format!("did you mean '{near}'?"));
                let message = "the section is neither in server.ini nor a whole component: it has no 'name'";
                let problem = Problem::new(Severity::Failure, over.name, section.line(), message);
                problems.push(problem.of(&label).hint(hint));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Whether the section is one that could stand in a file alone.
fn is_whole(section: &ini::Section<'_>) -> bool {
    match (section.family().parse(), section.id()) {
        (Ok(Family::Server), id) => id.is_none(),
        (Ok(_), Some(_)) => section.settings().any(|s| s.name().eq_ignore_ascii_case("name")),
        _ => false,
    }
}

fn ini_label(family: &str, id: Option<&str>) -> String {
    id.map_or_else(|| family.to_owned(), |id| format!("{family}/{id}"))
}

impl<'a> Section<'a> {
    fn of(base: ini::Section<'a>, file: &'a Arc<str>) -> Self {
        Self { line: base.line(), base: Some(base), ..Self::empty(base.family(), base.id(), file) }
    }

    fn empty(family: &'a str, id: Option<&'a str>, file: &'a Arc<str>) -> Self {
        Self { family, id, file, line: 0, base: None, over: None, variables: Vec::new(), stays: false }
    }

    pub(crate) fn family(&self) -> &'a str {
        self.family
    }

    pub(crate) fn id(&self) -> Option<&'a str> {
        self.id
    }

    /// Where its header stands.
    pub(crate) fn file(&self) -> &'a Arc<str> {
        self.file
    }

    /// From 1; 0 for one that is written nowhere.
    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    fn is_server(&self) -> bool {
        self.family == Family::Server.as_str() && self.id.is_none()
    }

    /// Whether an earlier configuration has it word for word, as far as that was looked at.
    pub(crate) fn stays(&self) -> bool {
        self.stays
    }

    /// Marks it if it is that one of before, word for word in each source. Whether it is.
    fn mark(&mut self, old: &Section<'_>) -> bool {
        let same_variables = self.variables.len() == old.variables.len()
            && self
                .variables
                .iter()
                .zip(&old.variables)
                .all(|(a, b)| (a.name, &a.value) == (b.name, &b.value));
        self.stays = (self.family, self.id) == (old.family, old.id)
            && self.base.map(|s| s.text()) == old.base.map(|s| s.text())
            && self.over.map(|(_, s)| s.text()) == old.over.map(|(_, s)| s.text())
            && same_variables;
        self.stays
    }

    /// The options, each once.
    pub(crate) fn settings(&self) -> impl Iterator<Item = Setting<'a>> + use<'a, '_> {
        let file = self.file;
        let base = self.base.iter().flat_map(ini::Section::settings);
        let base = base.map(move |s| setting(&s, file, Rank::File));
        let over = self.over.iter();
        let over = over.flat_map(|(file, s)| s.settings().map(|s| setting(&s, file, Rank::Override)));
        let is_set = |name: &str| self.variables.iter().any(|v| v.name.eq_ignore_ascii_case(name));
        let is_over = |name: &str| {
            self.over.iter().any(|(_, s)| s.settings().any(|s| s.name().eq_ignore_ascii_case(name)))
        };
        base.filter(move |s| !is_over(s.name))
            .chain(over)
            .filter(move |s| !is_set(s.name))
            .chain(self.variables.iter().cloned())
    }

    /// The options that a variable's part stands for, each once.
    fn options(&self, part: &str) -> Vec<&'a str> {
        let mut options: Vec<&'a str> = Vec::new();
        for name in self.names().filter(|name| Variable::normal(name) == part) {
            if !options.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                options.push(name);
            }
        }
        options
    }

    /// The names of the options that are written here, then of those that such sections can have.
    fn names(&self) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        let base = self.base.iter().flat_map(|s| s.settings().map(|s| s.name()));
        let over = self.over.iter().flat_map(|(_, s)| s.settings().map(|s| s.name()));
        let known = self.family.parse().map(known::options_of).unwrap_or_default();
        base.chain(over).chain(known)
    }
}

fn setting<'a>(setting: &ini::Setting<'a>, file: &'a Arc<str>, rank: Rank) -> Setting<'a> {
    let written = Some(*setting);
    Setting { name: setting.name(), value: setting.value(), rank, file, line: setting.line(), written }
}
