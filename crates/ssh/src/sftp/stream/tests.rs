use super::*;
use crate::sftp::{Attributes, Ids, MAX_WRITE, OpenFlags, client};
use crate::wire::WireError;
use proptest::prelude::*;

/// An item that owns what it says, with the data of a WRITE joined.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Init(u32),
    /// The request, encoded again.
    Request(Vec<u8>),
    Malformed(u32, u8, Malformed),
    Write(WriteHead, Vec<u8>),
    /// A WRITE that has not come to its end.
    Begun(WriteHead, Vec<u8>),
}

/// Feeds pieces and checks what must hold after each call. What can be put back is, once, and must come again.
fn feed<'p>(
    stream: &mut Stream,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> (Vec<Seen>, Option<StreamError>) {
    let mut seen = Vec::new();
    for piece in pieces {
        let mut at = 0;
        loop {
            let before = at;
            let item = match stream.next(piece, &mut at) {
                Ok(item) => item,
                Err(error) => return (seen, Some(error)),
            };
            assert!(before <= at && at <= piece.len());
            match item {
                Item::NeedMore => {
                    assert_eq!(at, piece.len());
                    break;
                }
                Item::Init { version } => seen.push(Seen::Init(version)),
                Item::Request { id, request } => seen.push(Seen::Request(client::request(id, &request))),
                Item::Malformed { id, kind, error } => seen.push(Seen::Malformed(id, kind, error)),
                Item::WriteBegin(head) => seen.push(Seen::Begun(head, Vec::new())),
                Item::WriteData(range) => {
                    assert_eq!((range.start, range.end), (before, at));
                    assert!(!range.is_empty());
                    let Some(Seen::Begun(_, data)) = seen.last_mut() else { panic!("data without a WRITE") };
                    data.extend_from_slice(&piece[range]);
                }
                Item::WriteEnd => {
                    let Some(Seen::Begun(head, data)) = seen.pop() else { panic!("an end without a WRITE") };
                    assert_eq!(usize::try_from(head.length), Ok(data.len()));
                    seen.push(Seen::Write(head, data));
                }
            }
        }
    }
    (seen, None)
}

fn ready() -> Stream {
    let mut stream = Stream::new();
    assert_eq!(feed(&mut stream, [&client::init(3)[..]]), (vec![Seen::Init(3)], None));
    stream
}

fn head(id: u32, handle: u32, offset: u64, length: u32) -> WriteHead {
    WriteHead { id, handle: Ok(Handle(handle)), offset, length }
}

/// A session's worth of messages of all kinds and what must be seen of them.
fn mixed(paths: &[Vec<u8>], data: &[Vec<u8>], numbers: (u64, u32)) -> (Vec<u8>, Vec<Seen>) {
    let mut bytes = client::init(3);
    let mut want = vec![Seen::Init(3)];
    let mut id = 0;
    for (path, data) in paths.iter().zip(data) {
        for request in
            client::every_request(path, b"/x", Attributes::default(), numbers, Ids::parse(&[0; 8]).unwrap())
        {
            id += 1;
            let message = client::request(id, &request);
            bytes.extend_from_slice(&message);
            want.push(Seen::Request(message));
            if id % 7 == 0 {
                bytes.extend_from_slice(&client::write(id, &Handle(id).to_bytes(), numbers.0, data));
                let length = u32::try_from(data.len()).unwrap();
                want.push(Seen::Write(head(id, id, numbers.0, length), data.clone()));
            }
        }
        bytes.extend_from_slice(b"\0\0\0\x06\x03\0\0\0\x09\xff");
        want.push(Seen::Malformed(9, 3, Malformed::Wire(WireError::Short)));
    }
    (bytes, want)
}

fn bytes_up_to(n: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..n)
}

proptest! {
    #[test]
    fn a_stream_cut_anywhere_gives_the_same_items(
        paths in proptest::collection::vec(bytes_up_to(40), 1..3),
        data in proptest::collection::vec(bytes_up_to(300), 3),
        numbers: (u64, u32),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let (bytes, want) = mixed(&paths, &data, numbers);
        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut stream = Stream::new();
        let pieces = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]);
        prop_assert_eq!(feed(&mut stream, pieces), (want, None));
        prop_assert!(stream.is_between_messages());
        prop_assert!(stream.memory() <= KEEP);
    }

    #[test]
    fn no_bytes_panic_and_any_cut_gives_the_same_items_and_error(
        bytes in bytes_up_to(200), initialised: bool, at in any::<prop::sample::Index>(),
    ) {
        let new = || if initialised { ready() } else { Stream::new() };
        let at = at.index(bytes.len() + 1);
        let whole = feed(&mut new(), [&bytes[..]]);
        prop_assert_eq!(&feed(&mut new(), [&bytes[..at], &bytes[at..]]), &whole);
        prop_assert_eq!(&feed(&mut new(), bytes.chunks(1)), &whole);
    }

    /// As above, with bytes that look more like messages.
    #[test]
    fn small_lies_panic_nowhere_and_look_the_same_however_cut(
        messages in proptest::collection::vec((0..40_u32, prop_oneof![3 => Just(6_u8), 1 => any::<u8>()], bytes_up_to(60), 0..4_u32), 1..6),
        at in any::<prop::sample::Index>(),
    ) {
        let mut bytes = Vec::new();
        for (length, kind, body, handle) in messages {
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&[kind, 0, 0, 0, 1]);
            bytes.extend_from_slice(&handle.to_be_bytes());
            bytes.extend_from_slice(&body);
        }
        let at = at.index(bytes.len());
        let whole = feed(&mut ready(), [&bytes[..]]);
        prop_assert_eq!(&feed(&mut ready(), [&bytes[..at], &bytes[at..]]), &whole);
        prop_assert_eq!(&feed(&mut ready(), bytes.chunks(1)), &whole);
    }
}

#[test]
fn every_single_cut_of_a_session_gives_the_same_items() {
    let (bytes, want) = mixed(&[b"/caf\xe9".to_vec()], &[vec![5; 40]], (1 << 40, 32_768));
    for at in 0..=bytes.len() {
        let (a, b) = bytes.split_at(at);
        assert_eq!(feed(&mut Stream::new(), [a, b]), (want.clone(), None), "cut at {at}");
    }
    assert_eq!(feed(&mut Stream::new(), bytes.chunks(1)), (want, None));
}

#[test]
fn a_write_is_given_out_as_it_comes_and_nothing_is_kept() {
    let data = vec![7; usize::try_from(MAX_WRITE).unwrap()];
    let message = client::write(3, &Handle(1).to_bytes(), 5, &data);
    let mut stream = ready();
    let mut at = 0;
    assert_eq!(stream.next(&message[..29], &mut at), Ok(Item::WriteBegin(head(3, 1, 5, MAX_WRITE))));
    assert_eq!(stream.next(&message[..29], &mut at), Ok(Item::NeedMore));
    for piece in message[29..].chunks(32_768) {
        assert_eq!(stream.next(piece, &mut 0), Ok(Item::WriteData(0..piece.len())));
        assert!(!stream.is_between_messages());
    }
    assert_eq!(stream.next(b"", &mut 0), Ok(Item::WriteEnd));
    assert!(stream.is_between_messages());
    assert!(stream.memory() <= KEEP);
}

#[test]
fn a_write_of_nothing_begins_and_ends() {
    let message = client::write(3, &Handle(1).to_bytes(), 5, b"");
    assert_eq!(feed(&mut ready(), [&message[..]]), (vec![Seen::Write(head(3, 1, 5, 0), vec![])], None));
}

#[test]
fn a_write_to_a_foreign_handle_is_told_and_passed_over() {
    for handle in [&b""[..], b"12345", &[1; 256]] {
        let message = [client::write(3, handle, 0, b"data"), client::request(4, &Request::Limits)].concat();
        let (seen, error) = feed(&mut ready(), [&message[..]]);
        assert_eq!(error, None);
        let want = WriteHead { id: 3, handle: Err(ForeignHandle), offset: 0, length: 4 };
        assert_eq!(seen[0], Seen::Write(want, b"data".to_vec()));
        assert_eq!(seen.len(), 2);
    }
}

fn fails(bytes: &[u8]) -> StreamError {
    feed(&mut ready(), [bytes]).1.expect("refused")
}

#[test]
fn a_write_whose_lengths_contradict_each_other_ends_the_session() {
    let good = client::write(3, &Handle(1).to_bytes(), 5, b"data");
    // Inner lengths of one more, and an outer one of one less.
    for (length_at, change) in [(0, -1_i32), (25, 1)] {
        let mut bad = good.clone();
        let field: [u8; 4] = bad[length_at..length_at + 4].try_into().unwrap();
        let field = i32::from_be_bytes(field) + change;
        bad[length_at..length_at + 4].copy_from_slice(&field.to_be_bytes());
        bad.extend_from_slice(&[0; 8]);
        assert_eq!(fails(&bad), StreamError::WriteShape, "{length_at} {change}");
    }
    assert_eq!(fails(&client::write(3, &[0; 257], 5, b"data")), StreamError::WriteShape);
    assert_eq!(fails(b"\0\0\0\x14\x06\0\0\0\x01"), StreamError::WriteShape);
    assert_eq!(fails(b"\0\0\0\x19\x06\0\0\0\x01\xff\xff\xff\xff"), StreamError::WriteShape);
}

#[test]
fn bytes_behind_the_data_of_a_write_are_passed_over() {
    let mut message = client::write(3, &Handle(1).to_bytes(), 5, b"data and what is left in the buffer");
    message[25..29].copy_from_slice(&4_u32.to_be_bytes());
    let bytes = [message, client::request(4, &Request::Limits)].concat();
    let whole = feed(&mut ready(), [&bytes[..]]);
    assert_eq!(whole.0[0], Seen::Write(head(3, 1, 5, 4), b"data".to_vec()));
    assert_eq!((whole.0.len(), &whole.1), (2, &None));
    assert_eq!(feed(&mut ready(), bytes.chunks(1)), whole);
}

#[test]
fn v18_lengths_are_refused_before_anything_is_kept() {
    assert_eq!(fails(b"\0\0\0\0"), StreamError::Empty);
    let maximum = MAX_MESSAGE;
    for length in [maximum + 1, u32::MAX] {
        assert_eq!(fails(&length.to_be_bytes()), StreamError::TooLong { length, maximum });
    }
    let mut stream = ready();
    assert_eq!(feed(&mut stream, [&maximum.to_be_bytes()[..], &[17, 0]]), (vec![], None));
    assert!(stream.memory() <= KEEP, "a length alone takes no memory");
}

#[test]
fn the_largest_request_is_collected_and_its_memory_given_back() {
    let path = vec![b'x'; usize::try_from(MAX_MESSAGE).unwrap() - 9];
    let message = client::request(1, &Request::Stat { path: &path });
    let mut stream = ready();
    let next = client::request(2, &Request::Limits);
    let mut pieces: Vec<_> = message.chunks(1000).collect();
    pieces.push(&next);
    let (seen, error) = feed(&mut stream, pieces);
    assert_eq!((seen, error), (vec![Seen::Request(message.clone()), Seen::Request(next.clone())], None));
    assert!(stream.memory() <= KEEP);
}

#[test]
fn v04_nothing_comes_before_init_and_init_comes_once() {
    let mut stream = Stream::new();
    let stat = client::request(1, &Request::Stat { path: b"/" });
    assert_eq!(feed(&mut stream, [&stat[..]]).1, Some(StreamError::BeforeInit { kind: 17 }));
    let write = client::write(1, b"", 0, b"");
    assert_eq!(feed(&mut Stream::new(), [&write[..]]).1, Some(StreamError::BeforeInit { kind: 6 }));
    assert_eq!(fails(&client::init(3)), StreamError::InitAgain);
    let long = StreamError::TooLong { length: MAX_INIT + 1, maximum: MAX_INIT };
    assert_eq!(feed(&mut Stream::new(), [&(MAX_INIT + 1).to_be_bytes()[..]]).1, Some(long));
    assert_eq!(feed(&mut Stream::new(), [&b"\0\0\0\x04\x01\0\0\0"[..]]).1, Some(StreamError::NoVersion));
}

#[test]
fn init_may_bring_extensions() {
    let message = b"\0\0\0\x0f\x01\0\0\0\x06\0\0\0\x01a\0\0\0\x01b";
    assert_eq!(feed(&mut Stream::new(), [&message[..]]), (vec![Seen::Init(6)], None));
}

#[test]
fn what_version_3_does_not_have_is_answerable() {
    for kind in [0, 2, 21, 101, 201, 255] {
        let message = client::request(77, &Request::Unknown { kind });
        assert_eq!(feed(&mut ready(), [&message[..]]), (vec![Seen::Request(message.clone())], None));
    }
    assert_eq!(fails(b"\0\0\0\x04\x11\0\0\0"), StreamError::NoId { kind: 17 });
}

#[test]
fn a_request_of_flags_that_contradict_each_other_does_not_end_the_session() {
    let open = b"\0\0\0\x13\x03\0\0\0\x05\0\0\0\x02/a\0\0\0\x11\0\0\0\0";
    let bytes = [&open[..], &client::request(6, &Request::Limits)].concat();
    let (seen, error) = feed(&mut ready(), [&bytes[..]]);
    assert_eq!(error, None);
    let flags = OpenFlags::parse(0x11).unwrap_err();
    assert_eq!(seen[0], Seen::Malformed(5, 3, Malformed::OpenFlags(flags)));
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_read_can_be_peeked_at_and_taken() {
    let read = |id, offset| {
        let handle = Ok(Handle(4));
        client::request(id, &Request::Read { handle, offset, length: 32_768 })
    };
    let bytes = [read(1, 0), read(2, 32_768), client::request(3, &Request::Limits)].concat();
    let mut stream = ready();
    let mut at = 0;
    for (id, offset) in [(1, 0), (2, 32_768)] {
        let peeked = stream.peek_read(&bytes, at).unwrap();
        assert_eq!(peeked, PeekedRead { id, handle: Handle(4), offset, length: 32_768, encoded: 29 });
        at += peeked.encoded;
    }
    assert_eq!(stream.peek_read(&bytes, at), None);
    assert_eq!(stream.next(&bytes, &mut at), Ok(Item::Request { id: 3, request: Request::Limits }));
    assert_eq!(stream.next(&bytes, &mut at), Ok(Item::NeedMore));
}

#[test]
fn nothing_is_peeked_at_within_a_message_or_before_init() {
    let read = client::request(1, &Request::Read { handle: Ok(Handle(4)), offset: 0, length: 9 });
    assert_eq!(Stream::new().peek_read(&read, 0), None);
    for cut in 0..read.len() {
        assert_eq!(ready().peek_read(&read[..cut], 0), None);
    }
    // The content of a file that looks like a READ.
    let mut stream = ready();
    let write = client::write(2, &Handle(1).to_bytes(), 0, &read);
    assert_eq!(feed(&mut stream, [&write[..29]]).1, None);
    assert_eq!(stream.peek_read(&write, 29), None);
    // The end of a request that looks like a READ.
    let stat = client::request(2, &Request::Stat { path: &read });
    let mut stream = ready();
    assert_eq!(feed(&mut stream, [&stat[..13]]).1, None);
    assert_eq!(stream.peek_read(&stat, 13), None);
    // After a request from the stream's own memory there may be one.
    let limits = client::request(3, &Request::Limits);
    let mut stream = ready();
    assert_eq!(feed(&mut stream, [&limits[..9]]).1, None);
    let rest = [&limits[9..], &read].concat();
    let mut at = 0;
    assert!(matches!(stream.next(&rest, &mut at), Ok(Item::Request { id: 3, .. })));
    assert_eq!(stream.peek_read(&rest, at).map(|p| p.id), Some(1));
}

proptest! {
    #[test]
    fn a_message_that_is_put_back_comes_again(
        path in bytes_up_to(40),
        data in bytes_up_to(40),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
    ) {
        let (bytes, want) = mixed(&[path], &[data], (5, 6));
        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let mut stream = Stream::new();
        let (mut last, mut seen) = (None, Vec::new());
        for piece in cuts.windows(2).map(|w| &bytes[w[0]..w[1]]) {
            let mut at = 0;
            loop {
                let before = at;
                let item = stream.next(piece, &mut at).unwrap();
                let shown = format!("{item:?}");
                match item {
                    Item::NeedMore => break,
                    Item::Request { .. } | Item::WriteBegin(_) if last.as_ref() != Some(&shown) => {
                        last = Some(shown);
                        stream.put_back(before, &mut at);
                        continue;
                    }
                    Item::Request { id, request } => seen.push(Seen::Request(client::request(id, &request))),
                    Item::WriteBegin(_) => seen.push(Seen::Init(0)),
                    _ => {}
                }
                prop_assert!(!stream.comes_again());
            }
        }
        let requests = want.iter().filter(|w| matches!(w, Seen::Request(_))).count();
        let writes = want.iter().filter(|w| matches!(w, Seen::Write(..))).count();
        prop_assert_eq!(seen.iter().filter(|s| matches!(s, Seen::Init(_))).count(), writes);
        seen.retain(|s| matches!(s, Seen::Request(_)));
        prop_assert_eq!(seen.len(), requests);
        prop_assert!(seen.iter().eq(want.iter().filter(|w| matches!(w, Seen::Request(_)))));
    }
}
