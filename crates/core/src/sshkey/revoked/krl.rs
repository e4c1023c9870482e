//! OpenSSH's key revocation lists (PROTOCOL.krl).
//!
//! What is not known refuses the whole list: what it revokes cannot be told.

use super::{Certificates, Revoked, RevokedError, sha256};
use crate::sshkey::fields::Fields;

/// The number `0x5353484b524c0a00` with which a list begins.
pub(super) const MAGIC: &[u8] = b"SSHKRL\n\0";
const VERSION: u32 = 1;

const CERTIFICATES: u8 = 1;
const EXPLICIT_KEY: u8 = 2;
const FINGERPRINT_SHA1: u8 = 3;
/// Not made any more, and of no use here: the list lies where only the administrator writes.
const SIGNATURE: u8 = 4;
const FINGERPRINT_SHA256: u8 = 5;
const EXTENSION: u8 = 255;

const SERIAL_LIST: u8 = 0x20;
const SERIAL_RANGE: u8 = 0x21;
const SERIAL_BITMAP: u8 = 0x22;
const KEY_ID: u8 = 0x23;
const CERTIFICATE_EXTENSION: u8 = 0x39;

const DAMAGED: RevokedError = RevokedError::Damaged("it is cut short");

pub(super) fn parse(list: &[u8]) -> Result<Revoked, RevokedError> {
    let mut fields = Fields(list.strip_prefix(MAGIC).unwrap_or_default());
    match fields.u32().ok_or(DAMAGED)? {
        VERSION => {}
        other => return Err(RevokedError::Version(other)),
    }
    head(&mut fields).ok_or(DAMAGED)?;
    let mut revoked = Revoked::default();
    while !fields.is_empty() {
        let kind = fields.u8().ok_or(DAMAGED)?;
        let data = fields.string().ok_or(DAMAGED)?;
        let mut section = Fields(data);
        match kind {
            CERTIFICATES => certificates(&mut revoked, &mut section)?,
            EXPLICIT_KEY => each(&mut section, |blob| {
                revoked.sha256.insert(sha256(blob));
                Some(())
            })?,
            FINGERPRINT_SHA1 => each(&mut section, |hash| {
                revoked.sha1.insert(hash.try_into().ok()?);
                Some(())
            })?,
            FINGERPRINT_SHA256 => each(&mut section, |hash| {
                revoked.sha256.insert(hash.try_into().ok()?);
                Some(())
            })?,
            // The key, and then what it signed with.
            SIGNATURE => _ = fields.string().ok_or(DAMAGED)?,
            EXTENSION => extension(&mut section)?,
            other => return Err(RevokedError::Section(other)),
        }
    }
    Ok(revoked)
}

/// The list's own number, when it was made, flags, a reserved field, a comment.
fn head(fields: &mut Fields<'_>) -> Option<()> {
    fields.u64()?;
    fields.u64()?;
    fields.u64()?;
    fields.string()?;
    fields.string()?;
    Some(())
}

fn each(section: &mut Fields<'_>, mut take: impl FnMut(&[u8]) -> Option<()>) -> Result<(), RevokedError> {
    while !section.is_empty() {
        let item = section.string().ok_or(DAMAGED)?;
        take(item).ok_or(RevokedError::Damaged("a fingerprint has the wrong length"))?;
    }
    Ok(())
}

/// One that is critical must be understood, and none is.
fn extension(section: &mut Fields<'_>) -> Result<(), RevokedError> {
    section.string().ok_or(DAMAGED)?;
    match section.u8().ok_or(DAMAGED)? {
        0 => Ok(()),
        _ => Err(RevokedError::Damaged("it has a critical extension that is not known")),
    }
}

fn certificates(revoked: &mut Revoked, section: &mut Fields<'_>) -> Result<(), RevokedError> {
    let (authority, _reserved) = (section.string().ok_or(DAMAGED)?, section.string().ok_or(DAMAGED)?);
    // Nothing is for whoever signed. A key of a type that is not known signs nothing that could be accepted.
    let of = revoked.of((!authority.is_empty()).then(|| sha256(authority)));
    while !section.is_empty() {
        let kind = section.u8().ok_or(DAMAGED)?;
        let mut data = Fields(section.string().ok_or(DAMAGED)?);
        match kind {
            SERIAL_LIST => {
                while !data.is_empty() {
                    of.serials.insert(data.u64().ok_or(DAMAGED)?);
                }
            }
            SERIAL_RANGE => {
                let (first, last) = (data.u64().ok_or(DAMAGED)?, data.u64().ok_or(DAMAGED)?);
                if first > last || !data.is_empty() {
                    return Err(RevokedError::Damaged("a range of serial numbers ends before it begins"));
                }
                of.ranges.push(first..=last);
            }
            SERIAL_BITMAP => bitmap(of, &mut data)?,
            KEY_ID => {
                while !data.is_empty() {
                    of.ids.insert(data.string().ok_or(DAMAGED)?.to_vec());
                }
            }
            CERTIFICATE_EXTENSION => extension(&mut data)?,
            other => return Err(RevokedError::Section(other)),
        }
    }
    Ok(())
}

/// Kept as it stands: a bit may be all there is to say of a number, and each would take more room elsewhere.
fn bitmap(of: &mut Certificates, data: &mut Fields<'_>) -> Result<(), RevokedError> {
    let first = data.u64().ok_or(DAMAGED)?;
    let bits = data.string().ok_or(DAMAGED)?;
    if !data.is_empty() {
        return Err(DAMAGED);
    }
    of.bitmaps.push((first, bits.to_vec()));
    Ok(())
}
