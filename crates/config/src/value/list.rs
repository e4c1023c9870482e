//! Comma-separated lists.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::csv;

use super::{BadValue, text_value};

/// Ids of components, in their order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdList(Arc<[Arc<str>]>);

/// Any words, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextList(Arc<[Arc<str>]>);

impl IdList {
    /// The list of one.
    pub(crate) fn of(id: &str) -> Self {
        Self(Arc::from([Arc::from(id)]))
    }
}

impl Deref for IdList {
    type Target = [Arc<str>];

    fn deref(&self) -> &[Arc<str>] {
        &self.0
    }
}

impl Deref for TextList {
    type Target = [Arc<str>];

    fn deref(&self) -> &[Arc<str>] {
        &self.0
    }
}

impl FromStr for IdList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let members = members(text)?;
        if let Some((_, again)) =
            members.iter().enumerate().find(|(i, m)| members.iter().take(*i).any(|n| n == *m))
        {
            return Err(BadValue::new(format!("'{again}' is listed twice")));
        }
        Ok(Self(members.into_iter().map(Arc::from).collect()))
    }
}

impl FromStr for TextList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        Ok(Self(members(text)?.into_iter().map(Arc::from).collect()))
    }
}

/// The members of a list; a list may go over several lines.
pub(super) fn members(text: &str) -> Result<Vec<String>, BadValue> {
    let mut out = Vec::new();
    for line in text.lines() {
        out.append(
            &mut csv::split(line).map_err(|e| BadValue::new(format!("not a comma-separated list: {e}")))?,
        );
    }
    Ok(out)
}

/// Writes members so that they read back.
pub(super) fn write(f: &mut fmt::Formatter<'_>, members: &[Arc<str>]) -> fmt::Result {
    for (i, member) in members.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        if member.contains(',') || member.starts_with('"') {
            write!(f, "\"{}\"", member.replace('"', "\"\""))?;
        } else {
            f.write_str(member)?;
        }
    }
    Ok(())
}

impl fmt::Display for IdList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.0)
    }
}

impl fmt::Display for TextList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.0)
    }
}

text_value!(IdList, "comma-separated ids");
text_value!(TextList, "a comma-separated list");
