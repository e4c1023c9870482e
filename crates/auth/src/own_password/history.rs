//! Passwords that an account had, as their hashes: one a line, the latest first.

use causeway_core::Secret;
use causeway_store::{Store, StoreError};

/// Where the state has the hashes, by the ids of accounts.
const NAMESPACE: &str = "password-history";
/// So many count at the most: each costs the work of a login at every change.
const MOST: usize = 50;

/// Those that must not return while so many passwords must differ, the one of now aside.
pub(crate) async fn read(store: &Store, id: &str, differ: u32) -> Result<Vec<Secret>, StoreError> {
    let entry = store.get(NAMESPACE, id).await?;
    let lines = entry.map(|entry| entry.value).unwrap_or_default();
    let hashes = lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(Secret::new);
    Ok(hashes.take(kept(differ)).collect())
}

/// The one of now is about to be one of those.
pub(crate) async fn push(
    store: &Store,
    id: &str,
    now: &Secret,
    before: &[Secret],
    differ: u32,
) -> Result<(), StoreError> {
    if kept(differ) == 0 {
        return store.delete(NAMESPACE, id).await.map(drop);
    }
    let earlier = before.iter().filter(|hash| *hash != now);
    let hashes: Vec<&[u8]> =
        std::iter::once(now).chain(earlier).take(kept(differ)).map(Secret::expose).collect();
    store.put(NAMESPACE, id, &hashes.join(&b'\n'), None).await.map(drop)
}

/// How many are kept beside the one of now.
fn kept(differ: u32) -> usize {
    usize::try_from(differ).unwrap_or(usize::MAX).min(MOST).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_core::Clock;

    #[tokio::test]
    async fn so_many_are_kept_and_none_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("s"), Clock::system()).await.unwrap();
        let hash = |n: u8| Secret::new(vec![b'0' + n]);
        for n in 0..6 {
            let before = read(&store, "a", 4).await.unwrap();
            push(&store, "a", &hash(n), &before, 4).await.unwrap();
        }
        assert_eq!(read(&store, "a", 4).await.unwrap(), [hash(5), hash(4), hash(3)]);
        assert_eq!(read(&store, "a", 2).await.unwrap(), [hash(5)]);
        let before = read(&store, "a", 4).await.unwrap();
        push(&store, "a", &hash(4), &before, 4).await.unwrap();
        assert_eq!(read(&store, "a", 4).await.unwrap(), [hash(4), hash(5), hash(3)]);
        // Switched off, it forgets.
        push(&store, "a", &hash(7), &[], 0).await.unwrap();
        assert!(read(&store, "a", 8).await.unwrap().is_empty());
    }
}
