//! Sessions follow the configuration: what ends an account ends its sessions, and what changes its rights or folders
//! changes theirs, idle or in the middle of a transfer.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};

use causeway_tests::openssh::start;
use causeway_tests::sftp::{CREATE, NO_SUCH_FILE, PERMISSION_DENIED, READ, Sftp, WRITE};
use causeway_tests::wait::{SOON, poll, until};
use causeway_tests::{Configuration, Server, content};

/// Kilobits per second, so that a transfer takes as long as it is let.
const SLOWLY: [&str; 2] = ["-l", "1600"];
const MEBIBYTES: u64 = 40;

fn ended(client: &mut Child) -> ExitStatus {
    let ended = poll(SOON, || client.try_wait().unwrap());
    ended.unwrap_or_else(|| {
        client.kill().unwrap();
        panic!("the client goes on")
    })
}

fn is_begun(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|m| m.len() > 0)
}

/// What has arrived of an upload and has no name yet.
fn temporary(home: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(home).unwrap().map(|e| e.unwrap().path());
    files.find(|f| f.file_name().unwrap().to_string_lossy().starts_with(".cw-"))
}

/// Sessions of `bob`: one that does nothing, one that downloads, one that uploads.
struct Sessions {
    idle: Sftp,
    download: Child,
    upload: Child,
}

impl Sessions {
    fn begin(server: &Server) -> Self {
        let (home, arrives) = (server.home("bob"), server.client().join("arrives"));
        let _ = std::fs::remove_file(&arrives);
        if let Some(old) = temporary(&home) {
            std::fs::remove_file(old).unwrap();
        }
        let download = start(server, "bob", &SLOWLY, "get /large arrives\n");
        let upload = start(server, "bob", &SLOWLY, "put large /half\n");
        let mut idle = Sftp::connect(server, "bob");
        assert_eq!(idle.realpath("/").unwrap(), b"/");
        until("both transfers go on", || {
            is_begun(&arrives) && temporary(&home).is_some_and(|t| is_begun(&t))
        });
        Self { idle, download, upload }
    }

    fn assert_they_end(mut self, server: &Server) {
        until("the idle session ends", || self.idle.realpath("/").is_err());
        assert!(!ended(&mut self.download).success());
        assert!(!ended(&mut self.upload).success());
        assert!(!server.home("bob").join("half").exists(), "half a file got its name");
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        for client in [&mut self.download, &mut self.upload] {
            let _ = client.kill();
            let _ = client.wait();
        }
    }
}

#[test]
fn whatever_ends_an_account_ends_its_sessions_idle_or_in_the_middle_of_a_transfer() {
    type Change = fn(Configuration) -> Configuration;
    let bob = |c: Configuration, option: &str, value: &str| c.set("accounts/bob-id", option, value);
    let base = bob(Configuration::standard().account("bob"), "group", "team")
        .set("groups/team", "name", "team")
        .set("groups/team", "home_folder_path", "@ROOT@/data/${USER}")
        .set("groups/team", "create_home_folder", "Yes")
        .set("groups/team", "permissions", "allow-full-control");
    let mut server = Server::start(base.clone());
    content::large(&server.home("bob").join("large"), MEBIBYTES);
    causeway_tests::program::give(&server.home("bob"));
    content::large(&server.client().join("large"), MEBIBYTES);
    let mut alice = Sftp::connect(&server, "alice");
    let ways: [(&str, Change); 7] = [
        ("removed", |c| c.without("accounts/bob-id")),
        ("disabled", |c| c.set("accounts/bob-id", "enabled", "No")),
        ("in a group that is disabled", |c| c.set("groups/team", "enabled", "No")),
        ("expired", |c| c.set("accounts/bob-id", "expire_datetime", "2020-01-01")),
        ("with a password that is too old", |c| c.set("accounts/bob-id", "password_lifetime", "1")),
        ("not let in from here", |c| c.set("accounts/bob-id", "source_ip_filter", "allow 192.0.2.1")),
        ("failed", |c| c.set("accounts/bob-id", "permissions", "allow-nonsense")),
    ];
    for (way, change) in ways {
        let sessions = Sessions::begin(&server);
        let before = server.events().iter().filter(|e| e.id == 30050).count();
        server.reconfigure(change);
        sessions.assert_they_end(&server);
        until(&format!("{way}: the reason is told"), || {
            server.events().iter().filter(|e| e.id == 30050).count() == before + 3
        });
        assert_eq!(alice.realpath("/").unwrap(), b"/", "{way}: another account is left alone");
        server.reconfigure(|_| base.clone());
    }
}

#[test]
fn sessions_end_with_the_method_by_which_they_were_let_in() {
    let second = |c: Configuration, enabled: &str| {
        c.set("authentications/other", "name", "other")
            .set("authentications/other", "type", "application")
            .set("authentications/other", "enabled", enabled)
    };
    let chain = Configuration::standard().set("server", "authentications", "other, DEFAULT-AUTHENTICATION");
    let mut server = Server::start(second(chain, "Yes"));
    let mut alice = Sftp::connect(&server, "alice");
    server.reconfigure(|c| second(c, "No"));
    until("the session ends", || alice.realpath("/").is_err());
    assert_eq!(Sftp::connect(&server, "alice").realpath("/").unwrap(), b"/", "by the other method");
}

#[test]
fn a_transfer_that_is_not_allowed_any_more_fails_and_the_session_goes_on() {
    let mut server = Server::start(Configuration::standard());
    content::large(&server.home("alice").join("large"), MEBIBYTES);
    causeway_tests::program::give(&server.home("alice"));
    // What OpenSSH has begun to upload it sends to its end.
    content::large(&server.client().join("large"), 2);
    std::fs::write(server.client().join("small"), "small").unwrap();
    let arrives = server.client().join("arrives");
    let mut download = start(&server, "alice", &SLOWLY, "-get /large arrives\nput small /after-get\n");
    let mut upload = start(&server, "alice", &SLOWLY, "-put large /new\nput small /after-put\n");
    let home = server.home("alice");
    until("both transfers go on", || is_begun(&arrives) && temporary(&home).is_some_and(|t| is_begun(&t)));
    server.reconfigure(|c| c.permissions(&["allow-list, allow-write", "/new, allow-list"]));
    assert!(ended(&mut download).success(), "the session of the download");
    assert!(ended(&mut upload).success(), "the session of the upload");
    assert!(std::fs::metadata(&arrives).map_or(0, |m| m.len()) < MEBIBYTES << 20);
    assert!(!home.join("new").exists());
    let failures = server.events().into_iter().filter(|e| e.id == 30046 && e.path == "/new").count();
    assert_eq!(failures, 1, "a file that takes no more is told once");
    for after in ["after-get", "after-put"] {
        assert_eq!(std::fs::read(home.join(after)).unwrap(), b"small");
    }
}

#[test]
fn another_group_gives_other_rules_and_another_home_at_once() {
    let group = |c: Configuration, id: &str, permissions: &str| {
        let section = format!("groups/{id}");
        c.set(&section, "name", id)
            .set(&section, "home_folder_path", &format!("${{SHARED}}@ROOT@/data/{id}"))
            .set(&section, "create_home_folder", "Yes")
            .set(&section, "permissions", permissions)
    };
    let base = group(Configuration::standard(), "one", "allow-full-control");
    let mut server = Server::prepare(group(base, "two", "allow-list, allow-read").alice("group", "one"));
    server.put_in_home("one", "file", b"one");
    server.put_in_home("two", "file", b"two");
    server.run();
    let mut sftp = Sftp::connect(&server, "alice");
    let (read, listing) = (sftp.open("/file", READ).unwrap(), sftp.opendir("/").unwrap());
    let upload = sftp.open("/new", WRITE | CREATE).unwrap();
    sftp.write(&upload, 0, b"some").unwrap();
    server.reconfigure(|c| c.alice("group", "two"));
    assert_eq!(sftp.get("/file").unwrap(), b"two");
    assert_eq!(sftp.put("/x", b"x"), Err(PERMISSION_DENIED));
    assert!(sftp.read(&read, 0, 10).is_err(), "a file of the old home");
    let shown = sftp.readdir(&listing).unwrap_or_default();
    assert!(shown.iter().all(|(name, _)| name == b"." || name == b".."), "the old home itself: {shown:?}");
    assert!(sftp.write(&upload, 4, b"more").is_err());
    assert!(sftp.close(&upload).is_err());
    assert!(!server.home("one").join("new").exists());
}

#[test]
fn a_virtual_folder_that_is_taken_away_is_gone_with_what_was_open_in_it() {
    let team = "/team, @ROOT@/data/team";
    let mut server = Server::prepare(Configuration::standard().alice("virtual_folders", team));
    server.put_in_home("team", "file", b"team");
    server.put_in_home("alice", "mine", b"mine");
    server.run();
    let mut sftp = Sftp::connect(&server, "alice");
    let (theirs, mine) = (sftp.open("/team/file", READ).unwrap(), sftp.open("/mine", READ).unwrap());
    let upload = sftp.open("/team/new", WRITE | CREATE).unwrap();
    sftp.write(&upload, 0, b"some").unwrap();
    server.reconfigure(|c| c.alice("virtual_folders", ""));
    assert!(sftp.read(&theirs, 0, 10).is_err());
    assert!(sftp.write(&upload, 4, b"more").is_err());
    assert!(sftp.close(&upload).is_err());
    assert!(!server.home("team").join("new").exists());
    assert_eq!(sftp.get("/team/file"), Err(NO_SUCH_FILE));
    assert_eq!(sftp.read(&mine, 0, 10).unwrap(), b"mine");
    server.reconfigure(|c| c.alice("virtual_folders", team));
    assert_eq!(sftp.get("/team/file").unwrap(), b"team", "it is back");
}

#[test]
fn a_session_whose_folders_cannot_be_opened_any_more_ends() {
    let mut server = Server::prepare(Configuration::standard());
    server.put_in_home("alice", "upload/file", b"real");
    server.run();
    let changes: [fn(Configuration) -> Configuration; 2] = [
        // A real folder is in the way of the virtual one.
        |c| c.alice("virtual_folders", "/upload/team, @ROOT@/data/team"),
        |c| c.alice("home_folder_path", "@ROOT@/data/missing").alice("create_home_folder", "No"),
    ];
    for change in changes {
        let mut sftp = Sftp::connect(&server, "alice");
        server.reconfigure(change);
        until("the session ends", || sftp.realpath("/").is_err());
        server.reconfigure(|_| Configuration::standard());
        assert_eq!(Sftp::connect(&server, "alice").get("/upload/file").unwrap(), b"real");
    }
}

#[test]
fn a_limit_that_is_set_holds_for_an_upload_that_goes_on() {
    let mut server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open("/new", WRITE | CREATE).unwrap();
    sftp.write(&handle, 0, &[0; 100]).unwrap();
    server.reconfigure(|c| c.alice("file_write_size", "150"));
    assert_eq!(sftp.write(&handle, 100, &[0; 50]), Ok(()));
    assert!(sftp.write(&handle, 150, &[0; 1]).is_err());
    assert!(sftp.close(&handle).is_err());
    assert!(!server.home("alice").join("new").exists());
}
