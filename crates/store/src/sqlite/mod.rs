//! The state in an SQLite file.

mod migrations;

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::time::{sleep, timeout};

use crate::columns::{self, Write};
use crate::{Entry, Item, Page, Revision, StoreError, Swap};

/// How long a statement waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);
/// How soon a file is tried again that another process is just making.
const PAUSE: Duration = Duration::from_millis(20);
/// SQLite has one writer at a time; a few more connections let readers go on beside it.
const CONNECTIONS: u32 = 4;

/// What only the owner may read and write.
const OWN: u32 = 0o600;

/// Makes the file for its owner alone if there is none, and takes it from others if there is. SQLite gives the files that it
/// makes beside it the same mode, but not those that are left from before.
fn keep_to_owner(path: &Path) -> io::Result<()> {
    // Nothing that exists is opened: to close it would end the locks of this process on it.
    match OpenOptions::new().write(true).create_new(true).mode(OWN).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match fs::metadata(&file) {
            Ok(found) if found.permissions().mode() & 0o777 != OWN => {
                fs::set_permissions(&file, Permissions::from_mode(OWN))?;
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Who turns a new file to its journal while another does refuses at once, whatever the busy timeout: the second tries again.
async fn connect(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .after_release(|connection, _| Box::pin(has_ended_its_transaction(connection)));
    let patient = async {
        loop {
            match pool.clone().connect_with(options.clone()).await {
                Err(error) if is_busy(&error) => sleep(PAUSE).await,
                done => return done,
            }
        }
    };
    match timeout(BUSY, patient).await {
        Ok(done) => done,
        Err(_) => pool.clone().connect_with(options.clone()).await,
    }
}

/// Whether a connection may be used again. After some errors (the disk is full, or fails) SQLite ends a transaction by itself,
/// and sqlx goes on to believe in it: such a connection would begin no other one.
async fn has_ended_its_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that was begun and not waited for is done when this is answered.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// The low byte of what SQLite answers is its primary result code.
fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|e| e.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

#[derive(Debug, Clone)]
pub(crate) struct Database {
    pool: SqlitePool,
}

impl Database {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A code that was used must not count again after a loss of power.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let failed = |cause| StoreError::Open { database: path.display().to_string(), cause };
        keep_to_owner(path).map_err(|error| failed(sqlx::Error::Io(error)))?;
        let pool = connect(options).await.map_err(failed)?;
        migrations::run(&pool, path).await?;
        Ok(Self { pool })
    }

    #[cfg(test)]
    pub(crate) async fn synchronous(&self) -> i64 {
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(&self.pool).await.unwrap()
    }

    /// Lets the file not grow any more, for as long as the connections live that are open now.
    #[cfg(test)]
    pub(crate) async fn leave_no_space(&self) {
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            open.push(self.pool.acquire().await.unwrap());
        }
        for connection in &mut open {
            sqlx::query("PRAGMA max_page_count = 1").execute(&mut **connection).await.unwrap();
        }
    }

    pub(crate) async fn get(
        &self,
        namespace: &str,
        key: &str,
        now: i64,
    ) -> Result<Option<Entry>, StoreError> {
        let row = sqlx::query(
            "SELECT value, revision, expires FROM entry
             WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
        )
        .bind(namespace)
        .bind(key)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| entry(&row)).transpose()
    }

    pub(crate) async fn put(&self, write: Write<'_>) -> Result<Revision, StoreError> {
        let mut tx = self.begin().await?;
        let revision = set(&mut tx, write).await?;
        tx.commit().await?;
        Ok(revision)
    }

    pub(crate) async fn compare_and_set(
        &self,
        write: Write<'_>,
        seen: Option<Revision>,
    ) -> Result<Swap, StoreError> {
        let mut tx = self.begin().await?;
        let found = revision_of(&mut tx, write).await?;
        if found != seen {
            return Ok(Swap::Conflict(found));
        }
        let revision = set(&mut tx, write).await?;
        tx.commit().await?;
        Ok(Swap::Done(revision))
    }

    pub(crate) async fn delete(&self, namespace: &str, key: &str, now: i64) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "DELETE FROM entry WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
        )
        .bind(namespace)
        .bind(key)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(result.rows_affected() > 0)
    }

    pub(crate) async fn compare_and_delete(
        &self,
        namespace: &str,
        key: &str,
        seen: Revision,
        now: i64,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "DELETE FROM entry WHERE namespace = $1 AND key = $2 AND revision = $3
             AND (expires IS NULL OR expires > $4)",
        )
        .bind(namespace)
        .bind(key)
        .bind(columns::number(seen))
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(result.rows_affected() > 0)
    }

    pub(crate) async fn list(
        &self,
        namespace: &str,
        page: Page<'_>,
        now: i64,
    ) -> Result<Vec<Item>, StoreError> {
        let rows = sqlx::query(
            "SELECT key, value, revision, expires FROM entry
             WHERE namespace = $1 AND key >= $2 AND ($3 IS NULL OR key < $3)
             AND (expires IS NULL OR expires > $4)
             ORDER BY key LIMIT $5",
        )
        .bind(namespace)
        .bind(page.first())
        .bind(page.end())
        .bind(now)
        .bind(page.limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(Item { key: row.try_get("key")?, entry: entry(row)? })).collect()
    }

    pub(crate) async fn sweep(&self, now: i64) -> Result<u64, StoreError> {
        let result =
            sqlx::query("DELETE FROM entry WHERE expires <= $1").bind(now).execute(&self.pool).await?;
        Ok(result.rows_affected())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        // A transaction that reads first and writes later can be refused half-way; this one waits at its start.
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

async fn revision_of(
    tx: &mut Transaction<'_, Sqlite>,
    write: Write<'_>,
) -> Result<Option<Revision>, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT revision FROM entry
         WHERE namespace = $1 AND key = $2 AND (expires IS NULL OR expires > $3)",
    )
    .bind(write.namespace)
    .bind(write.key)
    .bind(write.now)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(columns::revision))
}

async fn set(tx: &mut Transaction<'_, Sqlite>, write: Write<'_>) -> Result<Revision, StoreError> {
    let revision: i64 =
        sqlx::query_scalar("UPDATE revision SET last = last + 1 RETURNING last").fetch_one(&mut **tx).await?;
    sqlx::query(
        "INSERT INTO entry (namespace, key, value, revision, expires) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (namespace, key) DO UPDATE
         SET value = excluded.value, revision = excluded.revision, expires = excluded.expires",
    )
    .bind(write.namespace)
    .bind(write.key)
    .bind(write.value)
    .bind(revision)
    .bind(write.expires)
    .execute(&mut **tx)
    .await?;
    Ok(columns::revision(revision))
}

fn entry(row: &SqliteRow) -> Result<Entry, StoreError> {
    let expires: Option<i64> = row.try_get("expires")?;
    Ok(Entry {
        value: row.try_get("value")?,
        revision: columns::revision(row.try_get("revision")?),
        expires: expires.map(columns::timestamp),
    })
}
