//! Starts handlers side by side, and opens nothing anew that hangs.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use causeway_config::EventHandler;
use causeway_core::Clock;

use super::runner::{Opened, Starting};
use super::{Context, HandlerError, Runner};

/// Starts handlers, and remembers those that hang.
#[derive(Debug)]
pub struct Starter {
    /// How long handlers may take to open what they write to.
    limit: Duration,
    hanging: Vec<Hanging>,
}

/// A handler whose thread has not come back from the operating system.
#[derive(Debug)]
struct Hanging {
    handler: Arc<EventHandler>,
    thread: JoinHandle<()>,
}

impl Starter {
    pub fn new(limit: Duration) -> Self {
        Self { limit, hanging: Vec::new() }
    }

    /// Starts handlers where they ended, or, if they are new, with the next event; what became of each, in order. A
    /// template that cannot be rendered and a file that cannot be opened, or not in time, are errors. Several that hang
    /// take no longer than one; one that has hung since an earlier start takes no time and no other thread.
    pub fn start(
        &mut self,
        handlers: impl IntoIterator<Item = Arc<EventHandler>>,
        context: &Context,
    ) -> Vec<(Arc<EventHandler>, Result<Runner, HandlerError>)> {
        self.start_with(handlers, &context.clock, |handler| Starting::new(handler, context))
    }

    pub(super) fn start_with(
        &mut self,
        handlers: impl IntoIterator<Item = Arc<EventHandler>>,
        clock: &Clock,
        start: impl Fn(&EventHandler) -> Result<Starting, HandlerError>,
    ) -> Vec<(Arc<EventHandler>, Result<Runner, HandlerError>)> {
        self.hanging.retain(|h| !h.thread.is_finished());
        let until = clock.monotonic().after(self.limit);
        let begin = |handler: Arc<EventHandler>| {
            let starting =
                if self.hangs(&handler) { Err(HandlerError::Hangs(self.limit)) } else { start(&handler) };
            (handler, starting)
        };
        // All threads, before any is waited for.
        let starting: Vec<_> = handlers.into_iter().map(begin).collect();
        let end = |(handler, starting): (Arc<EventHandler>, Result<Starting, HandlerError>)| {
            let result = starting.and_then(|s| match s.wait(until) {
                Opened::Runs(runner) => Ok(runner),
                Opened::Fails(e) => Err(e),
                Opened::Hangs(thread) => {
                    self.hanging.push(Hanging { handler: handler.clone(), thread });
                    Err(HandlerError::Hangs(self.limit))
                }
            });
            (handler, result)
        };
        starting.into_iter().map(end).collect()
    }

    fn hangs(&self, handler: &EventHandler) -> bool {
        self.hanging.iter().any(|h| *h.handler == *handler)
    }
}
