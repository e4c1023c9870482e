//! The trail as its users see it: through files in a folder.

mod append;
mod proof;
mod read;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use causeway_core::clock::ManualClock;
use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Event, Origin, Random, Timestamp, Uuid};

use super::*;
use crate::Batch;
use crate::catalogue::ids;

fn node() -> Uuid {
    Uuid::from_u128(7)
}

fn settings() -> Settings {
    // No checkpoint but those that a test asks for.
    Settings { sync: Sync::None, checkpoint_every: Duration::from_secs(1 << 30), ..Settings::default() }
}

fn clock() -> (Clock, Arc<ManualClock>) {
    Clock::manual(Timestamp::from_seconds(1_700_000_000))
}

fn open_with(dir: &Path, settings: Settings) -> Trail {
    Trail::open(dir, node(), settings, clock().0, Random::predictable(1)).unwrap()
}

/// A trail whose process has no last word: what is left is what a kill -9 leaves.
fn open(dir: &Path) -> Trail {
    open_with(dir, settings())
}

/// Ends the process of a trail without its last checkpoint.
fn kill(trail: Trail) {
    let dir = trail.shared_dir();
    let end = trail.end();
    drop(trail);
    fs::File::options()
        .write(true)
        .open(segment::path(&dir, end.segment))
        .unwrap()
        .set_len(end.offset)
        .unwrap();
}

fn session() -> Arc<Origin> {
    Arc::new(Origin {
        account: Actor { uuid: "0ad1e0a4-9e0c-4e0b-8f2f-2f7f5f3b1c11".into(), name: "partner-one".into() },
        peer: Some("[2001:db8::7]:40022".parse().unwrap()),
        component: Source {
            uuid: "5b8f1e3a-1111-4e0b-8f2f-2f7f5f3b1c22".into(),
            kind: "ssh".into(),
            name: "SFTP for partners".into(),
        },
        session: Some(Uuid::from_u128(99)),
    })
}

/// What a session says about one upload.
fn uploads(count: usize) -> Vec<Event> {
    let mut batch = Batch::new(session(), clock().0, Random::predictable(3));
    for n in 0..count {
        let path = format!("/incoming/2026/11/partner-one/orders/order-{n:020}.csv").into_bytes();
        batch
            .emit(ids::SSH_UPLOADED)
            .with("path", &*path)
            .with("requested_path", &*path)
            .with("mode", "write")
            .with("duration", "0.021")
            .with("total_write", 1_048_576)
            .with("write_speed", 49_932_190)
            .transfer(Some(Uuid::from_u128(5)));
    }
    batch.take()
}

fn all(dir: &Path) -> Vec<Event> {
    let mut reader = Reader::from_start(dir);
    let mut out = Vec::new();
    while reader.read(&mut out, 100).unwrap() != Progress::End {}
    out.into_iter().map(|s| s.event).collect()
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    segment::list(dir).unwrap().into_iter().map(|n| segment::path(dir, n)).collect()
}
