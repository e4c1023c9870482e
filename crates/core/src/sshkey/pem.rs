//! PEM (RFC 7468), read for private keys alone.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::error::PrivateKeyError;
use super::text::lines;

/// The private key block of a PEM text.
pub(super) struct Block<'a> {
    /// What stands between `BEGIN` and the dashes.
    pub(super) label: &'a [u8],
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// Finds the first block whose label ends in `PRIVATE KEY`; others before it (such as `EC PARAMETERS`) are
/// passed over.
pub(super) fn private_block(text: &[u8]) -> Result<Block<'_>, PrivateKeyError> {
    let mut lines = lines(text).map(|(_, line)| line.trim_ascii());
    let label = lines.by_ref().find_map(label).ok_or(PrivateKeyError::NotAKey)?;
    let mut base64 = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in lines {
        if line.strip_prefix(b"-----END ").and_then(|l| l.strip_suffix(b"-----")) == Some(label) {
            let der = BASE64.decode(&base64).map_err(|_| PrivateKeyError::Damaged)?;
            return Ok(Block { label, der: Zeroizing::new(der) });
        }
        // OpenSSL's old header lines (RFC 1421) stand before the base64.
        if line.contains(&b':') {
            if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
                return Err(PrivateKeyError::EncryptedPem);
            }
            continue;
        }
        base64.extend_from_slice(line);
    }
    Err(PrivateKeyError::Damaged)
}

fn label(line: &[u8]) -> Option<&[u8]> {
    let label = line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")?;
    label.ends_with(b"PRIVATE KEY").then_some(label)
}

/// Writes a block with lines of 70 characters, as OpenSSH does.
pub(super) fn write(label: &str, der: &[u8]) -> Zeroizing<Vec<u8>> {
    let base64 = Zeroizing::new(BASE64.encode(der));
    let mut out = Zeroizing::new(Vec::with_capacity(base64.len() + base64.len() / 70 + 2 * label.len() + 40));
    out.extend_from_slice(format!("-----BEGIN {label}-----\n").as_bytes());
    for part in base64.as_bytes().chunks(70) {
        out.extend_from_slice(part);
        out.push(b'\n');
    }
    out.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    out
}
