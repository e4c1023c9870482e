//! Measures the trail and the rendering of log lines: `cargo run --release -p causeway-events --example spool_bench -- DIR`.
//!
//! DIR must lie on a real disk. Prints, for batches of 1 and of 8 events as a session makes them: events a second,
//! microseconds of wall and of processor time (all threads) per event, bytes per event.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use causeway_core::event::{Actor, Source};
use causeway_core::{Clock, Origin, Random, Uuid};
use causeway_events::catalogue::ids;
use causeway_events::spool::{Progress, Reader, Settings, Sync, Trail};
use causeway_events::template::{Line, View};
use causeway_events::time::Times;
use causeway_events::{Batch, Server};
use rustix::time::{ClockId, clock_gettime};

const EVENTS: u32 = 400_000;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("name a folder on a real disk")?;
    let dir = Path::new(&dir).join("spool-bench");
    for (name, sync) in [("interval", Sync::Interval(Duration::from_millis(10))), ("none", Sync::None)] {
        for size in [1, 8] {
            append(&dir, name, sync, size, false)?;
        }
        append(&dir, name, sync, 8, true)?;
    }
    read(&dir)?;
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

fn fill(batch: &mut Batch, count: u32) {
    let path = b"/incoming/2026/11/partner-one/orders/order-00000000000017.csv";
    for _ in 0..count {
        batch
            .emit(ids::SSH_UPLOADED)
            .with("path", &path[..])
            .with("requested_path", &path[..])
            .with("mode", "write")
            .with("duration", "0.021")
            .with("total_write", 1_048_576)
            .with("write_speed", 49_932_190)
            .transfer(Some(Uuid::from_u128(5)));
    }
}

/// With `emit`, making the events is measured, too.
fn append(dir: &Path, sync_name: &str, sync: Sync, size: u32, emit: bool) -> Result<(), Box<dyn Error>> {
    let _ = std::fs::remove_dir_all(dir);
    let (clock, random) = (Clock::system(), Random::system());
    let settings = Settings { sync, ..Settings::default() };
    let trail = Trail::open(dir, Uuid::from_u128(1), settings, clock.clone(), random.clone())?;
    let mut batch = Batch::new(origin(), clock.clone(), random);
    fill(&mut batch, size);
    let before = trail.end();
    let (wall, cpu) = (clock.monotonic(), cpu());
    for _ in 0..EVENTS / size {
        if emit {
            batch.clear();
            fill(&mut batch, size);
        }
        trail.append(batch.events())?;
    }
    let (wall, cpu) = (clock.monotonic().since(wall), self::cpu() - cpu);
    let after = trail.end();
    let bytes = (after.segment - before.segment) * (64 << 20) + after.offset - before.offset;
    report(
        &format!("append, sync {sync_name}, {size} a batch{}", if emit { ", made anew" } else { "" }),
        wall,
        cpu,
    );
    println!("    {} bytes per event", bytes / u64::from(EVENTS));
    Ok(())
}

fn read(dir: &Path) -> Result<(), Box<dyn Error>> {
    let clock = Clock::system();
    let line = Line::text(
        "{timestamp.iso_8601_local} {id} {component.uuid} {account.name} \
         {account.peer.address}:{account.peer.port} {message}",
    )?;
    let server = Server { uuid: "s-1".into(), name: "edge".into() };
    let mut times = Times::new(clock.zone().clone());
    let mut reader = Reader::from_start(dir);
    let (mut events, mut out) = (Vec::new(), String::new());
    let mut rendering = Duration::ZERO;
    let (wall, cpu) = (clock.monotonic(), cpu());
    while reader.read(&mut events, 512)? != Progress::End {
        let begun = clock.monotonic();
        out.clear();
        for stored in &events {
            line.render(&mut out, &View { stored, server: &server, now: clock.now() }, &mut times);
        }
        rendering += clock.monotonic().since(begun);
        events.clear();
    }
    report("read, decode and render a line", clock.monotonic().since(wall), self::cpu() - cpu);
    report("  of which rendering", rendering, rendering);
    Ok(())
}

fn report(what: &str, wall: Duration, cpu: Duration) {
    let each = |d: Duration| d.as_secs_f64() * 1e6 / f64::from(EVENTS);
    println!(
        "{what}: {:.0} events/s, {:.2} us wall, {:.2} us processor per event",
        f64::from(EVENTS) / wall.as_secs_f64(),
        each(wall),
        each(cpu)
    );
}

fn cpu() -> Duration {
    let t = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(t.tv_sec.try_into().unwrap_or_default(), t.tv_nsec.try_into().unwrap_or_default())
}

fn origin() -> Arc<Origin> {
    Arc::new(Origin {
        account: Actor { uuid: "0ad1e0a4-9e0c-4e0b-8f2f-2f7f5f3b1c11".into(), name: "partner-one".into() },
        peer: Some(([203, 0, 113, 7], 40022).into()),
        component: Source {
            uuid: "5b8f1e3a-1111-4e0b-8f2f-2f7f5f3b1c22".into(),
            kind: "ssh".into(),
            name: "SFTP for partners".into(),
        },
        session: Some(Uuid::from_u128(99)),
    })
}
