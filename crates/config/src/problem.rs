//! What is wrong with a configuration, told to the administrator.

use std::fmt;
use std::sync::Arc;

use causeway_core::EventId;

/// An option has a bad value that was replaced by its default.
pub(crate) const EVENT_REPLACED: EventId = EventId(20190);
/// An option has a value that cannot be honoured, and its component refuses.
pub(crate) const EVENT_BAD_VALUE: EventId = EventId(20120);
/// A component is of an unknown type.
pub(crate) const EVENT_UNKNOWN_TYPE: EventId = EventId(20091);

/// What follows from a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Everything runs as configured, as far as it can. `check` passes.
    Warning,
    /// Something is not as it was written, but nothing refuses for it. `check` fails.
    Error,
    /// A component is failed and refuses. `check` fails.
    Failure,
}

/// One problem and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// The file's name as the administrator knows it.
    pub file: Arc<str>,
    /// From 1; 0 where the whole file is meant.
    pub line: u32,
    /// `family/ID`.
    pub component: Option<String>,
    pub option: Option<String>,
    /// What is wrong. Holds no secret.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The event that a start reports it with.
    pub event: Option<EventId>,
    /// For a value that was replaced by the default.
    pub replaced: Option<Replaced>,
}

/// A value that was not taken. Both as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub value: String,
    pub default: String,
}

impl Problem {
    pub(crate) fn new(severity: Severity, file: &Arc<str>, line: u32, message: impl Into<String>) -> Self {
        Self {
            severity,
            file: file.clone(),
            line,
            component: None,
            option: None,
            message: message.into(),
            hint: None,
            event: None,
            replaced: None,
        }
    }

    pub(crate) fn of(mut self, component: &str) -> Self {
        self.component = Some(component.to_owned());
        self
    }

    pub(crate) fn option(mut self, option: &str) -> Self {
        self.option = Some(option.to_owned());
        self
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    pub(crate) fn event(mut self, event: EventId) -> Self {
        self.event = Some(event);
        self
    }

    /// Whether `check` ends with an error for it.
    pub fn fails_check(&self) -> bool {
        self.severity > Severity::Warning
    }
}

/// Where a component and its options stand, for problems that only show where they are used.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) component: String,
    /// Of the section's header.
    pub(crate) line: u32,
    pub(crate) options: Vec<(String, Arc<str>, u32)>,
}

impl Place {
    /// A problem with an option, at its line, or at the section's where it is not written.
    pub fn problem(&self, severity: Severity, option: &str, message: impl Into<String>) -> Problem {
        let written = self.options.iter().find(|(name, ..)| name == option);
        let (file, line) = written.map_or((&self.file, self.line), |(_, file, line)| (file, *line));
        Problem::new(severity, file, line, message).of(&self.component).option(option)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        f.write_str(":")?;
        if let Some(component) = &self.component {
            write!(f, " [{component}]")?;
        }
        if let Some(option) = &self.option {
            write!(f, " {option}:")?;
        }
        write!(f, " {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}
