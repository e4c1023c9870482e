//! Globs: `*`, `?`, `[a-z]`, `[!seq]`, over the whole value, without regard to case; `*` crosses everything. They are
//! those of Python's `fnmatch`, tried on a pattern and a value in lower case.

use jiff::civil::DateTime;

use super::case::plain;
use crate::date::DateField;

/// One alternative of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Symbol(u32),
    AnyOne,
    AnyRun,
    Class {
        negated: bool,
        ranges: Vec<(u32, u32)>,
    },
    /// The symbols that are this part of a time.
    Field(DateField),
}

/// A part of a pattern before it is compiled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// Written by the administrator: wildcards count.
    Pattern(&'a str),
    /// Put in for something else: every character stands for itself.
    Literal(&'a str),
    /// Put in when the time is known.
    Field(DateField),
}

/// What follows a `[`, up to its `]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bracket<'a> {
    negated: bool,
    pub(super) members: &'a str,
    pub(super) rest: &'a str,
}

impl<'a> Bracket<'a> {
    /// Reads what follows a `[`. A `]` right at the beginning is a member. None: it is never closed.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (negated, body) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let first = body.chars().next()?;
        let end = body.get(first.len_utf8()..)?.find(']')?.checked_add(first.len_utf8())?;
        Some(Self { negated, members: body.get(..end)?, rest: body.get(end..)?.strip_prefix(']')? })
    }

    fn token(self) -> Option<Token> {
        let members: Vec<char> = self.members.chars().map(plain).collect();
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut at = members.as_slice();
        let mut had_empty = false;
        loop {
            match at {
                // `fnmatch` drops ranges that end before they begin, and then takes this for a negation.
                ['!', ..] if had_empty && ranges.is_empty() && !self.negated => return None,
                [first, '-', last, rest @ ..] => {
                    had_empty |= first > last;
                    ranges.extend((first <= last).then_some((*first, *last)));
                    at = rest;
                }
                [one, rest @ ..] => {
                    ranges.push((*one, *one));
                    at = rest;
                }
                [] => break,
            }
        }
        let ranges = ranges.into_iter().map(|(first, last)| (first.into(), last.into())).collect();
        Some(Token::Class { negated: self.negated, ranges })
    }
}

impl Glob {
    /// None: a class of it says two things at once.
    pub(super) fn new(parts: &[Part<'_>]) -> Option<Self> {
        let mut out = Glob(Vec::new());
        for part in parts {
            match part {
                Part::Literal(text) => out.symbols(text),
                Part::Pattern(text) => out.pattern(text)?,
                Part::Field(field) => out.0.push(Token::Field(*field)),
            }
        }
        Some(out)
    }

    /// The glob with the parts of a local time in the place of its fields.
    pub(super) fn at(&self, local: DateTime) -> Self {
        let mut out = Glob(Vec::with_capacity(self.0.len()));
        for token in &self.0 {
            match token {
                Token::Field(field) => {
                    let mut text = String::new();
                    field.render(&mut text, local);
                    out.symbols(&text);
                }
                other => out.0.push(other.clone()),
            }
        }
        out
    }

    fn symbols(&mut self, text: &str) {
        self.0.extend(text.chars().map(|c| Token::Symbol(plain(c).into())));
    }

    fn pattern(&mut self, text: &str) -> Option<()> {
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '*' if self.0.last() == Some(&Token::AnyRun) => {}
                '*' => self.0.push(Token::AnyRun),
                '?' => self.0.push(Token::AnyOne),
                '[' if let Some(bracket) = Bracket::read(rest.as_str()) => {
                    self.0.push(bracket.token()?);
                    rest = bracket.rest.chars();
                }
                // A bracket that is never closed stands for itself.
                _ => self.0.push(Token::Symbol(plain(c).into())),
            }
        }
        Some(())
    }

    /// Whether the whole value matches. At most `len(value) * len(pattern)` steps.
    pub(super) fn matches(&self, value: &[u32]) -> bool {
        let mut tokens: &[Token] = &self.0;
        let mut value = value;
        // Where to take up again when the way after the last `*` fails: the tokens after it, the rest it leaves.
        let mut again: Option<(&[Token], &[u32])> = None;
        loop {
            match (tokens.split_first(), value.split_first()) {
                (Some((Token::AnyRun, after)), _) => {
                    if after.is_empty() {
                        return true;
                    }
                    again = Some((after, value));
                    tokens = after;
                    continue;
                }
                (Some((token, t)), Some((symbol, v))) if token.takes(*symbol) => {
                    (tokens, value) = (t, v);
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            let Some((after, from)) = again else { return false };
            let Some((_, shorter)) = from.split_first() else { return false };
            again = Some((after, shorter));
            (tokens, value) = (after, shorter);
        }
    }
}

impl Token {
    fn takes(&self, symbol: u32) -> bool {
        match self {
            Token::Symbol(s) => *s == symbol,
            Token::AnyOne => true,
            Token::AnyRun | Token::Field(_) => false,
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&symbol)) != *negated
            }
        }
    }
}
