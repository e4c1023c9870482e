//! Handlers as their users see them: through the files they write and the events they emit.

mod files;
mod running;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use causeway_config::options::{HandlerOptions, LocalFileOptions};
use causeway_config::{EventHandler, Place, Sink};
use causeway_core::clock::ManualClock;
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Event, EventId, Origin, Random, Timestamp, Uuid, Value};
use causeway_store::Store;

use super::runner::{Opened, Starting};
use super::*;
use crate::catalogue::ids;
use crate::spool::{Settings, Sync, Trail};
use crate::{Batch, Server};

impl Runner {
    /// Starts one handler.
    fn start(handler: &EventHandler, context: &Context) -> Result<Self, HandlerError> {
        Starting::new(handler, context)?.end(context)
    }
}

impl Starting {
    fn end(self, context: &Context) -> Result<Runner, HandlerError> {
        match self.wait(context.clock.monotonic().after(LIMIT)) {
            Opened::Runs(runner) => Ok(runner),
            Opened::Fails(e) => Err(e),
            Opened::Hangs(_) => Err(HandlerError::Hangs(LIMIT)),
        }
    }
}

/// An installation with a trail and a store.
struct House {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    context: Context,
}

impl House {
    fn new() -> Self {
        Self::with(Settings { sync: Sync::None, ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (clock, random) = (Clock::system(), Random::system());
        let dir = folder.path().join("audit");
        let trail = Trail::open(&dir, Uuid::from_u128(1), settings, clock.clone(), random.clone()).unwrap();
        let store = runtime.block_on(Store::open(&folder.path().join("state.db"), clock.clone())).unwrap();
        let context = Context {
            root: folder.path().into(),
            since: trail.end(),
            trail: Arc::new(trail),
            cursors: Cursors::new(store, runtime.handle().clone()),
            server: server(),
            clock,
            random,
        };
        Self { folder, runtime, context }
    }

    fn batch(&self) -> Batch {
        Batch::new(
            origin("mike", "203.0.113.7:2345"),
            self.context.clock.clone(),
            self.context.random.clone(),
        )
    }

    /// Emits one upload per path.
    fn upload(&self, paths: &[&str]) {
        let mut batch = self.batch();
        for path in paths {
            batch.emit(ids::SSH_UPLOADED).with("path", path.as_bytes());
        }
        self.context.trail.append(batch.events()).unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log/server.log")).unwrap_or_default()
    }

    fn emitted(&self, id: EventId) -> Vec<Event> {
        let mut reader = crate::spool::Reader::from_start(&self.folder.path().join("audit"));
        let mut out = Vec::new();
        while reader.read(&mut out, 1000).unwrap() != crate::spool::Progress::End {}
        out.into_iter().map(|s| s.event).filter(|e| e.id == id).collect()
    }
}

fn server() -> Arc<Server> {
    Arc::new(Server { uuid: "s-1".into(), name: "edge".into() })
}

fn origin(account: &str, peer: &str) -> Arc<Origin> {
    Arc::new(Origin {
        account: Actor { uuid: "u-1".into(), name: account.into() },
        peer: Some(peer.parse().unwrap()),
        component: Source { uuid: "c-1".into(), kind: "ssh".into(), name: "SFTP".into() },
        session: None,
    })
}

fn options() -> HandlerOptions {
    HandlerOptions {
        enabled: true,
        name: "log".parse().unwrap(),
        description: Default::default(),
        target: Default::default(),
        groups: Default::default(),
        usernames: Default::default(),
        components: Default::default(),
        source_addresses: Default::default(),
        data_filter: Default::default(),
        fail_after_errors: 10,
    }
}

fn file_options(entry: &str) -> LocalFileOptions {
    LocalFileOptions {
        path: Default::default(),
        rotate_on: Default::default(),
        rotate_at_size: Default::default(),
        rotate_count: Default::default(),
        entry_content: entry.parse().unwrap(),
        structured_fields: Default::default(),
    }
}

/// A log of the paths of uploads and nothing else.
fn log_of_paths() -> EventHandler {
    let options = HandlerOptions { target: "30068".parse().unwrap(), ..options() };
    EventHandler {
        id: "h-1".into(),
        place: Place::default(),
        options,
        sink: Sink::LocalFile(file_options("{data.path}")),
    }
}

/// Waits for what must happen soon.
fn soon(mut what: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen within 10 seconds");
}

const LIMIT: Duration = Duration::from_secs(10);
