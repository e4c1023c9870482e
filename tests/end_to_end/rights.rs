//! What root does on an installation that is somebody else's, and what it needs to be served.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use causeway_tests::program::{User, binary, causeway, test_user, unprivileged};
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};
use tempfile::TempDir;

/// Runs the program as root, and ends it if it serves where it should refuse.
fn as_root(arguments: &[&str]) -> Output {
    Command::new("timeout").arg("60").arg(binary()).args(arguments).current_dir("/").output().unwrap()
}

fn on(server: &Server, words: &[&str]) -> Output {
    let root = server.root();
    as_root(&[words, &["--root", root.to_str().unwrap()]].concat())
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Who serves where root starts the server; none where the tests are not run by root.
fn account() -> Option<User> {
    let user = unprivileged();
    if user.is_none() {
        causeway_tests::skip::skip("the tests do not run as root");
    }
    user
}

fn prepared() -> Server {
    Server::prepare(Configuration::standard().set("server", "account", &test_user()))
}

fn give_to_root(path: &Path) {
    chown(path, Some(0), Some(0)).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

/// A folder that everybody may enter.
fn place() -> TempDir {
    let place = TempDir::with_prefix("causeway-test-").unwrap();
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).unwrap();
    place
}

fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => [vec![path.clone()], everything_in(&path)].concat(),
        false => vec![path],
    };
    found.flat_map(below).collect()
}

#[test]
fn what_root_makes_for_an_account_is_that_accounts() {
    let Some(user) = account() else { return };
    let place = place();
    let root = place.path().join("new/installation");
    let made = as_root(&["init", "--root", root.to_str().unwrap(), "--account", &test_user()]);
    assert!(made.status.success(), "{made:?}");
    assert_eq!(told(&made).matches("SHA256:").count(), 3, "{made:?}");
    let all = [everything_in(&root), vec![root.clone()]].concat();
    assert!(all.contains(&root.join("configuration/server.ini")), "{all:?}");
    for path in all {
        let meta = std::fs::metadata(&path).unwrap();
        assert_eq!((meta.uid(), meta.mode() & 0o077), (user.uid, 0), "{}", path.display());
    }
    let checked = as_root(&["check", "--root", root.to_str().unwrap()]);
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn root_makes_nothing_through_a_link() {
    if account().is_none() {
        return;
    }
    let place = place();
    let (link, other) = (place.path().join("link"), place.path().join("other"));
    std::fs::create_dir(&other).unwrap();
    symlink(&other, &link).unwrap();
    let made = as_root(&["init", "--root", link.to_str().unwrap(), "--account", &test_user()]);
    assert!(told(&made).contains("symbolic link"), "{made:?}");
    assert_eq!(everything_in(&other), Vec::<PathBuf>::new());
    assert_eq!(std::fs::metadata(&other).unwrap().uid(), 0);
}

#[test]
fn links_of_the_account_do_not_lead_a_command_of_root_elsewhere() {
    if account().is_none() {
        return;
    }
    let server = prepared();
    let of_root = place();
    let path = |name: &str| of_root.path().join(name);
    std::fs::create_dir(path("history")).unwrap();
    std::fs::rename(server.server_ini(), path("server.ini")).unwrap();
    chown(path("server.ini"), Some(0), Some(0)).unwrap();
    std::fs::set_permissions(path("server.ini"), PermissionsExt::from_mode(0o644)).unwrap();
    let before = std::fs::read(path("server.ini")).unwrap();
    std::fs::create_dir(server.root().join("run")).unwrap();
    symlink(path("server.ini"), server.server_ini()).unwrap();
    symlink(path("lock"), server.root().join("run/configuration.lock")).unwrap();
    symlink(path("history"), server.root().join("history")).unwrap();
    causeway_tests::program::give(&server.root().join("run"));
    let added = on(&server, &["account", "add", "bob"]);
    assert!(!added.status.success(), "{added:?}");
    assert_eq!(std::fs::read(path("server.ini")).unwrap(), before);
    let expected = [path("history"), path("server.ini")];
    let mut found = everything_in(of_root.path());
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn an_editor_that_makes_the_file_roots_makes_no_command_and_no_sftp_server_root() {
    let Some(user) = account() else { return };
    let server = prepared();
    chown(server.server_ini(), Some(0), Some(0)).unwrap();
    std::fs::set_permissions(server.server_ini(), PermissionsExt::from_mode(0o644)).unwrap();
    let words =
        format!("{} sftp-server --root {} --account alice", binary().display(), server.root().display());
    let batch = server.client().join("batch");
    std::fs::write(&batch, "mkdir made\n").unwrap();
    let home = server.home("alice");
    causeway_tests::program::must(Command::new("sftp").arg("-b").arg(&batch).args(["-D", &words]));
    assert_eq!(std::fs::metadata(home.join("made")).unwrap().uid(), user.uid);
    let add = || on(&server, &["account", "add", "bob", "description=x"]);
    let refused = add();
    assert!(told(&refused).contains("belongs to another user (0)"), "{refused:?}");
    chown(server.server_ini(), Some(user.uid), None).unwrap();
    let added = add();
    assert!(added.status.success(), "{added:?}");
    for path in everything_in(&server.root().join("history")) {
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), user.uid, "{}", path.display());
    }
}

#[test]
fn who_is_confined_to_an_account_cannot_ask_for_root_or_for_another_one() {
    if account().is_none() {
        return;
    }
    for wish in ["root", "nobody"] {
        let server = Server::prepare(Configuration::standard().set("server", "account", wish));
        for words in [&["serve"][..], &["check"]] {
            let refused = on(&server, words);
            assert!(matches!(refused.status.code(), Some(1 | 2)), "{refused:?}");
            let told = told(&refused);
            assert!(
                told.contains(&format!("belongs to '{}', who could have written that", test_user())),
                "{told}"
            );
        }
        assert_eq!(server.events().len(), 0);
    }
}

#[test]
fn root_stays_root_only_where_the_files_are_its_own() {
    if account().is_none() {
        return;
    }
    let configuration = Configuration::standard().set("server", "account", "root");
    let mut server = Server::prepare(configuration);
    causeway_tests::program::must(Command::new("chown").args(["-R", "root:root"]).arg(server.root()));
    server.run_as_root();
    assert_eq!(uid(server.pid()), "0");
}

#[test]
fn what_the_account_cannot_read_is_named_by_check_and_by_a_start() {
    if account().is_none() {
        return;
    }
    let who = test_user();
    let keys = |server: &Server| {
        ["host_ed25519", "host_ecdsa"].map(|key| server.root().join("configuration").join(key))
    };
    let server = prepared();
    keys(&server).iter().for_each(|key| give_to_root(key));
    for words in [&["serve"][..], &["check"]] {
        let refused = on(&server, words);
        assert!(matches!(refused.status.code(), Some(1 | 2)), "{refused:?}");
        let told = told(&refused);
        let key = keys(&server)[0].display().to_string();
        assert!(told.contains(&key) && told.contains("Permission denied"), "{told}");
        if words == ["serve"] {
            assert!(told.contains(&format!("chown -R {who}")), "{told}");
        }
    }
    let server = prepared();
    give_to_root(&server.server_ini());
    for words in [&["serve"][..], &["check"]] {
        let refused = on(&server, words);
        assert!(matches!(refused.status.code(), Some(1 | 2)), "{refused:?}");
        let told = told(&refused);
        let file = server.server_ini().display().to_string();
        assert!(told.contains(&file) && told.contains("Permission denied") && told.contains(&who), "{told}");
    }
}

#[test]
fn an_account_that_does_not_exist_and_a_folder_that_it_cannot_write_are_told() {
    if account().is_none() {
        return;
    }
    let server = Server::prepare(Configuration::standard().set("server", "account", "no-such-account"));
    let checked = on(&server, &["check"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(told(&checked).contains("'no-such-account' of [server] does not exist"), "{checked:?}");
    let warned = server.command(&["check"]);
    assert!(warned.status.success() && told(&warned).contains("does not exist"), "{warned:?}");

    let server = prepared();
    let log = server.root().join("log");
    std::fs::create_dir(&log).unwrap();
    std::fs::set_permissions(&log, PermissionsExt::from_mode(0o755)).unwrap();
    let checked = on(&server, &["check"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    let expected = format!("{}: '{}' cannot write in this folder", log.display(), test_user());
    assert!(told(&checked).contains(&expected), "{checked:?}");

    let server = prepared();
    chown(server.root(), Some(0), Some(0)).unwrap();
    std::fs::set_permissions(server.root(), PermissionsExt::from_mode(0o755)).unwrap();
    let refused = on(&server, &["serve"]);
    let expected =
        format!("'{}', as '{}': Permission denied", server.root().join("history").display(), test_user());
    assert!(told(&refused).contains(&expected), "{refused:?}");
}

/// Ends with the value.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_far_down_says_where_it_listens_and_by_which_keys_and_answers_there() {
    let place = place();
    causeway_tests::program::give(place.path());
    let root = place.path().join("x".repeat(100)).join("y".repeat(100));
    let root = root.to_str().unwrap();
    let port = std::net::TcpListener::bind("[::]:0").unwrap().local_addr().unwrap().port();
    let made = causeway(&["init", "--root", root, "--port", &port.to_string()]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let fingerprints: Vec<String> =
        told(&made).lines().filter(|l| l.contains("SHA256:")).map(str::to_owned).collect();
    let path = place.path().join("stderr");
    let stderr = std::fs::File::create(&path).unwrap();
    let serving = causeway(&["serve", "--root", root]).stdout(Stdio::null()).stderr(stderr).spawn();
    let _serving = Serving(serving.unwrap());
    let said = || std::fs::read_to_string(&path).unwrap();
    until("it says that it serves", || fingerprints.iter().all(|key| said().lines().any(|line| line == key)));
    assert!(said().contains(&format!("services/sftp listens on [::]:{port}")), "{}", said());
    let status = causeway(&["status", "--root", root]).output().unwrap();
    assert!(status.status.success(), "{status:?}");
    let second = causeway(&["serve", "--root", root]).output().unwrap();
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    assert!(told(&second).contains(&format!("a server runs in {root} already")), "{second:?}");
}

#[test]
fn what_cannot_be_written_into_the_file_leaves_nothing_behind() {
    let place = place();
    causeway_tests::program::give(place.path());
    let root = place.path().join("a${USER}");
    let refused = causeway(&["init", "--root", root.to_str().unwrap()]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(!root.exists());
    let port = causeway(&["init", "--root", "/nonexistent", "--port", "0"]).output().unwrap();
    assert!(told(&port).contains("'0' for '--port"), "{port:?}");
}

#[test]
fn a_demo_of_root_is_made_and_served_by_nobody() {
    if account().is_none() {
        return;
    }
    let place = place();
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    let path = place.path().join("stdout");
    let stdout = std::fs::File::create(&path).unwrap();
    let demo = Command::new(binary()).arg("demo").env("TMPDIR", place.path()).stdout(stdout).spawn().unwrap();
    let demo = Serving(demo);
    until("it is ready", || std::fs::read_to_string(&path).unwrap().contains("Ctrl-C"));
    assert_eq!(uid(demo.0.id()), "65534");
    let made = everything_in(place.path());
    for path in made.iter().filter(|made| **made != path) {
        assert_eq!(std::fs::metadata(path).unwrap().uid(), 65534, "{}", path.display());
    }
    assert!(made.iter().any(|path| path.ends_with("configuration/server.ini")), "{made:?}");
    causeway_tests::program::must(Command::new("kill").arg(demo.0.id().to_string()));
    until("it has removed everything", || everything_in(place.path()) == [path.clone()]);
}

/// The user that a process runs as.
fn uid(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    line.split_whitespace().nth(1).unwrap().to_owned()
}
