//! What a password must be that a user gives themselves.

use causeway_config::options::ServerOptions;
use causeway_config::value::{CharacterRequirements, PasswordStrength};
use causeway_core::Secret;

use super::strength;
use crate::password::MAX_PASSWORD_CHARS;

/// Characters of a new password where a one-time code may stand behind it: both together must not be too long.
const MAX_WITH_CODE: usize = 128;

/// The options of `[server]` about new passwords.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    strength: PasswordStrength,
    length: usize,
    characters: CharacterRequirements,
    /// Characters that it has at most.
    longest: usize,
}

/// Why a password will not do. The user is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("a password is text without control characters")]
    NotText,
    #[error("a password does not begin or end with a blank")]
    Blank,
    #[error("a password has at most {0} characters")]
    TooLong(usize),
    #[error("a password has at least {0} characters")]
    TooShort(usize),
    #[error("a password has at least one {0}")]
    Lacks(&'static str),
    #[error("it is too easy to guess")]
    Guessable,
}

impl Policy {
    pub(crate) fn of(server: &ServerOptions, with_code: bool) -> Self {
        let length = usize::try_from(server.password_minimum_length).unwrap_or(usize::MAX);
        Self {
            strength: server.password_minimum_strength,
            length: length.max(server.password_minimum_strength.shortest()).max(1),
            characters: server.password_character_requirements,
            longest: if with_code { MAX_WITH_CODE } else { MAX_PASSWORD_CHARS },
        }
    }

    /// Whether the password will do for who knows these words of the user. Takes its time: not for a network thread.
    pub(crate) fn check(&self, password: &Secret, words: &[&str]) -> Result<(), Weakness> {
        let text = std::str::from_utf8(password.expose()).map_err(|_| Weakness::NotText)?;
        if text.chars().any(char::is_control) {
            return Err(Weakness::NotText);
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(Weakness::Blank);
        }
        let length = text.chars().count();
        if length > self.longest {
            return Err(Weakness::TooLong(self.longest));
        }
        if length < self.length {
            return Err(Weakness::TooShort(self.length));
        }
        let has = |is: fn(char) -> bool| text.chars().any(is);
        let wanted = self.characters;
        for (lacks, kind) in [
            (wanted.lowercase && !has(char::is_lowercase), "lowercase letter"),
            (wanted.uppercase && !has(char::is_uppercase), "uppercase letter"),
            (wanted.digit && !has(|c| c.is_ascii_digit()), "digit"),
            (wanted.symbol && !has(|c| !c.is_alphanumeric() && !c.is_whitespace()), "symbol"),
        ] {
            if lacks {
                return Err(Weakness::Lacks(kind));
            }
        }
        if !strength::reaches(text, words, self.strength.score()) {
            return Err(Weakness::Guessable);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_config::{Environment, load_text};
    use std::path::Path;

    fn check(options: &str, password: &str) -> Result<(), Weakness> {
        let text = format!("[server]\nuuid = u\n{options}\n");
        let environment = Environment::of([], jiff::tz::TimeZone::UTC);
        let loaded = load_text(text.as_bytes(), Path::new("/"), &environment).unwrap();
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        Policy::of(&loaded.config.server, false).check(&Secret::new(password), &["christina"])
    }

    #[test]
    fn the_defaults_want_a_long_and_strong_password() {
        assert_eq!(check("", "brisk onyx lantern 47"), Ok(()));
        assert_eq!(check("", "brisk onyx"), Err(Weakness::TooShort(11)));
        for weak in ["password1234", "christina2026", "qwertyuiop[]", "2026-11-28-1"] {
            assert_eq!(check("", weak), Err(Weakness::Guessable), "{weak}");
        }
    }

    #[test]
    fn strength_length_and_kinds_of_characters_are_options() {
        let off = "password_minimum_strength = 0\npassword_minimum_length = 0";
        assert_eq!(check(off, "a"), Ok(()));
        assert_eq!(check(off, ""), Err(Weakness::TooShort(1)));
        let long = "password_minimum_strength = 0\npassword_minimum_length = 20";
        assert_eq!(check(long, "aaaaaaaaaaaaaaaaaaa"), Err(Weakness::TooShort(20)));
        assert_eq!(
            check("password_minimum_strength = 2\npassword_minimum_length = 0", "brisk"),
            Err(Weakness::TooShort(7))
        );
        let kinds = format!("{off}\npassword_character_requirements = lowercase, uppercase, digit, symbol");
        for (password, lacks) in
            [("A1-", "lowercase letter"), ("a1-", "uppercase letter"), ("aA-", "digit"), ("a A1", "symbol")]
        {
            assert_eq!(check(&kinds, password), Err(Weakness::Lacks(lacks)));
        }
        assert_eq!(check(&kinds, "äÖ1-"), Ok(()));
    }

    #[test]
    fn blanks_at_the_ends_control_characters_and_excess_are_refused_by_any_policy() {
        let off = "password_minimum_strength = 0\npassword_minimum_length = 0";
        for (password, weakness) in [
            (" a", Weakness::Blank),
            ("a\u{a0}", Weakness::Blank),
            ("a\tb", Weakness::NotText),
            ("a\0", Weakness::NotText),
        ] {
            assert_eq!(check(off, password), Err(weakness));
        }
        assert_eq!(check(off, &"ä".repeat(150)), Ok(()));
        assert_eq!(check(off, &"ä".repeat(151)), Err(Weakness::TooLong(150)));
    }
}
