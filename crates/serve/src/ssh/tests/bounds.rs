//! Clients that take less than they ask for.

use super::*;

/// A client that sends one kind of request as long as it may, and never opens its window.
fn flood(mut request: impl FnMut(&mut Pair, &[u8]) -> Vec<u8>) {
    let mut pair = Pair::new(10_000, Opens::Never);
    let handle = pair.file(&pattern(1_000_000));
    let mut sent = 0;
    let most = usize::try_from(WINDOW).unwrap() + 2 * 1024 * 1024;
    while sent < 6 * usize::try_from(WINDOW).unwrap() {
        let mut bytes = Vec::new();
        while bytes.len() < 30_000 {
            bytes.extend(request(&mut pair, &handle));
        }
        if usize::try_from(pair.server_left).unwrap() < bytes.len() {
            break;
        }
        sent += bytes.len();
        pair.channel_data(&bytes, usize::MAX);
        pair.settle();
        assert!(pair.held() < most, "{} bytes are held after {sent}", pair.held());
    }
    pair.wait_until_stalled();
    assert!(pair.held() < most);
    assert!(sent < 2 * usize::try_from(WINDOW).unwrap(), "the client's window is opened again and again");
}

#[test]
fn a_client_that_reads_no_answers_cannot_make_the_session_hold_more_than_its_bounds() {
    flood(|pair, handle| pair.read(handle, 0, 255 * 1024));
    flood(|pair, handle| pair.read(handle, 0, 0));
    flood(|pair, handle| {
        let at = u64::from(pair.next);
        pair.read(handle, at, 1)
    });
    flood(|pair, handle| pair.read(handle, 1 << 40, 100));
    flood(|pair, _| pair.real_path());
    flood(|pair, _| pair.read(&[0; 4], 0, 100));
}

#[test]
fn a_client_that_does_not_take_what_it_is_sent_cannot_make_the_session_hold_more_than_its_bounds() {
    let mut pair = Pair::new(WINDOW, Opens::Never);
    let handle = pair.file(&pattern(1_000_000));
    let most = usize::try_from(WINDOW).unwrap() + 2 * 1024 * 1024;
    pair.deaf = true;
    let mut sent = 0;
    while usize::try_from(pair.server_left).unwrap() > 40_000 {
        let mut bytes = Vec::new();
        while bytes.len() < 30_000 {
            bytes.extend(pair.read(&handle, 0, 100));
            bytes.extend(pair.real_path());
        }
        sent += bytes.len();
        pair.channel_data(&bytes, usize::MAX);
        pair.settle();
        assert!(pair.held() < most, "{} bytes are held after {sent}", pair.held());
        assert!(pair.session.tx.len() <= SEND);
    }
    // It begins to take them: all are answered, in their order.
    pair.deaf = false;
    pair.opens = Opens::AtOnce;
    let first = pair.next;
    for _ in 0..10_000 {
        pair.settle();
        if !pair.session.waits_for_client() && pair.session.tx.is_empty() {
            break;
        }
    }
    let ids: Vec<u32> = pair.answers().iter().map(|a| a.1).collect();
    assert_eq!(ids.last(), Some(&first));
    assert!(ids.windows(2).all(|w| w[0] + 1 == w[1]));
}
