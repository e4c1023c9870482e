//! For names that nobody has, a stand-in: the same work as for a real account, so that neither time nor memory
//! tells the two apart.
//!
//! Which work a name gets is drawn by a keyed hash of it from what is in use among the accounts, as often as it is
//! in use: the same name always costs the same, as an account's does, and without the key nobody can tell a drawn
//! scheme from a real one.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use causeway_core::{Random, Secret};

use crate::password::{PasswordHash, Scheme};

/// The key of an installation: the same over restarts, or else a name's cost would change with them.
#[derive(Clone)]
pub(crate) struct NameKey(hmac::Key);

impl NameKey {
    pub(crate) fn new(key: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// A number that only the key tells from chance.
    fn draw(&self, purpose: &[u8], name: &str) -> u64 {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose);
        context.update(name.as_bytes());
        let tag = context.sign();
        tag.as_ref().first_chunk().map_or(0, |b| u64::from_be_bytes(*b))
    }
}

impl std::fmt::Debug for NameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameKey(***)")
    }
}

/// The work that names without an account are given.
#[derive(Debug)]
pub(crate) struct StandIns {
    key: NameKey,
    /// By the place where its share ends: a hash of nobody.
    passwords: Vec<(u64, Arc<PasswordHash>)>,
    /// Ids of accounts that have keys.
    with_keys: Vec<Arc<str>>,
}

impl StandIns {
    /// Of the schemes of all passwords, with how often each is in use, and the ids of all accounts that have keys.
    pub(crate) fn new(
        key: NameKey,
        schemes: &BTreeMap<Scheme, u64>,
        with_keys: Vec<Arc<str>>,
        random: &Random,
    ) -> Self {
        let new = BTreeMap::from([(Scheme::NEW, 1)]);
        let schemes = if schemes.is_empty() { &new } else { schemes };
        let mut end = 0u64;
        let passwords = schemes
            .iter()
            .filter_map(|(scheme, count)| {
                let hash = PasswordHash::of_nobody(*scheme, random).ok()?;
                end += count;
                Some((end, Arc::new(hash)))
            })
            .collect();
        Self { key, passwords, with_keys }
    }

    /// What to verify a password against when there is none.
    pub(crate) fn password(&self, name: &str) -> Option<Arc<PasswordHash>> {
        let total = self.passwords.last().map_or(0, |(end, _)| *end);
        let at = self.key.draw(b"password:", name).checked_rem(total)?;
        self.passwords.iter().find(|(end, _)| at < *end).map(|(_, hash)| hash.clone())
    }

    /// Whose keys to look through when there are none.
    pub(crate) fn with_keys(&self, name: &str) -> Option<&Arc<str>> {
        let at = self.key.draw(b"keys:", name).checked_rem(u64::try_from(self.with_keys.len()).ok()?)?;
        self.with_keys.get(usize::try_from(at).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: Scheme = Scheme::Sha512Crypt { rounds: 80_000, salt_length: 16 };

    fn stand_ins(key: &str, schemes: &[(Scheme, u64)]) -> StandIns {
        let schemes = schemes.iter().copied().collect();
        StandIns::new(NameKey::new(&Secret::new(key)), &schemes, Vec::new(), &Random::predictable(1))
    }

    fn scheme(s: &StandIns, name: &str) -> Scheme {
        s.password(name).unwrap().scheme()
    }

    #[test]
    fn names_are_shared_out_as_the_schemes_in_use_are() {
        let s = stand_ins("key", &[(Scheme::NEW, 30), (SHA, 10)]);
        let new = (0..4000).filter(|i| scheme(&s, &format!("user{i}")) == Scheme::NEW).count();
        assert!((2800..=3200).contains(&new), "{new} of 4000");
    }

    #[test]
    fn a_name_keeps_its_scheme_and_only_the_key_says_which() {
        let used = [(Scheme::NEW, 1), (SHA, 1)];
        let (a, again, b) = (stand_ins("a", &used), stand_ins("a", &used), stand_ins("b", &used));
        let names: Vec<String> = (0..64).map(|i| format!("user{i}")).collect();
        assert!(names.iter().all(|n| scheme(&a, n) == scheme(&again, n)));
        assert!(names.iter().any(|n| scheme(&a, n) != scheme(&b, n)));
    }

    #[test]
    fn without_any_password_in_use_the_scheme_of_new_ones_stands_in() {
        assert_eq!(scheme(&stand_ins("key", &[]), "x"), Scheme::NEW);
    }
}
