//! From bytes to a [`Document`].

use std::collections::HashMap;

use super::document::{SectionAt, index, inner, without_mark};
use super::lines::{LineKind, split_option};
use super::{Document, FILE_MAX, LINE_MAX, Mistake, SyntaxError, WORD_MAX};
use crate::common;

/// Mistakes told in one go.
const MISTAKES_MAX: usize = 100;
/// So many options of a section are compared with each other as they are; more are looked up.
const FEW_OPTIONS: usize = 32;

/// A text that does not follow the grammar.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mistakes: Vec<SyntaxError>,
}

pub(crate) fn document(bytes: Vec<u8>) -> Result<Document, Refused> {
    read(text(bytes)?)
}

/// The same for a text that may have much in common with an earlier one: sections at its start and at its end that are
/// the same are taken from there.
pub(crate) fn document_after(earlier: &Document, bytes: Vec<u8>) -> Result<Document, Refused> {
    let text = text(bytes)?;
    let common = Common::of(earlier, &text);
    let mut parser = Parser::new(&text);
    parser.take_front(earlier, &common);
    parser.lines(common.front, text.len() - common.back);
    if parser.mistakes.is_empty() && parser.take_back(earlier, &common) {
        let sections = parser.sections;
        return Ok(finished(text, sections));
    }
    // Mistakes are told as if nothing had been known.
    read(text)
}

fn text(bytes: Vec<u8>) -> Result<String, Refused> {
    if bytes.len() > FILE_MAX {
        return Err(Refused {
            bytes,
            mistakes: vec![SyntaxError { line: 1, mistake: Mistake::FileTooLarge }],
        });
    }
    String::from_utf8(bytes).map_err(|e| {
        let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
        let mistakes = vec![SyntaxError { line: to_u32(line), mistake: Mistake::NotUtf8 }];
        Refused { bytes: e.into_bytes(), mistakes }
    })
}

fn read(text: String) -> Result<Document, Refused> {
    let mut parser = Parser::new(&text);
    parser.lines(0, text.len());
    let Parser { sections, mistakes, .. } = parser;
    match mistakes.is_empty() {
        true => Ok(finished(text, sections)),
        false => Err(Refused { bytes: text.into_bytes(), mistakes }),
    }
}

/// It is kept for as long as the configuration runs.
fn finished(text: String, mut sections: Vec<SectionAt>) -> Document {
    sections.shrink_to_fit();
    Document { text: text.into_boxed_str(), sections }
}

/// What two texts have in common: whole sections.
struct Common {
    /// Bytes at the start, up to a header that both have.
    front: usize,
    /// Sections in them.
    front_sections: usize,
    /// Bytes at the end, from a header on.
    back: usize,
    /// The first section in them, of the earlier text.
    back_section: usize,
}

impl Common {
    fn of(earlier: &Document, text: &str) -> Self {
        let (old, new) = (earlier.text.as_bytes(), text.as_bytes());
        // The last section of those whose header is the same begins what is read: its options may differ.
        let same = common::front(old, new);
        let same_text = earlier.text.as_bytes().get(..same).unwrap_or_default();
        let is_same =
            |s: &SectionAt| same_text.get(index(s.start)..).is_some_and(|rest| rest.contains(&b'\n'));
        let front_sections = earlier.sections.partition_point(is_same).saturating_sub(1);
        let front = match earlier.sections.get(front_sections) {
            Some(section) if front_sections > 0 => index(section.start),
            _ => 0,
        };
        let old_rest = old.get(front..).unwrap_or_default();
        let same = old.len() - common::back(old_rest, new.get(front..).unwrap_or_default());
        // The end of the line above the header is the same, too: the header begins a line.
        let back_section = earlier.sections.partition_point(|s| index(s.start) <= same);
        let back = earlier.sections.get(back_section).map_or(0, |s| old.len() - index(s.start));
        Self { front, front_sections, back, back_section }
    }
}

struct Parser<'a> {
    text: &'a str,
    sections: Vec<SectionAt>,
    mistakes: Vec<SyntaxError>,
    /// Lines that have been read or taken.
    lines: u32,
    /// Headers and their lines.
    headers: HashMap<&'a str, u32>,
    /// The options of the current section and their lines.
    options: Vec<(&'a str, u32)>,
    /// The same by their names in lower case, when they are not few.
    names: HashMap<String, u32>,
    /// Whether an option is open for continuation lines.
    open: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            sections: Vec::new(),
            mistakes: Vec::new(),
            lines: 0,
            headers: HashMap::new(),
            options: Vec::new(),
            names: HashMap::new(),
            open: false,
        }
    }

    /// Begins with the sections at the start of an earlier text.
    fn take_front(&mut self, earlier: &Document, common: &Common) {
        if common.front_sections > 0 {
            self.sections.reserve_exact(earlier.sections.len());
            self.sections
                .extend_from_slice(earlier.sections.get(..common.front_sections).unwrap_or_default());
            self.lines = earlier.sections.get(common.front_sections).map_or(0, |s| s.line);
        }
    }

    /// Ends with the sections at the end of an earlier text. Whether none was read that is among those taken.
    fn take_back(&mut self, earlier: &Document, common: &Common) -> bool {
        let front = earlier.sections.get(..common.front_sections).unwrap_or_default();
        let back = earlier.sections.get(common.back_section..).unwrap_or_default();
        let header = |s: &SectionAt| inner(earlier.text.get(index(s.start)..).unwrap_or_default());
        if front.iter().chain(back).any(|s| self.headers.contains_key(header(s))) {
            return false;
        }
        let Some(first) = back.first() else { return true };
        // Differences may be negative; they are added as unsigned numbers that wrap.
        let bytes = to_u32(self.text.len()).wrapping_sub(to_u32(earlier.text.len()));
        let lines = self.lines.wrapping_sub(first.line);
        self.sections.extend(
            back.iter()
                .map(|s| SectionAt { line: s.line.wrapping_add(lines), start: s.start.wrapping_add(bytes) }),
        );
        true
    }

    /// Reads the lines of a part of the text.
    fn lines(&mut self, start: usize, end: usize) {
        let text = self.text.get(..end).unwrap_or_default();
        let mark = if start == 0 { text.len() - without_mark(text).len() } else { 0 };
        let mut at = start + mark;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            let (line, next) = match rest.find('\n') {
                Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
                None => (rest, end),
            };
            self.lines = self.lines.saturating_add(1);
            if let Err(mistake) = self.line(at, line.strip_suffix('\r').unwrap_or(line))
                && self.mistakes.len() < MISTAKES_MAX
            {
                self.mistakes.push(SyntaxError { line: self.lines, mistake });
            }
            at = next;
        }
    }

    fn line(&mut self, start: usize, line: &'a str) -> Result<(), Mistake> {
        if line.len() > LINE_MAX {
            return Err(Mistake::LineTooLong);
        }
        if holds_control(line) {
            return Err(Mistake::Control);
        }
        match LineKind::of(line) {
            LineKind::Blank | LineKind::Comment => Ok(()),
            LineKind::Header => self.header(start, line),
            LineKind::Continuation if self.open => Ok(()),
            LineKind::Continuation => Err(Mistake::NothingToContinue),
            LineKind::Option => self.option(line),
        }
    }

    fn header(&mut self, start: usize, line: &'a str) -> Result<(), Mistake> {
        // Whatever is wrong with the header, what follows does not belong to the section above.
        self.open = false;
        self.options.clear();
        self.names.clear();
        self.sections.push(SectionAt { line: self.lines.saturating_sub(1), start: to_u32(start) });

        let inner =
            line.trim_end().strip_prefix('[').and_then(|l| l.strip_suffix(']')).ok_or(Mistake::OpenHeader)?;
        let (family, id) = match inner.split_once('/') {
            Some((family, id)) => (family, Some(id)),
            None => (inner, None),
        };
        let family_ok = is_word(family);
        let id_ok = id.is_none_or(|id| {
            (1..=WORD_MAX).contains(&id.len())
                && !id.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '|' | '[' | ']'))
        });
        if !family_ok || !id_ok {
            return Err(Mistake::BadHeader);
        }
        match self.headers.insert(inner, self.lines) {
            Some(first) => Err(Mistake::DuplicateSection { header: inner.to_owned(), first }),
            None => Ok(()),
        }
    }

    fn option(&mut self, line: &'a str) -> Result<(), Mistake> {
        self.open = false;
        if self.sections.is_empty() {
            return Err(Mistake::NoSection);
        }
        let (name, _) = split_option(line).ok_or(Mistake::NotAnOption)?;
        if !is_word(name) {
            return Err(Mistake::BadName);
        }
        let earlier = self.earlier(name);
        self.options.push((name, self.lines));
        self.open = true;
        match earlier {
            Some(first) => Err(Mistake::DuplicateOption { name: name.to_owned(), first }),
            None => Ok(()),
        }
    }

    /// The line of an option of this name that the section has already, and notes this one.
    fn earlier(&mut self, name: &str) -> Option<u32> {
        if self.options.len() < FEW_OPTIONS {
            return self.options.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, line)| *line);
        }
        if self.names.is_empty() {
            let all = self.options.iter().rev();
            self.names = all.map(|(name, line)| (name.to_ascii_lowercase(), *line)).collect();
        }
        self.names.insert(name.to_ascii_lowercase(), self.lines)
    }
}

fn holds_control(line: &str) -> bool {
    // Without a branch for each byte: a file may have very many lines.
    let (mut control, mut wide) = (false, false);
    for byte in line.bytes() {
        control |= (byte < b' ') & (byte != b'\t') | (byte == 0x7f);
        wide |= byte >= 0x80;
    }
    control || wide && line.chars().any(|c| c.is_control() && c != '\t')
}

fn is_word(text: &str) -> bool {
    (1..=WORD_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Places in a file fit: it has at most [`FILE_MAX`] bytes.
fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
