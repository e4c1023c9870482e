//! Which part of a list is wanted.

/// Keys are ordered by their bytes, in UTF-8.
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
