//! Flags: `(?i)` for the whole expression, `(?i-s:...)` for a group.

use super::tokens::{Token, Tokens};
use super::{Difference, RegexError, Wrong};

/// The flags that hold at a place of the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    /// `\w`, `\d`, `\s`, `\b` and case mean ASCII alone.
    pub(super) ascii: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) verbose: bool,
}

/// What a group of flags says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// `(?i)`
    Global { on: Letters },
    /// `(?i-s:`
    Local { on: Letters, off: Letters },
}

/// A set of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Letters(u8);

const FLAGS: [char; 8] = ['i', 'L', 'm', 's', 'x', 'a', 't', 'u'];

impl Letters {
    fn of(c: char) -> Option<Self> {
        FLAGS.iter().position(|f| *f == c).map(|at| Letters(1 << at))
    }

    fn and(self, other: Letters) -> Self {
        Letters(self.0 | other.0)
    }

    pub(super) fn has(self, c: char) -> bool {
        Letters::of(c).is_some_and(|l| self.0 & l.0 != 0)
    }

    fn types(self) -> usize {
        ['a', 'u', 'L'].iter().filter(|c| self.has(**c)).count()
    }
}

impl Flags {
    pub(super) fn with(mut self, on: Letters, off: Letters) -> Self {
        for (flag, letter) in [
            (&mut self.ignore_case, 'i'),
            (&mut self.multi_line, 'm'),
            (&mut self.dot_all, 's'),
            (&mut self.verbose, 'x'),
        ] {
            *flag = (*flag || on.has(letter)) && !off.has(letter);
        }
        self.ascii = on.has('a') || (self.ascii && !on.has('u'));
        self
    }
}

/// Whether a group that begins with this is one of flags.
pub(super) fn begins(c: char) -> bool {
    c == '-' || FLAGS.contains(&c)
}

/// Reads what follows the `?`, up to its `)` or `:`.
pub(super) fn read(tokens: &mut Tokens) -> Result<Said, RegexError> {
    let (on, end) = letters(tokens, &[')', ':', '-'])?;
    if on.types() > 1 || on.has('L') {
        return Err(tokens.wrong(Wrong::Flags));
    }
    if end == ')' {
        return Ok(Said::Global { on });
    }
    let mut off = Letters::default();
    if end == '-' {
        (off, _) = letters(tokens, &[':'])?;
        if off == Letters::default() || off.types() > 0 {
            return Err(tokens.wrong(Wrong::Flags));
        }
    }
    if on.has('t') || off.has('t') || on.0 & off.0 != 0 {
        return Err(tokens.wrong(Wrong::Flags));
    }
    Ok(Said::Local { on, off })
}

/// Letters up to one of the `ends`.
fn letters(tokens: &mut Tokens, ends: &[char]) -> Result<(Letters, char), RegexError> {
    let mut letters = Letters::default();
    loop {
        let Some(Token::Char(c)) = tokens.next() else { return Err(tokens.wrong(Wrong::Flags)) };
        if ends.contains(&c) {
            return Ok((letters, c));
        }
        letters = letters.and(Letters::of(c).ok_or_else(|| tokens.wrong(Wrong::Flags))?);
    }
}

/// The flags of the whole expression, after one more group of them.
pub(super) fn global(before: Letters, on: Letters, tokens: &Tokens) -> Result<Letters, RegexError> {
    let all = before.and(on);
    if all.types() > 1 {
        return Err(tokens.wrong(Wrong::Flags));
    }
    if all.has('t') {
        return Err(RegexError::Difference(Difference::TemplateFlag));
    }
    Ok(all)
}
