//! What is stored and what is answered.

use causeway_core::Timestamp;

/// The number of a write. Later writes have higher numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// A value with its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub value: Vec<u8>,
    pub revision: Revision,
    /// From then on it is as if it were not there.
    pub expires: Option<Timestamp>,
}

/// An entry with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub key: String,
    pub entry: Entry,
}

/// What a compare-and-set did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The value was written; this is its revision.
    Done(Revision),
    /// Somebody else was first: the key has this revision now, or is not there.
    Conflict(Option<Revision>),
}

/// Which part of a list is wanted. Keys are ordered by their bytes.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// Only keys after this one: the last of the page before.
    pub after: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

impl Default for Page<'_> {
    fn default() -> Self {
        Self { prefix: "", after: None, limit: 1000 }
    }
}
