use super::*;
use crate::corpus::{Act, CASES, Verdict, plant};
use crate::permit::Last;
use crate::{SetAttributes, Stamp};

fn act(s: &mut Session, act: Act) -> Result<(), FsError> {
    let Session { fs, batch } = s;
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    let times = SetAttributes { modified: Some(Stamp { seconds: 1, nanos: 0 }), ..SetAttributes::default() };
    let size = SetAttributes { size: Some(1), ..SetAttributes::default() };
    match act {
        Act::Stat(p) => fs.stat(batch, &path(p)).map(drop),
        Act::Lstat(p) => fs.lstat(batch, &path(p)).map(drop),
        Act::List(p) => s.names(p).map(drop),
        Act::Read(p) => s.download(p).map(drop),
        Act::Write(p) => s.upload(p, "new"),
        Act::Append(p) => {
            s.try_open(p, append()).and_then(|f| write(&f, 0, "more").and(f.close(&mut s.batch).map(drop)))
        }
        Act::ReadWrite(p) => s.try_open(p, both()).and_then(|f| f.close(&mut s.batch)).map(drop),
        Act::Mkdir(p) => fs.mkdir(batch, &path(p), None),
        Act::Rmdir(p) => {
            // Emptied first, so that only the rules can refuse.
            let real = fs.terms().mounts[0].real.join(p.trim_start_matches('/'));
            if p.len() > 1 {
                std::fs::remove_dir_all(&real).unwrap();
                std::fs::create_dir(&real).unwrap();
            }
            fs.rmdir(batch, &path(p))
        }
        Act::Remove(p) => fs.remove(batch, &path(p)),
        Act::Rename(a, b) => fs.rename(batch, &path(a), &path(b), false),
        Act::SetMode(p) => fs.set_attributes(batch, &path(p), &mode, Last::Follow),
        Act::SetTimes(p) => fs.set_attributes(batch, &path(p), &times, Last::Follow),
        Act::SetSize(p) => fs.set_attributes(batch, &path(p), &size, Last::Follow),
        Act::ReadLink(p) => fs.read_link(batch, &path(p)).map(drop),
        Act::Symlink(target, link) => fs.symlink(batch, target.as_bytes(), &path(link)),
        Act::HardLink(a, b) => fs.hard_link(batch, &path(a), &path(b)),
    }
}

#[test]
fn the_permission_corpus_holds_with_and_without_atomic_uploads() {
    for atomic in [true, false] {
        for case in CASES {
            let mut site = Site::new(case.rules);
            site.terms.atomic_uploads = atomic;
            plant(&site.real("")).unwrap();
            let mut s = site.session();
            let verdict = match act(&mut s, case.act) {
                Ok(()) => Verdict::Done,
                Err(FsError::Refused) => Verdict::Refused,
                Err(FsError::Protected) => Verdict::Protected,
                Err(FsError::NotFound) => Verdict::Missing,
                Err(e) => panic!("{case:?}: {e}"),
            };
            assert_eq!(verdict, case.verdict, "{case:?}, atomic uploads: {atomic}");
            let expected: &[u32] = match verdict {
                Verdict::Refused => &[70001],
                Verdict::Protected => &[1007],
                Verdict::Done | Verdict::Missing => &[],
            };
            let told: Vec<u32> = s.events().into_iter().filter(|id| *id != 70020).collect();
            assert_eq!(told, expected, "{case:?}");
        }
    }
}

#[test]
fn a_refusal_says_what_was_asked_and_which_rule_decided() {
    let site = Site::new("allow-list\n/a/*, allow-read\n/b/*, deny-full-control");
    let mut s = site.session();
    for (at, rule) in [("/x", "global"), ("/b/x", "rule 2"), ("/a/.cw-x", "reserved name")] {
        assert_eq!(s.upload(at, "").unwrap_err(), FsError::Refused);
        assert_eq!(s.last("decided_by"), rule);
        assert_eq!(s.last("operation"), "write");
        assert_eq!(s.last("path"), at);
    }
}

#[test]
fn b17_traversing_lists_folders_only() {
    let site = Site::new("allow-traverse");
    plant(&site.real("")).unwrap();
    assert_eq!(site.session().names("/").unwrap(), ["empty", "inbox", "inbox-qa", "outbox", "queue"]);
}

#[test]
fn the_mode_of_ones_own_new_file_is_free_and_of_another_needs_the_right() {
    let site = Site::new("allow-write");
    site.put("old", "old");
    let mut s = site.session();
    let set = SetAttributes {
        mode: Some(0o640),
        modified: Some(Stamp { seconds: 5, nanos: 7 }),
        ..Default::default()
    };
    let new = s.open("/new", How::upload());
    new.set_attributes(&mut s.batch, &set).unwrap();
    new.close(&mut s.batch).unwrap();
    assert_eq!(mode_of(site.real("new")), 0o640);
    let old = s.open("/old", How::upload());
    assert_eq!(old.set_attributes(&mut s.batch, &set), Err(FsError::Refused));
    assert_eq!(s.events(), [70001]);
}

#[test]
fn rules_that_changed_refuse_what_is_open() {
    let site = Site::open();
    let mut s = site.session();
    let file = s.open("/a", How::upload());
    write(&file, 0, "half").unwrap();
    let mut terms = site.terms.clone();
    terms.rules = RuleSource::parse("allow-read").unwrap().for_user("ann").unwrap();
    let fs = s.fs.renew(Grant::for_test(terms), &mut s.batch).unwrap();
    assert_eq!(fs.review(&mut s.batch, &file), Err(FsError::Refused));
    assert_eq!(write(&file, 4, "more"), Err(FsError::Refused));
    assert_eq!(file.close(&mut s.batch), Err(FsError::Refused));
    assert_eq!(site.on_disk("a"), None);
}

#[test]
fn dates_in_rules_are_those_of_the_moment_of_each_operation() {
    let site = Site::new("allow-list\nt//day-{day.padded}/*/, allow-full-control");
    for day in ["day-24", "day-25"] {
        std::fs::create_dir(site.real(day)).unwrap();
    }
    site.put("day-24/old", "content");
    // 2026-11-24T23:59:59Z
    site.hands.step_to(Timestamp::from_seconds(1_795_564_799));
    let mut s = site.session();
    assert_eq!(s.upload("/day-24/new", "content"), Ok(()));
    assert_eq!(s.upload("/day-25/new", "content"), Err(FsError::Refused));
    let begun = s.open("/day-24/begun", How::upload());
    let old = s.open("/day-24/old", How::upload());
    site.hands.advance(Duration::from_secs(1));
    assert_eq!(s.upload("/day-24/new", "content"), Err(FsError::Refused));
    assert_eq!(s.upload("/day-25/new", "content"), Ok(()));
    // What is open stays open, as its rights were when it was opened.
    write(&begun, 0, "more").unwrap();
    assert!(begun.close(&mut s.batch).is_ok());
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    assert_eq!(old.set_attributes(&mut s.batch, &mode), Err(FsError::Refused));
}
