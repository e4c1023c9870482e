//! `ssh user@host passwd`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use causeway_tests::clients::python;
use causeway_tests::configuration::PASSWORD;
use causeway_tests::openssh::{self, Master, lets_in};
use causeway_tests::server::PORT;
use causeway_tests::{Configuration, Server};

const NEW: &str = "brisk onyx lantern 47";
const NEXT: &str = "quiet maple harbor 81";

/// `ssh alice@host passwd` with these lines typed.
fn passwd(server: &Server, lines: &[&str]) -> Output {
    let mut child = Command::new("ssh")
        .args(openssh::options(server))
        .args(["-p", &PORT.to_string(), &format!("alice@{}", server.address), "passwd"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    // Who has been refused does not listen any more.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait_with_output().unwrap()
}

/// Exit code, and the last line of what was said.
fn told(server: &Server, lines: &[&str]) -> (Option<i32>, String) {
    let output = passwd(server, lines);
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.trim_end().rsplit(": ").next().unwrap_or_default().to_owned();
    (output.status.code(), last)
}

fn change(server: &Server, current: &str, new: &str) -> (Option<i32>, String) {
    told(server, &[current, new, new])
}

fn logs_in(server: &Server, password: &str) -> bool {
    python(server, "passwords.py", &["alice", password]).trim() == "let in"
}

fn allowing() -> Configuration {
    Configuration::standard().set("groups/DEFAULT_GROUP", "allow_own_password_change", "Yes")
}

#[test]
fn b50_passwd_asks_changes_the_password_and_ends_with_an_exit_code() {
    let server = Server::start(allowing());
    let before = std::fs::read_to_string(server.server_ini()).unwrap();
    let wrong = told(&server, &["wrong", NEW, NEW]);
    assert_eq!(wrong, (Some(1), "the current password is wrong.".into()));
    let differ = told(&server, &[PASSWORD, NEW, NEXT]);
    assert_eq!(differ, (Some(1), "the two new passwords differ.".into()));
    let ended = told(&server, &[PASSWORD, NEW]);
    assert_eq!(ended, (Some(1), "not everything was said.".into()));
    assert_eq!(std::fs::read_to_string(server.server_ini()).unwrap(), before);

    let output = passwd(&server, &[PASSWORD, NEW, NEW]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "Current password: New password: New password again: The password was changed.\n"
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(logs_in(&server, NEW) && !logs_in(&server, PASSWORD));
    server.wait_for_events("alice", &[20085, 20086]);

    // Only two options differ, and the way back is in the history.
    let after = std::fs::read_to_string(server.server_ini()).unwrap();
    let changed: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert!(changed[0].starts_with("password = $argon2id$"), "{changed:?}");
    assert!(changed[1].starts_with("last_password_update = "), "{changed:?}");
    assert!(!after.contains(NEW));
    let log = server.command(&["config", "log"]);
    assert!(String::from_utf8_lossy(&log.stdout).contains("account alice"), "{log:?}");
}

#[test]
fn sessions_of_the_account_go_on_after_a_change_and_a_restart_keeps_it() {
    let mut server = Server::start(allowing());
    let master = Master::connect(&server, &[]);
    assert_eq!(change(&server, PASSWORD, NEW).0, Some(0));
    assert!(master.batch(&server, "pwd\n").contains('/'));
    drop(master);
    assert!(server.terminate().success());
    server.run();
    assert!(logs_in(&server, NEW));
}

#[test]
fn a_new_password_must_follow_the_policy_and_not_be_an_old_one() {
    let server = Server::start(allowing());
    for (weak, why) in [
        ("password1234", "it is too easy to guess."),
        ("short", "a password has at least 11 characters."),
        (" brisk onyx lantern 47", "a password does not begin or end with a blank."),
        (PASSWORD, "it was the account's password before."),
    ] {
        // The password of the tests is not one that the policy would allow.
        let (code, said) = change(&server, PASSWORD, weak);
        assert_eq!(code, Some(1), "{weak}");
        assert!(said == why || weak == PASSWORD, "{weak}: {said}");
    }
    let long = "x".repeat(151);
    assert_eq!(change(&server, PASSWORD, &long), (Some(1), "a password has at most 150 characters.".into()));
    assert_eq!(change(&server, PASSWORD, NEW).0, Some(0));
    assert_eq!(change(&server, NEW, NEXT).0, Some(0));
    let again = (Some(1), "it was the account's password before.".to_owned());
    assert_eq!(change(&server, NEXT, NEW), again);
    assert_eq!(change(&server, NEXT, NEXT), again);
}

#[test]
fn passwd_is_for_those_who_may_and_nothing_else_is_run() {
    let mut server = Server::start(Configuration::standard());
    let refused = (Some(1), "this account may not change its own password.".to_owned());
    assert_eq!(change(&server, PASSWORD, NEW), refused);
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "allow_own_password_change", "Yes"));
    for command in ["passwd alice", "/usr/bin/passwd", "passwd; id", "id"] {
        let output = Command::new("ssh")
            .args(openssh::options(&server))
            .args(["-p", &PORT.to_string(), &format!("alice@{}", server.address), command])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{command}: {output:?}");
    }
    // A password that is kept elsewhere is not the server's to change.
    let hash = server.root().join("configuration/hash");
    let made = causeway_tests::program::output_with_input(&["password", "hash"], &format!("{PASSWORD}\n"));
    std::fs::write(&hash, made.stdout).unwrap();
    causeway_tests::program::give(&server.root());
    server.reconfigure(|c| c.alice("password", "external-file:configuration/hash"));
    assert_eq!(change(&server, PASSWORD, NEW), (Some(1), "it cannot be changed now.".into()));
    server.wait_for_event("why", |e| e.id == 20086 && e.message.contains("outside of server.ini"));
    assert!(logs_in(&server, PASSWORD) && lets_in(&server, "alice"));
}

#[test]
fn option_groups_allow_own_password_change() {
    assert_eq!(change(&Server::start(allowing()), PASSWORD, NEW).0, Some(0));
    let server = Server::start(allowing().set("groups/DEFAULT_GROUP", "allow_own_password_change", "No"));
    assert_eq!(change(&server, PASSWORD, NEW).0, Some(1));
}

/// What becomes of a new password under another policy.
fn under(option: &str, value: &str, new: &str) -> bool {
    let mut server = Server::start(allowing());
    server.reconfigure(|c| c.set("server", option, value));
    change(&server, PASSWORD, new).0 == Some(0)
}

#[test]
fn option_server_password_minimum_strength() {
    assert!(under("password_minimum_strength", "0", "password"));
    assert!(!under("password_minimum_strength", "1", "password"));
}

#[test]
fn option_server_password_minimum_length() {
    assert!(!under("password_minimum_length", "30", NEW));
    assert!(under("password_minimum_length", "21", NEW));
}

#[test]
fn option_server_password_character_requirements() {
    assert!(!under("password_character_requirements", "lowercase, uppercase", NEW));
    assert!(under("password_character_requirements", "lowercase, digit", NEW));
}

#[test]
fn option_server_password_history() {
    let server = Server::start(allowing().set("server", "password_history", "2"));
    let third = "crisp walnut sailing 29";
    for (current, new, code) in
        [(PASSWORD, NEW, 0), (NEW, NEXT, 0), (NEXT, NEW, 1), (NEXT, third, 0), (third, NEW, 0)]
    {
        assert_eq!(change(&server, current, new).0, Some(code), "{current} to {new}");
    }
}
