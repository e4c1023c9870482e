//! The look at the list of revoked SSH keys: sessions whose key or certificate it names end.

use std::sync::Arc;
use std::time::Duration;

use causeway_core::Origin;
use causeway_events::catalogue::ids;
use causeway_serve::ssh::Shared;
use tokio::task::JoinHandle;

use super::record;

/// How often the file is looked at. Logins look at it themselves.
const LOOK: Duration = Duration::from_secs(1);

/// Looks for as long as the task lives: on its own, since the file may be on a disk that does not answer.
pub(super) fn watch(shared: Arc<Shared>, origin: Arc<Origin>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut turn = tokio::time::interval(LOOK);
        loop {
            turn.tick().await;
            let Some(looked) = shared.authenticator.look_at_revocations().await else { continue };
            let told = record(&shared, &origin, |batch| match looked {
                Ok(()) => _ = batch.emit(ids::REVOKED_KEYS_CHANGED),
                Err(error) => _ = batch.emit(ids::REVOKED_KEYS_UNUSABLE).with("details", error.to_string()),
            });
            if let Err(error) = told {
                tracing::error!(?error, "audit");
            }
            shared.sessions.renew_all();
        }
    })
}
