//! What can go wrong.

use std::path::PathBuf;

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database file cannot be opened or made: no permission, no space, not a database.
    #[error("state database {}: cannot open: {cause}", path.display())]
    Open { path: PathBuf, cause: sqlx::Error },
    /// A newer version of this program has written the file.
    #[error("state database {}: written by a newer version (its schema is {found}, this program knows {known})", path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    /// The database refused a statement: no space, a damaged file, another process that does not let go.
    #[error("state database: {0}")]
    Database(#[from] sqlx::Error),
}
