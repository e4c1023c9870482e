use super::*;
use proptest::prelude::*;

/// Appends of one to three events over some segments, ended by a kill.
fn trail_of(dir: &Path, appends: usize) {
    let trail = open_with(dir, Settings { segment_size: 8 << 10, ..settings() });
    for n in 0..appends {
        trail.append(&uploads(1 + n % 3)).unwrap();
    }
    kill(trail);
}

fn head(dir: &Path) -> Heads {
    let report = verify(dir, None).unwrap();
    assert_eq!(report.problems, []);
    Heads::of(report.head)
}

#[test]
fn a_frame_torn_at_any_byte_is_cut_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    trail.append(&uploads(2)).unwrap();
    let whole = trail.end().offset;
    trail.append(&uploads(2)).unwrap();
    kill(trail);
    let path = segment::path(dir.path(), 1);
    let bytes = fs::read(&path).unwrap();
    for len in usize::try_from(whole).unwrap() + 1..bytes.len() {
        fs::write(&path, &bytes[..len]).unwrap();
        let trail = open(dir.path());
        let torn = u64::try_from(len).unwrap() - whole;
        assert_eq!(trail.recovery(), Some(&Recovery::Cut { segment: 1, offset: whole, bytes: torn }));
        trail.append(&uploads(1)).unwrap();
        kill(trail);
        let events = all(dir.path());
        assert_eq!(events.len(), 4);
        assert_eq!(events[2].id, ids::AUDIT_RECORD_CUT);
        assert_eq!(verify(dir.path(), None).unwrap().problems, []);
        let kept = dir.path().join(format!("0000000001.cut-{whole}"));
        assert_eq!(fs::read(kept).unwrap(), &bytes[usize::try_from(whole).unwrap()..len]);
    }
}

#[test]
fn blocks_that_were_never_written_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    trail_of(dir.path(), 1);
    let path = segment::path(dir.path(), 1);
    let size = fs::metadata(&path).unwrap().len();
    fs::File::options().write(true).open(&path).unwrap().set_len(size + 5000).unwrap();
    let trail = open(dir.path());
    assert_eq!(trail.recovery(), Some(&Recovery::Cut { segment: 1, offset: size, bytes: 5000 }));
    kill(trail);
    assert_eq!(verify(dir.path(), None).unwrap().problems, []);
}

#[test]
fn a_segment_whose_creation_was_interrupted_does_not_stop_the_start() {
    let dir = tempfile::tempdir().unwrap();
    trail_of(dir.path(), 3);
    fs::write(segment::path(dir.path(), 2), b"CWTR").unwrap();
    let trail = open(dir.path());
    assert!(matches!(trail.recovery(), Some(Recovery::Damaged { segment: 2, .. })));
    trail.append(&uploads(1)).unwrap();
    kill(trail);
    assert_eq!(all(dir.path()).iter().filter(|e| e.id == ids::SSH_UPLOADED).count(), 7);
}

#[test]
fn damage_is_left_for_verify_to_find_and_a_new_segment_is_begun() {
    let dir = tempfile::tempdir().unwrap();
    trail_of(dir.path(), 5);
    let path = segment::path(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() - 900;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let trail = open(dir.path());
    assert!(matches!(trail.recovery(), Some(Recovery::Damaged { segment: 1, .. })));
    trail.append(&uploads(1)).unwrap();
    kill(trail);
    assert_eq!(fs::read(&path).unwrap(), bytes, "evidence is not touched");
    let report = verify(dir.path(), None).unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert!(matches!(report.problems[0], Problem::Changed { segment: 1, .. }));
}

#[test]
fn a_head_finds_what_was_cut_off_and_without_one_verify_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    trail.append(&uploads(1)).unwrap();
    let short = trail.end().offset;
    trail.append(&uploads(1)).unwrap();
    kill(trail);
    let head = head(dir.path());
    assert_eq!(verify(dir.path(), Some(&head)).unwrap().proven, Some(2));
    assert!(verify(dir.path(), Some(&head)).unwrap().unproven().is_empty());
    fs::File::options().write(true).open(segment::path(dir.path(), 1)).unwrap().set_len(short).unwrap();
    let without = verify(dir.path(), None).unwrap();
    assert!(without.is_sound() && !without.unproven().is_empty());
    let problems = verify(dir.path(), Some(&head)).unwrap().problems;
    assert!(matches!(problems[..], [Problem::HeadMissing { .. }]), "{problems:?}");
}

#[test]
fn a_checkpoint_is_a_head() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    trail.append(&uploads(3)).unwrap();
    trail.close().unwrap();
    trail.append(&uploads(1)).unwrap();
    kill(trail);
    let checkpoint = all(dir.path()).into_iter().find(|e| e.id == ids::AUDIT_CHECKPOINT).unwrap();
    let line = format!("{checkpoint:?}");
    let report = verify(dir.path(), Heads::parse(&line).as_ref()).unwrap();
    assert_eq!((report.proven, report.checkpoints), (Some(3), 1));
    assert_eq!(report.unproven().len(), 1, "what is younger than the head is not proven");
}

/// A trail with checkpoints, and the log that a handler makes of it, with what surrounds them there.
fn trail_with_checkpoints(dir: &Path, count: usize) -> Vec<String> {
    let trail = open(dir);
    for _ in 0..count {
        trail.append(&uploads(2)).unwrap();
        trail.close().unwrap();
    }
    kill(trail);
    all(dir).iter().filter(|e| e.id == ids::AUDIT_CHECKPOINT).map(line_of).collect()
}

fn line_of(event: &Event) -> String {
    let mut message = String::new();
    crate::message::render(&mut message, event);
    format!("2026-11-28T20:51:41.123456+00:00 {} 5b8f1e3a-1111-4e0b Process - {message}\n", event.id)
}

fn missing_heads(dir: &Path, text: &str) -> (Option<u64>, usize) {
    let report = verify(dir, Heads::parse(text).as_ref()).unwrap();
    assert!(
        report.problems.iter().all(|p| matches!(p, Problem::HeadMissing { .. })),
        "{:?}",
        report.problems
    );
    (report.proven, report.problems.len())
}

#[test]
fn every_checkpoint_of_a_log_must_be_in_the_trail() {
    let dir = tempfile::tempdir().unwrap();
    let lines = trail_with_checkpoints(dir.path(), 3);
    let name = format!("/The audit trail up to event 1 has the hash {}", "ab".repeat(32));
    let upload = format!("2026-11-28 30068 5b8f1e3a mike Uploaded \"{name}\" 70013\n");
    let log = [&lines[0], &upload, &lines[1], &lines[2]].map(String::as_str).concat();
    assert_eq!(missing_heads(dir.path(), &log), (Some(8), 0));
    // Cut off behind the first checkpoint.
    let second = all(dir.path()).iter().position(|e| e.id == ids::AUDIT_CHECKPOINT).unwrap() + 1;
    let mut reader = Reader::from_start(dir.path());
    let mut out = Vec::new();
    while out.len() < second {
        reader.read(&mut out, 1).unwrap();
    }
    let path = segment::path(dir.path(), 1);
    fs::File::options().write(true).open(path).unwrap().set_len(reader.cursor().offset).unwrap();
    assert_eq!(missing_heads(dir.path(), &log), (Some(2), 2));
    assert_eq!(missing_heads(dir.path(), &lines[0]), (Some(2), 0));
}

#[test]
fn of_hashes_alone_the_last_one_must_be_in_the_trail() {
    let dir = tempfile::tempdir().unwrap();
    let lines = trail_with_checkpoints(dir.path(), 2);
    let hashes: Vec<&str> =
        lines.iter().map(|l| l.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap()).collect();
    let other = "cd".repeat(32);
    assert_eq!(missing_heads(dir.path(), &format!("{other}\n{}", hashes.join("\n"))), (Some(5), 0));
    assert_eq!(missing_heads(dir.path(), &format!("{} {other}", hashes[1])), (Some(5), 1));
    assert_eq!(Heads::parse("no hash, and 70013"), None);
}

#[test]
fn checkpoints_that_retention_has_dropped_are_not_missed() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { segment_size: 16 << 10, max_size: Some(48 << 10), ..settings() };
    let trail = open_with(dir.path(), settings);
    let mut reader = trail.reader(trail.end());
    let mut events = Vec::new();
    for _ in 0..60 {
        trail.append(&uploads(8)).unwrap();
        while reader.read(&mut events, 100).unwrap() != Progress::End {}
    }
    let lines: Vec<String> =
        events.iter().map(|s| &s.event).filter(|e| e.id == ids::AUDIT_CHECKPOINT).map(line_of).collect();
    let log = lines.concat();
    let (proven, missing) = missing_heads(dir.path(), &log);
    assert!(proven.is_some() && missing == 0, "{proven:?} {missing}");
    // Hashes whose events are not told, as columns of a file.
    let column = log.replace("The audit trail up to event ", "");
    assert_eq!(missing_heads(dir.path(), &column), (proven, 0));
    // Nothing that is still there.
    assert_eq!(missing_heads(dir.path(), &lines[0]), (None, 1));
}

#[test]
fn a_checkpoint_signed_by_nobody_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let mut events = uploads(1);
    events[0].id = ids::AUDIT_CHECKPOINT;
    events[0].data.clear();
    trail.append(&events).unwrap();
    kill(trail);
    assert_eq!(verify(dir.path(), None).unwrap().problems, [Problem::Checkpoint { sequence: 1 }]);
}

#[test]
fn a_missing_or_swapped_segment_is_found() {
    let dir = tempfile::tempdir().unwrap();
    trail_of(dir.path(), 60);
    let files = segments(dir.path());
    assert!(files.len() >= 4);
    for gone in &files[..files.len() - 1] {
        let kept = fs::read(gone).unwrap();
        fs::remove_file(gone).unwrap();
        assert!(!verify(dir.path(), None).unwrap().is_sound(), "{gone:?}");
        fs::write(gone, kept).unwrap();
    }
    let (a, b) = (fs::read(&files[1]).unwrap(), fs::read(&files[2]).unwrap());
    fs::write(&files[1], &b).unwrap();
    fs::write(&files[2], &a).unwrap();
    assert!(!verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn an_empty_folder_is_no_proof() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(verify(dir.path(), None).unwrap().problems, [Problem::Empty]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_is_found(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let dir = tempfile::tempdir().unwrap();
        trail_of(dir.path(), 30);
        let files = segments(dir.path());
        let file = at.get(&files);
        let mut bytes = fs::read(file).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        fs::write(file, bytes).unwrap();
        prop_assert!(!verify(dir.path(), None).unwrap().is_sound());
    }

    #[test]
    fn any_removed_stretch_is_found(from in any::<prop::sample::Index>(), len in 1usize..3000) {
        let dir = tempfile::tempdir().unwrap();
        trail_of(dir.path(), 30);
        let head = head(dir.path());
        let file = from.get(&segments(dir.path())).clone();
        let mut bytes = fs::read(&file).unwrap();
        let from = from.index(bytes.len());
        bytes.drain(from..bytes.len().min(from + len));
        fs::write(&file, bytes).unwrap();
        prop_assert!(!verify(dir.path(), Some(&head)).unwrap().is_sound());
    }

    #[test]
    fn bytes_that_nobody_wrote_never_break_a_reader(junk in prop::collection::vec(any::<u8>(), 0..2000), cut in any::<prop::sample::Index>()) {
        let dir = tempfile::tempdir().unwrap();
        trail_of(dir.path(), 3);
        let path = segment::path(dir.path(), 1);
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(cut.index(bytes.len()));
        bytes.extend(junk);
        fs::write(&path, bytes).unwrap();
        all(dir.path());
        verify(dir.path(), None).unwrap();
        let trail = open(dir.path());
        trail.append(&uploads(1)).unwrap();
        prop_assert!(all(dir.path()).iter().any(|e| e.id == ids::SSH_UPLOADED));
    }
}
