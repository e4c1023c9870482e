//! Uploads, and what comes between.

use super::*;

/// Sends WRITEs of such a size in packets of such a size, in bursts of such a size, and checks the file.
fn check_writes(length: usize, packet: usize, burst: usize, slow: bool) {
    let content = pattern(3 * 1024 * 1024 + 17);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    pair.burst = burst;
    pair.slow = slow;
    let handle = pair.open("up", 0x1a);
    let mut bytes = Vec::new();
    let first = pair.next + 1;
    for (n, part) in content.chunks(length).enumerate() {
        bytes.extend(pair.write(&handle, n * length, part));
    }
    pair.channel_data(&bytes, packet);
    pair.settle();
    let close = pair.close(&handle);
    pair.channel_data(&close, usize::MAX);
    pair.settle();
    let answers = pair.answers();
    let ids: Vec<u32> = answers.iter().map(|a| a.1).collect();
    assert!(ids.iter().copied().eq(first..=pair.next), "{ids:?}");
    assert!(answers.into_iter().map(bare).all(|a| a.0 == STATUS && a.2 == OK.to_be_bytes()));
    assert!(fs::read(pair.home("up")).unwrap() == content, "{length} {packet} {burst}: other bytes");
}

#[test]
fn writes_that_are_cut_by_packets_and_by_receive_buffers_are_written_exactly() {
    for (length, packet, burst) in [
        (32 * 1024, 32 * 1024, usize::MAX),
        (255 * 1024, 32 * 1024, usize::MAX),
        (255 * 1024, 31 * 1024 + 7, 100_003),
        (32 * 1024 - 21, 1000, 70_001),
        (100_000, 32 * 1024, 400_000),
    ] {
        check_writes(length, packet, burst, false);
        check_writes(length, packet, burst, true);
    }
}

#[test]
fn what_takes_as_long_as_the_disk_is_not_done_on_the_threads_that_sessions_share() {
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    let handle = pair.open("up", 0x1a);
    let fsync = |pair: &mut Pair| {
        pair.request(EXTENDED, |w| {
            w.string(b"fsync@openssh.com").string(&handle);
        })
    };
    let bytes = fsync(&mut pair);
    pair.channel_data(&bytes, usize::MAX);
    pair.settle();
    assert_eq!(pair.disk, 1);
    // Cut by the end of a packet, with another behind it.
    let bytes = [fsync(&mut pair), fsync(&mut pair), pair.real_path()].concat();
    pair.channel_data(&bytes, 11);
    pair.settle();
    assert!(pair.disk >= 2);
    let answers: Vec<_> = pair.answers().into_iter().map(|a| (a.0, a.1)).collect();
    assert_eq!(answers, [(STATUS, 2), (STATUS, 3), (STATUS, 4), (NAME, 5)]);
}

#[test]
fn what_comes_behind_a_write_that_is_still_done_waits_for_its_end_and_keeps_its_place() {
    // However what follows is cut, and whether it is taken from the receive buffer or was put off.
    for packet in [usize::MAX, 3, 64] {
        let content = pattern(600_000);
        let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
        pair.hold_jobs = true;
        let handle = pair.open("up", 0x1b);
        let bytes = pair.write(&handle, 0, &content[..200_000]);
        pair.channel_data(&bytes, usize::MAX);
        pair.settle();
        assert_eq!(pair.jobs.len(), 1);
        // Behind it, elsewhere, and what has to see both.
        let mut bytes = pair.write(&handle, 200_000, &content[200_000..250_000]);
        bytes.extend(pair.write(&handle, 400_000, &content[400_000..]));
        bytes.extend(pair.read(&handle, 0, 1000));
        bytes.extend(pair.write(&handle, 250_000, &content[250_000..400_000]));
        bytes.extend(pair.close(&handle));
        bytes.extend(pair.real_path());
        pair.channel_data(&bytes, packet);
        pair.settle();
        assert!(pair.answers().is_empty());
        pair.let_jobs_end();
        let answers: Vec<_> = pair.answers().into_iter().map(bare).collect();
        let kinds: Vec<u8> = answers.iter().map(|a| a.0).collect();
        assert_eq!(kinds, [STATUS, STATUS, STATUS, DATA, STATUS, STATUS, NAME], "{packet}");
        assert!(answers.iter().map(|a| a.1).eq(2..=8), "{packet}");
        assert!(answers[3] == expected(5, &content, 0, 1000));
        assert!(fs::read(pair.home("up")).unwrap() == content, "{packet}: other bytes");
        assert_eq!(pair.disk, 0, "nobody waited for it on a thread");
    }
}

#[test]
fn a_write_is_answered_when_its_bytes_are_written_even_if_it_ends_later() {
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    pair.hold_jobs = true;
    let handle = pair.open("up", 0x1a);
    // Clients that send a whole buffer and say how much of it counts.
    let mut bytes = pair.write(&handle, 0, &pattern(200_000));
    bytes.extend([0; 10]);
    let length = u32::try_from(bytes.len() - 4).unwrap();
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    let (message, surplus) = bytes.split_at(bytes.len() - 10);
    pair.channel_data(message, usize::MAX);
    pair.settle();
    assert_eq!(pair.jobs.len(), 1);
    pair.channel_data(surplus, usize::MAX);
    pair.settle();
    assert!(pair.answers().is_empty());
    pair.let_jobs_end();
    let answers: Vec<_> = pair.answers().into_iter().map(bare).collect();
    assert_eq!(answers, [(STATUS, 2, OK.to_be_bytes().to_vec())]);
}

#[test]
fn a_disk_that_takes_its_time_is_not_written_to_on_the_threads_that_sessions_share() {
    let content = pattern(100_000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    pair.slow = true;
    let (one, other) = (pair.open("one", 0x1a), pair.open("other", 0x1a));
    let before = pair.disk;
    // Small ones, of two files by turns, and what has to see them.
    let mut requests = Vec::new();
    for (n, part) in content.chunks(1000).enumerate() {
        requests.push(pair.write(if n % 2 == 0 { &one } else { &other }, n * 1000, part));
    }
    requests.push(pair.close(&one));
    requests.push(pair.close(&other));
    let answers = pair.ask(&requests);
    assert_eq!(answers.len(), 102);
    assert!(answers.iter().all(|a| a.2 == OK.to_be_bytes()));
    assert!(pair.disk > before && pair.jobs.is_empty());
    let (one, other) = (fs::read(pair.home("one")).unwrap(), fs::read(pair.home("other")).unwrap());
    assert!(content.chunks(1000).enumerate().all(|(n, part)| {
        let from = if n % 2 == 0 { &one } else { &other };
        &from[n * 1000..][..part.len()] == part
    }));
}
