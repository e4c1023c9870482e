//! One line of a log: by a template, or as comma-separated values.

use std::sync::Arc;

use super::{Field, Template, UnknownField, View};
use crate::time::Times;

/// How a line is made. Every line ends with a line feed.
#[derive(Debug, Clone)]
pub enum Line {
    Text(Template),
    /// Comma-separated values (RFC 4180).
    Columns(Columns),
}

/// The columns of a file of comma-separated values.
#[derive(Debug, Clone)]
pub struct Columns {
    header: String,
    fields: Vec<Field>,
}

impl Line {
    /// Lines of a template; a line end is added unless it has one.
    pub fn text(template: &str) -> Result<Self, UnknownField> {
        let mut template = Template::parse(template)?;
        template.end_line();
        Ok(Self::Text(template))
    }

    /// Lines of the named fields, such as `id` or `data.path`.
    pub fn columns(names: &[Arc<str>]) -> Result<Self, UnknownField> {
        let fields = names.iter().map(|n| Field::named(n)).collect::<Result<_, _>>()?;
        let mut header = String::new();
        for (i, name) in names.iter().enumerate() {
            header.push_str(if i > 0 { "," } else { "" });
            quoted(&mut header, name);
        }
        header.push('\n');
        Ok(Self::Columns(Columns { header, fields }))
    }

    /// What a new file begins with.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Columns(columns) => Some(&columns.header),
        }
    }

    /// Appends the line of an event.
    pub fn render(&self, out: &mut String, view: &View<'_>, times: &mut Times) {
        match self {
            Self::Text(template) => template.render(out, view, times),
            Self::Columns(columns) => {
                let mut value = String::new();
                for (i, field) in columns.fields.iter().enumerate() {
                    value.clear();
                    field.render(&mut value, view, times);
                    out.push_str(if i > 0 { "," } else { "" });
                    quoted(out, &value);
                }
                out.push('\n');
            }
        }
    }
}

fn quoted(out: &mut String, value: &str) {
    // A spreadsheet takes what begins so for a formula.
    let formula = value.starts_with(['=', '+', '-', '@']);
    if !formula && !value.contains([',', '"', '\r', '\n']) {
        out.push_str(value);
        return;
    }
    out.push('"');
    out.push_str(if formula { "'" } else { "" });
    out.push_str(&value.replace('"', "\"\""));
    out.push('"');
}
