//! The dictionary of member names that this program's segments begin with.

use std::sync::LazyLock;

use crate::catalogue;

/// The names in the order of their indices.
pub(super) fn names() -> &'static [&'static str] {
    catalogue::member_names()
}

/// The index of a name; a table by length and two letters, because every member of every event asks.
pub(super) fn index_of(name: &str) -> Option<usize> {
    static TABLE: LazyLock<Vec<Vec<(&'static str, usize)>>> = LazyLock::new(|| {
        let mut table = vec![Vec::new(); 256];
        for (index, name) in names().iter().enumerate() {
            if let Some(row) = table.get_mut(row(name)) {
                row.push((*name, index));
            }
        }
        table
    });
    TABLE.get(row(name))?.iter().find(|(n, _)| *n == name).map(|(_, index)| *index)
}

/// The name itself with the life of the program, where the catalogue has it.
pub(super) fn interned(name: &str) -> Option<&'static str> {
    names().get(index_of(name)?).copied()
}

fn row(name: &str) -> usize {
    let b = name.as_bytes();
    let at = |i: usize| usize::from(b.get(i).copied().unwrap_or_default());
    (b.len().wrapping_mul(7) ^ at(0).wrapping_mul(31) ^ at(b.len() / 2).wrapping_mul(5)) & 0xff
}
