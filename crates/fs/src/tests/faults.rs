use super::*;
use crate::faulty::{Call, Faulty, Plan, Trouble};
use crate::memory::Memory;

/// An `Fs` in memory that fails as the plan says.
fn faulty() -> (Session, Plan) {
    let (clock, _) = Clock::manual(Clock::system().now());
    let host = Arc::new(Host::new(clock.clone(), &Secret::new(*b"key")));
    let plan = Plan::default();
    let backend = Arc::new(Faulty::new(Arc::new(Memory::new(clock.clone())), plan.clone()));
    let grant = Grant::for_test(Terms::for_test("ann", "/nowhere".into(), "allow-full-control"));
    (Session { fs: Fs::over_backend(grant, host, backend), batch: batch(&clock) }, plan)
}

#[test]
fn short_reads_and_writes_lose_nothing() {
    let (mut s, plan) = faulty();
    plan.after(0, Call::Write, Trouble::Short(3));
    plan.after(0, Call::Read, Trouble::Short(2));
    let file = s.open("/f", How::upload());
    let parts = [IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b"and two"), IoSlice::new(b"!")];
    file.write_at(&parts, 0).unwrap();
    assert_eq!(file.close(&mut s.batch).unwrap().written, 11);
    assert_eq!(s.download("/f").unwrap(), "oneand two!");
}

#[test]
fn an_upload_that_the_disk_refused_never_becomes_the_file_and_can_be_taken_up_again() {
    for (trouble, error) in
        [(Trouble::Full, FsError::NoSpace), (Trouble::Broken, FsError::Io(std::io::ErrorKind::Other))]
    {
        let (mut s, plan) = faulty();
        s.upload("/f", "old").unwrap();
        let file = s.open("/f", How::upload());
        write(&file, 0, "half ").unwrap();
        plan.after(0, Call::Write, trouble);
        assert_eq!(write(&file, 5, "and"), Err(error));
        plan.clear();
        assert_eq!(write(&file, 5, "and"), Err(error));
        assert_eq!(file.close(&mut s.batch), Err(error));
        assert_eq!(s.events(), [70021]);
        assert_eq!(s.download("/f").unwrap(), "old");
        assert_eq!(s.size("/f").unwrap(), 5);
        let resumed = s.open("/f", resume());
        write(&resumed, 5, "and half").unwrap();
        resumed.close(&mut s.batch).unwrap();
        assert_eq!(s.download("/f").unwrap(), "half and half");
    }
}

#[test]
fn a_rename_that_fails_at_the_close_fails_the_close() {
    let (mut s, plan) = faulty();
    plan.after(0, Call::Rename, Trouble::Broken);
    assert!(matches!(s.upload("/f", "content"), Err(FsError::Io(_))));
    assert_eq!(s.events(), [70021]);
    plan.clear();
    assert_eq!(s.download("/f"), Err(FsError::NotFound));
    assert_eq!(s.size("/f").unwrap(), 7);
}

/// The same files with this option, on a disk that cannot be synced.
fn cannot_sync(upload_sync: UploadSync) -> Session {
    let (mut s, plan) = faulty();
    let mut terms = Terms::for_test("ann", "/nowhere".into(), "allow-full-control");
    terms.upload_sync = upload_sync;
    let (clock, _) = Clock::manual(Clock::system().now());
    let host = Arc::new(Host::new(clock.clone(), &Secret::new(*b"key")));
    let backend = Arc::new(Faulty::new(Arc::new(Memory::new(clock)), plan.clone()));
    s.fs = Fs::over_backend(Grant::for_test(terms), host, backend);
    plan.after(0, Call::Sync, Trouble::Broken);
    s
}

#[test]
fn a_disk_that_cannot_be_synced_fails_the_close_and_the_file_does_not_appear() {
    let mut s = cannot_sync(UploadSync::Close);
    assert!(matches!(s.upload("/f", "content"), Err(FsError::Io(_))));
    assert!(s.download("/f").is_err());
}

#[test]
fn option_server_upload_sync() {
    cannot_sync(UploadSync::None).upload("/f", "content").unwrap();
    assert!(cannot_sync(UploadSync::Close).upload("/f", "content").is_err());
}

#[test]
fn what_cannot_be_looked_at_fails_and_is_not_taken_for_missing() {
    let (mut s, plan) = faulty();
    s.upload("/f", "old").unwrap();
    for call in [Call::Look, Call::Open] {
        plan.after(0, call, Trouble::Broken);
        assert!(matches!(s.upload("/f", "new"), Err(FsError::Io(_))), "{call:?}");
        plan.clear();
        assert_eq!(s.download("/f").unwrap(), "old");
    }
    plan.after(0, Call::Scan, Trouble::Broken);
    assert!(matches!(s.names("/"), Err(FsError::Io(_))));
}

#[test]
fn a_slow_disk_is_waited_for() {
    let (mut s, plan) = faulty();
    let clock = Clock::system();
    plan.after(0, Call::Write, Trouble::Slow(Duration::from_millis(20)));
    s.upload("/f", "content").unwrap();
    assert!(clock.monotonic().0 >= Duration::from_millis(20));
    assert_eq!(s.download("/f").unwrap(), "content");
}
