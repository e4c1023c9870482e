//! What becomes of the files of the configuration under a running server: replaced, swapped, deleted, not readable, not
//! files at all. Whatever it is, what ran before goes on until there is something better.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use causeway_tests::openssh::lets_in;
use causeway_tests::program::{give, must};
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

fn ini(server: &Server) -> String {
    fs::read_to_string(server.server_ini()).unwrap()
}

fn over(server: &Server) -> PathBuf {
    server.root().join("configuration/server.override.ini")
}

/// The text with another account, `name`, that is like `alice`.
fn with_account(text: &str, name: &str) -> String {
    let alice = text.split("[accounts/alice-id]").nth(1).unwrap().split("\n[").next().unwrap();
    format!("{text}\n[accounts/{name}-id]{}\n", alice.replace("name = alice", &format!("name = {name}")))
}

/// Events that say that what is in the files is not applied: it cannot be, or would take everything away.
fn refusals(server: &Server) -> usize {
    server.events().iter().filter(|e| [20010, 70030].contains(&e.id)).count()
}

fn status(server: &Server) -> Option<i32> {
    server.command(&["status"]).status.code()
}

/// Spoils a file; the server says so, goes on, and is well again when the file is.
fn survives(server: &Server, what: &str, spoil: impl FnOnce(), repair: impl FnOnce()) {
    let before = refusals(server);
    let mut alice = Sftp::connect(server, "alice");
    spoil();
    until(&format!("{what}: it is told"), || refusals(server) > before);
    assert_eq!(status(server), Some(1), "{what}");
    assert!(lets_in(server, "alice"), "{what}");
    assert_eq!(alice.put("/x", b"x"), Ok(()), "{what}");
    repair();
    until(&format!("{what}: it is well again"), || status(server) == Some(0));
}

/// Everything that can happen to a file short of another text.
fn survives_everything(server: &Server, path: &PathBuf) {
    let text = fs::read_to_string(path).unwrap();
    let write = || {
        fs::write(path, &text).unwrap();
        give(path);
    };
    let remove = || fs::remove_file(path).unwrap();
    let mode = |mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    if path.ends_with("server.ini") {
        survives(server, "it is deleted", remove, write);
        survives(server, "it is empty", || fs::write(path, "").unwrap(), write);
    }
    survives(server, "it cannot be read", || mode(0), || mode(0o600));
    let folder = || {
        remove();
        fs::create_dir(path).unwrap();
    };
    let no_folder = || {
        fs::remove_dir(path).unwrap();
        write();
    };
    survives(server, "it is a folder", folder, no_folder);
    let pipe = || {
        remove();
        must(Command::new("mkfifo").arg(path));
        give(path);
    };
    let file_again = || {
        remove();
        write();
    };
    survives(server, "it is a pipe", pipe, file_again);
    let endless = || {
        remove();
        symlink("/dev/zero", path).unwrap();
    };
    survives(server, "it has no end", endless, file_again);
    let nowhere = || {
        remove();
        symlink("loop", path.with_file_name("loop")).unwrap();
        symlink("loop", path).unwrap();
    };
    survives(server, "it is a link to itself", nowhere, || {
        fs::remove_file(path.with_file_name("loop")).unwrap();
        file_again();
    });
    survives(server, "it is no text", || fs::write(path, b"\xff\xfe[\0server]\n").unwrap(), write);
}

#[test]
fn whatever_becomes_of_the_file_what_ran_before_goes_on() {
    let server = Server::start(Configuration::standard());
    survives_everything(&server, &server.server_ini());
    fs::write(server.server_ini(), with_account(&ini(&server), "bob")).unwrap();
    until("the next edit is applied", || lets_in(&server, "bob"));
}

#[test]
fn whatever_becomes_of_the_override_file_what_ran_before_goes_on() {
    let mut server = Server::prepare(Configuration::standard().alice("permissions", "allow-list"));
    fs::write(over(&server), "[accounts/alice-id]\npermissions = allow-full-control\n").unwrap();
    give(&server.root());
    server.run();
    survives_everything(&server, &over(&server));
}

#[test]
fn an_override_file_that_appears_changes_and_goes_is_followed() {
    let server = Server::start(Configuration::standard());
    let may_write = || Sftp::connect(&server, "alice").put("/x", b"x").is_ok();
    let write = |text: &str| {
        fs::write(over(&server), text).unwrap();
        give(&over(&server));
    };
    write("[accounts/alice-id]\npermissions = allow-list\n");
    until("it appears", || !may_write());
    write("[accounts/alice-id]\npermissions = allow-full-control\n");
    until("it changes", may_write);
    let before = refusals(&server);
    write("[accounts/nobody]\nenabled = No\n");
    until("it cannot be honoured", || refusals(&server) > before);
    assert!(may_write());
    write("[groups/DEFAULT_GROUP]\nenabled = No\n");
    until("it says something else", || !lets_in(&server, "alice"));
    fs::remove_file(over(&server)).unwrap();
    until("it goes", || lets_in(&server, "alice"));
}

#[test]
fn a_folder_that_is_swapped_by_a_link_is_applied_at_once_and_as_a_whole() {
    let mut server = Server::prepare(Configuration::standard());
    let folder = server.root().join("configuration");
    // As Kubernetes mounts a map of files: each is a link through `..data`, which is a link to a folder of a revision.
    let revision = |name: &str, text: &str, over: &str| {
        let inside = folder.join(name);
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("server.ini"), text).unwrap();
        fs::write(inside.join("server.override.ini"), over).unwrap();
        give(&folder);
    };
    let swap = |name: &str| {
        symlink(name, folder.join("..next")).unwrap();
        fs::rename(folder.join("..next"), folder.join("..data")).unwrap();
    };
    let one = ini(&server);
    revision("..one", &one, "");
    fs::remove_file(server.server_ini()).unwrap();
    swap("..one");
    symlink("..data/server.ini", server.server_ini()).unwrap();
    symlink("..data/server.override.ini", over(&server)).unwrap();
    server.run();
    assert!(lets_in(&server, "alice") && !lets_in(&server, "bob"));

    revision("..two", &with_account(&one, "bob"), "[accounts/alice-id]\nenabled = No\n");
    swap("..two");
    until("the swap is applied", || lets_in(&server, "bob"));
    assert!(!lets_in(&server, "alice"), "both files were swapped at once");
    assert_eq!(refusals(&server), 0);

    // A command changes what the link leads to, and leaves the links.
    let told = server.command(&["account", "set", "bob", "enabled=No"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert!(!lets_in(&server, "bob"));
    assert!(fs::read_to_string(folder.join("..two/server.ini")).unwrap().contains("enabled = No"));
    assert!(fs::symlink_metadata(server.server_ini()).unwrap().is_symlink());

    swap("..one");
    until("the swap back is applied", || lets_in(&server, "alice"));
    assert!(!lets_in(&server, "bob"));
}

#[test]
fn a_file_that_is_replaced_by_a_file_of_the_same_length_and_time_is_applied() {
    let server = Server::start(Configuration::standard().account("bob"));
    let text = ini(&server);
    let time = fs::metadata(server.server_ini()).unwrap().modified().unwrap();
    let new = server.server_ini().with_extension("edited");
    fs::write(&new, text.replace("name = bob", "name = rob")).unwrap();
    fs::File::options().write(true).open(&new).unwrap().set_modified(time).unwrap();
    give(&new);
    fs::rename(new, server.server_ini()).unwrap();
    until("it is applied", || lets_in(&server, "rob"));
    assert!(!lets_in(&server, "bob"));
}

#[test]
fn an_edit_that_waits_is_forgotten_when_it_is_taken_back() {
    let many = |c: Configuration| (0..10).fold(c, |c, n| c.account(&format!("many{n}")));
    let server = Server::start(many(Configuration::standard()));
    let text = ini(&server);
    let few = text.split("[accounts/many2-id]").next().unwrap();
    fs::write(server.server_ini(), few).unwrap();
    server.wait_for_event("it waits", |e| e.id == 70030);
    fs::write(server.server_ini(), &text).unwrap();
    until("nothing waits", || status(&server) == Some(0));
    assert!(lets_in(&server, "many5"));
    // One that waits gives way to one that does not take much away.
    fs::write(server.server_ini(), few).unwrap();
    until("it waits again", || status(&server) == Some(1));
    let almost = text.replace("[accounts/many9-id]\nname = many9\n", "[accounts/other-id]\nname = other\n");
    fs::write(server.server_ini(), almost).unwrap();
    until("what is not much is applied", || lets_in(&server, "other"));
    assert!(lets_in(&server, "many5") && !lets_in(&server, "many9"));
}

#[test]
fn a_start_with_an_override_file_that_cannot_be_honoured_runs_the_last_good_revision() {
    let mut server = Server::start(Configuration::standard());
    server.terminate();
    fs::write(over(&server), "[accounts/nobody]\nenabled = No\n").unwrap();
    give(&over(&server));
    server.run();
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("the old one runs", |e| e.id == 70032);
    fs::remove_file(over(&server)).unwrap();
    until("it is well again", || status(&server) == Some(0));
}
