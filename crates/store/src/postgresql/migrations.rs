//! The schema, as the steps that lead to it. A step that was released never changes; new ones follow.

use sqlx::{Connection, PgConnection};

use crate::StoreError;
use crate::postgresql::Settings;

/// Each step is one statement or several; all that are missing are applied in one transaction.
///
/// Names are bytes: text could hold no NUL, and its order would depend on the database's language.
const STEPS: [&[&str]; 1] = [&[
    "CREATE SCHEMA causeway",
    "CREATE TABLE causeway.version (version bigint NOT NULL)",
    "INSERT INTO causeway.version (version) VALUES (0)",
    "CREATE SEQUENCE causeway.revision",
    "CREATE TABLE causeway.entry (
        namespace bytea NOT NULL,
        key bytea NOT NULL,
        value bytea NOT NULL,
        revision bigint NOT NULL,
        expires bigint,
        PRIMARY KEY (namespace, key)
    )",
    "CREATE INDEX entry_expires ON causeway.entry (expires) WHERE expires IS NOT NULL",
]];

/// Nodes that start at once do it one after the other. The number says who we are to other users of the database.
const LOCK: i64 = i64::from_be_bytes(*b"causeway");

/// Brings the database to the newest schema.
pub(super) async fn run(connection: &mut PgConnection, settings: &Settings) -> Result<(), StoreError> {
    let mut tx = connection.begin().await?;
    // Ends with the transaction, also where a pooler is in between.
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    let at = version(&mut tx).await?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if at > known {
        let number = |version| u32::try_from(version).unwrap_or(u32::MAX);
        return Err(StoreError::Newer {
            database: settings.to_string(),
            found: number(at),
            known: number(known),
        });
    }
    let missing: Vec<_> = STEPS.iter().zip(1..).filter(|(_, to)| *to > at).collect();
    for statement in missing.iter().flat_map(|(step, _)| step.iter()) {
        sqlx::query(*statement).execute(&mut *tx).await?;
    }
    if !missing.is_empty() {
        sqlx::query("UPDATE causeway.version SET version = $1").bind(known).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The version of the schema; 0 if there is none.
async fn version(tx: &mut PgConnection) -> Result<i64, StoreError> {
    let there: bool =
        sqlx::query_scalar("SELECT to_regclass('causeway.version') IS NOT NULL").fetch_one(&mut *tx).await?;
    if !there {
        return Ok(0);
    }
    Ok(sqlx::query_scalar("SELECT version FROM causeway.version").fetch_one(&mut *tx).await?)
}
