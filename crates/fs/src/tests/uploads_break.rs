use super::*;

fn broken(s: &mut Session, at: &str, content: &str) {
    let file = s.open(at, How::upload());
    write(&file, 0, content).unwrap();
    s.events();
    file.abandon(&mut s.batch);
    let kept = s.last("size");
    assert_eq!(s.events(), if content.is_empty() { vec![] } else { vec![70021] });
    assert_eq!(kept, if content.is_empty() { String::new() } else { content.len().to_string() });
}

#[test]
fn what_nobody_may_take_up_is_not_told_to_be_kept() {
    let mut site = Site::open();
    site.terms.partial_keep = Duration::ZERO;
    let mut s = site.session();
    let file = s.open("/f", How::upload());
    write(&file, 0, "half").unwrap();
    file.abandon(&mut s.batch);
    assert_eq!(s.events(), [0; 0]);
}

#[test]
fn a_broken_upload_is_seen_and_taken_up_again_by_its_principal_alone() {
    let mut site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    for at in ["/f", "/d/f"] {
        let mut s = site.session();
        broken(&mut s, at, "half ");
        // A new process knows nothing but the key.
        site.restart();
        let mut s = site.session();
        assert_eq!(s.size(at).unwrap(), 5);
        assert_eq!(s.download(at), Err(FsError::NotFound));
        let mut bob = site
            .session_of(Terms::for_test("bob", site.real(""), "allow-full-control"))
            .unwrap_or_else(|_| panic!());
        assert_eq!(bob.size(at), Err(FsError::NotFound));
        let resumed = s.open(at, resume());
        assert_eq!(s.events(), [70022]);
        assert!(resumed.is_upload());
        write(&resumed, 5, "and half").unwrap();
        resumed.close(&mut s.batch).unwrap();
        assert_eq!(site.on_disk(&at[1..]).unwrap(), "half and half");
        assert_eq!(site.temporaries(""), [""; 0]);
    }
}

#[test]
fn appending_takes_a_broken_upload_up_at_its_end() {
    let site = Site::open();
    let mut s = site.session();
    broken(&mut s, "/f", "half ");
    let resumed = s.open("/f", append());
    write(&resumed, 0, "more").unwrap();
    resumed.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "half more");
}

#[test]
fn a_leftover_stands_for_an_older_file_and_not_for_a_newer_one() {
    let site = Site::open();
    site.put("f", "old content");
    let mut s = site.session();
    site.tick();
    broken(&mut s, "/f", "half");
    assert_eq!(s.size("/f").unwrap(), 4);
    assert_eq!(s.download("/f").unwrap(), "old content");
    site.tick();
    site.put("f", "newer content");
    assert_eq!(s.size("/f").unwrap(), 13);
    let file = s.open("/f", resume());
    assert!(!file.is_upload());
}

/// A file of before, and what is left of an upload that was to replace it.
fn broken_over(content: &str, leftover: &str) -> Site {
    let site = Site::open();
    site.put("f", content);
    site.tick();
    broken(&mut site.session(), "/f", leftover);
    site
}

#[test]
fn who_was_told_of_a_leftover_takes_it_up_and_the_old_file_is_replaced() {
    for (how, told) in [(resume(), "stat"), (append(), "stat"), (resume(), "lstat"), (append(), "lstat")] {
        let site = broken_over("old content", "half ");
        let mut s = site.session();
        let size = match told {
            "stat" => s.size("/f"),
            _ => s.fs.lstat(&mut s.batch, &path("/f")).map(|a| a.size),
        };
        assert_eq!(size, Ok(5));
        let file = s.open("/f", how);
        assert!(file.is_upload());
        assert_eq!(s.events(), [70022]);
        write(&file, 5, "and half").unwrap();
        file.close(&mut s.batch).unwrap();
        assert_eq!(site.on_disk("f").unwrap(), "half and half");
    }
}

#[test]
fn who_was_not_told_of_a_leftover_writes_into_the_old_file() {
    for (how, after) in [(append(), "old contentNEW"), (resume(), "NEW content")] {
        let site = broken_over("old content", "half");
        let mut other = site.session();
        assert_eq!(other.size("/f"), Ok(4), "another session is told");
        let mut s = site.session();
        assert_eq!(s.names("/").unwrap(), ["f"]);
        let file = s.open("/f", how);
        assert!(!file.is_upload());
        assert_eq!(s.events(), [70020]);
        write(&file, 0, "NEW").unwrap();
        file.close(&mut s.batch).unwrap();
        assert_eq!(site.on_disk("f").unwrap(), after);
    }
}

#[test]
fn the_last_answer_about_a_path_is_what_a_session_was_told() {
    let site = broken_over("old", "half");
    let mut s = site.session();
    assert_eq!(s.size("/f"), Ok(4));
    site.tick();
    site.put("f", "newer");
    assert_eq!(s.size("/f"), Ok(5));
    site.tick();
    broken(&mut site.session(), "/f", "half again");
    assert!(!s.open("/f", resume()).is_upload(), "it was told of the file last");
    assert_eq!(s.size("/f"), Ok(10));
    s.upload("/f", "whole").unwrap();
    site.tick();
    broken(&mut site.session(), "/f", "a third half");
    assert!(!s.open("/f", resume()).is_upload(), "what it was told of is no more");
}

#[test]
fn a_session_remembers_few_of_the_leftovers_that_it_was_told_of() {
    let site = broken_over("old", "half");
    let mut s = site.session();
    assert_eq!(s.size("/f"), Ok(4));
    for n in 0..64 {
        let name = format!("f{n}");
        site.put(&name, "old");
        site.tick();
        let at = format!("/{name}");
        broken(&mut site.session(), &at, "half");
        assert_eq!(s.size(&at), Ok(4));
    }
    assert!(!s.open("/f", resume()).is_upload());
    assert!(s.open("/f0", resume()).is_upload());
}

#[test]
fn the_size_of_a_file_that_the_session_has_open_is_its_own() {
    let site = broken_over("old content", "half");
    for how in [How::read(), both(), append()] {
        let mut s = site.session();
        let file = s.open("/f", how);
        assert_eq!(s.size("/f"), Ok(11));
        assert!(!s.open("/f", resume()).is_upload(), "it was told of the file");
        let second = s.open("/f", How::read());
        drop(file);
        assert_eq!(s.size("/f"), Ok(11));
        second.close(&mut s.batch).unwrap();
        assert_eq!(s.size("/f"), Ok(4));
    }
}

#[test]
fn a_fresh_upload_takes_the_place_of_what_broke() {
    let site = Site::open();
    let mut s = site.session();
    broken(&mut s, "/f", "a long first half");
    s.upload("/f", "short").unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "short");
    broken(&mut s, "/g", "half");
    let mut how = exclusive();
    how.mode = Some(0o600);
    s.open("/g", how).close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("g").unwrap(), "");
    assert_eq!(mode_of(site.real("g")), 0o600);
    assert_eq!(site.temporaries(""), [""; 0]);
}

#[test]
fn the_upload_of_another_living_session_is_neither_seen_nor_taken() {
    let mut site = Site::open();
    let mut a = site.session();
    let going = a.open("/f", How::upload());
    write(&going, 0, "going").unwrap();
    // Another process on the same folder.
    site.restart();
    let mut b = site.session();
    assert_eq!(b.size("/f"), Err(FsError::NotFound));
    let other = b.open("/f", resume());
    assert_eq!(b.events(), [0; 0]);
    write(&other, 0, "other").unwrap();
    other.abandon(&mut b.batch);
    going.close(&mut a.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "going");
}

#[test]
fn what_broke_beside_another_upload_is_found_when_that_is_gone() {
    let site = Site::open();
    let (mut a, mut b) = (site.session(), site.session());
    let one = a.open("/f", How::upload());
    let two = b.open("/f", How::upload());
    write(&one, 0, "1").unwrap();
    write(&two, 0, "22").unwrap();
    two.abandon(&mut b.batch);
    assert_eq!(b.size("/f").unwrap(), 2);
    let three = b.open("/f", How::upload());
    write(&three, 0, "333").unwrap();
    a.fs.remove(&mut a.batch, &path("/f")).unwrap();
    three.abandon(&mut b.batch);
    assert_eq!(b.size("/f").unwrap(), 3);
    drop(one);
}

#[test]
fn a_break_before_the_first_byte_leaves_nothing() {
    let site = Site::open();
    broken(&mut site.session(), "/f", "");
    assert_eq!(site.temporaries(""), [""; 0]);
}

#[test]
fn leftovers_can_be_removed_by_their_name_and_with_their_folder() {
    let site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    let mut s = site.session();
    broken(&mut s, "/f", "half");
    s.fs.remove(&mut s.batch, &path("/f")).unwrap();
    assert_eq!(s.fs.remove(&mut s.batch, &path("/f")), Err(FsError::NotFound));
    broken(&mut s, "/d/f", "half");
    let going = s.open("/d/g", How::upload());
    assert_eq!(s.fs.rmdir(&mut s.batch, &path("/d")), Err(FsError::NotEmpty));
    going.abandon(&mut s.batch);
    broken(&mut s, "/d/f", "half");
    assert_eq!(s.names("/d").unwrap(), [""; 0]);
    s.fs.rmdir(&mut s.batch, &path("/d")).unwrap();
}

#[test]
fn leftovers_are_swept_when_nobody_may_take_them_up_any_more() {
    let mut site = Site::open();
    let mut s = site.session();
    broken(&mut s, "/f", "half");
    broken(&mut s, "/g", "half");
    site.hands.advance(Duration::from_secs(23 * 3600));
    s.names("/").unwrap();
    assert_eq!(site.temporaries("").len(), 2);
    let going = s.open("/h", How::upload());
    write(&going, 0, "x").unwrap();
    site.hands.advance(Duration::from_secs(2 * 3600));
    assert_eq!(s.size("/f"), Err(FsError::NotFound));
    s.events();
    s.names("/").unwrap();
    assert_eq!(s.events(), [70023; 2]);
    assert_eq!(site.temporaries("").len(), 1);
    going.close(&mut s.batch).unwrap();
    // Where nobody lists, an upload looks.
    broken(&mut s, "/f", "half");
    site.hands.advance(Duration::from_secs(25 * 3600));
    s.upload("/k", "x").unwrap();
    assert_eq!(s.events(), [70023]);
    site.terms.partial_keep = Duration::ZERO;
}

#[test]
fn one_who_keeps_leftovers_longer_is_not_robbed_by_one_who_does_not() {
    let mut site = Site::open();
    site.terms.partial_keep = Duration::from_secs(7 * 24 * 3600);
    let mut patient = site.session();
    broken(&mut patient, "/f", "half");
    let mut terms = Terms::for_test("bob", site.real(""), "allow-full-control");
    terms.partial_keep = Duration::from_secs(60);
    let mut hasty = site.session_of(terms).unwrap_or_else(|_| panic!());
    site.hands.advance(Duration::from_secs(48 * 3600));
    hasty.names("/").unwrap();
    assert_eq!(patient.size("/f").unwrap(), 4);
}

#[test]
fn v08_a_file_placed_under_a_temporary_name_with_other_names_is_not_taken_up() {
    let site = Site::open();
    let mut s = site.session();
    broken(&mut s, "/f", "half");
    let temporary = site.temporaries("").remove(0);
    std::fs::hard_link(site.real(&temporary), site.outside("trap")).unwrap();
    let file = s.open("/f", resume());
    assert_eq!(s.events(), [0; 0]);
    write(&file, 0, "mine").unwrap();
    file.close(&mut s.batch).unwrap();
    assert_eq!(std::fs::read_to_string(site.outside("trap")).unwrap(), "half");
    std::fs::remove_file(site.real(&temporary)).unwrap();
    std::os::unix::fs::symlink(site.outside("trap"), site.real(&temporary)).unwrap();
    s.fs.remove(&mut s.batch, &path("/f")).unwrap();
    assert_eq!(s.size("/f"), Err(FsError::NotFound));
    s.upload("/f", "mine again").unwrap();
    assert_eq!(std::fs::read_to_string(site.outside("trap")).unwrap(), "half");
}

/// Two processes, each with sessions that upload one name, break, and try again.
#[test]
fn v08_sessions_that_race_for_one_name_never_mix_their_bytes() {
    let mut site = Site::open();
    let first = site.host.clone();
    site.restart();
    let second = site.host.clone();
    let clock = Clock::system();
    let (site, clock) = (&site, &clock);
    std::thread::scope(|scope| {
        for (letter, host) in [("a", &first), ("b", &second), ("c", &first), ("d", &second)] {
            scope.spawn(move || {
                let mut events = batch(&site.clock);
                let fs = Fs::enter(Grant::for_test(site.terms.clone()), host.clone(), &mut events).unwrap();
                let mut s = Session { fs, batch: events };
                let (half, mut round) = (letter.repeat(50), 0);
                while clock.monotonic().0 < Duration::from_secs(1) {
                    round += 1;
                    let Ok(file) = s.try_open("/f", How::upload()) else { continue };
                    write(&file, 0, &half).unwrap();
                    if round % 3 == 0 {
                        continue;
                    }
                    write(&file, 50, &half).unwrap();
                    file.close(&mut s.batch).unwrap();
                    s.batch.clear();
                }
            });
        }
        let mut reader = site.session();
        while clock.monotonic().0 < Duration::from_secs(1) {
            if let Ok(content) = reader.download("/f") {
                assert_eq!(content.len(), 100);
                assert!(content.bytes().all(|b| b == content.as_bytes()[0]), "{content}");
            }
        }
    });
}
