//! Public keys as text: OpenSSH's lines and RFC 4716.

use data_encoding::BASE64;

use super::MAX_TEXT;
use super::error::{KeyError, LineError};
use super::fields::Fields;
use super::public::{Algorithm, PublicKey, short};

const BEGIN: &[u8] = b"---- BEGIN SSH2 PUBLIC KEY ----";
const END: &[u8] = b"---- END SSH2 PUBLIC KEY ----";

/// The public keys of a text: OpenSSH lines and RFC 4716 blocks (which is also what PuTTY saves), in their
/// order; empty lines and lines that begin with `#` count for nothing.
///
/// # Errors
/// The first bad line, with its number. No key of such a text may be used: what was meant cannot be known.
/// A private key anywhere is reported before everything else.
pub fn parse_many(text: &[u8]) -> Result<Vec<PublicKey>, LineError> {
    let keys = parse_each(text, openssh_line, |block| block.key())?;
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// The same for lines that may hold more than a key, with the numbers of their lines.
pub(super) fn parse_each<T>(
    text: &[u8],
    read_line: impl Fn(&[u8]) -> Result<T, KeyError>,
    read_block: impl Fn(&Block) -> Result<T, KeyError>,
) -> Result<Vec<(usize, T)>, LineError> {
    if text.len() > MAX_TEXT {
        return Err(LineError { line: 1, error: KeyError::TooLong });
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if let Some((line, _)) = lines(text).find(|(_, line)| is_private(line.trim_ascii())) {
        return Err(LineError { line, error: KeyError::PrivateKeyFound });
    }
    let mut lines = lines(text);
    let mut keys = Vec::new();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let read = match line == BEGIN {
            true => read_block(&rfc4716_block(number, &mut lines)?),
            false => read_line(line),
        };
        keys.push((number, read.map_err(|error| LineError { line: number, error })?));
    }
    Ok(keys)
}

/// Lines with their numbers. RFC 4716 section 3.1 knows three line ends; a lone CR is one only where
/// no LF is, so that a CR within a line never begins a new one.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let end = if text.contains(&b'\n') { b'\n' } else { b'\r' };
    let lines = text.split(move |b| *b == end).enumerate();
    lines.map(|(i, line)| (i + 1, line.strip_suffix(b"\r").unwrap_or(line)))
}

/// What the first line of a private key begins with: PEM, ssh.com, PuTTY.
const PRIVATE_MARKS: [&[u8]; 3] = [b"-----BEGIN ", b"---- BEGIN ", PUTTY];
const PUTTY: &[u8] = b"PuTTY-User-Key-File-";

/// The first line of a private key in any format.
pub(super) fn is_private(line: &[u8]) -> bool {
    let marked = PRIVATE_MARKS.iter().any(|mark| line.starts_with(mark));
    (marked && line.windows(11).any(|w| w == b"PRIVATE KEY")) || is_putty(line)
}

pub(super) fn is_putty(line: &[u8]) -> bool {
    line.starts_with(PUTTY)
}

/// Makes blanks of what a private key begins with: in RFC 4716's form a comment may be wrapped anywhere, and
/// no line of it may begin so.
pub(super) fn blank_private_marks(comment: &mut [u8]) {
    let found = |text: &[u8]| {
        PRIVATE_MARKS.iter().find_map(|mark| {
            let at = text.windows(mark.len()).position(|w| w == *mark)?;
            Some(at..at + mark.len())
        })
    };
    // Blanks may complete another mark, so each look begins at the start.
    while let Some(mark) = found(comment).and_then(|range| comment.get_mut(range)) {
        mark.fill(b' ');
    }
}

pub(super) fn openssh_line(line: &[u8]) -> Result<PublicKey, KeyError> {
    let line = line.trim_ascii();
    if line.len() > MAX_TEXT {
        return Err(KeyError::TooLong);
    }
    if is_private(line) {
        return Err(KeyError::PrivateKeyFound);
    }
    if let Some(label) = line.strip_prefix(b"-----BEGIN ") {
        return Err(KeyError::OtherPem(short(label.strip_suffix(b"-----").unwrap_or(label))));
    }
    let (name, rest) = word(line);
    let Some(algorithm) = Algorithm::from_name(name) else { return Err(not_a_key(line, name)) };
    let (base64, comment) = word(rest);
    if base64.is_empty() {
        return Err(KeyError::NotAKey);
    }
    let blob = BASE64.decode(base64).map_err(|_| KeyError::Base64)?;
    let key = PublicKey::from_blob(&blob)?;
    if key.algorithm() != algorithm {
        return Err(KeyError::Mismatch { said: algorithm.name(), held: key.algorithm().name() });
    }
    Ok(key.with_comment(comment))
}

/// Whether a line holds the whole of a key of the type that it names, be it supported or not.
pub(super) fn is_whole(line: &[u8]) -> bool {
    let (name, rest) = word(line);
    let blob = BASE64.decode(word(rest).0);
    is_type(name) && blob.is_ok_and(|blob| Fields(&blob).string() == Some(name))
}

/// Why a line whose first word is no supported type is refused.
fn not_a_key(line: &[u8], first: &[u8]) -> KeyError {
    if is_type(first) {
        return KeyError::Unsupported(short(first));
    }
    let (options, rest) = split_options(line);
    if is_type(word(rest).0) {
        let end = options.iter().position(|b| matches!(b, b'=' | b',')).unwrap_or(options.len());
        return KeyError::Options(short(options.get(..end).unwrap_or(options)));
    }
    KeyError::NotAKey
}

/// Whether a word has the form of a key type's name, supported or not.
pub(super) fn is_type(word: &[u8]) -> bool {
    let known = [&b"ssh-"[..], b"ecdsa-", b"sk-", b"webauthn-", b"x509v3-", b"rsa-sha2-"];
    known.iter().any(|prefix| word.starts_with(prefix))
        && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'@' | b'.'))
}

/// The options before a key end at the first blank outside quotes; `\"` does not end a quotation
/// (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
pub(super) fn split_options(line: &[u8]) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    let end = line.iter().position(|b| {
        let ends = !quoted && is_blank(b);
        if *b == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = *b == b'\\';
        ends
    });
    line.split_at_checked(end.unwrap_or(line.len())).unwrap_or((line, &[]))
}

/// The first word, and what follows it.
pub(super) fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(is_blank).unwrap_or(line.len());
    line.split_at_checked(end).unwrap_or((line, &[]))
}

fn is_blank(b: &u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// A key in the form of RFC 4716.
pub(super) struct Block {
    blob: Vec<u8>,
    comment: Vec<u8>,
}

impl Block {
    pub(super) fn key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_blob(&self.blob).map(|key| key.with_comment(&self.comment))
    }

    /// As OpenSSH would write it, whatever it is.
    pub(super) fn openssh_line(&self) -> Vec<u8> {
        let name = Fields(&self.blob).string().unwrap_or_default();
        [name, b" ", BASE64.encode(&self.blob).as_bytes()].concat()
    }
}

/// What follows a BEGIN line up to the END line (RFC 4716 section 3): headers, then base64. Only the
/// `Comment` header matters; others are for people.
fn rfc4716_block<'a>(
    begin: usize,
    lines: &mut impl Iterator<Item = (usize, &'a [u8])>,
) -> Result<Block, LineError> {
    let bad = |line, reason| LineError { line, error: KeyError::Rfc4716(reason) };
    let (mut comment, mut base64) = (Vec::new(), Vec::new());
    while let Some((number, line)) = lines.next() {
        if line.trim_ascii() == END {
            let blob = BASE64.decode(&base64);
            let blob = blob.map_err(|_| LineError { line: begin, error: KeyError::Base64 })?;
            return Ok(Block { blob, comment });
        }
        if !base64.is_empty() || !line.contains(&b':') {
            base64.extend_from_slice(line.trim_ascii());
            continue;
        }
        let header = joined(line, lines).ok_or(bad(number, "a header goes on beyond the end of the file"))?;
        let at = header.iter().position(|b| *b == b':').unwrap_or(header.len());
        let (tag, value) = header.split_at_checked(at).unwrap_or_default();
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if tag.is_empty() || tag.len() > 64 || value.len() > 1024 {
            return Err(bad(number, "a header is longer than RFC 4716 allows, or has no name"));
        }
        if tag.eq_ignore_ascii_case(b"comment") {
            let unquoted = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
            comment = unquoted.unwrap_or(value).to_vec();
        }
    }
    Err(bad(begin, "the END line is missing"))
}

/// A header and its continuation lines: each line that ends in a backslash goes on with the next.
fn joined<'a>(first: &[u8], lines: &mut impl Iterator<Item = (usize, &'a [u8])>) -> Option<Vec<u8>> {
    let mut header = first.to_vec();
    while header.last() == Some(&b'\\') {
        header.pop();
        header.extend_from_slice(lines.next()?.1);
    }
    Some(header)
}

/// Writes a key as RFC 4716 wants it: no line over 72 bytes.
pub(super) fn rfc4716(key: &PublicKey) -> Vec<u8> {
    let mut out = [BEGIN, b"\n"].concat();
    if !key.comment().is_empty() {
        // A header's value has up to 1,024 bytes (section 3.3), two of which are the quotes.
        let comment = key.comment().get(..1022).unwrap_or(key.comment());
        let header = [b"Comment: \"", comment, b"\""].concat();
        for (i, part) in header.chunks(71).enumerate() {
            if i > 0 {
                out.extend_from_slice(b"\\\n");
            }
            out.extend_from_slice(part);
        }
        out.push(b'\n');
    }
    for part in BASE64.encode(key.blob()).as_bytes().chunks(70) {
        out.extend_from_slice(part);
        out.push(b'\n');
    }
    out.extend_from_slice(END);
    out.push(b'\n');
    out
}
