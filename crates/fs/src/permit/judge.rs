//! What the rules say: the only place where they are read.

use causeway_auth::Grant;
use causeway_core::rule::{Decider, Permission, Right, Rules};
use causeway_core::{Moment, VPath};

use super::{Clearance, Place};

/// What a client asks for, as the rules and the audit trail know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Stat,
    List,
    Read,
    Write,
    ReadWrite,
    SetAttributes,
    SetSize,
    CreateFolder,
    DeleteFile,
    DeleteFolder,
    Rename,
    /// The existing name of a hard link.
    HardLinkFrom,
    /// The new name of a hard link.
    HardLinkTo,
    /// A new symbolic link.
    CreateLink,
    /// What a new symbolic link leads to.
    LinkTarget,
    ReadLink,
}

impl Operation {
    /// All of them; those with one name once.
    pub const ALL: [Operation; 14] = [
        Operation::Stat,
        Operation::List,
        Operation::Read,
        Operation::Write,
        Operation::ReadWrite,
        Operation::SetAttributes,
        Operation::SetSize,
        Operation::CreateFolder,
        Operation::DeleteFile,
        Operation::DeleteFolder,
        Operation::Rename,
        Operation::HardLinkFrom,
        Operation::CreateLink,
        Operation::ReadLink,
    ];

    /// The member `operation` of events.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Stat => "stat",
            Operation::List => "list",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::ReadWrite => "read-write",
            Operation::SetAttributes => "set-attributes",
            Operation::SetSize => "set-size",
            Operation::CreateFolder => "create-folder",
            Operation::DeleteFile => "delete-file",
            Operation::DeleteFolder => "delete-folder",
            Operation::Rename => "rename",
            Operation::HardLinkFrom | Operation::HardLinkTo => "hard-link",
            Operation::CreateLink => "create-link",
            Operation::LinkTarget => "link-target",
            Operation::ReadLink => "read-link",
        }
    }

    /// Whether it can never be done to the root, a mount point or a virtual folder.
    pub(crate) fn changes_the_object(self) -> bool {
        matches!(
            self,
            Operation::SetAttributes
                | Operation::SetSize
                | Operation::DeleteFile
                | Operation::DeleteFolder
                | Operation::Rename
                | Operation::HardLinkFrom
        )
    }

    /// Whether it would add a name to the folder.
    pub(crate) fn makes_a_name(self) -> bool {
        matches!(
            self,
            Operation::Write
                | Operation::ReadWrite
                | Operation::CreateFolder
                | Operation::Rename
                | Operation::HardLinkTo
                | Operation::CreateLink
        )
    }
}

/// How much of what the operation could show is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Everything,
    /// Folders alone (`allow-traverse`).
    Folders,
}

impl Scope {
    pub(crate) fn and(self, other: Scope) -> Scope {
        if self == Scope::Everything { other } else { Scope::Folders }
    }
}

/// What the rules say of an operation at a path at that moment, for the door and for explanations of it.
pub fn verdict(
    rules: &Rules,
    operation: Operation,
    path: &VPath,
    moment: Moment<'_>,
) -> Result<Scope, Decider> {
    let (set, decider) = rules.at(path, moment);
    let all = |rights: &[Right]| rights.iter().all(|r| set.allows(*r));
    let of_parent = |right| path.parent().is_some_and(|p| rules.allow(right, &p, moment));
    let denied = set.holds(Permission::DenyFullControl);
    let allowed = match operation {
        // A file is shown to who may read it or list its folder; a folder also to who may look into it.
        Operation::Stat => {
            return match () {
                () if set.allows(Right::Read) => Ok(Scope::Everything),
                () if denied => Err(decider),
                () if of_parent(Right::List) => Ok(Scope::Everything),
                () if set.allows(Right::Traverse) || of_parent(Right::Traverse) => Ok(Scope::Folders),
                () => Err(decider),
            };
        }
        Operation::List => {
            return match () {
                () if set.allows(Right::List) => Ok(Scope::Everything),
                () if set.allows(Right::Traverse) => Ok(Scope::Folders),
                () => Err(decider),
            };
        }
        Operation::Read => all(&[Right::Read]),
        Operation::Write | Operation::SetSize | Operation::HardLinkTo | Operation::CreateLink => {
            all(&[Right::Write])
        }
        Operation::ReadWrite | Operation::HardLinkFrom => all(&[Right::Read, Right::Write]),
        Operation::SetAttributes => all(&[Right::SetAttributes]),
        Operation::CreateFolder => all(&[Right::CreateFolder]),
        Operation::DeleteFile => all(&[Right::DeleteFile]),
        Operation::DeleteFolder => all(&[Right::DeleteFolder]),
        Operation::Rename => all(&[Right::Rename]),
        Operation::LinkTarget => set.allows(Right::Read) || set.allows(Right::List),
        Operation::ReadLink => set.allows(Right::List) || (!denied && of_parent(Right::List)),
    };
    if allowed { Ok(Scope::Everything) } else { Err(decider) }
}

/// Reads the rules of one grant, as they are at that moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge<'a> {
    grant: &'a Grant,
    moment: Moment<'a>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(grant: &'a Grant, moment: Moment<'a>) -> Self {
        Self { grant, moment }
    }

    pub(crate) fn clear(self, operation: Operation, place: Place) -> Result<Clearance, Decider> {
        let scope = self.asks(operation, &place.shown)?;
        Ok(Clearance::of(place, scope, self.grant))
    }

    pub(crate) fn asks(self, operation: Operation, path: &VPath) -> Result<Scope, Decider> {
        verdict(&self.grant.terms().rules, operation, path, self.moment)
    }

    /// Which rule decides at the path.
    pub(crate) fn decider(self, path: &VPath) -> Decider {
        self.grant.terms().rules.at(path, self.moment).1
    }

    /// Whether what lies at `from` would gain a right at `to`.
    pub(crate) fn would_gain(self, from: &VPath, to: &VPath) -> bool {
        let rules = &self.grant.terms().rules;
        rules.at(to, self.moment).0.gives_more_than(rules.at(from, self.moment).0)
    }

    pub(crate) fn is_uniform(self) -> bool {
        self.grant.terms().rules.are_uniform()
    }

    /// Clears what the configuration itself asks for at a login, without a client having asked: no rule is read.
    pub(crate) fn house(self, place: Place) -> Clearance {
        Clearance::of(place, Scope::Everything, self.grant)
    }
}
