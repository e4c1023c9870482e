//! What new passwords must be.

use std::fmt;
use std::str::FromStr;

use super::{BadValue, text_value};

/// How hard to guess a new password must be: a score of zxcvbn, 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PasswordStrength(u8);

/// Of which kinds a new password must have a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CharacterRequirements {
    pub lowercase: bool,
    pub uppercase: bool,
    pub digit: bool,
    /// Neither letter nor digit nor blank.
    pub symbol: bool,
}

impl PasswordStrength {
    pub fn score(self) -> u8 {
        self.0
    }

    /// Characters that a password of this strength has at least.
    pub fn shortest(self) -> usize {
        match self.0 {
            0 => 0,
            1 => 4,
            2 => 7,
            3 => 9,
            _ => 11,
        }
    }
}

impl Default for PasswordStrength {
    fn default() -> Self {
        Self(4)
    }
}

impl FromStr for PasswordStrength {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.parse() {
            Ok(score @ 0..=4) => Ok(Self(score)),
            _ => Err(BadValue::new(format!("'{text}' is not a number from 0 to 4"))),
        }
    }
}

impl fmt::Display for PasswordStrength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl CharacterRequirements {
    const NAMES: [&str; 4] = ["lowercase", "uppercase", "digit", "symbol"];

    fn flags(self) -> [bool; 4] {
        [self.lowercase, self.uppercase, self.digit, self.symbol]
    }
}

impl FromStr for CharacterRequirements {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let mut out = Self::default();
        let words: Vec<String> = text
            .split([',', '\n'])
            .map(|w| w.trim().to_ascii_lowercase())
            .filter(|w| !w.is_empty())
            .collect();
        for word in &words {
            match word.as_str() {
                "lowercase" => out.lowercase = true,
                "uppercase" => out.uppercase = true,
                "digit" => out.digit = true,
                "symbol" => out.symbol = true,
                "disabled" if words.len() == 1 => {}
                "disabled" => return Err(BadValue::new("'disabled' stands alone or not at all")),
                _ => {
                    let names = Self::NAMES.join(", ");
                    return Err(BadValue::new(format!("'{word}' is none of: {names}, disabled")));
                }
            }
        }
        Ok(out)
    }
}

impl fmt::Display for CharacterRequirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = Self::NAMES.into_iter().zip(self.flags()).filter_map(|(name, set)| set.then_some(name));
        f.write_str(&set.collect::<Vec<_>>().join(", "))
    }
}

text_value!(PasswordStrength, "a number from 0 to 4");
text_value!(CharacterRequirements, "a list of: lowercase, uppercase, digit, symbol; or 'disabled'");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_the_words_that_are_listed() {
        let read = |text: &str| text.parse::<CharacterRequirements>();
        let two = read("lowercase, Digit").unwrap();
        assert_eq!((two.flags(), two.to_string()), ([true, false, true, false], "lowercase, digit".into()));
        for none in ["", "disabled", " Disabled "] {
            assert_eq!(read(none), Ok(CharacterRequirements::default()));
        }
        assert!(read("letters").is_err() && read("digit, disabled").is_err());
    }

    #[test]
    fn a_strength_is_a_score_of_zxcvbn() {
        assert_eq!("3".parse::<PasswordStrength>().unwrap().shortest(), 9);
        for bad in ["5", "-1", "x", ""] {
            assert!(bad.parse::<PasswordStrength>().is_err());
        }
        assert_eq!(PasswordStrength::default().score(), 4);
    }
}
