//! The names of the option `permissions`.

use std::fmt;
use std::str::FromStr;

/// One name in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    AllowFullControl,
    DenyFullControl,
    AllowRead,
    AllowList,
    AllowTraverse,
    AllowWrite,
    AllowCreateFolder,
    AllowRename,
    AllowDeleteFile,
    AllowDeleteFolder,
    AllowSetAttributes,
}

impl Permission {
    const ALL: [(Permission, &'static str, &'static str); 11] = [
        (Permission::AllowFullControl, "allow-full-control", "full-control"),
        (Permission::DenyFullControl, "deny-full-control", "deny-full-control"),
        (Permission::AllowRead, "allow-read", "read"),
        (Permission::AllowList, "allow-list", "list"),
        (Permission::AllowTraverse, "allow-traverse", "traverse"),
        (Permission::AllowWrite, "allow-write", "write"),
        (Permission::AllowCreateFolder, "allow-create-folder", "create-folder"),
        (Permission::AllowRename, "allow-rename", "rename"),
        (Permission::AllowDeleteFile, "allow-delete-file", "delete-file"),
        (Permission::AllowDeleteFolder, "allow-delete-folder", "delete-folder"),
        (Permission::AllowSetAttributes, "allow-set-attributes", "set-attributes"),
    ];

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl FromStr for Permission {
    type Err = ();

    /// Accepts the names of today and the old ones without their prefix.
    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .find(|(_, name, old)| s.eq_ignore_ascii_case(name) || s.eq_ignore_ascii_case(old))
            .map(|(p, ..)| *p)
            .ok_or(())
    }
}

/// What an operation needs at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Content and attributes of a file.
    Read,
    /// The members of a folder, their attributes, the target of a link.
    List,
    /// The sub-folders of a folder. Given by `allow-list` too.
    Traverse,
    Write,
    CreateFolder,
    Rename,
    DeleteFile,
    DeleteFolder,
    SetAttributes,
}

impl Right {
    pub const ALL: [Right; 9] = [
        Right::Read,
        Right::List,
        Right::Traverse,
        Right::Write,
        Right::CreateFolder,
        Right::Rename,
        Right::DeleteFile,
        Right::DeleteFolder,
        Right::SetAttributes,
    ];

    fn given_by(self) -> u16 {
        let own = match self {
            Right::Read => Permission::AllowRead.bit(),
            Right::List => Permission::AllowList.bit(),
            Right::Traverse => Permission::AllowTraverse.bit() | Permission::AllowList.bit(),
            Right::Write => Permission::AllowWrite.bit(),
            Right::CreateFolder => Permission::AllowCreateFolder.bit(),
            Right::Rename => Permission::AllowRename.bit(),
            Right::DeleteFile => Permission::AllowDeleteFile.bit(),
            Right::DeleteFolder => Permission::AllowDeleteFolder.bit(),
            Right::SetAttributes => Permission::AllowSetAttributes.bit(),
        };
        own | Permission::AllowFullControl.bit()
    }
}

/// A set of permissions: the members of one line. The empty set allows nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u16);

impl PermissionSet {
    /// Refuses everything.
    pub const DENIED: PermissionSet = PermissionSet(1 << (Permission::DenyFullControl as u16));
    /// Allows everything.
    pub const FULL: PermissionSet = PermissionSet(1 << (Permission::AllowFullControl as u16));

    #[must_use]
    pub fn with(self, p: Permission) -> Self {
        Self(self.0 | p.bit())
    }

    pub fn holds(self, p: Permission) -> bool {
        self.0 & p.bit() != 0
    }

    /// Whether the set gives the right: some member allows it and `deny-full-control` is not among them.
    pub fn allows(self, right: Right) -> bool {
        !self.holds(Permission::DenyFullControl) && self.0 & right.given_by() != 0
    }

    /// Whether this set gives a right that `other` does not.
    pub fn gives_more_than(self, other: PermissionSet) -> bool {
        Right::ALL.into_iter().any(|r| self.allows(r) && !other.allows(r))
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(Permission::ALL.iter().filter(|(p, ..)| self.holds(*p)).map(|(_, n, _)| n))
            .finish()
    }
}
