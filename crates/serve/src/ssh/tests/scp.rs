//! SCP in a session: what a client gets to see in whatever pieces its bytes come, and with disks of all kinds.

use super::*;

const WINDOW_OF_CLIENT: u32 = 2 * 1024 * 1024;

fn pair(command: &str) -> Pair {
    Pair::running(command, WINDOW_OF_CLIENT, Opens::AtOnce, None)
}

/// A client whose files are in memory, and the plan of what fails there.
fn faulty(command: &str) -> (Pair, Plan) {
    let plan = Plan::default();
    (Pair::running(command, WINDOW_OF_CLIENT, Opens::AtOnce, Some(plan.clone())), plan)
}

/// Sends bytes in packets of such a size.
fn send(pair: &mut Pair, bytes: &[u8], packet: usize) {
    // Never more than the server has taken.
    for part in bytes.chunks(1024 * 1024) {
        pair.channel_data(part, packet);
        pair.settle();
    }
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    [format!("C0644 {} {name}\n", content.len()).as_bytes(), content, b"\0"].concat()
}

/// The client has nothing more to say.
fn end(pair: &mut Pair) {
    pair.tell(|w| {
        w.u8(96).u32(0);
    });
}

#[test]
fn an_upload_arrives_in_whatever_pieces_it_comes() {
    let content = pattern(300_000);
    for packet in [7, 1000, 32 * 1024] {
        let mut pair = pair("scp -t f");
        pair.burst = 10_000;
        send(&mut pair, &file("f", &content), packet);
        assert_eq!(pair.came, b"\0\0\0");
        end(&mut pair);
        assert_eq!(pair.status, Some(0));
        assert!(fs::read(pair.home("f")).unwrap() == content);
    }
}

#[test]
fn a_client_owes_the_rest_of_its_file_as_far_as_its_window_goes() {
    let mut pair = pair("scp -t f");
    assert_eq!(pair.session.owed(), 0);
    send(&mut pair, b"C0644 1000000 f\n", 1000);
    assert_eq!(pair.session.owed(), 1_000_000);
    send(&mut pair, &pattern(300_000), 1000);
    assert_eq!(pair.session.owed(), 700_000);
    send(&mut pair, &pattern(700_000), 32 * 1024);
    assert_eq!(pair.session.owed(), 0);
    send(&mut pair, b"\0C0644 99000000000 f\n", 1000);
    assert_eq!(pair.session.owed(), u64::from(pair.server_left));
    pair.tell(|w| {
        w.u8(90).string(b"session").u32(1).u32(WINDOW_OF_CLIENT).u32(32 * 1024);
    });
    pair.tell(|w| {
        w.u8(98).u32(1).string(b"exec").bool(true).string(b"scp -t g");
    });
    // What the other one sends is not known.
    assert_eq!(pair.session.owed(), 0);
}

#[test]
fn records_and_files_may_come_together_before_anything_is_acknowledged() {
    let mut pair = pair("scp -r -p -t .");
    let bytes =
        [&b"D0755 0 d\nT1 0 2 0\n"[..], &file("a", b"one"), &file("b", b""), b"E\n", &file("c", b"3")]
            .concat();
    send(&mut pair, &bytes, 5);
    end(&mut pair);
    assert_eq!((pair.came.as_slice(), pair.status), (&b"\0\0\0\0\0\0\0\0\0\0"[..], Some(0)));
    assert_eq!(fs::read(pair.home("d/a")).unwrap(), b"one");
    assert_eq!(fs::read(pair.home("d/b")).unwrap(), b"");
    assert_eq!(fs::read(pair.home("c")).unwrap(), b"3");
}

#[test]
fn writes_go_to_another_thread_where_the_disk_takes_its_time() {
    let content = pattern(3_000_000);
    let mut pair = pair("scp -t f");
    pair.slow = true;
    send(&mut pair, &file("f", &content), 32 * 1024);
    assert_eq!(pair.came, b"\0\0\0");
    assert!(fs::read(pair.home("f")).unwrap() == content);
}

#[test]
fn a_file_is_acknowledged_when_the_disk_has_it_and_not_before() {
    let content = pattern(400_000);
    let mut pair = pair("scp -t f");
    pair.hold_jobs = true;
    let whole = file("f", &content);
    send(&mut pair, &whole[..300_000], 32 * 1024);
    assert_eq!(pair.jobs.len(), 1);
    send(&mut pair, &whole[300_000..], 32 * 1024);
    assert_eq!(pair.came, b"\0\0");
    pair.let_jobs_end();
    assert_eq!(pair.came, b"\0\0\0");
    assert!(fs::read(pair.home("f")).unwrap() == content);
}

#[test]
fn a_disk_that_is_full_is_told_after_the_file_and_the_next_one_follows() {
    let (mut pair, plan) = faulty("scp -t .");
    plan.after(1, Call::Write, Trouble::Full);
    send(&mut pair, &file("f", &pattern(900_000)), 32 * 1024);
    assert_eq!(pair.came, b"\0\0\x01scp: /f: No space left on device\n");
    plan.clear();
    pair.came.clear();
    send(&mut pair, &file("g", b"x"), 32 * 1024);
    assert_eq!(pair.came, b"\0\0");
    end(&mut pair);
    assert_eq!(pair.status, Some(1));
}

#[test]
fn a_download_keeps_to_the_window_of_its_client() {
    let content = pattern(3_000_001);
    for (window, opens) in
        [(100_000, Opens::WhenUsedUp), (5000, Opens::AtOnce), (WINDOW_OF_CLIENT, Opens::AtOnce)]
    {
        let mut pair = Pair::running("scp -f f", window, opens, None);
        fs::write(pair.home("f"), &content).unwrap();
        send(&mut pair, b"\0\0\0", 1);
        while pair.status.is_none() {
            pair.wait_until_stalled();
        }
        let head = format!("C0644 {} f\n", content.len());
        assert!(pair.came == [head.as_bytes(), &content, b"\0"].concat(), "{window}");
        assert_eq!(pair.status, Some(0));
    }
}

#[test]
fn a_client_that_takes_nothing_makes_the_session_hold_nothing() {
    let mut pair = Pair::running("scp -r -f .", 1000, Opens::Never, None);
    for n in 0..2000 {
        fs::write(pair.home(&format!("file-{n}")), b"x").unwrap();
    }
    send(&mut pair, &[0; 100_000], 32 * 1024);
    pair.wait_until_stalled();
    assert!(pair.held() < 200_000, "{}", pair.held());
}

#[test]
fn a_read_that_fails_in_the_middle_leaves_the_client_in_step() {
    let (mut pair, plan) = faulty("scp -f f none");
    // Planted by another way: the files are in memory.
    let written = {
        let fs = pair.session.fs().unwrap().clone();
        let mut batch = Batch::new(
            pair.session.batch.origin().clone(),
            pair.session.batch.clock().clone(),
            Random::predictable(3),
        );
        let path = causeway_core::VPath::absolute(b"f").unwrap();
        let file = fs.open(&mut batch, &path, &causeway_fs::How::upload()).unwrap();
        file.write_at(&[std::io::IoSlice::new(&pattern(700_000))], 0).unwrap();
        file.close(&mut batch).is_ok()
    };
    assert!(written);
    plan.after(1, Call::Read, Trouble::Broken);
    send(&mut pair, b"\0\0\0", 1);
    let head = b"C0644 700000 f\n".len();
    assert_eq!(pair.came[head..head + 1000], pattern(1000));
    assert_eq!(pair.came[head + 699_990..head + 700_000], [0; 10]);
    let said = String::from_utf8_lossy(&pair.came[head + 700_000..]).into_owned();
    assert_eq!(said, "\u{1}scp: /f: input/output error\n\u{1}scp: /none: No such file or directory\n");
    assert_eq!(pair.status, Some(1));
}

#[test]
fn a_client_that_closes_its_channel_leaves_no_half_file() {
    let mut pair = pair("scp -t f");
    let whole = file("f", &pattern(100_000));
    send(&mut pair, &whole[..50_000], 32 * 1024);
    pair.tell(|w| {
        w.u8(97).u32(0);
    });
    assert!(!pair.home("f").exists());
}

#[test]
fn a_channel_whose_input_has_ended_may_still_be_asked_for_something() {
    let mut pair = Pair::logged_in(WINDOW_OF_CLIENT, Opens::AtOnce, 32 * 1024, None);
    end(&mut pair);
    assert_eq!(pair.status, None);
    pair.tell(|w| {
        w.u8(98).u32(0).string(b"exec").bool(true).string(b"scp -t f");
    });
    assert_eq!((pair.came.as_slice(), pair.status), (&b"\0"[..], Some(0)));
}

#[test]
fn v18_all_patterns_of_one_command_look_at_so_many_names_together() {
    let mut pair = Pair::logged_in(WINDOW_OF_CLIENT, Opens::AtOnce, 32 * 1024, None);
    for n in 0..20 {
        fs::create_dir_all(pair.home(&format!("a/{n}"))).unwrap();
    }
    let command = ["scp -f".to_owned(), vec!["a/*/*"; 600].join(" ")].join(" ");
    pair.tell(|w| {
        w.u8(98).u32(0).string(b"exec").bool(true).string(command.as_bytes());
    });
    send(&mut pair, b"\0", 1);
    let said = String::from_utf8(std::mem::take(&mut pair.came)).unwrap();
    let (missing, refused) = (said.matches("No such file").count(), said.matches("too many names").count());
    assert_eq!((missing + refused, pair.status), (600, Some(1)), "{said}");
    assert!((400..500).contains(&missing), "{missing}");
    assert!(pair.disk >= missing, "calls are heeded in between");
}
