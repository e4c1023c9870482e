//! The value that expressions are tried on, folded once for all of them.

use std::cell::OnceCell;

use super::case;

/// A value as globs and regular expressions see it.
///
/// Globs compare symbols: a character in lower case, or a byte that is not UTF-8 (as [`RAW`] + byte), so that no
/// two values that differ in more than case look alike. Regular expressions see text, in which such a byte is the
/// private-use character U+10FF00 + byte.
#[derive(Debug)]
pub struct Subject<'a> {
    bytes: &'a [u8],
    folded: OnceCell<Vec<u32>>,
    text: OnceCell<String>,
}

/// Symbols from here on are raw bytes; characters end at U+10FFFF.
const RAW: u32 = 0x11_0000;

impl<'a> Subject<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, folded: OnceCell::new(), text: OnceCell::new() }
    }

    pub(super) fn folded(&self) -> &[u32] {
        self.folded.get_or_init(|| {
            let mut out = Vec::with_capacity(self.bytes.len());
            for chunk in self.bytes.utf8_chunks() {
                out.extend(chunk.valid().chars().map(|c| u32::from(case::plain(c))));
                out.extend(chunk.invalid().iter().map(|b| RAW + u32::from(*b)));
            }
            out
        })
    }

    pub(super) fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let mut out = String::with_capacity(self.bytes.len());
            for chunk in self.bytes.utf8_chunks() {
                out.push_str(chunk.valid());
                out.extend(chunk.invalid().iter().filter_map(|b| char::from_u32(0x10_FF00 + u32::from(*b))));
            }
            out
        })
    }
}
