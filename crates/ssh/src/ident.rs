//! The identification lines (RFC 4253 section 4.2).

use crate::error::Error;

/// The longest identification line, its end included (RFC 4253 section 4.2).
pub const MAX_LINE: usize = 255;

/// How many bytes a server may send in lines before its identification (client role).
const MAX_BEFORE: usize = 8192;

/// Our own identification line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident(String);

impl Ident {
    /// `software` is what the line says after `SSH-2.0-`: 1 to 200 printable US-ASCII characters, no spaces, no
    /// minus. `None` if it is something else. A version in it tells attackers more than friends.
    pub fn new(software: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_graphic() && b != b'-';
        let fits = (1..=200).contains(&software.len()) && software.bytes().all(allowed);
        fits.then(|| Self(format!("SSH-2.0-{software}")))
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Default for Ident {
    fn default() -> Self {
        Self("SSH-2.0-Causeway".to_owned())
    }
}

/// What the first bytes of a peer are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// No line yet.
    Incomplete,
    /// The identification without its end, and how many bytes it takes with its end.
    Ident(&'a [u8], usize),
    /// A line of that many bytes before the identification, which servers may send.
    Before(usize),
}

/// A client's first line. It must be its identification: clients may send nothing before it.
pub(crate) fn from_client(data: &[u8]) -> Result<Line<'_>, Error> {
    match line(data, MAX_LINE)? {
        None => Ok(Line::Incomplete),
        Some((text, taken)) if is_ident(text, &[b"SSH-2.0-"]) => Ok(Line::Ident(text, taken)),
        Some(_) => Err(Error::NotSsh),
    }
}

/// The next line of a server, of which `skipped` bytes came before.
pub(crate) fn from_server(data: &[u8], skipped: usize) -> Result<Line<'_>, Error> {
    match line(data, MAX_BEFORE.saturating_sub(skipped))? {
        None => Ok(Line::Incomplete),
        Some((text, taken)) if !text.starts_with(b"SSH-") => Ok(Line::Before(taken)),
        Some((text, taken)) if taken <= MAX_LINE && is_ident(text, &[b"SSH-2.0-", b"SSH-1.99-"]) => {
            Ok(Line::Ident(text, taken))
        }
        Some(_) => Err(Error::NotSsh),
    }
}

/// The first line of at most `max` bytes: without its end, and its length with it. A lone LF ends a line too, since
/// old clients send that.
fn line(data: &[u8], max: usize) -> Result<Option<(&[u8], usize)>, Error> {
    let seen = data.get(..max).unwrap_or(data);
    match seen.iter().position(|b| *b == b'\n') {
        Some(n) => {
            let text = seen.get(..n).unwrap_or_default();
            Ok(Some((text.strip_suffix(b"\r").unwrap_or(text), n + 1)))
        }
        None if seen.len() >= max => Err(Error::NotSsh),
        None => Ok(None),
    }
}

fn is_ident(text: &[u8], versions: &[&[u8]]) -> bool {
    let printable = text.iter().all(|b| (0x20..0x7f).contains(b));
    printable && versions.iter().any(|v| text.starts_with(v) && text.len() > v.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identification_may_end_with_or_without_cr() {
        assert_eq!(from_client(b"SSH-2.0-x y\r\nz"), Ok(Line::Ident(b"SSH-2.0-x y", 13)));
        assert_eq!(from_client(b"SSH-2.0-x\nz"), Ok(Line::Ident(b"SSH-2.0-x", 10)));
        assert_eq!(from_client(b"SSH-2.0-x"), Ok(Line::Incomplete));
    }

    #[test]
    fn a_client_that_says_anything_else_first_is_refused() {
        for bad in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"\r\n",
            b"SSH-1.5-x\n",
            b"SSH-1.99-x\n",
            b"SSH-2.0-\n",
            b"SSH-2.0-\0\n",
            b"SSH-2.0-a\rb\n",
        ] {
            assert_eq!(from_client(bad), Err(Error::NotSsh), "{bad:?}");
        }
    }

    #[test]
    fn v18_a_line_without_end_is_refused_at_255_bytes() {
        assert_eq!(from_client(&[b'S'; 254]), Ok(Line::Incomplete));
        assert_eq!(from_client(&[b'S'; 255]), Err(Error::NotSsh));
        let mut longest = b"SSH-2.0-".to_vec();
        longest.resize(253, b'x');
        longest.extend_from_slice(b"\r\n");
        assert_eq!(from_client(&longest), Ok(Line::Ident(&longest[..253], 255)));
    }

    #[test]
    fn a_server_may_send_lines_before_but_not_without_end() {
        assert_eq!(from_server(b"hello\r\nSSH-2.0-x\r\n", 0), Ok(Line::Before(7)));
        assert_eq!(from_server(b"SSH-1.99-x\r\n", 7), Ok(Line::Ident(b"SSH-1.99-x", 12)));
        assert_eq!(from_server(b"hel", MAX_BEFORE - 3), Err(Error::NotSsh));
        assert_eq!(from_server(b"\n", MAX_BEFORE), Err(Error::NotSsh));
    }

    #[test]
    fn our_own_line_is_one_that_peers_can_read() {
        for bad in ["", "a b", "a-b", "a\r\nb", "ä"] {
            assert_eq!(Ident::new(bad), None);
        }
        assert_eq!(Ident::new("Causeway"), Some(Ident::default()));
    }
}
