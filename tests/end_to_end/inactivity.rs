//! Accounts by which nobody logs in, and accounts and passwords that end soon.

use std::process::Command;

use causeway_tests::openssh::lets_in;
use causeway_tests::program::must;
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

/// A server that looks at its accounts each second.
fn watched(configuration: Configuration) -> Configuration {
    configuration.set("resources/DEFAULT-ANALYTICS", "type", "analytics").set(
        "resources/DEFAULT-ANALYTICS",
        "monitor_interval",
        "1",
    )
}

fn date(when: &str, form: &str) -> String {
    must(Command::new("date").args(["-d", when, form])).trim().to_owned()
}

#[test]
fn b63_an_inactive_account_is_disabled_also_after_a_restart_until_an_administrator_changes_it() {
    let configuration = watched(Configuration::standard())
        .alice("created", "2020-01-01")
        .alice("disable_on_inactivity", "30");
    let mut server = Server::start(configuration.account("bob"));
    server.wait_for_event("the end of the account", |entry| {
        entry.id == 20195 && entry.message.contains("alice")
    });
    assert!(!lets_in(&server, "alice"));
    assert!(lets_in(&server, "bob"));
    server.wait_for_event("the refusal", |entry| {
        entry.id == 20136 && entry.message.contains("nobody has logged in by it for too long")
    });
    assert!(server.terminate().success());
    server.run();
    assert!(!lets_in(&server, "alice"));

    server.reconfigure(|c| c.alice("changed", &date("now", "+%F %T")));
    until("alice is let in again", || lets_in(&server, "alice"));
}

#[test]
fn accounts_and_passwords_that_end_soon_are_told() {
    let set = date("10 days ago", "+%s");
    let configuration = watched(Configuration::standard())
        .alice("expire_datetime", &date("3 days", "+%F %T"))
        .alice("password_lifetime", "12")
        .alice("last_password_update", &set)
        .account("bob");
    let server = Server::start(configuration);
    server.wait_for_event("the account", |e| {
        e.id == 20128 && e.message.contains("\"alice\" expires in 3 days")
    });
    server.wait_for_event("the password", |e| {
        e.id == 20129 && e.message.contains("\"alice\" expires in 2 days")
    });
    assert!(!server.events().iter().any(|e| matches!(e.id, 20128 | 20129) && e.message.contains("bob")));
}
