//! A glob as it is written: `! *.tmp | /home/${USER}/*`.

use jiff::civil::DateTime;

use super::PLACEHOLDER;
use super::expression::ExpressionError;
use super::glob::{Bracket, Glob, Part};
use crate::date::DateField;

/// Symbols in a glob with all its alternatives.
const MAX_LENGTH: usize = 16_384;

/// Globs of which one must match; negated, none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Globs {
    negated: bool,
    alternatives: Vec<Glob>,
}

/// What a `{` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    Literal,
    Fields,
}

impl Globs {
    /// `user` stands for `${USER}`.
    pub(super) fn parse(text: &str, user: &str, braces: Braces) -> Result<Self, ExpressionError> {
        if text.len() > MAX_LENGTH {
            return Err(ExpressionError::TooLong { most: MAX_LENGTH });
        }
        let (negated, body) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let glob = |one: &str| {
            let parts = parts(one.trim(), user, braces)?;
            Glob::new(&parts).ok_or(ExpressionError::Class)
        };
        let alternatives = alternatives(body).into_iter().map(glob).collect::<Result<_, _>>()?;
        Ok(Self { negated, alternatives })
    }

    pub(super) fn matches(&self, value: &[u32]) -> bool {
        self.alternatives.iter().any(|glob| glob.matches(value)) != self.negated
    }

    /// The same with the parts of a local time in the place of fields.
    pub(super) fn at(&self, local: DateTime) -> Self {
        let alternatives = self.alternatives.iter().map(|glob| glob.at(local)).collect();
        Self { negated: self.negated, alternatives }
    }
}

/// Splits at `|`, but not inside brackets.
fn alternatives(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut current = text;
    let mut rest = text;
    while let Some((at, sign)) = rest.char_indices().find(|(_, c)| matches!(c, '|' | '[')) {
        let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
        if sign == '[' {
            rest = Bracket::read(after).map_or(after, |bracket| bracket.rest);
            continue;
        }
        let length = current.len().saturating_sub(after.len()).saturating_sub(1);
        out.push(current.get(..length).unwrap_or_default());
        (current, rest) = (after, after);
    }
    out.push(current);
    out
}

/// Finds what stands for something else, outside brackets.
fn parts<'a>(text: &'a str, user: &'a str, braces: Braces) -> Result<Vec<Part<'a>>, ExpressionError> {
    let mut parts = Vec::new();
    let mut pattern = text;
    let mut rest = text;
    while let Some((at, sign)) = rest.char_indices().find(|(_, c)| matches!(c, '[' | '$' | '{')) {
        let from = rest.get(at..).unwrap_or_default();
        let after = from.get(1..).unwrap_or_default();
        let part = match sign {
            '[' => {
                rest = Bracket::read(after).map_or(after, |bracket| bracket.rest);
                let members = after.get(..after.len().saturating_sub(rest.len())).unwrap_or_default();
                if members.contains(PLACEHOLDER) {
                    return Err(ExpressionError::UserInClass);
                }
                continue;
            }
            '$' => from.strip_prefix(PLACEHOLDER).map(|after| (Part::Literal(user), after)),
            _ if braces == Braces::Fields => Some(field(after)?),
            _ => None,
        };
        let Some((part, after_part)) = part else {
            rest = after;
            continue;
        };
        let length = pattern.len().saturating_sub(from.len());
        parts.push(Part::Pattern(pattern.get(..length).unwrap_or_default()));
        parts.push(part);
        (pattern, rest) = (after_part, after_part);
    }
    parts.push(Part::Pattern(pattern));
    Ok(parts)
}

/// Reads what follows a `{`.
fn field(text: &str) -> Result<(Part<'_>, &str), ExpressionError> {
    let (name, rest) = text.split_once('}').ok_or_else(|| ExpressionError::Field(text.to_owned()))?;
    match DateField::named(name) {
        Some(field) => Ok((Part::Field(field), rest)),
        None => Err(ExpressionError::Field(name.to_owned())),
    }
}
