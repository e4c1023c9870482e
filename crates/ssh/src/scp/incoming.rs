//! What a client sends that sends files: records, and the content of files between them.

use std::ops::Range;

use super::LINE_MAX;
use super::control::{Control, ControlError};

/// What came next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The input is used up.
    NeedMore,
    /// A record, to be answered. Where it announces a file that is taken, [`Incoming::take_file`] is called.
    Control(Control),
    /// What is no record: the transfer is over.
    Broken(ControlError),
    /// The next bytes of the file: where they lie in the input. Never empty.
    Data(Range<usize>),
    /// The file has come whole; `false`: the client says that it could not read it well. To be answered.
    FileEnd { good: bool },
}

/// Where the stream of one session stands.
#[derive(Debug, Default)]
pub struct Incoming {
    state: State,
    /// The beginning of a line that an earlier input cut off.
    held: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Line,
    /// So many bytes of a file are still to come.
    Data(u64),
    /// The sender's own verdict on the file it has sent.
    Verdict,
}

impl Incoming {
    /// The file that was announced last is taken: so many bytes of content come next.
    pub fn take_file(&mut self, size: u64) {
        self.state = State::Data(size);
    }

    /// Whether the content of a file is expected next: if the client ends here, it broke off.
    pub fn is_within_file(&self) -> bool {
        self.state != State::Line
    }

    /// Bytes of content that were announced and have not been taken here yet.
    pub fn owed(&self) -> u64 {
        match self.state {
            State::Data(left) => left,
            State::Line | State::Verdict => 0,
        }
    }

    /// The client ends here. `true`: all content of a file has come and only the sender's verdict has not, which libssh2 (and
    /// with it curl) never sends; the file is good then.
    pub fn end(&mut self) -> bool {
        let is_whole = matches!(self.state, State::Data(0) | State::Verdict) && self.held.is_empty();
        if is_whole {
            self.state = State::Line;
        }
        is_whole
    }

    /// The next item of `input` from `at` on; `at` moves behind what was taken. To be called until
    /// [`Item::NeedMore`] (then `at` is the end) and then with the next input from its beginning. Ranges count from
    /// the beginning of `input`.
    pub fn next(&mut self, input: &[u8], at: &mut usize) -> Item {
        if self.state == State::Data(0) {
            self.state = State::Verdict;
        }
        let rest = input.get(*at..).unwrap_or_default();
        if rest.is_empty() {
            return Item::NeedMore;
        }
        match self.state {
            State::Data(left) => {
                let n = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                self.state = State::Data(left.saturating_sub(u64::try_from(n).unwrap_or(u64::MAX)));
                let from = *at;
                *at += n;
                Item::Data(from..*at)
            }
            State::Verdict if self.held.is_empty() && rest.first() == Some(&0) => {
                *at += 1;
                self.state = State::Line;
                Item::FileEnd { good: true }
            }
            State::Line | State::Verdict => self.line(rest, at),
        }
    }

    fn line(&mut self, rest: &[u8], at: &mut usize) -> Item {
        let room = LINE_MAX.saturating_sub(self.held.len());
        let end = rest.iter().take(room).position(|b| *b == b'\n');
        let taken = end.map_or(rest.len().min(room), |end| end + 1);
        self.held.extend_from_slice(rest.get(..taken).unwrap_or_default());
        *at += taken;
        if end.is_none() {
            return if self.held.len() < LINE_MAX {
                Item::NeedMore
            } else {
                Item::Broken(ControlError::TooLong)
            };
        }
        let line = std::mem::take(&mut self.held);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        if self.state == State::Verdict {
            self.state = State::Line;
            // What it could not read it has filled up with something.
            return match Control::parse(line) {
                Ok(Control::Warning(_)) => Item::FileEnd { good: false },
                Ok(Control::Fatal(text)) => Item::Control(Control::Fatal(text)),
                _ => Item::Broken(ControlError::Unknown),
            };
        }
        match Control::parse(line) {
            Ok(control) => Item::Control(control),
            Err(error) => Item::Broken(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_that_came_whole_is_good_without_a_verdict_and_no_other_is() {
        let ends = |input: &[u8]| {
            let (mut incoming, mut at) = (Incoming::default(), 0);
            incoming.take_file(3);
            while incoming.next(input, &mut at) != Item::NeedMore {}
            (incoming.end(), incoming.is_within_file())
        };
        assert_eq!(ends(b"abc"), (true, false));
        assert_eq!(ends(b"ab"), (false, true));
        assert_eq!(ends(b"abc\x01half a war"), (false, true));
        assert_eq!(ends(b"abc\0"), (false, false));
        let mut empty = Incoming::default();
        empty.take_file(0);
        assert!(empty.end());
    }

    /// What is made of a stream: records as text, content, verdicts. Each file is taken.
    fn told(pieces: &[&[u8]]) -> (Vec<String>, Vec<u8>) {
        let mut incoming = Incoming::default();
        let (mut told, mut content) = (Vec::new(), Vec::new());
        for piece in pieces {
            let mut at = 0;
            loop {
                match incoming.next(piece, &mut at) {
                    Item::NeedMore => break,
                    Item::Data(range) => content.extend_from_slice(&piece[range]),
                    Item::Control(control) => {
                        if let Control::File { size, .. } = control {
                            incoming.take_file(size);
                        }
                        told.push(format!("{control:?}"));
                    }
                    item @ Item::Broken(_) => {
                        told.push(format!("{item:?}"));
                        return (told, content);
                    }
                    item @ Item::FileEnd { .. } => told.push(format!("{item:?}")),
                }
            }
            assert_eq!(at, piece.len());
        }
        (told, content)
    }

    const STREAM: &[u8] =
        b"T1 0 2 0\nD0755 0 d\nC0644 5 a\nhe\nlo\0C0600 0 empty\n\0C0600 2 bad\nxx\x01disk\nE\n";

    #[test]
    fn files_of_any_content_stand_between_records() {
        let (told, content) = told(&[STREAM]);
        assert_eq!(told.len(), 9, "{told:?}");
        assert_eq!(content, b"he\nloxx");
        assert!(told[3].contains("true") && told[5].contains("true") && told[7].contains("false"));
    }

    #[test]
    fn a_line_without_an_end_is_not_collected_for_ever() {
        let mut incoming = Incoming::default();
        for _ in 0..LINE_MAX - 1 {
            assert_eq!(incoming.next(b"C", &mut 0), Item::NeedMore);
        }
        assert_eq!(incoming.next(b"C", &mut 0), Item::Broken(ControlError::TooLong));
    }

    #[test]
    fn a_sender_that_says_neither_well_nor_bad_has_broken_off() {
        let (told, _) = told(&[b"C0644 1 a\nxC0644 1 b\n"]);
        assert_eq!(told.last().unwrap(), "Broken(Unknown)");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_input_is_cut(cuts in prop::collection::vec(0..STREAM.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &STREAM[w[0]..w[1]]).collect();
            prop_assert_eq!(told(&pieces), told(&[STREAM]));
        }

        #[test]
        fn no_stream_is_taken_for_more_than_it_is(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let (_, content) = told(&[&bytes]);
            prop_assert!(content.len() <= bytes.len());
        }
    }
}
