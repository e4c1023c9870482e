//! The store in front of its database.

use std::path::Path;
use std::time::Duration;

use causeway_core::Clock;

use crate::columns::{self, Write};
#[cfg(feature = "postgresql")]
use crate::postgresql;
use crate::types::{MAX_NAME, MAX_VALUE};
use crate::{Entry, Item, Page, Revision, StoreError, Swap, sqlite};

/// The state of one installation. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    clock: Clock,
}

#[derive(Debug, Clone)]
enum Database {
    Sqlite(sqlite::Database),
    #[cfg(feature = "postgresql")]
    PostgreSql(postgresql::Database),
}

/// What the database of a store answers.
macro_rules! ask {
    ($store:ident.$($call:tt)*) => {
        match &$store.database {
            Database::Sqlite(database) => database.$($call)*.await,
            #[cfg(feature = "postgresql")]
            Database::PostgreSql(database) => database.$($call)*.await,
        }
    };
}

impl Store {
    /// Opens the database file, or makes it, and brings it to the newest schema. `clock` decides what has
    /// expired.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::Sqlite(sqlite::Database::open(path).await?);
        Ok(Self { database, clock })
    }

    /// Connects to a PostgreSQL server, which other nodes may share, and brings the database to the newest schema.
    /// `clock` decides what has expired, so the clocks of the nodes should agree.
    #[cfg(feature = "postgresql")]
    pub async fn connect(settings: postgresql::Settings, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::PostgreSql(postgresql::Database::open(settings).await?);
        Ok(Self { database, clock })
    }

    pub async fn get(&self, namespace: &str, key: &str) -> Result<Option<Entry>, StoreError> {
        ask!(self.get(namespace, key, self.now()))
    }

    /// Writes a value, whatever was there; with `live`, only for so long.
    pub async fn put(
        &self,
        namespace: &str,
        key: &str,
        value: &[u8],
        live: Option<Duration>,
    ) -> Result<Revision, StoreError> {
        let write = self.write(namespace, key, value, live)?;
        ask!(self.put(write))
    }

    /// Writes a value if the key still has the revision `seen`; `None`: if it is not there.
    pub async fn compare_and_set(
        &self,
        namespace: &str,
        key: &str,
        seen: Option<Revision>,
        value: &[u8],
        live: Option<Duration>,
    ) -> Result<Swap, StoreError> {
        let write = self.write(namespace, key, value, live)?;
        ask!(self.compare_and_set(write, seen))
    }

    /// Removes a key. Says whether it was there.
    pub async fn delete(&self, namespace: &str, key: &str) -> Result<bool, StoreError> {
        ask!(self.delete(namespace, key, self.now()))
    }

    /// Removes a key if it still has the revision `seen`. Says whether it did.
    pub async fn compare_and_delete(
        &self,
        namespace: &str,
        key: &str,
        seen: Revision,
    ) -> Result<bool, StoreError> {
        ask!(self.compare_and_delete(namespace, key, seen, self.now()))
    }

    /// The entries of a namespace, ordered by key.
    pub async fn list(&self, namespace: &str, page: Page<'_>) -> Result<Vec<Item>, StoreError> {
        ask!(self.list(namespace, page, self.now()))
    }

    /// Removes what has expired, to give its space back. Says how much it was.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        ask!(self.sweep(self.now()))
    }

    /// Ends all connections; what was written is in the database.
    pub async fn close(&self) {
        ask!(self.close())
    }

    fn write<'a>(
        &self,
        namespace: &'a str,
        key: &'a str,
        value: &'a [u8],
        live: Option<Duration>,
    ) -> Result<Write<'a>, StoreError> {
        at_most("namespace", namespace.len(), MAX_NAME)?;
        at_most("key", key.len(), MAX_NAME)?;
        at_most("value", value.len(), MAX_VALUE)?;
        let now = self.now();
        Ok(Write { namespace, key, value, now, expires: live.map(|live| columns::expiry(now, live)) })
    }

    fn now(&self) -> i64 {
        columns::nanoseconds(self.clock.now())
    }
}

fn at_most(what: &'static str, length: usize, most: usize) -> Result<(), StoreError> {
    if length > most { Err(StoreError::TooLong { what, length, most }) } else { Ok(()) }
}
