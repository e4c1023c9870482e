//! The task that owns a connection's socket: bytes in, work, events onto the trail, bytes out, and waiting.

mod buffers;

use std::future::{pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use causeway_core::Monotonic;
use causeway_events::spool::AuditError;
use causeway_net::Ticket;
use causeway_ssh::{RxBuf, TxBuf};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::door::Arrival;
use super::gathering::Gathering;
use super::patience::{Grace, Patience};
use super::session::{End, Pause, SMALL_RECEIVE, Session};
use super::{Service, last, login, passwd};
use crate::lanes::{HUNG, Lane, Seat};
use crate::sessions::Call;
use crate::shutdown::{Phase, Shift};

/// Time is looked at so often on a connection on which nothing happens.
const TICK: Duration = Duration::from_secs(10);
/// A client that has not opened its window for so long is sent what fits.
const STALLED: Duration = Duration::from_millis(200);
/// Buffers full of output that are written one after the other without a pause.
const ROUNDS: u32 = 16;

/// Serves one connection to its end.
pub(super) async fn run(
    service: Arc<Service>,
    stream: TcpStream,
    arrival: Arrival,
    ticket: Ticket,
    shift: Shift,
) {
    let (now, began, peer) = (service.shared.clock.monotonic(), arrival.at, arrival.peer);
    let session = Box::new(Session::new(service.clone(), arrival));
    let presence =
        service.shared.sessions.enter(session.id(), service.id.clone(), peer, service.shared.clock.now());
    let caller = presence.caller();
    ticket.when_displaced(move || caller.make_way());
    let mut driver = Driver {
        service,
        stream,
        ticket,
        patience: Patience::new(shift, presence),
        session: Some(session),
        rx: RxBuf::default(),
        job: None,
        began,
        now,
        active: now,
        taken: now,
        gathering: Gathering::default(),
    };
    let end = match driver.serve().await {
        Ok(never) => match never {},
        Err(end) => end,
    };
    // On the heap: a session that runs has no memory for its end.
    Box::pin(driver.finish(end)).await;
}

pub(super) struct Driver {
    pub(super) service: Arc<Service>,
    pub(super) stream: TcpStream,
    ticket: Ticket,
    pub(super) patience: Patience,
    /// With somebody else while the disk is waited for.
    pub(super) session: Option<Box<Session>>,
    rx: RxBuf,
    /// A write on another thread: rings when it has ended, and when it began.
    job: Option<(Arc<Notify>, Monotonic)>,
    began: Monotonic,
    /// The time, looked at after every wait.
    pub(super) now: Monotonic,
    /// When something was last received or sent; keep-alives and their answers do not count.
    active: Monotonic,
    /// When the socket last took something, or nothing waited for it.
    taken: Monotonic,
    pub(super) gathering: Gathering,
}

enum Never {}

/// What the wait ended with.
enum Wake {
    Readable,
    Writable,
    Job,
    /// It is time to look, or not yet: what is waited for was due then.
    Time(Monotonic),
    /// The server is stopping, or stops sooner.
    Phase,
    /// Somebody calls the session from outside.
    Call,
}

impl Driver {
    async fn serve(&mut self) -> Result<Never, End> {
        let session = self.session()?;
        let tx = &mut session.tx;
        session.server.begin(tx)?;
        let mut pause = Pause::Input;
        let mut rounds = 0u32;
        loop {
            let drained = self.write_out().await?;
            let session = self.session()?;
            // The peer may take nothing until it has sent all it has: what has come in is worked on first.
            let go_on = drained || !session.clogged;
            session.clogged = !drained;
            pause = match pause {
                Pause::Output if go_on => {
                    rounds = rounds.wrapping_add(1);
                    if rounds.is_multiple_of(ROUNDS) {
                        // A peer that takes at once whatever there is leaves the others their turn, and what it has
                        // asked for meanwhile is looked at.
                        tokio::task::yield_now().await;
                        self.session()?.clogged = true;
                    }
                    self.heed_calls().await?;
                    self.look_at_clock();
                    self.advance().await?
                }
                Pause::Disk => {
                    self.heed_calls().await?;
                    self.look_up().await?;
                    self.advance_elsewhere().await?
                }
                Pause::Compute => match self.compute().await? {
                    Some(end) => end,
                    None => self.advance().await?,
                },
                Pause::Query(query) => {
                    let grace = self.grace();
                    let session = self.session.as_deref_mut().ok_or(End::Hung)?;
                    let next = login::query(session, query, &mut self.patience, grace).await?;
                    self.look_at_clock();
                    match next {
                        Some(end) => end,
                        None => self.advance().await?,
                    }
                }
                Pause::Prove(proof) => {
                    let grace = self.grace();
                    let session = self.session.as_deref_mut().ok_or(End::Hung)?;
                    let next = login::prove(session, proof, &mut self.patience, grace).await?;
                    if let Some(grant) = session.grant().cloned() {
                        self.ticket.logged_in();
                        self.patience.presence().set_user(&grant);
                    }
                    self.look_at_clock();
                    match next {
                        Some(end) => end,
                        None => self.advance().await?,
                    }
                }
                Pause::Wish(wish) => {
                    passwd::decide(self.session()?, wish).await;
                    self.look_at_clock();
                    self.advance().await?
                }
                Pause::Renew => {
                    self.renew().await?;
                    self.look_at_clock();
                    self.advance().await?
                }
                Pause::End(end) => return Err(end),
                Pause::Input | Pause::Output => self.input(pause).await?,
            };
        }
    }

    /// Makes way for more input, waits for something, and works on it.
    async fn input(&mut self, before: Pause) -> Result<Pause, End> {
        match self.patience.phase() {
            Phase::Running => {}
            // What is open may come to its end.
            Phase::Draining if self.session()?.is_busy() => {}
            Phase::Draining | Phase::Ending => return Err(End::Stopping),
        }
        if self.heed_calls().await? {
            return self.advance().await;
        }
        let full = !self.has_room()?;
        let wants_input = self.make_way().await? && !(matches!(before, Pause::Output) && full);
        self.let_buffers_go();
        if wants_input {
            let here = u64::try_from(self.rx.len()).unwrap_or(u64::MAX);
            let to_come = self.session()?.owed().saturating_sub(here);
            self.gathering.begin(&self.stream, to_come);
        }
        let wake = self.wait(wants_input).await?;
        self.look_at_clock();
        match wake {
            Wake::Readable => {
                let active = self.active;
                if !self.receive().await? {
                    return Ok(before);
                }
                let pause = self.advance().await?;
                if self.session()?.heard_only_life() {
                    self.active = active;
                }
                Ok(pause)
            }
            Wake::Job => {
                self.job = None;
                self.active = self.now;
                self.advance().await
            }
            Wake::Writable => Ok(before),
            Wake::Time(due) if self.now < due => {
                if wants_input && self.gathering.until(self.active).is_some_and(|end| self.now >= end) {
                    self.gathering.ran_out();
                }
                Ok(before)
            }
            Wake::Time(_) => self.look_at_time().await,
            Wake::Phase | Wake::Call => Ok(before),
        }
    }

    /// Looks, between the steps of work that takes long, at what goes on meanwhile: the client may have sent something or
    /// gone, and the server may be ending.
    async fn look_up(&mut self) -> Result<(), End> {
        if self.patience.phase() == Phase::Ending {
            return Err(End::Stopping);
        }
        let session = self.session()?;
        if session.is_in_steps() {
            let writes_wait = session.has_waiting_writes();
            // It is we who work: nobody is idle.
            self.active = self.now;
            if !writes_wait && self.has_room()? {
                self.receive().await?;
            }
        }
        Ok(())
    }

    /// Does what the session is called for from outside: before each wait, and between the steps of work that takes long.
    /// Whether its rights are others now.
    async fn heed_calls(&mut self) -> Result<bool, End> {
        match self.patience.take_call() {
            Some(Call::Close(reason)) => Err(End::Closed(reason)),
            // Who has logged in meanwhile has no place before the login any more.
            Some(Call::MakeWay) if self.session()?.is_logged_in() => Ok(false),
            Some(Call::MakeWay) => Err(End::Displaced),
            Some(Call::Renew) => {
                self.renew().await?;
                self.look_at_clock();
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Asks what the session may do now.
    async fn renew(&mut self) -> Result<(), End> {
        let service = self.service.clone();
        let session = self.session()?;
        let Some(grant) = session.grant().cloned() else { return Ok(()) };
        let grant = service.shared.authenticator.renew(&grant).await.map_err(End::Revoked)?;
        login::renew(session, grant.clone()).await?;
        self.patience.presence().set_user(&grant);
        Ok(())
    }

    fn session(&mut self) -> Result<&mut Session, End> {
        self.session.as_deref_mut().ok_or(End::Hung)
    }

    fn look_at_clock(&mut self) {
        self.now = self.service.shared.clock.monotonic();
    }

    /// Works on what there is, here if that cannot block.
    async fn advance(&mut self) -> Result<Pause, End> {
        if self.session()?.needs_pool() {
            return self.advance_elsewhere().await;
        }
        self.take_send_buffer()?;
        let rx = &mut self.rx;
        let session = self.session.as_deref_mut().ok_or(End::Hung)?;
        let pause = session.advance(rx, self.now, false);
        self.recycle();
        Ok(pause)
    }

    /// Works on what there is, on a thread that may wait for the disk.
    async fn advance_elsewhere(&mut self) -> Result<Pause, End> {
        let lane = self.session()?.lane.clone();
        let seat = lane.enter(HUNG).await?;
        self.look_at_clock();
        self.take_send_buffer()?;
        let now = self.now;
        let mut session = self.session.take().ok_or(End::Hung)?;
        let origin = session.batch.origin().clone();
        let mut rx = std::mem::take(&mut self.rx);
        let work = move || {
            let pause = session.advance(&mut rx, now, true);
            (session, rx, pause)
        };
        let done = seat.run(HUNG, work, |(session, ..)| last::finish_late(session)).await;
        let Ok((session, rx, pause)) = done else {
            self.service.tell_hung(origin).await;
            return Err(End::Hung);
        };
        self.session = Some(session);
        self.rx = rx;
        self.look_at_clock();
        self.recycle();
        Ok(pause)
    }

    /// Answers a key exchange where nobody else waits for it.
    async fn compute(&mut self) -> Result<Option<Pause>, End> {
        let lane = self.service.shared.lanes.exchanges();
        let patience = self.deadline().since(self.now).min(HUNG);
        let seat = self.stand_in_line(&lane, patience).await?;
        let mut session = self.session.take().ok_or(End::Hung)?;
        let work = move || {
            let end = session.compute();
            (session, end)
        };
        let done = seat.run(HUNG, work, |(session, _)| last::finish_late(session)).await;
        let (session, end) = done.map_err(|_| End::Busy)?;
        self.session = Some(session);
        self.look_at_clock();
        Ok(end)
    }

    /// Waits for a thread, and heeds calls meanwhile: who has to make way leaves the line.
    async fn stand_in_line(&mut self, lane: &Lane, limit: Duration) -> Result<Seat, End> {
        let mut entering = pin!(lane.enter(limit));
        loop {
            let seat = poll_fn(|cx| match entering.as_mut().poll(cx) {
                Poll::Ready(seat) => Poll::Ready(Some(seat)),
                Poll::Pending if self.patience.poll_call(cx).is_ready() => Poll::Ready(None),
                Poll::Pending => self.patience.poll_phase(cx).map(|()| None),
            });
            if let Some(seat) = seat.await {
                return seat.map_err(|_| End::Busy);
            }
            self.heed_calls().await?;
            if self.patience.phase() == Phase::Ending {
                return Err(End::Stopping);
            }
        }
    }

    /// What happened goes onto the trail; then, and not before, the peer is told. Whether all could be told.
    pub(super) async fn write_out(&mut self) -> Result<bool, End> {
        if let Err(error) = self.record().await {
            tracing::error!(%error, "audit");
            // Nothing of this may be told: it would be acknowledged and not recorded.
            self.session()?.tx = TxBuf::default();
            return Err(End::Audit);
        }
        let session = self.session.as_deref_mut().ok_or(End::Hung)?;
        if session.tx.is_empty() {
            self.taken = self.now;
        }
        while !session.tx.is_empty() {
            match self.stream.try_write(session.tx.pending()) {
                Ok(n) => {
                    session.tx.wrote(n);
                    self.taken = self.now;
                    if !session.only_asks {
                        self.active = self.now;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(End::Broken(e)),
            }
        }
        Ok(true)
    }

    async fn record(&mut self) -> Result<(), AuditError> {
        let shared = &self.service.shared;
        let Some(session) = self.session.as_deref_mut().filter(|s| !s.batch.is_empty()) else {
            return Ok(());
        };
        if session.is_quiet() {
            session.batch.clear();
            return Ok(());
        }
        if !shared.trail.waits_for_disk() {
            let result = shared.trail.append(session.batch.events());
            session.batch.clear();
            return result;
        }
        let (trail, events) = (shared.trail.clone(), session.batch.take());
        let appended = tokio::task::spawn_blocking(move || trail.append(&events)).await;
        self.look_at_clock();
        match appended {
            Ok(result) => result,
            // The runtime is ending: nobody is told anything any more.
            Err(_) => Err(AuditError::Failed("the server is stopping".into())),
        }
    }

    async fn wait(&mut self, wants_input: bool) -> Result<Wake, End> {
        let now = self.now;
        let session = self.session.as_deref().ok_or(End::Hung)?;
        let wants_output = !session.tx.is_empty();
        let due = if session.waits_for_client() && !wants_output {
            now.after(STALLED)
        } else {
            self.deadline().min(now.after(TICK))
        };
        let gathered = self.gathering.until(self.active).filter(|_| wants_input);
        let until = gathered.map_or(due, |end| due.min(end));
        let (stream, patience) = (&self.stream, &mut self.patience);
        let job = self.job.as_ref().map(|(bell, _)| bell.clone());
        let mut job = pin!(async {
            match &job {
                Some(bell) => bell.notified().await,
                None => pending().await,
            }
        });
        // Errors of the socket are met when it is used.
        Ok(poll_fn(|cx| {
            if wants_input && stream.poll_read_ready(cx).is_ready() {
                return Poll::Ready(Wake::Readable);
            }
            if wants_output && stream.poll_write_ready(cx).is_ready() {
                return Poll::Ready(Wake::Writable);
            }
            if job.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Wake::Job);
            }
            if patience.poll_call(cx).is_ready() {
                return Poll::Ready(Wake::Call);
            }
            if patience.poll_phase(cx).is_ready() {
                return Poll::Ready(Wake::Phase);
            }
            patience.poll_time(cx, now, until).map(|()| Wake::Time(due))
        })
        .await)
    }

    /// Receives what is there. `false`: nothing was, after all.
    async fn receive(&mut self) -> Result<bool, End> {
        let logged_in = self.session()?.is_logged_in();
        let buffers = &self.service.shared.buffers;
        if logged_in && self.rx.capacity() < buffers.receive.size() {
            let _ = self.rx.replace(buffers.receive.take());
        } else if self.rx.capacity() == 0 {
            self.rx = RxBuf::new(SMALL_RECEIVE);
        }
        let space = self.rx.space();
        if space.is_empty() {
            return Err(End::Server(causeway_ssh::Error::PacketLength(0).into()));
        }
        let mut buffer = ReadBuf::new(space);
        let stream = &mut self.stream;
        // Readiness may be old news; a short read tells the runtime that there is no more.
        let read = poll_fn(|cx| match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
        match read {
            None => Ok(false),
            Some(Err(e)) => Err(End::Broken(e)),
            Some(Ok(())) => match buffer.filled().len() {
                0 => Err(End::Eof),
                n => {
                    self.rx.filled(n);
                    self.gathering.received(n);
                    self.active = self.now;
                    Ok(true)
                }
            },
        }
    }

    /// When patience ends.
    fn deadline(&self) -> Monotonic {
        let idle = match &self.job {
            Some((_, began)) => began.after(HUNG),
            None => self.active.after(self.service.idle),
        };
        let idle = match self.waits_to_write() {
            true => idle.min(self.taken.after(self.service.idle)),
            false => idle,
        };
        match self.session.as_deref() {
            Some(session) if !session.is_logged_in() => idle.min(self.grace().ends),
            Some(session) => session.server.deadline().map_or(idle, |d| idle.min(d)),
            None => idle,
        }
    }

    fn grace(&self) -> Grace {
        let length = self.service.login_grace;
        Grace { length, ends: self.began.after(length) }
    }

    fn waits_to_write(&self) -> bool {
        self.session.as_deref().is_some_and(|s| !s.tx.is_empty())
    }

    async fn look_at_time(&mut self) -> Result<Pause, End> {
        let now = self.now;
        let (idle, grace, active) = (self.service.idle, self.grace(), self.active);
        if self.waits_to_write() && now >= self.taken.after(idle) {
            return Err(End::Deaf(idle.as_secs()));
        }
        let since = self.job.as_ref().map(|(_, began)| *began);
        let session = self.session()?;
        if !session.is_logged_in() && now >= grace.ends {
            return Err(End::Grace(grace.length.as_secs()));
        }
        match since {
            // It is we who are slow.
            Some(since) if now >= since.after(HUNG) => return Err(End::Hung),
            None if now >= active.after(idle) => return Err(End::Idle(idle.as_secs())),
            _ => {}
        }
        session.stalled = session.waits_for_client() && now >= active.after(STALLED);
        let pause = self.advance().await;
        self.session()?.stalled = false;
        self.shrink();
        pause
    }
}
