//! State behind one door: values by namespace and key, with revisions and a time to live. Nothing else of the
//! program knows what database is behind it.
//!
//! ```text
//! put, get, delete, list         what one node writes alone
//! compare_and_set                what several may write: only who saw the last revision succeeds
//! ```
//!
//! Revisions are never used twice, not even for a key that was deleted and made again.

mod columns;
mod error;
mod page;
#[cfg(feature = "postgresql")]
pub mod postgresql;
mod sqlite;
mod store;
mod types;

pub use error::StoreError;
pub use page::Page;
pub use store::Store;
pub use types::{Entry, Item, MAX_NAME, MAX_VALUE, Revision, Swap};

#[cfg(test)]
mod tests;
