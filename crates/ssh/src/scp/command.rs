//! The command by which a client starts the server's side: `scp -t` or `scp -f`.

use super::target::Target;
use super::words::{self, Word, WordsError};

/// Bytes of a command line.
pub const COMMAND_MAX: usize = 32 * 1024;
/// Paths on one command line.
const TARGETS_MAX: usize = 1024;

/// Which way the files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direction {
    /// `-t`: the client sends, into this folder or under this name.
    To(Target),
    /// `-f`: the client receives these.
    From(Vec<Target>),
}

/// What the client wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub direction: Direction,
    /// `-r`: folders too.
    pub recursive: bool,
    /// `-p`: times and permission bits too.
    pub preserve: bool,
    /// `-d`: the target must be a folder.
    pub folder: bool,
}

/// Why a command line is not a command of SCP. The texts are for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Words(#[from] WordsError),
    #[error("the command is too long")]
    TooLong,
    #[error("unknown option -{}", char::from(*.0).escape_default())]
    UnknownOption(u8),
    #[error("either -t or -f must be given")]
    NoDirection,
    #[error("a path is missing")]
    NoPath,
    #[error("ambiguous target")]
    TwoTargets,
    #[error("too many paths")]
    TooManyPaths,
}

impl Command {
    /// Whether a command line begins with the name of the program, by itself or at the end of a path: all else is
    /// not for us.
    pub fn is_one(line: &[u8]) -> bool {
        let line = line.trim_ascii_start();
        let end = line.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(line.len());
        line.get(..end).is_some_and(is_name)
    }

    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        if line.len() > COMMAND_MAX {
            return Err(CommandError::TooLong);
        }
        let words = words::split(line)?;
        let mut rest = words.iter().skip(1).peekable();
        let (mut to, mut from, mut recursive, mut preserve, mut folder) = (false, false, false, false, false);
        while let Some(options) = rest.next_if(|w| is_option(w)) {
            if options.iter().map(|u| u.byte).eq(*b"--") {
                break;
            }
            for unit in options.iter().skip(1) {
                match unit.byte {
                    b't' => to = true,
                    b'f' => from = true,
                    b'r' => recursive = true,
                    b'p' => preserve = true,
                    b'd' => folder = true,
                    // More to say or less, which nobody hears.
                    b'v' | b'q' => {}
                    other => return Err(CommandError::UnknownOption(other)),
                }
            }
        }
        let targets: Vec<Target> = rest.take(TARGETS_MAX + 1).map(Target::new).collect();
        if targets.len() > TARGETS_MAX {
            return Err(CommandError::TooManyPaths);
        }
        let direction = match (to, from) {
            (true, false) => {
                let mut targets = targets.into_iter();
                let target = targets.next().ok_or(CommandError::NoPath)?;
                if targets.next().is_some() {
                    return Err(CommandError::TwoTargets);
                }
                Direction::To(target)
            }
            (false, true) if targets.is_empty() => return Err(CommandError::NoPath),
            (false, true) => Direction::From(targets),
            _ => return Err(CommandError::NoDirection),
        };
        Ok(Self { direction, recursive, preserve, folder })
    }
}

fn is_name(word: &[u8]) -> bool {
    word.rsplit(|b| *b == b'/').next() == Some(b"scp")
}

fn is_option(word: &Word) -> bool {
    word.len() > 1 && word.first().is_some_and(|u| u.byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paths(command: &Command) -> Vec<&[u8]> {
        match &command.direction {
            Direction::To(target) => vec![target.path()],
            Direction::From(targets) => targets.iter().map(Target::path).collect(),
        }
    }

    #[test]
    fn the_commands_of_clients_are_understood() {
        // OpenSSH, PuTTY, libssh2, paramiko's scp, asyncssh, in this order.
        for (line, to, recursive, preserve, folder, expected) in [
            (&b"scp -v -r -p -d -t dir/"[..], true, true, true, true, &[&b"dir/"[..]][..]),
            (b"scp -q -r -f a b", false, true, false, false, &[b"a", b"b"]),
            (b"scp -pt '/a b'", true, false, true, false, &[b"/a b"]),
            (b"scp -v -r -t '.'", true, true, false, false, &[b"."]),
            (b"scp -prf x", false, true, true, false, &[b"x"]),
            (b"scp -t -- -x", true, false, false, false, &[b"-x"]),
            (b"/usr/bin/scp -f x -r", false, false, false, false, &[b"x", b"-r"]),
            (b"scp -t -", true, false, false, false, &[b"-"]),
        ] {
            assert!(Command::is_one(line));
            let command = Command::parse(line).unwrap();
            assert_eq!(matches!(command.direction, Direction::To(_)), to);
            assert_eq!(
                (command.recursive, command.preserve, command.folder),
                (recursive, preserve, folder),
                "{}",
                line.escape_ascii()
            );
            assert_eq!(paths(&command), expected);
        }
    }

    #[test]
    fn what_is_no_command_of_scp_is_refused() {
        for (line, error) in [
            (&b"scp"[..], CommandError::NoDirection),
            (b"scp a b", CommandError::NoDirection),
            (b"scp -t -f a", CommandError::NoDirection),
            (b"scp -t", CommandError::NoPath),
            (b"scp -f --", CommandError::NoPath),
            (b"scp -t a b", CommandError::TwoTargets),
            (b"scp -S evil -t a", CommandError::UnknownOption(b'S')),
            (b"scp -oProxyCommand=x -t a", CommandError::UnknownOption(b'o')),
            (b"scp -t a; id", CommandError::Words(WordsError::Active(b';'))),
        ] {
            assert_eq!(Command::parse(line), Err(error), "{}", line.escape_ascii());
        }
        assert_eq!(Command::parse(&[b'a'; COMMAND_MAX + 1]), Err(CommandError::TooLong));
        assert_eq!(
            Command::parse(format!("scp -f{}", " a".repeat(TARGETS_MAX + 1)).as_bytes()),
            Err(CommandError::TooManyPaths)
        );
        for line in [&b"scpx -t a"[..], b"sh -c scp", b"passwd", b"", b"'scp' -t a"] {
            assert!(!Command::is_one(line));
        }
    }

    proptest! {
        #[test]
        fn any_line_is_a_command_or_an_error(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let line = [b"scp ".as_slice(), &line].concat();
            prop_assert!(Command::is_one(&line));
            if let Ok(command) = Command::parse(&line) {
                prop_assert!(!paths(&command).is_empty());
            }
        }
    }
}
