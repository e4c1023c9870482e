//! How bans outlive the process: a task writes to the state what has become of sources, a ban as soon as it begins.

use std::sync::Arc;
use std::time::Duration;

use causeway_auth::bans::{Ban, Bans};
use causeway_config::Component;
use causeway_core::{Clock, SourceNetwork, Timestamp};
use causeway_events::catalogue::ids;
use causeway_store::{Page, Store, StoreError};

use super::Server;
use crate::control::{self, Answer, WhichBans};

/// Where the state has what is known of sources.
const NAMESPACE: &str = "bans";
/// How often counts of failures are written that are no bans.
const WRITE: Duration = Duration::from_secs(5);
/// The pause after the state has refused to be written.
const PAUSE: Duration = Duration::from_secs(1);
/// Events of bans that were ended by one request are recorded so many at a time.
const EVENTS: usize = 1000;

/// What is known of sources, and who writes it down.
pub(super) struct Keeper {
    bans: Arc<Bans>,
    writer: tokio::task::JoinHandle<()>,
}

impl Keeper {
    pub(super) async fn open(store: &Store, clock: Clock) -> Result<Self, StoreError> {
        let bans = Arc::new(Bans::load(stored(store).await?, clock));
        let (from, to) = (bans.clone(), store.clone());
        let writer = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = from.changed() => {}
                    () = tokio::time::sleep(WRITE) => {}
                }
                if !write(&from, &to).await {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
        Ok(Self { bans, writer })
    }

    pub(super) fn bans(&self) -> &Arc<Bans> {
        &self.bans
    }

    pub(super) fn list(&self) -> Vec<control::Ban> {
        let bans = self.bans.list().into_iter();
        let listed = |ban: Ban| control::Ban {
            source: ban.source.to_string(),
            policy: ban.policy.to_string(),
            failures: ban.failures,
            left: ban.left.as_secs(),
        };
        bans.map(listed).collect()
    }

    /// Writes what has not been written yet.
    pub(super) async fn end(self, store: &Store) {
        self.writer.abort();
        let _ = self.writer.await;
        write(&self.bans, store).await;
    }
}

/// Keys, values and ends.
async fn stored(store: &Store) -> Result<Vec<(String, Vec<u8>, Option<Timestamp>)>, StoreError> {
    let mut all: Vec<(String, Vec<u8>, Option<Timestamp>)> = Vec::new();
    loop {
        let after = all.last().map(|(key, ..)| key.clone());
        let page = Page { after: after.as_deref(), ..Page::default() };
        let items = store.list(NAMESPACE, page).await?;
        if items.is_empty() {
            return Ok(all);
        }
        all.extend(items.into_iter().map(|item| (item.key, item.entry.value, item.entry.expires)));
    }
}

/// Whether everything could be written.
async fn write(bans: &Bans, store: &Store) -> bool {
    let mut all = true;
    for change in bans.changes() {
        let written = match &change.value {
            Some((value, live)) => store.put(NAMESPACE, &change.key, value, Some(*live)).await.map(drop),
            None => store.delete(NAMESPACE, &change.key).await.map(drop),
        };
        if let Err(error) = written {
            tracing::warn!(%error, source = %change.key, "what is known of a source could not be written");
            bans.not_written(&change);
            all = false;
        }
    }
    all
}

impl Server {
    /// Ends bans, by request of an administrator.
    pub(super) fn lift_bans(&self, which: &WhichBans) -> Answer {
        let source = match which.source.as_deref().map(str::parse::<SourceNetwork>).transpose() {
            Ok(source) => source,
            Err(error) => return Answer::Failed { why: error.to_string() },
        };
        let lifted = self.bans.bans().lift(|ban| {
            source.is_none_or(|source| source == ban.source)
                && which.policy.as_ref().is_none_or(|policy| **policy == *ban.policy)
        });
        for some in lifted.chunks(EVENTS) {
            let _ = self.report(|batch| {
                for ban in some {
                    batch
                        .emit(ids::SOURCE_RELEASED)
                        .with("policy_name", &self.name_of_policy(&ban.policy))
                        .with("source_ip", ban.source.to_string());
                }
            });
        }
        Answer::Lifted { count: lifted.len() }
    }

    fn name_of_policy(&self, id: &Arc<str>) -> Arc<str> {
        let policy = self.running.config.security_policies.get(id).and_then(Component::live);
        policy.map_or(id, |policy| policy.label()).clone()
    }
}
