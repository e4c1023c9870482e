//! One section on its way to becoming a component.

use std::borrow::Cow;
use std::sync::Arc;

use causeway_core::{EventId, Family};

use super::deserialize::{SectionDeserializer, TextError};
use super::old::Old;
use crate::definition::{Definition, Options};
use crate::load::layers::{Rank, Section};
use crate::problem::{EVENT_BAD_VALUE, EVENT_REPLACED, Place};
use crate::{Component, Failure, Problem, Replaced, Severity};

/// Reads a section and gathers what is wrong with it.
pub(crate) struct Reader<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) component: String,
    pub(super) family: Option<Family>,
    line: u32,
    pub(super) given: Vec<Given<'a>>,
    problems: &'a mut Vec<Problem>,
    failure: Option<Arc<str>>,
}

pub(super) struct Given<'a> {
    /// In lower case; of now, if the file has an old name.
    pub(super) name: Cow<'a, str>,
    /// Of now, if the file has it as old releases wrote it.
    pub(super) value: Cow<'a, str>,
    /// Where it is written.
    pub(super) rank: Rank,
    pub(super) file: &'a Arc<str>,
    pub(super) line: u32,
    /// Bad, and left out.
    pub(super) dropped: bool,
    /// What it was before it was brought up to date.
    pub(super) old: Old,
}

/// How a section is called in messages.
pub(crate) fn label(section: &Section<'_>) -> String {
    match section.id() {
        Some(id) => format!("{}/{id}", section.family()),
        None => section.family().to_owned(),
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(section: &Section<'a>, problems: &'a mut Vec<Problem>) -> Self {
        let given = section
            .settings()
            .map(|s| {
                let name = s.name;
                let upper = name.bytes().any(|b| b.is_ascii_uppercase());
                let name = if upper { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) };
                Given {
                    name,
                    value: s.value,
                    rank: s.rank,
                    file: s.file,
                    line: s.line,
                    dropped: false,
                    old: Old::default(),
                }
            })
            .collect();
        let family = section.family().parse().ok();
        let component = label(section);
        let mut reader = Self {
            file: section.file(),
            component,
            family,
            line: section.line(),
            given,
            problems,
            failure: None,
        };
        reader.bring_up_to_date();
        reader
    }

    /// The text of an option as it stands.
    pub(crate) fn text(&self, option: &str) -> Option<&str> {
        self.find(option).map(|g| &*g.value)
    }

    /// The struct. A bad value that restricts nothing is left out and its default taken; any other problem
    /// fails the component, but all are told.
    pub(crate) fn read<T: Options>(&mut self) -> Option<T> {
        let definition = T::definition();
        let mut usable = true;
        loop {
            let texts = self
                .given
                .iter()
                .filter(|g| !g.dropped && definition.get(&g.name).is_some())
                .map(|g| (&*g.name, &*g.value));
            match T::deserialize(SectionDeserializer(texts)) {
                Ok(options) => return usable.then_some(options),
                Err(error) => {
                    let (restricts, again) = self.refuse(definition, error);
                    usable &= !restricts;
                    if !again {
                        return None;
                    }
                }
            }
        }
    }

    /// Reports a bad or missing option and leaves it out. Whether that fails the component, and whether another
    /// try can tell more.
    fn refuse(&mut self, definition: &Definition, error: TextError) -> (bool, bool) {
        let name = error.option.unwrap_or_default();
        let defined = definition.get(&name);
        let Some(given) =
            self.given.iter_mut().find(|g| g.name == name && !g.dropped).filter(|_| !error.missing)
        else {
            // Left out before, because it was bad: that was told.
            if self.find(&name).is_none() {
                self.fail_option(&name, error.message);
            }
            return (true, false);
        };
        given.dropped = true;
        let restricts = defined.is_none_or(|d| d.restricts || d.required);
        if restricts {
            self.fail_option(&name, error.message);
            return (true, true);
        }
        let default = defined.and_then(|d| d.default.clone()).unwrap_or_default();
        let shown = defined.is_some_and(|d| d.secret);
        let value = if shown { "***".to_owned() } else { given.value.clone().into_owned() };
        let message = match default.as_str() {
            "" => format!("{}; the option counts as not set", error.message),
            default => format!("{}; using the default, {default}", error.message),
        };
        let mut problem = Problem::new(Severity::Error, given.file, given.line, message)
            .of(&self.component)
            .option(&name)
            .event(EVENT_REPLACED);
        problem.replaced = Some(Replaced { value, default });
        self.problems.push(problem);
        (false, true)
    }

    /// Fails the component for one of its options.
    pub(crate) fn fail_option(&mut self, option: &str, message: impl Into<String>) {
        let problem = self
            .at(option, Severity::Failure, message)
            .of(&self.component)
            .option(option)
            .event(EVENT_BAD_VALUE);
        self.report(problem);
    }

    /// Tells something about one option that fails nothing.
    pub(crate) fn warn_option(&mut self, option: &str, message: impl Into<String>) {
        self.report_at(option, Severity::Warning, &message.into(), None);
    }

    /// A problem of the whole section, to be completed and reported.
    pub(crate) fn problem(&self, severity: Severity, message: impl Into<String>) -> Problem {
        Problem::new(severity, self.file, self.line, message).of(&self.component)
    }

    /// Tells a problem; one of severity [`Severity::Failure`] fails the component.
    pub(crate) fn report(&mut self, problem: Problem) {
        if problem.severity == Severity::Failure {
            self.give_up(&match &problem.option {
                Some(option) => format!("{option}: {}", problem.message),
                None => problem.message.clone(),
            });
        }
        self.problems.push(problem);
    }

    /// Fails the component for a reason that needs no telling of its own.
    pub(crate) fn give_up(&mut self, reason: &str) {
        self.failure.get_or_insert_with(|| Arc::from(reason));
    }

    /// Tells something about one option.
    pub(crate) fn report_at(
        &mut self,
        option: &str,
        severity: Severity,
        message: &str,
        more: Option<(EventId, Option<String>)>,
    ) {
        let problem = self.at(option, severity, message);
        let problem = problem.of(&self.component).option(option);
        self.report(match more {
            Some((event, hint)) => problem.event(event).hint(hint),
            None => problem,
        });
    }

    /// Whether nothing failed the component so far.
    pub(crate) fn is_sound(&self) -> bool {
        self.failure.is_none()
    }

    /// A struct whose options all have their defaults.
    pub(crate) fn defaults<T: Options>() -> Option<T> {
        T::deserialize(SectionDeserializer(std::iter::empty())).ok()
    }

    /// The component, if nothing failed it.
    pub(crate) fn finish<T>(self, component: Option<T>) -> Component<T> {
        match (component, self.failure.clone()) {
            (Some(live), None) => Component::Live(Arc::new(live)),
            (_, reason) => Component::Failed(Failure {
                name: self.text("name").filter(|n| !n.is_empty()).map(Arc::from),
                reason: reason.unwrap_or_else(|| Arc::from("its options could not be read")),
            }),
        }
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            file: self.file.clone(),
            component: self.component.clone(),
            line: self.line,
            options: self.given.iter().map(|g| (g.name.to_string(), g.file.clone(), g.line)).collect(),
        }
    }

    /// A problem where the option is written, or at the section's header.
    fn at(&self, option: &str, severity: Severity, message: impl Into<String>) -> Problem {
        let (file, line) = self.place_of(option);
        Problem::new(severity, file, line, message)
    }

    /// Where the option is written, or the section's header.
    pub(crate) fn place_of(&self, option: &str) -> (&'a Arc<str>, u32) {
        self.find(option).map_or((self.file, self.line), |g| (g.file, g.line))
    }

    /// Where the option is written, by whatever name.
    pub(crate) fn written(&self, option: &str) -> Option<(&'a Arc<str>, u32)> {
        let called = |g: &&Given<'_>| g.name == option || g.old.name.is_some_and(|old| old.name == option);
        self.given.iter().find(called).map(|g| (g.file, g.line))
    }

    fn find(&self, option: &str) -> Option<&Given<'a>> {
        self.given.iter().find(|g| g.name == option)
    }
}
