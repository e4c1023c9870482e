//! Disks that fail under a session, and clients that make no sense: what was asked is answered with a failure or ended,
//! and all else goes on.

use super::*;

const FAILURE: u32 = 4;
const UPLOAD: u32 = 0x1a;
const BLOCK: usize = 32 * 1024;

fn status(answer: &(u8, u32, Vec<u8>)) -> u32 {
    assert_eq!(answer.0, STATUS);
    u32::from_be_bytes(answer.2[..4].try_into().unwrap())
}

/// Uploads in WRITEs that are sent together; the statuses of each and of CLOSE.
fn upload(pair: &mut Pair, name: &str, content: &[u8]) -> Vec<u32> {
    let handle = pair.open(name, UPLOAD);
    let mut requests: Vec<_> =
        content.chunks(BLOCK).enumerate().map(|(n, part)| pair.write(&handle, n * BLOCK, part)).collect();
    requests.push(pair.close(&handle));
    pair.ask(&requests).iter().map(status).collect()
}

fn download(pair: &mut Pair, name: &str, length: usize) -> Vec<u8> {
    let handle = pair.open(name, 1);
    let reads: Vec<_> = (0..length.div_ceil(BLOCK))
        .map(|n| pair.read(&handle, u64::try_from(n * BLOCK).unwrap(), u32::try_from(BLOCK).unwrap()))
        .collect();
    let parts = pair.ask(&reads);
    assert!(parts.iter().all(|(kind, ..)| *kind == DATA));
    let close = pair.close(&handle);
    assert_eq!(status(&pair.ask(&[close])[0]), OK);
    parts.iter().flat_map(|(_, _, rest)| &rest[4..]).copied().collect()
}

#[test]
fn a_disk_that_moves_little_at_once_loses_nothing() {
    let (mut pair, plan) = Pair::on_a_faulty_disk();
    let content = pattern(300_000);
    plan.after(0, Call::Write, Trouble::Short(1000));
    plan.after(3, Call::Read, Trouble::Short(BLOCK / 2));
    assert!(upload(&mut pair, "f", &content).iter().all(|s| *s == OK));
    plan.clear();
    assert!(download(&mut pair, "f", content.len()) == content);
}

#[test]
fn a_full_disk_fails_the_writes_and_the_close_and_leaves_the_old_file() {
    let (mut pair, plan) = Pair::on_a_faulty_disk();
    let (old, new) = (pattern(100_000), vec![7; 1_000_000]);
    assert!(upload(&mut pair, "f", &old).iter().all(|s| *s == OK));
    plan.after(1, Call::Write, Trouble::Full);
    let statuses = upload(&mut pair, "f", &new);
    let failed = statuses.iter().position(|s| *s == FAILURE).unwrap();
    assert!(failed > 0 && statuses[failed..].iter().all(|s| *s == FAILURE), "{statuses:?}");
    plan.clear();
    assert!(download(&mut pair, "f", old.len()) == old);
}

#[test]
fn a_read_that_fails_is_answered_so_and_others_are_served() {
    let (mut pair, plan) = Pair::on_a_faulty_disk();
    let content = pattern(200_000);
    upload(&mut pair, "f", &content);
    let handle = pair.open("f", 1);
    plan.after(0, Call::Read, Trouble::Broken);
    let requests = [pair.read(&handle, 0, 1000), pair.real_path(), pair.read(&handle, 5000, 1000)];
    let answers = pair.ask(&requests);
    assert_eq!((status(&answers[0]), answers[1].0, status(&answers[2])), (FAILURE, NAME, FAILURE));
    plan.clear();
    let read = pair.read(&handle, 0, 1000);
    assert!(pair.ask(&[read]) == [expected(pair.next, &content, 0, 1000)]);
}

#[test]
fn an_upload_that_cannot_get_its_name_is_told_so_at_its_close() {
    let (mut pair, plan) = Pair::on_a_faulty_disk();
    plan.after(0, Call::Rename, Trouble::Broken);
    let statuses = upload(&mut pair, "f", &pattern(1000));
    assert_eq!(statuses, [OK, FAILURE]);
    plan.clear();
    assert_eq!(upload(&mut pair, "f", &pattern(1000)), [OK, OK]);
}

#[test]
fn what_cannot_be_understood_ends_its_channel_with_a_failure_and_no_other() {
    let mut pair = Pair::new(1024 * 1024, Opens::AtOnce);
    let handle = pair.open("half", UPLOAD);
    let write = pair.write(&handle, 0, &pattern(1000));
    assert_eq!(status(&pair.ask(&[write])[0]), OK);
    pair.tell(|w| {
        w.u8(90).string(b"session").u32(1).u32(1024 * 1024).u32(32 * 1024);
    });
    pair.tell(|w| {
        w.u8(98).u32(1).string(b"subsystem").bool(true).string(b"sftp");
    });
    pair.channel_data(&[0xff; 4], usize::MAX);
    pair.settle();
    assert_eq!(pair.status, Some(1));
    assert!(!pair.session.is_busy(), "the upload is broken off");
    let before = pair.came.len();
    pair.tell(|w| {
        w.u8(94).u32(1).string(&[0, 0, 0, 5, 1, 0, 0, 0, 3]);
    });
    assert_eq!(message(&pair.came[before..]).unwrap().0[0], 2, "the other goes on");
    // Sent before it knew, and its own end.
    pair.channel_data(b"more", usize::MAX);
    pair.tell(|w| {
        w.u8(97).u32(0);
    });
}
