//! The store in an SQLite file.

use std::path::Path;
use std::time::Duration;

use causeway_core::{Clock, Timestamp};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use crate::{Entry, Item, Page, Revision, StoreError, Swap, migrations};

/// How long a statement waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);
/// SQLite has one writer at a time; a few more connections let readers go on beside it.
const CONNECTIONS: u32 = 4;

/// The state of one installation. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    clock: Clock,
}

impl Store {
    /// Opens the database file, or makes it, and brings it to the newest schema. `clock` decides what has
    /// expired.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(|cause| StoreError::Open { path: path.to_owned(), cause })?;
        migrations::run(&pool, path).await?;
        Ok(Self { pool, clock })
    }

    pub async fn get(&self, namespace: &str, key: &str) -> Result<Option<Entry>, StoreError> {
        let row = sqlx::query(
            "SELECT value, revision, expires FROM entry
             WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
        )
        .bind(namespace)
        .bind(key)
        .bind(self.now())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| entry(&row)).transpose()
    }

    /// Writes a value, whatever was there; with `live`, only for so long.
    pub async fn put(
        &self,
        namespace: &str,
        key: &str,
        value: &[u8],
        live: Option<Duration>,
    ) -> Result<Revision, StoreError> {
        let mut tx = self.begin().await?;
        let revision = self.write(&mut tx, namespace, key, value, live).await?;
        tx.commit().await?;
        Ok(revision)
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
        let mut tx = self.begin().await?;
        let now = self.revision_of(&mut tx, namespace, key).await?;
        if now != seen {
            return Ok(Swap::Conflict(now));
        }
        let revision = self.write(&mut tx, namespace, key, value, live).await?;
        tx.commit().await?;
        Ok(Swap::Done(revision))
    }

    /// Removes a key. Says whether it was there.
    pub async fn delete(&self, namespace: &str, key: &str) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "DELETE FROM entry WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
        )
        .bind(namespace)
        .bind(key)
        .bind(self.now())
        .execute(&self.pool)
        .await?;
        Ok(result.rows_affected() > 0)
    }

    /// Removes a key if it still has the revision `seen`. Says whether it did.
    pub async fn compare_and_delete(
        &self,
        namespace: &str,
        key: &str,
        seen: Revision,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "DELETE FROM entry WHERE namespace = $1 AND key = $2 AND revision = $3
             AND (expires IS NULL OR expires > $4)",
        )
        .bind(namespace)
        .bind(key)
        .bind(signed(seen.0))
        .bind(self.now())
        .execute(&self.pool)
        .await?;
        Ok(result.rows_affected() > 0)
    }

    /// The entries of a namespace, ordered by key.
    pub async fn list(&self, namespace: &str, page: Page<'_>) -> Result<Vec<Item>, StoreError> {
        // A text is not less than its own prefix, and substr compares without a pattern language.
        let rows = sqlx::query(
            "SELECT key, value, revision, expires FROM entry
             WHERE namespace = $1 AND key >= $2 AND substr(key, 1, length($2)) = $2 AND ($3 IS NULL OR key > $3)
             AND (expires IS NULL OR expires > $4)
             ORDER BY key LIMIT $5",
        )
        .bind(namespace)
        .bind(page.prefix)
        .bind(page.after)
        .bind(self.now())
        .bind(page.limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(Item { key: row.try_get("key")?, entry: entry(row)? })).collect()
    }

    /// Removes what has expired, to give its space back. Says how much it was.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let result =
            sqlx::query("DELETE FROM entry WHERE expires <= $1").bind(self.now()).execute(&self.pool).await?;
        Ok(result.rows_affected())
    }

    /// Ends all connections; what was written is in the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        // A transaction that reads first and writes later can be refused half-way; this one waits at its start.
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    async fn revision_of(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        namespace: &str,
        key: &str,
    ) -> Result<Option<Revision>, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT revision FROM entry
             WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
        )
        .bind(namespace)
        .bind(key)
        .bind(self.now())
        .fetch_optional(&mut **tx)
        .await?;
        Ok(found.map(|r| Revision(unsigned(r))))
    }

    async fn write(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        namespace: &str,
        key: &str,
        value: &[u8],
        live: Option<Duration>,
    ) -> Result<Revision, StoreError> {
        let revision: i64 = sqlx::query_scalar("UPDATE revision SET last = last + 1 RETURNING last")
            .fetch_one(&mut **tx)
            .await?;
        let expires =
            live.map(|d| self.now().saturating_add(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)));
        sqlx::query(
            "INSERT INTO entry (namespace, key, value, revision, expires) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (namespace, key) DO UPDATE
             SET value = excluded.value, revision = excluded.revision, expires = excluded.expires",
        )
        .bind(namespace)
        .bind(key)
        .bind(value)
        .bind(revision)
        .bind(expires)
        .execute(&mut **tx)
        .await?;
        Ok(Revision(unsigned(revision)))
    }

    /// Nanoseconds since 1970, as the column `expires` counts them.
    fn now(&self) -> i64 {
        signed(self.clock.now().0)
    }
}

fn entry(row: &SqliteRow) -> Result<Entry, StoreError> {
    let revision: i64 = row.try_get("revision")?;
    let expires: Option<i64> = row.try_get("expires")?;
    Ok(Entry {
        value: row.try_get("value")?,
        revision: Revision(unsigned(revision)),
        expires: expires.map(|e| Timestamp(unsigned(e))),
    })
}

/// SQLite's numbers are signed; ours end long before that matters (the year 2262).
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}
