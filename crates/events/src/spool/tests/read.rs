use super::*;

fn read(reader: &mut Reader) -> Vec<u64> {
    let mut out = Vec::new();
    while reader.read(&mut out, 10).unwrap() == Progress::Read {}
    out.iter().map(|s| s.sequence).collect()
}

#[test]
fn a_reader_goes_on_from_its_cursor_over_restarts_and_segments() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open_with(dir.path(), Settings { segment_size: 8 << 10, ..settings() });
    let mut seen = Vec::new();
    let mut cursor = trail.end();
    for n in 0..40 {
        trail.append(&uploads(1 + n % 4)).unwrap();
        let mut reader = trail.reader(cursor.to_string().parse().unwrap());
        seen.extend(read(&mut reader));
        cursor = reader.cursor();
        assert_eq!(cursor.sequence, trail.end().sequence);
    }
    assert!(seen.iter().copied().eq(1..trail.end().sequence));
}

#[test]
fn one_reader_follows_the_tail() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open_with(dir.path(), Settings { segment_size: 8 << 10, ..settings() });
    let mut reader = trail.reader(trail.end());
    let mut seen = Vec::new();
    for _ in 0..40 {
        trail.append(&uploads(3)).unwrap();
        seen.extend(read(&mut reader));
    }
    assert!(seen.iter().copied().eq(1..trail.end().sequence));
}

#[test]
fn what_was_read_before_an_error_is_given_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let (dir, away) = (home.path().join("audit"), home.path().join("away"));
    let trail = open(&dir);
    trail.append(&uploads(2)).unwrap();
    let mut reader = Reader::from_start(&dir);
    let mut out = Vec::new();
    assert_eq!(reader.read(&mut out, 1).unwrap(), Progress::Read);
    trail.append(&uploads(3)).unwrap();
    fs::rename(&dir, &away).unwrap();
    assert_eq!(reader.read(&mut out, 10).unwrap(), Progress::Read);
    assert_eq!(out.len(), 5);
    for _ in 0..2 {
        assert!(reader.read(&mut out, 10).is_err());
        assert_eq!((out.len(), reader.cursor().sequence), (5, 6));
    }
    fs::rename(&away, &dir).unwrap();
    assert_eq!(reader.read(&mut out, 10).unwrap(), Progress::End);
    trail.append(&uploads(1)).unwrap();
    assert_eq!(read(&mut reader), [6]);
}

#[test]
fn half_a_frame_is_the_end_for_now() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let start = usize::try_from(trail.end().offset).unwrap();
    trail.append(&uploads(2)).unwrap();
    kill(trail);
    let path = segment::path(dir.path(), 1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..start]).unwrap();
    let mut reader = Reader::from_start(dir.path());
    for len in start..bytes.len() {
        fs::write(&path, &bytes[..len]).unwrap();
        assert_eq!(read(&mut reader), [0; 0]);
    }
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read(&mut reader), [1, 2]);
}

#[test]
fn a_reader_that_is_too_far_behind_is_moved_on_with_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { segment_size: 8 << 10, max_size: Some(24 << 10), ..settings() };
    let trail = open_with(dir.path(), settings);
    trail.append(&uploads(1)).unwrap();
    let cursor = trail.end();
    for _ in 0..60 {
        trail.append(&uploads(4)).unwrap();
    }
    let mut reader = trail.reader(cursor);
    let mut out = Vec::new();
    let Progress::Gap(gap) = reader.read(&mut out, 10).unwrap() else { panic!("no gap") };
    assert_eq!(gap.first, cursor.sequence);
    let seen = read(&mut reader);
    assert_eq!(seen[0], gap.first + gap.count);
    assert!(seen.iter().copied().eq(seen[0]..trail.end().sequence));
}

#[test]
fn a_cursor_whose_offset_is_wrong_finds_its_event_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    for _ in 0..5 {
        trail.append(&uploads(2)).unwrap();
    }
    let mut reader = trail.reader(Cursor { segment: 1, offset: trail.end().offset - 17, sequence: 7 });
    assert_eq!(read(&mut reader), [7, 8, 9, 10]);
    for offset in [1 << 40, u64::MAX] {
        let mut reader = trail.reader(Cursor { segment: 1, offset, sequence: 5 });
        assert_eq!(read(&mut reader), [5, 6, 7, 8, 9, 10]);
    }
}

#[test]
fn a_frame_that_cannot_be_read_is_a_gap_and_not_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    trail.append(&uploads(1)).unwrap();
    let at = usize::try_from(trail.end().offset).unwrap() + format::FRAME_HEADER;
    trail.append(&uploads(2)).unwrap();
    trail.append(&uploads(1)).unwrap();
    let path = segment::path(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    // No origin: the first record of a frame must have one.
    bytes[at] = 0;
    fs::write(&path, bytes).unwrap();
    let mut reader = Reader::from_start(dir.path());
    let mut out = Vec::new();
    assert_eq!(reader.read(&mut out, 10).unwrap(), Progress::Read);
    assert_eq!(reader.read(&mut out, 10).unwrap(), Progress::Gap(Gap { first: 2, count: 2 }));
    assert_eq!(read(&mut reader), [4]);
}

/// A trail of three segments or more with two events in each frame, and where the frames of the first begin.
fn long_trail(dir: &Path) -> (Vec<PathBuf>, Vec<usize>) {
    let trail = open_with(dir, Settings { segment_size: 8 << 10, ..settings() });
    let mut starts = Vec::new();
    while trail.end().segment < 4 {
        if trail.end().segment == 1 {
            starts.push(usize::try_from(trail.end().offset).unwrap());
        }
        trail.append(&uploads(2)).unwrap();
    }
    kill(trail);
    (segments(dir), starts)
}

/// What a reader of all finds: the numbers of the events, and those that the gaps tell of.
fn read_and_missed(dir: &Path, cursor: Cursor) -> (Vec<u64>, Vec<u64>) {
    let mut reader = Reader::new(dir, cursor);
    let (mut out, mut missed) = (Vec::new(), Vec::new());
    for _ in 0..1000 {
        match reader.read(&mut out, 1).unwrap() {
            Progress::Read => {}
            Progress::Gap(gap) => missed.extend(gap.first..gap.first + gap.count),
            Progress::End => return (out.iter().map(|s| s.sequence).collect(), missed),
        }
    }
    panic!("reading does not come to its end");
}

const START: Cursor = Cursor { segment: 0, offset: 0, sequence: 0 };

#[test]
fn a_frame_with_another_number_than_the_expected_one_is_damage_and_numbers_only_grow() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, starts) = long_trail(dir.path());
    let (all, _) = read_and_missed(dir.path(), START);
    let good = fs::read(&paths[0]).unwrap();
    assert!(starts.len() > 3);
    for wrong in [0_u64, 1, 4, 6, 1000, u64::MAX] {
        let mut bytes = good.clone();
        bytes[starts[2] + 8..starts[2] + 16].copy_from_slice(&wrong.to_le_bytes());
        fs::write(&paths[0], &bytes).unwrap();
        let (read, missed) = read_and_missed(dir.path(), START);
        assert_eq!(read[..5], [1, 2, 3, 4, missed.last().unwrap() + 1], "{wrong}");
        let mut both = [read, missed].concat();
        both.sort_unstable();
        assert_eq!(both, all, "{wrong}");
    }
}

#[test]
fn a_wrong_count_does_not_lead_a_reader_beyond_the_trail() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, starts) = long_trail(dir.path());
    let (all, _) = read_and_missed(dir.path(), START);
    let good = fs::read(&paths[0]).unwrap();
    // In the middle of a segment and at its end.
    for start in [starts[1], *starts.last().unwrap()] {
        for wrong in [1_u32, 3, 200] {
            let mut bytes = good.clone();
            bytes[start + 4..start + 8].copy_from_slice(&wrong.to_le_bytes());
            fs::write(&paths[0], &bytes).unwrap();
            let (read, missed) = read_and_missed(dir.path(), START);
            let mut both = [read, missed].concat();
            both.sort_unstable();
            assert_eq!(both, all, "{wrong}");
        }
    }
}

#[test]
fn a_segment_whose_header_was_changed_says_nothing_about_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, _) = long_trail(dir.path());
    let (all, _) = read_and_missed(dir.path(), START);
    let mut bytes = fs::read(&paths[1]).unwrap();
    // The number of the first event in it.
    bytes[36..44].copy_from_slice(&u64::MAX.to_le_bytes());
    fs::write(&paths[1], &bytes).unwrap();
    let (read, missed) = read_and_missed(dir.path(), START);
    assert!(!missed.is_empty());
    let mut both = [read, missed].concat();
    both.sort_unstable();
    assert_eq!(both, all);
}

#[test]
fn a_cursor_from_before_a_crash_finds_the_events_that_took_the_lost_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, starts) = long_trail(dir.path());
    for later in &paths[1..] {
        fs::remove_file(later).unwrap();
    }
    let bytes = fs::read(&paths[0]).unwrap();
    let end = u64::try_from(bytes.len()).unwrap();
    fs::write(&paths[0], &bytes[..starts[2]]).unwrap();
    let mut reader = Reader::new(dir.path(), Cursor { segment: 1, offset: end, sequence: 9 });
    assert_eq!(read(&mut reader), [0; 0]);
    fs::write(&paths[0], &bytes[..starts[3]]).unwrap();
    assert_eq!(read(&mut reader), [5, 6]);
}

/// What is damaged in a segment of 20 events, given its bytes and where the frames begin.
type Damage = fn(&mut [u8], &[usize]);

const DAMAGES: [(&str, Damage); 5] = [
    ("the magic of the header", |bytes, _| bytes[0] ^= 1),
    ("the first number in the header", |bytes, _| bytes[43] = 0xff),
    ("the header of the ninth frame", |bytes, starts| bytes[starts[8]..starts[8] + 16].fill(0xff)),
    ("the length of a late frame", |bytes, starts| bytes[starts[17] + 2] = 1),
    ("the length of an early frame", |bytes, starts| bytes[starts[3]] ^= 4),
];

#[test]
fn behind_damage_no_number_is_given_out_again_and_handlers_go_on() {
    for (what, damage) in DAMAGES {
        let dir = tempfile::tempdir().unwrap();
        let trail = open(dir.path());
        let (mut starts, mut cursor) = (Vec::new(), START);
        for n in 1..=20 {
            if n == 15 {
                cursor = trail.end();
            }
            starts.push(usize::try_from(trail.end().offset).unwrap());
            trail.append(&uploads(1)).unwrap();
        }
        kill(trail);
        let path = segment::path(dir.path(), 1);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes, &starts);
        fs::write(&path, &bytes).unwrap();

        let trail = open(dir.path());
        assert_eq!(trail.begun(), Cursor { segment: 2, offset: 0, sequence: 21 }, "{what}");
        trail.append(&uploads(3)).unwrap();
        kill(trail);
        assert_eq!(fs::read(&path).unwrap(), bytes, "{what}: evidence is not touched");
        for cursor in [cursor, Cursor { sequence: 1, ..START }] {
            let (read, missed) = read_and_missed(dir.path(), cursor);
            assert!(read.ends_with(&[21, 22, 23, 24]), "{what}: {read:?}");
            let mut both = [read, missed].concat();
            both.sort_unstable();
            assert!(both.iter().copied().eq(cursor.sequence..25), "{what}: {both:?}");
        }
        let problems = verify(dir.path(), None).unwrap().problems;
        assert!(
            !problems.iter().any(|p| matches!(p, Problem::Unlinked { segment: 2 })),
            "{what}: {problems:?}"
        );
    }
}

#[test]
fn where_nothing_tells_the_last_number_a_handler_reads_what_begins_lower_again() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    trail.append(&uploads(20)).unwrap();
    let cursor = trail.end();
    kill(trail);
    fs::write(segment::path(dir.path(), 1), b"").unwrap();
    let trail = open(dir.path());
    trail.append(&uploads(1)).unwrap();
    assert_eq!(read(&mut trail.reader(cursor)), [1, 2]);
}

#[test]
fn an_append_wakes_who_waits() {
    let dir = tempfile::tempdir().unwrap();
    let trail = open(dir.path());
    let wanted = trail.end().sequence;
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| trail.wait(wanted, Duration::from_secs(600)));
        trail.append(&uploads(1)).unwrap();
        waiter.join().unwrap();
    });
    assert_eq!(trail.end().sequence, 2);
}
