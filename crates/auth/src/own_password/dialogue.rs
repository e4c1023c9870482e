//! The conversation of `ssh user@host passwd`: bytes of the channel in, words and at last a request out. Nothing is known of
//! the channel here.

use causeway_core::Secret;

use crate::password::MAX_PASSWORD_CHARS;

/// Bytes of one line, and of the CR that may end it: no character is longer than 4.
const LINE_MAX: usize = 4 * MAX_PASSWORD_CHARS + 1;

/// What somebody wants their password to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub current: Secret,
    pub new: Secret,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Show this, and read on.
    Ask(&'static str),
    /// Everything was said: whether it can be done is somebody else's to say.
    Decide(Wish),
    /// It cannot be done: why.
    GiveUp(&'static str),
}

/// A conversation. What comes after its end is not looked at.
#[derive(Debug, Default)]
pub struct Dialogue {
    line: Secret,
    said: Vec<Secret>,
    over: bool,
}

impl Dialogue {
    /// The first question.
    pub const FIRST: &'static str = "Current password: ";

    /// Takes what was typed, up to the end of a line, and gives back what is left; none: the line goes on.
    pub fn receive<'t>(&mut self, typed: &'t [u8]) -> (Option<Next>, &'t [u8]) {
        if self.over || typed.is_empty() {
            return (None, &[]);
        }
        let end = typed.iter().position(|b| *b == b'\n');
        let (part, rest) = typed.split_at(end.unwrap_or(typed.len()));
        if self.line.len() + part.len() > LINE_MAX {
            return (Some(self.give_up("a line is too long")), &[]);
        }
        self.line = Secret::new([self.line.expose(), part].concat());
        (end.map(|_| self.line()), rest.get(1..).unwrap_or_default())
    }

    /// Nothing more will be typed.
    pub fn end(&mut self) -> Option<Next> {
        (!self.over).then(|| self.give_up("not everything was said"))
    }

    fn line(&mut self) -> Next {
        let line = std::mem::take(&mut self.line);
        let text = line.expose();
        self.said.push(Secret::new(text.strip_suffix(b"\r").unwrap_or(text)));
        match self.said.as_slice() {
            [_] => Next::Ask("New password: "),
            [_, _] => Next::Ask("New password again: "),
            [current, new, again] if new == again => {
                let wish = Wish { current: current.clone(), new: new.clone() };
                self.over = true;
                Next::Decide(wish)
            }
            _ => self.give_up("the two new passwords differ"),
        }
    }

    fn give_up(&mut self, why: &'static str) -> Next {
        self.over = true;
        self.said.clear();
        self.line = Secret::default();
        Next::GiveUp(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn three_lines_make_a_wish_however_they_come() {
        let wish = Wish { current: Secret::new("old"), new: Secret::new("new one") };
        let steps = [Next::Ask("New password: "), Next::Ask("New password again: "), Next::Decide(wish)];
        let mut dialogue = Dialogue::default();
        let parts = [&b"ol"[..], b"d\n", b"new one\r", b"\n", b"new one\nmore\n", b"x\n"];
        assert_eq!(parts.map(|part| said(&mut dialogue, part)).concat(), steps);
        assert_eq!(dialogue.end(), None);
        assert_eq!(said(&mut Dialogue::default(), b"old\nnew one\nnew one\n"), steps);
    }

    fn said(dialogue: &mut Dialogue, typed: &[u8]) -> Vec<Next> {
        let (mut out, mut rest) = (Vec::new(), typed);
        while !rest.is_empty() {
            let (next, left) = dialogue.receive(rest);
            out.extend(next);
            rest = left;
        }
        out
    }

    #[test]
    fn what_differs_ends_early_or_is_too_long_is_given_up() {
        let given_up = |typed: &[u8]| match said(&mut Dialogue::default(), typed).pop() {
            Some(Next::GiveUp(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(given_up(b"old\nnew\nnet\n"), "the two new passwords differ");
        assert_eq!(given_up(&[b'x'; 603]), "a line is too long");
        let mut ended = Dialogue::default();
        said(&mut ended, b"old\nnew\n");
        assert_eq!(ended.end(), Some(Next::GiveUp("not everything was said")));
        assert_eq!(said(&mut ended, b"new\n"), []);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it_and_what_it_holds_is_bounded(
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 0..10),
        ) {
            let mut dialogue = Dialogue::default();
            for part in parts {
                for next in said(&mut dialogue, &part) {
                    if let Next::Decide(wish) = next {
                        prop_assert!(!wish.new.expose().contains(&b'\n'));
                    }
                }
                prop_assert!(dialogue.line.len() <= LINE_MAX);
                prop_assert!(dialogue.said.len() <= 3);
            }
        }
    }
}
