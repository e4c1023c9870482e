use std::cell::RefCell;
use std::sync::{Barrier, Mutex, mpsc};

use jiff::tz::TimeZone;

use super::*;
use crate::handlers::filter::Filter;

#[test]
fn a_new_handler_begins_with_the_process_and_a_restarted_one_where_it_ended() {
    let mut house = House::new();
    house.upload(&["/before"]);
    house.context.since = house.context.trail.end();
    let handler = log_of_paths();
    let runner = Runner::start(&handler, &house.context).unwrap();
    house.upload(&["/1", "/2"]);
    soon(|| house.log() == "/1\n/2\n");
    assert!(runner.stop(LIMIT));
    house.upload(&["/3"]);
    for n in 4..8 {
        let runner = Runner::start(&handler, &house.context).unwrap();
        house.upload(&[&format!("/{n}")]);
        assert!(runner.stop(LIMIT), "stopping drains what is there");
    }
    assert_eq!(house.log(), "/1\n/2\n/3\n/4\n/5\n/6\n/7\n");
}

#[test]
fn a_new_handler_that_saw_nothing_still_began_when_it_began() {
    let house = House::new();
    let handler = log_of_paths();
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    house.upload(&["/1"]);
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    assert_eq!(house.log(), "/1\n");
}

#[test]
fn many_events_all_arrive_in_order() {
    let house = House::new();
    let handler = log_of_paths();
    let runner = Runner::start(&handler, &house.context).unwrap();
    let mut expected = String::new();
    for n in 0..500 {
        let paths: Vec<String> = (0..10).map(|m| format!("/{n}/{m}")).collect();
        house.upload(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        paths.iter().for_each(|p| expected.extend([p, "\n"]));
    }
    assert!(runner.stop(LIMIT));
    assert!(house.log() == expected);
}

/// A sink that fails so many times, and remembers what it brought out.
struct Flaky {
    failures: u32,
    inside: Vec<Value>,
    out: Arc<Mutex<Vec<Value>>>,
}

impl Handler for Flaky {
    fn take(&mut self, stored: &Stored, _: Timestamp) {
        self.inside.push(stored.event.member("path").unwrap().clone());
    }

    fn flush(&mut self, _: Timestamp) -> Result<(), HandlerError> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(HandlerError::Stream(Arc::new(io::ErrorKind::BrokenPipe.into())));
        }
        self.out.lock().unwrap().append(&mut self.inside);
        Ok(())
    }
}

fn start_flaky(house: &House, failures: u32, fail_after: u32) -> (Runner, Arc<Mutex<Vec<Value>>>) {
    let mut handler = log_of_paths();
    handler.options.fail_after_errors = fail_after;
    let out = Arc::<Mutex<Vec<Value>>>::default();
    let sink: Box<dyn Handler> = Box::new(Flaky { failures, inside: Vec::new(), out: out.clone() });
    let filter = Filter::new(&handler.options).unwrap();
    let starting = Starting::with(&handler, "flaky", filter, Box::new(|| Ok(sink)), &house.context);
    (starting.unwrap().end(&house.context).unwrap(), out)
}

#[test]
fn an_error_is_reported_and_the_events_are_tried_again() {
    let house = House::new();
    let (runner, out) = start_flaky(&house, 1, 10);
    house.upload(&["/1"]);
    soon(|| out.lock().unwrap().len() == 1);
    let failed = house.emitted(ids::HANDLER_FAILED);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].member("id"), Some(&30068.into()));
    assert_eq!(failed[0].member("name"), Some(&"log".into()));
    assert_eq!(&*failed[0].origin.component.uuid, "h-1");
    assert_eq!(runner.state(), State::Running);
    assert!(runner.stop(LIMIT));
}

#[test]
fn a_handler_stops_after_too_many_errors_and_loses_nothing() {
    let house = House::new();
    let (runner, _) = start_flaky(&house, u32::MAX, 2);
    house.upload(&["/1", "/2"]);
    soon(|| matches!(runner.state(), State::Retrying(_)));
    soon(|| matches!(runner.state(), State::Failed(_)));
    assert_eq!(house.emitted(ids::HANDLER_FAILED).len(), 2);
    assert_eq!(house.emitted(ids::COMPONENT_STOPPED_AFTER_FAILURES).len(), 1);
    assert!(runner.stop(LIMIT));
    let (runner, out) = start_flaky(&house, 0, 2);
    assert!(runner.stop(LIMIT));
    assert_eq!(*out.lock().unwrap(), ["/1".as_bytes().into(), "/2".as_bytes().into()]);
}

#[test]
fn a_failing_handler_is_told_to_stop_and_stops_at_once() {
    let house = House::new();
    let (runner, out) = start_flaky(&house, u32::MAX, 0);
    house.upload(&["/1"]);
    soon(|| !house.emitted(ids::HANDLER_FAILED).is_empty());
    assert!(matches!(runner.state(), State::Retrying(why) if why.contains("standard output")));
    assert!(runner.stop(LIMIT));
    assert!(out.lock().unwrap().is_empty());
    let (runner, out) = start_flaky(&house, 0, 0);
    assert!(runner.stop(LIMIT));
    assert_eq!(out.lock().unwrap().len(), 1);
}

/// A sink that hangs, as a pipe does that nobody reads.
struct Hanging(mpsc::Receiver<()>);

impl Handler for Hanging {
    fn take(&mut self, _: &Stored, _: Timestamp) {}

    fn flush(&mut self, _: Timestamp) -> Result<(), HandlerError> {
        let _ = self.0.recv();
        Ok(())
    }
}

#[test]
fn a_handler_that_hangs_does_not_hold_up_a_stop() {
    let house = House::new();
    let handler = log_of_paths();
    let (_hold, hang) = mpsc::channel();
    let filter = Filter::new(&handler.options).unwrap();
    let open = Box::new(|| Ok::<Box<dyn Handler>, _>(Box::new(Hanging(hang))));
    let starting = Starting::with(&handler, "hanging", filter, open, &house.context);
    let runner = starting.unwrap().end(&house.context).unwrap();
    house.upload(&["/1"]);
    std::thread::sleep(Duration::from_millis(200));
    let until = runner.tell_to_stop(Duration::from_millis(10));
    assert_eq!(runner.tell_to_stop(LIMIT), until, "what it was told first holds");
    assert!(!runner.stop(LIMIT));
}

/// Handlers that do not open before the gate does.
struct Gate {
    hold: Option<mpsc::Sender<()>>,
    hang: Arc<Mutex<mpsc::Receiver<()>>>,
    /// Which were opened.
    tried: RefCell<Vec<String>>,
    out: Arc<Mutex<Vec<Value>>>,
}

impl Gate {
    fn closed() -> Self {
        let (hold, hang) = mpsc::channel();
        let hang = Arc::new(Mutex::new(hang));
        Self { hold: Some(hold), hang, tried: RefCell::default(), out: Arc::default() }
    }

    fn open(&mut self) {
        self.hold = None;
    }

    /// Starts handlers; gives those that run.
    fn start(&self, starter: &mut Starter, ids: &[&str], house: &House) -> Vec<Runner> {
        let start = |handler: &EventHandler| {
            self.tried.borrow_mut().push(handler.id.to_string());
            let hang = self.hang.clone();
            let sink = Flaky { failures: 0, inside: Vec::new(), out: self.out.clone() };
            let open = Box::new(move || {
                let _ = hang.lock().unwrap().recv();
                Ok::<Box<dyn Handler>, _>(Box::new(sink))
            });
            Starting::with(handler, "hanging", Filter::new(&handler.options).unwrap(), open, &house.context)
        };
        let results = starter.start_with(ids.iter().map(|id| log_called(id)), &house.context.clock, start);
        let refused = |result: &Result<_, _>| matches!(result, Err(HandlerError::Hangs(_)));
        assert!(results.iter().all(|(_, result)| result.is_ok() || refused(result)));
        results.into_iter().filter_map(|(_, result)| result.ok()).collect()
    }
}

fn log_called(id: &str) -> Arc<EventHandler> {
    Arc::new(EventHandler { id: id.into(), ..log_of_paths() })
}

#[test]
fn what_does_not_open_does_not_hold_up_a_start_and_never_runs() {
    let house = House::new();
    let mut gate = Gate::closed();
    let mut starter = Starter::new(Duration::from_millis(20));
    assert!(gate.start(&mut starter, &["h-1"], &house).is_empty());
    house.upload(&["/1"]);
    gate.open();
    soon(|| Arc::strong_count(&gate.out) == 1);
    assert!(gate.out.lock().unwrap().is_empty());
}

#[test]
fn what_hangs_is_not_opened_again_before_it_is_back() {
    let house = House::new();
    let mut gate = Gate::closed();
    let mut starter = Starter::new(Duration::from_millis(20));
    assert!(gate.start(&mut starter, &["h-1", "h-2"], &house).is_empty());
    assert_eq!(gate.tried.take(), ["h-1", "h-2"]);
    assert!(gate.start(&mut starter, &["h-1", "h-2", "h-3"], &house).is_empty());
    assert_eq!(gate.tried.take(), ["h-3"], "a new one, and no other");
    gate.open();
    house.upload(&["/1"]);
    let mut running = Vec::new();
    soon(|| {
        running = gate.start(&mut starter, &["h-1"], &house);
        !running.is_empty()
    });
    assert!(running.into_iter().all(|r| r.stop(LIMIT)));
    assert_eq!(*gate.out.lock().unwrap(), ["/1".as_bytes().into()]);
}

#[test]
fn handlers_open_side_by_side() {
    let house = House::new();
    let out = Arc::<Mutex<Vec<Value>>>::default();
    let meeting = Arc::new(Barrier::new(2));
    let start = |handler: &EventHandler| {
        let (meeting, sink) = (meeting.clone(), Flaky { failures: 0, inside: Vec::new(), out: out.clone() });
        let open = Box::new(move || {
            meeting.wait();
            Ok::<Box<dyn Handler>, _>(Box::new(sink))
        });
        Starting::with(handler, "meeting", Filter::new(&handler.options).unwrap(), open, &house.context)
    };
    let handlers = ["h-1", "h-2"].map(log_called);
    for (_, result) in Starter::new(LIMIT).start_with(handlers, &house.context.clock, start) {
        assert!(result.unwrap().stop(LIMIT));
    }
}

#[test]
fn a_handler_that_is_too_far_behind_is_moved_on_with_an_event() {
    let settings =
        Settings { sync: Sync::None, segment_size: 8 << 10, max_size: Some(24 << 10), ..Settings::default() };
    let house = House::with(settings);
    let handler = log_of_paths();
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    for n in 0..200 {
        house.upload(&[&format!("/a/long/path/so/that/segments/fill/{n}")]);
    }
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    let log = house.log();
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.len() < 200 && lines.last().unwrap().ends_with("/199"));
    let moved = house.emitted(ids::HANDLER_MOVED_ON);
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].member("name"), Some(&"log".into()));
}

#[test]
fn a_trail_that_was_made_anew_is_read_from_its_start() {
    let mut house = House::with(Settings { sync: Sync::None, segment_size: 1, ..Settings::default() });
    let handler = log_of_paths();
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    house.upload(&["/1"]);
    house.upload(&["/2"]);
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    let dir = house.folder.path().join("new");
    let trail = Trail::open(
        &dir,
        Uuid::from_u128(1),
        Settings::default(),
        house.context.clock.clone(),
        house.context.random.clone(),
    );
    house.context.trail = Arc::new(trail.unwrap());
    house.upload(&["/3"]);
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    assert_eq!(house.log(), "/1\n/2\n/3\n");
    drop(house.runtime);
}

impl House {
    /// Ends the trail, does something to its only segment, and opens it again, as a restart does.
    fn restart(&mut self, damage: impl FnOnce(&mut Vec<u8>)) {
        let (clock, random) = (self.context.clock.clone(), self.context.random.clone());
        let open = |dir: &str| {
            let settings = Settings { sync: Sync::None, ..Settings::default() };
            let dir = self.folder.path().join(dir);
            Arc::new(Trail::open(&dir, Uuid::from_u128(1), settings, clock.clone(), random.clone()).unwrap())
        };
        self.context.trail = open("meanwhile");
        let segment = self.folder.path().join("audit/0000000001.trail");
        let mut bytes = fs::read(&segment).unwrap();
        damage(&mut bytes);
        fs::write(&segment, bytes).unwrap();
        self.context.trail = open("audit");
        self.context.since = self.context.trail.end();
    }
}

#[test]
fn a_handler_that_had_not_read_what_is_damaged_is_told_and_goes_on() {
    let mut house = House::new();
    let handler = log_of_paths();
    let runner = Runner::start(&handler, &house.context).unwrap();
    house.upload(&["/1"]);
    soon(|| house.log() == "/1\n");
    assert!(runner.stop(LIMIT));
    house.upload(&["/2", "/3"]);
    house.restart(|bytes| bytes[0] ^= 1);
    house.upload(&["/4"]);
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    assert_eq!(house.log(), "/1\n/4\n");
    let moved = house.emitted(ids::HANDLER_MOVED_ON);
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].member("first"), Some(&2.into()));
}

#[test]
fn a_handler_that_has_handled_what_a_crash_took_back_gets_what_came_since() {
    let mut house = House::new();
    let handler = log_of_paths();
    house.upload(&["/1"]);
    let end = house.context.trail.end();
    let runner = Runner::start(&handler, &house.context).unwrap();
    house.upload(&["/2", "/3", "/4", "/5", "/6"]);
    soon(|| house.log().ends_with("/6\n"));
    assert!(runner.stop(LIMIT));
    house.restart(|bytes| bytes.truncate(usize::try_from(end.offset).unwrap()));
    house.upload(&["/7"]);
    Runner::start(&handler, &house.context).unwrap().stop(LIMIT);
    assert!(house.log().ends_with("/6\n/7\n"), "{}", house.log());
}

#[test]
fn a_trail_that_cannot_be_read_for_a_while_loses_nothing_and_is_told_once() {
    let house = House::new();
    let (dir, away) = (house.folder.path().join("audit"), house.folder.path().join("away"));
    let handler = log_of_paths();
    let runner = Runner::start(&handler, &house.context).unwrap();
    house.upload(&["/1"]);
    soon(|| house.log() == "/1\n");
    // As descriptors do that are used up: what is open can be read, and nothing else opened.
    fs::rename(&dir, &away).unwrap();
    house.upload(&["/2"]);
    soon(|| house.log() == "/1\n/2\n");
    soon(|| matches!(runner.state(), State::Retrying(why) if why.contains("cannot list")));
    house.upload(&["/3"]);
    soon(|| house.log() == "/1\n/2\n/3\n");
    fs::rename(&away, &dir).unwrap();
    soon(|| runner.state() == State::Running);
    fs::rename(&dir, &away).unwrap();
    soon(|| matches!(runner.state(), State::Retrying(_)));
    assert!(runner.stop(LIMIT), "it does not wait for what cannot be read");
    fs::rename(&away, &dir).unwrap();
    assert_eq!(house.emitted(ids::COMPONENT_FAILED).len(), 2, "once each time");
}

#[test]
fn a_place_that_no_trail_has_ever_had_is_found_by_its_number() {
    let house = House::new();
    house.upload(&["/1", "/2"]);
    house.upload(&["/3"]);
    let handler = log_of_paths();
    house.context.cursors.save("h-1", "1 18446744073709551615 3".parse().unwrap()).unwrap();
    assert!(Runner::start(&handler, &house.context).unwrap().stop(LIMIT));
    assert_eq!(house.log(), "/3\n");
}

/// A log of everything that is put aside at a few bytes.
fn small_log(rotate_count: &str) -> EventHandler {
    // What a rotation tells is longer than the limit.
    let mut file = file_options("{id} {message}");
    file.rotate_at_size = "10".parse().unwrap();
    file.rotate_count = rotate_count.parse().unwrap();
    EventHandler { options: options(), sink: Sink::LocalFile(file), ..log_of_paths() }
}

#[test]
fn what_rotations_tell_is_no_cause_of_rotations() {
    for (count, event) in [("1", ids::LOG_ROTATED), ("-1", ids::LOG_TRUNCATED)] {
        let house = House::new();
        let runner = Runner::start(&small_log(count), &house.context).unwrap();
        for n in 1..4 {
            house.upload(&["/1", "/2"]);
            soon(|| house.emitted(event).len() == n);
        }
        assert!(runner.stop(LIMIT));
        assert_eq!(house.emitted(event).len(), 3);
    }
}

#[test]
fn a_rotation_that_fails_does_not_feed_on_what_it_tells() {
    let house = House::new();
    let blocked = house.folder.path().join("log/server.log.1");
    fs::create_dir_all(&blocked).unwrap();
    fs::write(blocked.join("file"), "").unwrap();
    let runner = Runner::start(&small_log("1"), &house.context).unwrap();
    for n in 1..6 {
        house.upload(&["/1", "/2"]);
        soon(|| house.log().matches("30068").count() == 2 * n);
    }
    assert!(runner.stop(LIMIT));
    assert_eq!(house.emitted(ids::LOG_ROTATION_FAILED).len(), 1);
}

#[test]
fn two_handlers_of_one_file_are_told() {
    let one = log_of_paths();
    let two = EventHandler { id: "h-2".into(), ..log_of_paths() };
    let file = PathBuf::from("/srv/log/server.log");
    let found = shared_files(&[(&one, file.clone()), (&two, file)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].fails_check());
    assert_eq!(found[0].message, "/srv/log/server.log is the file of [event-handlers/h-1], too");
    let device = PathBuf::from("/dev/null");
    assert_eq!(shared_files(&[(&one, device.clone()), (&two, device)]), []);
}

fn passes(set: impl FnOnce(&mut HandlerOptions), event: &Event) -> bool {
    let mut options = options();
    set(&mut options);
    Filter::new(&options).unwrap().passes(event, &TimeZone::UTC)
}

#[test]
fn each_filter_decides_and_all_must_agree() {
    let event = Event::new(ids::SSH_UPLOADED, Uuid::nil(), Timestamp(0), origin("mike", "203.0.113.7:1"))
        .with("path", &b"/in/a.csv"[..])
        .with("group_names", Value::List(vec!["staff".into(), "night".into()]));
    assert!(passes(|_| {}, &event));
    for (target, expected) in [("30068", true), ("30067", false), ("!30067", true), ("!30068", false)] {
        assert_eq!(passes(|o| o.target = target.parse().unwrap(), &event), expected, "{target}");
    }
    for (groups, expected) in
        [("operation-write", true), ("ftp, ssh", true), ("ftp", false), ("!ftp", true), ("!ftp, !ssh", false)]
    {
        assert_eq!(passes(|o| o.groups = groups.parse().unwrap(), &event), expected, "{groups}");
    }
    for (names, expected) in [("mike", true), ("Mike", false), ("!mike", false), ("! anna", true)] {
        assert_eq!(passes(|o| o.usernames = names.parse().unwrap(), &event), expected, "{names}");
    }
    for (components, expected) in [("c-1", true), ("c-2", false), ("!c-1", false)] {
        assert_eq!(passes(|o| o.components = components.parse().unwrap(), &event), expected, "{components}");
    }
    for (addresses, expected) in [("203.0.113.7", true), ("203.0.113.8", false), ("!203.0.113.7", false)] {
        assert_eq!(
            passes(|o| o.source_addresses = addresses.parse().unwrap(), &event),
            expected,
            "{addresses}"
        );
    }
    for (data, expected) in [
        ("PATH, *.csv", true),
        ("path, *.txt", false),
        ("nothing, *", false),
        ("file_name, a.csv", true),
        ("Directory_Name, /in", true),
        ("real_file_name, *", false),
        ("group_names.0, staff", true),
        ("group_names.1, staff", false),
        ("group_names.2, *", false),
    ] {
        assert_eq!(passes(|o| o.data_filter = data.parse().unwrap(), &event), expected, "{data}");
    }
    let both = |o: &mut HandlerOptions| {
        o.target = "30068".parse().unwrap();
        o.usernames = "anna".parse().unwrap();
    };
    assert!(!passes(both, &event));
}

#[test]
fn retired_and_unknown_numbers_are_accepted_in_filters_with_a_warning() {
    let options = HandlerOptions { target: "20076, 30068, 99".parse().unwrap(), ..options() };
    assert!(Filter::new(&options).is_ok());
    let found = problems_of_options(&EventHandler { options, ..log_of_paths() });
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|p| !p.fails_check()));
    assert!(found[0].message.contains("20076 is retired (4.0 → 20156)"), "{found:?}");
}

#[test]
fn a_handler_that_cannot_do_as_it_is_told_does_not_start() {
    let house = House::new();
    let refused = |change: &dyn Fn(&mut EventHandler)| {
        let mut handler = log_of_paths();
        change(&mut handler);
        Runner::start(&handler, &house.context).unwrap_err().to_string()
    };
    assert_eq!(refused(&|h| h.options.groups = "shh".parse().unwrap()), "there is no event group 'shh'");
    let unknown = refused(&|h| h.sink = Sink::LocalFile(file_options("{mesage}")));
    assert!(unknown.contains("did you mean {message}"), "{unknown}");
    fs::write(house.folder.path().join("file"), "").unwrap();
    let nowhere = refused(&|h| {
        h.sink =
            Sink::LocalFile(LocalFileOptions { path: "file/x.log".parse().unwrap(), ..file_options("{id}") });
    });
    assert!(nowhere.starts_with("cannot make"), "{nowhere}");
}
