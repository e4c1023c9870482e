//! What a client answers that receives files.

use super::LINE_MAX;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Ok,
    /// The client could not take it, and goes on.
    Warning(Vec<u8>),
    /// The client gives up.
    Fatal(Vec<u8>),
}

/// Reads answers from pieces of any size.
#[derive(Debug, Default)]
pub struct Answers {
    line: Vec<u8>,
}

impl Answers {
    /// The next answer in `input` from `at` on; `at` moves behind what was taken. None: more must come.
    pub fn next(&mut self, input: &[u8], at: &mut usize) -> Option<Answer> {
        while let Some(byte) = input.get(*at) {
            *at += 1;
            if self.line.is_empty() && *byte == 0 {
                return Some(Answer::Ok);
            }
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() < LINE_MAX {
                    continue;
                }
            }
            // Anything but 1 is the end, as it is for OpenSSH.
            let line = std::mem::take(&mut self.line);
            return Some(match line.split_first() {
                Some((1, text)) if *byte == b'\n' => Answer::Warning(text.to_vec()),
                Some((2, text)) => Answer::Fatal(text.to_vec()),
                _ => Answer::Fatal(line),
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<Answer> {
        let mut answers = Answers::default();
        let mut out = Vec::new();
        for piece in pieces {
            let mut at = 0;
            while let Some(answer) = answers.next(piece, &mut at) {
                out.push(answer);
            }
            assert_eq!(at, piece.len());
        }
        out
    }

    #[test]
    fn answers_are_read_wherever_the_input_is_cut() {
        let expected = [
            Answer::Ok,
            Answer::Warning(b"no".to_vec()),
            Answer::Ok,
            Answer::Fatal(b"bye".to_vec()),
            Answer::Fatal(b"what".to_vec()),
        ];
        let whole = b"\0\x01no\n\0\x02bye\nwhat\n";
        assert_eq!(all(&[whole]), expected);
        let bytes: Vec<&[u8]> = whole.chunks(1).collect();
        assert_eq!(all(&bytes), expected);
    }

    #[test]
    fn an_answer_without_an_end_is_the_end() {
        let endless = [&[1][..], &[b'a'; 2 * LINE_MAX]].concat();
        assert!(matches!(all(&[&endless]).first(), Some(Answer::Fatal(_))));
    }
}
