//! What can go wrong.

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database file cannot be opened or made: no permission, no space, not a database.
    #[error("state database {database}: cannot open: {cause}")]
    Open { database: String, cause: sqlx::Error },
    /// A newer version of this program has written the file.
    #[error(
        "state database {database}: written by a newer version (its schema is {found}, this program knows {known})"
    )]
    Newer { database: String, found: u32, known: u32 },
    /// What was to be written is larger than any database behind the store must take.
    #[error("state database: the {what} has {length} bytes; {most} are the most")]
    TooLong { what: &'static str, length: usize, most: usize },
    /// The database refused a statement or broke off: no space, a damaged file, another process that does not let go.
    #[error("state database: {0}")]
    Database(#[from] sqlx::Error),
}
