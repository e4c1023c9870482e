//! For names that nobody has, a stand-in: the same work as for a real account, so that neither time nor memory
//! tells the two apart.
//!
//! Which work a name gets is drawn by a keyed hash of it from what is in use among the accounts, as often as it is
//! in use: the same name always costs the same, as an account's does, and without the key nobody can tell a drawn
//! scheme from a real one. When an account comes or goes, almost all names keep what they have drawn: or else who keeps
//! it would be somebody.

use std::collections::{BTreeMap, HashMap};
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
    /// By the place where its share ends: a hash of nobody. The order is that of the schemes, so that a change of their
    /// numbers moves only the names near the ends.
    passwords: Vec<(u64, Arc<PasswordHash>)>,
    /// Ids of accounts that have keys, each at a place of its own: a name takes the next one.
    with_keys: Vec<(u64, Arc<str>)>,
    /// By the place where their share ends: digits of one-time codes.
    digits: Vec<(u64, u8)>,
}

/// What is in use among the accounts.
#[derive(Debug)]
pub(crate) struct InUse<'a> {
    /// The schemes of all passwords, with how often each is in use.
    pub(crate) schemes: &'a BTreeMap<Scheme, u64>,
    /// How many digits one-time codes have, with how often each number is in use.
    pub(crate) digits: BTreeMap<u8, u64>,
    /// The ids of all accounts that have keys.
    pub(crate) with_keys: Vec<Arc<str>>,
}

impl StandIns {
    /// What is known from before is not computed again.
    pub(crate) fn new(before: Option<&StandIns>, key: NameKey, used: InUse<'_>, random: &Random) -> Self {
        let new = BTreeMap::from([(Scheme::NEW, 1)]);
        let schemes = if used.schemes.is_empty() { &new } else { used.schemes };
        let mut end = 0u64;
        let passwords = schemes
            .iter()
            .filter_map(|(scheme, count)| {
                let hash = PasswordHash::of_nobody(*scheme, random).ok()?;
                end += count;
                Some((end, Arc::new(hash)))
            })
            .collect();
        let known: HashMap<&str, u64> =
            before.iter().flat_map(|before| &before.with_keys).map(|(at, id)| (&**id, *at)).collect();
        let place = |id: &str| known.get(id).copied().unwrap_or_else(|| key.draw(b"account:", id));
        let mut with_keys: Vec<_> = used.with_keys.into_iter().map(|id| (place(&id), id)).collect();
        with_keys.sort_unstable();
        let mut end = 0u64;
        let ends = |(digits, count)| {
            end += count;
            (end, digits)
        };
        let digits = used.digits.into_iter().map(ends).collect();
        Self { key, passwords, with_keys, digits }
    }

    /// What to verify a password against when there is none.
    pub(crate) fn password(&self, name: &str) -> Option<Arc<PasswordHash>> {
        let total = self.passwords.last().map_or(0, |(end, _)| *end);
        let at = share(self.key.draw(b"password:", name), total)?;
        self.passwords.iter().find(|(end, _)| at < *end).map(|(_, hash)| hash.clone())
    }

    /// How many digits the code has that may stand behind a password of who has no codes; none where nobody has any.
    pub(crate) fn digits(&self, name: &str) -> Option<u8> {
        let total = self.digits.last().map_or(0, |(end, _)| *end);
        let at = share(self.key.draw(b"digits:", name), total)?;
        self.digits.iter().find(|(end, _)| at < *end).map(|(_, digits)| *digits)
    }

    /// Whose keys to look through when there are none.
    pub(crate) fn with_keys(&self, name: &str) -> Option<&Arc<str>> {
        let drawn = self.key.draw(b"keys:", name);
        let next = self.with_keys.partition_point(|(at, _)| *at < drawn);
        self.with_keys.get(next).or(self.with_keys.first()).map(|(_, id)| id)
    }
}

/// What is drawn from all numbers, as one from 0 to below the total: the order stays.
fn share(drawn: u64, total: u64) -> Option<u64> {
    u64::try_from((u128::from(drawn) * u128::from(total)) >> 64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: Scheme = Scheme::Sha512Crypt { rounds: 80_000, salt_length: 16 };

    fn stand_ins(key: &str, schemes: &[(Scheme, u64)]) -> StandIns {
        let schemes = schemes.iter().copied().collect();
        let used = InUse { schemes: &schemes, digits: BTreeMap::new(), with_keys: Vec::new() };
        StandIns::new(None, NameKey::new(&Secret::new(key)), used, &Random::predictable(1))
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

    fn with_keys(before: Option<&StandIns>, accounts: impl Iterator<Item = usize>) -> StandIns {
        let with_keys = accounts.map(|n| Arc::from(format!("id{n}"))).collect();
        let used = InUse { schemes: &BTreeMap::new(), digits: BTreeMap::new(), with_keys };
        StandIns::new(before, NameKey::new(&Secret::new("key")), used, &Random::predictable(1))
    }

    /// Of 1,000 names those that are given other work.
    fn moved<T: PartialEq>(before: impl Fn(&str) -> T, after: impl Fn(&str) -> T) -> usize {
        (0..1000).map(|i| format!("user{i}")).filter(|name| before(name) != after(name)).count()
    }

    #[test]
    fn one_account_more_gives_few_names_other_work() {
        let fewer = stand_ins("key", &[(Scheme::NEW, 60), (SHA, 30), (Scheme::Plain, 10)]);
        for more in [Scheme::NEW, SHA, Scheme::Plain, Scheme::Pbkdf2Sha256 { rounds: 1000 }] {
            let mut used = BTreeMap::from([(Scheme::NEW, 60), (SHA, 30), (Scheme::Plain, 10)]);
            *used.entry(more).or_default() += 1;
            let used: Vec<_> = used.into_iter().collect();
            let after = stand_ins("key", &used);
            let moved = moved(|name| scheme(&fewer, name), |name| scheme(&after, name));
            assert!(moved < 50, "{moved} of 1000 with another {more:?}");
        }
        let fewer = with_keys(None, 0..100);
        for another in [100, 101, 102] {
            let after = with_keys(Some(&fewer), (0..100).chain([another]));
            assert_eq!(after.with_keys, with_keys(None, (0..100).chain([another])).with_keys);
            let moved = moved(|name| fewer.with_keys(name).cloned(), |name| after.with_keys(name).cloned());
            assert!(moved < 50, "{moved} of 1000");
        }
    }

    #[test]
    fn keys_of_all_accounts_stand_in_and_of_none_where_there_are_none() {
        let s = with_keys(None, 0..5);
        let all: std::collections::BTreeSet<_> =
            (0..1000).map(|i| s.with_keys(&format!("user{i}"))).collect();
        assert_eq!(all.len(), 5);
        assert_eq!(with_keys(None, 0..0).with_keys("x"), None);
    }

    #[test]
    fn without_any_password_in_use_the_scheme_of_new_ones_stands_in() {
        assert_eq!(scheme(&stand_ins("key", &[]), "x"), Scheme::NEW);
    }
}
