//! The option `ssh_cipher_list`.

use std::fmt;
use std::str::FromStr;

use super::algorithms::{ALGORITHMS, Algorithm, Kind, Standing, named};
use super::{BadValue, list, text_value};

/// Which algorithms a service offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CipherList {
    /// Everything that is sound.
    #[default]
    Secure,
    /// That, and what is legacy.
    All,
    /// What the standards of FIPS 140-3 allow.
    Fips,
    /// Post-quantum key exchange or nothing, AEADs, ed25519.
    Strict,
    /// Those listed, in the order of the list.
    Listed(Box<Ciphers>),
}

/// Algorithms by their names on the wire, each kind in the order of preference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ciphers {
    /// At least one.
    pub key_exchanges: Vec<&'static str>,
    /// At least one.
    pub ciphers: Vec<&'static str>,
    /// At least one, if there is a cipher that needs one.
    pub macs: Vec<&'static str>,
    /// What host keys sign with.
    pub host_keys: Vec<&'static str>,
    /// What users may sign with.
    pub user_keys: Vec<&'static str>,
}

impl CipherList {
    /// The algorithms that it comes to.
    pub fn algorithms(&self) -> Ciphers {
        match self {
            Self::Secure => Ciphers::of(|a| a.standing == Standing::Sound),
            Self::All => Ciphers::of(|a| !matches!(a.standing, Standing::Absent(_))),
            Self::Fips => Ciphers::of(|a| a.fips),
            // Who a user is, nobody can forge later: all that is sound may sign.
            Self::Strict => Ciphers { user_keys: sound_signatures(), ..Ciphers::of(|a| a.strict) },
            Self::Listed(listed) => (**listed).clone(),
        }
    }
}

impl Ciphers {
    fn of(has: impl Fn(&Algorithm) -> bool) -> Self {
        let mut out = Self::default();
        ALGORITHMS.iter().filter(|a| has(a)).for_each(|a| out.add(a));
        out
    }

    fn add(&mut self, algorithm: &Algorithm) {
        let name = algorithm.name;
        let lists = match algorithm.kind {
            Kind::KeyExchange => [Some(&mut self.key_exchanges), None],
            Kind::Cipher | Kind::Aead => [Some(&mut self.ciphers), None],
            Kind::Mac => [Some(&mut self.macs), None],
            Kind::Signature => [Some(&mut self.host_keys), Some(&mut self.user_keys)],
            Kind::UserSignature => [Some(&mut self.user_keys), None],
        };
        for list in lists.into_iter().flatten().filter(|l| !l.contains(&name)) {
            list.push(name);
        }
    }

    /// A list that somebody wrote, if a session can come of it.
    fn listed(names: &[String]) -> Result<Self, BadValue> {
        let mut out = Self::default();
        let mut needs_mac = false;
        let mut names_signatures = false;
        for name in names {
            let Some(algorithm) = named(name) else {
                return Err(BadValue::new(format!(
                    "'{name}' is no algorithm that is known; use 'secure', 'strict', 'fips', 'all' or names out of: {}",
                    offered()
                )));
            };
            if let Standing::Absent(why) = algorithm.standing {
                return Err(BadValue::new(format!(
                    "'{name}' is not offered: {why}; leave it out of the list"
                )));
            }
            needs_mac |= algorithm.kind == Kind::Cipher;
            names_signatures |= matches!(algorithm.kind, Kind::Signature | Kind::UserSignature);
            out.add(algorithm);
        }
        if out.key_exchanges.is_empty() || out.ciphers.is_empty() {
            return Err(BadValue::new("the list needs a key exchange and a cipher at least"));
        }
        if needs_mac && out.macs.is_empty() {
            return Err(BadValue::new(
                "the list has a cipher that needs a MAC beside it, and no MAC: add hmac-sha2-256-etm@openssh.com",
            ));
        }
        if !names_signatures {
            let sound = Ciphers::of(|a| a.standing == Standing::Sound);
            (out.host_keys, out.user_keys) = (sound.host_keys, sound.user_keys);
        }
        Ok(out)
    }
}

fn sound_signatures() -> Vec<&'static str> {
    Ciphers::of(|a| a.standing == Standing::Sound).user_keys
}

/// The names that a list may have.
fn offered() -> String {
    let offered = ALGORITHMS.iter().filter(|a| !matches!(a.standing, Standing::Absent(_)));
    offered.map(|a| a.name).collect::<Vec<_>>().join(", ")
}

impl FromStr for CipherList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let names = list::members(text)?;
        let has = |keyword: &str| names.iter().any(|n| n.eq_ignore_ascii_case(keyword));
        if has("strict") {
            // It is there to forbid everything else: what else is meant cannot be guessed.
            return if names.len() == 1 {
                Ok(Self::Strict)
            } else {
                Err(BadValue::new("'strict' stands alone: leave out the rest of the list, or 'strict'"))
            };
        }
        if has("all") {
            Ok(Self::All)
        } else if names.is_empty() || has("secure") {
            Ok(Self::Secure)
        } else if has("fips") {
            Ok(Self::Fips)
        } else {
            Ciphers::listed(&names).map(|listed| Self::Listed(Box::new(listed)))
        }
    }
}

impl fmt::Display for CipherList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secure => f.write_str("secure"),
            Self::All => f.write_str("all"),
            Self::Fips => f.write_str("fips"),
            Self::Strict => f.write_str("strict"),
            Self::Listed(l) => {
                let mut names = Vec::new();
                for list in [&l.key_exchanges, &l.ciphers, &l.macs, &l.host_keys, &l.user_keys] {
                    for name in list {
                        if !names.contains(name) {
                            names.push(name);
                        }
                    }
                }
                f.write_str(&names.join(", "))
            }
        }
    }
}

text_value!(CipherList, "'secure', 'strict', 'fips', 'all' or SSH algorithm names");

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Ciphers {
        text.parse::<CipherList>().unwrap().algorithms()
    }

    fn refused(text: &str) -> String {
        text.parse::<CipherList>().unwrap_err().0
    }

    #[test]
    fn the_stronger_keyword_decides() {
        for (text, list) in [
            ("", CipherList::Secure),
            ("secure", CipherList::Secure),
            ("aes256-ctr, secure", CipherList::Secure),
            ("fips, secure", CipherList::Secure),
            ("3des-cbc, Secure", CipherList::Secure),
            ("secure, all, fips", CipherList::All),
            ("FIPS, curve25519-sha256", CipherList::Fips),
            ("strict", CipherList::Strict),
        ] {
            assert_eq!(text.parse(), Ok(list), "{text}");
        }
        for text in ["strict, all", "secure, strict", "strict, ssh-ed25519"] {
            assert!(refused(text).contains("stands alone"));
        }
    }

    #[test]
    fn strict_is_post_quantum_or_nothing() {
        let strict = read("strict");
        assert_eq!(strict.key_exchanges, ["mlkem768x25519-sha256"]);
        assert_eq!(
            strict.ciphers,
            ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"]
        );
        assert!(strict.macs.is_empty());
        assert_eq!(strict.host_keys, ["ssh-ed25519"]);
        assert_eq!(strict.user_keys, read("secure").user_keys);
    }

    #[test]
    fn nothing_of_sha_1_or_cbc_is_in_a_list_that_does_not_ask_for_it() {
        let is_legacy = |n: &&str| {
            n.ends_with("sha1") || n.ends_with("cbc") || n.contains("hmac-sha1") || *n == "ssh-rsa"
        };
        let names = |c: Ciphers| [c.key_exchanges, c.ciphers, c.macs, c.host_keys, c.user_keys].concat();
        for text in ["secure", "strict", "fips", "aes256-ctr, hmac-sha2-256, curve25519-sha256"] {
            assert!(!names(read(text)).iter().any(is_legacy), "{text}");
        }
        assert_eq!(names(read("all")).iter().filter(|n| is_legacy(n)).count(), 9);
        assert!(!read("all").host_keys.contains(&"ssh-rsa"));
    }

    #[test]
    fn a_list_is_taken_in_its_order_and_limits_keys_only_if_it_names_some() {
        let list =
            read("aes128-ctr, aes256-gcm@openssh.com, hmac-sha2-512, ecdh-sha2-nistp384, curve25519-sha256");
        assert_eq!(list.ciphers, ["aes128-ctr", "aes256-gcm@openssh.com"]);
        assert_eq!(list.key_exchanges, ["ecdh-sha2-nistp384", "curve25519-sha256"]);
        assert_eq!(list.macs, ["hmac-sha2-512"]);
        assert_eq!(list.user_keys, read("secure").user_keys);
        let limited =
            read("aes128-ctr, hmac-sha2-256, curve25519-sha256, rsa-sha2-256, ssh-rsa, rsa-sha2-256");
        assert_eq!(limited.host_keys, ["rsa-sha2-256"]);
        assert_eq!(limited.user_keys, ["rsa-sha2-256", "ssh-rsa"]);
        let text = "curve25519-sha256, aes128-ctr, hmac-sha2-256, rsa-sha2-256, ssh-rsa";
        assert_eq!(text.parse::<CipherList>().unwrap().to_string(), text);
    }

    #[test]
    fn a_list_of_which_no_session_can_come_is_refused_with_the_reason() {
        assert!(refused("curve25519-sha256").contains("a cipher at least"));
        assert!(refused("aes256-ctr, hmac-sha2-256").contains("a key exchange"));
        assert!(refused("aes256-ctr, curve25519-sha256").contains("no MAC"));
        assert!(refused("aes257-ctr, curve25519-sha256").contains("'aes257-ctr' is no algorithm"));
        for name in ["3des-cbc", "blowfish-cbc", "cast128-cbc", "hmac-md5", "ssh-dss"] {
            let text = format!("aes256-ctr, hmac-sha2-256, curve25519-sha256, {name}");
            assert!(refused(&text).contains(&format!("'{name}' is not offered: ")), "{name}");
        }
        assert!(!refused("nothing").contains("3des"));
    }
}
