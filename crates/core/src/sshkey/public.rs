//! One public key.

use std::fmt;
use std::hash::{Hash, Hasher};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ParsedPublicKey,
};
use data_encoding::{BASE64, BASE64_NOPAD};

use super::error::KeyError;
use super::fields::{Fields, put_mpint, put_string};
use super::{RSA_BITS, text};
use crate::escape;

/// The types of key that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// RFC 8709.
    Ed25519,
    /// The curves of RFC 5656.
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    /// RFC 4253; signatures are those of RFC 8332.
    Rsa,
    /// Keys in a FIDO authenticator (OpenSSH PROTOCOL.u2f).
    SkEd25519,
    SkEcdsaP256,
}

impl Algorithm {
    pub const ALL: [Self; 7] = [
        Self::Ed25519,
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::EcdsaP521,
        Self::Rsa,
        Self::SkEd25519,
        Self::SkEcdsaP256,
    ];

    /// The name of the key type, which stands first in the key. For RSA no signature algorithm has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256",
            Self::EcdsaP384 => "ecdsa-sha2-nistp384",
            Self::EcdsaP521 => "ecdsa-sha2-nistp521",
            Self::Rsa => "ssh-rsa",
            Self::SkEd25519 => "sk-ssh-ed25519@openssh.com",
            Self::SkEcdsaP256 => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    /// The name of the type with a certificate (OpenSSH PROTOCOL.certkeys).
    pub fn certificate_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519-cert-v01@openssh.com",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256-cert-v01@openssh.com",
            Self::EcdsaP384 => "ecdsa-sha2-nistp384-cert-v01@openssh.com",
            Self::EcdsaP521 => "ecdsa-sha2-nistp521-cert-v01@openssh.com",
            Self::Rsa => "ssh-rsa-cert-v01@openssh.com",
            Self::SkEd25519 => "sk-ssh-ed25519-cert-v01@openssh.com",
            Self::SkEcdsaP256 => "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        }
    }

    /// The type whose certificates have that name.
    pub fn from_certificate_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.certificate_name().as_bytes() == name)
    }

    /// The type of that name, compared exactly.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().as_bytes() == name)
    }

    /// Whether such keys are in a FIDO authenticator.
    pub fn is_sk(self) -> bool {
        matches!(self, Self::SkEd25519 | Self::SkEcdsaP256)
    }

    /// For ECDSA, the name of the curve (RFC 5656 section 10.1).
    pub fn curve(self) -> Option<&'static str> {
        match self {
            Self::EcdsaP256 | Self::SkEcdsaP256 => Some("nistp256"),
            Self::EcdsaP384 => Some("nistp384"),
            Self::EcdsaP521 => Some("nistp521"),
            Self::Ed25519 | Self::SkEd25519 | Self::Rsa => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One public key. Two are equal when their keys are, whatever their comments say.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    blob: Vec<u8>,
    comment: Vec<u8>,
}

/// The numbers inside a key, as a cryptographic library takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material<'a> {
    /// 32 bytes (RFC 8032).
    Ed25519(&'a [u8]),
    /// An uncompressed point of the algorithm's curve.
    Ecdsa(&'a [u8]),
    /// Exponent and modulus, big-endian without leading zeros.
    Rsa {
        e: &'a [u8],
        n: &'a [u8],
    },
    /// A point as above, and the application that the authenticator made the key for.
    SkEd25519 {
        point: &'a [u8],
        application: &'a [u8],
    },
    SkEcdsa {
        point: &'a [u8],
        application: &'a [u8],
    },
}

/// The longest name of an application, in bytes: real ones begin with `ssh:` and are short.
const MAX_APPLICATION: usize = 255;

impl PublicKey {
    /// Reads the wire form (RFC 4253 section 6.6): type, then the type's fields, then nothing. Every key has
    /// exactly one wire form that is accepted, so equal keys are equal bytes.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        let name = Fields(blob).string().ok_or(KeyError::Damaged)?;
        let algorithm = Algorithm::from_name(name).ok_or_else(|| KeyError::Unsupported(short(name)))?;
        check(algorithm, read(blob).ok_or(KeyError::Damaged)?)?;
        Ok(Self { algorithm, blob: blob.to_vec(), comment: Vec::new() })
    }

    /// Reads one OpenSSH line: `type base64 comment`. A line with options before the key is refused.
    pub fn from_openssh_line(line: &[u8]) -> Result<Self, KeyError> {
        text::openssh_line(line)
    }

    /// Puts the wire form together; the same checks as in [`Self::from_blob`].
    pub(super) fn from_material(algorithm: Algorithm, material: Material<'_>) -> Result<Self, KeyError> {
        let mut blob = Vec::new();
        put_string(&mut blob, algorithm.name().as_bytes());
        match material {
            Material::Ed25519(point) => put_string(&mut blob, point),
            Material::Ecdsa(point) => {
                put_string(&mut blob, algorithm.curve().unwrap_or_default().as_bytes());
                put_string(&mut blob, point);
            }
            Material::Rsa { e, n } => {
                put_mpint(&mut blob, e);
                put_mpint(&mut blob, n);
            }
            Material::SkEd25519 { point, application } => {
                put_string(&mut blob, point);
                put_string(&mut blob, application);
            }
            Material::SkEcdsa { point, application } => {
                put_string(&mut blob, algorithm.curve().unwrap_or_default().as_bytes());
                put_string(&mut blob, point);
                put_string(&mut blob, application);
            }
        }
        Self::from_blob(&blob)
    }

    /// The same key with that comment. Control characters become blanks (a comment is part of a line), as do
    /// the first words of a private key's file; what is beyond 1,024 bytes is cut off.
    #[must_use]
    pub fn with_comment(mut self, comment: &[u8]) -> Self {
        let printable = comment.iter().map(|b| if b.is_ascii_control() { b' ' } else { *b });
        let mut comment: Vec<u8> = printable.skip_while(|b| *b == b' ').take(1024).collect();
        text::blank_private_marks(&mut comment);
        self.comment = comment.trim_ascii().to_vec();
        self
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The wire form.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// What the owner wrote beside the key; any bytes but control characters.
    pub fn comment(&self) -> &[u8] {
        &self.comment
    }

    /// The numbers inside.
    ///
    /// # Errors
    /// None occurs: a key that exists has been read before.
    pub fn material(&self) -> Result<Material<'_>, KeyError> {
        read(&self.blob).ok_or(KeyError::Damaged)
    }

    /// `SHA256:` and the unpadded base64 of the hash of the wire form, as `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_NOPAD.encode(digest(&SHA256, &self.blob).as_ref()))
    }

    /// `type base64 comment`, without a line end.
    pub fn to_openssh(&self) -> Vec<u8> {
        let mut line = format!("{} {}", self.algorithm, BASE64.encode(&self.blob)).into_bytes();
        if !self.comment.is_empty() {
            line.push(b' ');
            line.extend_from_slice(&self.comment);
        }
        line
    }

    /// The form of RFC 4716, with a line end. Of a comment it has room for 1,022 bytes.
    pub fn to_rfc4716(&self) -> Vec<u8> {
        text::rfc4716(self)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.blob.hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.algorithm, self.fingerprint(), escape::text(&self.comment))
    }
}

/// A name out of a key, fit for a message.
pub(super) fn short(name: &[u8]) -> String {
    escape::text(name.get(..64).unwrap_or(name))
}

/// The fields of a wire form, without a look at what they say.
fn read(blob: &[u8]) -> Option<Material<'_>> {
    let mut fields = Fields(blob);
    let algorithm = Algorithm::from_name(fields.string()?)?;
    let material = read_material(algorithm, &mut fields)?;
    fields.finish()?;
    Some(material)
}

/// What follows the name of the type, in a key and in a certificate.
pub(super) fn read_material<'a>(algorithm: Algorithm, fields: &mut Fields<'a>) -> Option<Material<'a>> {
    Some(match algorithm {
        Algorithm::Ed25519 => Material::Ed25519(fields.string()?),
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 | Algorithm::EcdsaP521 => {
            Material::Ecdsa(read_point(algorithm, fields)?)
        }
        Algorithm::Rsa => {
            let e = fields.positive()?;
            Material::Rsa { e, n: fields.positive()? }
        }
        Algorithm::SkEd25519 => {
            let point = fields.string()?;
            Material::SkEd25519 { point, application: fields.string()? }
        }
        Algorithm::SkEcdsaP256 => {
            let point = read_point(algorithm, fields)?;
            Material::SkEcdsa { point, application: fields.string()? }
        }
    })
}

fn read_point<'a>(algorithm: Algorithm, fields: &mut Fields<'a>) -> Option<&'a [u8]> {
    let curve = fields.string()?;
    if algorithm.curve()?.as_bytes() == curve { fields.string() } else { None }
}

fn check(algorithm: Algorithm, material: Material<'_>) -> Result<(), KeyError> {
    match material {
        Material::Ed25519(point) => check_ed25519(point),
        Material::Ecdsa(point) => check_point(algorithm, point),
        Material::Rsa { e, n } => check_rsa(e, n),
        Material::SkEd25519 { point, application } => {
            check_application(application)?;
            check_ed25519(point)
        }
        Material::SkEcdsa { point, application } => {
            check_application(application)?;
            check_point(algorithm, point)
        }
    }
}

fn check_ed25519(point: &[u8]) -> Result<(), KeyError> {
    let point = point.try_into().map_err(|_| KeyError::Damaged)?;
    if is_of_small_order(point) { Err(KeyError::SmallOrder) } else { Ok(()) }
}

fn check_application(application: &[u8]) -> Result<(), KeyError> {
    if (1..=MAX_APPLICATION).contains(&application.len()) { Ok(()) } else { Err(KeyError::Damaged) }
}

/// The y coordinates, little-endian and without the sign of x, of the Ed25519 points whose order divides 8.
/// With either sign they are the 14 encodings that Chalkias, Garillot and Nikolaenko list in "Taming the many
/// EdDSAs" (IACR ePrint 2020/1244, section 5): 8 of RFC 8032's form and 6 with y not below the field's prime.
pub(super) const SMALL_ORDER_Y: [[u8; 32]; 7] = [
    // 0: order 4.
    [0; 32],
    // 1: the neutral element.
    framed(1, 0, 0),
    // The four points of order 8.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    // p - 1: order 2; then p and p + 1, which stand for 0 and 1.
    framed(0xec, 0xff, 0x7f),
    framed(0xed, 0xff, 0x7f),
    framed(0xee, 0xff, 0x7f),
];

const fn framed(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// For such a point signatures that everybody can make are valid: with all zeros as the key and as the
/// signature, for one message in four.
fn is_of_small_order(point: &[u8; 32]) -> bool {
    let mut y = *point;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER_Y.contains(&y)
}

/// RFC 5656 section 3.1: the point must be on the curve. Compressed points are optional there and not read,
/// so that a key has one form.
fn check_point(algorithm: Algorithm, point: &[u8]) -> Result<(), KeyError> {
    let (curve, length) = match algorithm {
        Algorithm::EcdsaP256 | Algorithm::SkEcdsaP256 => (&ECDSA_P256_SHA256_FIXED, 65),
        Algorithm::EcdsaP384 => (&ECDSA_P384_SHA384_FIXED, 97),
        Algorithm::EcdsaP521 => (&ECDSA_P521_SHA512_FIXED, 133),
        Algorithm::Ed25519 | Algorithm::SkEd25519 | Algorithm::Rsa => return Err(KeyError::Damaged),
    };
    if point.len() != length || point.first() != Some(&0x04) {
        return Err(KeyError::Damaged);
    }
    ParsedPublicKey::new(curve, point).map(|_| ()).map_err(|_| KeyError::Damaged)
}

fn check_rsa(e: &[u8], n: &[u8]) -> Result<(), KeyError> {
    let bits = bits(n);
    if bits < *RSA_BITS.start() {
        return Err(KeyError::RsaTooSmall(bits));
    }
    if bits > *RSA_BITS.end() {
        return Err(KeyError::RsaTooLarge(bits));
    }
    let odd = |number: &[u8]| number.last().is_some_and(|b| b & 1 == 1);
    // A longer exponent only buys the peer our time: verifying takes as many steps as it has bits.
    if odd(n) && odd(e) && e != [1] && self::bits(e) <= 33 { Ok(()) } else { Err(KeyError::RsaNumbers) }
}

/// How long a number without leading zeros is.
fn bits(number: &[u8]) -> usize {
    let spare = number.first().map_or(0, |b| b.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(spare).unwrap_or(0))
}
