//! How a session ends: what is open is closed, what happened is recorded, and the client hears why.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use causeway_core::Origin;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_events::spool::Trail;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Service;
use super::driver::Driver;
use super::session::{End, Session};
use crate::lanes::HUNG;
use crate::shutdown::Phase;

/// How long a client may take to receive our last words.
const GOODBYE: Duration = Duration::from_secs(2);

impl End {
    /// Why we end it; none if the client does.
    fn reason(&self) -> Option<String> {
        match self {
            End::Client { .. } | End::Eof => None,
            ours => Some(ours.to_string()),
        }
    }
}

impl Driver {
    /// Ends the session, if a file system has not kept it.
    pub(super) async fn finish(&mut self, end: End) {
        let (now, reason) = (self.service.shared.clock.monotonic(), end.reason());
        let Some(mut session) = self.session.take() else { return };
        self.gathering.end(&self.stream);
        session.make_room_for_last_words();
        // With a disconnect right behind it the last answer would be lost: clients drop what they have not passed on yet.
        let lingers = matches!(end, End::Stopping)
            && self.patience.phase() == Phase::Draining
            && session.close_channels();
        if matches!(end, End::Displaced) {
            // Others wait for what it holds: no time for last words.
            session.finish(reason, now);
            record(&self.service.shared.trail, &session.batch);
            return;
        }
        if !lingers {
            session.say_goodbye(&end);
        }
        if session.is_busy() || session.needs_pool() {
            // Closing files may wait for the disk.
            let lane = session.lane.clone();
            let seat =
                if matches!(end, End::Hung) { Err(end) } else { lane.enter(HUNG).await.map_err(End::from) };
            let Ok(seat) = seat else {
                self.service.tell_hung(session.batch.origin().clone()).await;
                lane.whenever(move || finish_late(session));
                return;
            };
            let origin = session.batch.origin().clone();
            let work = move || {
                session.finish(reason, now);
                session
            };
            match seat.run(HUNG, work, |session| record(&session.service.shared.trail, &session.batch)).await
            {
                Ok(session) => self.session = Some(session),
                Err(_) => return self.service.tell_hung(origin).await,
            }
        } else {
            session.finish(reason, now);
            self.session = Some(session);
        }
        let _ = timeout(GOODBYE, self.write_all()).await;
        if lingers {
            let _ = timeout(GOODBYE, hear_out(&self.stream)).await;
            if let Some(session) = &mut self.session {
                session.say_goodbye(&End::Stopping);
            }
            let _ = timeout(GOODBYE, self.write_all()).await;
        }
    }

    async fn write_all(&mut self) {
        while let Ok(false) = self.write_out().await {
            if self.stream.writable().await.is_err() {
                return;
            }
        }
    }
}

/// Until the client has closed the connection.
async fn hear_out(stream: &TcpStream) {
    let mut buffer = [0; 4096];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut buffer) {
            Ok(n) if n > 0 => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

impl Service {
    /// Says why a connection is closed now, though what it had open is not. Its end is told when it comes.
    pub(super) async fn tell_hung(&self, origin: Arc<Origin>) {
        let mut batch = Batch::new(origin, self.shared.clock.clone(), self.shared.random.clone());
        batch.emit(ids::SSH_CONNECTION_CLOSING).with("details", End::Hung.to_string());
        let trail = self.shared.trail.clone();
        let _ = tokio::task::spawn_blocking(move || record(&trail, &batch)).await;
    }
}

/// Ends a session whose client is gone, when its file system answers at last. May block.
pub(super) fn finish_late(mut session: Box<Session>) {
    let now = session.service.shared.clock.monotonic();
    session.finish(None, now);
    record(&session.service.shared.trail, &session.batch);
}

/// Records what nobody is told of. May block.
pub(crate) fn record(trail: &Trail, batch: &Batch) {
    if let Err(error) = trail.append(batch.events()) {
        tracing::error!(%error, "audit");
    }
}
