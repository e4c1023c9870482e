//! The grammar of `server.ini`.
//!
//! - `[family/ID]` opens a section; `[server]` has no id. An id holds no blank, `/` or `|`.
//! - `name = value` or `name: value`, from the first column. Names are compared without regard to case.
//! - A line that begins with a blank continues the value above; blank lines between such lines belong to it.
//!   The blanks that all continuation lines share at their start are no part of the value.
//! - `#` and `;` in the first column begin a comment, also between the lines of one value.
//! - A section or an option that occurs twice is an error: nobody could say which one counts.
//!
//! A [`Document`] keeps the text and the places of the sections, so that one line can be changed and the others keep their
//! bytes.

mod document;
mod error;
mod lines;
mod parse;

pub use document::{Document, Section, Setting};
pub use error::{Mistake, SyntaxError};
pub use lines::{Line, LineKind};
pub(crate) use parse::Refused;

/// Bytes in a file.
pub const FILE_MAX: usize = 64 << 20;
/// Bytes in one line.
pub const LINE_MAX: usize = 1 << 20;
/// Bytes in an id or in the name of an option.
pub const WORD_MAX: usize = 255;

#[cfg(test)]
mod tests;
