use super::*;
use std::path::Path;

use crate::handlers::local_file::LocalFile;
use crate::handlers::stream::Stream;
use crate::template::Line;
use crate::time::Times;
use jiff::tz::TimeZone;
use std::os::unix::fs::PermissionsExt;

/// A log in a folder of its own, in Berlin, under a clock of ours.
struct Log {
    folder: tempfile::TempDir,
    file: LocalFile,
    clock: Clock,
    hands: Arc<ManualClock>,
}

fn berlin() -> Times {
    Times::new(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
}

/// 2026-03-10 22:59:00 in Berlin.
const START: u64 = 1_773_179_940;

impl Log {
    fn new(change: impl FnOnce(&mut LocalFileOptions)) -> Self {
        Self::at(START, change)
    }

    fn at(start: u64, change: impl FnOnce(&mut LocalFileOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(start));
        let mut options = file_options("{data.path}");
        change(&mut options);
        let path = folder.path().join("log/server.log");
        let file = LocalFile::open(path, &options, server(), berlin(), clock.now()).unwrap();
        Self { folder, file, clock, hands }
    }

    fn write(&mut self, path: &str) {
        let now = self.clock.now();
        let event = Event::new(ids::SSH_UPLOADED, Uuid::nil(), now, origin("mike", "203.0.113.7:1"));
        self.file.take(&Stored { sequence: 1, event: event.with("path", path.as_bytes()) }, now);
        self.file.flush(now).unwrap();
    }

    fn wait(&mut self, seconds: u64) -> Vec<Notice> {
        let mut left = seconds;
        while left > 0 {
            // Second by second near the end, where it matters.
            let step = if left > 120 { 60 } else { 1 };
            left -= step;
            self.hands.advance(Duration::from_secs(step));
            self.file.tick(self.clock.now());
        }
        self.file.notices()
    }

    /// Names and contents.
    fn files(&self) -> Vec<(String, String)> {
        let mut out: Vec<_> = fs::read_dir(self.folder.path().join("log"))
            .unwrap()
            .map(|e| e.unwrap().path())
            .map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&p).unwrap()))
            .collect();
        out.sort();
        out
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, _)| name).collect()
    }
}

fn is(files: &[(String, String)], expected: &[(&str, &str)]) -> bool {
    files.iter().map(|(n, c)| (n.as_str(), c.as_str())).eq(expected.iter().copied())
}

#[test]
fn a_daily_log_is_put_aside_at_its_time_and_keeps_its_extension() {
    let mut log = Log::new(|o| o.rotate_on = "23:00 time-of-day".parse().unwrap());
    log.write("/1");
    assert_eq!(log.wait(59), []);
    let notices = log.wait(1);
    let aside = log.folder.path().join("log/server.2026-03-10_23-00-00.log");
    assert!(matches!(&notices[..], [Notice::Rotated { path, size: 3, .. }] if *path == aside), "{notices:?}");
    log.write("/2");
    let expected = [("server.2026-03-10_23-00-00.log", "/1\n"), ("server.log", "/2\n")];
    assert!(is(&log.files(), &expected), "{:?}", log.files());
    assert_eq!(log.wait(86_399), []);
    assert_eq!(log.wait(1).len(), 1);
}

#[test]
fn a_monthly_log_is_put_aside_at_the_last_day_where_the_month_is_short() {
    // 2026-02-27 12:00 in Berlin; February has 28 days.
    let mut log = Log::at(1_772_190_000, |o| o.rotate_on = "31 day-of-month".parse().unwrap());
    log.write("/1");
    assert_eq!(log.wait(43_199), []);
    assert_eq!(log.wait(1).len(), 1);
    assert!(log.names().contains(&"server.2026-02-28_00-00-00.log".to_owned()), "{:?}", log.names());
    log.write("/2");
    assert_eq!(log.wait(30 * 86_400), []);
    assert_eq!(log.wait(86_400).len(), 1);
}

#[test]
fn the_end_of_summer_time_and_a_clock_set_back_rotate_once() {
    // 2026-10-25 02:29:59 summer time in Berlin; at 03:00 it becomes 02:00 again.
    let mut log = Log::at(1_792_888_199, |o| o.rotate_on = "02:30 time-of-day".parse().unwrap());
    log.write("/1");
    assert_eq!(log.wait(1).len(), 1);
    log.write("/2");
    assert_eq!(log.wait(2 * 3600), []);
    log.hands.step_to(Timestamp::from_seconds(1_792_888_190));
    assert_eq!(log.wait(5), []);
    assert_eq!(log.wait(86_400 + 3600).len(), 1);
}

#[test]
fn only_so_many_old_files_are_kept_and_others_are_left_alone() {
    let mut log = Log::new(|o| {
        o.rotate_on = "23:00 time-of-day".parse().unwrap();
        o.rotate_count = "2".parse().unwrap();
    });
    fs::write(log.folder.path().join("log/server.2026-notes.log"), "mine").unwrap();
    fs::write(log.folder.path().join("log/other.2020-01-01_00-00-00.log"), "mine").unwrap();
    for n in 0..4 {
        log.write(&format!("/{n}"));
        log.wait(86_400);
    }
    assert_eq!(
        log.names(),
        [
            "other.2020-01-01_00-00-00.log",
            "server.2026-03-12_23-00-00.log",
            "server.2026-03-13_23-00-00.log",
            "server.2026-notes.log",
            "server.log"
        ]
    );
}

#[test]
fn a_log_is_put_aside_by_size_under_numbers() {
    let mut log = Log::new(|o| {
        o.rotate_at_size = "5".parse().unwrap();
        o.rotate_count = "2".parse().unwrap();
    });
    for n in 0..8 {
        log.write(&format!("/{n}"));
    }
    let expected = [("server.log", ""), ("server.log.1", "/6\n/7\n"), ("server.log.2", "/4\n/5\n")];
    assert!(is(&log.files(), &expected), "{:?}", log.files());
    assert_eq!(log.file.notices().len(), 4);
}

#[test]
fn a_log_can_be_emptied_in_place() {
    let mut log = Log::new(|o| {
        o.rotate_at_size = "5".parse().unwrap();
        o.rotate_count = "-1".parse().unwrap();
    });
    log.write("/1");
    log.write("/2");
    log.write("/3");
    assert!(is(&log.files(), &[("server.log", "/3\n")]), "{:?}", log.files());
    assert!(matches!(log.file.notices()[..], [Notice::Truncated { .. }]));
}

#[test]
fn a_rotation_that_fails_is_told_and_the_log_goes_on() {
    let mut log = Log::new(|o| {
        o.rotate_at_size = "3".parse().unwrap();
        o.rotate_count = "1".parse().unwrap();
    });
    // A folder cannot be replaced by a file.
    fs::create_dir(log.folder.path().join("log/server.log.1")).unwrap();
    log.write("/1");
    assert!(matches!(log.file.notices()[..], [Notice::RotationFailed { .. }]));
    log.write("/2");
    assert_eq!(fs::read_to_string(log.folder.path().join("log/server.log")).unwrap(), "/1\n/2\n");
}

#[test]
fn a_rotation_that_goes_on_failing_is_told_once_and_rests() {
    let mut log = Log::new(|o| {
        o.rotate_at_size = "30".parse().unwrap();
        o.rotate_count = "1".parse().unwrap();
    });
    let blocked = log.folder.path().join("log/server.log.1");
    fs::create_dir(&blocked).unwrap();
    log.write("/a-path-of-thirty-characters-1");
    assert!(matches!(log.file.notices()[..], [Notice::RotationFailed { .. }]));
    fs::remove_dir(&blocked).unwrap();
    log.write("/2");
    assert_eq!(log.file.notices(), [], "it rests");
    log.write("/a-path-of-thirty-characters-3");
    assert!(matches!(log.file.notices()[..], [Notice::Rotated { .. }]), "it has grown by its size");
    fs::rename(&blocked, blocked.with_extension("old")).unwrap();
    fs::create_dir(&blocked).unwrap();
    for n in 0..5 {
        log.write(&format!("/a-path-of-thirty-characters-{n}"));
    }
    assert_eq!(log.file.notices().len(), 1);
    fs::remove_dir(&blocked).unwrap();
    log.hands.advance(Duration::from_secs(60));
    log.write("/4");
    assert!(matches!(log.file.notices()[..], [Notice::Rotated { .. }]), "it has rested");
}

#[test]
fn what_was_put_aside_is_not_replaced_by_what_has_the_same_time() {
    let mut log = Log::new(|o| {
        o.rotate_on = "23:00 time-of-day".parse().unwrap();
        o.rotate_count = "2".parse().unwrap();
    });
    let aside = log.folder.path().join("log/server.2026-03-10_23-00-00.log");
    fs::write(&aside, "others'").unwrap();
    log.write("/1");
    log.wait(60);
    let expected = [
        ("server.2026-03-10_23-00-00-1.log", "/1\n"),
        ("server.2026-03-10_23-00-00.log", "others'"),
        ("server.log", ""),
    ];
    assert!(is(&log.files(), &expected), "{:?}", log.files());
    log.write("/2");
    log.wait(86_400);
    let names = ["server.2026-03-10_23-00-00-1.log", "server.2026-03-11_23-00-00.log", "server.log"];
    assert_eq!(log.names(), names, "the oldest goes");
}

fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

#[test]
fn a_pipe_is_no_log_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| {
        let now = Timestamp::from_seconds(START);
        LocalFile::open(path.to_owned(), &file_options("{id}"), server(), berlin(), now)
            .err()
            .map(|e| e.to_string())
    };
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let refused = Some(format!("{} is not a plain file", pipe.display()));
    assert_eq!(open(&pipe), refused);
    let how = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
    let _reader = rustix::fs::open(&pipe, how, rustix::fs::Mode::empty()).unwrap();
    assert_eq!(open(&pipe), refused, "though somebody reads it");
    assert!(open(folder.path()).unwrap().ends_with("is not a plain file"));
    assert_eq!(open(Path::new("/dev/null")), None);
}

#[test]
fn who_names_the_standard_output_as_a_file_is_shown_the_way() {
    let told = |path: &str| HandlerError::Unfit(path.into()).to_string();
    for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        assert!(told(path).ends_with("say type = standard-stream"), "{}", told(path));
    }
    assert_eq!(told("/srv/dev/stdout"), "/srv/dev/stdout is not a plain file");
}

#[test]
fn a_log_whose_place_a_pipe_takes_is_an_error_until_the_pipe_is_gone() {
    let mut log = Log::new(|_| {});
    log.write("/1");
    let path = log.folder.path().join("log/server.log");
    fs::rename(&path, path.with_file_name("old")).unwrap();
    make_pipe(&path);
    let now = log.clock.now();
    assert!(matches!(log.file.flush(now), Err(HandlerError::Unfit(_))));
    fs::remove_file(&path).unwrap();
    log.write("/2");
    assert!(is(&log.files(), &[("old", "/1\n"), ("server.log", "/2\n")]), "{:?}", log.files());
}

#[test]
fn a_log_that_somebody_empties_begins_anew() {
    let mut log = Log::new(|o| {
        o.structured_fields = "data.path".parse().unwrap();
        o.rotate_at_size = "30".parse().unwrap();
    });
    log.write("/1");
    let path = log.folder.path().join("log/server.log");
    fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    log.write("/2");
    log.write("/3");
    assert!(is(&log.files(), &[("server.log", "data.path\n/2\n/3\n")]), "{:?}", log.files());
}

#[test]
fn a_file_that_somebody_moves_away_is_made_anew() {
    let mut log = Log::new(|_| {});
    log.write("/1");
    let path = log.folder.path().join("log/server.log");
    fs::rename(&path, path.with_file_name("old")).unwrap();
    log.write("/2");
    assert!(is(&log.files(), &[("old", "/1\n"), ("server.log", "/2\n")]), "{:?}", log.files());
}

#[test]
fn a_log_is_not_for_others() {
    let log = Log::new(|_| {});
    let mode = fs::metadata(log.folder.path().join("log/server.log")).unwrap().permissions().mode();
    // The umask may take more away.
    assert_eq!(mode & 0o007, 0);
    assert_eq!(mode & 0o600, 0o600);
}

#[test]
fn structured_fields_make_comma_separated_values_with_a_header_in_a_new_file() {
    let fields = "id, data.path, account.name".parse().unwrap();
    let mut log = Log::new(|o| o.structured_fields = fields);
    log.write("/a,b\"c");
    log.write("=cmd()");
    let expected = "id,data.path,account.name\n30068,\"/a,b\"\"c\",mike\n30068,\"'=cmd()\",mike\n";
    assert!(is(&log.files(), &[("server.log", expected)]), "{:?}", log.files());
}

#[test]
fn v31_one_event_is_one_line_whatever_its_members_hold() {
    let mut log = Log::new(|o| o.entry_content = "{message} {data.path}".parse().unwrap());
    log.write("/a\n2026-01-01T00:00:00+00:00 20137 admin logged in\r\n\x1b[2K");
    let mut csv = Log::new(|o| o.structured_fields = "data.path, data_json, message".parse().unwrap());
    csv.write("/a\n1,2,3\r\n");
    assert_eq!(log.files()[0].1.lines().count(), 1);
    assert_eq!(csv.files()[0].1.lines().count(), 2);
    assert!(!log.files()[0].1.contains('\x1b'));
}

/// Takes a few bytes, then fails, then takes a few more.
#[derive(Default)]
struct Narrow {
    taken: Vec<u8>,
    broken: bool,
}

impl io::Write for &mut Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.broken = !self.broken;
        if self.broken {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = bytes.len().min(5);
        self.taken.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_that_takes_a_part_gets_the_rest_later() {
    let mut out = Narrow::default();
    let mut stream = Stream::new(&mut out, Line::text("{data.path}").unwrap(), server(), berlin());
    for path in ["/first", "/second"] {
        let event = Event::new(ids::SSH_UPLOADED, Uuid::nil(), Timestamp(0), origin("mike", "203.0.113.7:1"));
        stream.take(&Stored { sequence: 1, event: event.with("path", path.as_bytes()) }, Timestamp(0));
    }
    while stream.flush(Timestamp(0)).is_err() {}
    drop(stream);
    assert_eq!(out.taken, b"/first\n/second\n");
}
