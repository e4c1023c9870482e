//! What the server says, each appended to a buffer.

/// Acknowledges the last record, or says that the content of a file has ended well.
pub fn ok(out: &mut Vec<u8>) {
    out.push(0);
}

/// Something could not be done; what follows may be. Controls in the text are escaped.
pub fn warning(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(b"\x01scp: ");
    escape(out, text);
    out.push(b'\n');
}

/// Announces a file.
pub fn file(out: &mut Vec<u8>, mode: u32, size: u64, name: &[u8]) {
    out.extend_from_slice(format!("C{:04o} {size} ", mode & 0o7777).as_bytes());
    out.extend_from_slice(name);
    out.push(b'\n');
}

/// Announces a folder.
pub fn folder(out: &mut Vec<u8>, mode: u32, name: &[u8]) {
    out.extend_from_slice(format!("D{:04o} 0 ", mode & 0o7777).as_bytes());
    out.extend_from_slice(name);
    out.push(b'\n');
}

/// Says that the folder has ended.
pub fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"E\n");
}

/// Announces times, in seconds since 1970. Those before cannot be told.
pub fn times(out: &mut Vec<u8>, modified: i64, accessed: i64) {
    let (modified, accessed) = (modified.max(0), accessed.max(0));
    out.extend_from_slice(format!("T{modified} 0 {accessed} 0\n").as_bytes());
}

/// Whether a name can be announced: a record ends with its line.
pub fn can_announce(name: &[u8]) -> bool {
    !name.contains(&b'\n')
}

/// Texts that hold a name of the client's end in its terminal.
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            0..=0x1f | 0x7f => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
            byte => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_one_line_without_controls() {
        let mut out = Vec::new();
        warning(&mut out, b"a\n\x1b[31mb\x7f: no");
        assert_eq!(out, b"\x01scp: a\\x0a\\x1b[31mb\\x7f: no\n");
    }
}
