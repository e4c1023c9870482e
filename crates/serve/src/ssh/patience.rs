//! What a driver waits for beside its socket: a moment in time, a call from outside, and the end of the server. They are
//! kept from one wait to the next, because registering them anew costs more than most requests.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use causeway_core::{Clock, Monotonic};
use tokio::time::{Sleep, sleep};

use super::session::End;
use crate::sessions::{Call, Presence};
use crate::shutdown::{Phase, Shift};

pub(super) struct Patience {
    timer: Pin<Box<Sleep>>,
    /// When the timer rings; nothing if it has.
    rings: Option<Monotonic>,
    shift: Shift,
    turn: Signal,
    presence: Presence,
    bell: Signal,
}

/// How long a connection may go on without a login, and when that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grace {
    pub(super) length: Duration,
    pub(super) ends: Monotonic,
}

type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Patience {
    /// To be made on the runtime that waits.
    pub(super) fn new(shift: Shift, presence: Presence) -> Self {
        let turn = turn(&shift, Phase::Running);
        let bell = Box::pin(presence.bell());
        Self { timer: Box::pin(sleep(Duration::ZERO)), rings: None, shift, turn, presence, bell }
    }

    /// The session's place in the registry.
    pub(super) fn presence(&self) -> &Presence {
        &self.presence
    }

    /// What the session is called for from outside, once.
    pub(super) fn take_call(&self) -> Option<Call> {
        if self.presence.is_called() { self.presence.take_call() } else { None }
    }

    /// Waits for what is asked of others on behalf of who logs in, until the grace is over, the server stops, or the session
    /// is closed. Who has to make way stays until there is an answer.
    pub(super) async fn until_answered<T>(
        &mut self,
        answer: impl Future<Output = T>,
        clock: &Clock,
        grace: Grace,
    ) -> Result<T, End> {
        let mut answer = pin!(answer);
        loop {
            let now = clock.monotonic();
            if self.phase() != Phase::Running {
                return Err(End::Stopping);
            }
            if let Some(reason) = self.presence.closed() {
                return Err(End::Closed(reason));
            }
            if now >= grace.ends {
                return Err(End::Grace(grace.length.as_secs()));
            }
            let answered = poll_fn(|cx| match answer.as_mut().poll(cx) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if self.poll_call(cx).is_ready() => Poll::Ready(None),
                Poll::Pending if self.poll_phase(cx).is_ready() => Poll::Ready(None),
                Poll::Pending => self.poll_time(cx, now, grace.ends).map(|()| None),
            });
            if let Some(answer) = answered.await {
                return Ok(answer);
            }
        }
    }

    /// Whether there was a call since this was asked last.
    pub(super) fn poll_call(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.bell.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.bell = Box::pin(self.presence.bell());
        Poll::Ready(())
    }

    /// How far the end of the server has come.
    pub(super) fn phase(&self) -> Phase {
        self.shift.phase()
    }

    /// Whether it is `until`, or close to a moment that was waited for before: who is woken looks at the clock.
    pub(super) fn poll_time(&mut self, cx: &mut Context<'_>, now: Monotonic, until: Monotonic) -> Poll<()> {
        if self.rings.is_none_or(|rings| until < rings) {
            self.timer.set(sleep(until.since(now).max(Duration::from_millis(1))));
            self.rings = Some(until);
        }
        let rung = self.timer.as_mut().poll(cx);
        if rung.is_ready() {
            self.rings = None;
        }
        rung
    }

    /// Whether the end of the server has come further since this was asked last.
    pub(super) fn poll_phase(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.turn.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.turn = turn(&self.shift, self.shift.phase());
        Poll::Ready(())
    }
}

fn turn(shift: &Shift, seen: Phase) -> Signal {
    let mut shift = shift.clone();
    Box::pin(async move {
        shift.beyond(seen).await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::Sessions;
    use crate::shutdown::Shutdown;
    use causeway_core::{Timestamp, Uuid};
    use tokio::time::timeout;

    fn presence(sessions: &Sessions) -> Presence {
        sessions.enter(Uuid::nil(), "s".into(), "192.0.2.1:5".parse().unwrap(), Timestamp::from_seconds(0))
    }

    fn at(seconds: u64) -> Monotonic {
        Monotonic(Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_moment_keeps_the_timer_and_an_earlier_one_sets_it() {
        let shutdown = Shutdown::new();
        let mut patience = Patience::new(shutdown.shift(), presence(&Sessions::default()));
        let mut wait = async |until| poll_fn(|cx| patience.poll_time(cx, at(0), until)).await;
        assert!(timeout(Duration::from_secs(1), wait(at(10))).await.is_err());
        assert!(timeout(Duration::from_secs(1), wait(at(20))).await.is_err());
        assert!(timeout(Duration::from_secs(2), wait(at(3))).await.is_err());
        assert!(timeout(Duration::from_secs(2), wait(at(3))).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn each_step_towards_the_end_is_told_once() {
        let shutdown = Shutdown::new();
        let mut patience = Patience::new(shutdown.shift(), presence(&Sessions::default()));
        let mut told =
            async || timeout(Duration::from_secs(1), poll_fn(|cx| patience.poll_phase(cx))).await.is_ok();
        assert!(!told().await);
        let stop = tokio::spawn(shutdown.stop(Duration::from_secs(60), std::future::pending()));
        assert!(told().await);
        assert!(!told().await);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(told().await);
        stop.abort();
    }

    #[tokio::test]
    async fn v18_an_answer_that_hangs_is_waited_for_as_long_as_a_login_may_take() {
        let (shutdown, sessions, clock) = (Shutdown::new(), Sessions::default(), Clock::system());
        let presence = presence(&sessions);
        let caller = presence.caller();
        let mut patience = Patience::new(shutdown.shift(), presence);
        let grace = |seconds| {
            let length = Duration::from_secs(seconds);
            Grace { length, ends: clock.monotonic().after(length) }
        };
        assert!(matches!(patience.until_answered(async { 5 }, &clock, grace(60)).await, Ok(5)));
        let end = patience.until_answered(std::future::pending::<()>(), &clock, grace(1)).await;
        assert!(matches!(end, Err(End::Grace(1))), "{end:?}");
        caller.make_way();
        let late = async {
            tokio::task::yield_now().await;
            7
        };
        assert!(matches!(patience.until_answered(late, &clock, grace(60)).await, Ok(7)));
        assert_eq!(patience.take_call(), Some(Call::MakeWay), "it is heeded with the answer");
        sessions.close("enough", |_| true);
        let end = patience.until_answered(std::future::pending::<()>(), &clock, grace(60)).await;
        assert!(matches!(end, Err(End::Closed(_))), "{end:?}");
        patience.take_call();
        let stop = tokio::spawn(shutdown.stop(Duration::from_secs(60), std::future::pending()));
        let end = patience.until_answered(std::future::pending::<()>(), &clock, grace(60)).await;
        assert!(matches!(end, Err(End::Stopping)), "{end:?}");
        stop.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_from_outside_is_told_once() {
        let (shutdown, sessions) = (Shutdown::new(), Sessions::default());
        let mut patience = Patience::new(shutdown.shift(), presence(&sessions));
        for _ in 0..2 {
            let mut told =
                async || timeout(Duration::from_secs(1), poll_fn(|cx| patience.poll_call(cx))).await.is_ok();
            assert!(!told().await);
            sessions.close("enough", |_| true);
            assert!(told().await);
            assert_eq!(patience.take_call(), Some(Call::Close("enough".into())));
            assert_eq!(patience.take_call(), None);
        }
    }
}
