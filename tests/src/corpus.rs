//! The permission corpus: one table of rules, operations, paths and verdicts, run over every protocol.

use crate::Server;
use crate::openssh;
use crate::sftp::{Attributes, READ, Refusal, Sftp};

/// What a client tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Read,
    List,
    /// Creates or overwrites a file.
    Write,
    MakeFolder,
    /// Renames to the same path with `.renamed` at its end, and back.
    Rename,
    DeleteFile,
    DeleteFolder,
    SetAttributes,
}

/// What the rules say. An operation that is allowed may still fail for another reason, such as a missing object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Refused,
}

/// Rules, the files in the home, and what follows.
#[derive(Debug)]
pub struct Case {
    pub permissions: &'static [&'static str],
    pub files: &'static [&'static str],
    pub verdicts: &'static [(Operation, &'static str, Verdict)],
}

use Operation::{DeleteFile, DeleteFolder, List, MakeFolder, Read, Rename, SetAttributes, Write};
use Verdict::{Allowed, Refused};

/// Verdicts of one case are tried in order on the same files.
pub const CORPUS: &[Case] = &[
    Case {
        permissions: &["allow-full-control"],
        files: &["f", "d/f"],
        verdicts: &[
            (Read, "/f", Allowed),
            (List, "/d", Allowed),
            (Write, "/new", Allowed),
            (MakeFolder, "/folder", Allowed),
            (Rename, "/f", Allowed),
            (SetAttributes, "/f", Allowed),
            (DeleteFolder, "/folder", Allowed),
            (DeleteFile, "/f", Allowed),
        ],
    },
    Case {
        permissions: &["deny-full-control"],
        files: &["f", "d/f"],
        verdicts: &[
            (Read, "/f", Refused),
            (Read, "/none", Refused),
            (List, "/", Refused),
            (List, "/d", Refused),
            (Write, "/f", Refused),
            (Write, "/new", Refused),
            (MakeFolder, "/folder", Refused),
            (Rename, "/f", Refused),
            (SetAttributes, "/f", Refused),
            (DeleteFolder, "/d", Refused),
            (DeleteFile, "/f", Refused),
        ],
    },
    Case {
        permissions: &["allow-read, allow-list"],
        files: &["f"],
        verdicts: &[
            (Read, "/f", Allowed),
            (List, "/", Allowed),
            (Write, "/f", Refused),
            (Rename, "/f", Refused),
            (SetAttributes, "/f", Refused),
            (DeleteFile, "/f", Refused),
            (MakeFolder, "/folder", Refused),
        ],
    },
    Case {
        permissions: &["allow-write"],
        files: &["f"],
        verdicts: &[
            (Write, "/f", Allowed),
            (Write, "/new", Allowed),
            (Read, "/f", Refused),
            (List, "/", Refused),
            (DeleteFile, "/f", Refused),
            (Rename, "/f", Refused),
            (MakeFolder, "/folder", Refused),
        ],
    },
    Case {
        permissions: &["allow-create-folder, allow-delete-file"],
        files: &["f", "d/f"],
        verdicts: &[
            (MakeFolder, "/folder", Allowed),
            (DeleteFolder, "/folder", Refused),
            (DeleteFile, "/f", Allowed),
            (Write, "/new", Refused),
        ],
    },
    Case {
        permissions: &["allow-delete-folder, allow-set-attributes"],
        files: &["f", "d/f"],
        verdicts: &[
            (SetAttributes, "/f", Allowed),
            (DeleteFile, "/d/f", Refused),
            (DeleteFolder, "/d", Allowed),
        ],
    },
    // Globs know no case, and a star crosses slashes.
    Case {
        permissions: &["allow-read", "*.EXE, deny-full-control", "/In?/*, allow-full-control"],
        files: &["a.exe", "deep/down/b.exe", "in1/c", "in12/d"],
        verdicts: &[
            (Read, "/a.exe", Refused),
            (Read, "/deep/down/b.exe", Refused),
            (Write, "/in1/new", Allowed),
            (Write, "/in1/new.exe", Refused),
            (Write, "/in12/new", Refused),
            (List, "/in1", Refused),
        ],
    },
    // A negated glob.
    Case {
        permissions: &["allow-full-control", "!*.pdf, deny-full-control"],
        files: &["a.pdf", "a.txt"],
        verdicts: &[(Read, "/a.pdf", Allowed), (Read, "/a.txt", Refused), (Write, "/new.pdf", Allowed)],
    },
    // Alternatives and regular expressions, negated ones too.
    Case {
        permissions: &[
            "deny-full-control",
            "/a | /b, allow-read",
            "m/^\\/month-\\d+$/, allow-read",
            "e/^\\/(month|a|b|c)/, allow-list",
        ],
        files: &["a", "b", "c", "month-1", "month-x", "month-1-old"],
        verdicts: &[
            (Read, "/a", Allowed),
            (Read, "/b", Allowed),
            (Read, "/c", Refused),
            (Read, "/month-1", Allowed),
            (Read, "/month-x", Refused),
            (Read, "/month-1-old", Refused),
            (List, "/", Allowed),
        ],
    },
    // The name of the user in a rule stands for that user alone.
    Case {
        permissions: &["allow-list", "/queue/${USER}/*, allow-full-control"],
        files: &["queue/alice/f", "queue/bob/f"],
        verdicts: &[
            (Write, "/queue/alice/new", Allowed),
            (Write, "/queue/bob/new", Refused),
            (Read, "/queue/bob/f", Refused),
        ],
    },
];

impl Operation {
    /// Tries it with SFTP requests.
    pub fn over_sftp(self, sftp: &mut Sftp, path: &str) -> Result<(), Refusal> {
        match self {
            Operation::Read => {
                let handle = sftp.open(path, READ)?;
                sftp.close(&handle)
            }
            Operation::List => sftp.list(path).map(|_| ()),
            Operation::Write => sftp.put(path, b"written"),
            Operation::MakeFolder => sftp.mkdir(path),
            Operation::Rename => {
                let other = format!("{path}.renamed");
                sftp.rename(path, &other)?;
                sftp.rename(&other, path)
            }
            Operation::DeleteFile => sftp.remove(path),
            Operation::DeleteFolder => sftp.rmdir(path),
            Operation::SetAttributes => sftp.setstat(path, &Attributes::mode(0o600)),
        }
    }

    /// Tries it with `scp -O`, as far as that can do it.
    pub fn over_scp(self, server: &Server, path: &str) -> Option<Result<(), String>> {
        let client = server.client();
        let (folder, file) = (client.join("folder"), client.join("file"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, b"written").unwrap();
        let remote = format!("@{path}");
        let into = tempfile::tempdir_in(&client).unwrap();
        let into = into.path().to_str().unwrap();
        let output = match self {
            Operation::Read => openssh::scp(server, &["-O", &remote, into]),
            Operation::List => openssh::scp(server, &["-O", "-r", &remote, into]),
            Operation::Write => openssh::scp(server, &["-O", "file", &remote]),
            Operation::MakeFolder => openssh::scp(server, &["-O", "-r", "folder", &remote]),
            Operation::Rename
            | Operation::DeleteFile
            | Operation::DeleteFolder
            | Operation::SetAttributes => return None,
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Some(if output.status.success() { Ok(()) } else { Err(said) })
    }
}
