//! The algorithms of SSH by name: what each list of `ssh_cipher_list` takes of them.

/// What an algorithm is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    KeyExchange,
    Cipher,
    /// A cipher that authenticates by itself, so that no MAC goes with it.
    Aead,
    Mac,
    /// A signature of host keys and of user keys.
    Signature,
    /// One that is taken of users and made by no host key.
    UserSignature,
}

/// In which lists it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In `secure`, and so in `all`.
    Sound,
    /// In `all`, or by its name.
    Legacy,
    /// In none, and a list that names it is refused: why.
    Absent(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) standing: Standing,
    /// Whether the standards that FIPS 140-3 allows have it: FIPS 186-5, 197, 198-1 and SP 800-56A.
    pub(crate) fips: bool,
    /// Whether it is in `strict`: for host keys and sessions.
    pub(crate) strict: bool,
}

const fn sound(kind: Kind, name: &'static str) -> Algorithm {
    Algorithm { name, kind, standing: Standing::Sound, fips: false, strict: false }
}

const fn legacy(kind: Kind, name: &'static str) -> Algorithm {
    Algorithm { name, kind, standing: Standing::Legacy, fips: false, strict: false }
}

const fn absent(kind: Kind, name: &'static str, why: &'static str) -> Algorithm {
    Algorithm { name, kind, standing: Standing::Absent(why), fips: false, strict: false }
}

const fn fips(algorithm: Algorithm) -> Algorithm {
    Algorithm { fips: true, ..algorithm }
}

const fn strict(algorithm: Algorithm) -> Algorithm {
    Algorithm { strict: true, ..algorithm }
}

use Kind::{Aead, Cipher, KeyExchange, Mac, Signature, UserSignature};

/// All of them, each kind in the order of preference.
pub(crate) const ALGORITHMS: &[Algorithm] = &[
    strict(sound(KeyExchange, "mlkem768x25519-sha256")),
    sound(KeyExchange, "curve25519-sha256"),
    sound(KeyExchange, "curve25519-sha256@libssh.org"),
    fips(sound(KeyExchange, "ecdh-sha2-nistp256")),
    fips(sound(KeyExchange, "ecdh-sha2-nistp384")),
    fips(sound(KeyExchange, "ecdh-sha2-nistp521")),
    fips(sound(KeyExchange, "diffie-hellman-group-exchange-sha256")),
    fips(sound(KeyExchange, "diffie-hellman-group18-sha512")),
    fips(sound(KeyExchange, "diffie-hellman-group17-sha512")),
    fips(sound(KeyExchange, "diffie-hellman-group16-sha512")),
    fips(sound(KeyExchange, "diffie-hellman-group15-sha512")),
    fips(sound(KeyExchange, "diffie-hellman-group14-sha256")),
    legacy(KeyExchange, "diffie-hellman-group-exchange-sha1"),
    legacy(KeyExchange, "diffie-hellman-group14-sha1"),
    legacy(KeyExchange, "diffie-hellman-group1-sha1"),
    absent(KeyExchange, "sntrup761x25519-sha512", "mlkem768x25519-sha256 is offered instead"),
    absent(KeyExchange, "sntrup761x25519-sha512@openssh.com", "mlkem768x25519-sha256 is offered instead"),
    strict(fips(sound(Aead, "aes256-gcm@openssh.com"))),
    strict(fips(sound(Aead, "aes128-gcm@openssh.com"))),
    strict(sound(Aead, "chacha20-poly1305@openssh.com")),
    fips(sound(Cipher, "aes256-ctr")),
    fips(sound(Cipher, "aes192-ctr")),
    fips(sound(Cipher, "aes128-ctr")),
    legacy(Cipher, "aes256-cbc"),
    legacy(Cipher, "aes192-cbc"),
    legacy(Cipher, "aes128-cbc"),
    absent(Cipher, "3des-cbc", "its blocks of 64 bits repeat within one long transfer (Sweet32)"),
    absent(Cipher, "blowfish-cbc", "its blocks of 64 bits repeat within one long transfer (Sweet32)"),
    absent(Cipher, "cast128-cbc", "its blocks of 64 bits repeat within one long transfer (Sweet32)"),
    absent(Cipher, "arcfour", "it is broken (RFC 8758)"),
    absent(Cipher, "arcfour128", "it is broken (RFC 8758)"),
    absent(Cipher, "arcfour256", "it is broken (RFC 8758)"),
    absent(Cipher, "none", "nothing is sent in the clear"),
    fips(sound(Mac, "hmac-sha2-256-etm@openssh.com")),
    fips(sound(Mac, "hmac-sha2-512-etm@openssh.com")),
    fips(sound(Mac, "hmac-sha2-256")),
    fips(sound(Mac, "hmac-sha2-512")),
    legacy(Mac, "hmac-sha1-etm@openssh.com"),
    legacy(Mac, "hmac-sha1"),
    absent(Mac, "hmac-md5", "MD5 is broken, and no client needs it"),
    absent(Mac, "hmac-md5-96", "MD5 is broken, and no client needs it"),
    absent(Mac, "hmac-sha1-96", "its tag is too short, and no client needs it"),
    absent(Mac, "umac-64@openssh.com", "the cryptographic library has no UMAC"),
    absent(Mac, "umac-128@openssh.com", "the cryptographic library has no UMAC"),
    absent(Mac, "umac-64-etm@openssh.com", "the cryptographic library has no UMAC"),
    absent(Mac, "umac-128-etm@openssh.com", "the cryptographic library has no UMAC"),
    strict(fips(sound(Signature, "ssh-ed25519"))),
    fips(sound(UserSignature, "sk-ssh-ed25519@openssh.com")),
    fips(sound(Signature, "ecdsa-sha2-nistp256")),
    fips(sound(Signature, "ecdsa-sha2-nistp384")),
    fips(sound(Signature, "ecdsa-sha2-nistp521")),
    fips(sound(UserSignature, "sk-ecdsa-sha2-nistp256@openssh.com")),
    fips(sound(Signature, "rsa-sha2-512")),
    fips(sound(Signature, "rsa-sha2-256")),
    legacy(UserSignature, "ssh-rsa"),
    absent(Signature, "ssh-dss", "its keys of 1,024 bits and SHA-1 can be broken"),
];

/// The algorithm of exactly that name.
pub(crate) fn named(name: &str) -> Option<&'static Algorithm> {
    ALGORITHMS.iter().find(|a| a.name == name)
}
