//! The option `dh_prime_size`.

use std::fmt;
use std::str::FromStr;

use super::{BadValue, list, text_value};

/// How a service chooses groups for clients that ask for one (RFC 4419).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DhPrimeSize {
    /// No group is smaller: one of [`Self::SIZES`], in bits.
    pub min: u32,
    pub mode: DhPrimeMode,
}

/// Which of the sizes that client and service both allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DhPrimeMode {
    /// The smallest.
    Minimum,
    /// The one that the client prefers, or the next larger.
    Ideal,
    /// The largest.
    Maximum,
}

impl DhPrimeSize {
    pub const SIZES: [u32; 7] = [1024, 1536, 2048, 3072, 4096, 6144, 8192];
}

impl Default for DhPrimeSize {
    /// SFTPPlus has 1024: such a group can be broken, so it is there only for who writes it.
    fn default() -> Self {
        Self { min: 2048, mode: DhPrimeMode::Ideal }
    }
}

impl FromStr for DhPrimeSize {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let members = list::members(text)?;
        let [size, mode] = members.as_slice() else {
            return Err(BadValue::new("a size in bits and a mode are wanted, as in '2048, ideal'"));
        };
        let min = size.parse().ok().filter(|size| Self::SIZES.contains(size)).ok_or_else(|| {
            let sizes = Self::SIZES.map(|s| s.to_string()).join(", ");
            BadValue::new(format!("'{size}' is none of the sizes {sizes}"))
        })?;
        let mode = match mode.to_ascii_lowercase().as_str() {
            "minimum" => DhPrimeMode::Minimum,
            "ideal" => DhPrimeMode::Ideal,
            "maximum" => DhPrimeMode::Maximum,
            _ => return Err(BadValue::new(format!("'{mode}' is none of: minimum, ideal, maximum"))),
        };
        Ok(Self { min, mode })
    }
}

impl fmt::Display for DhPrimeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            DhPrimeMode::Minimum => "minimum",
            DhPrimeMode::Ideal => "ideal",
            DhPrimeMode::Maximum => "maximum",
        };
        write!(f, "{}, {mode}", self.min)
    }
}

text_value!(DhPrimeSize, "a size in bits and 'minimum', 'ideal' or 'maximum'");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_and_a_mode_are_read_and_nothing_else() {
        for text in ["2048, ideal", "1024, minimum", "8192, maximum"] {
            assert_eq!(text.parse::<DhPrimeSize>().unwrap().to_string(), text);
        }
        assert_eq!("3072 ,Ideal".parse(), Ok(DhPrimeSize { min: 3072, mode: DhPrimeMode::Ideal }));
        for text in
            ["", "2048", "ideal", "2047, ideal", "512, ideal", "2048, best", "2048, ideal, 1", "-1, ideal"]
        {
            assert!(text.parse::<DhPrimeSize>().is_err(), "{text}");
        }
    }
}
