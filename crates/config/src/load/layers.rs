//! The sections of all sources laid over each other: the file, the override file, the environment. The last one that names
//! an option gives its value.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use causeway_core::Family;

use super::variables::{Reading, Variable, VariableError};
use crate::ini::{self, Document};
use crate::known;

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
}

/// An option and where its value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'a> {
    /// As it is spelled there.
    pub(crate) name: &'a str,
    pub(crate) value: Cow<'a, str>,
    pub(crate) file: &'a Arc<str>,
    /// From 1; 0 for a variable.
    pub(crate) line: u32,
    /// In its file; none for a variable.
    pub(crate) written: Option<ini::Setting<'a>>,
}

impl<'a> Layers<'a> {
    /// All sections: those of the file in its order, then those that the override file adds.
    ///
    /// # Errors
    /// A variable names no option, or more than one.
    pub(crate) fn sections(&self) -> Result<Vec<Section<'a>>, VariableError> {
        let mut sections: Vec<Section<'a>> = self
            .file
            .document
            .sections()
            .map(|base| Section { base: Some(base), ..Section::empty(&base, self.file.name) })
            .collect();
        if let Some(over) = &self.over {
            let places: HashMap<_, usize> =
                sections.iter().enumerate().map(|(at, s)| ((s.family, s.id), at)).collect();
            for section in over.document.sections() {
                let laid_over = Some((over.name, section));
                match places.get(&(section.family(), section.id())).and_then(|at| sections.get_mut(*at)) {
                    Some(base) => base.over = laid_over,
                    None => sections.push(Section { over: laid_over, ..Section::empty(&section, over.name) }),
                }
            }
        }
        self.lay_variables(&mut sections)?;
        Ok(sections)
    }

    fn lay_variables(&self, sections: &mut [Section<'a>]) -> Result<(), VariableError> {
        for variable in self.variables {
            let named = |reading: &'a Reading, s: &Section<'a>| {
                s.option(reading.option_in(s.family, s.id)?).map(|option| (reading, option))
            };
            let meanings: Vec<_> = variable
                .readings
                .iter()
                .flat_map(|r| sections.iter().enumerate().filter_map(move |(at, s)| Some((at, named(r, s)?))))
                .collect();
            let (at, reading, name) = match meanings.as_slice() {
                [(at, (reading, name))] => (*at, *reading, *name),
                [] => return Err(VariableError::Unknown(variable.name.clone())),
                _ => return Err(VariableError::Ambiguous(variable.name.clone())),
            };
            let value = reading
                .value
                .as_deref()
                .map_err(|error| VariableError::File { name: variable.name.clone(), error: error.clone() })?;
            let Some(section) = sections.get_mut(at) else { continue };
            if let Some(other) = section.variables.iter().find(|v| v.name.eq_ignore_ascii_case(name)) {
                let other = other.file.trim_start_matches("environment variable ").to_owned();
                return Err(VariableError::Twice(other, variable.name.clone()));
            }
            let value = Cow::Borrowed(value);
            section.variables.push(Setting { name, value, file: &variable.place, line: 0, written: None });
        }
        Ok(())
    }
}

impl<'a> Section<'a> {
    fn empty(of: &ini::Section<'a>, file: &'a Arc<str>) -> Self {
        Self {
            family: of.family(),
            id: of.id(),
            file,
            line: of.line(),
            base: None,
            over: None,
            variables: Vec::new(),
        }
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

    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    /// The options, each once.
    pub(crate) fn settings(&self) -> impl Iterator<Item = Setting<'a>> + use<'a, '_> {
        let file = self.file;
        let base = self.base.iter().flat_map(ini::Section::settings).map(move |s| setting(&s, file));
        let over = self.over.iter().flat_map(|(file, s)| s.settings().map(|s| setting(&s, file)));
        let is_set = |name: &str| self.variables.iter().any(|v| v.name.eq_ignore_ascii_case(name));
        let is_over = |name: &str| {
            self.over.iter().any(|(_, s)| s.settings().any(|s| s.name().eq_ignore_ascii_case(name)))
        };
        base.filter(move |s| !is_over(s.name))
            .chain(over)
            .filter(move |s| !is_set(s.name))
            .chain(self.variables.iter().cloned())
    }

    /// The option that a variable's part stands for: one that is written here, or that such sections can have.
    fn option(&self, part: &str) -> Option<&'a str> {
        let fits = |name: &str| Variable::normal(name) == part;
        if let Some(written) = self.settings().find(|s| fits(s.name)) {
            return Some(written.name);
        }
        let family: Family = self.family.parse().ok()?;
        known::options_of(family).into_iter().find(|name| fits(name))
    }
}

fn setting<'a>(setting: &ini::Setting<'a>, file: &'a Arc<str>) -> Setting<'a> {
    let written = Some(*setting);
    Setting { name: setting.name(), value: setting.value(), file, line: setting.line(), written }
}
