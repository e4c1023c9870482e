//! Every event there is: number, groups, members, text. One table, from which the reference page is made.
//!
//! - [`ids`]: names for the numbers that are emitted.
//! - [`groups`]: the groups that classify events.
//! - one file per block of numbers.

pub mod groups;
pub mod ids;

mod ftp;
mod http;
mod management;
mod operation;
mod own;
mod page;
mod ssh;
#[cfg(test)]
mod tests;
mod transfers;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use causeway_core::EventId;

pub use groups::Groups;
pub use page::markdown;

/// What is known about one number.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub id: EventId,
    pub groups: Groups,
    /// What happened, in a few words.
    pub summary: &'static str,
    /// The members that `data` has.
    pub members: &'static [&'static str],
    /// The text of the message with members in braces; there for every event that is emitted.
    pub text: Option<&'static str>,
    /// For numbers of the past: since which release of SFTPPlus, and what took over.
    pub retired: Option<&'static str>,
}

const fn known(id: u32, groups: Groups, summary: &'static str, members: &'static [&'static str]) -> Entry {
    Entry { id: EventId(id), groups, summary, members, text: None, retired: None }
}

impl Entry {
    const fn text(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }

    const fn retired(mut self, how: &'static str) -> Self {
        self.retired = Some(how);
        self
    }

    /// Whether this program may emit it: it has a text and is not retired.
    pub fn is_emitted(&self) -> bool {
        self.text.is_some() && self.retired.is_none()
    }
}

/// A block of numbers that belong together.
struct Block {
    title: &'static str,
    entries: &'static [Entry],
}

const BLOCKS: [Block; 7] = [
    Block { title: "FTP, FTPS and the operating system", entries: ftp::ENTRIES },
    Block { title: "Operation", entries: operation::ENTRIES },
    Block { title: "SSH", entries: ssh::ENTRIES },
    Block { title: "HTTP", entries: http::ENTRIES },
    Block { title: "Management", entries: management::ENTRIES },
    Block { title: "Transfers", entries: transfers::ENTRIES },
    Block { title: "Causeway's own", entries: own::ENTRIES },
];

/// Every entry, ordered by number.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    BLOCKS.iter().flat_map(|b| b.entries)
}

/// What is known about a number.
pub fn find(id: EventId) -> Option<&'static Entry> {
    let block = match id.0 {
        ..20_000 => &BLOCKS[0],
        20_000..30_000 => &BLOCKS[1],
        30_000..40_000 => &BLOCKS[2],
        40_000..50_000 => &BLOCKS[3],
        50_000..60_000 => &BLOCKS[4],
        60_000..70_000 => &BLOCKS[5],
        _ => &BLOCKS[6],
    };
    block.entries.binary_search_by_key(&id, |e| e.id).ok().and_then(|at| block.entries.get(at))
}

/// Whether this program may emit that number.
pub fn is_emitted(id: EventId) -> bool {
    find(id).is_some_and(Entry::is_emitted)
}

/// The names of all members of all events, ordered, each once: the dictionary that a segment of the trail begins
/// with.
pub fn member_names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        all().flat_map(|e| e.members.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect()
    });
    &NAMES
}
