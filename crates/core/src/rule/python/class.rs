//! Classes: `[a-z\d]`, `\w`. There are no classes inside classes, no set operations and no `[:alpha:]` in Python.

use super::escape::{self, Member};
use super::flags::Flags;
use super::tokens::{Token, Tokens};
use super::tree::Node;
use super::{Difference, RegexError, Wrong};
use crate::rule::case;

/// One character of a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Class {
    pub(super) negated: bool,
    pub(super) ranges: Vec<(char, char)>,
    pub(super) categories: Vec<Category>,
}

/// `\d`, `\s` or `\w`, or all but that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Category {
    pub(super) kind: CategoryKind,
    pub(super) negated: bool,
    pub(super) ascii: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CategoryKind {
    Digit,
    Space,
    Word,
}

impl Category {
    pub(super) fn of(escaped: char, ascii: bool) -> Option<Self> {
        let kind = match escaped.to_ascii_lowercase() {
            'd' => CategoryKind::Digit,
            's' => CategoryKind::Space,
            'w' => CategoryKind::Word,
            _ => return None,
        };
        Some(Self { kind, negated: escaped.is_ascii_uppercase(), ascii })
    }
}

/// A single character where the flags hold.
pub(super) fn character(c: char, flags: Flags) -> Result<Node, RegexError> {
    let mut ranges = vec![(c, c)];
    fold(&mut ranges, flags)?;
    Ok(if ranges.len() == 1 {
        Node::Char(c)
    } else {
        Node::Class(Class { negated: false, ranges, categories: Vec::new() })
    })
}

/// Adds the other cases of the members. Beyond U+FFFF Python has ways of its own with them.
fn fold(ranges: &mut Vec<(char, char)>, flags: Flags) -> Result<(), RegexError> {
    let is_beyond = |(first, last): &(char, char)| *last > '\u{ffff}' && case::has_case(*first, *last);
    if !flags.ignore_case {
        return Ok(());
    }
    if ranges.iter().any(is_beyond) {
        return Err(RegexError::Difference(Difference::CaseBeyondPlane));
    }
    if flags.ascii {
        case::close_ascii(ranges);
    } else {
        case::close(ranges);
    }
    Ok(())
}

/// Reads what follows a `[`.
pub(super) fn read(tokens: &mut Tokens, flags: Flags) -> Result<Node, RegexError> {
    let mut class = Class { negated: tokens.take('^'), ..Class::default() };
    let mut empty = true;
    loop {
        let token = tokens.next().ok_or_else(|| tokens.wrong(Wrong::OpenClass))?;
        if token == Token::Char(']') && !empty {
            break;
        }
        empty = false;
        let first = member(tokens, token, flags)?;
        if !tokens.take('-') {
            class.add(first);
            continue;
        }
        let token = tokens.next().ok_or_else(|| tokens.wrong(Wrong::OpenClass))?;
        if token == Token::Char(']') {
            class.add(first);
            class.add(Member::Char('-'));
            break;
        }
        match (first, member(tokens, token, flags)?) {
            (Member::Char(first), Member::Char(last)) if first <= last => class.ranges.push((first, last)),
            _ => return Err(tokens.wrong(Wrong::Range)),
        }
    }
    class.finish(flags)
}

fn member(tokens: &mut Tokens, token: Token, flags: Flags) -> Result<Member, RegexError> {
    match token {
        Token::Char(c) => Ok(Member::Char(c)),
        Token::Escape(c) => escape::in_class(tokens, c, flags),
        Token::User(_) => Err(RegexError::Difference(Difference::UserInClass)),
    }
}

impl Class {
    fn add(&mut self, member: Member) {
        match member {
            Member::Char(c) => self.ranges.push((c, c)),
            Member::Category(category) => self.categories.push(category),
        }
    }

    fn finish(mut self, flags: Flags) -> Result<Node, RegexError> {
        fold(&mut self.ranges, flags)?;
        Ok(Node::Class(self))
    }
}
