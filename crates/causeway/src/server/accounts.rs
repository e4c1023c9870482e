//! The look at accounts from time to time: last logins are kept, inactive accounts disabled, expiry told in advance.

use std::sync::Arc;
use std::time::Duration;

use causeway_auth::activity::{Activity, Seen};
use causeway_config::options::AnalyticsOptions;
use causeway_config::value::Days;
use causeway_config::{Account, Component, Config};
use causeway_core::{EventId, Monotonic, Timestamp};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_store::{Page, Store, StoreError};

use super::Server;

/// Where the state has what is known of accounts, by their ids.
const NAMESPACE: &str = "account-activity";
/// How often last logins are written to the state.
const WRITE: Duration = Duration::from_secs(5);
const DAY: u64 = 86_400;

/// What is known of the accounts, and when they were looked at.
pub(super) struct Accounts {
    activity: Arc<Activity>,
    /// The configuration that was looked at last.
    config: Option<Arc<Config>>,
    looked: Option<Monotonic>,
    /// The local day whose warnings have been told.
    warned: Option<i64>,
    writer: tokio::task::JoinHandle<()>,
}

impl Accounts {
    pub(super) async fn open(store: &Store) -> Result<Self, StoreError> {
        let activity = Arc::new(Activity::load(stored(store).await?));
        let (from, to) = (activity.clone(), store.clone());
        let writer = tokio::spawn(async move {
            let mut turn = tokio::time::interval(WRITE);
            loop {
                turn.tick().await;
                write(&from, &to).await;
            }
        });
        Ok(Self { activity, config: None, looked: None, warned: None, writer })
    }

    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Writes what has not been written yet.
    pub(super) async fn end(self, store: &Store) {
        self.writer.abort();
        write(&self.activity, store).await;
    }
}

/// What the state has of one account, for a process that is not the server.
pub(crate) async fn activity_of(store: &Store, account: &Arc<str>) -> Result<Activity, StoreError> {
    let stored = store.get(NAMESPACE, account).await?;
    Ok(Activity::load(stored.map(|entry| (account.clone(), entry.value))))
}

async fn stored(store: &Store) -> Result<Vec<(Arc<str>, Vec<u8>)>, StoreError> {
    let mut all: Vec<(Arc<str>, Vec<u8>)> = Vec::new();
    loop {
        let after = all.last().map(|(id, _)| id.to_string());
        let page = Page { after: after.as_deref(), ..Page::default() };
        let items = store.list(NAMESPACE, page).await?;
        if items.is_empty() {
            return Ok(all);
        }
        all.extend(items.into_iter().map(|item| (Arc::from(item.key), item.entry.value)));
    }
}

/// Writes what has changed.
pub(crate) async fn write(activity: &Activity, store: &Store) {
    for (id, record) in activity.changes() {
        if let Err(error) = store.put(NAMESPACE, &id, &record, None).await {
            tracing::warn!(%error, account = %id, "what is known of an account could not be written");
            activity.not_written(id);
        }
    }
}

impl Server {
    /// Looks at the accounts, if it is time to.
    pub(super) fn look_at_accounts(&mut self) {
        let config = self.running.config.clone();
        let (now, monotonic) = (self.shared.clock.now(), self.shared.clock.monotonic());
        if self.accounts.config.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &config)) {
            self.accounts.activity.let_in_again(&config, now);
            self.accounts.config = Some(config.clone());
        }
        let Some(analytics) = config.analytics() else { return };
        let interval = analytics.monitor_interval.duration();
        if self.accounts.looked.is_some_and(|last| monotonic.since(last) < interval) {
            return;
        }
        self.accounts.looked = Some(monotonic);
        let grace = analytics.account_auto_disable_grace_interval.duration();
        let seen = self.accounts.activity.look(&config, now, grace);
        let day = Some(config.day(now));
        let warns = std::mem::replace(&mut self.accounts.warned, day) != day;
        let _ = self.report(|batch| {
            seen.iter().for_each(|seen| tell(batch, seen));
            if warns {
                warn(batch, &config, analytics, now);
            }
        });
        if seen.iter().any(|seen| matches!(seen, Seen::Inactive { .. })) {
            self.shared.authenticator.epoch().advance();
            self.shared.sessions.renew_all();
        }
    }
}

fn tell(batch: &mut Batch, seen: &Seen) {
    match seen {
        Seen::Inactive { account, days, last_login } => {
            let last_login = last_login.map_or_else(|| "never".to_owned(), |at| at.seconds().to_string());
            batch
                .emit(ids::ACCOUNT_DISABLED_FOR_INACTIVITY)
                .with("account_name", &account.name)
                .with("account_uuid", &account.uuid)
                .with("day_count", u64::from(*days))
                .with("last_login", last_login);
        }
        Seen::NoCreationDate { account } => {
            batch
                .emit(ids::ACCOUNT_INACTIVITY_UNKNOWN)
                .with("account_name", &account.name)
                .with("account_uuid", &account.uuid)
                .with(
                    "details",
                    "it has no creation date, and nobody has logged in by it: it counts from now",
                );
        }
    }
}

/// Tells of accounts, passwords and certificates of host keys that expire soon.
fn warn(batch: &mut Batch, config: &Config, analytics: &AnalyticsOptions, now: Timestamp) {
    for account in config.accounts.values().filter_map(Component::live).filter(|a| a.options.enabled) {
        let expires = account.options.expire_datetime.as_ref().and_then(|at| config.moment(at));
        if let Some(days) = days_left(expires, now, analytics.account_expiration_warning) {
            warn_of(batch, ids::ACCOUNT_EXPIRES_SOON, account, days);
        }
        let expires = config.password_expires(account);
        if let Some(days) = days_left(expires, now, analytics.password_expiration_warning) {
            warn_of(batch, ids::PASSWORD_EXPIRES_SOON, account, days);
        }
    }
    for (item, certificate) in config.host_certificates() {
        if let Some(days) = days_left(certificate.expires(), now, analytics.certificate_expiration_warning) {
            batch
                .emit(ids::CERTIFICATE_EXPIRES_SOON)
                .with("component", "vault-items")
                .with("component_name", &item.id)
                .with("details", certificate.to_string())
                .with("expires_in_days", days)
                .with("name", item.options.name.to_string());
        }
    }
}

/// Days that are left, the last one counted whole, if they are so few that it is told.
fn days_left(expires: Option<Timestamp>, now: Timestamp, warning: Days) -> Option<u64> {
    let left = expires?.seconds().checked_sub(now.seconds()).filter(|left| *left > 0)?;
    (left <= u64::from(warning.0).saturating_mul(DAY)).then(|| left.div_ceil(DAY))
}

fn warn_of(batch: &mut Batch, id: EventId, account: &Account, days: u64) {
    let email = account.options.email.first().map(|mailbox| mailbox.address.to_string()).unwrap_or_default();
    batch
        .emit(id)
        .with("account_email", email)
        .with("account_name", &account.options.name.0)
        .with("account_uuid", &account.id)
        .with("days", days);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_told_within_the_days_of_the_warning_and_not_after() {
        let now = Timestamp::from_seconds(1_000_000);
        let left = |seconds: u64| days_left(Some(Timestamp::from_seconds(1_000_000 + seconds)), now, Days(3));
        assert_eq!([left(0), left(1), left(DAY), left(DAY + 1)], [None, Some(1), Some(1), Some(2)]);
        assert_eq!([left(3 * DAY), left(3 * DAY + 1)], [Some(3), None]);
        assert_eq!(days_left(None, now, Days(3)), None);
        assert_eq!(days_left(Some(Timestamp::from_seconds(1_000_001)), now, Days(0)), None);
    }
}
