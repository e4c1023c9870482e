//! Changes of the configuration by commands, their history, and the ways back.

use std::process::Output;
use std::time::Duration;

use causeway_tests::openssh::lets_in;
use causeway_tests::program::{give, output_with_input};
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::{poll, until};
use causeway_tests::{Configuration, Server};

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs a command that must succeed.
fn done(server: &Server, words: &[&str]) -> String {
    let output = server.command(words);
    assert!(output.status.success(), "{words:?}: {}", out(&output));
    out(&output)
}

/// Runs a command that must not succeed.
fn refused(server: &Server, words: &[&str]) -> String {
    let output = server.command(words);
    assert!(!output.status.success(), "{words:?}: {}", out(&output));
    out(&output)
}

fn ini(server: &Server) -> String {
    std::fs::read_to_string(server.server_ini()).unwrap()
}

#[test]
fn an_account_is_added_changed_and_removed_by_commands_and_comments_survive() {
    let server = Server::start(Configuration::standard());
    let commented = format!("# Ours.\n{}\n# The end of it.\n", ini(&server));
    std::fs::write(server.server_ini(), &commented).unwrap();
    done(&server, &["apply"]);
    let key = std::fs::read_to_string(server.key().with_extension("pub")).unwrap();
    let keys = format!("ssh_authorized_keys_content={}", key.trim());
    let told =
        done(&server, &["account", "add", "bob", "--id", "bob-id", &keys, "create_home_folder=Inherit"]);
    assert!(told.contains("+ [accounts/bob-id]"), "{told}");
    assert!(lets_in(&server, "bob"));
    assert!(done(&server, &["account", "list"]).contains("bob-id  bob"));
    let told = done(&server, &["account", "set", "bob", "enabled=No"]);
    assert!(told.contains("+     enabled = No"), "{told}");
    assert!(!lets_in(&server, "bob"));
    done(&server, &["account", "remove", "bob"]);
    assert!(!done(&server, &["account", "list"]).contains("bob"));
    assert_eq!(ini(&server).trim_end(), commented.trim_end(), "everything else is as it was");
}

#[test]
fn b04_a_component_that_is_in_use_is_not_removed() {
    let grouped = Configuration::standard()
        .set("groups/partners", "name", "Partners")
        .set("groups/partners", "home_folder_path", "@ROOT@/data/${USER}")
        .set("groups/partners", "create_home_folder", "Yes")
        .alice("group", "partners");
    let server = Server::start(grouped);
    let before = ini(&server);
    assert!(refused(&server, &["group", "remove", "Partners"]).contains("accounts/alice-id"));
    assert!(refused(&server, &["group", "remove", "DEFAULT_GROUP"]).contains("always exists"));
    assert!(refused(&server, &["vault-item", "remove", "host-ed25519"]).contains("services/sftp"));
    assert_eq!(ini(&server), before);
    server.wait_for_event("it is in use", |e| e.id == 20108);
    assert!(lets_in(&server, "alice"));
}

#[test]
fn a_change_that_would_do_harm_is_refused_as_a_whole() {
    let server = Server::start(Configuration::standard());
    let before = ini(&server);
    let told = refused(&server, &["account", "set", "alice", "description=x", "expire_datetime=soon"]);
    assert!(told.contains("expire_datetime"), "{told}");
    refused(&server, &["account", "set", "alice", "nme=x"]);
    refused(&server, &["account", "set", "nobody", "enabled=No"]);
    refused(&server, &["service", "add", "evil", "type=ssh\n[accounts/evil]"]);
    assert_eq!(ini(&server), before);
}

#[test]
fn the_history_tells_who_changed_what_and_leads_back() {
    let server = Server::start(Configuration::standard());
    done(&server, &["config", "set", "server", "umask=027"]);
    done(&server, &["account", "set", "alice", "enabled=No"]);
    let log = done(&server, &["config", "log"]);
    assert_eq!(log.lines().count(), 3, "{log}");
    assert!(log.lines().next().unwrap().contains("start"), "{log}");
    let difference = out(&server.command(&["config", "diff", "1", "2"]));
    assert_eq!(difference, "  [server]\n+     umask = 027\n");
    let told = done(&server, &["config", "rollback", "1"]);
    assert!(told.contains("-     enabled = No"), "{told}");
    assert!(lets_in(&server, "alice"));
    assert!(!ini(&server).contains("umask = 027"));
    server.wait_for_event("it went back", |e| e.id == 70031);
}

#[test]
fn no_secret_is_in_the_history_or_a_difference() {
    let server = Server::start(Configuration::standard());
    done(&server, &["account", "set", "alice", "password=$6$abc$TheSecretHash"]);
    let told = out(&server.command(&["config", "diff", "1", "2"]));
    assert!(told.contains("password = ***"), "{told}");
    assert!(!told.contains("TheSecretHash"));
    for entry in std::fs::read_dir(server.root().join("history")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("TheSecretHash"));
    }
}

#[test]
fn a_change_that_nobody_confirms_is_undone() {
    let server = Server::start(Configuration::standard());
    let before = ini(&server);
    done(&server, &["account", "set", "alice", "enabled=No", "--confirm", "2s"]);
    assert!(!lets_in(&server, "alice"));
    let back = server.wait_for_event("it went back", |e| e.id == 70031);
    assert!(back.message.contains("nobody has confirmed"), "{}", back.message);
    assert!(lets_in(&server, "alice"));
    assert_eq!(ini(&server), before);
    done(&server, &["account", "set", "alice", "enabled=No", "--confirm", "3s"]);
    assert!(done(&server, &["apply", "--confirm"]).contains("confirmed"));
    std::thread::sleep(Duration::from_secs(5));
    assert!(!lets_in(&server, "alice"), "it was confirmed");
}

#[test]
fn a_change_that_was_not_confirmed_before_a_crash_is_undone_at_the_start() {
    let mut server = Server::start(Configuration::standard());
    done(&server, &["account", "set", "alice", "enabled=No", "--confirm", "1h"]);
    server.kill();
    server.run();
    assert!(lets_in(&server, "alice"));
    assert!(!ini(&server).contains("enabled = No"));
    server.wait_for_event("it went back", |e| e.id == 70031);
}

#[test]
fn a_provisional_change_that_cannot_be_made_leaves_nothing_to_undo() {
    let server = Server::start(Configuration::standard());
    let folder = server.root().join("configuration");
    let mode =
        |mode| std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o500);
    refused(&server, &["account", "set", "alice", "enabled=No", "--confirm", "1h"]);
    mode(0o700);
    assert!(!done(&server, &["status"]).contains("comes back"));
    assert!(!server.root().join("run/unconfirmed").exists());
}

#[test]
fn a_provisional_change_is_not_confirmed_by_another_that_fails() {
    let mut server = Server::start(Configuration::standard());
    let before = ini(&server);
    done(&server, &["account", "set", "alice", "description=x", "--confirm", "1h"]);
    let changed = ini(&server);
    std::fs::write(server.server_ini(), "[server\n").unwrap();
    refused(&server, &["apply", "--confirm", "2h"]);
    std::fs::write(server.server_ini(), &changed).unwrap();
    let status = || out(&server.command(&["status"]));
    until("what is in the file is applied", || !status().contains("not applied"));
    assert!(status().contains("comes back in 3"), "within its own time, {}", status());
    server.kill();
    server.run();
    server.wait_for_event("it went back", |e| e.id == 70031);
    assert_eq!(ini(&server), before);
}

#[test]
fn a_change_that_is_to_be_undone_needs_a_file_that_can_be_written_and_a_start_without_one_undoes_it_all_the_same()
 {
    let mut server = Server::start(Configuration::standard());
    done(&server, &["account", "set", "alice", "enabled=No", "--confirm", "1h"]);
    let changed = ini(&server);
    let folder = server.root().join("configuration");
    let mode =
        |mode| std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o500);
    server.kill();
    for _ in 0..2 {
        server.run();
        assert!(lets_in(&server, "alice"), "what nobody confirmed does not count");
        assert_eq!(ini(&server), changed);
        let status = server.command(&["status"]);
        assert_eq!(status.status.code(), Some(1));
        assert!(out(&status).contains("not confirmed"), "{}", out(&status));
        let told = refused(&server, &["apply", "--confirm", "1h"]);
        assert!(told.contains("cannot be made provisional"), "{told}");
        server.terminate();
    }
    server.run();
    done(&server, &["apply", "--confirm"]);
    assert!(!lets_in(&server, "alice"), "now it is confirmed");
    mode(0o700);
    server.kill();
    server.run();
    assert!(!lets_in(&server, "alice"), "and stays so");
}

#[test]
fn a_change_by_a_command_is_applied_once() {
    let server = Server::start(Configuration::standard());
    done(&server, &["config", "set", "server", "description=x"]);
    // The watch of the file sees that change, too, after a moment.
    let applied = || server.events().into_iter().filter(|e| e.id == 50005).count();
    assert!(poll(Duration::from_secs(2), || (applied() > 1).then_some(())).is_none());
    assert_eq!(applied(), 1);
}

#[test]
fn an_edit_that_removes_much_waits_until_somebody_says_that_it_is_meant() {
    let many = |c: Configuration| (0..10).fold(c, |c, n| c.account(&format!("many{n}")));
    let mut server = Server::start(many(Configuration::standard()));
    server.edit(|c| (0..10).fold(c, |c, n| c.without(&format!("accounts/many{n}-id"))));
    server.wait_for_event("it waits", |e| e.id == 70030);
    assert!(lets_in(&server, "many3"), "nothing is applied yet");
    let status = server.command(&["status"]);
    assert!(out(&status).contains("--confirm"), "{}", out(&status));
    assert_eq!(status.status.code(), Some(1));
    done(&server, &["apply", "--confirm"]);
    assert!(!lets_in(&server, "many3"));
    assert!(server.command(&["status"]).status.success());
}

#[test]
fn an_edit_that_removes_all_services_waits() {
    let mut server = Server::start(Configuration::standard());
    server.edit(|c| c.without("services/sftp"));
    server.wait_for_event("it waits", |e| e.id == 70030);
    assert!(lets_in(&server, "alice"));
}

#[test]
fn an_edit_after_which_no_service_can_run_waits() {
    let mut server = Server::start(Configuration::standard());
    server.edit(|c| c.set("services/sftp", "address", "not an address"));
    server.wait_for_event("it waits", |e| e.id == 70030);
    assert!(lets_in(&server, "alice"));
}

#[test]
fn a_way_back_that_removes_much_has_to_be_meant() {
    let many = |c: Configuration| (0..10).fold(c, |c, n| c.account(&format!("many{n}")));
    let mut server = Server::start(Configuration::standard());
    server.reconfigure(many);
    let told = refused(&server, &["config", "rollback", "1"]);
    assert!(told.contains("--confirm"), "{told}");
    assert!(lets_in(&server, "many3"));
    done(&server, &["config", "rollback", "1", "--confirm"]);
    assert!(!lets_in(&server, "many3"));
}

#[test]
fn an_edit_that_says_nothing_else_is_told_as_one() {
    let server = Server::start(Configuration::standard());
    std::fs::write(server.server_ini(), format!("# A remark.\n{}", ini(&server))).unwrap();
    let told = server.wait_for_event("it is applied", |e| e.id == 50005);
    assert!(told.message.contains("none"), "{}", told.message);
}

#[test]
fn apply_names_what_is_wrong_although_nothing_has_changed() {
    let server = Server::start(Configuration::standard().alice("expire_datetime", "soon"));
    let told = out(&server.command(&["apply"]));
    assert!(told.contains("no change") && told.contains("expire_datetime"), "{told}");
}

#[test]
fn a_start_with_a_file_that_cannot_be_read_runs_the_last_good_revision_and_says_so() {
    let mut server = Server::start(Configuration::standard());
    done(&server, &["config", "set", "server", "umask=027"]);
    server.terminate();
    let good = ini(&server);
    std::fs::write(server.server_ini(), "[server\n").unwrap();
    let check = server.command(&["check"]);
    assert!(out(&check).contains("server.ini:1:") && out(&check).contains("revision 2"), "{}", out(&check));
    server.run();
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("the old one runs", |e| e.id == 70032);
    assert_eq!(server.command(&["status"]).status.code(), Some(1));
    let handle = Sftp::connect(&server, "alice").put("/x", b"x");
    handle.unwrap();
    assert_eq!(causeway_tests::content::mode(&server.home("alice").join("x")) & 0o777, 0o640);
    std::fs::write(server.server_ini(), good).unwrap();
    until("it is well again", || server.command(&["status"]).status.success());
}

#[test]
fn two_editors_at_once_do_not_overwrite_each_other() {
    let server = Server::start(Configuration::standard());
    let tasks: Vec<_> = (0..6).map(|n| format!("editor{n}")).collect();
    let results: Vec<bool> = std::thread::scope(|scope| {
        let run = |name: &String| server.command(&["account", "add", name]).status.success();
        let threads: Vec<_> = tasks.iter().map(|name| scope.spawn(move || run(name))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let text = ini(&server);
    for (name, made) in tasks.iter().zip(results) {
        assert_eq!(text.contains(&format!("name = {name}\n")), made, "{name}");
    }
    assert!(text.contains("editor"), "one of them at least gets through");
}

#[test]
fn commands_at_once_without_a_server_keep_what_was_in_the_file_and_nothing_else() {
    let server = Server::prepare(Configuration::standard());
    done(&server, &["account", "add", "first"]);
    let made: usize = std::thread::scope(|scope| {
        let run = |n: usize| server.command(&["account", "add", &format!("editor{n}")]);
        let threads: Vec<_> = (0..6).map(|n| scope.spawn(move || run(n))).collect();
        let outputs: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        for output in outputs.iter().filter(|output| !output.status.success()) {
            assert!(out(output).contains("try again"), "{}", out(output));
        }
        outputs.iter().filter(|output| output.status.success()).count()
    });
    assert_eq!(ini(&server).matches("name = editor").count(), made);
    assert_eq!(done(&server, &["config", "log"]).lines().count(), 2 + made, "and what was there before");
}

#[test]
fn a_change_without_a_server_is_made_in_the_file_and_kept() {
    let mut server = Server::start(Configuration::standard());
    server.terminate();
    let told = done(&server, &["account", "set", "alice", "enabled=No"]);
    assert!(told.contains("no server runs"), "{told}");
    assert_eq!(done(&server, &["config", "log"]).lines().count(), 2);
    server.run();
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn a_plain_password_in_the_file_is_replaced_by_its_hash() {
    let server = Server::start(Configuration::standard().alice("password", "a plain password"));
    until("the password is hashed", || !ini(&server).contains("a plain password"));
    assert!(ini(&server).contains("password = $argon2id$"));
    server.wait_for_event("it is told", |e| e.id == 20197 && e.message.contains("alice"));
    assert!(server.command(&["status"]).status.success());
    done(&server, &["account", "set", "alice", "password=another plain one"]);
    assert!(
        !ini(&server).contains("another plain one"),
        "what a command has set is hashed before it returns"
    );
}

#[test]
fn a_password_that_a_command_reads_is_new_from_now_on() {
    let mut server = Server::prepare(Configuration::standard().alice("password_lifetime", "30"));
    server.edit(|c| c.alice("last_password_update", "1"));
    server.run();
    assert!(!lets_in(&server, "alice"), "the password is too old");
    let root = server.root();
    let words = ["account", "set", "alice", "--password-stdin", "--root", root.to_str().unwrap()];
    let output = output_with_input(&words, "a new password\n");
    assert!(output.status.success(), "{output:?}");
    assert!(lets_in(&server, "alice"));
}

#[test]
fn what_the_override_file_sets_cannot_be_changed_by_commands() {
    let mut server = Server::prepare(Configuration::standard());
    let over = server.root().join("configuration/server.override.ini");
    std::fs::write(&over, "[server]\numask = 007\n").unwrap();
    give(&server.root());
    server.run();
    let told = refused(&server, &["config", "set", "server", "umask=022"]);
    assert!(told.contains("server.override.ini"), "{told}");
    std::fs::write(&over, "[server]\numask = 077\n").unwrap();
    server.wait_for_event("the override is applied", |e| e.id == 50005);
    Sftp::connect(&server, "alice").put("/x", b"x").unwrap();
    assert_eq!(causeway_tests::content::mode(&server.home("alice").join("x")) & 0o777, 0o600);
}

#[test]
fn a_file_on_a_folder_that_cannot_be_written_is_served_and_left_alone() {
    let server = Server::start(Configuration::standard());
    let folder = server.root().join("configuration");
    let mode =
        |mode| std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o500);
    let told = refused(&server, &["account", "add", "bob"]);
    mode(0o700);
    assert!(told.contains("cannot be written"), "{told}");
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("it is told", |e| e.id == 20049);
}

#[test]
fn the_revision_of_before_an_unconfirmed_change_outlives_all_that_follow() {
    let mut server = Server::start(Configuration::standard());
    done(&server, &["account", "set", "alice", "enabled=No", "--confirm", "1h"]);
    for n in 0..105 {
        done(&server, &["config", "set", "server", &format!("description=n{n}")]);
    }
    assert!(!lets_in(&server, "alice"));
    server.kill();
    server.run();
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("it went back", |e| e.id == 70031);
    assert!(!ini(&server).contains("n104"));
}

fn mode(folder: &std::path::Path, mode: u32) {
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_change_that_the_history_cannot_keep_leaves_the_file_as_it_was() {
    let mut server = Server::start(Configuration::standard());
    let (before, history) = (ini(&server), server.root().join("history"));
    let tried = |server: &Server| {
        mode(&history, 0o500);
        let told = refused(server, &["account", "set", "alice", "enabled=No"]);
        mode(&history, 0o700);
        assert!(told.contains("the history"), "{told}");
        assert_eq!(ini(server), before);
    };
    tried(&server);
    done(&server, &["config", "set", "server", "uuid=node-of-the-test"]);
    assert!(server.command(&["status"]).status.success());
    server.terminate();
    tried(&server);
}

#[test]
fn a_change_that_the_file_cannot_take_leaves_no_revision() {
    let server = Server::start(Configuration::standard());
    let folder = server.root().join("configuration");
    mode(&folder, 0o500);
    refused(&server, &["account", "set", "alice", "enabled=No"]);
    mode(&folder, 0o700);
    assert_eq!(done(&server, &["config", "log"]).lines().count(), 1);
}

#[test]
fn a_change_that_cannot_be_undone_is_told_until_somebody_confirms_it() {
    let mut server = Server::start(Configuration::standard());
    done(&server, &["account", "add", "bob", "--id", "bob-id", "--confirm", "1h"]);
    server.kill();
    // The revision of before has no such account.
    server.set_variable("CAUSEWAY__ACCOUNTS__BOB_ID__DESCRIPTION", "x");
    server.run();
    server.wait_for_event("it is told", |e| e.id == 20010 && e.message.contains("revision 1"));
    for _ in 0..2 {
        let status = server.command(&["status"]);
        assert_eq!(status.status.code(), Some(1));
        assert!(out(&status).contains("nobody has confirmed"), "{}", out(&status));
        assert!(server.root().join("run/unconfirmed").exists());
        done(&server, &["config", "set", "server", "description=x"]);
    }
    done(&server, &["apply", "--confirm"]);
    assert!(server.command(&["status"]).status.success());
    assert!(!server.root().join("run/unconfirmed").exists());
}

#[test]
fn a_change_whose_time_is_over_and_that_cannot_be_undone_is_told_once() {
    let server = Server::start(Configuration::standard());
    done(&server, &["account", "set", "alice", "enabled=No", "--confirm", "1h"]);
    std::fs::remove_file(server.root().join("history/000001.revision")).unwrap();
    // By its own time from now on.
    done(&server, &["config", "set", "server", "description=x", "--confirm", "1s"]);
    let told = |e: &causeway_tests::log::Entry| e.id == 20010 && e.message.contains("revision 1");
    server.wait_for_event("it is told", told);
    let status = server.command(&["status"]);
    assert_eq!(status.status.code(), Some(1));
    assert!(out(&status).contains("there is no revision 1"), "{}", out(&status));
    done(&server, &["apply", "--confirm"]);
    assert!(server.command(&["status"]).status.success());
    assert_eq!(server.events().iter().filter(|e| told(e)).count(), 1);
}

#[test]
fn a_time_to_confirm_without_a_change_is_refused_and_undoes_nothing_of_others() {
    let server = Server::start(Configuration::standard());
    assert!(refused(&server, &["apply", "--confirm", "5m"]).contains("nothing waits"));
    let told = refused(&server, &["config", "set", "server", "uuid=node-of-the-test", "--confirm", "5m"]);
    assert!(told.contains("nothing would be changed"), "{told}");
    assert!(!done(&server, &["status"]).contains("comes back"));
    assert!(!server.root().join("run/unconfirmed").exists());
}

#[test]
fn an_edit_that_the_history_could_not_keep_is_applied_as_soon_as_it_can() {
    let mut server = Server::start(Configuration::standard());
    let history = server.root().join("history");
    mode(&history, 0o500);
    server.edit(|c| c.alice("enabled", "No"));
    server.wait_for_event("it is refused", |e| e.id == 20010);
    mode(&history, 0o700);
    until("she is kept out", || !lets_in(&server, "alice"));
    assert!(server.command(&["status"]).status.success());
}

#[test]
fn an_edit_is_applied_once_somebody_who_held_the_history_lets_it_go() {
    let mut server = Server::start(Configuration::standard());
    let lock = std::fs::File::open(server.root().join("history/lock")).unwrap();
    lock.lock().unwrap();
    server.edit(|c| c.alice("enabled", "No"));
    let refused = server.wait_for_event("it is refused", |e| e.id == 20010);
    assert!(refused.message.contains("changing the history"), "{}", refused.message);
    drop(lock);
    until("she is kept out", || !lets_in(&server, "alice"));
}

#[test]
fn plain_passwords_are_hashed_however_they_came_into_the_file() {
    let server = Server::start(Configuration::standard());
    done(&server, &["account", "add", "bob", "password=a plain one", "--confirm", "1h"]);
    assert!(!ini(&server).contains("a plain one"), "provisionally");
    done(&server, &["apply", "--confirm"]);
    // The second revision is the one with the plain password.
    assert!(done(&server, &["config", "rollback", "2"]).contains("revision"));
    assert!(ini(&server).contains("name = bob") && !ini(&server).contains("a plain one"), "by a way back");
}

#[test]
fn plain_passwords_are_hashed_however_many_they_are() {
    let plain = |c: Configuration, n: usize| {
        c.set(&format!("accounts/many{n}"), "name", &format!("many{n}")).set(
            &format!("accounts/many{n}"),
            "password",
            &format!("a plain password {n}"),
        )
    };
    let server = Server::start((0..105).fold(Configuration::standard(), plain));
    let all = poll(Duration::from_secs(180), || (!ini(&server).contains("a plain password")).then_some(()));
    assert!(all.is_some(), "some stay plain");
    assert!(server.command(&["status"]).status.success());
}

#[test]
fn a_way_back_mends_a_file_that_cannot_be_read_or_is_gone() {
    let mut server = Server::start(Configuration::standard());
    let good = ini(&server);
    std::fs::remove_file(server.server_ini()).unwrap();
    server.wait_for_event("it is missed", |e| e.id == 20010);
    done(&server, &["config", "rollback", "1"]);
    assert_eq!(ini(&server), good);
    assert!(lets_in(&server, "alice"));
    std::fs::write(server.server_ini(), "[server\n").unwrap();
    done(&server, &["config", "rollback", "1"]);
    assert_eq!(ini(&server), good);
    server.terminate();
    std::fs::write(server.server_ini(), "[server\n").unwrap();
    done(&server, &["config", "rollback", "1"]);
    assert_eq!(ini(&server), good);
    std::fs::remove_file(server.server_ini()).unwrap();
    done(&server, &["config", "rollback", "1"]);
    assert_eq!(ini(&server), good);
}

#[test]
fn a_way_back_to_where_no_service_could_run_has_to_be_meant() {
    let mut server = Server::start(Configuration::standard());
    server.edit(|c| c.set("services/sftp", "address", "not an address"));
    let waits = server.wait_for_event("it waits", |e| e.id == 70030);
    assert!(waits.message.contains("services/sftp: address"), "{}", waits.message);
    assert!(out(&server.command(&["status"])).contains("services/sftp: address"));
    assert_eq!(server.command(&["apply", "--confirm"]).status.code(), Some(1), "nothing can run");
    server.wait_for_event("it is applied", |e| e.id == 50006);
    server.reconfigure(|c| c.set("services/sftp", "address", "@ADDRESS@"));
    let told = refused(&server, &["config", "rollback", "2"]);
    assert!(told.contains("services/sftp: address") && told.contains("--confirm"), "{told}");
    assert!(lets_in(&server, "alice"));
}

#[test]
fn what_failed_before_a_change_is_told_and_does_not_make_the_change_fail() {
    let server = Server::start(
        Configuration::standard()
            .set("services/bad", "name", "bad")
            .set("services/bad", "type", "ssh")
            .set("services/bad", "address", "192.0.2.1")
            .set("services/bad", "port", "10022"),
    );
    let told = done(&server, &["account", "set", "alice", "description=x"]);
    assert!(told.contains("still failing: services/bad: "), "{told}");
    let failed = || server.events().iter().filter(|e| e.id == 20158).count();
    assert_eq!(failed(), 1, "told once");
    let touched = server.command(&["service", "set", "bad", "description=x"]);
    assert_eq!(touched.status.code(), Some(1), "{}", out(&touched));
    assert!(out(&touched).contains("\nfailed: services/bad: "), "{}", out(&touched));
}

#[test]
fn a_secret_is_neither_listed_nor_told_however_its_option_is_spelled() {
    let mut server = Server::start(Configuration::standard());
    server.reconfigure(|c| {
        c.alice("pasword", "S3cret1")
            .set("accounts/bob-id", "name", "bob")
            .set("accounts/bob-id", "Description", "-----BEGIN OPENSSH PRIVATE KEY----- S3cret2")
            .alice("description", "https://ann:S3cret3@example.com")
            .set("accounts/bob-id", "SSH_Authorized_Keys_Path", "keys")
            .set("accounts/bob-id", "PASSWORD", "$6$abc$S3cret4")
    });
    let listed = done(&server, &["account", "list", "--json"]);
    assert!(listed.contains("SSH_Authorized_Keys_Path") && !listed.contains("S3cret"), "{listed}");
    server.wait_for_event("it is told", |e| [50005, 50006].contains(&e.id) && e.message.contains("pasword"));
    assert!(!std::fs::read_to_string(server.root().join("log/server.log")).unwrap().contains("S3cret"));
}
