//! The state in a PostgreSQL server, which several nodes may share.
//!
//! Every operation is one statement and so one transaction, in the isolation *read committed*: of statements that write
//! one row the later waits for the earlier and then looks at the row again. A revision is taken from a sequence, and
//! for a row that is there only once the row is locked, so the revisions of a key that stays grow.

mod connections;
mod migrations;
mod settings;

pub use settings::{Address, Settings, Tls};

use sqlx::Row;
use sqlx::postgres::PgRow;
use tokio::time::timeout;

use crate::columns::{self, Write};
use crate::postgresql::connections::{Connections, connect, no_answer};
use crate::{Entry, Item, Page, Revision, StoreError, Swap};

/// How many entries one statement sweeps, so that it ends in time.
const SWEEP: u16 = 1000;
/// No text in UTF-8 has this byte: a key behind all others.
const BEHIND_ALL: &[u8] = &[0xff];

#[derive(Debug, Clone)]
pub(crate) struct Database {
    connections: Connections,
}

impl Database {
    pub(crate) async fn open(settings: Settings) -> Result<Self, StoreError> {
        let prepare = async {
            let mut connection = connect(&settings).await?;
            migrations::run(&mut connection, &settings).await?;
            Ok(connection)
        };
        let first = timeout(settings.limit, prepare).await.unwrap_or_else(|_| Err(no_answer(&settings)))?;
        Ok(Self { connections: Connections::new(settings, first) })
    }

    pub(crate) async fn get(
        &self,
        namespace: &str,
        key: &str,
        now: i64,
    ) -> Result<Option<Entry>, StoreError> {
        let statement = sqlx::query(
            "SELECT value, revision, expires FROM causeway.entry
             WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
        )
        .bind(namespace.as_bytes())
        .bind(key.as_bytes())
        .bind(now);
        self.connections.rows(statement).await?.first().map(entry).transpose()
    }

    pub(crate) async fn put(&self, write: Write<'_>) -> Result<Revision, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO causeway.entry (namespace, key, value, revision, expires)
             VALUES ($1, $2, $3, nextval('causeway.revision'), $4)
             ON CONFLICT (namespace, key) DO UPDATE
             SET value = excluded.value, revision = nextval('causeway.revision'), expires = excluded.expires
             RETURNING revision",
        )
        .bind(write.namespace.as_bytes())
        .bind(write.key.as_bytes())
        .bind(write.value)
        .bind(write.expires);
        let rows = self.connections.rows(statement).await?;
        revision(&rows)?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    pub(crate) async fn compare_and_set(
        &self,
        write: Write<'_>,
        seen: Option<Revision>,
    ) -> Result<Swap, StoreError> {
        loop {
            let written = match seen {
                Some(seen) => self.replace(write, seen).await?,
                None => self.create(write).await?,
            };
            if let Some(revision) = written {
                return Ok(Swap::Done(revision));
            }
            let found = self.get(write.namespace, write.key, write.now).await?.map(|e| e.revision);
            // What was in the way may be gone since; then it is as we saw it, and nothing speaks against the write.
            if found != seen {
                return Ok(Swap::Conflict(found));
            }
        }
    }

    pub(crate) async fn delete(&self, namespace: &str, key: &str, now: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM causeway.entry
             WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3) RETURNING revision",
        )
        .bind(namespace.as_bytes())
        .bind(key.as_bytes())
        .bind(now);
        Ok(!self.connections.rows(statement).await?.is_empty())
    }

    pub(crate) async fn compare_and_delete(
        &self,
        namespace: &str,
        key: &str,
        seen: Revision,
        now: i64,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM causeway.entry WHERE namespace = $1 AND key = $2 AND revision = $3
             AND (expires IS NULL OR expires > $4) RETURNING revision",
        )
        .bind(namespace.as_bytes())
        .bind(key.as_bytes())
        .bind(columns::number(seen))
        .bind(now);
        Ok(!self.connections.rows(statement).await?.is_empty())
    }

    pub(crate) async fn list(
        &self,
        namespace: &str,
        page: Page<'_>,
        now: i64,
    ) -> Result<Vec<Item>, StoreError> {
        let statement = sqlx::query(
            "SELECT key, value, revision, expires FROM causeway.entry
             WHERE namespace = $1 AND key >= $2 AND key < $3 AND (expires IS NULL OR expires > $4)
             ORDER BY key LIMIT $5",
        )
        .bind(namespace.as_bytes())
        .bind(page.first().into_bytes())
        .bind(page.end().map_or(BEHIND_ALL.to_vec(), String::into_bytes))
        .bind(now)
        .bind(i64::from(page.limit));
        self.connections.rows(statement).await?.iter().map(item).collect()
    }

    pub(crate) async fn sweep(&self, now: i64) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            // What another node sweeps or writes at this moment is left to it.
            let statement = sqlx::query(
                "DELETE FROM causeway.entry WHERE ctid = ANY (ARRAY (
                     SELECT ctid FROM causeway.entry WHERE expires <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                 )) RETURNING revision",
            )
            .bind(now)
            .bind(i64::from(SWEEP));
            let rows = self.connections.rows(statement).await?.len();
            swept += u64::try_from(rows).unwrap_or_default();
            if rows < SWEEP.into() {
                return Ok(swept);
            }
        }
    }

    pub(crate) async fn close(&self) {
        self.connections.close().await;
    }

    /// Writes a value over the one with the revision `seen`.
    async fn replace(&self, write: Write<'_>, seen: Revision) -> Result<Option<Revision>, StoreError> {
        let statement = sqlx::query(
            "UPDATE causeway.entry SET value = $3, revision = nextval('causeway.revision'), expires = $4
             WHERE namespace = $1 AND key = $2 AND revision = $5 AND (expires IS NULL OR expires > $6)
             RETURNING revision",
        )
        .bind(write.namespace.as_bytes())
        .bind(write.key.as_bytes())
        .bind(write.value)
        .bind(write.expires)
        .bind(columns::number(seen))
        .bind(write.now);
        revision(&self.connections.rows(statement).await?)
    }

    /// Writes a value where none is, or where one has expired.
    async fn create(&self, write: Write<'_>) -> Result<Option<Revision>, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO causeway.entry (namespace, key, value, revision, expires)
             VALUES ($1, $2, $3, nextval('causeway.revision'), $4)
             ON CONFLICT (namespace, key) DO UPDATE
             SET value = excluded.value, revision = nextval('causeway.revision'), expires = excluded.expires
             WHERE entry.expires <= $5
             RETURNING revision",
        )
        .bind(write.namespace.as_bytes())
        .bind(write.key.as_bytes())
        .bind(write.value)
        .bind(write.expires)
        .bind(write.now);
        revision(&self.connections.rows(statement).await?)
    }
}

/// The revision in the row that was written; none if none was.
fn revision(rows: &[PgRow]) -> Result<Option<Revision>, StoreError> {
    let number: Option<i64> = rows.first().map(|row| row.try_get("revision")).transpose()?;
    Ok(number.map(columns::revision))
}

fn entry(row: &PgRow) -> Result<Entry, StoreError> {
    let expires: Option<i64> = row.try_get("expires")?;
    Ok(Entry {
        value: row.try_get("value")?,
        revision: columns::revision(row.try_get("revision")?),
        expires: expires.map(columns::timestamp),
    })
}

fn item(row: &PgRow) -> Result<Item, StoreError> {
    let key = String::from_utf8(row.try_get("key")?).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Ok(Item { key, entry: entry(row)? })
}
