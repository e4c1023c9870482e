//! A pattern for one name, as a shell expands it (IEEE Std 1003.1, Shell Command Language, section 2.13).

use super::words::Unit;

/// A pattern for one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    /// `?`
    Any,
    /// `*`
    Many,
    /// `[...]`: ranges of bytes, both ends within; `[!...]`: anything else.
    Class {
        ranges: Vec<(u8, u8)>,
        negated: bool,
    },
}

impl Glob {
    /// Reads one component of a path. A `[` that is not closed stands for itself.
    pub(super) fn parse(units: &[Unit]) -> Self {
        let mut pieces = Vec::new();
        let mut rest = units;
        while let [unit, after @ ..] = rest {
            rest = after;
            pieces.push(match (unit.byte, unit.quoted) {
                (b'*', false) => {
                    if pieces.last() == Some(&Piece::Many) {
                        continue;
                    }
                    Piece::Many
                }
                (b'?', false) => Piece::Any,
                (b'[', false) => match class(after) {
                    Some((piece, behind)) => {
                        rest = behind;
                        piece
                    }
                    None => Piece::Byte(b'['),
                },
                (byte, _) => Piece::Byte(byte),
            });
        }
        Self(pieces)
    }

    /// Whether a component has anything of a pattern in it.
    pub(super) fn is_one(units: &[Unit]) -> bool {
        units.iter().any(|u| !u.quoted && matches!(u.byte, b'*' | b'?' | b'['))
    }

    /// Whether the whole name matches. A dot in front is only matched by a dot.
    pub fn matches(&self, name: &[u8]) -> bool {
        if name.first() == Some(&b'.') && self.0.first() != Some(&Piece::Byte(b'.')) {
            return false;
        }
        // After a failure the last `*` takes one byte more: at most pieces times bytes steps.
        let (mut piece, mut at) = (0, 0);
        let mut again: Option<(usize, usize)> = None;
        while let Some(&byte) = name.get(at) {
            match self.0.get(piece) {
                Some(Piece::Many) => {
                    piece += 1;
                    again = Some((piece, at));
                    continue;
                }
                Some(p) if p.takes(byte) => {
                    piece += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = again else { return false };
            again = Some((after, from + 1));
            (piece, at) = (after, from + 1);
        }
        self.0.iter().skip(piece).all(|p| *p == Piece::Many)
    }
}

impl Piece {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Piece::Byte(b) => *b == byte,
            Piece::Any => true,
            Piece::Many => false,
            Piece::Class { ranges, negated } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&byte)) != *negated
            }
        }
    }
}

/// Reads a class behind its `[`; none if it is not closed.
fn class(units: &[Unit]) -> Option<(Piece, &[Unit])> {
    let (negated, mut rest) = match units {
        [Unit { byte: b'!' | b'^', quoted: false }, rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut ranges = Vec::new();
    loop {
        let (unit, after) = rest.split_first()?;
        if unit.byte == b']' && !unit.quoted && !ranges.is_empty() {
            return Some((Piece::Class { ranges, negated }, after));
        }
        rest = after;
        match rest {
            [Unit { byte: b'-', quoted: false }, to, after @ ..] if to.quoted || to.byte != b']' => {
                ranges.push((unit.byte, to.byte));
                rest = after;
            }
            _ => ranges.push((unit.byte, unit.byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(text: &str) -> Glob {
        let words = super::super::words::split(text.as_bytes()).unwrap();
        Glob::parse(words.first().unwrap())
    }

    #[test]
    fn patterns_match_as_a_shell_matches_them() {
        for (pattern, yes, no) in [
            ("*.txt", vec!["a.txt", "a b.txt"], vec!["a.TXT", "txt", ".txt", "a.txt.gz"]),
            ("a?c", vec!["abc", "a?c"], vec!["ac", "abbc"]),
            ("a*b*c", vec!["abc", "aXbXbXc", "abbc"], vec!["acb", "ab"]),
            ("[a-c]x", vec!["ax", "cx"], vec!["dx", "x"]),
            ("[!a-c]x", vec!["dx", "-x"], vec!["ax"]),
            ("[]a]", vec!["]", "a"], vec!["b"]),
            ("[a", vec!["[a"], vec!["a"]),
            ("[a-]", vec!["a", "-"], vec!["b"]),
            (r"\*", vec!["*"], vec!["a"]),
            ("'*'*", vec!["*", "*a"], vec!["a"]),
            (".*", vec![".a"], vec!["a"]),
            ("*", vec!["a"], vec![".a"]),
        ] {
            for name in yes {
                assert!(glob(pattern).matches(name.as_bytes()), "{pattern} {name}");
            }
            for name in no {
                assert!(!glob(pattern).matches(name.as_bytes()), "{pattern} {name}");
            }
        }
    }

    proptest! {
        #[test]
        fn many_stars_cost_no_more_than_pieces_times_bytes(n in 1usize..200) {
            prop_assert!(!glob(&"a*".repeat(n)).matches(&[b'a'].repeat(n - 1)));
            prop_assert!(glob(&"a*".repeat(n)).matches(&[b'a'].repeat(n + 1)));
        }
    }
}
