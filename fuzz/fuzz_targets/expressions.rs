//! Matching expressions. The first line of the input is the value, the second the name of the user, the rest is the
//! expression.
//!
//! - A regular expression and its negation have opposite answers, or neither has one. So do globs and their negation.
//! - What the translation from Python writes, the engine takes, unless it is too large.
//! - A value of which every character is written as itself matches, in globs, dates and regular expressions.
//! - The name of the user stands for itself and for nothing else.
//! - Without fields a date expression is a glob; an offset of nothing changes nothing.

#![no_main]

use causeway_core::rule::{Expression, ExpressionError, MatchError, RegexError, Subject, user_component};
use causeway_core::{Moment, Timestamp};
use libfuzzer_sys::fuzz_target;

/// 2026-11-24T05:06:07Z
const NOW: Moment<'_> = Moment::utc(Timestamp(1_795_496_767_000_000_000));

type Answer = Result<Result<bool, MatchError>, ExpressionError>;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(3, |b| *b == b'\n');
    let (Some(value), Some(user), Some(text)) = (parts.next(), parts.next(), parts.next()) else { return };
    let (Ok(user), Ok(text)) = (std::str::from_utf8(user), std::str::from_utf8(text)) else { return };
    let subject = Subject::new(value);
    let answer = |expression: &str| -> Answer {
        Expression::parse(expression, user).map(|e| e.matches(&subject, NOW))
    };

    match text.len() % 4 {
        0 => regular_expressions(text, &answer),
        1 => globs(text, &answer),
        2 => dates(text, &answer),
        _ => {
            let _ = answer(text);
        }
    }
    if let Ok(value) = std::str::from_utf8(value) {
        written_as_itself(value, &answer);
    }
    the_user(user);
});

fn regular_expressions(text: &str, answer: &impl Fn(&str) -> Answer) {
    let found = answer(&format!("m/{text}/"));
    match (&found, answer(&format!("e/{text}/"))) {
        (Ok(Ok(found)), Ok(Ok(other))) => assert_ne!(*found, other, "{text}"),
        (Ok(Err(one)), Ok(Err(other))) => assert_eq!(*one, other, "{text}"),
        (Err(one), Err(other)) => assert_eq!(*one, other, "{text}"),
        (one, other) => panic!("{text}: {one:?}, negated {other:?}"),
    }
    if let Err(ExpressionError::Regex { error: RegexError::Engine(error), .. }) = found {
        let sizes = ["error building NFA", "Failed to build DFA", "too complex", "too deeply nested"];
        assert!(sizes.iter().any(|size| error.contains(size)), "{text}: {error}");
    }
}

fn globs(text: &str, answer: &impl Fn(&str) -> Answer) {
    if text.starts_with('!') {
        return;
    }
    match (answer(&format!("g/{text}/")), answer(&format!("g/!{text}/"))) {
        (Ok(Ok(one)), Ok(Ok(other))) => assert_ne!(one, other, "{text}"),
        (Err(one), Err(other)) => assert_eq!(one, other, "{text}"),
        (one, other) => panic!("{text}: {one:?}, negated {other:?}"),
    }
}

fn dates(text: &str, answer: &impl Fn(&str) -> Answer) {
    let now = answer(&format!("t/{text}/"));
    assert_eq!(now, answer(&format!("t/{text}/-0d")), "{text}");
    if !text.is_empty() && !text.contains('{') {
        assert_eq!(now, answer(&format!("g/{text}/")), "{text}");
    }
}

fn written_as_itself(value: &str, answer: &impl Fn(&str) -> Answer) {
    // Blanks around an alternative do not count, and a name in braces may stand for something.
    if value.trim() != value || value.is_empty() || value.len() > 500 || value.contains("${USER}") {
        return;
    }
    let bracketed = |c: char| if "*?[|!{".contains(c) { format!("[{c}]") } else { c.to_string() };
    let glob: String = value.chars().map(bracketed).collect();
    // `[!]` is no class: a `!` means something at the very beginning only.
    let glob = glob.replace("[!]", "!");
    if !glob.starts_with('!') {
        assert_eq!(answer(&format!("g/{glob}/")), Ok(Ok(true)), "{glob}");
        assert_eq!(answer(&format!("t/{glob}/")), Ok(Ok(true)), "{glob}");
    }
    let escaped = |c: char| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() };
    let pattern: String = value.chars().map(escaped).collect();
    assert_eq!(answer(&format!("m/^{pattern}\\Z/")), Ok(Ok(true)), "{pattern}");
    // Beyond U+FFFF case cannot be ignored.
    if value.chars().all(|c| c <= '\u{ffff}') {
        assert_eq!(answer(&format!("m/^{pattern}\\Z/i")), Ok(Ok(true)), "{pattern}");
    }
}

fn the_user(user: &str) {
    let name = user_component(user);
    let tried = |expression: &str, value: &str| {
        Expression::parse(expression, user).map(|e| e.matches(&Subject::new(value.as_bytes()), NOW))
    };
    if name.len() > 1000 {
        return;
    }
    for expression in ["/home/${USER}/*", "t//home/${USER}/*/", r"m/^/home/${USER}/./"] {
        assert_eq!(tried(expression, &format!("/home/{name}/x")), Ok(Ok(true)), "{expression} {name}");
        assert_eq!(tried(expression, &format!("/home/{name}+/x")), Ok(Ok(false)), "{expression} {name}");
    }
}
