//! What is wrong with the text of a configuration file.

use super::{FILE_MAX, LINE_MAX, WORD_MAX};

/// One mistake and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {mistake}")]
pub struct SyntaxError {
    /// From 1.
    pub line: u32,
    pub mistake: Mistake,
}

/// What the administrator wrote. No variant holds a value: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    #[error("the file is larger than {FILE_MAX} bytes")]
    FileTooLarge,
    #[error("the line is longer than {LINE_MAX} bytes")]
    LineTooLong,
    #[error("the text is not UTF-8")]
    NotUtf8,
    #[error("the line holds a control character")]
    Control,
    #[error("a section header must end with ']' and nothing after it")]
    OpenHeader,
    #[error("a section header is [server] or [family/ID], the ID without blanks, '/' and '|'")]
    BadHeader,
    #[error("the section [{header}] is here already, at line {first}")]
    DuplicateSection { header: String, first: u32 },
    #[error("an option stands before the first section header")]
    NoSection,
    #[error("the line begins with a blank, but there is no option above that it could continue")]
    NothingToContinue,
    #[error("neither a comment, nor a section header, nor an option with '=' or ':'")]
    NotAnOption,
    #[error("the name of an option is 1 to {WORD_MAX} letters, digits, '_', '-' or '.'")]
    BadName,
    #[error("the option '{name}' is in this section already, at line {first}")]
    DuplicateOption { name: String, first: u32 },
}
