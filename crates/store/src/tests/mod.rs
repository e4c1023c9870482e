//! What every database behind the store must do: one list of sentences, run on each.

mod line;
mod postgresql;
mod server;
mod skip;
mod sqlite;
mod suite;

use std::sync::Arc;

use causeway_core::clock::ManualClock;
use causeway_core::{Clock, Timestamp};

use crate::postgresql::Settings;
use crate::{Store, StoreError};
use server::Server;

/// A store on a database of its own, and the hands of its clock.
struct Bench {
    store: Store,
    clock: Clock,
    hands: Arc<ManualClock>,
    place: Place,
}

/// Where a database is that nobody else uses.
enum Place {
    File(tempfile::TempDir),
    Server(&'static Server, Box<Settings>),
}

impl Place {
    fn on_sqlite() -> Result<Self, &'static str> {
        Ok(Self::File(tempfile::tempdir().unwrap()))
    }

    fn on_postgresql() -> Result<Self, &'static str> {
        let server = Server::shared()?;
        Ok(Self::Server(server, server.database().into()))
    }

    /// Another place of the same kind.
    fn another(&self) -> Self {
        match self {
            Self::File(_) => Self::on_sqlite().unwrap(),
            Self::Server(server, _) => Self::Server(server, server.database().into()),
        }
    }

    async fn open(&self, clock: Clock) -> Result<Store, StoreError> {
        match self {
            Self::File(folder) => Store::open(&folder.path().join("state.db"), clock).await,
            Self::Server(_, settings) => Store::connect(Settings::clone(settings), clock).await,
        }
    }
}

impl Bench {
    async fn at(place: Place) -> Self {
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_700_000_000));
        Self { store: place.open(clock.clone()).await.unwrap(), clock, hands, place }
    }

    /// A second node at the same database.
    async fn another_node(&self) -> Store {
        self.place.open(self.clock.clone()).await.unwrap()
    }
}

/// One test per sentence and database.
macro_rules! suite {
    ($($name:ident,)*) => {
        suite! { on_sqlite: $($name,)* }
        suite! { on_postgresql: $($name,)* }
    };
    ($database:ident: $($name:ident,)*) => {
        mod $database {
            use super::{Bench, Place, skip::skip, suite};

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                match Place::$database() {
                    Ok(place) => suite::$name(Bench::at(place).await).await,
                    Err(reason) => skip(stringify!($name), reason),
                }
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
    what_was_written_is_there_after_a_restart,
    what_one_node_writes_the_other_reads,
    of_two_nodes_that_set_what_both_saw_one_succeeds,
    two_nodes_that_count_with_retries_lose_nothing,
    two_nodes_never_give_out_one_revision_twice,
    what_two_nodes_sweep_at_once_is_counted_once,
    of_two_nodes_that_take_over_what_expired_one_succeeds,
    nodes_that_open_a_new_database_at_once_agree_on_its_schema,
    a_store_that_was_closed_answers_with_an_error,
}
