//! Downloads.

use super::*;

/// Sends READs in one go and checks every answer.
fn check_reads(pair: &mut Pair, content: &[u8], reads: &[(usize, usize)]) {
    let handle = pair.file(content);
    let mut bytes = Vec::new();
    let mut wanted = Vec::new();
    for (offset, length) in reads {
        let request = pair.read(&handle, u64::try_from(*offset).unwrap(), u32::try_from(*length).unwrap());
        bytes.extend(request);
        wanted.push(expected(pair.next, content, *offset, *length));
    }
    pair.channel_data(&bytes, usize::MAX);
    pair.settle();
    while pair.session.waits_for_client() {
        let before = pair.came.len();
        pair.wait_until_stalled();
        assert!(pair.came.len() > before, "nothing moves after {before} bytes");
    }
    let got: Vec<_> = pair.answers().into_iter().map(bare).collect();
    let ids =
        |answers: &[(u8, u32, Vec<u8>)]| answers.iter().map(|a| (a.0, a.1, a.2.len())).collect::<Vec<_>>();
    assert_eq!(ids(&got), ids(&wanted));
    assert!(got == wanted, "other bytes");
}

#[test]
fn pipelined_reads_are_answered_in_order_with_their_bytes_and_the_end_in_the_middle() {
    let content = pattern(300_000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    let reads: Vec<_> = (0..14).map(|n| (n * 32_768, 32_768)).collect();
    check_reads(&mut pair, &content, &reads);
    check_reads(&mut pair, &content, &[(0, 100), (100, 100), (50, 10), (299_990, 100), (300_090, 10)]);
    check_reads(&mut pair, &content, &[(0, 255 * 1024), (255 * 1024, 255 * 1024), (510 * 1024, 1)]);
    check_reads(&mut pair, &[], &[(0, 1), (1, 1), (0, 4096)]);
}

#[test]
fn a_read_of_nothing_does_not_end_those_that_follow_it() {
    let content = pattern(1000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    check_reads(&mut pair, &content, &[(0, 0), (0, 100), (100, 0), (100, 100), (200, 0)]);
}

#[test]
fn answers_of_other_kinds_keep_their_place_between_reads() {
    let content = pattern(100_000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    let handle = pair.file(&content);
    let first = pair.next + 1;
    let mut bytes = Vec::new();
    for n in 0..20 {
        bytes.extend(pair.read(&handle, n * 1000, 1000));
        bytes.extend(pair.real_path());
    }
    // In packets that cut requests anywhere.
    pair.channel_data(&bytes, 37);
    pair.settle();
    let ids: Vec<u32> = pair.answers().iter().map(|a| a.1).collect();
    assert!(ids.iter().copied().eq(first..=pair.next), "{ids:?}");
}

#[test]
fn a_client_with_a_small_window_that_opens_it_when_it_is_used_up_gets_large_reads() {
    let content = pattern(700_000);
    for window in [16 * 1024, 40_000, 300_000] {
        let mut pair = Pair::new(window, Opens::WhenUsedUp);
        let large = 255 * 1024;
        check_reads(
            &mut pair,
            &content,
            &[(0, large), (large, large), (2 * large, large), (0, 4096), (4096, 100), (0, large), (9, 9)],
        );
    }
}

#[test]
fn a_client_with_the_smallest_packets_gets_large_reads() {
    let content = pattern(400_000);
    let mut pair = Pair::with_packets(2 * 1024 * 1024, Opens::AtOnce, 256);
    check_reads(&mut pair, &content, &[(0, 255 * 1024), (255 * 1024, 255 * 1024), (0, 10)]);
}
