//! The sentences that hold for every database.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use crate::{MAX_NAME, MAX_VALUE, Page, Revision, Store, StoreError, Swap};

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
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let store = b.store.clone();
        tasks.push(tokio::spawn(async move { count(&store).await }));
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

pub(super) async fn a_nul_ends_neither_a_key_nor_a_prefix(b: Bench) {
    for key in ["a", "a\0", "a\0b", "a\0c", "ab"] {
        b.store.put("n\0", key, key.as_bytes(), None).await.unwrap();
    }
    let keys = async |page| {
        let items = b.store.list("n\0", page).await.unwrap();
        items.into_iter().map(|i| i.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(Page::default()).await, ["a", "a\0", "a\0b", "a\0c", "ab"]);
    assert_eq!(keys(Page { prefix: "a\0", ..Page::default() }).await, ["a\0", "a\0b", "a\0c"]);
    assert_eq!(keys(Page { after: Some("a"), limit: 1, ..Page::default() }).await, ["a\0"]);
    assert_eq!(b.store.get("n\0", "a\0b").await.unwrap().unwrap().value, b"a\0b");
    assert_eq!(b.store.list("n", Page::default()).await.unwrap(), []);
}

pub(super) async fn a_list_is_in_the_order_of_bytes_whatever_the_language(b: Bench) {
    let keys =
        ["", " ", "Z", "a", "z", "\u{e4}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}x"];
    for key in keys.iter().rev() {
        b.store.put("n", key, b"", None).await.unwrap();
    }
    let items = b.store.list("n", Page::default()).await.unwrap();
    assert_eq!(items.iter().map(|i| i.key.as_str()).collect::<Vec<_>>(), keys);
    for prefix in &keys[1..] {
        let page = Page { prefix, ..Page::default() };
        assert_eq!(b.store.list("n", page).await.unwrap().len(), 1, "{prefix:?}");
    }
}

pub(super) async fn ten_thousand_keys_are_listed_page_by_page(b: Bench) {
    let key = |n: usize| format!("k/{n:05}");
    let mut tasks = Vec::new();
    for part in 0..4 {
        let store = b.store.clone();
        tasks.push(tokio::spawn(async move {
            for n in (part..10_000).step_by(4) {
                store.put("n", &key(n), b"v", None).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = Page { prefix: "k/", after: after.as_deref(), limit: 777 };
        let items = b.store.list("n", page).await.unwrap();
        let Some(last) = items.last() else { break };
        after = Some(last.key.clone());
        found.extend(items.into_iter().map(|i| i.key));
    }
    assert_eq!(found, (0..10_000).map(key).collect::<Vec<_>>());
}

pub(super) async fn a_value_of_a_mebibyte_comes_back_whole(b: Bench) {
    let value: Vec<u8> = (0..1 << 20).map(scattered).collect();
    let seen = b.store.put("n", "k", &value, None).await.unwrap();
    assert_eq!(b.store.get("n", "k").await.unwrap().unwrap().value, value);
    let swap = b.store.compare_and_set("n", "k", Some(seen), &value[1..], None).await.unwrap();
    assert!(matches!(swap, Swap::Done(_)));
    assert_eq!(b.store.list("n", Page::default()).await.unwrap()[0].entry.value, &value[1..]);
}

pub(super) async fn names_and_values_up_to_the_limits_are_taken_and_longer_ones_refused(b: Bench) {
    // Without a pattern, so that no database makes them shorter for its index.
    let name: String = (0..).map(|n| char::from(b'!' + scattered(n) % 89)).take(MAX_NAME).collect();
    b.store.put(&name, &name, b"v", None).await.unwrap();
    assert_eq!(b.store.get(&name, &name).await.unwrap().unwrap().value, b"v");
    let longer = format!("{name}x");
    let value = vec![0; MAX_VALUE + 1];
    for refused in [
        b.store.put(&longer, "k", b"", None).await.unwrap_err(),
        b.store.put("n", &longer, b"", None).await.unwrap_err(),
        b.store.put("n", "k", &value, None).await.unwrap_err(),
        b.store.compare_and_set("n", &longer, None, b"", None).await.unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::TooLong { .. }), "{refused}");
    }
    b.store.put("n", "k", &value[1..], None).await.unwrap();
    assert_eq!(b.store.get("n", &longer).await.unwrap(), None);
}

pub(super) async fn a_moment_before_it_expires_a_value_is_there(b: Bench) {
    let moment = Duration::from_nanos(1);
    b.store.put("n", "k", b"1", Some(Duration::from_secs(1))).await.unwrap();
    b.store.put("n", "never", b"1", Some(Duration::MAX)).await.unwrap();
    b.store.put("n", "over", b"1", Some(Duration::ZERO)).await.unwrap();
    assert_eq!(b.store.get("n", "over").await.unwrap(), None);
    b.hands.advance(Duration::from_secs(1) - moment);
    assert!(b.store.get("n", "k").await.unwrap().is_some());
    assert_eq!(b.store.sweep().await.unwrap(), 1, "what was over alone");
    b.hands.advance(moment);
    assert_eq!(b.store.get("n", "k").await.unwrap(), None);
    assert_eq!(b.store.sweep().await.unwrap(), 1);
    assert!(b.store.get("n", "never").await.unwrap().is_some());
}

pub(super) async fn what_was_written_is_there_after_a_restart(b: Bench) {
    let before = b.store.put("n", "k", b"1", None).await.unwrap();
    b.store.close().await;
    let store = b.another_node().await;
    assert_eq!(store.get("n", "k").await.unwrap().unwrap().revision, before);
    assert!(store.put("n", "k", b"2", None).await.unwrap() > before);
}

pub(super) async fn what_one_node_writes_the_other_reads(b: Bench) {
    let other = b.another_node().await;
    let first = b.store.put("n", "k", b"1", None).await.unwrap();
    assert_eq!(other.get("n", "k").await.unwrap().unwrap().revision, first);
    let second = other.put("n", "k", b"2", None).await.unwrap();
    assert!(second > first);
    let swap = b.store.compare_and_set("n", "k", Some(first), b"x", None).await.unwrap();
    assert_eq!(swap, Swap::Conflict(Some(second)));
    assert!(b.store.delete("n", "k").await.unwrap());
    assert!(!other.compare_and_delete("n", "k", second).await.unwrap());
    assert_eq!(other.list("n", Page::default()).await.unwrap(), []);
}

pub(super) async fn of_two_nodes_that_set_what_both_saw_one_succeeds(b: Bench) {
    let other = b.another_node().await;
    let mut seen = None;
    for _ in 0..50 {
        let (one, two) = tokio::join!(
            tokio::spawn(set(b.store.clone(), seen, b"1")),
            tokio::spawn(set(other.clone(), seen, b"2")),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        seen = match (one, two) {
            (Swap::Done(done), Swap::Conflict(Some(found))) => {
                assert_eq!(done, found);
                Some(done)
            }
            (Swap::Conflict(Some(found)), Swap::Done(done)) => {
                assert_eq!(done, found);
                Some(done)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(other.get("n", "k").await.unwrap().map(|e| e.revision), seen);
    }
}

pub(super) async fn two_nodes_that_count_with_retries_lose_nothing(b: Bench) {
    let other = b.another_node().await;
    let mut tasks = Vec::new();
    for n in 0..10 {
        let store = if n % 2 == 0 { b.store.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                count(&store).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(other.get("n", "k").await.unwrap().unwrap().value, [100]);
}

pub(super) async fn two_nodes_never_give_out_one_revision_twice(b: Bench) {
    let other = b.another_node().await;
    let mut tasks = Vec::new();
    for n in 0..8 {
        let store = if n % 2 == 0 { b.store.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            let mut revisions = Vec::new();
            for round in 0..25 {
                let key = ["shared", "mine"][round % 2];
                revisions.push(store.put("n", key, b"v", None).await.unwrap());
                store.delete("n", "shared").await.unwrap();
            }
            assert!(revisions.is_sorted(), "of one after the other the later is higher");
            revisions
        }));
    }
    let mut all = HashSet::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    assert_eq!(all.len(), 8 * 25);
}

pub(super) async fn what_two_nodes_sweep_at_once_is_counted_once(b: Bench) {
    let other = b.another_node().await;
    for n in 0..1500 {
        b.store.put("n", &n.to_string(), b"", Some(Duration::from_secs(1))).await.unwrap();
    }
    b.store.put("n", "stays", b"", None).await.unwrap();
    b.hands.advance(Duration::from_secs(1));
    let sweep = |store: Store| tokio::spawn(async move { store.sweep().await.unwrap() });
    let (one, two) = tokio::join!(sweep(b.store.clone()), sweep(other.clone()));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one + two + b.store.sweep().await.unwrap(), 1500);
    assert_eq!(other.list("n", Page::default()).await.unwrap().len(), 1);
}

pub(super) async fn of_two_nodes_that_take_over_what_expired_one_succeeds(b: Bench) {
    let other = b.another_node().await;
    for _ in 0..20 {
        b.store.put("n", "k", b"0", Some(Duration::from_secs(1))).await.unwrap();
        b.hands.advance(Duration::from_secs(1));
        let sweeper = b.store.clone();
        let (one, two, swept) = tokio::join!(
            tokio::spawn(set(b.store.clone(), None, b"1")),
            tokio::spawn(set(other.clone(), None, b"2")),
            tokio::spawn(async move { sweeper.sweep().await.unwrap() }),
        );
        swept.unwrap();
        let done = [one.unwrap(), two.unwrap()].iter().filter(|s| matches!(s, Swap::Done(_))).count();
        assert_eq!(done, 1);
        b.store.delete("n", "k").await.unwrap();
    }
}

pub(super) async fn nodes_that_open_a_new_database_at_once_agree_on_its_schema(b: Bench) {
    for _ in 0..5 {
        let place = Arc::new(b.place.another());
        let open = || {
            let (place, clock) = (place.clone(), b.clock.clone());
            tokio::spawn(async move { place.open(clock).await.unwrap() })
        };
        let (one, two, three) = tokio::join!(open(), open(), open());
        one.unwrap().put("n", "k", b"1", None).await.unwrap();
        two.unwrap().put("n", "l", b"1", None).await.unwrap();
        assert_eq!(three.unwrap().list("n", Page::default()).await.unwrap().len(), 2);
    }
}

pub(super) async fn a_store_that_was_closed_answers_with_an_error(b: Bench) {
    b.store.put("n", "k", b"1", None).await.unwrap();
    b.store.close().await;
    b.store.close().await;
    let refused = b.store.get("n", "k").await.unwrap_err();
    assert!(matches!(refused, StoreError::Database(_)), "{refused}");
}

async fn set(store: Store, seen: Option<Revision>, value: &[u8]) -> Swap {
    store.compare_and_set("n", "k", seen, value, None).await.unwrap()
}

/// Adds one to the number at the key, however often others come in between.
async fn count(store: &Store) {
    loop {
        let entry = store.get("n", "k").await.unwrap();
        let (seen, n) = entry.map_or((None, 0), |e| (Some(e.revision), e.value[0]));
        if let Swap::Done(_) = store.compare_and_set("n", "k", seen, &[n + 1], None).await.unwrap() {
            break;
        }
    }
}

/// The byte at this place of a text without a pattern.
fn scattered(place: u32) -> u8 {
    place.wrapping_mul(2_654_435_761).to_be_bytes()[0]
}
