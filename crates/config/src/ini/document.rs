//! The parsed text: lines, sections, options, each knowing its place.

use std::borrow::Cow;

use super::{SyntaxError, parse};

/// A part of the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Blank,
    Comment,
    Header,
    /// The first line of an option.
    Option,
    /// A further line of the option above.
    Continuation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineAt {
    /// Without the line's end sign.
    pub(super) span: Span,
    pub(super) kind: LineKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SectionAt {
    pub(super) line: u32,
    pub(super) family: Span,
    pub(super) id: Option<Span>,
    /// Indices into the document's settings.
    pub(super) first: u32,
    pub(super) end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SettingAt {
    pub(super) name: Span,
    /// What follows the sign on the first line, trimmed.
    pub(super) head: Span,
    /// Index of the first line and of the line after the last continuation.
    pub(super) first: u32,
    pub(super) end: u32,
}

/// A configuration file that follows the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(super) text: Box<str>,
    pub(super) lines: Vec<LineAt>,
    pub(super) sections: Vec<SectionAt>,
    pub(super) settings: Vec<SettingAt>,
}

impl Document {
    /// Reads a file's content. On failure, every mistake up to a hundred.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<SyntaxError>> {
        parse::document(bytes)
    }

    /// The same for a text that may have much in common with this one: what does is not read again.
    pub fn parse_next(&self, bytes: &[u8]) -> Result<Self, Vec<SyntaxError>> {
        parse::document_after(self, bytes)
    }

    /// The text it was made from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines in order, without their end signs.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|l| Line { kind: l.kind, text: self.slice(l.span) })
    }

    /// The sections in the order of the file.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        self.sections.iter().map(|at| Section { document: self, at })
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        let range = usize::try_from(span.start).unwrap_or(usize::MAX)..usize::try_from(span.end).unwrap_or(0);
        self.text.get(range).unwrap_or_default()
    }
}

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    pub kind: LineKind,
    pub text: &'a str,
}

/// One section of a file.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    document: &'a Document,
    at: &'a SectionAt,
}

impl<'a> Section<'a> {
    /// The header's part before the `/`, or all of it.
    pub fn family(&self) -> &'a str {
        self.document.slice(self.at.family)
    }

    /// The header's part after the `/`.
    pub fn id(&self) -> Option<&'a str> {
        self.at.id.map(|s| self.document.slice(s))
    }

    /// The line of the header, from 1.
    pub fn line(&self) -> u32 {
        self.at.line.saturating_add(1)
    }

    /// All of it, with comments and blank lines, from the header to the next one.
    pub(crate) fn text(&self) -> &'a str {
        let next = usize::try_from(self.at.line).unwrap_or(usize::MAX).saturating_add(1);
        let last = self.document.lines.get(next..).unwrap_or_default();
        let header = self.document.lines.get(next.saturating_sub(1));
        let end = last.iter().take_while(|l| l.kind != LineKind::Header).last().or(header);
        let span = Span {
            start: header.map(|l| l.span.start).unwrap_or_default(),
            end: end.map(|l| l.span.end).unwrap_or_default(),
        };
        self.document.slice(span)
    }

    /// The options in the order of the file.
    pub fn settings(&self) -> impl Iterator<Item = Setting<'a>> + use<'a> {
        let document = self.document;
        let first = usize::try_from(self.at.first).unwrap_or(usize::MAX);
        let end = usize::try_from(self.at.end).unwrap_or(0);
        document.settings.get(first..end).unwrap_or_default().iter().map(move |at| Setting { document, at })
    }
}

/// One option of a section.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    document: &'a Document,
    at: &'a SettingAt,
}

impl<'a> Setting<'a> {
    /// As it is spelled in the file.
    pub fn name(&self) -> &'a str {
        self.document.slice(self.at.name)
    }

    /// The line it begins on, from 1.
    pub fn line(&self) -> u32 {
        self.at.first.saturating_add(1)
    }

    /// Its lines, as indices of the file's from 0, with comments and blank lines between those of its value.
    pub fn lines(&self) -> std::ops::Range<usize> {
        let index = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        index(self.at.first)..index(self.at.end)
    }

    /// The line of the file, from 1, that the value's line `n`, from 0, stands on.
    pub fn line_of(&self, n: usize) -> u32 {
        let document = self.document;
        let is_empty = document.slice(self.at.head).is_empty();
        let more = self
            .lines()
            .skip(1)
            .filter(|at| document.lines.get(*at).is_some_and(|l| l.kind != LineKind::Comment));
        let is_blank = |at: &usize| document.lines.get(*at).is_none_or(|l| l.kind == LineKind::Blank);
        let found = match is_empty {
            true => more.skip_while(is_blank).nth(n),
            false => std::iter::once(self.lines().start).chain(more).nth(n),
        };
        found.and_then(|at| u32::try_from(at).ok()).unwrap_or(self.at.first).saturating_add(1)
    }

    /// The value: its lines joined by `\n`, without the indentation they share, blanks at the end of lines, and
    /// blank lines at the end.
    pub fn value(&self) -> Cow<'a, str> {
        let head = self.document.slice(self.at.head);
        let first = usize::try_from(self.at.first).unwrap_or(usize::MAX).saturating_add(1);
        let end = usize::try_from(self.at.end).unwrap_or(0);
        let more = self.document.lines.get(first..end).unwrap_or_default();
        if more.is_empty() {
            return Cow::Borrowed(head);
        }
        let document = self.document;
        let texts = || {
            more.iter()
                .filter(|l| l.kind != LineKind::Comment)
                .map(move |l| document.slice(l.span).trim_end())
        };
        let shared = texts().filter(|t| !t.is_empty()).map(indentation).reduce(common).unwrap_or_default();
        let mut value = head.to_owned();
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
