//! The audit trail as somebody left it. A good trail of some segments is made once; the input is a list of changes
//! to its files, five bytes each: which segment and what is done, where (two bytes), and two values.
//!
//! - Whatever the files hold, reading comes to its end.
//! - Event by event and all at once the same is read.
//! - The numbers of what is read only grow.
//! - With the head of the good trail, verification finds any change.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use causeway_core::event::{Actor, Event, EventId, Origin, Source};
use causeway_core::{Clock, Random, Timestamp, Uuid};
use causeway_events::spool::{Heads, Progress, Reader, Settings, Sync, Trail, verify};
use libfuzzer_sys::fuzz_target;

/// The good trail: the folder that is written for each input, its files and its head.
struct Good {
    dir: PathBuf,
    segments: Vec<(PathBuf, Vec<u8>)>,
    heads: Heads,
}

static GOOD: LazyLock<Good> = LazyLock::new(make);

fuzz_target!(|input: &[u8]| {
    let good = &*GOOD;
    let mut files: Vec<Vec<u8>> = good.segments.iter().map(|(_, bytes)| bytes.clone()).collect();
    for change in input.as_chunks::<5>().0 {
        apply(*change, &mut files);
    }
    for ((path, _), bytes) in good.segments.iter().zip(&files) {
        fs::write(path, bytes).expect("the folder is ours");
    }
    let changed = good.segments.iter().zip(&files).any(|((_, good), now)| good != now);

    let total: usize = files.iter().map(Vec::len).sum();
    assert_eq!(read(&good.dir, 1, total), read(&good.dir, usize::MAX, total));
    let report = verify(&good.dir, Some(&good.heads)).expect("the files can be read");
    assert_eq!(report.is_sound(), !changed, "{report:?}");
});

/// All events that can be read, as text.
fn read(dir: &Path, limit: usize, bytes: usize) -> Vec<String> {
    let mut reader = Reader::from_start(dir);
    let mut events = Vec::new();
    let mut out = Vec::new();
    let mut last = 0;
    // Each call that is not the last takes at least a byte.
    for _ in 0..=bytes + 10 {
        let progress = reader.read(&mut out, limit).expect("the files can be read");
        for stored in out.drain(..) {
            assert!(stored.sequence > last, "{} follows {last}", stored.sequence);
            last = stored.sequence;
            events.push(format!("{stored:?}"));
        }
        if progress == Progress::End {
            return events;
        }
    }
    panic!("reading does not come to its end");
}

fn apply([which, at0, at1, a, b]: [u8; 5], files: &mut [Vec<u8>]) {
    let count = files.len();
    let bytes = &mut files[usize::from(which >> 4) % count];
    let at = usize::from(u16::from_be_bytes([at0, at1])).min(bytes.len());
    let end = (at + usize::from(b)).min(bytes.len());
    match which & 7 {
        0 => bytes[at..end].fill(a),
        1 => bytes[at..end].iter_mut().for_each(|v| *v ^= a),
        2 => bytes[at..end].iter_mut().for_each(|v| *v = v.wrapping_add(a)),
        3 => drop(bytes.drain(at..end)),
        4 => drop(bytes.splice(at..at, std::iter::repeat_n(a, usize::from(b)))),
        5 => bytes.extend_from_within(at..end),
        6 => bytes.truncate(at),
        _ => {
            let copy = bytes[at..end].to_vec();
            let to = usize::from(a) * 8 % (bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
    }
}

fn make() -> Good {
    let dir = std::env::temp_dir().join(format!("causeway-fuzz-spool-{}", std::process::id()));
    let (clock, _) = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let settings = Settings {
        sync: Sync::None,
        segment_size: 1500,
        checkpoint_every: Duration::from_secs(1 << 30),
        ..Settings::default()
    };
    let trail = Trail::open(&dir, Uuid::from_u128(7), settings, clock, Random::predictable(1))
        .expect("a fresh folder");
    for n in 0..12 {
        trail.append(&[event(n), event(n + 100)]).expect("room on the disk");
    }
    trail.close().expect("room on the disk");
    drop(trail);
    let report = verify(&dir, None).expect("a good trail");
    assert!(report.is_sound() && report.segments > 1, "{report:?}");
    let mut paths: Vec<_> =
        fs::read_dir(&dir).expect("it is there").map(|e| e.expect("a file").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "trail"));
    paths.sort();
    let segments = paths.into_iter().map(|p| (p.clone(), fs::read(p).expect("a file"))).collect();
    Good { dir, segments, heads: Heads::of(report.head) }
}

fn event(n: u64) -> Event {
    let origin = Arc::new(Origin {
        account: Actor { uuid: "0ad1".into(), name: "ann".into() },
        peer: "[2001:db8::7]:40022".parse().ok(),
        component: Source { uuid: "5b8f".into(), kind: "ssh".into(), name: "SFTP".into() },
        session: Some(Uuid::from_u128(99)),
    });
    let uuid = Uuid::from_u128(u128::from(n));
    let mut event = Event::new(EventId(30068), uuid, Timestamp::from_seconds(1_700_000_000 + n), origin)
        .with("path", &b"/caf\xe9/order.csv"[..])
        .with("mode", "write")
        .with("total_write", n * 1000);
    event.transfer = Some(Uuid::from_u128(5));
    event
}
