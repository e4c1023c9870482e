//! Options of `[server]` whose effect is on the disk, out of sight of clients: a trail is kept as they say.

use causeway_config::Environment;
use causeway_core::clock::ManualClock;
use causeway_core::{Event, Timestamp};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

struct Site {
    folder: tempfile::TempDir,
    trail: Trail,
    hands: Arc<ManualClock>,
}

fn options(text: &str) -> Arc<ServerOptions> {
    let environment = Environment::of([], jiff::tz::TimeZone::UTC);
    let text = format!("[server]\nuuid = u\n{text}\n");
    let root = std::path::Path::new("/nonexistent");
    causeway_config::load_text(text.as_bytes(), root, &environment).unwrap().config.server.clone()
}

fn settings(text: &str) -> Settings {
    let options = options(text);
    trail_settings(&options, process_origin(&options))
}

impl Site {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_700_000_000));
        let node = Uuid::from_u128(7);
        let trail =
            Trail::open(&folder.path().join("audit"), node, settings(text), clock, Random::predictable(1));
        Self { trail: trail.unwrap(), folder, hands }
    }

    fn append(&self, count: usize) {
        let origin = settings("").origin;
        let event = |n: usize| {
            let uuid = Uuid::from_u128(n as u128);
            Event::new(ids::PROCESS_STARTED, uuid, Timestamp::from_seconds(1), origin.clone())
        };
        for part in (0..count).map(event).collect::<Vec<_>>().chunks(100) {
            self.trail.append(part).unwrap();
        }
    }

    fn segments(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path().join("audit")).unwrap();
        files.filter(|f| f.as_ref().unwrap().metadata().unwrap().len() > 1000).count()
    }
}

#[test]
fn option_server_audit_sync() {
    let waits = |text| Site::with(text).trail.waits_for_disk();
    assert!(!waits("") && !waits("audit_sync = none") && waits("audit_sync = reply"));
    assert!(matches!(settings("").sync, Sync::Interval(_)));
    assert!(matches!(settings("audit_sync = none").sync, Sync::None));
}

#[test]
fn option_server_spool_keep() {
    let left = |keep: &str| {
        // Small segments, so that there are some that have ended.
        let site = Site::with(&format!("spool_max_size = 600000\nspool_keep = {keep}"));
        site.append(6000);
        let before = site.segments();
        assert!(before > 2, "{before}");
        site.hands.advance(DAY * 3);
        // Ended segments are looked at when the next one ends.
        site.append(3000);
        site.segments() < before
    };
    assert!(left("2"), "segments of three days ago are kept for two");
    assert!(!left("9"));
}
