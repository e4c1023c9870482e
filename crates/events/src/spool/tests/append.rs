use super::*;

#[test]
fn what_is_appended_is_read_back_whole_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let mut events = uploads(3);
    events[1].data.push(("unheard_of".into(), vec_value()));
    events[2].origin = Arc::new(Origin { peer: None, session: None, ..(*session()).clone() });
    trail.append(&events[..1]).unwrap();
    trail.append(&events[1..]).unwrap();
    assert_eq!(all(dir.path()), events);
}

fn vec_value() -> causeway_core::Value {
    use causeway_core::Value;
    Value::List(vec![Value::Number(u64::MAX), Value::from(&b"\xff\0"[..]), Value::List(vec![]), "".into()])
}

#[test]
fn a_typical_upload_takes_at_most_400_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let before = trail.end().offset;
    trail.append(&uploads(1)).unwrap();
    let alone = trail.end().offset - before;
    trail.append(&uploads(8)).unwrap();
    let together = (trail.end().offset - before - alone) / 8;
    assert!(alone <= 400 && together <= 250, "{alone} {together}");
}

#[test]
fn numbers_that_are_not_to_be_emitted_are_recorded_as_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let mut events = uploads(2);
    events[0].id = causeway_core::EventId(20076); // retired
    events[1].id = causeway_core::EventId(99); // unknown
    trail.append(&events).unwrap();
    let read = all(dir.path());
    assert_eq!(read[0].id, ids::EVENT_NOT_DEFINED);
    assert_eq!(read[0].member("id"), Some(&20076.into()));
    assert_eq!(read[0].member("path"), events[0].member("path"));
    assert_eq!(read[1].member("id"), Some(&99.into()));
}

#[test]
fn one_process_has_the_trail() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let again = Trail::open(dir.path(), node(), settings(), clock().0, Random::predictable(1));
    assert!(matches!(again, Err(AuditError::InUse(_))));
    drop(trail);
    open(dir.path());
}

#[test]
fn segments_are_ended_by_size_with_a_checkpoint_and_linked() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open_with(dir.path(), Settings { segment_size: 16 << 10, ..settings() });
    for _ in 0..30 {
        trail.append(&uploads(8)).unwrap();
    }
    assert!(segments(dir.path()).len() > 2);
    let events = all(dir.path());
    assert_eq!(events.iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 240);
    let report = verify(dir.path(), None).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(report.checkpoints, report.segments - 1);
}

#[test]
fn retention_drops_whole_segments_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { segment_size: 16 << 10, max_size: Some(48 << 10), ..settings() };
    let trail = open_with(dir.path(), settings);
    for _ in 0..60 {
        trail.append(&uploads(8)).unwrap();
    }
    let sizes: u64 = segments(dir.path()).iter().map(|p| fs::metadata(p).unwrap().len()).sum();
    assert!(sizes <= 64 << 10, "{sizes}");
    let report = verify(dir.path(), None).unwrap();
    assert_eq!(report.problems, []);
    assert!(report.first > 1);
    assert!(report.unproven().iter().any(|u| u.contains("dropped by retention")));
    assert!(all(dir.path()).iter().any(|e| e.id == ids::AUDIT_SEGMENTS_DROPPED));
}

#[test]
fn age_drops_segments_too() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, hands) = clock();
    let keep = Some(Duration::from_secs(3600));
    let settings = Settings { segment_size: 8 << 10, keep, ..settings() };
    let trail = Trail::open(dir.path(), node(), settings, clock, Random::predictable(1)).unwrap();
    for _ in 0..6 {
        trail.append(&uploads(8)).unwrap();
    }
    let before = segments(dir.path());
    hands.advance(Duration::from_secs(7200));
    for _ in 0..4 {
        trail.append(&uploads(8)).unwrap();
    }
    assert!(before.iter().filter(|p| p.exists()).count() <= 1);
    assert_eq!(verify(dir.path(), None).unwrap().problems, []);
}

#[test]
fn a_restart_goes_on_where_the_trail_ended() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let trail = open(dir.path());
        trail.append(&uploads(2)).unwrap();
        kill(trail);
    }
    assert_eq!(segments(dir.path()).len(), 1);
    assert_eq!(all(dir.path()).len(), 6);
    assert_eq!(verify(dir.path(), None).unwrap().problems, []);
}

/// Takes the folder away, as a disk that fails does; running as root, permissions would not.
fn break_disk(dir: &Path) -> PathBuf {
    let away = dir.with_extension("away");
    fs::rename(dir, &away).unwrap();
    away
}

#[test]
fn a_failed_trail_refuses_and_comes_back_with_a_gap_record() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let (clock, hands) = clock();
    // Every append wants a new segment, so that a missing folder is noticed.
    let settings = Settings { segment_size: 1, ..settings() };
    let trail = Trail::open(&dir, node(), settings, clock, Random::predictable(1)).unwrap();
    trail.append(&uploads(1)).unwrap();
    let away = break_disk(&dir);
    // This one is recorded; the rotation behind it fails.
    trail.append(&uploads(1)).unwrap();
    assert!(trail.failure().is_some());
    assert!(trail.append(&uploads(2)).is_err());
    hands.advance(Duration::from_secs(2));
    assert!(trail.append(&uploads(3)).is_err());
    fs::rename(&away, &dir).unwrap();
    assert!(trail.append(&uploads(1)).is_err(), "too early to try again");
    hands.advance(Duration::from_secs(2));
    trail.append(&uploads(1)).unwrap();
    assert_eq!(trail.failure(), None);
    let events = all(&dir);
    let gap = events.iter().find(|e| e.id == ids::AUDIT_GAP).unwrap();
    assert_eq!(gap.member("count"), Some(&6.into()));
    assert_eq!(events.iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 3);
    assert_eq!(verify(&dir, None).unwrap().problems, []);
}

#[test]
fn a_failed_trail_that_may_continue_lets_work_go_on() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let (clock, hands) = clock();
    let settings = Settings { segment_size: 1, on_failure: OnFailure::Continue, ..settings() };
    let trail = Trail::open(&dir, node(), settings, clock, Random::predictable(1)).unwrap();
    let away = break_disk(&dir);
    trail.append(&uploads(1)).unwrap();
    trail.append(&uploads(5)).unwrap();
    assert!(trail.failure().is_some());
    fs::rename(&away, &dir).unwrap();
    hands.advance(Duration::from_secs(2));
    trail.append(&uploads(1)).unwrap();
    let events = all(&dir);
    assert_eq!(events.iter().find(|e| e.id == ids::AUDIT_GAP).unwrap().member("count"), Some(&5.into()));
}

#[test]
fn a_failed_sync_is_told_though_nothing_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, hands) = clock();
    let trail = Trail::open(dir.path(), node(), settings(), clock, Random::predictable(1)).unwrap();
    trail.append(&uploads(1)).unwrap();
    trail.fail_as_if_the_disk_had("sync");
    hands.advance(Duration::from_secs(2));
    trail.append(&uploads(1)).unwrap();
    let events = all(dir.path());
    assert_eq!(events.iter().find(|e| e.id == ids::AUDIT_GAP).unwrap().member("count"), Some(&0.into()));
    assert_eq!(events.iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 2);
}

#[test]
fn a_trail_that_comes_back_has_its_gap_forced_to_the_disk_and_nothing_of_what_failed() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let (clock, hands) = clock();
    let settings = Settings { sync: Sync::Reply, checkpoint_every: Duration::ZERO, ..settings() };
    let trail = Trail::open(&dir, node(), settings, clock, Random::predictable(1)).unwrap();
    trail.append(&uploads(1)).unwrap();
    // Without its keeper, nothing happens but here.
    trail.close().unwrap();
    trail.fail_as_if_the_disk_had("sync");
    trail.look();
    assert_eq!(trail.take_unsynced(), (0, false), "it rests");
    let away = break_disk(&dir);
    hands.advance(Duration::from_secs(2));
    trail.look();
    assert_eq!(trail.take_unsynced(), (0, false), "it failed again");
    fs::rename(&away, &dir).unwrap();
    hands.advance(Duration::from_secs(2));
    trail.look();
    assert_eq!(trail.failure(), None);
    assert_eq!(trail.take_unsynced(), (1, true));
}

#[test]
fn an_event_that_is_too_large_is_recorded_with_its_members_cut() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open_with(dir.path(), settings());
    let mut events = uploads(3);
    let long = "ä".repeat(5 << 20);
    events[1] = events[1].clone().with("changes", long.clone()).with("results", "done");
    trail.append(&events).unwrap();
    trail.close().unwrap();
    let events = all(dir.path());
    let uploads: Vec<_> = events.iter().filter(|e| e.id == ids::SSH_UPLOADED).collect();
    assert_eq!(uploads.len(), 3);
    let Some(causeway_core::Value::Text(text)) = uploads[1].member("changes") else {
        panic!("{:?}", uploads[1].id)
    };
    assert!(
        text.starts_with("ää") && text.ends_with(&format!("... and {} bytes more", long.len() - (64 << 10)))
    );
    assert_eq!(uploads[1].member("results"), Some(&"done".into()));
}

#[test]
fn every_way_to_sync_records() {
    for sync in [Sync::Reply, Sync::None, Sync::Interval(Duration::from_millis(1))] {
        let dir = tempfile::tempdir().unwrap();
        let trail = open_with(dir.path(), Settings { sync, ..settings() });
        trail.append(&uploads(4)).unwrap();
        trail.close().unwrap();
        assert_eq!(all(dir.path()).iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 4);
    }
}

#[test]
fn settings_change_while_events_are_appended() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open_with(dir.path(), settings());
    let syncs = [Sync::Interval(Duration::from_millis(1)), Sync::None, Sync::Reply, Sync::None];
    for sync in syncs {
        trail.apply(Settings { sync, ..settings() });
        assert_eq!(trail.waits_for_disk(), sync == Sync::Reply);
        trail.append(&uploads(4)).unwrap();
    }
    trail.close().unwrap();
    assert_eq!(all(dir.path()).iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 16);
    assert_eq!(verify(dir.path(), None).unwrap().problems, []);
}

#[test]
fn threads_append_side_by_side_and_no_event_is_lost_or_split() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open_with(dir.path(), Settings { segment_size: 64 << 10, ..settings() });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| trail.append(&uploads(3)).unwrap()));
        }
    });
    assert_eq!(all(dir.path()).iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 1200);
    assert_eq!(verify(dir.path(), None).unwrap().problems, []);
}

#[test]
fn the_trail_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let trail = open(&dir);
    trail.append(&uploads(1)).unwrap();
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&segments(&dir)[0]), 0o600);
    assert_eq!(mode(&dir.join("checkpoint.key")), 0o600);
}
