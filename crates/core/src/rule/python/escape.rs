//! What follows a backslash.

use super::class::{Category, Class};
use super::flags::Flags;
use super::tokens::{Token, Tokens};
use super::tree::{Node, Place};
use super::{Difference, RegexError, Wrong, class};

/// A member of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Char(char),
    Category(Category),
}

/// An escape that needs to know the groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Escape {
    Node(Node),
    Reference(usize),
}

pub(super) fn in_class(tokens: &mut Tokens, c: char, flags: Flags) -> Result<Member, RegexError> {
    if let Some(category) = Category::of(c, flags.ascii) {
        return Ok(Member::Category(category));
    }
    match c {
        'b' => Ok(Member::Char('\u{8}')),
        '0'..='7' => {
            let digits = format!("{c}{}", tokens.take_while(2, |d| ('0'..='7').contains(&d)));
            octal(tokens, &digits).map(Member::Char)
        }
        _ => character(tokens, c).map(Member::Char),
    }
}

pub(super) fn outside(tokens: &mut Tokens, c: char, flags: Flags) -> Result<Escape, RegexError> {
    if let Some(category) = Category::of(c, flags.ascii) {
        let class = Class { categories: vec![category], ..Class::default() };
        return Ok(Escape::Node(Node::Class(class)));
    }
    let at = |place| Ok(Escape::Node(Node::At(place)));
    match c {
        'A' => at(Place::Start),
        'Z' => at(Place::End),
        'b' | 'B' => at(Place::Boundary { negated: c == 'B', ascii: flags.ascii }),
        '0' => {
            let digits = tokens.take_while(2, |d| ('0'..='7').contains(&d));
            let c = octal(tokens, &format!("0{digits}"))?;
            class::character(c, flags).map(Escape::Node)
        }
        '1'..='9' => number(tokens, c, flags),
        _ => {
            let c = character(tokens, c)?;
            class::character(c, flags).map(Escape::Node)
        }
    }
}

/// Three octal digits are a character; one or two digits are a group.
fn number(tokens: &mut Tokens, first: char, flags: Flags) -> Result<Escape, RegexError> {
    let mut digits = format!("{first}{}", tokens.take_while(1, |d| d.is_ascii_digit()));
    let is_octal = |d: char| ('0'..='7').contains(&d);
    if digits.len() == 2
        && digits.chars().all(is_octal)
        && let Some(Token::Char(third)) = tokens.peek()
        && is_octal(third)
    {
        tokens.next();
        digits.push(third);
        let c = octal(tokens, &digits)?;
        return class::character(c, flags).map(Escape::Node);
    }
    digits.parse().map(Escape::Reference).map_err(|_| tokens.wrong(Wrong::Escape))
}

fn octal(tokens: &Tokens, digits: &str) -> Result<char, RegexError> {
    let value = u8::from_str_radix(digits, 8).map_err(|_| tokens.wrong(Wrong::OctalTooLarge))?;
    Ok(char::from(value))
}

/// Escapes that mean one character wherever they stand.
fn character(tokens: &mut Tokens, c: char) -> Result<char, RegexError> {
    Ok(match c {
        'a' => '\u{7}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => hexadecimal(tokens, 2)?,
        'u' => hexadecimal(tokens, 4)?,
        'U' => hexadecimal(tokens, 8)?,
        'N' => return Err(named(tokens)),
        c if c.is_ascii_alphanumeric() => return Err(tokens.wrong(Wrong::Escape)),
        c => c,
    })
}

fn hexadecimal(tokens: &mut Tokens, digits: usize) -> Result<char, RegexError> {
    let text = tokens.take_while(digits, |d| d.is_ascii_hexdigit());
    match u32::from_str_radix(&text, 16) {
        Ok(value) if text.len() == digits => match char::from_u32(value) {
            Some(c) => Ok(c),
            None if value <= 0xdfff => Err(RegexError::Difference(Difference::Surrogate)),
            None => Err(tokens.wrong(Wrong::Escape)),
        },
        _ => Err(tokens.wrong(Wrong::EscapeDigits)),
    }
}

/// `\N{EM DASH}`: there is no list of names here.
fn named(tokens: &mut Tokens) -> RegexError {
    if tokens.take('{') && tokens.take_name('}').is_some() {
        RegexError::Difference(Difference::NamedCharacter)
    } else {
        tokens.wrong(Wrong::Escape)
    }
}
