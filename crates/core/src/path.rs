//! The one path type.
//!
//! A [`VPath`] is bytes: absolute, `/`-separated, without `.`, `..`, NUL or empty parts. Only the parsers of
//! this module make one, at the edge of a protocol. Names are never decoded: two names that differ in a byte
//! are two names.

use std::fmt;
use std::sync::Arc;

use crate::escape;

/// Bytes in one name, as Linux file systems allow (`NAME_MAX`).
pub const NAME_MAX: usize = 255;
/// Bytes in a whole path, as Linux system calls allow (`PATH_MAX`, which counts the closing NUL).
pub const PATH_MAX: usize = 4095;

/// Why bytes from outside are not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The peer sent a NUL byte inside a name.
    #[error("the path holds a NUL byte")]
    Nul,
    /// The peer sent a name of more than [`NAME_MAX`] bytes.
    #[error("a name in the path is longer than {NAME_MAX} bytes")]
    NameTooLong,
    /// The peer sent a path of more than [`PATH_MAX`] bytes.
    #[error("the path is longer than {PATH_MAX} bytes")]
    TooLong,
    /// A single name was expected and it was empty, `.`, `..` or held a `/`.
    #[error("not the name of a file or folder")]
    NotAName,
}

/// A virtual path: what the client sees, never a place on the disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VPath(Arc<[u8]>);

impl VPath {
    /// The path `/`.
    pub fn root() -> Self {
        Self(Arc::from(&b"/"[..]))
    }

    /// Reads `raw` as the peer sent it. A relative path is taken from `from`; empty parts and `.` vanish and
    /// `..` takes one name away and stops at the root (as a client without a login shell sees it: names are
    /// resolved before links are).
    pub fn parse(from: &VPath, raw: &[u8]) -> Result<Self, PathError> {
        if raw.contains(&0) {
            return Err(PathError::Nul);
        }
        let mut out: Vec<u8> = Vec::with_capacity(raw.len().min(PATH_MAX).saturating_add(from.0.len()));
        if !raw.starts_with(b"/") && !from.is_root() {
            out.extend_from_slice(&from.0);
        }
        for part in raw.split(|b| *b == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    let keep = out.iter().rposition(|b| *b == b'/').unwrap_or(0);
                    out.truncate(keep);
                }
                name if name.len() > NAME_MAX => return Err(PathError::NameTooLong),
                name => {
                    out.push(b'/');
                    out.extend_from_slice(name);
                    // `..` may shorten a long path again, but no honest client needs that.
                    if out.len() > PATH_MAX {
                        return Err(PathError::TooLong);
                    }
                }
            }
        }
        if out.is_empty() {
            return Ok(Self::root());
        }
        Ok(Self(Arc::from(out)))
    }

    /// Reads an absolute path, or one that is taken from the root.
    pub fn absolute(raw: &[u8]) -> Result<Self, PathError> {
        Self::parse(&Self::root(), raw)
    }

    /// The bytes, beginning with `/` and without one at the end (but for the root itself).
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// The folder that holds this path; none for the root.
    pub fn parent(&self) -> Option<VPath> {
        if self.is_root() {
            return None;
        }
        let cut = self.0.iter().rposition(|b| *b == b'/')?;
        match self.0.get(..cut) {
            None | Some(b"") => Some(Self::root()),
            Some(head) => Some(Self(Arc::from(head))),
        }
    }

    /// The last name; none for the root.
    pub fn file_name(&self) -> Option<Name> {
        self.names().last().map(|n| Name(Box::from(n)))
    }

    /// The last name without allocating; empty for the root.
    pub fn file_name_bytes(&self) -> &[u8] {
        self.names().next_back().unwrap_or(b"")
    }

    /// The names from the root down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|n| !n.is_empty())
    }

    /// The path of `name` inside this folder.
    pub fn join(&self, name: &Name) -> Result<VPath, PathError> {
        let head: &[u8] = if self.is_root() { b"" } else { &self.0 };
        let len = head.len() + 1 + name.0.len();
        if len > PATH_MAX {
            return Err(PathError::TooLong);
        }
        let mut out = Vec::with_capacity(len);
        out.extend_from_slice(head);
        out.push(b'/');
        out.extend_from_slice(&name.0);
        Ok(Self(Arc::from(out)))
    }

    /// What remains below `folder`: `Some("")` for the folder itself, `Some("a/b")` for what lies in it
    /// (relative, without a leading `/`), `None` for what is elsewhere.
    pub fn below(&self, folder: &VPath) -> Option<&[u8]> {
        if folder.is_root() {
            return self.0.get(1..);
        }
        match self.0.strip_prefix(&*folder.0)? {
            b"" => Some(b""),
            rest => rest.strip_prefix(b"/"),
        }
    }
}

impl fmt::Display for VPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::write(f, &self.0)
    }
}

impl fmt::Debug for VPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VPath({self})")
    }
}

/// One name in a folder: not empty, not `.` or `..`, no `/`, no NUL, at most [`NAME_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<[u8]>);

impl Name {
    pub fn parse(raw: &[u8]) -> Result<Self, PathError> {
        match raw {
            b"" | b"." | b".." => Err(PathError::NotAName),
            _ if raw.contains(&0) => Err(PathError::Nul),
            _ if raw.contains(&b'/') => Err(PathError::NotAName),
            _ if raw.len() > NAME_MAX => Err(PathError::NameTooLong),
            _ => Ok(Self(Box::from(raw))),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::write(f, &self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(raw: &str) -> VPath {
        VPath::absolute(raw.as_bytes()).unwrap()
    }

    #[test]
    fn v06_path_traversal_stops_at_the_root() {
        for raw in ["..", "../..", "/../../etc/passwd/../..", "/a/../../..", "./.././"] {
            assert_eq!(path(raw).as_bytes(), b"/", "{raw}");
        }
        assert_eq!(path("/a/../../b").as_bytes(), b"/b");
    }

    #[test]
    fn a_relative_path_begins_where_the_session_stands() {
        let at = path("/in/box");
        assert_eq!(VPath::parse(&at, b"x").unwrap().as_bytes(), b"/in/box/x");
        assert_eq!(VPath::parse(&at, b"../x").unwrap().as_bytes(), b"/in/x");
        assert_eq!(VPath::parse(&at, b"").unwrap(), at);
        assert_eq!(VPath::parse(&at, b"/x//y/./z/").unwrap().as_bytes(), b"/x/y/z");
    }

    #[test]
    fn nul_and_overlong_names_are_refused() {
        assert_eq!(VPath::absolute(b"/a\0b"), Err(PathError::Nul));
        assert_eq!(VPath::absolute(&[b'a'; 256]), Err(PathError::NameTooLong));
        assert!(VPath::absolute(&[b'a'; 255]).is_ok());
        assert_eq!(VPath::absolute(&b"/abcdefghi".repeat(410)), Err(PathError::TooLong));
    }

    #[test]
    fn below_knows_the_folder_its_contents_and_its_neighbours() {
        assert_eq!(path("/in/a/b").below(&path("/in")), Some(&b"a/b"[..]));
        assert_eq!(path("/in").below(&path("/in")), Some(&b""[..]));
        assert_eq!(path("/inbox").below(&path("/in")), None);
        assert_eq!(path("/a").below(&VPath::root()), Some(&b"a"[..]));
        assert_eq!(VPath::root().below(&VPath::root()), Some(&b""[..]));
    }

    #[test]
    fn parents_lead_to_the_root() {
        assert_eq!(path("/a/b").parent(), Some(path("/a")));
        assert_eq!(path("/a").parent(), Some(VPath::root()));
        assert_eq!(VPath::root().parent(), None);
        assert_eq!(path("/a/b").file_name().unwrap().as_bytes(), b"b");
        assert_eq!(VPath::root().file_name(), None);
    }

    proptest! {
        #[test]
        fn every_parsed_path_is_normal_and_parses_to_itself(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(p) = VPath::absolute(&raw) {
                let b = p.as_bytes();
                prop_assert!(b.starts_with(b"/"));
                prop_assert!(b.len() == 1 || !b.ends_with(b"/"));
                prop_assert!(!b.contains(&0));
                for n in b[1..].split(|c| *c == b'/') {
                    prop_assert!(p.is_root() || Name::parse(n).is_ok());
                }
                prop_assert_eq!(VPath::absolute(b).unwrap(), p);
            }
        }
    }
}
