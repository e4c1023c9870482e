//! Letters without regard to case, one character at a time.
//!
//! Globs compare lower case. Regular expressions do as Python's `re.IGNORECASE`: two characters are the same if their
//! lower case is, or if their lower case letters have one upper case letter between them.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Lower case letters with one upper case between them; the first of each line stands for all.
const KIN: [&[char]; 24] = [
    &['i', 'ı'],
    &['s', 'ſ'],
    &['μ', 'µ'],
    &['ι', '\u{345}', '\u{1fbe}'],
    &['\u{390}', '\u{1fd3}'],
    &['\u{3b0}', '\u{1fe3}'],
    &['β', 'ϐ'],
    &['ε', 'ϵ'],
    &['θ', 'ϑ'],
    &['κ', 'ϰ'],
    &['π', 'ϖ'],
    &['ρ', 'ϱ'],
    &['σ', 'ς'],
    &['φ', 'ϕ'],
    &['в', '\u{1c80}'],
    &['д', '\u{1c81}'],
    &['о', '\u{1c82}'],
    &['с', '\u{1c83}'],
    &['т', '\u{1c84}', '\u{1c85}'],
    &['ъ', '\u{1c86}'],
    &['ѣ', '\u{1c87}'],
    &['\u{1e61}', '\u{1e9b}'],
    &['\u{a64b}', '\u{1c88}'],
    &['\u{fb05}', '\u{fb06}'],
];

/// No character from here on has a case.
const CASED_END: u32 = 0x2_0000;

/// The character as globs compare it: in lower case, if that is one character.
pub(super) fn plain(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut small = c.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// One lower case letter for one letter.
pub(super) fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

/// What stands for the character and all that differ from it in case only.
fn fold(c: char) -> char {
    let small = lower(c);
    if small.is_ascii() {
        return small;
    }
    let kin = KIN.iter().find(|kin| kin.contains(&small));
    kin.and_then(|kin| kin.first()).copied().unwrap_or(small)
}

/// Whether comparing lower case, letter for letter, and folding might disagree about it; so too if its cases differ in
/// their length as UTF-8.
pub(super) fn is_odd(c: char) -> bool {
    !c.is_ascii() && (fold(c) != lower(c) || lower(c).len_utf8() != c.len_utf8())
}

/// Whether a character of the range has a case.
pub(super) fn has_case(first: char, last: char) -> bool {
    classes().iter().any(|(_, c)| (first..=last).contains(c))
}

/// Adds to the ranges what differs from their members in case only.
pub(super) fn close(ranges: &mut Vec<(char, char)>) {
    let holds = |c: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
    let hit: HashSet<char> = classes().iter().filter(|(_, c)| holds(*c)).map(|(f, _)| *f).collect();
    let missing: Vec<char> =
        classes().iter().filter(|(f, c)| hit.contains(f) && !holds(*c)).map(|(_, c)| *c).collect();
    ranges.extend(missing.into_iter().map(|c| (c, c)));
}

/// The same among the letters of ASCII alone.
pub(super) fn close_ascii(ranges: &mut Vec<(char, char)>) {
    let other_case = |(first, last): &(char, char)| {
        let within = |a: char, z: char| {
            let (first, last) = ((*first).max(a), (*last).min(z));
            (first <= last).then_some((first, last))
        };
        let up = within('a', 'z').map(|(f, l)| (f.to_ascii_uppercase(), l.to_ascii_uppercase()));
        let down = within('A', 'Z').map(|(f, l)| (f.to_ascii_lowercase(), l.to_ascii_lowercase()));
        up.into_iter().chain(down)
    };
    let others: Vec<(char, char)> = ranges.iter().flat_map(other_case).collect();
    ranges.extend(others);
}

/// Every character with a case, after what stands for it.
fn classes() -> &'static [(char, char)] {
    static CLASSES: OnceLock<Vec<(char, char)>> = OnceLock::new();
    CLASSES.get_or_init(|| {
        let folded = (0..CASED_END).filter_map(char::from_u32).map(|c| (fold(c), c));
        let mut classes: Vec<(char, char)> =
            folded.filter(|(f, c)| f != c).flat_map(|(f, c)| [(f, f), (f, c)]).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(first: char, last: char) -> String {
        let mut ranges = vec![(first, last)];
        close(&mut ranges);
        let mut all: Vec<char> = ranges.into_iter().flat_map(|(f, l)| f..=l).collect();
        all.sort_unstable();
        all.into_iter().collect()
    }

    #[test]
    fn letters_have_all_their_cases() {
        assert_eq!(closed('k', 'k'), "Kk\u{212a}");
        assert_eq!(closed('I', 'I'), "Iiİı");
        assert_eq!(closed('ς', 'ς'), "Σςσ");
        assert_eq!(closed('ß', 'ß'), "ßẞ");
        assert_eq!(closed('1', '3'), "123");
        let mut ascii = vec![('X', 'b')];
        close_ascii(&mut ascii);
        assert_eq!(ascii, [('X', 'b'), ('A', 'B'), ('x', 'z')]);
    }

    #[test]
    fn nothing_beyond_the_end_of_the_table_has_a_case() {
        assert!((CASED_END..=0x10_ffff).filter_map(char::from_u32).all(|c| lower(c) == c));
    }
}
