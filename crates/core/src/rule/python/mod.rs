//! Regular expressions as Python's `re` reads them, for an engine that reads some of them otherwise.
//!
//! A pattern is read as Python 3.11 reads it ([`parse`], with [`tokens`], [`escape`], [`flags`] and [`class`]) into a
//! tree ([`tree`]). What the engine would judge differently is refused ([`check`]); the rest is written in the engine's
//! own words ([`emit`]), in which nothing is left to its flags or to its idea of a letter.

mod check;
mod class;
mod emit;
mod escape;
mod flags;
mod parse;
mod tokens;
mod tree;

use parse::Parser;

/// Characters of a pattern.
const MAX_LENGTH: usize = 4096;
/// Groups inside each other.
const MAX_DEPTH: usize = 50;
/// Groups of one pattern.
const MAX_GROUPS: usize = 500;
/// The largest number in `{}`.
const MAX_REPEAT: u32 = 1000;
/// What a pattern may weigh: one for each character it is made of, [`CLASS_WEIGHT`] for each class, as often as they
/// are repeated.
const MAX_WEIGHT: u64 = 20_000;
/// A class such as `\w` makes hundreds of states.
const CLASS_WEIGHT: u64 = 20;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// Python refuses it too.
    #[error("{wrong} (at character {at})")]
    Syntax { wrong: Wrong, at: usize },
    /// Python takes it.
    #[error("{0}")]
    Difference(Difference),
    #[error("{0}")]
    TooLarge(Size),
    #[error("the engine cannot run it: {0}")]
    Engine(String),
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("it ends after a backslash")]
    EndsInEscape,
    #[error("this escape does not exist")]
    Escape,
    #[error("the escape has not all its digits")]
    EscapeDigits,
    #[error("an octal escape reaches to \\377")]
    OctalTooLarge,
    #[error("a class is not closed with ']'")]
    OpenClass,
    #[error("the range ends before it begins, or its ends are no characters")]
    Range,
    #[error("there is nothing to repeat")]
    NothingToRepeat,
    #[error("it is repeated already")]
    MultipleRepeat,
    #[error("the least number of repeats is above the greatest")]
    RepeatOrder,
    #[error("a group is not closed with ')'")]
    OpenGroup,
    #[error("')' closes nothing")]
    Unbalanced,
    #[error("this kind of group does not exist")]
    Extension,
    #[error("a comment is not closed with ')'")]
    OpenComment,
    #[error("the name of a group is missing or wrong")]
    GroupName,
    #[error("two groups have the same name")]
    GroupNameTwice,
    #[error("there is no such group")]
    NoSuchGroup,
    #[error("a group cannot refer to itself")]
    GroupIsOpen,
    #[error("a look-behind cannot refer to its own groups")]
    GroupOfLookBehind,
    #[error("a condition has two branches at most")]
    Branches,
    #[error("these flags do not exist or do not go together")]
    Flags,
    #[error("flags for the whole expression stand at its beginning")]
    FlagsNotAtStart,
    #[error("what a look-behind looks for must have one length")]
    LookBehindWidth,
}

/// What Python takes and is refused here, because the engine would see something else in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Difference {
    #[error("characters by name are not supported; write \\uXXXX")]
    NamedCharacter,
    #[error("the flag 't' is not supported")]
    TemplateFlag,
    #[error("half of a surrogate pair is not a character")]
    Surrogate,
    #[error("names of groups are written in ASCII")]
    GroupName,
    #[error("the number of a group is written in plain digits")]
    GroupNumber,
    #[error("a group that is referred to cannot be part of a repeat of what may be empty")]
    GroupInEmptyRepeat,
    #[error("an atomic group or possessive repeat cannot hold a repeat of what may be empty")]
    EmptyRepeatInAtomic,
    #[error("a condition on a group stands behind that group")]
    EarlyCondition,
    #[error("the case of letters beyond U+FFFF cannot be ignored")]
    CaseBeyondPlane,
    #[error("a reference to a group cannot ignore the case of ASCII letters alone")]
    AsciiCaseReference,
    #[error("the name of the user cannot be part of a class")]
    UserInClass,
}

/// Which limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Size {
    #[error("it is longer than {MAX_LENGTH} characters")]
    Length,
    #[error("more than {MAX_DEPTH} groups are inside each other")]
    Depth,
    #[error("it has more than {MAX_GROUPS} groups")]
    Groups,
    #[error("something is repeated more than {MAX_REPEAT} times")]
    Repeat,
    #[error("its repeats make it too large")]
    Weight,
}

/// A pattern in the engine's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translation {
    pub(super) pattern: String,
    /// A group is referred to without regard to case: the engine and Python agree about it only where the value has no
    /// [odd](super::case::is_odd) letters.
    pub(super) refers_in_any_case: bool,
}

/// Translates a pattern, in which `${USER}` stands for the characters of `user`.
pub(super) fn translate(pattern: &str, user: &str, ignore_case: bool) -> Result<Translation, RegexError> {
    let tokens = tokens::split(pattern, user)?;
    let tree = Parser::new(tokens, ignore_case).parse()?;
    let references = check::check(&tree)?;
    Ok(emit::emit(&tree, &references))
}
