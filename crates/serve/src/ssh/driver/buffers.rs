//! The buffers of a connection: taken when there is something to put into them, given back when there is not.

use super::Driver;
use crate::lanes::HUNG;
use crate::ssh::session::{End, Session};

impl Driver {
    /// Whether the receive buffer takes more; a small one of a user becomes a large one.
    pub(super) fn has_room(&mut self) -> Result<bool, End> {
        let is_small = self.rx.capacity() < self.service.shared.buffers.receive.size();
        Ok(!self.rx.is_full() || is_small && self.session()?.is_logged_in())
    }

    pub(super) fn take_send_buffer(&mut self) -> Result<(), End> {
        let pool = self.service.shared.buffers.send.clone();
        let session = self.session()?;
        if session.is_logged_in() && session.tx.capacity() < pool.size() {
            // Storage of before the login is not pooled; whichever is too small is let go.
            let _ = session.tx.replace(pool.take());
        }
        Ok(())
    }

    pub(super) fn recycle(&mut self) {
        if let Some(storage) = self.session.as_deref_mut().and_then(Session::take_spare) {
            self.service.shared.buffers.receive.give(storage);
        }
    }

    /// Whether more can be received. A large write that lies in the receive buffer is given to another thread with it; what
    /// comes behind that waits until it has ended.
    pub(super) async fn make_way(&mut self) -> Result<bool, End> {
        let session = self.session.as_deref_mut().ok_or(End::Hung)?;
        if !session.has_waiting_writes() {
            return Ok(true);
        }
        if self.job.is_some() {
            return Ok(false);
        }
        let Some(job) = session.take_job() else { return Ok(false) };
        let seat = session.lane.clone().enter(HUNG).await?;
        self.look_at_clock();
        // What is left in the buffer is copied to the next.
        let full = self.rx.replace(self.service.shared.buffers.receive.take()).map_err(|_| End::Hung)?;
        self.job = Some((job.bell(), self.now));
        seat.spawn(move || job.run(full));
        Ok(true)
    }

    /// An idle connection holds no buffer. Bytes that wait to be written keep the receive buffer.
    pub(super) fn let_buffers_go(&mut self) {
        let buffers = &self.service.shared.buffers;
        let writes_wait = self.session.as_deref().is_none_or(Session::has_waiting_writes);
        if self.rx.is_empty() && self.rx.capacity() > 0 && !writes_wait {
            buffers.receive.give(std::mem::take(&mut self.rx).into_storage());
        }
        if let Some(session) = self.session.as_deref_mut()
            && session.is_logged_in()
            && session.tx.is_empty()
            && session.tx.capacity() > 0
        {
            buffers.send.give(std::mem::take(&mut session.tx).into_storage());
        }
    }

    /// A packet whose rest does not come does not keep a large buffer.
    pub(super) fn shrink(&mut self) {
        let pool = &self.service.shared.buffers.receive;
        let writes_wait = self.session.as_deref().is_none_or(Session::has_waiting_writes);
        if self.rx.capacity() == pool.size()
            && !writes_wait
            && let Ok(large) = self.rx.replace(vec![0; self.rx.len()].into_boxed_slice())
        {
            pool.give(large);
        }
    }
}
