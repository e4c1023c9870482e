//! A pattern as Python's own reader takes it: a backslash and the character after it are one.

use super::{MAX_LENGTH, RegexError, Size, Wrong};
use crate::rule::PLACEHOLDER;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    /// A backslash and this character.
    Escape(char),
    /// A character of the user's name, which means nothing but itself.
    User(char),
}

/// Splits a pattern, in which `${USER}` stands for the characters of `user`.
pub(super) fn split(pattern: &str, user: &str) -> Result<Vec<Token>, RegexError> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(PLACEHOLDER) {
            tokens.extend(user.chars().map(Token::User));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            let Some(escaped) = after.chars().next() else {
                return Err(RegexError::Syntax { wrong: Wrong::EndsInEscape, at: tokens.len() });
            };
            tokens.push(Token::Escape(escaped));
            rest = after.get(escaped.len_utf8()..).unwrap_or_default();
        } else {
            tokens.push(Token::Char(c));
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        if tokens.len() > MAX_LENGTH {
            return Err(RegexError::TooLarge(Size::Length));
        }
    }
    Ok(tokens)
}

/// The tokens, and how far they have been read.
#[derive(Debug)]
pub(super) struct Tokens {
    all: Vec<Token>,
    at: usize,
}

impl Tokens {
    pub(super) fn new(all: Vec<Token>) -> Self {
        Self { all, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn go_back_to(&mut self, position: usize) {
        self.at = position;
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.all.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(token)
    }

    /// The next token if it is this character.
    pub(super) fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(Token::Char(c));
        if found {
            self.next();
        }
        found
    }

    /// Characters that pass, `limit` of them at most.
    pub(super) fn take_while(&mut self, limit: usize, passes: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while taken.len() < limit
            && let Some(Token::Char(c)) = self.peek()
            && passes(c)
        {
            taken.push(c);
            self.next();
        }
        taken
    }

    /// Characters up to `end`, which is taken too. None if there are none, or something else is among them.
    pub(super) fn take_name(&mut self, end: char) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.next()? {
                Token::Char(c) if c == end => return (!name.is_empty()).then_some(name),
                Token::Char(c) => name.push(c),
                _ => return None,
            }
        }
    }

    pub(super) fn wrong(&self, wrong: Wrong) -> RegexError {
        RegexError::Syntax { wrong, at: self.at }
    }
}
