//! `standard-stream`: lines on the standard output, for containers.

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use causeway_core::Timestamp;

use super::{Handler, HandlerError};
use crate::Server;
use crate::spool::Stored;
use crate::template::{Line, View};
use crate::time::Times;

pub(super) struct Stream<W> {
    out: W,
    line: Line,
    server: Arc<Server>,
    times: Times,
    pending: String,
}

impl<W: Write> Stream<W> {
    pub(super) fn new(out: W, line: Line, server: Arc<Server>, times: Times) -> Self {
        Self { out, line, server, times, pending: String::new() }
    }
}

impl<W: Write + Send> Handler for Stream<W> {
    fn take(&mut self, stored: &Stored, now: Timestamp) {
        let view = View { stored, server: &self.server, now };
        self.line.render(&mut self.pending, &view, &mut self.times);
    }

    fn flush(&mut self, _now: Timestamp) -> Result<(), HandlerError> {
        let mut done = 0;
        let mut result = Ok(());
        while let Some(rest) = self.pending.as_bytes().get(done..).filter(|r| !r.is_empty()) {
            match self.out.write(rest) {
                Ok(0) => result = Err(ErrorKind::WriteZero.into()),
                Ok(n) => done += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => result = Err(e),
            }
            if result.is_err() {
                break;
            }
        }
        // What went out does not go out again; the cut may fall inside a letter only if the output took half of
        // one, and then the letter is repeated.
        while !self.pending.is_char_boundary(done) {
            done -= 1;
        }
        self.pending.drain(..done);
        result.and_then(|()| self.out.flush()).map_err(|e| HandlerError::Stream(Arc::new(e)))
    }
}
