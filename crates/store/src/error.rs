//! What can go wrong.

use std::time::Duration;

/// Why the store gave no answer. `database` is the file, or the server without user and password.
///
/// After [`StoreError::Database`] or [`StoreError::NoAnswer`] it is not known whether a write was done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or made: no permission, no space, not a database. Or the server cannot be reached:
    /// it does not run, its certificate does not prove its name, it refuses our user.
    #[error("state database {database}: cannot open: {cause}")]
    Open { database: String, cause: sqlx::Error },
    /// A newer version of this program has written the database.
    #[error(
        "state database {database}: written by a newer version (its schema is {found}, this program knows {known})"
    )]
    Newer { database: String, found: u32, known: u32 },
    /// The server did not answer in time, or all connections to it were in use for so long.
    #[error("state database {database}: no answer within {} s", limit.as_secs_f32())]
    NoAnswer { database: String, limit: Duration },
    /// What was to be written is larger than any database behind the store must take.
    #[error("state database: the {what} has {length} bytes; {most} are the most")]
    TooLong { what: &'static str, length: usize, most: usize },
    /// A setting that no server can be reached with.
    #[error("state database {database}: {what}")]
    Setting { database: String, what: &'static str },
    /// The database refused a statement or broke off: no space, a damaged file, another process that does not let
    /// go, a server that ended.
    #[error("state database: {0}")]
    Database(#[from] sqlx::Error),
}
