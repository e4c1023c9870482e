//! The permission corpus: one table of rules, operations and verdicts, which every protocol must agree with.
//!
//! Each case starts from [`TREE`], logs in as `ann` with its rules, and does one thing.

use std::io;
use std::path::Path;

/// What is in the home before each case: folders end in `/`, links hold ` -> `, all else are files that hold their path.
pub const TREE: &[&str] = &[
    "/readme.txt",
    "/inbox/",
    "/inbox/x",
    "/inbox/a.csv",
    "/inbox/run.exe",
    "/inbox/sub/",
    "/inbox/sub/y",
    "/inbox-qa/",
    "/inbox-qa/x",
    "/outbox/",
    "/empty/",
    "/queue/",
    "/queue/ann/",
    "/queue/ann/z",
    "/queue/bob/",
    "/queue/bob/z",
    "/to-x -> inbox/x",
    "/to-inbox -> inbox",
    "/outbox/to-readme -> ../readme.txt",
];

/// Makes [`TREE`] in an empty folder.
pub fn plant(home: &Path) -> io::Result<()> {
    for line in TREE {
        if let Some((link, text)) = line.split_once(" -> ") {
            std::os::unix::fs::symlink(text, home.join(link.trim_start_matches('/')))?;
        } else if let Some(folder) = line.strip_suffix('/') {
            std::fs::create_dir(home.join(folder.trim_start_matches('/')))?;
        } else {
            std::fs::write(home.join(line.trim_start_matches('/')), line)?;
        }
    }
    Ok(())
}

/// What a client does. Paths are as it sends them.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Stat(&'static str),
    Lstat(&'static str),
    List(&'static str),
    Read(&'static str),
    /// A new file or a new content.
    Write(&'static str),
    /// Bytes added to a file.
    Append(&'static str),
    /// Opened to read and to write.
    ReadWrite(&'static str),
    Mkdir(&'static str),
    Rmdir(&'static str),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    SetMode(&'static str),
    SetTimes(&'static str),
    SetSize(&'static str),
    ReadLink(&'static str),
    /// Target, link.
    Symlink(&'static str, &'static str),
    /// Existing name, new name.
    HardLink(&'static str, &'static str),
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// By the rules, with event 70001.
    Refused,
    /// By what the path is, with event 1007.
    Protected,
    Missing,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub rules: &'static str,
    pub act: Act,
    pub verdict: Verdict,
}

const fn case(rules: &'static str, act: Act, verdict: Verdict) -> Case {
    Case { rules, act, verdict }
}

use Act::*;
use Verdict::{Done, Missing, Protected, Refused};

const FULL: &str = "allow-full-control";
const B11: &str = "allow-read\n/inbox/*, allow-full-control";
const B12: &str = "allow-read\n/inbox*, allow-full-control";
const B13: &str = "allow-read\n*.csv, allow-write\n/inbox/*, allow-full-control";
const B14: &str = "allow-read\n/inbox/*, allow-full-control\n*.csv, allow-write";
const B18: &str = "allow-list\n/inbox/*, allow-rename";
const NO_EXE: &str = "allow-full-control\n*.exe, deny-full-control";
const OWN_QUEUE: &str = "allow-list\n/queue/${USER}/*, allow-read, allow-write";
const NO_INBOX: &str = "allow-full-control\n/inbox*, deny-full-control";
const BROKEN: &str = "allow-full-control\nm/(.*)(.*)(.*)\\1\\2\\3b$/, allow-read";

/// The table.
pub const CASES: &[Case] = &[
    // B11: the contents of a folder are not the folder, nor its neighbour.
    case(B11, Remove("/inbox/x"), Done),
    case(B11, Write("/inbox/new"), Done),
    case(B11, Mkdir("/inbox/new"), Done),
    case(B11, SetMode("/inbox/x"), Done),
    case(B11, Rmdir("/inbox/sub"), Done),
    case(B11, Stat("/inbox"), Done),
    case(B11, List("/inbox"), Refused),
    case(B11, SetMode("/inbox"), Refused),
    case(B11, Read("/inbox-qa/x"), Done),
    case(B11, Write("/inbox-qa/x"), Refused),
    case(B11, Remove("/inbox-qa/x"), Refused),
    // B12: without the slash the neighbour is meant too.
    case(B12, Remove("/inbox-qa/x"), Done),
    case(B12, List("/inbox"), Done),
    case(B12, Write("/readme.txt"), Refused),
    // B13, B14: the first rule that matches decides.
    case(B13, Remove("/inbox/a.csv"), Refused),
    case(B13, Write("/inbox/a.csv"), Done),
    case(B13, Read("/inbox/a.csv"), Refused),
    case(B14, Remove("/inbox/a.csv"), Done),
    // Globs have no case.
    case(B13, Remove("/inbox/A.CSV"), Refused),
    // B15: a denial beats what stands beside it.
    case("allow-read, deny-full-control", Read("/readme.txt"), Refused),
    case("allow-full-control, deny-full-control", Stat("/readme.txt"), Refused),
    // B16: reading is not listing.
    case("allow-read", List("/"), Refused),
    case("allow-read", Read("/readme.txt"), Done),
    case("allow-read", Stat("/readme.txt"), Done),
    case("allow-read", ReadLink("/to-x"), Refused),
    case("allow-list", List("/"), Done),
    case("allow-list", Read("/readme.txt"), Refused),
    case("allow-list", Stat("/readme.txt"), Done),
    case("allow-list", ReadLink("/to-x"), Done),
    // B17: traversing shows folders.
    case("allow-traverse", List("/"), Done),
    case("allow-traverse", Stat("/inbox"), Done),
    case("allow-traverse", Stat("/readme.txt"), Refused),
    case("allow-traverse", Read("/readme.txt"), Refused),
    // B18: a rename needs the right at both ends.
    case(B18, Rename("/inbox/x", "/inbox/z"), Done),
    case(B18, Rename("/inbox/x", "/outbox/x"), Refused),
    case(B18, Rename("/outbox/x", "/inbox/z"), Refused),
    case("allow-rename", Rename("/inbox/x", "/outbox/x"), Done),
    // Each right alone.
    case("allow-write", Write("/new"), Done),
    case("allow-write", Write("/readme.txt"), Done),
    case("allow-write", Append("/readme.txt"), Done),
    case("allow-write", SetSize("/readme.txt"), Done),
    case("allow-write", ReadWrite("/readme.txt"), Refused),
    case("allow-write", Read("/readme.txt"), Refused),
    case("allow-write", Stat("/readme.txt"), Refused),
    case("allow-write", Mkdir("/new"), Refused),
    case("allow-write", Remove("/readme.txt"), Refused),
    case("allow-write", SetMode("/readme.txt"), Refused),
    case("allow-read, allow-write", ReadWrite("/readme.txt"), Done),
    case("allow-create-folder", Mkdir("/new"), Done),
    case("allow-create-folder", Write("/new"), Refused),
    case("allow-create-folder", Rmdir("/empty"), Refused),
    case("allow-delete-file", Remove("/readme.txt"), Done),
    case("allow-delete-file", Rmdir("/empty"), Refused),
    case("allow-delete-folder", Rmdir("/empty"), Done),
    case("allow-delete-folder", Remove("/readme.txt"), Refused),
    case("allow-set-attributes", SetMode("/readme.txt"), Done),
    case("allow-set-attributes", SetTimes("/inbox"), Done),
    case("allow-set-attributes", SetSize("/readme.txt"), Refused),
    case("", Stat("/readme.txt"), Refused),
    case("", List("/"), Refused),
    // The rule is asked whether or not anything is there.
    case(NO_EXE, Write("/new.exe"), Refused),
    case(NO_EXE, Stat("/missing.exe"), Refused),
    case(NO_EXE, Stat("/missing.txt"), Missing),
    case(NO_EXE, Read("/inbox/run.exe"), Refused),
    case(NO_EXE, Stat("/inbox/run.exe"), Refused),
    case(NO_EXE, Rename("/inbox/run.exe", "/inbox/run.txt"), Refused),
    case(NO_EXE, Rename("/inbox/x", "/inbox/x.exe"), Refused),
    // The user's own name, and nobody else's.
    case(OWN_QUEUE, Read("/queue/ann/z"), Done),
    case(OWN_QUEUE, Write("/queue/ann/new"), Done),
    case(OWN_QUEUE, Read("/queue/bob/z"), Refused),
    case(OWN_QUEUE, Write("/queue/bob/new"), Refused),
    // V06: however the path is written, it is the same path.
    case(OWN_QUEUE, Read("/queue/ann/../bob/z"), Refused),
    case(OWN_QUEUE, Read("/queue//bob/./z"), Refused),
    case(OWN_QUEUE, Read("../../queue/bob/z"), Refused),
    case(NO_INBOX, Read("/outbox/../inbox/x"), Refused),
    case(FULL, Read("/../../../../readme.txt"), Done),
    case(FULL, Stat("/..\\..\\etc\\passwd"), Missing),
    case(FULL, Stat("/%2e%2e/etc/passwd"), Missing),
    case(FULL, Stat("/\u{ff0e}\u{ff0e}/etc/passwd"), Missing),
    // Links: both the name and the place it leads to.
    case(FULL, Read("/to-x"), Done),
    case(FULL, Read("/to-inbox/x"), Done),
    case(NO_INBOX, Read("/to-x"), Refused),
    case(NO_INBOX, Stat("/to-x"), Refused),
    case(NO_INBOX, Lstat("/to-x"), Done),
    case(NO_INBOX, List("/to-inbox"), Refused),
    case(NO_INBOX, Read("/to-inbox/x"), Refused),
    case(NO_INBOX, Write("/to-inbox/new"), Refused),
    case(NO_INBOX, Mkdir("/to-inbox/new"), Refused),
    case(NO_INBOX, Remove("/to-inbox/x"), Refused),
    case(NO_INBOX, Rename("/to-inbox/x", "/x"), Refused),
    case(NO_INBOX, Rename("/readme.txt", "/to-inbox/x"), Refused),
    case(NO_INBOX, SetMode("/to-x"), Refused),
    case(NO_INBOX, SetSize("/to-x"), Refused),
    case(NO_INBOX, Remove("/to-x"), Done),
    case(NO_INBOX, Symlink("/inbox/x", "/l"), Refused),
    case(NO_INBOX, Symlink("/to-x", "/l"), Refused),
    case(NO_INBOX, Symlink("/readme.txt", "/inbox/l"), Refused),
    case(NO_INBOX, HardLink("/inbox/x", "/h"), Refused),
    case(NO_INBOX, HardLink("/to-inbox/x", "/h"), Refused),
    case(NO_INBOX, HardLink("/readme.txt", "/inbox/h"), Refused),
    case(FULL, Symlink("readme.txt", "/l"), Done),
    case(FULL, Symlink("/missing", "/l"), Missing),
    case(FULL, Symlink("../../../etc/passwd", "/l"), Missing),
    case(FULL, HardLink("/readme.txt", "/h"), Done),
    // A hard link needs reading and writing at its source, writing at its target.
    case("allow-write", HardLink("/readme.txt", "/h"), Refused),
    case("allow-read", HardLink("/readme.txt", "/h"), Refused),
    case("allow-read, allow-write", HardLink("/readme.txt", "/h"), Done),
    // A folder takes nothing to where it would gain a right.
    case(NO_INBOX, Rename("/outbox", "/o2"), Done),
    case(
        "allow-rename\n/queue/bob/*, allow-rename, allow-read",
        Rename("/queue/ann", "/queue/bob/q"),
        Refused,
    ),
    case("allow-rename\n/queue/bob/*, allow-rename, allow-read", Rename("/queue/bob", "/q"), Done),
    case("allow-rename\n/queue/bob/*, allow-rename, allow-read", Rename("/empty", "/queue/bob/q"), Done),
    // B26: the root stays.
    case(FULL, Rmdir("/"), Protected),
    case(FULL, Remove("/"), Protected),
    case(FULL, SetMode("/"), Protected),
    case(FULL, SetTimes("/.."), Protected),
    case(FULL, Rename("/", "/x"), Protected),
    case(FULL, Rename("/inbox", "/"), Protected),
    // The server's own names.
    case(FULL, Stat("/.cw-abc"), Refused),
    case(FULL, Write("/inbox/.CW-abc"), Refused),
    case(FULL, Mkdir("/.cw-abc/x"), Refused),
    case(FULL, Rename("/readme.txt", "/.cw-aaaaaaaaaaaaaaaaaaaaaaaaaa"), Refused),
    case(FULL, Symlink("/.cw-abc", "/l"), Refused),
    case(FULL, HardLink("/readme.txt", "/.cw-abc"), Refused),
    // A rule that exceeds its limits refuses everything.
    case(BROKEN, Read("/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), Refused),
];
