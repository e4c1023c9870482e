//! `[resources/ID]`

use std::process::Command;

use causeway_tests::certificates::certified;
use causeway_tests::openssh::lets_in;
use causeway_tests::program::must;

use super::*;

const ANALYTICS: &str = "resources/DEFAULT-ANALYTICS";
const SQLITE: &str = "resources/DEFAULT-SQLITE";

fn date(when: &str, form: &str) -> String {
    must(Command::new("date").args(["-d", when, form])).trim().to_owned()
}

/// With the resource that looks at the accounts each second.
fn watched() -> Configuration {
    Configuration::standard().set(ANALYTICS, "type", "analytics").set(ANALYTICS, "monitor_interval", "1")
}

/// `alice` was made long ago and may not be away for long.
fn inactive(c: Configuration) -> Configuration {
    c.alice("created", "2020-01-01").alice("disable_on_inactivity", "30")
}

fn wait_for_the_end_of_alice(server: &Server) {
    server.wait_for_event("the end of alice", |e| e.id == 20195 && e.message.contains("alice"));
}

#[test]
fn option_resources_account_auto_disable_grace_interval() {
    let spared = inactive(watched())
        .alice("changed", &date("10 days ago", "+%F %T"))
        .set(ANALYTICS, "account_auto_disable_grace_interval", "30")
        .account("bob")
        .set("accounts/bob-id", "created", "2020-01-01")
        .set("accounts/bob-id", "disable_on_inactivity", "30");
    let mut server = Server::start(spared);
    server.wait_for_event("the end of bob", |e| e.id == 20195 && e.message.contains("bob"));
    assert!(!server.events().iter().any(|e| e.id == 20195 && e.message.contains("alice")));
    server.reconfigure(|c| c.set(ANALYTICS, "account_auto_disable_grace_interval", "7"));
    wait_for_the_end_of_alice(&server);
}

#[test]
fn option_resources_account_expiration_warning() {
    let server = Server::start(
        watched()
            .set(ANALYTICS, "account_expiration_warning", "2")
            .alice("expire_datetime", &date("5 days", "+%F %T"))
            .account("bob")
            .set("accounts/bob-id", "expire_datetime", &date("1 day", "+%F %T")),
    );
    server.wait_for_event("the warning of bob", |e| e.id == 20128 && e.message.contains("bob"));
    assert!(!server.events().iter().any(|e| e.id == 20128 && e.message.contains("alice")));
}

#[test]
fn option_resources_description() {
    let mut server = standard();
    server.reconfigure(|c| c.set(SQLITE, "type", "sqlite").set(SQLITE, "description", "on the fast disk"));
    assert!(listed(&server, "resource").contains("on the fast disk"));
}

#[test]
fn option_resources_enabled() {
    let mut server = Server::start(inactive(watched()).set(ANALYTICS, "enabled", "No"));
    assert!(lets_in(&server, "alice"), "nobody looks at the accounts");
    assert!(server.terminate().success());
    server.edit(|c| {
        c.set(ANALYTICS, "enabled", "Yes").account("bob").set("accounts/bob-id", "created", "2020-01-01")
    });
    server.edit(|c| c.set("accounts/bob-id", "disable_on_inactivity", "30"));
    server.run();
    server.wait_for_event("the end of bob", |e| e.id == 20195 && e.message.contains("bob"));
}

#[test]
fn option_resources_monitor_interval() {
    let mut server = standard();
    server.reconfigure(|c| {
        inactive(c).set(ANALYTICS, "type", "analytics").set(ANALYTICS, "monitor_interval", "1")
    });
    wait_for_the_end_of_alice(&server);
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_resources_name() {
    let mut server = standard();
    server.reconfigure(|c| c.set(SQLITE, "type", "sqlite").set(SQLITE, "name", "our state"));
    assert!(listed(&server, "resource").contains("our state"));
}

#[test]
fn option_resources_password_expiration_warning() {
    let set = date("10 days ago", "+%s");
    let of = |c: Configuration, id: &str, lifetime: &str| {
        c.set(id, "password_lifetime", lifetime).set(id, "last_password_update", &set)
    };
    let c = watched().set(ANALYTICS, "password_expiration_warning", "2").account("bob");
    let server = Server::start(of(of(c, "accounts/alice-id", "15"), "accounts/bob-id", "11"));
    server.wait_for_event("the warning of bob", |e| e.id == 20129 && e.message.contains("bob"));
    assert!(!server.events().iter().any(|e| e.id == 20129 && e.message.contains("alice")));
}

#[test]
fn option_resources_path() {
    let mut server = Server::start(Configuration::standard().set(SQLITE, "type", "sqlite").set(
        SQLITE,
        "path",
        "configuration/cache.db3",
    ));
    assert!(server.root().join("configuration/cache.db3").is_file());
    assert!(!server.root().join("run/state.db3").exists());
    server.reconfigure(|c| c.set(SQLITE, "path", "configuration/other.db3"));
    let output = String::from_utf8(server.command(&["status"]).stdout).unwrap();
    assert!(output.contains("[resources/DEFAULT-SQLITE] path: the change waits for a restart"), "{output}");
}

#[test]
fn option_resources_certificate_expiration_warning() {
    let watched = |days: &'static str| {
        move |c: Configuration| {
            let c = c.set(ANALYTICS, "type", "analytics").set(ANALYTICS, "monitor_interval", "1");
            c.set(ANALYTICS, "certificate_expiration_warning", days).account("bob").set(
                "accounts/bob-id",
                "expire_datetime",
                &date("1 day", "+%F %T"),
            )
        }
    };
    let (server, _) = certified(watched("30"), &["-V", "-1d:+10d"]);
    server.wait_for_event("the warning", |e| e.id == 20114 && e.message.contains("ends in 10 days"));
    let (server, _) = certified(watched("5"), &["-V", "-1d:+10d"]);
    server.wait_for_event("another warning of the same look", |e| e.id == 20128);
    assert!(!server.events().iter().any(|e| e.id == 20114));
}
