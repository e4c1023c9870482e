//! What a client of SCP sends: records and the content of files, and the answers to what it receives. The first byte
//! of the input says in what pieces it comes: 0 byte by byte, else so many at a time.
//!
//! - Whole and in pieces the same comes out.
//! - Names are single names; content is no longer than what was announced, nor than the input.

#![no_main]

use causeway_ssh::scp::{Answers, Control, Incoming, Item, say};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((size, bytes)) = input.split_first() else { return };
    let size = usize::from(*size).max(1);
    assert_eq!(sink([bytes]), sink(bytes.chunks(size)));
    assert_eq!(source([bytes]), source(bytes.chunks(size)));
    let mut out = Vec::new();
    say::warning(&mut out, bytes);
    assert!(out.iter().filter(|b| **b < b' ').count() == 2 && out.ends_with(b"\n"));
});

fn sink<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<String>, Vec<u8>) {
    let mut incoming = Incoming::default();
    let (mut seen, mut content) = (Vec::new(), Vec::new());
    let mut announced = 0u64;
    for piece in pieces {
        let mut at = 0;
        loop {
            let before = at;
            let item = incoming.next(piece, &mut at);
            assert!(before <= at && at <= piece.len());
            match item {
                Item::NeedMore => {
                    assert_eq!(at, piece.len());
                    break;
                }
                Item::Data(range) => {
                    assert_eq!((range.start, range.end), (before, at));
                    assert!(!range.is_empty());
                    content.extend_from_slice(&piece[range]);
                    assert!(u64::try_from(content.len()).expect("it fits") <= announced);
                }
                Item::Control(control) => {
                    match &control {
                        Control::File { size, name, mode } => {
                            assert!(!name.as_bytes().contains(&b'/') && *mode <= 0o7777);
                            announced = announced.saturating_add(*size);
                            incoming.take_file(*size);
                        }
                        Control::Folder { name, .. } => assert!(!name.as_bytes().contains(&b'/')),
                        _ => {}
                    }
                    seen.push(format!("{control:?}"));
                }
                item @ Item::Broken(_) => {
                    seen.push(format!("{item:?}"));
                    return (seen, content);
                }
                item @ Item::FileEnd { .. } => seen.push(format!("{item:?}")),
            }
        }
    }
    (seen, content)
}

fn source<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<String> {
    let mut answers = Answers::default();
    let mut seen = Vec::new();
    for piece in pieces {
        let mut at = 0;
        while let Some(answer) = answers.next(piece, &mut at) {
            seen.push(format!("{answer:?}"));
        }
        assert_eq!(at, piece.len());
    }
    seen
}
