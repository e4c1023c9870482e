//! Sources whose logins keep failing: how often, and until when they are banned.
//!
//! All of it is in memory, loaded at the start, and handed out for the state whenever it has changed. Time is counted by
//! the steady clock: a step of the wall clock neither ends a ban nor makes it longer.
//!
//! - here: the table, bounded. [`record`]: how the state has an entry.

mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use causeway_config::SecurityPolicy;
use causeway_core::{Clock, Monotonic, SourceNetwork, Timestamp};
use tokio::sync::Notify;

use record::Record;

/// Entries at the most. A new one takes the place of the least useful.
pub const MAX_ENTRIES: usize = 100_000;
/// Failures short of a ban are forgotten after so long without another one.
const MEMORY: Duration = Duration::from_secs(24 * 3600);
/// Failures short of a ban that are handed out at a time. Bans always are.
const COUNTS_AT_A_TIME: usize = 500;
/// The wall clock may drift so far from the steady one before ends of bans are handed out anew.
const DRIFT: i128 = 5_000_000_000;
/// How often expired entries are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// What is known of sources, by policy.
#[derive(Debug)]
pub struct Bans {
    table: Mutex<Table>,
    clock: Clock,
    /// Rings when a ban has begun or ended.
    bell: Notify,
}

#[derive(Debug)]
struct Table {
    entries: HashMap<Key, Entry>,
    /// The least useful first.
    order: BTreeMap<Usefulness, Key>,
    next: u64,
    limit: usize,
    /// Not handed out since it changed.
    changed: HashSet<Key>,
    /// In the state, and not here any more.
    gone: HashSet<Key>,
    /// The wall clock against the steady one when ends of bans were handed out, in nanoseconds.
    offset: i128,
    swept: Monotonic,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    /// Id of a policy.
    policy: Arc<str>,
    source: SourceNetwork,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Failing { failures: u32, last: Monotonic },
    Banned { failures: u32, interval: Duration, until: Monotonic },
}

#[derive(Debug)]
struct Entry {
    state: State,
    usefulness: Usefulness,
    /// The state has it.
    is_stored: bool,
}

/// Few failures long ago are worth least, bans that still last long most. The number tells equals apart.
type Usefulness = (u32, Monotonic, u64);

/// A source that is banned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Id of the policy.
    pub policy: Arc<str>,
    pub source: SourceNetwork,
    pub failures: u32,
    /// What is left of it.
    pub left: Duration,
}

/// What the state is to have of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub key: String,
    /// A value, and for how long. None: nothing any more.
    pub value: Option<(Vec<u8>, Duration)>,
}

impl State {
    fn end(&self) -> Monotonic {
        match self {
            State::Failing { last, .. } => last.after(MEMORY),
            State::Banned { until, .. } => *until,
        }
    }

    fn record(&self) -> Record {
        match *self {
            State::Failing { failures, .. } => Record::Failing { failures },
            State::Banned { failures, interval, .. } => Record::Banned { failures, interval },
        }
    }

    fn usefulness(&self, number: u64) -> Usefulness {
        match *self {
            State::Failing { failures, last } => (failures.min(u32::MAX - 1), last, number),
            State::Banned { until, .. } => (u32::MAX, until, number),
        }
    }
}

impl Bans {
    /// Nobody is banned.
    pub fn new(clock: Clock) -> Self {
        let table = Table {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
            limit: MAX_ENTRIES,
            changed: HashSet::new(),
            gone: HashSet::new(),
            offset: offset(&clock),
            swept: clock.monotonic(),
        };
        Self { table: Mutex::new(table), clock, bell: Notify::new() }
    }

    /// With what the state has: keys and values as [`Bans::changes`] gave them, and when they end. A ban never lasts
    /// longer from now than it was meant to from its beginning, whatever the wall clock did meanwhile.
    pub fn load(
        stored: impl IntoIterator<Item = (String, Vec<u8>, Option<Timestamp>)>,
        clock: Clock,
    ) -> Self {
        let bans = Self::new(clock);
        let (now, wall) = (bans.clock.monotonic(), bans.clock.now());
        let mut table = bans.table();
        for (key, value, expires) in stored {
            let (Some(key), Some(record)) = (Key::decode(&key), Record::decode(&value)) else { continue };
            let left = expires.map(|at| Duration::from_nanos(at.0.saturating_sub(wall.0)));
            let state = match record {
                Record::Banned { failures, interval } => {
                    let until = now.after(left.unwrap_or(interval).min(interval));
                    State::Banned { failures, interval, until }
                }
                Record::Failing { failures } => State::Failing { failures, last: now },
            };
            table.set(key.clone(), state);
            table.changed.remove(&key);
            if let Some(entry) = table.entries.get_mut(&key) {
                entry.is_stored = true;
            }
        }
        drop(table);
        bans
    }

    #[cfg(test)]
    fn with_limit(self, limit: usize) -> Self {
        self.table().limit = limit;
        self
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of the ban of a source; none if it is not banned.
    pub fn of(&self, policy: &SecurityPolicy, source: IpAddr) -> Option<Duration> {
        if policy.options.source_ip_ban_after_count == 0 {
            return None;
        }
        let now = self.clock.monotonic();
        let table = self.table();
        if table.entries.is_empty() {
            return None;
        }
        match table.entries.get(&Key::of(policy, source))?.state {
            State::Banned { until, .. } if until > now => Some(until.since(now)),
            _ => None,
        }
    }

    /// A login from there has failed. The number of failures if that bans the source.
    pub fn failed(&self, policy: &SecurityPolicy, source: IpAddr) -> Option<u32> {
        let most = policy.options.source_ip_ban_after_count;
        if most == 0 {
            return None;
        }
        let (now, key) = (self.clock.monotonic(), Key::of(policy, source));
        let mut table = self.table();
        let failures = match table.entries.get(&key).map(|entry| entry.state) {
            Some(state) if state.end() <= now => 1,
            // Already banned, by a login that was judged at the same time.
            Some(State::Banned { .. }) => return None,
            Some(State::Failing { failures, .. }) => failures.saturating_add(1),
            None => 1,
        };
        if failures < most {
            table.set(key, State::Failing { failures, last: now });
            return None;
        }
        let interval = policy.options.source_ip_ban_interval.duration();
        table.set(key, State::Banned { failures, interval, until: now.after(interval) });
        drop(table);
        self.bell.notify_one();
        Some(failures)
    }

    /// A login from there has succeeded: what failed before does not count any more. It ends no ban.
    pub fn succeeded(&self, policy: &SecurityPolicy, source: IpAddr) {
        let mut table = self.table();
        if table.entries.is_empty() {
            return;
        }
        let key = Key::of(policy, source);
        if table.entries.get(&key).is_some_and(|entry| matches!(entry.state, State::Failing { .. })) {
            table.remove(&key);
        }
    }

    /// All bans, ordered by policy and source.
    pub fn list(&self) -> Vec<Ban> {
        let now = self.clock.monotonic();
        let table = self.table();
        let bans = table.entries.iter().filter_map(|(key, entry)| match entry.state {
            State::Banned { failures, until, .. } if until > now => {
                Some(Ban { policy: key.policy.clone(), source: key.source, failures, left: until.since(now) })
            }
            _ => None,
        });
        let mut bans: Vec<Ban> = bans.collect();
        drop(table);
        bans.sort_by(|a, b| (&a.policy, a.source).cmp(&(&b.policy, b.source)));
        bans
    }

    /// Ends the bans that `which` says. Returns those.
    pub fn lift(&self, which: impl Fn(&Ban) -> bool) -> Vec<Ban> {
        let lifted: Vec<Ban> = self.list().into_iter().filter(which).collect();
        let mut table = self.table();
        for ban in &lifted {
            table.remove(&Key { policy: ban.policy.clone(), source: ban.source });
        }
        drop(table);
        self.bell.notify_one();
        lifted
    }

    /// Completes when a ban has begun or ended since this was asked last.
    pub async fn changed(&self) {
        self.bell.notified().await;
    }

    /// What is to be written to the state. Each is handed out once; there may be more.
    pub fn changes(&self) -> Vec<Change> {
        let (now, offset) = (self.clock.monotonic(), offset(&self.clock));
        let mut table = self.table();
        table.sweep(now);
        table.follow(offset);
        let gone: Vec<Key> = table.gone.drain().collect();
        let is_ban = |table: &Table, key: &Key| {
            matches!(table.entries.get(key).map(|e| e.state), Some(State::Banned { .. }))
        };
        let (bans, counts): (Vec<Key>, Vec<Key>) =
            std::mem::take(&mut table.changed).into_iter().partition(|key| is_ban(&table, key));
        let mut counts = counts.into_iter();
        let mut changes: Vec<Change> =
            gone.iter().map(|key| Change { key: key.encode(), value: None }).collect();
        let due: Vec<Key> = bans.into_iter().chain(counts.by_ref().take(COUNTS_AT_A_TIME)).collect();
        for key in due {
            let Some(entry) = table.entries.get_mut(&key) else { continue };
            entry.is_stored = true;
            let live = entry.state.end().since(now);
            changes.push(Change { key: key.encode(), value: Some((entry.state.record().encode(), live)) });
        }
        table.changed.extend(counts);
        changes
    }

    /// A change could not be written: it is handed out again, unless something else has become of it.
    pub fn not_written(&self, change: &Change) {
        let Some(key) = Key::decode(&change.key) else { return };
        let mut table = self.table();
        if table.entries.contains_key(&key) {
            table.changed.insert(key);
        } else {
            table.gone.insert(key);
        }
    }
}

impl Table {
    fn set(&mut self, key: Key, state: State) {
        let is_stored = match self.entries.remove(&key) {
            Some(old) => {
                self.order.remove(&old.usefulness);
                old.is_stored
            }
            None => {
                while self.entries.len() >= self.limit {
                    let Some((_, least)) = self.order.pop_first() else { break };
                    self.remove(&least);
                }
                self.gone.remove(&key)
            }
        };
        let usefulness = state.usefulness(self.next);
        self.next += 1;
        self.order.insert(usefulness, key.clone());
        self.changed.insert(key.clone());
        self.entries.insert(key, Entry { state, usefulness, is_stored });
    }

    fn remove(&mut self, key: &Key) {
        let Some(entry) = self.entries.remove(key) else { return };
        self.order.remove(&entry.usefulness);
        self.changed.remove(key);
        if entry.is_stored {
            self.gone.insert(key.clone());
        }
    }

    /// Forgets what has ended. The state forgets it by itself.
    fn sweep(&mut self, now: Monotonic) {
        if now.since(self.swept) < SWEEP {
            return;
        }
        self.swept = now;
        let ended: Vec<Key> = {
            let ended = self.entries.iter().filter(|(_, entry)| entry.state.end() <= now);
            ended.map(|(key, _)| key.clone()).collect()
        };
        ended.iter().for_each(|key| self.remove(key));
    }

    /// The state has the ends of bans by the wall clock: when that has stepped they are written anew.
    fn follow(&mut self, offset: i128) {
        if (offset - self.offset).abs() < DRIFT {
            return;
        }
        self.offset = offset;
        let bans = self.entries.iter().filter(|(_, entry)| matches!(entry.state, State::Banned { .. }));
        self.changed.extend(bans.map(|(key, _)| key.clone()));
    }
}

/// The wall clock against the steady one, in nanoseconds.
fn offset(clock: &Clock) -> i128 {
    let steady = i128::try_from(clock.monotonic().0.as_nanos()).unwrap_or(i128::MAX);
    i128::from(clock.now().0) - steady
}

impl Key {
    fn of(policy: &SecurityPolicy, source: IpAddr) -> Self {
        Self { policy: policy.id.clone(), source: SourceNetwork::of(source) }
    }

    /// The source, which has no space in it, and the id of the policy.
    fn encode(&self) -> String {
        format!("{} {}", self.source, self.policy)
    }

    fn decode(text: &str) -> Option<Self> {
        let (source, policy) = text.split_once(' ')?;
        Some(Self { policy: policy.into(), source: source.parse().ok()? })
    }
}
