//! The sessions of a process: who is connected, and how one is called from outside its task.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_auth::Grant;
use causeway_core::{PrincipalId, Timestamp, Uuid};
use tokio::sync::Notify;

/// The registry. Shared by all services.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<Uuid, Arc<Entry>>>>);

/// A session's place in the registry, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Presence {
    sessions: Sessions,
    entry: Arc<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: Uuid,
    service: Arc<str>,
    peer: SocketAddr,
    since: Timestamp,
    user: Mutex<Option<User>>,
    /// Whether there is a call; looked at often.
    called: AtomicBool,
    call: Mutex<Option<Call>>,
    bell: Notify,
}

/// What a session is called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// The grant is to be made anew.
    Renew,
    /// The session is to end, for this reason.
    Close(Arc<str>),
    /// It has not logged in, and has to make way for another one at once.
    MakeWay,
}

/// Who calls one session.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Arc<Entry>);

impl Caller {
    pub(crate) fn make_way(&self) {
        self.0.ring(Call::MakeWay);
    }
}

/// Who has logged in.
#[derive(Debug, Clone)]
pub struct User {
    pub name: Arc<str>,
    pub principal: PrincipalId,
    /// From when on the account may not be used.
    pub expires: Option<Timestamp>,
}

/// One session as it is listed.
#[derive(Debug, Clone)]
pub struct Info {
    pub id: Uuid,
    /// Id of the service.
    pub service: Arc<str>,
    pub peer: SocketAddr,
    pub since: Timestamp,
    /// None before the login.
    pub user: Option<User>,
}

impl Sessions {
    pub(crate) fn enter(&self, id: Uuid, service: Arc<str>, peer: SocketAddr, since: Timestamp) -> Presence {
        let entry = Arc::new(Entry {
            id,
            service,
            peer,
            since,
            user: Mutex::default(),
            called: AtomicBool::new(false),
            call: Mutex::default(),
            bell: Notify::new(),
        });
        lock(&self.0).insert(id, entry.clone());
        Presence { sessions: self.clone(), entry }
    }

    /// All sessions, the oldest first.
    pub fn list(&self) -> Vec<Info> {
        let mut list: Vec<Info> = lock(&self.0).values().map(|e| e.info()).collect();
        list.sort_by_key(|info| (info.since, info.id));
        list
    }

    pub fn count(&self) -> usize {
        lock(&self.0).len()
    }

    /// Ends those that `which` says, for a reason that their events tell. Returns how many.
    pub fn close(&self, reason: &str, which: impl Fn(&Info) -> bool) -> usize {
        let reason: Arc<str> = Arc::from(reason);
        let chosen = self.entries(|e| which(&e.info()));
        for entry in &chosen {
            entry.ring(Call::Close(reason.clone()));
        }
        chosen.len()
    }

    /// The configuration has changed: everybody who has logged in asks again what they may do.
    pub fn renew_all(&self) {
        for entry in self.entries(|e| lock(&e.user).is_some()) {
            entry.ring(Call::Renew);
        }
    }

    /// Those whose account has expired by `now` ask again, and are refused.
    pub fn renew_expired(&self, now: Timestamp) {
        let expired = |e: &Entry| lock(&e.user).as_ref().and_then(|u| u.expires).is_some_and(|at| at <= now);
        for entry in self.entries(expired) {
            entry.ring(Call::Renew);
        }
    }

    fn entries(&self, which: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        lock(&self.0).values().filter(|e| which(e)).cloned().collect()
    }
}

impl Entry {
    fn info(&self) -> Info {
        Info {
            id: self.id,
            service: self.service.clone(),
            peer: self.peer,
            since: self.since,
            user: lock(&self.user).clone(),
        }
    }

    fn ring(&self, call: Call) {
        let mut waiting = lock(&self.call);
        // Who is to go need not be told anything else. Who has logged in meanwhile need not make way any more.
        let is_last = match &*waiting {
            Some(Call::Close(_)) => true,
            Some(Call::MakeWay) => !matches!(call, Call::Close(_)) && lock(&self.user).is_none(),
            Some(Call::Renew) | None => false,
        };
        if !is_last {
            *waiting = Some(call);
        }
        self.called.store(true, Ordering::Release);
        drop(waiting);
        self.bell.notify_one();
    }
}

impl Presence {
    /// The session has a user, or its grant was made anew.
    pub(crate) fn set_user(&self, grant: &Grant) {
        let terms = grant.terms();
        let user = User {
            name: terms.account.name.clone(),
            principal: terms.principal.clone(),
            expires: grant.expires(),
        };
        *lock(&self.entry.user) = Some(user);
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller(self.entry.clone())
    }

    /// Whether somebody calls. One atomic read.
    pub(crate) fn is_called(&self) -> bool {
        self.entry.called.load(Ordering::Acquire)
    }

    /// What for; once.
    pub(crate) fn take_call(&self) -> Option<Call> {
        let mut call = lock(&self.entry.call);
        self.entry.called.store(false, Ordering::Release);
        call.take()
    }

    /// Why the session is to end, if that is what it is called for.
    pub(crate) fn closed(&self) -> Option<Arc<str>> {
        match &*lock(&self.entry.call) {
            Some(Call::Close(reason)) => Some(reason.clone()),
            _ => None,
        }
    }

    /// Completes when somebody calls, or has called since this was last asked.
    pub(crate) fn bell(&self) -> impl Future<Output = ()> + Send + use<> {
        let entry = self.entry.clone();
        async move { entry.bell.notified().await }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        lock(&self.sessions.0).remove(&self.entry.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole between any two statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_auth::Terms;

    fn entered(sessions: &Sessions, n: u128) -> Presence {
        let peer = "192.0.2.1:5".parse().unwrap();
        sessions.enter(Uuid::from_u128(n), "s".into(), peer, Timestamp::from_seconds(1))
    }

    #[test]
    fn a_session_is_listed_until_it_is_gone() {
        let sessions = Sessions::default();
        let presence = entered(&sessions, 1);
        assert_eq!(sessions.list()[0].id, Uuid::from_u128(1));
        assert!(sessions.list()[0].user.is_none());
        drop(presence);
        assert_eq!(sessions.count(), 0);
    }

    #[tokio::test]
    async fn who_is_called_hears_it_once_even_if_nobody_listened_then() {
        let sessions = Sessions::default();
        let (one, other) = (entered(&sessions, 1), entered(&sessions, 2));
        assert_eq!(sessions.close("enough", |i| i.id == Uuid::from_u128(1)), 1);
        one.bell().await;
        assert!(one.is_called() && !other.is_called());
        assert_eq!(one.take_call(), Some(Call::Close("enough".into())));
        assert!(!one.is_called());
        assert_eq!(one.take_call(), None);
    }

    #[test]
    fn who_has_expired_by_the_clock_of_now_is_called_and_nobody_else() {
        let sessions = Sessions::default();
        let presences = [None, Some(100), Some(200)].map(|expires: Option<u64>| {
            let presence = entered(&sessions, u128::from(expires.unwrap_or(0)) + 1);
            let terms = Terms::for_test("u", "/".into(), "allow-read");
            presence.set_user(&Grant::expiring_for_test(terms, expires.map(Timestamp::from_seconds)));
            presence
        });
        let called_at = |seconds| {
            sessions.renew_expired(Timestamp::from_seconds(seconds));
            presences.each_ref().map(|presence| presence.take_call() == Some(Call::Renew))
        };
        // The clock goes on, steps forwards, and back again.
        for (now, expected) in [
            (99, [false, false, false]),
            (100, [false, true, false]),
            (1_000_000, [false, true, true]),
            (50, [false, false, false]),
        ] {
            assert_eq!(called_at(now), expected, "{now}");
        }
    }

    #[test]
    fn a_change_calls_who_has_logged_in_and_a_close_is_not_forgotten_for_it() {
        let sessions = Sessions::default();
        let (before, after) = (entered(&sessions, 1), entered(&sessions, 2));
        after.set_user(&Grant::for_test(Terms::for_test("u", "/".into(), "allow-read")));
        sessions.close("enough", |i| i.user.is_some());
        sessions.renew_all();
        assert_eq!(before.take_call(), None);
        assert_eq!(after.take_call(), Some(Call::Close("enough".into())));
    }
}
