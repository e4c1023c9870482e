//! How bytes become text: valid, printable UTF-8 stays as it is; control characters, invalid bytes and the
//! backslash itself become `\xNN`, so that no name can forge a log line or steer a terminal, and every escaped
//! text can be read back.

use std::fmt::{self, Write};

/// Writes `bytes` escaped.
pub fn write(out: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        let mut plain = 0;
        let valid = chunk.valid();
        for (at, c) in valid.char_indices() {
            if must_escape(c) {
                out.write_str(valid.get(plain..at).unwrap_or_default())?;
                let mut buf = [0; 4];
                for b in c.encode_utf8(&mut buf).bytes() {
                    write!(out, "\\x{b:02x}")?;
                }
                plain = at + c.len_utf8();
            }
        }
        out.write_str(valid.get(plain..).unwrap_or_default())?;
        for b in chunk.invalid() {
            write!(out, "\\x{b:02x}")?;
        }
    }
    Ok(())
}

/// `bytes` as escaped text.
pub fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    // Writing to a String cannot fail.
    let _ = write(&mut out, bytes);
    out
}

/// Whether `text` would change anything: then the bytes themselves go along in an event (`path_bytes`).
pub fn needed(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or(true, |s| s.chars().any(must_escape))
}

/// Controls (C0, DEL, C1), line and paragraph separators, direction overrides, and the escape sign itself.
fn must_escape(c: char) -> bool {
    c == '\\'
        || c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v31_names_cannot_forge_lines_or_steer_terminals() {
        assert_eq!(text(b"a\r\nb\x1b[31m"), "a\\x0d\\x0ab\\x1b[31m");
        assert_eq!(text(b"caf\xe9"), "caf\\xe9");
        assert_eq!(text("café \u{202e}x".as_bytes()), "café \\xe2\\x80\\xaex");
        assert_eq!(text(br"a\b"), r"a\x5cb");
        assert!(!needed("naïve.txt".as_bytes()));
        assert!(needed(b"\xff"));
    }
}
