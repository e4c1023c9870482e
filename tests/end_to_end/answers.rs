//! What SFTP answers, as OpenSSH's `sftp-server` does: clients act upon the codes.

use causeway_tests::content::mode;
use causeway_tests::openssh::scp;
use causeway_tests::sftp::{
    Attributes, CREATE, EOF, NO_SUCH_FILE, PERMISSION_DENIED, READ, Sftp, TRUNCATE, WRITE,
};
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

const CREATED: u32 = WRITE | CREATE | TRUNCATE;
const CHANGED: u32 = 30038;

fn with(permissions: &[&str]) -> (Server, Sftp) {
    let server = Server::start(Configuration::standard().permissions(permissions));
    let sftp = Sftp::connect(&server, "alice");
    (server, sftp)
}

fn owner(owner: u32) -> Attributes {
    Attributes { owner: Some((owner, owner)), ..Attributes::default() }
}

#[test]
fn a_path_that_ends_like_that_of_a_folder_makes_no_file() {
    let (server, mut sftp) = with(&["allow-full-control"]);
    std::fs::write(server.client().join("a.txt"), "a").unwrap();
    let to = format!("alice@{}:/incoming/", server.address);
    assert!(!scp(&server, &["a.txt", &to]).status.success());
    assert_eq!(sftp.open("/incoming/", CREATED).err(), Some(NO_SUCH_FILE));
    sftp.put("/file", b"file").unwrap();
    for ending in ["/new/", "/new/."] {
        assert_eq!(sftp.rename("/file", ending), Err(NO_SUCH_FILE));
        assert_eq!(sftp.posix_rename("/file", ending), Err(NO_SUCH_FILE));
        assert_eq!(sftp.hardlink("/file", ending), Err(NO_SUCH_FILE));
        assert_eq!(sftp.symlink(ending, "/file"), Err(NO_SUCH_FILE));
    }
    assert_eq!(sftp.open("/file/", READ).err(), Some(NO_SUCH_FILE));
    assert_eq!(sftp.remove("/file/"), Err(NO_SUCH_FILE));
    assert_eq!(sftp.list("/").unwrap(), [b"file"]);
    // Folders may be called so.
    sftp.mkdir("/folder/").unwrap();
    sftp.rename("/folder/", "/other/").unwrap();
    std::fs::write(server.client().join("a.txt"), "a").unwrap();
    assert!(scp(&server, &["a.txt", &format!("alice@{}:/other/", server.address)]).status.success());
    assert_eq!(sftp.get("/other/a.txt").unwrap(), b"a");
}

#[test]
fn attributes_that_are_not_set_are_not_told_as_set() {
    let (server, mut sftp) = with(&["allow-full-control", "/mine, allow-read"]);
    server.put_in_home("alice", "file", b"");
    server.put_in_home("alice", "mine", b"");
    assert_eq!(sftp.setstat("/file", &owner(0)), Err(PERMISSION_DENIED));
    assert_eq!(sftp.setstat("/missing", &owner(1000)), Err(NO_SUCH_FILE));
    assert_eq!(sftp.setstat("/missing", &Attributes::default()), Err(NO_SUCH_FILE));
    assert_eq!(sftp.setstat("/.cw-reserved", &owner(1000)), Err(PERMISSION_DENIED));
    assert_eq!(sftp.setstat("/mine", &owner(1000)), Err(PERMISSION_DENIED));
    let open = sftp.open("/new", CREATED).unwrap();
    assert_eq!(sftp.fsetstat(&open, &owner(0)), Err(PERMISSION_DENIED));
    assert!(!server.events().iter().any(|e| e.id == CHANGED));
    // All else is set, and told as set.
    let both = Attributes { mode: Some(0o600), ..owner(0) };
    assert_eq!(sftp.setstat("/file", &both), Err(PERMISSION_DENIED));
    assert_eq!(mode(&server.home("alice").join("file")), 0o600);
    server.wait_for_event("the mode was set", |e| e.id == CHANGED && e.path == "/file");
    // What is the account's already stays so.
    assert_eq!(sftp.setstat("/file", &owner(1000)), Ok(()));
}

#[test]
fn what_leads_through_a_file_or_in_a_circle_is_not_there() {
    let (server, mut sftp) = with(&["allow-full-control"]);
    server.put_in_home("alice", "file", b"");
    std::os::unix::fs::symlink("circle", server.home("alice").join("circle")).unwrap();
    for path in ["/file/x", "/circle"] {
        assert_eq!(sftp.stat(path), Err(NO_SUCH_FILE), "{path}");
        assert_eq!(sftp.open(path, READ).err(), Some(NO_SUCH_FILE), "{path}");
    }
    assert_eq!(sftp.opendir("/file").err(), Some(NO_SUCH_FILE));
    assert_eq!(sftp.mkdir("/file/x"), Err(NO_SUCH_FILE));
}

#[test]
fn a_read_of_nothing_is_not_the_end_and_whatever_is_open_can_be_brought_to_the_disk() {
    let (server, mut sftp) = with(&["allow-full-control"]);
    server.put_in_home("alice", "file", b"content");
    let file = sftp.open("/file", READ).unwrap();
    assert_eq!(sftp.read(&file, 3, 0), Ok(Vec::new()));
    assert_eq!(sftp.read(&file, 7, 1), Err(EOF));
    assert_eq!(sftp.fsync(&file), Ok(()));
}

#[test]
fn a_listing_that_breaks_off_does_not_look_like_a_whole_one() {
    let (mut server, mut sftp) = with(&["allow-full-control"]);
    for number in 0..1500 {
        server.put_in_home("alice", &format!("many/{number}"), b"");
    }
    let listing = sftp.opendir("/many").unwrap();
    server.reconfigure(|c| c.permissions(&["allow-read"]));
    until("the session follows", || sftp.opendir("/many").is_err());
    let told = std::iter::from_fn(|| Some(sftp.readdir(&listing))).find_map(Result::err);
    assert_eq!(told, Some(PERMISSION_DENIED));
}
