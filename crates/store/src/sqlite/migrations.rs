//! The schema, as the steps that lead to it. A step that was released never changes; new ones follow.

use std::path::Path;

use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::StoreError;

/// Each step is one statement or several, applied in one transaction together.
const STEPS: [&[&str]; 1] = [&[
    "CREATE TABLE revision (last INTEGER NOT NULL)",
    "INSERT INTO revision (last) VALUES (0)",
    "CREATE TABLE entry (
        namespace TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        revision INTEGER NOT NULL,
        expires INTEGER,
        PRIMARY KEY (namespace, key)
    ) WITHOUT ROWID",
    "CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL",
]];

/// Brings the database to the newest schema.
pub(crate) async fn run(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let at: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await?;
    let at = u32::try_from(at).unwrap_or_default();
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if at > known {
        return Err(StoreError::Newer { database: path.display().to_string(), found: at, known });
    }
    for (step, to) in STEPS.iter().zip(1u32..).filter(|(_, to)| *to > at) {
        apply(&mut tx, step, to).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn apply(tx: &mut Transaction<'_, Sqlite>, step: &[&'static str], to: u32) -> Result<(), StoreError> {
    for statement in step {
        sqlx::query(*statement).execute(&mut **tx).await?;
    }
    // A pragma takes no parameters; `to` is a number of ours.
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {to}"))).execute(&mut **tx).await?;
    Ok(())
}
