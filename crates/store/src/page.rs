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

impl Page<'_> {
    /// The least key that may be on the page.
    pub(crate) fn first(&self) -> String {
        match self.after {
            // Nothing lies between a text and the same text with a NUL after it.
            Some(after) if after >= self.prefix => format!("{after}\0"),
            _ => self.prefix.to_owned(),
        }
    }

    /// The least key that lies behind all that begin with the prefix; none if there is no such text.
    pub(crate) fn end(&self) -> Option<String> {
        let mut text = self.prefix.to_owned();
        while let Some(last) = text.pop() {
            // UTF-8 orders as the numbers of its characters do.
            if let Some(next) = (last..=char::MAX).nth(1) {
                text.push(next);
                return Some(text);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(prefix: &str) -> Option<String> {
        Page { prefix, ..Page::default() }.end()
    }

    #[test]
    fn a_prefix_ends_before_the_next_text_that_does_not_begin_with_it() {
        assert_eq!(end(""), None);
        assert_eq!(end("ab").as_deref(), Some("ac"));
        assert_eq!(end("a\0").as_deref(), Some("a\u{1}"));
        assert_eq!(end("a\u{7f}").as_deref(), Some("a\u{80}"));
        assert_eq!(end("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(end("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end("\u{10ffff}\u{10ffff}"), None);
    }

    #[test]
    fn a_page_begins_at_its_prefix_or_right_after_the_last_key() {
        let first = |prefix, after| Page { prefix, after, limit: 1 }.first();
        assert_eq!(first("b", None), "b");
        assert_eq!(first("b", Some("a")), "b");
        assert_eq!(first("b", Some("b")), "b\0");
        assert_eq!(first("b", Some("ba")), "ba\0");
    }
}
