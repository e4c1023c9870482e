//! The one table of requests: what each is called on the wire, whether it changes anything, what it needs, what
//! it does with links, and which events tell of it. VERSION's extensions, the parser's dispatch, the events of
//! the session and the page in the manual all come from here.

use std::fmt::{self, Write};

use causeway_core::EventId;

/// The packet type of all extensions.
pub const EXTENDED: u8 = 200;
/// The event for a request that version 3 does not have.
pub const UNKNOWN_REQUEST: EventId = EventId(30048);
/// The event for an extension that this server does not have.
pub const UNKNOWN_EXTENSION: EventId = EventId(30059);
/// The event for a message that is not the request it claims to be.
pub const MALFORMED: EventId = EventId(30016);

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Init,
    Open,
    Close,
    Read,
    Write,
    Lstat,
    Fstat,
    Setstat,
    Fsetstat,
    Opendir,
    Readdir,
    Remove,
    Mkdir,
    Rmdir,
    Realpath,
    Stat,
    Rename,
    Readlink,
    Symlink,
    PosixRename,
    Hardlink,
    Fsync,
    Statvfs,
    Fstatvfs,
    Lsetstat,
    Limits,
    UsersGroupsById,
    ExpandPath,
    CopyData,
    HomeDirectory,
    CheckFile,
    CheckFileHandle,
    CheckFileName,
    SpaceAvailable,
}

/// How a request is told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// By its packet type.
    Packet(u8),
    /// By its name inside EXTENDED; VERSION announces it with this version.
    Extension { version: &'static str },
}

/// Whether a request changes files or folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    No,
    Yes,
    /// OPEN: its flags say.
    ByFlags,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub code: Code,
    /// As the draft writes it without `SSH_FXP_`; for extensions the name on the wire.
    pub name: &'static str,
    pub changes: Changes,
    /// The permissions it needs, in words.
    pub needs: &'static str,
    /// What it does with links at the end of its path, in words.
    pub path: &'static str,
    /// The event when it is asked for.
    pub asked: Option<EventId>,
    /// The events of success; which one, where there are several, depends on how the file was used.
    pub success: &'static [EventId],
    /// The events of failure, likewise.
    pub failure: &'static [EventId],
}

impl Kind {
    pub const ALL: [Kind; 34] = [
        Kind::Init,
        Kind::Open,
        Kind::Close,
        Kind::Read,
        Kind::Write,
        Kind::Lstat,
        Kind::Fstat,
        Kind::Setstat,
        Kind::Fsetstat,
        Kind::Opendir,
        Kind::Readdir,
        Kind::Remove,
        Kind::Mkdir,
        Kind::Rmdir,
        Kind::Realpath,
        Kind::Stat,
        Kind::Rename,
        Kind::Readlink,
        Kind::Symlink,
        Kind::PosixRename,
        Kind::Hardlink,
        Kind::Fsync,
        Kind::Statvfs,
        Kind::Fstatvfs,
        Kind::Lsetstat,
        Kind::Limits,
        Kind::UsersGroupsById,
        Kind::ExpandPath,
        Kind::CopyData,
        Kind::HomeDirectory,
        Kind::CheckFile,
        Kind::CheckFileHandle,
        Kind::CheckFileName,
        Kind::SpaceAvailable,
    ];

    /// The request of that packet type; none for EXTENDED, which is many.
    pub fn of_packet(code: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.entry().code == Code::Packet(code))
    }

    /// The extension of that name.
    pub fn of_extension(name: &[u8]) -> Option<Kind> {
        Kind::extensions().find(|k| k.entry().name.as_bytes() == name)
    }

    /// All extensions.
    pub fn extensions() -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|k| matches!(k.entry().code, Code::Extension { .. }))
    }
}

impl Kind {
    /// Its row.
    pub const fn entry(self) -> &'static Entry {
        match self {
            Kind::Init => &Entry {
                code: Code::Packet(1),
                name: "INIT",
                changes: Changes::No,
                needs: "nothing",
                path: "",
                asked: None,
                success: &[],
                failure: &[],
            },
            Kind::Open => &Entry {
                code: Code::Packet(3),
                name: "OPEN",
                changes: Changes::ByFlags,
                needs: "`read` to read, `write` to write, create, append or truncate",
                path: "follows a link; EXCL refuses one",
                asked: None,
                success: &[EventId(30043)],
                failure: &[EventId(30044)],
            },
            Kind::Close => &Entry {
                code: Code::Packet(4),
                name: "CLOSE",
                changes: Changes::No,
                needs: "nothing",
                path: "",
                asked: None,
                success: &[EventId(30067), EventId(30068), EventId(30017)],
                failure: &[EventId(30047), EventId(30040), EventId(30041), EventId(30042)],
            },
            Kind::Read => &Entry {
                code: Code::Packet(5),
                name: "READ",
                changes: Changes::No,
                needs: "what OPEN needed, judged again when rules change",
                path: "",
                asked: None,
                success: &[],
                failure: &[EventId(30045)],
            },
            Kind::Write => &Entry {
                code: Code::Packet(6),
                name: "WRITE",
                changes: Changes::Yes,
                needs: "what OPEN needed, judged again when rules change",
                path: "",
                asked: None,
                success: &[],
                failure: &[EventId(30046)],
            },
            Kind::Lstat => &Entry {
                code: Code::Packet(7),
                name: "LSTAT",
                changes: Changes::No,
                needs: "`read` or `list`; for a folder `traverse` is enough",
                path: "is about the link itself",
                asked: Some(EventId(30034)),
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
            Kind::Fstat => &Entry {
                code: Code::Packet(8),
                name: "FSTAT",
                changes: Changes::No,
                needs: "what OPEN needed",
                path: "",
                asked: None,
                success: &[EventId(30081)],
                failure: &[EventId(30061)],
            },
            Kind::Setstat => &Entry {
                code: Code::Packet(9),
                name: "SETSTAT",
                changes: Changes::Yes,
                needs: "`set-attributes`; for a size `write`",
                path: "follows a link",
                asked: Some(EventId(30037)),
                success: &[EventId(30038)],
                failure: &[EventId(30039)],
            },
            Kind::Fsetstat => &Entry {
                code: Code::Packet(10),
                name: "FSETSTAT",
                changes: Changes::Yes,
                needs: "`set-attributes`, but not for the times of a file that this session made and has open; for a size `write`",
                path: "",
                asked: None,
                success: &[EventId(30038)],
                failure: &[EventId(30039)],
            },
            Kind::Opendir => &Entry {
                code: Code::Packet(11),
                name: "OPENDIR",
                changes: Changes::No,
                needs: "`list`; with `traverse` alone only folders are shown",
                path: "follows a link",
                asked: Some(EventId(30019)),
                success: &[],
                failure: &[EventId(30021)],
            },
            Kind::Readdir => &Entry {
                code: Code::Packet(12),
                name: "READDIR",
                changes: Changes::No,
                needs: "what OPENDIR needed",
                path: "shows links as links",
                asked: None,
                success: &[EventId(30020)],
                failure: &[EventId(30021)],
            },
            Kind::Remove => &Entry {
                code: Code::Packet(13),
                name: "REMOVE",
                changes: Changes::Yes,
                needs: "`delete-file`",
                path: "removes the link itself",
                asked: Some(EventId(30022)),
                success: &[EventId(30023)],
                failure: &[EventId(30024)],
            },
            Kind::Mkdir => &Entry {
                code: Code::Packet(14),
                name: "MKDIR",
                changes: Changes::Yes,
                needs: "`create-folder`",
                path: "refuses a link",
                asked: Some(EventId(30028)),
                success: &[EventId(30029)],
                failure: &[EventId(30030)],
            },
            Kind::Rmdir => &Entry {
                code: Code::Packet(15),
                name: "RMDIR",
                changes: Changes::Yes,
                needs: "`delete-folder`",
                path: "refuses a link",
                asked: Some(EventId(30031)),
                success: &[EventId(30032)],
                failure: &[EventId(30033)],
            },
            Kind::Realpath => &Entry {
                code: Code::Packet(16),
                name: "REALPATH",
                changes: Changes::No,
                needs: "nothing: the path is only brought into its shortest form",
                path: "is not looked up",
                asked: Some(EventId(30060)),
                success: &[],
                failure: &[EventId(30016)],
            },
            Kind::Stat => &Entry {
                code: Code::Packet(17),
                name: "STAT",
                changes: Changes::No,
                needs: "`read` or `list`; for a folder `traverse` is enough",
                path: "follows a link",
                asked: Some(EventId(30034)),
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
            Kind::Rename => &Entry {
                code: Code::Packet(18),
                name: "RENAME",
                changes: Changes::Yes,
                needs: "`rename` at both paths",
                path: "moves the link itself; fails where the new name is taken",
                asked: Some(EventId(30025)),
                success: &[EventId(30026)],
                failure: &[EventId(30027)],
            },
            Kind::Readlink => &Entry {
                code: Code::Packet(19),
                name: "READLINK",
                changes: Changes::No,
                needs: "`list`",
                path: "is about the link itself; answers a virtual path",
                asked: Some(EventId(30053)),
                success: &[EventId(30054)],
                failure: &[EventId(30055)],
            },
            Kind::Symlink => &Entry {
                code: Code::Packet(20),
                name: "SYMLINK",
                changes: Changes::Yes,
                needs: "`write` at the link, `read` at its target, which must exist",
                path: "the target is a virtual path",
                asked: Some(EventId(30056)),
                success: &[EventId(30057)],
                failure: &[EventId(30058)],
            },
            Kind::PosixRename => &Entry {
                code: Code::Extension { version: "1" },
                name: "posix-rename@openssh.com",
                changes: Changes::Yes,
                needs: "`rename` at both paths",
                path: "moves the link itself; replaces a file under the new name",
                asked: Some(EventId(30025)),
                success: &[EventId(30026)],
                failure: &[EventId(30027)],
            },
            Kind::Hardlink => &Entry {
                code: Code::Extension { version: "1" },
                name: "hardlink@openssh.com",
                changes: Changes::Yes,
                needs: "`read` and `write` at the old path, `write` at the new one",
                path: "refuses a link; fails where the new name is taken",
                asked: Some(EventId(30056)),
                success: &[EventId(30057)],
                failure: &[EventId(30058)],
            },
            Kind::Fsync => &Entry {
                code: Code::Extension { version: "1" },
                name: "fsync@openssh.com",
                changes: Changes::No,
                needs: "what OPEN needed",
                path: "",
                asked: None,
                success: &[],
                failure: &[EventId(30046)],
            },
            Kind::Statvfs => &Entry {
                code: Code::Extension { version: "2" },
                name: "statvfs@openssh.com",
                changes: Changes::No,
                needs: "`read` or `list`; for a folder `traverse` is enough",
                path: "follows a link",
                asked: Some(EventId(30034)),
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
            Kind::Fstatvfs => &Entry {
                code: Code::Extension { version: "2" },
                name: "fstatvfs@openssh.com",
                changes: Changes::No,
                needs: "what OPEN needed",
                path: "",
                asked: None,
                success: &[EventId(30081)],
                failure: &[EventId(30061)],
            },
            Kind::Lsetstat => &Entry {
                code: Code::Extension { version: "1" },
                name: "lsetstat@openssh.com",
                changes: Changes::Yes,
                needs: "`set-attributes`",
                path: "is about the link itself",
                asked: Some(EventId(30037)),
                success: &[EventId(30038)],
                failure: &[EventId(30039)],
            },
            Kind::Limits => &Entry {
                code: Code::Extension { version: "1" },
                name: "limits@openssh.com",
                changes: Changes::No,
                needs: "nothing",
                path: "",
                asked: None,
                success: &[],
                failure: &[],
            },
            Kind::UsersGroupsById => &Entry {
                code: Code::Extension { version: "1" },
                name: "users-groups-by-id@openssh.com",
                changes: Changes::No,
                needs: "nothing: only the session's own names are told",
                path: "",
                asked: None,
                success: &[],
                failure: &[],
            },
            Kind::ExpandPath => &Entry {
                code: Code::Extension { version: "1" },
                name: "expand-path@openssh.com",
                changes: Changes::No,
                needs: "nothing: `~` is the session's own home",
                path: "is not looked up",
                asked: Some(EventId(30060)),
                success: &[],
                failure: &[EventId(30016)],
            },
            Kind::CopyData => &Entry {
                code: Code::Extension { version: "1" },
                name: "copy-data",
                changes: Changes::Yes,
                needs: "what each OPEN needed, judged again when rules change",
                path: "",
                asked: None,
                success: &[],
                failure: &[EventId(30045), EventId(30046)],
            },
            Kind::HomeDirectory => &Entry {
                code: Code::Extension { version: "1" },
                name: "home-directory",
                changes: Changes::No,
                needs: "nothing: only the session's own home is told, which is `/`",
                path: "",
                asked: None,
                success: &[],
                failure: &[],
            },
            Kind::CheckFile => &Entry {
                code: Code::Extension { version: "1" },
                name: "check-file",
                changes: Changes::No,
                needs: "what OPEN needed",
                path: "",
                asked: None,
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
            Kind::CheckFileHandle => &Entry {
                code: Code::Extension { version: "1" },
                name: "check-file-handle",
                changes: Changes::No,
                needs: "what OPEN needed",
                path: "",
                asked: None,
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
            Kind::CheckFileName => &Entry {
                code: Code::Extension { version: "1" },
                name: "check-file-name",
                changes: Changes::No,
                needs: "`read`",
                path: "follows a link",
                asked: None,
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
            Kind::SpaceAvailable => &Entry {
                code: Code::Extension { version: "1" },
                name: "space-available",
                changes: Changes::No,
                needs: "`read` or `list`; for a folder `traverse` is enough",
                path: "follows a link",
                asked: None,
                success: &[EventId(30035)],
                failure: &[EventId(30036)],
            },
        }
    }
}

/// The table as a page of the manual has it.
pub fn markdown() -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_markdown(&mut out);
    out
}

fn write_markdown(out: &mut String) -> fmt::Result {
    out.push_str("| Request | Code | Changes | Needs | Links | Asked | Success | Failure |\n");
    out.push_str("|---|---|---|---|---|---|---|---|\n");
    for kind in Kind::ALL {
        let e = kind.entry();
        write!(out, "| {} | ", e.name)?;
        match e.code {
            Code::Packet(code) => write!(out, "{code}")?,
            Code::Extension { version } => write!(out, "{EXTENDED}, version {version}")?,
        }
        let changes = match e.changes {
            Changes::No => "no",
            Changes::Yes => "yes",
            Changes::ByFlags => "by its flags",
        };
        write!(out, " | {changes} | {} | {} |", e.needs, e.path)?;
        for ids in [e.asked.as_slice(), e.success, e.failure] {
            for (i, id) in ids.iter().enumerate() {
                write!(out, "{} {id}", if i > 0 { "," } else { "" })?;
            }
            out.push_str(" |");
        }
        out.push('\n');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_and_name_stands_for_one_request() {
        for (i, a) in Kind::ALL.into_iter().enumerate() {
            for b in Kind::ALL.into_iter().skip(i + 1) {
                assert_ne!(a.entry().name, b.entry().name);
                if let Code::Packet(code) = a.entry().code {
                    assert_ne!(Code::Packet(code), b.entry().code);
                }
            }
            match a.entry().code {
                Code::Packet(code) => assert_eq!(Kind::of_packet(code), Some(a)),
                Code::Extension { .. } => assert_eq!(Kind::of_extension(a.entry().name.as_bytes()), Some(a)),
            }
        }
        assert_eq!(Kind::of_packet(EXTENDED), None);
        assert_eq!(Kind::of_extension(b"OPEN"), None);
    }

    #[test]
    fn what_changes_something_tells_of_its_failure() {
        for kind in Kind::ALL {
            let e = kind.entry();
            assert!(e.changes == Changes::No || !e.failure.is_empty(), "{}", e.name);
        }
    }

    #[test]
    fn the_page_has_a_row_for_each_request() {
        let page = markdown();
        assert_eq!(page.lines().count(), Kind::ALL.len() + 2);
        assert!(page.lines().all(|l| l.matches('|').count() == 9), "{page}");
        assert!(page.contains("| RENAME | 18 | yes |"));
    }
}
