//! What can be wrong with a key. Texts are for the administrator who supplied it; names out of it are escaped
//! and short.

use thiserror::Error;

/// Why bytes are not a public key that may be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("the text is longer than {} bytes", super::MAX_TEXT)]
    TooLong,
    /// The line or file has the form of no public key.
    #[error("this is not a public key in the OpenSSH or RFC 4716 format")]
    NotAKey,
    /// A private key stands where a public one belongs.
    #[error("this is a private key; only public keys belong here, and this one should be replaced")]
    PrivateKeyFound,
    /// Another kind of PEM block, such as a certificate.
    #[error("this is a PEM block of type '{0}'; a public key in the OpenSSH or RFC 4716 format belongs here")]
    OtherPem(String),
    /// An `authorized_keys` line restricts its key. Reading the key alone would lift the restriction.
    #[error(
        "the key has the option '{0}', which cannot be enforced here; set what it restricts in the account \
         (source_ip_filter for 'from') and take it off the line"
    )]
    Options(String),
    /// The options before the key have no end, no names, or control characters.
    #[error("the options before the key cannot be read: is a quotation mark or a name missing?")]
    BadOptions,
    #[error("keys of type '{0}' are not supported")]
    Unsupported(String),
    #[error("the key is not valid base64; was a part of the line lost?")]
    Base64,
    /// The name before the key and the one inside differ.
    #[error("the line says '{said}' but holds a key of type '{held}'")]
    Mismatch { said: &'static str, held: &'static str },
    /// The key's fields are cut short, too long, not in their shortest form, or not a point of the curve.
    #[error("the key is damaged")]
    Damaged,
    /// An Ed25519 point of small order: anybody can sign for it.
    #[error("this Ed25519 key protects nothing (a point of small order); no real key has it")]
    SmallOrder,
    #[error("RSA keys of {0} bits are too weak; {min} bits are the least", min = super::RSA_BITS.start())]
    RsaTooSmall(usize),
    #[error("RSA keys of {0} bits are not supported; {max} bits are the most", max = super::RSA_BITS.end())]
    RsaTooLarge(usize),
    /// The public exponent is even, 1, or longer than 33 bits; or the modulus is even.
    #[error("the numbers of this RSA key cannot be those of a real key")]
    RsaNumbers,
    /// A header of RFC 4716 is too long or has no colon, or the END line is missing.
    #[error("the RFC 4716 file is damaged: {0}")]
    Rfc4716(&'static str),
}

impl KeyError {
    /// Whether nothing is wrong with the key but that it is not supported here.
    pub(super) fn is_support(&self) -> bool {
        matches!(self, Self::Unsupported(_) | Self::RsaTooSmall(_) | Self::RsaTooLarge(_))
    }
}

/// A [`KeyError`] and the line, counted from 1, where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {error}")]
pub struct LineError {
    pub line: usize,
    pub error: KeyError,
}

/// Why bytes are not a private key that may be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrivateKeyError {
    #[error("the text is longer than {} bytes", super::MAX_TEXT)]
    TooLong,
    #[error("this is not a private key in the OpenSSH, PKCS#8, PKCS#1 or SEC 1 format")]
    NotAKey,
    #[error("this is a PuTTY private key; convert it with 'puttygen KEY -O private-openssh -o OUTPUT'")]
    Putty,
    #[error("the key is encrypted and no passphrase was given")]
    Encrypted,
    /// Encrypted PEM other than OpenSSH's own format: its key derivations are weak or many.
    #[error("encrypted PEM keys are not supported; rewrite the key with 'ssh-keygen -p -f KEY'")]
    EncryptedPem,
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// An unknown cipher or key derivation, or more bcrypt rounds than are worth waiting for.
    #[error("the key is encrypted in a way that is not supported")]
    UnsupportedEncryption,
    #[error("private keys of type '{0}' are not supported")]
    Unsupported(String),
    /// Not base64, cut short, or its parts do not belong together.
    #[error("the key is damaged")]
    Damaged,
    /// The public half is one that must not be used.
    #[error(transparent)]
    Public(#[from] KeyError),
}
