//! Paths with placeholders.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::rule::user_component;

use super::{BadValue, text_value};

const USER: &str = "${USER}";
const SHARED: &str = "${SHARED}";
const OS_HOME: &str = "${OS_HOME}";

/// A path for many users.
///
/// - `${USER}` stands for the login name as one part of a path: the characters that mean something to a path
///   become `.`.
/// - `${SHARED}` at the start: the rest is taken literally, the same for all.
/// - `${OS_HOME}` at the start: the home folder of an account of the operating system. An account of the application
///   is none, whatever its name: one that is called `root` must not get root's home.
///
/// A relative path is taken from the installation folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathTemplate(Arc<str>);

/// What a template needs to become a path.
pub(crate) struct Subject<'a> {
    pub(crate) root: &'a Path,
    /// The name of an account of the application.
    pub(crate) user: &'a str,
}

impl PathTemplate {
    /// Whether the option says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn mentions_user(&self) -> bool {
        self.0.contains(USER)
    }

    /// Whether it is for accounts of the operating system.
    pub(crate) fn is_os_home(&self) -> bool {
        self.0.starts_with(OS_HOME)
    }

    /// The path for a user, as an account's own option means it: nothing is appended. `None` for `${OS_HOME}`.
    pub(crate) fn of_account(&self, subject: &Subject<'_>) -> Option<PathBuf> {
        if let Some(shared) = self.0.strip_prefix(SHARED) {
            return Some(subject.root.join(shared));
        }
        let name = user_component(subject.user);
        (!self.is_os_home()).then(|| subject.root.join(self.0.replace(USER, &name)))
    }

    /// The path for a user, as a group's option means it: the user's name becomes the last part unless the
    /// template says where it goes, or that the path is shared.
    pub(crate) fn of_group(&self, subject: &Subject<'_>) -> Option<PathBuf> {
        let path = self.of_account(subject)?;
        if self.0.starts_with(SHARED) || self.mentions_user() {
            return Some(path);
        }
        Some(path.join(user_component(subject.user)))
    }
}

impl FromStr for PathTemplate {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let body = text.strip_prefix(SHARED).or_else(|| text.strip_prefix(OS_HOME)).unwrap_or(text);
        if text.starts_with(SHARED) && text.contains(USER) {
            return Err(BadValue::new(
                "${SHARED} and ${USER} exclude each other: a shared path is taken literally",
            ));
        }
        if body.replace(USER, "").contains("${") {
            return Err(BadValue::new(format!(
                "'{text}' has a placeholder other than ${{USER}}, or ${{SHARED}} or ${{OS_HOME}} at its start"
            )));
        }
        if text.starts_with(SHARED) && body.is_empty() {
            return Err(BadValue::new("${SHARED} must be followed by a path"));
        }
        if text.starts_with(OS_HOME) && !body.is_empty() && !body.starts_with('/') {
            return Err(BadValue::new("${OS_HOME} must be followed by nothing or by a '/'"));
        }
        if Path::new(body).components().any(|c| matches!(c, std::path::Component::ParentDir)) {
            return Err(BadValue::new(format!("'{text}' goes up with '..'; write the path itself")));
        }
        if text.contains(['\n', '\0']) {
            return Err(BadValue::new("a path is one line"));
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(PathTemplate, "a path with ${USER}, ${SHARED} or ${OS_HOME}");

/// A [`PathTemplate`] that is absolute and not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomePath(pub(crate) PathTemplate);

impl FromStr for HomePath {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let body = text.strip_prefix(SHARED).unwrap_or(text);
        if !body.starts_with('/') && !body.starts_with(OS_HOME) {
            return Err(BadValue::new(format!("'{text}' is not an absolute path")));
        }
        text.parse().map(Self)
    }
}

impl fmt::Display for HomePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(HomePath, "an absolute path with ${USER}, ${SHARED} or ${OS_HOME}");
