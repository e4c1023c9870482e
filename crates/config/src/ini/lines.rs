//! Lines, and what a line of a file is.

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

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    pub kind: LineKind,
    /// Without the line's end sign.
    pub text: &'a str,
}

impl LineKind {
    /// What a line is by its beginning, if it follows the grammar.
    pub(super) fn of(line: &str) -> Self {
        match line.as_bytes().first() {
            Some(b'#' | b';') => LineKind::Comment,
            Some(b'[') => LineKind::Header,
            Some(b'!'..=b'~') => LineKind::Option,
            _ if line.trim().is_empty() => LineKind::Blank,
            Some(b' ' | b'\t') => LineKind::Continuation,
            _ => LineKind::Option,
        }
    }
}

/// The lines of a text.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    /// What follows the lines that were given.
    pub(super) rest: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { rest: text }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        // By the library's search: a file may have very many lines, and they are all looked at.
        let end = memchr::memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest.get(1..).unwrap_or_default();
        let text = text.strip_suffix('\r').unwrap_or(text);
        Some(Line { kind: LineKind::of(text), text })
    }
}

/// The name, and what follows the sign, of the first line of an option.
pub(super) fn split_option(line: &str) -> Option<(&str, &str)> {
    let (name, head) = line.split_at_checked(memchr::memchr2(b'=', b':', line.as_bytes())?)?;
    Some((name.trim_end(), head.get(1..)?.trim()))
}
