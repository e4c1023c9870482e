//! From bytes to a [`Document`].

use std::collections::HashMap;

use super::document::{LineAt, SectionAt, SettingAt, Span};
use super::{Document, FILE_MAX, LINE_MAX, LineKind, Mistake, SyntaxError, WORD_MAX};
use crate::common;

/// Mistakes told in one go.
const MISTAKES_MAX: usize = 100;
/// So many options of a section are compared with each other as they are; more are looked up.
const FEW_OPTIONS: usize = 32;

pub(super) fn document(bytes: &[u8]) -> Result<Document, Vec<SyntaxError>> {
    let text = text(bytes)?;
    let mut parser = Parser::new(text);
    parser.lines(0, text.len());
    parser.finish()
}

/// The same for a text that may have much in common with an earlier one: sections at its start and at its end that are
/// the same are taken from there.
pub(super) fn document_after(earlier: &Document, bytes: &[u8]) -> Result<Document, Vec<SyntaxError>> {
    let text = text(bytes)?;
    let common = Common::of(earlier, text);
    let mut parser = Parser::new(text);
    parser.take_front(earlier, &common);
    parser.lines(common.front, text.len() - common.back);
    if parser.mistakes.is_empty() && parser.take_back(earlier, &common) {
        return parser.finish();
    }
    // Mistakes are told as if nothing had been known.
    document(bytes)
}

fn text(bytes: &[u8]) -> Result<&str, Vec<SyntaxError>> {
    if bytes.len() > FILE_MAX {
        return Err(vec![SyntaxError { line: 1, mistake: Mistake::FileTooLarge }]);
    }
    std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
        vec![SyntaxError { line: to_u32(line), mistake: Mistake::NotUtf8 }]
    })
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
        let line_start = |line: usize| earlier.lines.get(line).map(|l| index(l.span.start));
        let header = |section: &SectionAt| line_start(index(section.line)).unwrap_or_default();
        // The last section of those whose header is the same begins what is read: its options may differ.
        let same = common::front(old, new);
        let is_same = |s: &SectionAt| line_start(index(s.line) + 1).is_some_and(|next| next <= same);
        let front_sections = earlier.sections.partition_point(is_same).saturating_sub(1);
        let front = match earlier.sections.get(front_sections) {
            Some(section) if front_sections > 0 => header(section),
            _ => 0,
        };
        let old_rest = old.get(front..).unwrap_or_default();
        let same = old.len() - common::back(old_rest, new.get(front..).unwrap_or_default());
        // The end of the line above the header is the same, too: the header begins a line.
        let back_section = earlier.sections.partition_point(|s| header(s) <= same);
        let back = earlier.sections.get(back_section).map_or(0, |s| old.len() - header(s));
        Self { front, front_sections, back, back_section }
    }
}

struct Parser<'a> {
    text: &'a str,
    lines: Vec<LineAt>,
    sections: Vec<SectionAt>,
    settings: Vec<SettingAt>,
    mistakes: Vec<SyntaxError>,
    /// Headers and their lines.
    headers: HashMap<&'a str, u32>,
    /// Names of the options of the current section and their lines, when they are not few.
    names: HashMap<String, u32>,
    /// Whether an option is open for continuation lines.
    open: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: Vec::new(),
            sections: Vec::new(),
            settings: Vec::new(),
            mistakes: Vec::new(),
            headers: HashMap::new(),
            names: HashMap::new(),
            open: false,
        }
    }

    /// Begins with the sections at the start of an earlier text.
    fn take_front(&mut self, earlier: &Document, common: &Common) {
        let next = earlier.sections.get(common.front_sections).filter(|_| common.front_sections > 0);
        let (lines, settings) = next.map_or((0, 0), |s| (index(s.line), index(s.first)));
        self.lines.extend_from_slice(earlier.lines.get(..lines).unwrap_or_default());
        self.settings.extend_from_slice(earlier.settings.get(..settings).unwrap_or_default());
        self.sections.extend_from_slice(earlier.sections.get(..common.front_sections).unwrap_or_default());
    }

    /// Ends with the sections at the end of an earlier text. Whether none was read that is among those taken.
    fn take_back(&mut self, earlier: &Document, common: &Common) -> bool {
        let front = earlier.sections.get(..common.front_sections).unwrap_or_default();
        let back = earlier.sections.get(common.back_section..).unwrap_or_default();
        let header = |s: &SectionAt| earlier.slice(Span { end: s.id.unwrap_or(s.family).end, ..s.family });
        if front.iter().chain(back).any(|s| self.headers.contains_key(header(s))) {
            return false;
        }
        let Some(first) = back.first() else { return true };
        // Differences may be negative; they are added as unsigned numbers that wrap.
        let bytes = to_u32(self.text.len()).wrapping_sub(to_u32(earlier.text.len()));
        let lines = to_u32(self.lines.len()).wrapping_sub(first.line);
        let settings = to_u32(self.settings.len()).wrapping_sub(first.first);
        let span = |s: Span| Span { start: s.start.wrapping_add(bytes), end: s.end.wrapping_add(bytes) };
        let old_lines = earlier.lines.get(index(first.line)..).unwrap_or_default();
        self.lines.extend(old_lines.iter().map(|l| LineAt { span: span(l.span), kind: l.kind }));
        let old_settings = earlier.settings.get(index(first.first)..).unwrap_or_default();
        self.settings.extend(old_settings.iter().map(|s| SettingAt {
            name: span(s.name),
            head: span(s.head),
            first: s.first.wrapping_add(lines),
            end: s.end.wrapping_add(lines),
        }));
        self.sections.extend(back.iter().map(|s| SectionAt {
            line: s.line.wrapping_add(lines),
            family: span(s.family),
            id: s.id.map(span),
            first: s.first.wrapping_add(settings),
            end: s.end.wrapping_add(settings),
        }));
        true
    }

    /// Reads the lines of a part of the text.
    fn lines(&mut self, start: usize, end: usize) {
        let text = self.text.get(..end).unwrap_or_default();
        // A byte order mark is a habit of some editors and no part of the first line.
        let mark = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut at = start + mark;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            let (line, next) = match rest.find('\n') {
                Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
                None => (rest, end),
            };
            self.line(at, line.strip_suffix('\r').unwrap_or(line));
            at = next;
        }
    }

    fn line(&mut self, start: usize, line: &'a str) {
        let kind = self.classify(start, line).unwrap_or_else(|mistake| {
            if self.mistakes.len() < MISTAKES_MAX {
                self.mistakes.push(SyntaxError { line: self.number(), mistake });
            }
            LineKind::Comment
        });
        self.lines.push(LineAt { span: span(start, line), kind });
    }

    /// The number of the line being read, from 1.
    fn number(&self) -> u32 {
        to_u32(self.lines.len()).saturating_add(1)
    }

    fn classify(&mut self, start: usize, line: &'a str) -> Result<LineKind, Mistake> {
        if line.len() > LINE_MAX {
            return Err(Mistake::LineTooLong);
        }
        if holds_control(line) {
            return Err(Mistake::Control);
        }
        match line.as_bytes().first() {
            _ if line.trim().is_empty() => Ok(LineKind::Blank),
            Some(b'#' | b';') => Ok(LineKind::Comment),
            Some(b'[') => self.header(start, line),
            Some(b' ' | b'\t') => self.continuation(),
            _ => self.option(start, line),
        }
    }

    fn header(&mut self, start: usize, line: &'a str) -> Result<LineKind, Mistake> {
        // Whatever is wrong with the header, what follows does not belong to the section above.
        self.open = false;
        self.names.clear();
        let number = self.number();
        let options = to_u32(self.settings.len());
        let at =
            SectionAt { line: number - 1, family: Span::default(), id: None, first: options, end: options };
        self.sections.push(at);

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
        if let Some(at) = self.sections.last_mut() {
            at.family = span(start + 1, family);
            at.id = id.map(|id| span(start + 1 + family.len() + 1, id));
        }
        if let Some(first) = self.headers.insert(inner, number) {
            return Err(Mistake::DuplicateSection { header: inner.to_owned(), first });
        }
        Ok(LineKind::Header)
    }

    fn continuation(&mut self) -> Result<LineKind, Mistake> {
        let end = self.number();
        match self.settings.last_mut().filter(|_| self.open) {
            Some(setting) => {
                setting.end = end;
                Ok(LineKind::Continuation)
            }
            None => Err(Mistake::NothingToContinue),
        }
    }

    fn option(&mut self, start: usize, line: &'a str) -> Result<LineKind, Mistake> {
        self.open = false;
        let number = self.number();
        if self.sections.is_empty() {
            return Err(Mistake::NoSection);
        }
        let sign = line.find(['=', ':']).ok_or(Mistake::NotAnOption)?;
        let name = line.get(..sign).unwrap_or_default().trim_end();
        if !is_word(name) {
            return Err(Mistake::BadName);
        }
        let earlier = self.earlier(name, number);
        let tail = line.get(sign + 1..).unwrap_or_default();
        let blanks = tail.len() - tail.trim_start().len();
        self.settings.push(SettingAt {
            name: span(start, name),
            head: span(start + sign + 1 + blanks, tail.trim()),
            first: number - 1,
            end: number,
        });
        if let Some(section) = self.sections.last_mut() {
            section.end = to_u32(self.settings.len());
        }
        self.open = true;
        match earlier {
            Some(first) => Err(Mistake::DuplicateOption { name: name.to_owned(), first }),
            None => Ok(LineKind::Option),
        }
    }

    /// The line of an option of this name that the section has already, and notes this one.
    fn earlier(&mut self, name: &str, number: u32) -> Option<u32> {
        let first = self.sections.last().and_then(|s| usize::try_from(s.first).ok()).unwrap_or(usize::MAX);
        let options = self.settings.get(first..).unwrap_or_default();
        let named = |at: &SettingAt| {
            let range = usize::try_from(at.name.start).ok()?..usize::try_from(at.name.end).ok()?;
            self.text.get(range)
        };
        if options.len() < FEW_OPTIONS {
            let same = |at: &&SettingAt| named(at).is_some_and(|n| n.eq_ignore_ascii_case(name));
            return options.iter().find(same).map(|at| at.first.saturating_add(1));
        }
        if self.names.is_empty() {
            let all = options.iter().rev();
            let all =
                all.filter_map(|at| Some((named(at)?.to_ascii_lowercase(), at.first.saturating_add(1))));
            self.names = all.collect();
        }
        self.names.insert(name.to_ascii_lowercase(), number)
    }

    fn finish(mut self) -> Result<Document, Vec<SyntaxError>> {
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        // They are kept for as long as the configuration runs.
        self.lines.shrink_to_fit();
        self.sections.shrink_to_fit();
        self.settings.shrink_to_fit();
        Ok(Document {
            text: Box::from(self.text),
            lines: self.lines,
            sections: self.sections,
            settings: self.settings,
        })
    }
}

fn holds_control(line: &str) -> bool {
    if line.is_ascii() {
        return line.bytes().any(|b| b.is_ascii_control() && b != b'\t');
    }
    line.chars().any(|c| c.is_control() && c != '\t')
}

fn is_word(text: &str) -> bool {
    (1..=WORD_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn span(start: usize, text: &str) -> Span {
    Span { start: to_u32(start), end: to_u32(start + text.len()) }
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Places in a file fit: it has at most [`FILE_MAX`] bytes.
fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
