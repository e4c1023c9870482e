//! Matching expressions: `METHOD/EXPRESSION/MODIFIERS`; no method letter means a glob.
//!
//! - no letter, or `g/.../`: a glob over the whole value; `|` separates alternatives; `!` at the start negates.
//! - `m/.../`: a regular expression, searched for, with the modifier `i`; `e/.../`: the same, negated.
//! - `t/.../OFFSET`: a glob with parts of the local time.

use super::Subject;
use super::case::is_odd;
use super::globs::{Braces, Globs};
use super::offset::Offset;
use super::python::{self, RegexError};
use crate::Moment;

/// Steps that one regular expression may take back and try again; beyond, the match is an error.
const BACKTRACK_LIMIT: usize = 100_000;
/// Bytes that one automaton of a regular expression may take.
const AUTOMATON_LIMIT: usize = 4 << 20;
/// Instructions of one regular expression.
const PROGRAM_LIMIT: usize = 100_000;

/// Why an expression cannot be honoured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("the expression is empty")]
    Empty,
    #[error("the expression is longer than {most} bytes")]
    TooLong { most: usize },
    #[error("the regular expression '{expression}' is wrong: {error}")]
    Regex { expression: String, error: RegexError },
    #[error("a class begins with a range that holds nothing, and then a '!'")]
    Class,
    #[error("the name of the user cannot be part of a class")]
    UserInClass,
    #[error("after '{{' comes no part of a date and '}}' but '{0}'; a brace itself is written [{{]")]
    Field(String),
    #[error("'{0}' is not an offset such as -1d; if it is a part of the pattern, end that with a slash")]
    Offset(String),
    #[error("the only modifier is 'i', and not '{0}'; if it is a part of the pattern, end that with a slash")]
    Modifier(String),
}

/// An expression gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    #[error("the regular expression exceeds its limit of steps")]
    Steps,
    #[error(
        "the regular expression refers to a group, and letters of the value have cases that it cannot compare"
    )]
    Cases,
    #[error("the local time is not known")]
    Time,
}

/// A matching expression, ready to be tried.
#[derive(Debug, Clone)]
pub enum Expression {
    Glob(Globs),
    Regex(Regex),
    Date { globs: Globs, offset: Offset },
}

/// A regular expression, or what it does not find.
#[derive(Debug, Clone)]
pub struct Regex {
    negated: bool,
    refers_in_any_case: bool,
    engine: Box<fancy_regex::Regex>,
}

impl Expression {
    /// Reads an expression. `${USER}` in it stands for `user`, literally, with the characters that could not be
    /// part of one name replaced (see [`user_component`]).
    pub fn parse(text: &str, user: &str) -> Result<Self, ExpressionError> {
        let text = text.trim();
        let user = user_component(user);
        match text.split_at_checked(2) {
            _ if text.is_empty() => Err(ExpressionError::Empty),
            Some(("m/", rest)) => Regex::parse(rest, &user, false).map(Expression::Regex),
            Some(("e/", rest)) => Regex::parse(rest, &user, true).map(Expression::Regex),
            Some(("t/", rest)) => Self::date(rest, &user),
            Some(("g/", rest)) => Self::glob(rest.strip_suffix('/').unwrap_or(rest), &user),
            _ => Self::glob(text, &user),
        }
    }

    fn glob(text: &str, user: &str) -> Result<Self, ExpressionError> {
        Globs::parse(text, user, Braces::Literal).map(Expression::Glob)
    }

    /// The closing slash is the last one, if nothing or an offset follows it; written without it, the whole rest is
    /// the expression. What may be an offset that was written wrong is refused.
    fn date(text: &str, user: &str) -> Result<Self, ExpressionError> {
        let (body, offset) = match text.rsplit_once('/') {
            Some((body, "")) => (body, Offset::default()),
            Some((body, tail)) => match tail.parse() {
                Ok(offset) => (body, offset),
                Err(()) if is_like_offset(tail) => {
                    return Err(ExpressionError::Offset(tail.to_owned()));
                }
                Err(()) => (text, Offset::default()),
            },
            None => (text, Offset::default()),
        };
        if body.is_empty() {
            return Err(ExpressionError::Empty);
        }
        Ok(Expression::Date { globs: Globs::parse(body, user, Braces::Fields)?, offset })
    }

    /// Whether the value matches at that moment. An error is not a match of anything, negated or not: who asks must
    /// refuse.
    pub fn matches(&self, subject: &Subject<'_>, moment: Moment<'_>) -> Result<bool, MatchError> {
        match self {
            Expression::Glob(globs) => Ok(globs.matches(subject.folded())),
            Expression::Regex(regex) => regex.matches(subject.text()),
            Expression::Date { globs, offset } => {
                let local = offset.from(moment).ok_or(MatchError::Time)?;
                Ok(globs.at(local).matches(subject.folded()))
            }
        }
    }
}

impl Regex {
    /// The closing slash is the last one; written without it, the whole rest is the expression. What may be modifiers
    /// that this grammar does not have is refused: taken as a part of the pattern, it would match nothing.
    fn parse(text: &str, user: &str, negated: bool) -> Result<Self, ExpressionError> {
        let (body, ignore_case) = match text.rsplit_once('/') {
            Some((body, "")) => (body, false),
            Some((body, "i")) => (body, true),
            Some((_, tail)) if is_like_modifiers(tail) => {
                return Err(ExpressionError::Modifier(tail.to_owned()));
            }
            _ => (text, false),
        };
        if body.is_empty() {
            return Err(ExpressionError::Empty);
        }
        let wrong = |error| ExpressionError::Regex { expression: body.to_owned(), error };
        let translation = python::translate(body, user, ignore_case).map_err(wrong)?;
        let engine = fancy_regex::RegexBuilder::new(&translation.pattern)
            .backtrack_limit(BACKTRACK_LIMIT)
            .delegate_size_limit(AUTOMATON_LIMIT)
            .max_prog_size(PROGRAM_LIMIT)
            .build()
            .map_err(|e| wrong(RegexError::Engine(e.to_string())))?;
        Ok(Self { negated, refers_in_any_case: translation.refers_in_any_case, engine: Box::new(engine) })
    }

    fn matches(&self, text: &str) -> Result<bool, MatchError> {
        if self.refers_in_any_case && text.chars().any(is_odd) {
            return Err(MatchError::Cases);
        }
        match self.engine.is_match(text) {
            Ok(found) => Ok(found != self.negated),
            Err(_) => Err(MatchError::Steps),
        }
    }
}

/// Whether other programs take it as modifiers: one letter, or a few of those that mean something to them.
fn is_like_modifiers(tail: &str) -> bool {
    let is_one_letter = tail.len() == 1 && tail.bytes().all(|b| b.is_ascii_alphabetic());
    is_one_letter || tail.len() <= 3 && tail.bytes().all(|b| b"agilmsux".contains(&b.to_ascii_lowercase()))
}

/// Whether somebody may have meant an offset: it begins with a sign, or is a number with letters after it.
fn is_like_offset(tail: &str) -> bool {
    let is_number = tail.starts_with(|c: char| c.is_ascii_digit());
    tail.starts_with(['+', '-']) || is_number && tail.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A login name as one part of a path: the characters that mean something to a path or a file system become `.`.
pub fn user_component(user: &str) -> String {
    let replaced: String = user
        .chars()
        .map(|c| {
            if matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|') || c.is_control() {
                '.'
            } else {
                c
            }
        })
        .collect();
    // `.` and `..` are names of folders, not of users.
    match replaced.as_str() {
        "." => "_".to_owned(),
        ".." => "__".to_owned(),
        _ => replaced,
    }
}
