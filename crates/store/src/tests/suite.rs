//! The sentences that hold for every database.

use std::time::Duration;

use super::Bench;
use crate::{Page, Revision, Store, Swap};

pub(super) async fn what_is_put_is_got_with_a_growing_revision(b: Bench) {
    assert_eq!(b.store.get("n", "k").await.unwrap(), None);
    let first = b.store.put("n", "k", b"1", None).await.unwrap();
    let second = b.store.put("n", "k", b"2", None).await.unwrap();
    assert!(second > first);
    let entry = b.store.get("n", "k").await.unwrap().unwrap();
    assert_eq!((entry.value.as_slice(), entry.revision, entry.expires), (&b"2"[..], second, None));
    assert!(b.store.delete("n", "k").await.unwrap());
    assert!(!b.store.delete("n", "k").await.unwrap());
    assert_eq!(b.store.get("n", "k").await.unwrap(), None);
}

pub(super) async fn a_key_belongs_to_its_namespace(b: Bench) {
    b.store.put("a", "k", b"1", None).await.unwrap();
    assert_eq!(b.store.get("b", "k").await.unwrap(), None);
    assert!(!b.store.delete("b", "k").await.unwrap());
    assert_eq!(b.store.list("b", Page::default()).await.unwrap(), []);
}

pub(super) async fn only_who_saw_the_last_revision_sets(b: Bench) {
    let set = async |seen, value: &[u8]| b.store.compare_and_set("n", "k", seen, value, None).await.unwrap();
    assert_eq!(set(Some(Revision(1)), b"x").await, Swap::Conflict(None));
    let Swap::Done(first) = set(None, b"1").await else { panic!("the key was not there") };
    assert_eq!(set(None, b"x").await, Swap::Conflict(Some(first)));
    let Swap::Done(second) = set(Some(first), b"2").await else { panic!("nobody else wrote") };
    assert_eq!(set(Some(first), b"x").await, Swap::Conflict(Some(second)));
    assert_eq!(b.store.get("n", "k").await.unwrap().unwrap().value, b"2");
    assert!(!b.store.compare_and_delete("n", "k", first).await.unwrap());
    assert!(b.store.compare_and_delete("n", "k", second).await.unwrap());
}

pub(super) async fn a_key_that_was_deleted_and_made_again_is_not_the_one_that_was_seen(b: Bench) {
    let seen = b.store.put("n", "k", b"1", None).await.unwrap();
    b.store.delete("n", "k").await.unwrap();
    let again = b.store.put("n", "k", b"1", None).await.unwrap();
    assert_ne!(seen, again);
    let swap = b.store.compare_and_set("n", "k", Some(seen), b"2", None).await.unwrap();
    assert_eq!(swap, Swap::Conflict(Some(again)));
}

pub(super) async fn of_many_that_set_at_once_one_succeeds(b: Bench) {
    let mut tasks = Vec::new();
    for n in 0..20u8 {
        let store = b.store.clone();
        tasks.push(tokio::spawn(
            async move { store.compare_and_set("n", "k", None, &[n], None).await.unwrap() },
        ));
    }
    let mut done = 0;
    for task in tasks {
        done += usize::from(matches!(task.await.unwrap(), Swap::Done(_)));
    }
    assert_eq!(done, 1);
}

pub(super) async fn many_that_count_with_retries_lose_nothing(b: Bench) {
    let count = async |store: Store| loop {
        let entry = store.get("n", "k").await.unwrap();
        let (seen, n) = entry.map_or((None, 0), |e| (Some(e.revision), e.value[0]));
        if let Swap::Done(_) = store.compare_and_set("n", "k", seen, &[n + 1], None).await.unwrap() {
            break;
        }
    };
    let mut tasks = Vec::new();
    for _ in 0..10 {
        tasks.push(tokio::spawn(count(b.store.clone())));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(b.store.get("n", "k").await.unwrap().unwrap().value, [10]);
}

pub(super) async fn what_has_expired_is_not_there(b: Bench) {
    let minute = Some(Duration::from_secs(60));
    let seen = b.store.put("n", "k", b"1", minute).await.unwrap();
    b.hands.advance(Duration::from_secs(59));
    assert!(b.store.get("n", "k").await.unwrap().is_some());
    b.hands.advance(Duration::from_secs(1));
    assert_eq!(b.store.get("n", "k").await.unwrap(), None);
    assert_eq!(b.store.list("n", Page::default()).await.unwrap(), []);
    assert!(!b.store.delete("n", "k").await.unwrap());
    assert!(!b.store.compare_and_delete("n", "k", seen).await.unwrap());
    assert!(matches!(b.store.compare_and_set("n", "k", None, b"2", None).await.unwrap(), Swap::Done(_)));
    b.hands.advance(Duration::from_secs(3600));
    assert!(b.store.get("n", "k").await.unwrap().is_some(), "the new value has no end");
}

pub(super) async fn sweeping_removes_what_has_expired_alone(b: Bench) {
    b.store.put("n", "short", b"", Some(Duration::from_secs(1))).await.unwrap();
    b.store.put("n", "long", b"", Some(Duration::from_secs(9))).await.unwrap();
    b.store.put("n", "ever", b"", None).await.unwrap();
    b.hands.advance(Duration::from_secs(5));
    assert_eq!(b.store.sweep().await.unwrap(), 1);
    assert_eq!(b.store.sweep().await.unwrap(), 0);
    assert_eq!(b.store.list("n", Page::default()).await.unwrap().len(), 2);
}

pub(super) async fn a_list_is_ordered_limited_and_goes_on_after_a_key(b: Bench) {
    for key in ["b/2", "a", "b/1", "b%", "b_", "b/3", "B", "c"] {
        b.store.put("n", key, key.as_bytes(), None).await.unwrap();
    }
    let keys = async |page| {
        let items = b.store.list("n", page).await.unwrap();
        items.into_iter().map(|i| i.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(Page::default()).await, ["B", "a", "b%", "b/1", "b/2", "b/3", "b_", "c"]);
    assert_eq!(keys(Page { prefix: "b/", ..Page::default() }).await, ["b/1", "b/2", "b/3"]);
    assert_eq!(keys(Page { prefix: "b%", ..Page::default() }).await, ["b%"], "no pattern");
    let page = Page { prefix: "b/", after: Some("b/1"), limit: 1 };
    assert_eq!(keys(page).await, ["b/2"]);
}

pub(super) async fn keys_and_values_are_any_text_and_bytes(b: Bench) {
    let key = "'; DROP TABLE entry; -- \u{1F4BE} \n";
    b.store.put(key, key, b"\0\xff'", None).await.unwrap();
    assert_eq!(b.store.get(key, key).await.unwrap().unwrap().value, b"\0\xff'");
    assert_eq!(b.store.list(key, Page::default()).await.unwrap()[0].key, key);
}
