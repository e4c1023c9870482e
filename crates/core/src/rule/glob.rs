//! Globs: `*`, `?`, `[a-z]`, `[!seq]`, over the whole value, without regard to case; `*` crosses everything.

use super::subject::fold_into;

/// One alternative of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Symbol(u32),
    AnyOne,
    AnyRun,
    Class { negated: bool, ranges: Vec<(u32, u32)> },
}

/// A part of a pattern before it is compiled.
pub(super) enum Part<'a> {
    /// Written by the administrator: wildcards count.
    Pattern(&'a str),
    /// Put in for a placeholder: every character stands for itself.
    Literal(&'a str),
}

impl Glob {
    pub(super) fn new<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> Self {
        let mut out = Glob(Vec::new());
        for part in parts {
            match part {
                Part::Literal(text) => out.symbols(text),
                Part::Pattern(text) => out.pattern(text),
            }
        }
        out
    }

    fn symbols(&mut self, text: &str) {
        let mut folded = Vec::new();
        fold_into(text, &mut folded);
        self.0.extend(folded.into_iter().map(Token::Symbol));
    }

    fn pattern(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = rest.get(c.len_utf8()..).unwrap_or_default();
            rest = match c {
                '*' => {
                    if self.0.last() != Some(&Token::AnyRun) {
                        self.0.push(Token::AnyRun);
                    }
                    after
                }
                '?' => {
                    self.0.push(Token::AnyOne);
                    after
                }
                // A bracket that is never closed stands for itself.
                '[' => match class(after) {
                    Some((token, after_class)) => {
                        self.0.push(token);
                        after_class
                    }
                    None => {
                        self.0.push(Token::Symbol(u32::from('[')));
                        after
                    }
                },
                _ => {
                    self.symbols(rest.get(..c.len_utf8()).unwrap_or_default());
                    after
                }
            };
        }
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
            Token::AnyRun => false,
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&symbol)) != *negated
            }
        }
    }
}

/// Reads what follows a `[`: the class and what is left after its `]`.
fn class(text: &str) -> Option<(Token, &str)> {
    let (negated, body) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A `]` right at the beginning is a member.
    let first = body.chars().next()?;
    let end = body.get(first.len_utf8()..)?.find(']')? + first.len_utf8();
    let members: Vec<char> = body.get(..end)?.chars().collect();
    let mut ranges = Vec::new();
    let mut at = members.as_slice();
    loop {
        match at {
            [lo, '-', hi, rest @ ..] => {
                ranges.push((fold(*lo), fold(*hi)));
                at = rest;
            }
            [one, rest @ ..] => {
                ranges.push((fold(*one), fold(*one)));
                at = rest;
            }
            [] => break,
        }
    }
    Some((Token::Class { negated, ranges }, body.get(end + 1..)?))
}

fn fold(c: char) -> u32 {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(l), None) => u32::from(l),
        _ => u32::from(c),
    }
}
