//! The parsed text: sections and options, each knowing its place. What they say is read from the text when it is asked for.

use std::borrow::Cow;

use super::lines::{Line, LineKind, Lines, split_option};
use super::{Refused, SyntaxError, parse};

/// Where a section begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SectionAt {
    /// Lines above its header.
    pub(super) line: u32,
    /// Bytes above its header.
    pub(super) start: u32,
}

/// A configuration file that follows the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(super) text: Box<str>,
    pub(super) sections: Vec<SectionAt>,
}

impl Document {
    /// Reads a file's content. On failure, every mistake up to a hundred.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, Vec<SyntaxError>> {
        Self::parsed(bytes.into()).map_err(|refused| refused.mistakes)
    }

    /// The same for a text that may have much in common with this one: what does is not read again.
    pub fn parse_next(&self, bytes: impl Into<Vec<u8>>) -> Result<Self, Vec<SyntaxError>> {
        self.parsed_next(bytes.into()).map_err(|refused| refused.mistakes)
    }

    /// [`Self::parse`]; a text that is refused comes back.
    pub(crate) fn parsed(bytes: Vec<u8>) -> Result<Self, Refused> {
        parse::document(bytes)
    }

    /// [`Self::parse_next`]; a text that is refused comes back.
    pub(crate) fn parsed_next(&self, bytes: Vec<u8>) -> Result<Self, Refused> {
        parse::document_after(self, bytes)
    }

    /// The text it was made from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines in order, without their end signs.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        Lines::of(without_mark(&self.text))
    }

    /// The sections in the order of the file.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        let ends = self.sections.iter().skip(1).map(|s| index(s.start)).chain([self.text.len()]);
        self.sections.iter().zip(ends).map(|(at, end)| Section {
            text: self.text.get(index(at.start)..end).unwrap_or_default(),
            line: at.line.saturating_add(1),
        })
    }
}

/// A byte order mark is a habit of some editors and no part of the first line.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What stands between the brackets of a header.
pub(super) fn inner(header: &str) -> &str {
    header.strip_prefix('[').and_then(|h| Some(h.split_once(']')?.0)).unwrap_or_default()
}

/// One section of a file.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    /// From the header to the next one.
    text: &'a str,
    line: u32,
}

impl<'a> Section<'a> {
    /// The header's part before the `/`, or all of it.
    pub fn family(&self) -> &'a str {
        self.label().0
    }

    /// The header's part after the `/`.
    pub fn id(&self) -> Option<&'a str> {
        self.label().1
    }

    /// Family and id.
    pub(crate) fn label(&self) -> (&'a str, Option<&'a str>) {
        // One pass: a file may have very many sections, and each change of it asks for all.
        let header = self.text.strip_prefix('[').unwrap_or_default();
        let mut slash = None;
        for (at, byte) in header.bytes().enumerate() {
            match byte {
                b'/' if slash.is_none() => slash = Some(at),
                b']' => {
                    let inner = header.get(..at).unwrap_or_default();
                    let Some((family, id)) = slash.and_then(|slash| inner.split_at_checked(slash)) else {
                        return (inner, None);
                    };
                    return (family, id.get(1..));
                }
                _ => {}
            }
        }
        ("", None)
    }

    /// The line of the header, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// All of it, with comments and blank lines, from the header to the next one, but for line ends at its end.
    pub(crate) fn text(&self) -> &'a str {
        self.text.trim_end_matches(['\r', '\n'])
    }

    /// The options in the order of the file.
    pub fn settings(&self) -> impl Iterator<Item = Setting<'a>> + use<'a> {
        let mut lines = Lines::of(self.text);
        // The header.
        lines.next();
        Settings { lines, line: self.line }
    }
}

/// The options of a section.
struct Settings<'a> {
    lines: Lines<'a>,
    /// Lines of the file that have been read.
    line: u32,
}

impl<'a> Iterator for Settings<'a> {
    type Item = Setting<'a>;

    fn next(&mut self) -> Option<Setting<'a>> {
        loop {
            let first = self.lines.next()?;
            self.line = self.line.saturating_add(1);
            let (LineKind::Option, Some((name, head))) = (first.kind, split_option(first.text)) else {
                continue;
            };
            let (line, below) = (self.line, self.lines.rest);
            // Up to its last line of continuation.
            let (mut ahead, mut read) = (self.lines.clone(), self.line);
            while let Some(next) = ahead.next() {
                read = read.saturating_add(1);
                match next.kind {
                    LineKind::Continuation => (self.lines, self.line) = (ahead.clone(), read),
                    LineKind::Blank | LineKind::Comment => {}
                    LineKind::Option | LineKind::Header => break,
                }
            }
            let more = below.get(..below.len() - self.lines.rest.len()).unwrap_or_default();
            return Some(Setting { name, head, more, line });
        }
    }
}

/// One option of a section.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    name: &'a str,
    /// What follows the sign on the first line, trimmed.
    head: &'a str,
    /// The lines below the first one, up to the last continuation.
    more: &'a str,
    line: u32,
}

impl<'a> Setting<'a> {
    /// As it is spelled in the file.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The line it begins on, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Its lines, as indices of the file's from 0, with comments and blank lines between those of its value.
    pub fn lines(&self) -> std::ops::Range<usize> {
        let end = index(self.line) + Lines::of(self.more).count();
        index(self.line).saturating_sub(1)..end
    }

    /// The line of the file, from 1, that the value's line `n`, from 0, stands on.
    pub fn line_of(&self, n: usize) -> u32 {
        let more = (self.line.saturating_add(1)..).zip(Lines::of(self.more));
        let more = more.filter(|(_, line)| line.kind != LineKind::Comment);
        let found = match self.head.is_empty() {
            true => more.skip_while(|(_, line)| line.kind == LineKind::Blank).map(|(at, _)| at).nth(n),
            false => std::iter::once(self.line).chain(more.map(|(at, _)| at)).nth(n),
        };
        found.unwrap_or(self.line)
    }

    /// The value: its lines joined by `\n`, without the indentation they share, blanks at the end of lines, and
    /// blank lines at the end.
    pub fn value(&self) -> Cow<'a, str> {
        if self.more.is_empty() {
            return Cow::Borrowed(self.head);
        }
        let texts =
            || Lines::of(self.more).filter(|l| l.kind != LineKind::Comment).map(|line| line.text.trim_end());
        let shared = texts().filter(|t| !t.is_empty()).map(indentation).reduce(common).unwrap_or_default();
        let mut value = self.head.to_owned();
        for text in texts() {
            if !(value.is_empty() && text.is_empty()) {
                if !value.is_empty() {
                    value.push('\n');
                }
                value.push_str(text.strip_prefix(shared).unwrap_or_default());
            }
        }
        Cow::Owned(value)
    }
}

fn indentation(line: &str) -> &str {
    let rest = line.trim_start_matches([' ', '\t']);
    line.strip_suffix(rest).unwrap_or_default()
}

fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let len = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    a.get(..len).unwrap_or_default()
}

pub(super) fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
