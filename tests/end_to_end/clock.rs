//! The wall clock steps forwards and back under a running server.

use std::process::Command;

use causeway_tests::clock::WallClock;
use causeway_tests::openssh::lets_in;
use causeway_tests::program::must;
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

const DAY: i64 = 86_400;

fn date(when: &str) -> String {
    must(Command::new("date").args(["-d", when, "+%F %T"])).trim().to_owned()
}

fn server(configuration: Configuration) -> (Server, WallClock) {
    let mut server = Server::prepare(configuration);
    let clock = WallClock::of(&mut server);
    server.run();
    (server, clock)
}

fn out(server: &Server, words: &[&str]) -> String {
    String::from_utf8_lossy(&server.command(words).stdout).into_owned()
}

#[test]
fn an_account_ends_when_the_clock_steps_over_its_end_and_not_when_it_steps_back() {
    let configuration = Configuration::standard().alice("expire_datetime", &date("2 days")).account("bob");
    let (server, clock) = server(configuration);
    let (mut alice, mut bob) = (Sftp::connect(&server, "alice"), Sftp::connect(&server, "bob"));
    clock.step_to(-3 * DAY);
    assert!(lets_in(&server, "alice"));
    clock.step_to(3 * DAY);
    until("the session is closed", || alice.realpath("/").is_err());
    assert!(!lets_in(&server, "alice"));
    assert_eq!(bob.realpath("/").unwrap(), b"/");
    clock.step_to(0);
    assert!(lets_in(&server, "alice"));
}

#[test]
fn a_step_of_the_clock_neither_ends_nor_prolongs_the_time_of_a_provisional_change() {
    let (server, clock) = server(Configuration::standard());
    let set = |option: &str, time: &str| {
        assert!(server.command(&["account", "set", "alice", option, "--confirm", time]).status.success());
    };
    set("description=x", "1h");
    for step in [2 * DAY, -2 * DAY] {
        clock.step_to(step);
        let status = out(&server, &["status"]);
        assert!(status.contains("comes back in 35"), "{status}");
    }
    assert!(out(&server, &["apply", "--confirm"]).contains("confirmed"));
    set("description=y", "2s");
    clock.step_to(-3 * DAY);
    server.wait_for_event("it went back", |e| e.id == 70031);
    assert!(std::fs::read_to_string(server.server_ini()).unwrap().contains("description = x"));
}

#[test]
fn edits_are_applied_whatever_the_clock_does() {
    let (mut server, clock) = server(Configuration::standard());
    for (step, name) in [(3 * DAY, "bob"), (-3 * DAY, "carol"), (0, "dave")] {
        clock.step_to(step);
        server.reconfigure(|c| c.account(name));
        assert!(lets_in(&server, name), "{name}");
    }
    let log = out(&server, &["config", "log"]);
    assert_eq!(log.lines().count(), 4, "{log}");
}

#[test]
fn an_account_that_a_clock_that_was_ahead_had_disabled_is_let_in_again() {
    let configuration = Configuration::standard()
        .set("resources/DEFAULT-ANALYTICS", "type", "analytics")
        .set("resources/DEFAULT-ANALYTICS", "monitor_interval", "1")
        .alice("created", &date("yesterday"))
        .alice("disable_on_inactivity", "30");
    let (server, clock) = server(configuration);
    clock.step_to(60 * DAY);
    server.wait_for_event("it is disabled", |e| e.id == 20195 && e.message.contains("alice"));
    assert!(!lets_in(&server, "alice"));
    clock.step_to(0);
    until("alice is let in again", || lets_in(&server, "alice"));
}
