//! The bytes of an SFTP channel. The first byte of the input says in what pieces they come: 0 bytes by byte, else
//! so many at a time.
//!
//! - Whole and in pieces the same items come out, and the same error.
//! - Positions only go forward; what is said to be the data of a WRITE lies where the stream stood; its length is
//!   what the head said.
//! - What can be peeked at is what comes next.
//! - The stream never holds more than its longest message and the room a vector keeps.

#![no_main]

use causeway_ssh::sftp::{Item, MAX_MESSAGE, Request, Stream, WriteHead};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((size, bytes)) = input.split_first() else { return };
    let whole = feed([bytes]);
    assert_eq!(whole, feed(bytes.chunks(usize::from(*size).max(1))));
});

/// What the stream gave, with the data of each WRITE joined.
fn feed<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<String> {
    let mut stream = Stream::new();
    let mut seen = Vec::new();
    let mut writing: Option<(WriteHead, Vec<u8>)> = None;
    for piece in pieces {
        let mut at = 0;
        loop {
            let before = at;
            let peeked = stream.peek_read(piece, at);
            let item = match stream.next(piece, &mut at) {
                Ok(item) => item,
                Err(error) => {
                    seen.push(format!("{error:?}"));
                    // Where a WRITE stands in an error's piece depends on the pieces.
                    return seen;
                }
            };
            assert!(before <= at && at <= piece.len());
            if let Some(p) = peeked {
                let request = Request::Read { handle: Ok(p.handle), offset: p.offset, length: p.length };
                assert_eq!(item, Item::Request { id: p.id, request });
                assert_eq!(at - before, p.encoded);
            }
            match item {
                Item::NeedMore => {
                    assert_eq!(at, piece.len());
                    break;
                }
                Item::WriteBegin(head) => {
                    assert!(writing.is_none());
                    writing = Some((head, Vec::new()));
                }
                Item::WriteData(range) => {
                    assert_eq!((range.start, range.end), (before, at));
                    assert!(!range.is_empty());
                    writing.as_mut().expect("data belongs to a WRITE").1.extend_from_slice(&piece[range]);
                }
                Item::WriteEnd => {
                    let (head, data) = writing.take().expect("an end belongs to a WRITE");
                    assert_eq!(usize::try_from(head.length), Ok(data.len()));
                    seen.push(format!("{head:?} {data:?}"));
                }
                item => seen.push(format!("{item:?}")),
            }
        }
        assert!(stream.memory() <= 2 * usize::try_from(MAX_MESSAGE).expect("it fits"));
    }
    seen.push(format!("{writing:?} {}", stream.is_between_messages()));
    seen
}
