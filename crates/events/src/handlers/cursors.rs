//! Where each handler has got to.

use causeway_store::{Store, StoreError};
use tokio::runtime::Handle;

use crate::spool::Cursor;

const NAMESPACE: &str = "cursor";

/// The cursors in the store, for threads that are not part of the runtime.
#[derive(Debug, Clone)]
pub struct Cursors {
    store: Store,
    runtime: Handle,
}

impl Cursors {
    /// `runtime` runs the store's work; it must outlive the handlers.
    pub fn new(store: Store, runtime: Handle) -> Self {
        Self { store, runtime }
    }

    /// The cursor of a handler; none for a new one, or if what is stored is not a cursor.
    pub(super) fn load(&self, handler: &str) -> Result<Option<Cursor>, StoreError> {
        let entry = self.runtime.block_on(self.store.get(NAMESPACE, handler))?;
        Ok(entry.and_then(|e| std::str::from_utf8(&e.value).ok()?.parse().ok()))
    }

    pub(super) fn save(&self, handler: &str, cursor: Cursor) -> Result<(), StoreError> {
        let text = cursor.to_string();
        self.runtime.block_on(self.store.put(NAMESPACE, handler, text.as_bytes(), None)).map(drop)
    }
}
