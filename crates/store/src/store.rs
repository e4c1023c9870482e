//! The store in front of its database.

use std::path::Path;
use std::time::Duration;

use causeway_core::Clock;

use crate::columns::{self, Write};
use crate::types::{MAX_NAME, MAX_VALUE};
use crate::{Entry, Item, Page, Revision, StoreError, Swap, postgresql, sqlite};

/// The state of one installation. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    clock: Clock,
}

#[derive(Debug, Clone)]
enum Database {
    Sqlite(sqlite::Database),
    PostgreSql(postgresql::Database),
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
    pub async fn connect(settings: postgresql::Settings, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::PostgreSql(postgresql::Database::open(settings).await?);
        Ok(Self { database, clock })
    }

    pub async fn get(&self, namespace: &str, key: &str) -> Result<Option<Entry>, StoreError> {
        match &self.database {
            Database::Sqlite(d) => d.get(namespace, key, self.now()).await,
            Database::PostgreSql(d) => d.get(namespace, key, self.now()).await,
        }
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
        match &self.database {
            Database::Sqlite(d) => d.put(write).await,
            Database::PostgreSql(d) => d.put(write).await,
        }
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
        match &self.database {
            Database::Sqlite(d) => d.compare_and_set(write, seen).await,
            Database::PostgreSql(d) => d.compare_and_set(write, seen).await,
        }
    }

    /// Removes a key. Says whether it was there.
    pub async fn delete(&self, namespace: &str, key: &str) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite(d) => d.delete(namespace, key, self.now()).await,
            Database::PostgreSql(d) => d.delete(namespace, key, self.now()).await,
        }
    }

    /// Removes a key if it still has the revision `seen`. Says whether it did.
    pub async fn compare_and_delete(
        &self,
        namespace: &str,
        key: &str,
        seen: Revision,
    ) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite(d) => d.compare_and_delete(namespace, key, seen, self.now()).await,
            Database::PostgreSql(d) => d.compare_and_delete(namespace, key, seen, self.now()).await,
        }
    }

    /// The entries of a namespace, ordered by key.
    pub async fn list(&self, namespace: &str, page: Page<'_>) -> Result<Vec<Item>, StoreError> {
        match &self.database {
            Database::Sqlite(d) => d.list(namespace, page, self.now()).await,
            Database::PostgreSql(d) => d.list(namespace, page, self.now()).await,
        }
    }

    /// Removes what has expired, to give its space back. Says how much it was.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        match &self.database {
            Database::Sqlite(d) => d.sweep(self.now()).await,
            Database::PostgreSql(d) => d.sweep(self.now()).await,
        }
    }

    /// Ends all connections; what was written is in the database.
    pub async fn close(&self) {
        match &self.database {
            Database::Sqlite(d) => d.close().await,
            Database::PostgreSql(d) => d.close().await,
        }
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
