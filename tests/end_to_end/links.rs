//! Symbolic links: made by clients they stay inside; brought along they lead out only where the administrator says so.

use std::os::unix::fs::symlink;

use causeway_tests::sftp::{CREATE, READ, Sftp, WRITE};
use causeway_tests::{Configuration, Server};

#[test]
fn b25_a_client_cannot_make_a_link_that_leaves_its_home() {
    let server = Server::start(Configuration::standard());
    let outside = server.root().join("outside");
    std::fs::write(&outside, "secret").unwrap();
    let mut sftp = Sftp::connect(&server, "alice");
    for target in [outside.to_str().unwrap(), "../outside", "../../outside", "/etc/passwd", "/.."] {
        if sftp.symlink("/link", target).is_ok() {
            assert_ne!(sftp.get("/link"), Ok(b"secret".to_vec()), "{target}");
            let real = std::fs::canonicalize(server.home("alice").join("link")).unwrap();
            assert!(
                real.starts_with(server.home("alice").canonicalize().unwrap()),
                "{target} leads to {real:?}"
            );
            sftp.remove("/link").unwrap();
        }
    }
    assert!(sftp.symlink("/link", "/etc/passwd").is_err(), "the target does not exist in the home");
}

#[test]
fn b25_a_link_inside_the_home_is_made_followed_and_read() {
    let server = Server::start(Configuration::standard());
    server.put_in_home("alice", "folder/file", b"content");
    let mut sftp = Sftp::connect(&server, "alice");
    sftp.symlink("/link", "/folder/file").unwrap();
    assert_eq!(sftp.get("/link"), Ok(b"content".to_vec()));
    assert_eq!(sftp.readlink("/link"), Ok(b"/folder/file".to_vec()));
    assert_eq!(sftp.lstat("/link").unwrap().mode.unwrap() & 0o170_000, 0o120_000);
    sftp.remove("/link").unwrap();
    assert_eq!(sftp.get("/folder/file"), Ok(b"content".to_vec()), "the link went, its target stayed");
}

#[test]
fn b25_a_link_that_was_there_is_followed_inside_the_home_and_outside_only_below_link_roots() {
    let server = Server::start(Configuration::standard());
    let bring_links = |server: &Server| {
        server.put_in_home("alice", "folder/file", b"inside");
        let outside = server.root().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("file"), "outside").unwrap();
        symlink("folder/file", server.home("alice").join("inward")).unwrap();
        symlink(&outside, server.home("alice").join("outward")).unwrap();
        causeway_tests::program::give(&server.root());
    };
    bring_links(&server);
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.get("/inward"), Ok(b"inside".to_vec()));
    assert!(sftp.get("/outward/file").is_err());
    assert!(sftp.open("/outward/new", WRITE | CREATE).is_err());

    let server =
        Server::start(Configuration::standard().set("groups/DEFAULT_GROUP", "link_roots", "@ROOT@/outside"));
    bring_links(&server);
    assert_eq!(Sftp::connect(&server, "alice").get("/outward/file"), Ok(b"outside".to_vec()));
}

#[test]
fn a_link_does_not_lend_the_rights_of_the_place_where_it_stands() {
    let rules = ["deny-full-control", "/open/*, allow-full-control", "/closed/*, deny-full-control"];
    let server = Server::start(Configuration::standard().permissions(&rules));
    server.put_in_home("alice", "closed/file", b"secret");
    server.put_in_home("alice", "open/file", b"");
    symlink("../closed", server.home("alice").join("open/link")).unwrap();
    let mut sftp = Sftp::connect(&server, "alice");
    assert!(sftp.open("/open/link/file", READ).is_err());
    assert!(sftp.symlink("/open/other", "/closed/file").is_err());
    assert!(sftp.hardlink("/closed/file", "/open/hard").is_err());
}

#[test]
fn events_about_links_say_what_they_lead_to_and_of_which_kind_they_are() {
    let entry = "{id}|{account.name}|{data.path}|{message} {data.real_path}";
    let server =
        Server::start(Configuration::standard().set("event-handlers/DEFAULT-FILE", "entry_content", entry));
    server.put_in_home("alice", "folder/file", b"content");
    let mut sftp = Sftp::connect(&server, "alice");
    sftp.symlink("/soft", "/folder/file").unwrap();
    sftp.hardlink("/folder/file", "/hard").unwrap();
    sftp.put("/soft", b"other").unwrap();
    drop(sftp);
    let told = |id: u32, path: &str, text: &str| {
        server.wait_for_event(text, |e| e.id == id && e.path == path && e.message.contains(text));
    };
    told(30057, "/soft", "symbolic link \"/soft\" to \"/folder/file\"");
    told(30057, "/hard", "hard link \"/hard\" to \"/folder/file\"");
    let real = server.home("alice").join("folder/file");
    told(30068, "/soft", real.to_str().unwrap());
}
