//! A path of the command line.

use super::glob::Glob;
use super::words::{Unit, Word};

/// A path as the client named it. Relative ones begin at the home; resolving them is for whoever has the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    path: Vec<u8>,
    user: Option<Vec<u8>>,
    components: Vec<Component>,
    is_pattern: bool,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Component {
    Name(Vec<u8>),
    Glob(Glob),
}

impl Target {
    pub(super) fn new(word: &Word) -> Self {
        let (user, units) = match word.split_first() {
            Some((Unit { byte: b'~', quoted: false }, rest)) => {
                let end = rest.iter().position(|u| u.byte == b'/').unwrap_or(rest.len());
                let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                // A name that was quoted is no name of a user (section 2.6.1).
                if name.iter().any(|u| u.quoted) {
                    (None, word.as_slice())
                } else {
                    (Some(bytes(name)), rest)
                }
            }
            _ => (None, word.as_slice()),
        };
        let parts = units.split(|u| u.byte == b'/').filter(|part| !part.is_empty());
        let components: Vec<Component> = parts
            .map(|part| match Glob::is_one(part) {
                true => Component::Glob(Glob::parse(part)),
                false => Component::Name(bytes(part)),
            })
            .collect();
        let is_pattern = components.iter().any(|c| matches!(c, Component::Glob(_)));
        Self { path: bytes(units), user, components, is_pattern }
    }

    /// The path, its patterns taken literally; without `~` and the name behind it.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// Whose home the path begins at, where it began with `~`: empty for one's own.
    pub fn home_of(&self) -> Option<&[u8]> {
        self.user.as_deref()
    }

    /// Whether it ends with a slash, and so means a folder.
    pub fn means_folder(&self) -> bool {
        self.path.last() == Some(&b'/') || self.components.is_empty()
    }

    /// Whether files have to be looked for by their names.
    pub fn is_pattern(&self) -> bool {
        self.is_pattern
    }

    pub fn components(&self) -> &[Component] {
        &self.components
    }
}

fn bytes(units: &[Unit]) -> Vec<u8> {
    units.iter().map(|u| u.byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::new(super::super::words::split(text.as_bytes()).unwrap().first().unwrap())
    }

    #[test]
    fn a_tilde_in_front_is_a_home_unless_it_is_quoted() {
        assert_eq!((target("~").path(), target("~").home_of()), (&b""[..], Some(&b""[..])));
        assert_eq!((target("~/x").path(), target("~/x").home_of()), (&b"/x"[..], Some(&b""[..])));
        assert_eq!((target("~bob/x").path(), target("~bob/x").home_of()), (&b"/x"[..], Some(&b"bob"[..])));
        assert_eq!((target("'~'/x").path(), target("'~'/x").home_of()), (&b"~/x"[..], None));
        assert_eq!((target("~'b'ob/x").path(), target("~'b'ob/x").home_of()), (&b"~bob/x"[..], None));
        assert_eq!((target("a~").path(), target("a~").home_of()), (&b"a~"[..], None));
    }

    #[test]
    fn a_pattern_is_one_where_it_is_not_quoted() {
        assert!(target("*.txt").is_pattern());
        assert!(target("in/??/x").is_pattern());
        assert!(!target(r"\*.txt").is_pattern());
        assert!(!target("'[a]'").is_pattern());
        assert_eq!(target("/a//b/").components().len(), 2);
    }

    #[test]
    fn a_slash_at_the_end_means_a_folder() {
        for text in ["/", "a/", "~", "''"] {
            assert!(target(text).means_folder(), "{text}");
        }
        assert!(!target("a").means_folder() && !target(".").means_folder());
    }
}
