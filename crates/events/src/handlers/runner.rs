//! A handler at work: reads the trail, filters, hands over, remembers how far it has got.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use causeway_config::{EventHandler, Sink};
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Monotonic, Origin, Random};

use super::filter::Filter;
use super::local_file::{self, LocalFile};
use super::stream::Stream;
use super::{Cursors, Handler, HandlerError, Notice, host};
use crate::Server;
use crate::batch::Batch;
use crate::catalogue::ids;
use crate::spool::{Cursor, Gap, Progress, Reader, Stored, Trail};
use crate::template::Line;
use crate::time::Times;

/// Events read at once; whole frames, so it may be some more.
const BATCH: usize = 512;
/// How long a handler lets events gather, so that it writes crowds and not each alone.
const GATHER: Duration = Duration::from_millis(50);
/// How often a handler looks up without events: for the time of a rotation, for a file that was moved away.
const LOOK_UP: Duration = Duration::from_secs(1);
/// How often the cursor is saved.
const SAVE: Duration = Duration::from_secs(1);
/// The first wait after an error; it doubles up to the last.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);

/// Opens what a handler writes to.
pub(super) type Opening = Box<dyn FnOnce() -> Result<Box<dyn Handler>, HandlerError> + Send>;

/// What a handler needs of the house.
#[derive(Debug, Clone)]
pub struct Context {
    /// The installation folder.
    pub root: Arc<std::path::Path>,
    pub trail: Arc<Trail>,
    /// Where a handler begins that has no cursor yet: the end of the trail when the process began, so that it sees
    /// what happened before it was up.
    pub since: Cursor,
    pub cursors: Cursors,
    pub server: Arc<Server>,
    pub clock: Clock,
    pub random: Random,
}

/// How a handler is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Running,
    /// It cannot hand events over, or not read them, and tries again; this is the error.
    Retrying(String),
    /// It stopped by itself, after too many errors in a row; this was the last.
    Failed(String),
    Stopped,
}

/// A handler at work on its own thread.
#[derive(Debug)]
pub struct Runner {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    ended: mpsc::Receiver<()>,
}

#[derive(Debug)]
struct Shared {
    trail: Arc<Trail>,
    clock: Clock,
    stop: AtomicBool,
    /// Until when it may go on, and up to which event, once it is told to stop.
    last_call: Mutex<Option<(Monotonic, u64)>>,
    state: Mutex<State>,
}

/// A handler whose thread opens what it writes to.
#[derive(Debug)]
pub(super) struct Starting {
    runner: Runner,
    opened: mpsc::Receiver<Result<(), HandlerError>>,
}

/// What became of a handler that started.
#[derive(Debug)]
pub(super) enum Opened {
    Runs(Runner),
    Fails(HandlerError),
    /// Its thread still opens, and ends when it is done with it.
    Hangs(JoinHandle<()>),
}

impl Starting {
    /// Starts a handler where it ended, or, if it is new, with the next event. A template that cannot be rendered is an
    /// error here.
    pub(super) fn new(handler: &EventHandler, context: &Context) -> Result<Self, HandlerError> {
        let filter = Filter::new(&handler.options)?;
        let (kind, open) = opening(handler, context)?;
        Self::with(handler, kind, filter, open, context)
    }

    /// `open` is called on the handler's thread: a file system that hangs holds nobody else up.
    pub(super) fn with(
        handler: &EventHandler,
        kind: &'static str,
        filter: Filter,
        open: Opening,
        context: &Context,
    ) -> Result<Self, HandlerError> {
        let shared = Arc::new(Shared {
            trail: context.trail.clone(),
            clock: context.clock.clone(),
            stop: AtomicBool::new(false),
            last_call: Mutex::new(None),
            state: Mutex::new(State::Running),
        });
        let name: Arc<str> = handler.options.name.to_string().into();
        let component = Source { uuid: handler.id.clone(), kind: kind.into(), name: name.clone() };
        let origin = Origin { account: Actor::process(), peer: None, component, session: None };
        let reader = context.trail.reader(begin(&handler.id, context));
        let (id, fail_after) = (handler.id.clone(), handler.options.fail_after_errors);
        let (for_worker, context) = (shared.clone(), context.clone());
        let worker = move |sink| Worker {
            saved_at: context.clock.monotonic(),
            shared: for_worker,
            context,
            id,
            name,
            kind,
            origin: Arc::new(origin),
            filter,
            sink,
            reader,
            fail_after,
            saved: None,
        };
        let (end, ended) = mpsc::channel();
        let (told, opened) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("event-handler".into())
            .spawn(move || {
                let (result, sink) = match open() {
                    Ok(sink) => (Ok(()), Some(sink)),
                    Err(e) => (Err(e), None),
                };
                // Nobody listens any more to one that was too slow: it is not to run.
                if told.send(result).is_ok()
                    && let Some(sink) = sink
                {
                    worker(sink).run();
                }
                drop(end);
            })
            .map_err(|e| HandlerError::Thread(Arc::new(e)))?;
        Ok(Self { runner: Runner { shared, thread, ended }, opened })
    }

    /// Waits until it runs, fails, or is out of time; then it never runs.
    pub(super) fn wait(self, until: Monotonic) -> Opened {
        let shared = &self.runner.shared;
        let left = until.since(shared.clock.monotonic());
        match self.opened.recv_timeout(left) {
            Ok(Ok(())) => Opened::Runs(self.runner),
            Ok(Err(e)) => Opened::Fails(e),
            Err(_) => {
                // Should it open just now.
                shared.stop.store(true, Ordering::SeqCst);
                Opened::Hangs(self.runner.thread)
            }
        }
    }
}

impl Runner {
    pub fn state(&self) -> State {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the handler to finish what is in the trail now, but to take no longer than `limit`. [`Self::stop`] waits
    /// for it. Until when it may go on.
    pub fn tell_to_stop(&self, limit: Duration) -> Monotonic {
        let until = self.shared.clock.monotonic().after(limit);
        let last = self.shared.trail.next();
        let mut last_call = self.shared.last_call.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, _) = *last_call.get_or_insert((until, last));
        drop(last_call);
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.trail.wake();
        self.thread.thread().unpark();
        until
    }

    /// Lets the handler finish what is in the trail now, but no longer than `limit`, or than it was told before. Says
    /// whether it ended; a handler that hangs in the operating system is left behind.
    pub fn stop(self, limit: Duration) -> bool {
        let until = self.tell_to_stop(limit);
        let left = until.since(self.shared.clock.monotonic());
        // The thread ends its half of the channel; it never sends.
        let ended = self.ended.recv_timeout(left.saturating_add(LOOK_UP));
        ended != Err(mpsc::RecvTimeoutError::Timeout) && self.thread.join().is_ok()
    }
}

/// The kind of a handler, and how it opens what it writes to.
fn opening(handler: &EventHandler, context: &Context) -> Result<(&'static str, Opening), HandlerError> {
    let server = context.server.clone();
    let times = Times::new(context.clock.zone().clone());
    Ok(match &handler.sink {
        Sink::LocalFile(options) => {
            let path = local_file::path(options, &context.root, &host::names());
            let (options, now) = (options.clone(), context.clock.now());
            let open = move || LocalFile::open(path, &options, server, times, now).map(boxed);
            ("local-file", Box::new(open))
        }
        Sink::StandardStream(options) => {
            let line = Line::text(&options.entry_content.0)?;
            let stream = Stream::new(std::io::stdout(), line, server, times);
            ("standard-stream", Box::new(|| Ok(boxed(stream))))
        }
    })
}

fn boxed(sink: impl Handler + 'static) -> Box<dyn Handler> {
    Box::new(sink)
}

/// Where a handler begins.
fn begin(handler: &str, context: &Context) -> Cursor {
    let end = context.trail.end();
    match context.cursors.load(handler) {
        // Another trail than the one it was made for: all of it is new.
        Ok(Some(cursor)) if cursor.segment > end.segment => Cursor { segment: 0, offset: 0, sequence: 0 },
        // A crash of the machine took back events that were handled already: what came since is new.
        Ok(Some(cursor)) if cursor.segment == end.segment && cursor.sequence > end.sequence => {
            context.trail.begun()
        }
        Ok(Some(cursor)) => cursor,
        Ok(None) => context.since,
        Err(e) => {
            tracing::error!("event handler {handler} begins at now, because its place cannot be read: {e}");
            end
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    context: Context,
    id: Arc<str>,
    name: Arc<str>,
    kind: &'static str,
    origin: Arc<Origin>,
    filter: Filter,
    sink: Box<dyn Handler>,
    reader: Reader,
    fail_after: u32,
    saved: Option<Cursor>,
    saved_at: Monotonic,
}

impl Worker {
    fn run(mut self) {
        // A new handler that never gets to handle anything still began here.
        self.save();
        let result = self.work();
        self.save();
        self.tell_notices();
        let state = match result {
            Ok(()) => State::Stopped,
            Err(e) => {
                let origin = self.origin.clone();
                self.report(|batch| {
                    batch
                        .emit(ids::COMPONENT_STOPPED_AFTER_FAILURES)
                        .with("family", "event-handlers")
                        .with("kind", "event-handler")
                        .with("name", &origin.component.name)
                        .with("type", &origin.component.kind);
                });
                State::Failed(e.to_string())
            }
        };
        self.set_state(state);
    }

    fn work(&mut self) -> Result<(), HandlerError> {
        let mut events = Vec::new();
        let mut unreadable = None;
        while !self.is_over() {
            self.sink.tick(self.context.clock.now());
            self.tell_notices();
            // Only what is handed over counts as read.
            let before = self.reader.cursor();
            events.clear();
            let read = self.reader.read(&mut events, BATCH);
            // What was read is no sign: that it cannot be read further may be an event that was read.
            if matches!(read, Ok(Progress::End | Progress::Gap(_))) && unreadable.take().is_some() {
                self.set_state(State::Running);
            }
            match read {
                Ok(Progress::Read) => {
                    if !self.hand_over(&events, before)? {
                        return Ok(());
                    }
                }
                Ok(Progress::Gap(gap)) => self.tell_gap(gap),
                Ok(Progress::End) if self.is_stopping() => return Ok(()),
                Ok(Progress::End) => self.wait(),
                Err(_) if self.is_stopping() => return Ok(()),
                Err(e) => {
                    let e = e.to_string();
                    if unreadable.as_ref() != Some(&e) {
                        self.tell_unreadable(&e);
                        unreadable = Some(e);
                    }
                    self.pause(FIRST_WAIT);
                }
            }
            if self.context.clock.monotonic().since(self.saved_at) >= SAVE {
                self.save();
            }
        }
        Ok(())
    }

    /// Gives the events that pass to the sink, until it has taken them (true), has failed too often (an error), or
    /// fails while the handler is to stop (false).
    fn hand_over(&mut self, events: &[Stored], before: Cursor) -> Result<bool, HandlerError> {
        let now = self.context.clock.now();
        let mut first = None;
        let zone = self.context.clock.zone();
        for stored in events.iter().filter(|s| self.filter.passes(&s.event, zone)) {
            first.get_or_insert(stored.event.id);
            self.sink.take(stored, now);
        }
        let Some(first) = first else { return Ok(true) };
        let mut errors = 0;
        let mut wait = FIRST_WAIT;
        while let Err(e) = self.sink.flush(self.context.clock.now()) {
            errors += 1;
            self.set_state(State::Retrying(e.to_string()));
            let name = self.name.clone();
            self.report(|batch| {
                batch
                    .emit(ids::HANDLER_FAILED)
                    .with("family", "event-handlers")
                    .with("id", u64::from(first.0))
                    .with("name", &name)
                    .with("details", e.to_string());
            });
            let gives_up = self.fail_after > 0 && errors >= self.fail_after;
            if gives_up || self.is_stopping() {
                // The events stay in the trail for the next start.
                self.reader = self.context.trail.reader(before);
                return if gives_up { Err(e) } else { Ok(false) };
            }
            self.pause(wait);
            wait = (wait * 2).min(LAST_WAIT);
        }
        if errors > 0 {
            self.set_state(State::Running);
        }
        Ok(true)
    }

    fn set_state(&self, state: State) {
        *self.shared.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn is_stopping(&self) -> bool {
        self.shared.stop.load(Ordering::SeqCst)
    }

    /// Told to stop, and either done with what was there then or out of time.
    fn is_over(&self) -> bool {
        if !self.is_stopping() {
            return false;
        }
        let last_call = *self.shared.last_call.lock().unwrap_or_else(PoisonError::into_inner);
        last_call.is_none_or(|(until, last)| {
            self.reader.cursor().sequence >= last || self.context.clock.monotonic() >= until
        })
    }

    fn wait(&self) {
        let wanted = self.reader.cursor().sequence;
        self.context.trail.wait(wanted, LOOK_UP);
        if self.context.trail.next() > wanted {
            self.pause(GATHER);
        }
    }

    /// Sleeps, but not on when told to stop.
    fn pause(&self, time: Duration) {
        if !self.is_stopping() {
            thread::park_timeout(time);
        }
    }

    fn save(&mut self) {
        self.saved_at = self.context.clock.monotonic();
        let cursor = self.reader.cursor();
        if self.saved == Some(cursor) {
            return;
        }
        match self.context.cursors.save(&self.id, cursor) {
            Ok(()) => self.saved = Some(cursor),
            Err(e) => tracing::error!("event handler {}: its place cannot be saved: {e}", self.name),
        }
    }

    /// The trail cannot be read: nothing is lost by it.
    fn tell_unreadable(&self, error: &str) {
        tracing::error!("event handler {}: {error}", self.name);
        self.set_state(State::Retrying(error.to_owned()));
        self.report(|batch| {
            batch
                .emit(ids::COMPONENT_FAILED)
                .with("family", "event-handlers")
                .with("kind", "event-handler")
                .with("name", &self.name)
                .with("type", self.kind)
                .with("details", error.to_owned());
        });
    }

    fn tell_gap(&self, gap: Gap) {
        self.report(|batch| {
            batch
                .emit(ids::HANDLER_MOVED_ON)
                .with("name", &self.name)
                .with("first", gap.first)
                .with("count", gap.count)
                .with("details", "it was too far behind, or the trail is damaged there");
        });
    }

    fn tell_notices(&mut self) {
        let notices = self.sink.notices();
        if notices.is_empty() {
            return;
        }
        self.report(|batch| notices.into_iter().for_each(|notice| tell(batch, notice)));
    }

    fn report(&self, emit: impl FnOnce(&mut Batch)) {
        let context = &self.context;
        let mut batch = Batch::new(self.origin.clone(), context.clock.clone(), context.random.clone());
        emit(&mut batch);
        if let Err(e) = context.trail.append(batch.events()) {
            tracing::error!("event handler {} ({}): {e}", self.name, self.kind);
        }
    }
}

fn tell(batch: &mut Batch, notice: Notice) {
    use std::os::unix::ffi::OsStrExt;
    match notice {
        Notice::Rotated { path, source, size } => {
            batch
                .emit(ids::LOG_ROTATED)
                .with("path", path.as_os_str().as_bytes())
                .with("source_path", source.as_os_str().as_bytes())
                .with("size", size);
        }
        Notice::Truncated { path } => {
            batch.emit(ids::LOG_TRUNCATED).with("path", path.as_os_str().as_bytes());
        }
        Notice::RotationFailed { details } => {
            batch.emit(ids::LOG_ROTATION_FAILED).with("details", details);
        }
    }
}
