//! A command line for `scp`, and a name to match against its patterns.
//!
//! - A command is told from all else by its first word, and that never contradicts the parser's reading.
//! - Nothing comes out that was not said: the paths are no longer than the line, and hold no NUL.
//! - A line in which nothing is quoted means no more than its words.
//! - A literal component matches itself when it is read as a pattern of quoted bytes; matching ends.

#![no_main]

use causeway_ssh::scp::{Command, Component, Direction, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|b| *b == 0xff).unwrap_or(input.len());
    let (line, name) = input.split_at(end);
    let whole = [b"scp ", line].concat();
    assert!(Command::is_one(&whole));
    let Ok(command) = Command::parse(&whole) else { return };
    let targets: Vec<&Target> = match &command.direction {
        Direction::To(target) => vec![target],
        Direction::From(targets) => targets.iter().collect(),
    };
    assert!(!targets.is_empty());
    let length: usize = targets.iter().map(|t| t.path().len()).sum();
    assert!(length <= line.len());
    for target in targets {
        assert!(!target.path().contains(&0));
        let globs = target.components().iter().filter(|c| matches!(c, Component::Glob(_))).count();
        assert_eq!(target.is_pattern(), globs > 0);
        for component in target.components() {
            match component {
                Component::Name(name) => assert!(!name.is_empty() && !name.contains(&b'/')),
                Component::Glob(glob) => {
                    let matches = glob.matches(name.get(1..).unwrap_or_default());
                    // The same once more.
                    assert_eq!(matches, glob.matches(name.get(1..).unwrap_or_default()));
                }
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(line)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" /.-".contains(&b))
    {
        let is_option = |word: &&str| word.starts_with('-') && word.len() > 1 && *word != "--";
        let mut words = text.split_ascii_whitespace().skip_while(is_option).peekable();
        // A second `--` is a path.
        words.next_if_eq(&"--");
        let paths = words.count();
        let found = match &command.direction {
            Direction::To(_) => 1,
            Direction::From(targets) => targets.len(),
        };
        assert_eq!(found, paths);
    }
});
