//! From bytes to a [`Document`].

use std::collections::HashMap;

use super::document::{LineAt, SectionAt, SettingAt, Span};
use super::{Document, FILE_MAX, LINE_MAX, LineKind, Mistake, SyntaxError, WORD_MAX};

/// Mistakes told in one go.
const MISTAKES_MAX: usize = 100;
/// So many options of a section are compared with each other as they are; more are looked up.
const FEW_OPTIONS: usize = 32;

pub(super) fn document(bytes: &[u8]) -> Result<Document, Vec<SyntaxError>> {
    if bytes.len() > FILE_MAX {
        return Err(vec![SyntaxError { line: 1, mistake: Mistake::FileTooLarge }]);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
        vec![SyntaxError { line: to_u32(line), mistake: Mistake::NotUtf8 }]
    })?;
    let mut parser = Parser::new(text);
    // A byte order mark is a habit of some editors and no part of the first line.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let (line, next) = match rest.find('\n') {
            Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
            None => (rest, text.len()),
        };
        parser.line(at, line.strip_suffix('\r').unwrap_or(line));
        at = next;
    }
    parser.finish()
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

    fn finish(self) -> Result<Document, Vec<SyntaxError>> {
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
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

/// Places in a file fit: it has at most [`FILE_MAX`] bytes.
fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
