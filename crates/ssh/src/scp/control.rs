//! The records that announce files, folders and times.

use causeway_core::Name;

/// One line from who sends files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// `C`: a file; so many bytes follow once it was acknowledged.
    File { mode: u32, size: u64, name: Name },
    /// `D`: a folder; what follows is in it.
    Folder { mode: u32, name: Name },
    /// `E`: the folder ends.
    End,
    /// `T`: the times of what comes next.
    Times(Times),
    /// `\x01`: something could not be sent.
    Warning(Vec<u8>),
    /// `\x02`: the sender gives up.
    Fatal(Vec<u8>),
}

/// Times in seconds since 1970 and microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub modified: (u64, u32),
    pub accessed: (u64, u32),
}

/// Why a line is no record. The texts are for the client; the first ones are OpenSSH's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    #[error("protocol error: unexpected <newline>")]
    Empty,
    #[error("protocol error: expected control record")]
    Unknown,
    #[error("protocol error: bad mode")]
    Mode,
    #[error("protocol error: size not delimited")]
    Size,
    #[error("protocol error: size out of range")]
    SizeRange,
    #[error("protocol error: times not delimited")]
    Times,
    /// A name that is none, or that leads elsewhere.
    #[error("error: unexpected filename")]
    Name,
    #[error("protocol error: the line is too long")]
    TooLong,
}

impl Control {
    /// Reads a line without its end.
    pub fn parse(line: &[u8]) -> Result<Self, ControlError> {
        let (kind, rest) = line.split_first().ok_or(ControlError::Empty)?;
        match kind {
            1 => Ok(Control::Warning(rest.to_vec())),
            2 => Ok(Control::Fatal(rest.to_vec())),
            // What follows means nothing: OpenSSH looks no further either.
            b'E' => Ok(Control::End),
            b'T' => Ok(Control::Times(times(rest).ok_or(ControlError::Times)?)),
            b'C' => {
                let (mode, size, name) = object(rest)?;
                Ok(Control::File { mode, size, name })
            }
            b'D' => {
                let (mode, _, name) = object(rest)?;
                Ok(Control::Folder { mode, name })
            }
            _ => Err(ControlError::Unknown),
        }
    }
}

/// `MODE SIZE NAME`: the mode in four octal digits.
fn object(rest: &[u8]) -> Result<(u32, u64, Name), ControlError> {
    let (mode, rest) = rest.split_first_chunk::<4>().ok_or(ControlError::Mode)?;
    let mode = mode.iter().try_fold(0, |mode, digit| match digit {
        b'0'..=b'7' => Ok(mode << 3 | u32::from(digit - b'0')),
        _ => Err(ControlError::Mode),
    })?;
    let rest = rest.strip_prefix(b" ").ok_or(ControlError::Mode)?;
    let at = rest.iter().position(|b| *b == b' ').ok_or(ControlError::Size)?;
    let (size, name) = rest.split_at_checked(at).ok_or(ControlError::Size)?;
    let size =
        number(size).map_err(|range| if range { ControlError::SizeRange } else { ControlError::Size })?;
    // File systems count in signed numbers.
    if i64::try_from(size).is_err() {
        return Err(ControlError::SizeRange);
    }
    let name = name.strip_prefix(b" ").unwrap_or_default();
    Ok((mode, size, Name::parse(name).map_err(|_| ControlError::Name)?))
}

/// `MODIFIED MICROSECONDS ACCESSED MICROSECONDS`
fn times(rest: &[u8]) -> Option<Times> {
    let mut parts = rest.split(|b| *b == b' ');
    let mut pair = || {
        let seconds = number(parts.next()?).ok()?;
        let micros = number(parts.next()?).ok().filter(|n| *n <= 999_999)?;
        i64::try_from(seconds).ok()?;
        Some((seconds, u32::try_from(micros).ok()?))
    };
    let times = Times { modified: pair()?, accessed: pair()? };
    parts.next().is_none().then_some(times)
}

/// Digits and nothing else. The error tells whether they were, and too many.
fn number(digits: &[u8]) -> Result<u64, bool> {
    if digits.is_empty() {
        return Err(false);
    }
    digits.iter().try_fold(0_u64, |n, d| match d {
        b'0'..=b'9' => n.checked_mul(10).and_then(|n| n.checked_add(u64::from(d - b'0'))).ok_or(true),
        _ => Err(false),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scp::say;

    fn name(text: &str) -> Name {
        Name::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn records_are_read() {
        for (line, control) in [
            (&b"C0644 123 a b"[..], Control::File { mode: 0o644, size: 123, name: name("a b") }),
            (b"C4755 0 x", Control::File { mode: 0o4755, size: 0, name: name("x") }),
            (b"D0755 0 d", Control::Folder { mode: 0o755, name: name("d") }),
            (b"E", Control::End),
            (
                b"T1700000000 0 1600000000 999999",
                Control::Times(Times { modified: (1_700_000_000, 0), accessed: (1_600_000_000, 999_999) }),
            ),
            (b"\x01no such file", Control::Warning(b"no such file".to_vec())),
            (b"\x02bye", Control::Fatal(b"bye".to_vec())),
        ] {
            assert_eq!(Control::parse(line), Ok(control), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_record_that_is_not_exactly_one_is_refused() {
        for (line, error) in [
            (&b""[..], ControlError::Empty),
            (b"X", ControlError::Unknown),
            (b"hello", ControlError::Unknown),
            (b"C0844 1 x", ControlError::Mode),
            (b"C644 1 x", ControlError::Mode),
            (b"C06441 x", ControlError::Mode),
            (b"C0644 ", ControlError::Size),
            (b"C0644 1", ControlError::Size),
            (b"C0644 -1 x", ControlError::Size),
            (b"C0644 +1 x", ControlError::Size),
            (b"C0644 0x1 x", ControlError::Size),
            (b"C0644  x", ControlError::Size),
            (b"C0644 9223372036854775808 x", ControlError::SizeRange),
            (b"C0644 99999999999999999999 x", ControlError::SizeRange),
            (b"T1 0 1", ControlError::Times),
            (b"T1 1000000 1 0", ControlError::Times),
            (b"T-1 0 1 0", ControlError::Times),
            (b"T1 0 1 0 0", ControlError::Times),
        ] {
            assert_eq!(Control::parse(line), Err(error), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn v06_a_name_that_leads_elsewhere_is_none() {
        for name in ["", ".", "..", "/", "/etc/passwd", "../x", "a/b", "a/", "a\0b"] {
            for kind in ["C0644 1 ", "D0755 0 "] {
                let line = format!("{kind}{name}");
                assert_eq!(Control::parse(line.as_bytes()), Err(ControlError::Name), "{line:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_announced_is_read_back(mode in 0u32..0o10000, size in 0u64..1 << 62, name in "[^/\0\n]{1,80}") {
            prop_assume!(name != "." && name != "..");
            let mut line = Vec::new();
            say::file(&mut line, mode, size, name.as_bytes());
            prop_assert_eq!(line.pop(), Some(b'\n'));
            let name = Name::parse(name.as_bytes()).unwrap();
            prop_assert_eq!(Control::parse(&line), Ok(Control::File { mode, size, name }));
        }

        #[test]
        fn any_line_is_a_record_or_an_error(line in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(Control::File { name, .. } | Control::Folder { name, .. }) = Control::parse(&line) {
                prop_assert!(!name.as_bytes().contains(&b'/'));
            }
        }
    }
}
