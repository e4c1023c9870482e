//! When accounts logged in last, and which of them are disabled because they did not for too long.
//!
//! Kept in memory, loaded at the start, and handed out for the state whenever it has changed; the file of the
//! configuration is never written.

mod record;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use causeway_config::{Account, Component, Config};
use causeway_core::Timestamp;
use causeway_core::event::Actor;

use record::{Disabled, Login, Record};

const DAY: u64 = 86_400;

/// What is known of accounts, by their ids.
#[derive(Debug, Default)]
pub struct Activity(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    records: HashMap<Arc<str>, Record>,
    /// Accounts whose records have changed since they were handed out.
    changed: HashSet<Arc<str>>,
}

/// What a look at an account has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is disabled from now on.
    Inactive { account: Actor, days: u32, last_login: Option<Timestamp> },
    /// Nobody has logged in by it, and it does not say when it was made: it counts from now.
    NoCreationDate { account: Actor },
}

impl Activity {
    /// With what the state has: ids of accounts and what [`Activity::changes`] gave for them. What cannot be read
    /// stands for a disabled account.
    pub fn load(stored: impl IntoIterator<Item = (Arc<str>, Vec<u8>)>) -> Self {
        let read = |bytes: Vec<u8>| Record::decode(&bytes).unwrap_or_else(Record::unreadable);
        let records = stored.into_iter().map(|(id, bytes)| (id, read(bytes))).collect();
        Self(Mutex::new(Table { records, changed: HashSet::new() }))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_disabled(&self, id: &str) -> bool {
        self.table().records.get(id).is_some_and(|record| record.disabled.is_some())
    }

    /// Somebody has logged in by the account.
    pub fn logged_in(&self, id: &Arc<str>, at: Timestamp, source: IpAddr, service: &Arc<str>) {
        let login = Login { at: at.seconds(), source, service: service.clone() };
        self.table().change(id, |record| record.last_login = Some(login));
    }

    /// What is to be written to the state, by account, once.
    pub fn changes(&self) -> Vec<(Arc<str>, Vec<u8>)> {
        let mut table = self.table();
        let changed = std::mem::take(&mut table.changed);
        let encoded = |id: Arc<str>| table.records.get(&id).map(|record| (id.clone(), record.encode()));
        changed.into_iter().filter_map(encoded).collect()
    }

    /// That could not be written: it is handed out again.
    pub fn not_written(&self, id: Arc<str>) {
        self.table().changed.insert(id);
    }

    /// Lets disabled accounts in again that an administrator has made anew: enabled, or with another `changed`.
    pub fn let_in_again(&self, config: &Config, now: Timestamp) {
        let mut table = self.table();
        let disabled = table.records.iter().filter(|(_, record)| record.disabled.is_some());
        let made_anew = |id: &Arc<str>, record: &Record| {
            let account = config.accounts.get(id).and_then(Component::live)?;
            let then = &record.disabled.as_ref()?.changed;
            (!account.options.enabled || *then != changed(account)).then(|| id.clone())
        };
        let made_anew: Vec<_> = disabled.filter_map(|(id, record)| made_anew(id, record)).collect();
        for id in made_anew {
            table.change(&id, |record| {
                record.disabled = None;
                record.cleared = Some(now.seconds());
            });
        }
    }

    /// Disables accounts without a login for too long. One that was changed less than `grace` ago is left alone.
    pub fn look(&self, config: &Config, now: Timestamp, grace: Duration) -> Vec<Seen> {
        let mut table = self.table();
        let live = config.accounts.values().filter_map(Component::live);
        live.filter_map(|account| table.look_at(config, account, now, grace)).collect()
    }
}

impl Table {
    fn change(&mut self, id: &Arc<str>, change: impl FnOnce(&mut Record)) {
        change(self.records.entry(id.clone()).or_default());
        self.changed.insert(id.clone());
    }

    fn look_at(
        &mut self,
        config: &Config,
        account: &Arc<Account>,
        now: Timestamp,
        grace: Duration,
    ) -> Option<Seen> {
        let options = &account.options;
        let record = self.records.get(&account.id).cloned().unwrap_or_default();
        // Disabled at a moment that is yet to come, so by a clock that was ahead: it is judged again.
        let is_disabled = match &record.disabled {
            Some(disabled) if disabled.at <= now.seconds() => return None,
            disabled => disabled.is_some(),
        };
        let days = limit(config, account).filter(|_| options.enabled)?;
        let moment = |at: &Option<_>| at.as_ref().and_then(|at| config.moment(at)).map(Timestamp::seconds);
        let created = moment(&options.created).or(record.known_since);
        let last_login = record.last_login.as_ref().map(|login| login.at);
        let Some(since) = self.last_seen(account, last_login, now).or(created) else {
            self.change(&account.id, |record| record.known_since = Some(now.seconds()));
            return Some(Seen::NoCreationDate { account: actor(account) });
        };
        let anew = moment(&options.changed).into_iter().chain(record.cleared).max();
        let spared = anew.is_some_and(|at| now.seconds().saturating_sub(at) < grace.as_secs());
        if spared || now.seconds().saturating_sub(since) < u64::from(days).saturating_mul(DAY) {
            if is_disabled {
                self.change(&account.id, |record| record.disabled = None);
            }
            return None;
        }
        self.change(&account.id, |record| {
            record.disabled = Some(Disabled { at: now.seconds(), changed: changed(account) });
        });
        let last_login = last_login.map(Timestamp::from_seconds);
        (!is_disabled).then(|| Seen::Inactive { account: actor(account), days, last_login })
    }

    /// When the account was used last. A login that is yet to come counts from when that was noticed.
    fn last_seen(&mut self, account: &Arc<Account>, last_login: Option<u64>, now: Timestamp) -> Option<u64> {
        let now = now.seconds();
        let known = self.records.get(&account.id).and_then(|record| record.ahead_since);
        let ahead = last_login.filter(|at| *at > now).map(|_| known.unwrap_or(now));
        if ahead != known {
            self.change(&account.id, |record| record.ahead_since = ahead);
        }
        ahead.or(last_login)
    }
}

/// The option `changed` as it is now.
fn changed(account: &Account) -> String {
    account.options.changed.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn actor(account: &Account) -> Actor {
    Actor { uuid: account.id.clone(), name: account.options.name.0.clone() }
}

/// Days without a login that the account may have; none if it has no limit.
fn limit(config: &Config, account: &Account) -> Option<u32> {
    let options = &account.options;
    let primary = options.group.first().and_then(|id| config.groups.get(id)?.live());
    let inherited = primary.map_or(causeway_config::value::Days(0), |g| g.options.disable_on_inactivity);
    Some(options.disable_on_inactivity.or(&inherited).0).filter(|days| *days > 0)
}
