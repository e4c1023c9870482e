//! Permissions: which right a path gives, decided by the first rule that matches.
//!
//! - [`Permission`], [`PermissionSet`]: the names of the option `permissions` and what they allow.
//! - [`Expression`]: matching expressions (globs, regular expressions, dates).
//! - [`RuleSource`]: the option as it was written; [`Rules`]: the same for one user, ready to judge.

mod case;
mod expression;
mod glob;
mod globs;
mod offset;
mod permission;
mod python;
mod subject;

pub use expression::{Expression, ExpressionError, MatchError, Regex, user_component};
pub use globs::Globs;
pub use offset::Offset;
pub use permission::{Permission, PermissionSet, Right};
pub use python::{Difference, RegexError, Size, Wrong};
pub use subject::Subject;

use std::sync::Arc;

use crate::{Moment, VPath, csv};

/// Stands for the name of the user in expressions.
const PLACEHOLDER: &str = "${USER}";

/// Why the option `permissions` cannot be honoured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("line {line}: {error}")]
    Csv { line: usize, error: csv::CsvError },
    #[error("line {line}: '{name}' is not a permission")]
    UnknownPermission { line: usize, name: String },
    #[error("line {line}: the rule for '{expression}' names no permission")]
    NoPermission { line: usize, expression: String },
    #[error("line {line}: no path is like '{expression}': paths begin with '/'")]
    NoPath { line: usize, expression: String },
    #[error("line {line}: {error}")]
    Expression { line: usize, error: ExpressionError },
}

/// The option `permissions` of one account or group, as it was written: checked, with its placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleSource {
    global: PermissionSet,
    lines: Arc<[SourceLine]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SourceLine {
    expression: String,
    set: PermissionSet,
    /// Of the option's value, from 0.
    line: usize,
}

impl RuleSource {
    /// A set that holds everywhere.
    pub fn everywhere(global: PermissionSet) -> Self {
        Self { global, lines: Arc::default() }
    }

    /// Reads the option: the first line is the global set if all its members are permissions; each further line
    /// is an expression and the set that replaces the global one where the expression matches.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let mut global = PermissionSet::default();
        let mut lines = Vec::new();
        let mut first = true;
        for (at, line) in text.lines().enumerate() {
            let line_no = at + 1;
            let members = csv::split(line).map_err(|error| RuleError::Csv { line: line_no, error })?;
            let Some((head, rest)) = members.split_first() else { continue };
            let is_first = std::mem::take(&mut first);
            if is_first && head.parse::<Permission>().is_ok() {
                global = permissions(&members, line_no)?;
                continue;
            }
            if !may_match_paths(head) {
                return Err(match head.parse::<Permission>() {
                    Err(()) if is_first => RuleError::UnknownPermission { line: line_no, name: head.clone() },
                    _ => RuleError::NoPath { line: line_no, expression: head.clone() },
                });
            }
            if rest.is_empty() {
                return Err(RuleError::NoPermission { line: line_no, expression: head.clone() });
            }
            let set = permissions(rest, line_no)?;
            Expression::parse(head, "user")
                .map_err(|error| RuleError::Expression { line: line_no, error })?;
            lines.push(SourceLine { expression: head.clone(), set, line: at });
        }
        Ok(Self { global, lines: lines.into() })
    }

    /// The sources of an account that inherits: the global set of the first, the path rules of all in order.
    pub fn merged<'a>(sources: impl IntoIterator<Item = &'a RuleSource>) -> Self {
        let mut sources = sources.into_iter();
        let Some(primary) = sources.next() else { return Self::default() };
        let mut lines = primary.lines.to_vec();
        for more in sources {
            lines.extend_from_slice(&more.lines);
        }
        Self { global: primary.global, lines: lines.into() }
    }

    /// The path rules in order: the line of the value that each stands on, from 0, and its expression.
    pub fn path_rules(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().map(|l| (l.line, l.expression.as_str()))
    }

    /// The rules for one user: `${USER}` stands for the name, literally, whatever characters it holds.
    pub fn for_user(&self, user: &str) -> Result<Rules, ExpressionError> {
        let paths = self
            .lines
            .iter()
            .map(|l| Ok(PathRule { expression: Expression::parse(&l.expression, user)?, set: l.set }))
            .collect::<Result<_, _>>()?;
        Ok(Rules { global: self.global, paths })
    }
}

/// Whether there is a path that the expression can match: one without any of these is a word.
fn may_match_paths(expression: &str) -> bool {
    expression.trim_start().starts_with('!') || expression.contains(['/', '*', '?', '['])
}

fn permissions(names: &[String], line: usize) -> Result<PermissionSet, RuleError> {
    names.iter().try_fold(PermissionSet::default(), |set, name| match name.parse::<Permission>() {
        Ok(p) => Ok(set.with(p)),
        Err(()) => Err(RuleError::UnknownPermission { line, name: name.clone() }),
    })
}

#[derive(Debug, Clone)]
struct PathRule {
    expression: Expression,
    set: PermissionSet,
}

/// The rules of one login.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    global: PermissionSet,
    paths: Vec<PathRule>,
}

/// Which rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// No path rule matched: the global set.
    Global,
    /// The path rule of that index (from 0, in the order of the merged option).
    Rule(usize),
    /// The path rule of that index could not be evaluated, which refuses everything.
    Broken(usize),
}

impl Rules {
    /// The set that holds for `path` at that moment: of the first rule that matches, else the global one. A rule that
    /// cannot be evaluated refuses everything.
    pub fn at(&self, path: &VPath, moment: Moment<'_>) -> (PermissionSet, Decider) {
        let subject = Subject::new(path.as_bytes());
        for (i, rule) in self.paths.iter().enumerate() {
            match rule.expression.matches(&subject, moment) {
                Ok(true) => return (rule.set, Decider::Rule(i)),
                Ok(false) => {}
                Err(_) => return (PermissionSet::DENIED, Decider::Broken(i)),
            }
        }
        (self.global, Decider::Global)
    }

    /// Whether the path gives the right.
    pub fn allow(&self, right: Right, path: &VPath, moment: Moment<'_>) -> bool {
        self.at(path, moment).0.allows(right)
    }

    /// Whether every path gives the same rights: then nothing can gain a right by moving.
    pub fn are_uniform(&self) -> bool {
        self.paths.is_empty()
    }
}

#[cfg(test)]
mod against_python;
#[cfg(test)]
mod dates;
#[cfg(test)]
mod tests;
