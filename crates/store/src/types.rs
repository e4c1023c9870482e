//! What is stored and what is answered.

use causeway_core::Timestamp;

/// The most bytes that a namespace or a key has: PostgreSQL keeps both in an index whose entries end at 2704.
pub const MAX_NAME: usize = 1024;
/// The most bytes that a value has: it is state, and goes through memory as a whole.
pub const MAX_VALUE: usize = 16 << 20;

/// The number of a write, for a later compare-and-set. A write that began after another was answered has a higher
/// number; of writes at the same time nothing is promised but that their numbers differ.
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
