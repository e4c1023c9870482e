//! Matching expressions: `METHOD/EXPRESSION/MODIFIERS`; no method letter means a glob.
//!
//! - no letter, or `g/.../`: a glob over the whole value; `|` separates alternatives; `!` at the start negates.
//! - `m/.../`: a regular expression, searched for, with the modifier `i`; `e/.../`: the same, negated.

use super::Subject;
use super::glob::{Glob, Part};

const PLACEHOLDER: &str = "${USER}";

/// Steps that one regular expression may take back and try again; beyond, the match is an error.
const BACKTRACK_LIMIT: usize = 100_000;

/// Why an expression cannot be honoured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("the expression is empty")]
    Empty,
    #[error("the regular expression '{expression}' is wrong: {details}")]
    Regex { expression: String, details: String },
    #[error("date expressions (t/.../) are not supported yet: '{0}'")]
    Date(String),
}

/// A regular expression gave no answer within its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression exceeds its limit of steps")]
pub struct MatchError;

/// A matching expression, ready to be tried.
#[derive(Debug, Clone)]
pub enum Expression {
    Glob { negated: bool, alternatives: Vec<Alternative> },
    Regex { negated: bool, regex: Box<fancy_regex::Regex> },
}

/// One alternative of a glob.
#[derive(Debug, Clone)]
pub struct Alternative(Glob);

impl Expression {
    /// Reads an expression. `${USER}` in it stands for `user`, literally, with the characters that could not be
    /// part of one name replaced (see [`user_component`]).
    pub fn parse(text: &str, user: &str) -> Result<Self, ExpressionError> {
        let text = text.trim();
        let user = user_component(user);
        match text.split_at_checked(2) {
            _ if text.is_empty() => Err(ExpressionError::Empty),
            Some(("m/", rest)) => Self::regex(rest, &user, false),
            Some(("e/", rest)) => Self::regex(rest, &user, true),
            Some(("t/", _)) => Err(ExpressionError::Date(text.to_owned())),
            Some(("g/", rest)) => Ok(Self::glob(rest.strip_suffix('/').unwrap_or(rest), &user)),
            _ => Ok(Self::glob(text, &user)),
        }
    }

    fn glob(text: &str, user: &str) -> Self {
        let (negated, body) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let alternatives = alternatives(body)
            .into_iter()
            .map(|one| {
                let mut parts = Vec::new();
                for (i, piece) in one.trim().split(PLACEHOLDER).enumerate() {
                    if i > 0 {
                        parts.push(Part::Literal(user));
                    }
                    parts.push(Part::Pattern(piece));
                }
                Alternative(Glob::new(parts))
            })
            .collect();
        Expression::Glob { negated, alternatives }
    }

    fn regex(text: &str, user: &str, negated: bool) -> Result<Self, ExpressionError> {
        // The closing slash is the last one; written without it, the whole rest is the expression.
        let (body, ignore_case) = match text.rsplit_once('/') {
            Some((body, "")) => (body, false),
            Some((body, "i")) => (body, true),
            _ => (text, false),
        };
        if body.is_empty() {
            return Err(ExpressionError::Empty);
        }
        let mut pattern = String::with_capacity(body.len() + 4);
        if ignore_case {
            pattern.push_str("(?i)");
        }
        pattern.push_str(&body.replace(PLACEHOLDER, &fancy_regex::escape(user)));
        let wrong = |details: String| ExpressionError::Regex { expression: body.to_owned(), details };
        // Calls of groups, as in Perl: Python has none, and the number in one is taken for a size unseen.
        if fancy_regex::Expr::parse_tree(&pattern).is_ok_and(|tree| tree.contains_subroutines) {
            return Err(wrong("a group cannot be called".to_owned()));
        }
        match fancy_regex::RegexBuilder::new(&pattern).backtrack_limit(BACKTRACK_LIMIT).build() {
            Ok(regex) => Ok(Expression::Regex { negated, regex: Box::new(regex) }),
            Err(e) => Err(wrong(e.to_string())),
        }
    }

    /// Whether the value matches. An error is not a match of anything, negated or not: who asks must refuse.
    pub fn matches(&self, subject: &Subject<'_>) -> Result<bool, MatchError> {
        match self {
            Expression::Glob { negated, alternatives } => {
                let value = subject.folded();
                Ok(alternatives.iter().any(|g| g.0.matches(value)) != *negated)
            }
            Expression::Regex { negated, regex } => match regex.is_match(subject.text()) {
                Ok(found) => Ok(found != *negated),
                Err(_) => Err(MatchError),
            },
        }
    }
}

/// Splits at `|`, but not inside brackets.
fn alternatives(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|t| t.find(['|', '['])) {
        let at = from + at;
        if rest.as_bytes().get(at) == Some(&b'[') {
            // A class ends at the next `]` that is not its first member (which may follow a `!`).
            let body = at + 1 + usize::from(rest.as_bytes().get(at + 1) == Some(&b'!'));
            let end = rest.get(body + 1..).and_then(|t| t.find(']')).map(|n| body + 1 + n + 1);
            from = end.unwrap_or(at + 1);
            continue;
        }
        out.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        from = 0;
    }
    out.push(rest);
    out
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
