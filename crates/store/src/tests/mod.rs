//! What every database behind the store must do: one list of sentences, run on each.

mod sqlite;
mod suite;

use std::sync::Arc;

use causeway_core::clock::ManualClock;
use causeway_core::{Clock, Timestamp};

use crate::Store;

/// A store on a database of its own, and the hands of its clock.
struct Bench {
    store: Store,
    hands: Arc<ManualClock>,
    /// The folder of the file, which goes when the test ends.
    _place: Place,
}

/// Where a database is that nobody else uses.
enum Place {
    File(tempfile::TempDir),
}

impl Place {
    fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    async fn open(&self, clock: Clock) -> Store {
        match self {
            Self::File(folder) => Store::open(&folder.path().join("state.db"), clock).await.unwrap(),
        }
    }
}

impl Bench {
    async fn on(place: Place) -> Self {
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_700_000_000));
        Self { store: place.open(clock).await, hands, _place: place }
    }
}

/// One test per sentence and database.
macro_rules! suite {
    ($($name:ident,)*) => {
        mod on_sqlite {
            use super::{Bench, Place, suite};

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                suite::$name(Bench::on(Place::file()).await).await;
            })*
        }
    };
}

suite! {
    what_is_put_is_got_with_a_growing_revision,
    a_key_belongs_to_its_namespace,
    only_who_saw_the_last_revision_sets,
    a_key_that_was_deleted_and_made_again_is_not_the_one_that_was_seen,
    of_many_that_set_at_once_one_succeeds,
    many_that_count_with_retries_lose_nothing,
    what_has_expired_is_not_there,
    sweeping_removes_what_has_expired_alone,
    a_list_is_ordered_limited_and_goes_on_after_a_key,
    keys_and_values_are_any_text_and_bytes,
    a_nul_ends_neither_a_key_nor_a_prefix,
    a_list_is_in_the_order_of_bytes_whatever_the_language,
    ten_thousand_keys_are_listed_page_by_page,
    a_value_of_a_mebibyte_comes_back_whole,
    names_and_values_up_to_the_limits_are_taken_and_longer_ones_refused,
    a_moment_before_it_expires_a_value_is_there,
}
