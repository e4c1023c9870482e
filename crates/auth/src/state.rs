//! The state of the installation, as logins need it.

use std::future::Future;

use causeway_store::{Store, StoreError};
use tokio::runtime::Handle;

use crate::Why;

/// Asks the state on the runtime that it was opened on, and each question to its end, even if who asks has left.
#[derive(Debug, Clone, Default)]
pub struct State(Option<(Store, Handle)>);

impl State {
    pub fn new(store: Store, runtime: Handle) -> Self {
        Self(Some((store, runtime)))
    }

    pub(crate) async fn ask<T, F>(&self, ask: impl FnOnce(Store) -> F) -> Result<T, Why>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Why>> + Send + 'static,
    {
        let (store, runtime) = self.0.as_ref().ok_or_else(|| Why::State("there is none".into()))?;
        runtime.spawn(ask(store.clone())).await.map_err(|_| Why::Interrupted)?
    }
}

pub(crate) fn broken(error: StoreError) -> Why {
    Why::State(error.to_string().into())
}
