//! Changes of a file's text that leave everything else as it was written: comments, order, spelling, line ends.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ini::{Document, LineKind, Section, SyntaxError};

/// A section: `server`, or `family/ID`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// Gives an option a value, of several lines if it holds line ends. Added behind the section's last option when it
    /// is not there yet.
    Set { section: Label, option: String, value: String },
    /// Takes an option out, with the comments between the lines of its value.
    Unset { section: Label, option: String },
    /// Adds a section behind the last of its family, or at the end.
    Add { section: Label, options: Vec<(String, String)> },
    /// Takes a section out, with the comments that stand right above its header.
    Remove { section: Label },
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no section [{0}]")]
    NoSection(Label),
    #[error("the section [{0}] is there already")]
    Exists(Label),
    #[error("the section [{0}] has no option '{1}'")]
    NoOption(Label, String),
    #[error("'{0}' is not the label of a section")]
    BadLabel(String),
    #[error("'{1}' is given more than once for [{0}]")]
    Twice(Label, String),
    /// The grammar has no way to write it: blanks at the ends of lines, control characters, a name with a blank.
    #[error("'{option}' of [{section}] cannot be written in this file: {why}")]
    Unwritable { section: Label, option: String, why: String },
    #[error("the result would not follow the grammar: {0}")]
    Syntax(SyntaxError),
}

impl Label {
    pub fn new(family: &str, id: Option<&str>) -> Self {
        Self(match id {
            Some(id) => format!("{family}/{id}"),
            None => family.to_owned(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the label of that section.
    pub fn is(&self, family: &str, id: Option<&str>) -> bool {
        match (self.0.strip_prefix(family), id) {
            (Some(rest), Some(id)) => rest.strip_prefix('/') == Some(id),
            (Some(rest), None) => rest.is_empty(),
            (None, _) => false,
        }
    }

    pub fn family(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(family, _)| family)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text after all changes, in order.
///
/// # Errors
/// One of them cannot be made: then none is.
pub fn apply(document: &Document, changes: &[Change]) -> Result<String, EditError> {
    let mut document = Cow::Borrowed(document);
    for change in changes {
        if is_so(&document, change) {
            continue;
        }
        let text = Lines::of(&document).changed(&document, change)?;
        let after = document.parse_next(text).map_err(|mistakes| unwritable(change, mistakes))?;
        if !verify(&document, &after, change) {
            return Err(unwritable(change, Vec::new()));
        }
        document = Cow::Owned(after);
    }
    Ok(document.text().to_owned())
}

/// Whether the option has that value already, however it is written.
fn is_so(document: &Document, change: &Change) -> bool {
    let Change::Set { section, option, value } = change else { return false };
    let section = document.sections().find(|s| section.is(s.family(), s.id()));
    let setting = section.and_then(|s| s.settings().find(|o| o.name().eq_ignore_ascii_case(option)));
    setting.is_some_and(|o| o.value() == value.as_str())
}

/// Why the text with a change could not be read, or would say something else. `mistakes` are those of the whole text.
fn unwritable(change: &Change, mistakes: Vec<SyntaxError>) -> EditError {
    match (change, mistakes.into_iter().next()) {
        (Change::Set { section, option, value }, _) => {
            bad_option(section, option, value).unwrap_or_else(|| bad_place(section, option))
        }
        (Change::Add { section, options }, _) => {
            let bad = || options.iter().find_map(|(option, value)| bad_option(section, option, value));
            let label = EditError::BadLabel(section.to_string());
            if is_label(section) { bad().unwrap_or(label) } else { label }
        }
        (_, Some(mistake)) => EditError::Syntax(mistake),
        (Change::Unset { section, option }, None) => bad_place(section, option),
        (Change::Remove { section }, None) => EditError::BadLabel(section.to_string()),
    }
}

fn is_label(section: &Label) -> bool {
    let document = Document::parse(format!("[{section}]\n"));
    document.is_ok_and(|document| document.sections().any(|s| section.is(s.family(), s.id())))
}

/// What is wrong with an option by itself.
fn bad_option(section: &Label, option: &str, value: &str) -> Option<EditError> {
    let why = match Document::parse(format!("[server]\n{}", written(option, value, "\n"))) {
        Err(mistakes) => mistakes.first()?.mistake.to_string(),
        Ok(document) => {
            let mut settings = document.sections().flat_map(|s| s.settings());
            if settings.next().is_some_and(|s| s.name() == option && s.value() == value) {
                return None;
            }
            LOST.to_owned()
        }
    };
    Some(EditError::Unwritable { section: section.clone(), option: option.to_owned(), why })
}

/// What the grammar takes for no part of a value.
const LOST: &str = "blanks at its ends or at the ends of its lines, or empty lines around it, would be lost";

fn bad_place(section: &Label, option: &str) -> EditError {
    let why = "with the comments that stand there it would be read otherwise".to_owned();
    EditError::Unwritable { section: section.clone(), option: option.to_owned(), why }
}

/// An option that is new, in lines that end so.
fn written(option: &str, value: &str, end: &str) -> String {
    let lines: Vec<&str> = value.split('\n').collect();
    match lines.as_slice() {
        [""] => format!("{option} ={end}"),
        [one] => format!("{option} = {one}{end}"),
        many => format!("{option} ={end}{}", indented(many, "    ", end)),
    }
}

fn indented(lines: &[&str], by: &str, end: &str) -> String {
    let indented = |line: &&str| match line.is_empty() {
        true => end.to_owned(),
        false => format!("{by}{line}{end}"),
    };
    lines.iter().map(indented).collect()
}

/// A value as somebody writes it who indents its further lines as in the file: what they have in common is not a part of
/// them, nor are blanks around them.
pub fn unindented(value: &str) -> String {
    let (head, more) = value.split_once('\n').unwrap_or((value, ""));
    let indentation = shared_indentation(more.lines());
    let more = more.lines().map(|line| line.strip_prefix(indentation).unwrap_or_default().trim_end());
    let lines: Vec<&str> = std::iter::once(head.trim()).chain(more).collect();
    lines.join("\n").trim().to_owned()
}

/// The raw lines of a document, each with its end sign.
struct Lines<'a> {
    lines: Vec<&'a str>,
    kinds: Vec<LineKind>,
    /// The end sign of lines that are added.
    end: &'static str,
}

impl<'a> Lines<'a> {
    fn of(document: &'a Document) -> Self {
        let lines: Vec<&str> = document.text().split_inclusive('\n').collect();
        let windows = lines.first().is_some_and(|l| l.ends_with("\r\n"));
        let kinds = document.lines().map(|l| l.kind).collect();
        Self { lines, kinds, end: if windows { "\r\n" } else { "\n" } }
    }

    fn changed(&self, document: &Document, change: &Change) -> Result<String, EditError> {
        match change {
            Change::Set { section, option, value } => {
                let at = place(document, section).ok_or_else(|| EditError::NoSection(section.clone()))?;
                Ok(match found(document, section, option) {
                    Some(lines) => self.with(lines.clone(), &self.rewritten(&lines, value)),
                    None => {
                        let new = written(option, value, self.end);
                        self.with(at.end..at.end, &new)
                    }
                })
            }
            Change::Unset { section, option } => {
                place(document, section).ok_or_else(|| EditError::NoSection(section.clone()))?;
                let lines = found(document, section, option)
                    .ok_or_else(|| EditError::NoOption(section.clone(), option.clone()))?;
                Ok(self.with(lines, ""))
            }
            Change::Add { section, options } => {
                if place(document, section).is_some() {
                    return Err(EditError::Exists(section.clone()));
                }
                if let Some(option) = twice(options) {
                    return Err(EditError::Twice(section.clone(), option.to_owned()));
                }
                Ok(self.added(document, section, options))
            }
            Change::Remove { section } => {
                let at = place(document, section).ok_or_else(|| EditError::NoSection(section.clone()))?;
                Ok(self.removed(at))
            }
        }
    }

    /// The text with these lines replaced.
    fn with(&self, lines: Range<usize>, by: &str) -> String {
        let before = self.lines.get(..lines.start).unwrap_or_default().concat();
        let after = self.lines.get(lines.end..).unwrap_or_default().concat();
        // A last line without an end sign gets one when something follows it.
        let end = match before.ends_with('\n') || before.is_empty() || by.is_empty() {
            true => "",
            false => self.end,
        };
        [before.as_str(), end, by, after.as_str()].concat()
    }

    /// The lines of an option with another value. Lines of the value that stay keep their bytes, and comments between
    /// them stay where they are.
    fn rewritten(&self, at: &Range<usize>, value: &str) -> String {
        let old = self.lines.get(at.clone()).unwrap_or_default();
        let Some((first, more)) = old.split_first() else { return String::new() };
        let (name, head, tail) = split_head(first);
        let mut new: Vec<&str> = value.split('\n').collect();
        let is_below = head.is_empty() && !more.is_empty();
        let mut out = String::new();
        if is_below || (new.len() > 1 && (more.is_empty() || new.first() != Some(&head))) {
            // The value stands below its name.
            match is_below {
                true => out.push_str(first),
                false => {
                    out.push_str(name.trim_end_matches([' ', '\t']));
                    out.push_str(if tail.is_empty() { self.end } else { tail });
                }
            }
        } else {
            let sign_is_bare = name.ends_with(['=', ':']) && head.is_empty();
            let head = if new.is_empty() { "" } else { new.remove(0) };
            out.push_str(name);
            if sign_is_bare && !head.is_empty() {
                out.push(' ');
            }
            out.push_str(head);
            out.push_str(tail);
            if !new.is_empty() && tail.is_empty() {
                out.push_str(self.end);
            }
        }
        out.push_str(&self.below(at.start + 1..at.end, &new));
        // The file's last line keeps its missing end sign.
        if old.last().is_some_and(|l| !l.ends_with('\n')) {
            let cut = out.trim_end_matches(['\r', '\n']).len();
            out.truncate(cut);
        }
        out
    }

    /// The continuation lines at `at`, made to hold `new`.
    fn below(&self, at: Range<usize>, new: &[&str]) -> String {
        let is_comment = |i: usize| self.kinds.get(i) == Some(&LineKind::Comment);
        let raw = |i: usize| self.lines.get(i).copied().unwrap_or_default();
        let places: Vec<usize> = at.clone().filter(|i| !is_comment(*i)).collect();
        let indentation = shared_indentation(places.iter().map(|i| raw(*i)));
        let text = |i: &usize| raw(*i).trim_end().strip_prefix(indentation).unwrap_or_default();
        let same = |(i, n): &(&usize, &&str)| text(i) == **n;
        let front = places.iter().zip(new).take_while(same).count();
        let left = places.len().min(new.len()) - front;
        let back = places.iter().rev().zip(new.iter().rev()).take(left).take_while(same).count();
        let middle = new.get(front..new.len() - back).unwrap_or_default();
        let indentation = if indentation.is_empty() { "    " } else { indentation };
        // Lines of the file: those before the first that changes, then what is new, then those from the first that stays.
        let kept_from = places.len() - back;
        let cut = places.get(front).copied().unwrap_or(at.end);
        let again = places.get(kept_from).copied().unwrap_or(at.end);
        let mut out: String = (at.start..cut).map(raw).collect();
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(self.end);
        }
        out.push_str(&indented(middle, indentation, self.end));
        out.extend((cut..again).filter(|i| is_comment(*i)).map(raw));
        out.extend((again..at.end).map(raw));
        out
    }

    fn added(&self, document: &Document, label: &Label, options: &[(String, String)]) -> String {
        let mut new = format!("[{label}]{}", self.end);
        for (option, value) in options {
            new.push_str(&written(option, value, self.end));
        }
        let last = document.sections().filter(|s| s.family() == label.family()).last();
        let at = match last {
            Some(section) => places_of(&section).end,
            None => self.lines.len(),
        };
        let blank_above = at == 0 || self.kinds.get(at - 1) == Some(&LineKind::Blank);
        let above = if blank_above { "" } else { self.end };
        self.with(at..at, &[above, &new].concat())
    }

    fn removed(&self, at: Range<usize>) -> String {
        let mut start = at.start;
        while start > 0 && self.kinds.get(start - 1) == Some(&LineKind::Comment) {
            start -= 1;
        }
        let is_blank = |i: usize| self.kinds.get(i) == Some(&LineKind::Blank);
        // The gap that was between it and what comes next goes, too.
        let gap = (start == 0 || is_blank(start - 1)) && is_blank(at.end);
        let end = at.end + usize::from(gap);
        self.with(start..end, "")
    }
}

/// The line of an option: its name up to the value (with sign and blanks), the value, what follows.
fn split_head(line: &str) -> (&str, &str, &str) {
    let sign = line.find(['=', ':']).map_or(line.len(), |at| at + 1);
    let tail = line.get(sign..).unwrap_or_default();
    let value = tail.trim();
    let start = sign + tail.len() - tail.trim_start().len();
    let start = if value.is_empty() { sign } else { start };
    let end = start + value.len();
    let part = |range: Range<usize>| line.get(range).unwrap_or_default();
    match value {
        // Blanks behind the sign go with the end of the line.
        "" => (part(0..sign), "", tail.get(tail.trim_end_matches(['\r', '\n']).len()..).unwrap_or_default()),
        _ => (part(0..start), value, part(end..line.len())),
    }
}

fn shared_indentation<'a>(lines: impl Iterator<Item = &'a str>) -> &'a str {
    let blanks = |line: &'a str| {
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    };
    let common = |a: &'a str, b: &'a str| {
        let len = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
        a.get(..len).unwrap_or_default()
    };
    lines.filter(|l| !l.trim().is_empty()).map(blanks).reduce(common).unwrap_or_default()
}

/// The lines of a section: from its header to behind its last option.
fn places_of(section: &Section<'_>) -> Range<usize> {
    let header = index(section.line());
    header..section.settings().last().map_or(header + 1, |s| s.lines().end)
}

fn place(document: &Document, label: &Label) -> Option<Range<usize>> {
    document.sections().find(|s| label.is(s.family(), s.id())).map(|s| places_of(&s))
}

/// The lines of an option.
fn found(document: &Document, label: &Label, option: &str) -> Option<Range<usize>> {
    let section = document.sections().find(|s| label.is(s.family(), s.id()))?;
    section.settings().find(|s| s.name().eq_ignore_ascii_case(option)).map(|s| s.lines())
}

fn index(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1)
}

/// The first option that comes again.
fn twice(options: &[(String, String)]) -> Option<&str> {
    let mut names = options.iter().map(|(name, _)| name).enumerate();
    let again = |n: usize, name: &str| options.iter().take(n).any(|(o, _)| o.eq_ignore_ascii_case(name));
    names.find(|(n, name)| again(*n, name)).map(|(_, name)| name.as_str())
}

/// Whether the text says afterwards what it said before and the change, and nothing else.
fn verify(before: &Document, after: &Document, change: &Change) -> bool {
    let (Change::Set { section, .. }
    | Change::Unset { section, .. }
    | Change::Add { section, .. }
    | Change::Remove { section }) = change;
    let is_changed = |s: &Section<'_>| section.is(s.family(), s.id());
    // All others keep their order; where a new one stands is looked at by who reads the file.
    let mut old = before.sections().filter(|s| !is_changed(s));
    let mut new = after.sections().filter(|s| !is_changed(s));
    let others_stay = loop {
        match (old.next(), new.next()) {
            (Some(old), Some(new)) if says_the_same(&old, &new) => {}
            (None, None) => break true,
            _ => break false,
        }
    };
    let (old, new) = (before.sections().find(is_changed), after.sections().find(is_changed));
    others_stay && is_made(old, new, change)
}

fn says_the_same(old: &Section<'_>, new: &Section<'_>) -> bool {
    let (a, b) = (old.settings(), new.settings());
    (old.family(), old.id()) == (new.family(), new.id())
        && (old.text() == new.text() || a.map(|o| (o.name(), o.value())).eq(b.map(|o| (o.name(), o.value()))))
}

/// Whether the changed section says what it is to say.
fn is_made(old: Option<Section<'_>>, new: Option<Section<'_>>, change: &Change) -> bool {
    let options = |s: &Section<'_>| -> Vec<(String, String)> {
        s.settings().map(|o| (o.name().to_owned(), o.value().into_owned())).collect()
    };
    let is = |name: &str, option: &str| name.eq_ignore_ascii_case(option);
    match (change, old, new) {
        (Change::Set { option, value, .. }, Some(old), Some(new)) => {
            let mut wanted = options(&old);
            match wanted.iter_mut().find(|(name, _)| is(name, option)) {
                Some((_, old)) => old.clone_from(value),
                None => wanted.push((option.clone(), value.clone())),
            }
            wanted == options(&new)
        }
        (Change::Unset { option, .. }, Some(old), Some(new)) => {
            let mut wanted = options(&old);
            wanted.retain(|(name, _)| !is(name, option));
            wanted == options(&new)
        }
        (Change::Add { options: wanted, .. }, None, Some(new)) => *wanted == options(&new),
        (Change::Remove { .. }, Some(_), None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
