//! Security policies: sources that are banned or denied, names that are refused.

use std::net::Ipv4Addr;

use causeway_tests::clock::WallClock;
use causeway_tests::configuration::PASSWORD;
use causeway_tests::openssh::{self, sftp};
use causeway_tests::proxied::{self, From, by_password};
use causeway_tests::server::{PORT, make_key};
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;
use causeway_tests::wire::Wire;
use causeway_tests::{Configuration, Server};

const POLICY: &str = "security-policies/DEFAULT-SECURITY-POLICY";

/// A policy that bans for so many failures.
fn banning(count: u32) -> Configuration {
    Configuration::standard().set(POLICY, "source_ip_ban_after_count", &count.to_string())
}

/// So many wrong passwords, none of which may be let in.
fn fail(server: &Server, from: From<'_>, times: usize) {
    let let_in = by_password(server, from, &["alice", "wrong"].repeat(times));
    assert_eq!(let_in, vec![false; times]);
}

fn succeeds(server: &Server, from: From<'_>) -> bool {
    by_password(server, from, &["alice", PASSWORD]) == [true]
}

/// Whether `alice` gets in with her key from there, at the service on that port.
fn lets_in_at(server: &Server, source: &str, port: u16) -> bool {
    let alias = format!("HostKeyAlias=[{}]:{PORT}", server.address);
    let (bind, port) = (format!("BindAddress={source}"), format!("Port={port}"));
    let options = ["-o", &port, "-o", &alias, "-o", &bind];
    sftp(server, "alice", &options, "pwd\n").status.success()
}

fn greets(server: &Server, source: [u8; 4]) -> bool {
    let wire = Wire::connect_from(server, Ipv4Addr::from(source));
    wire.is_ok_and(|mut wire| wire.identification().is_some())
}

fn bans(server: &Server) -> String {
    String::from_utf8(server.command(&["bans", "list"]).stdout).unwrap()
}

fn with_service(c: Configuration, id: &str, port: u16) -> Configuration {
    let section = format!("services/{id}");
    c.set(&section, "type", "ssh").set(&section, "address", "@ADDRESS@").set(
        &section,
        "port",
        &port.to_string(),
    )
}

#[test]
fn b37_five_failures_ban_the_source_at_all_services_of_the_policy_for_an_hour_and_a_success_before_the_fifth_resets()
 {
    // With nothing but the defaults.
    let configuration = with_service(Configuration::standard().without(POLICY), "same", 10031);
    let configuration = with_service(configuration, "other", 10032)
        .set("security-policies/other", "name", "other")
        .set("services/other", "security_policy", "other");
    let server = Server::start(configuration);
    let here = From::Address("127.0.0.1");
    fail(&server, here, 4);
    assert!(succeeds(&server, here));
    fail(&server, here, 4);
    assert!(succeeds(&server, here), "the success in between made it four again");
    fail(&server, here, 5);
    assert!(!succeeds(&server, here));
    assert!(!lets_in_at(&server, "127.0.0.1", PORT), "by key neither");
    assert!(!lets_in_at(&server, "127.0.0.1", 10031));
    assert!(lets_in_at(&server, "127.0.0.1", 10032), "another policy");
    assert!(lets_in_at(&server, "127.201.3.4", PORT), "another source");
    assert!(greets(&server, [127, 0, 0, 1]), "it looks like any other refusal");
    server
        .wait_for_event("the ban", |e| e.id == 70060 && e.message.contains("127.0.0.1 is banned for 3600 s"));
    server.wait_for_event("the refusal", |e| {
        e.id == 20005 && e.message.contains("127.0.0.1 is banned for another")
    });
    let listed = bans(&server);
    assert!(listed.starts_with("127.0.0.1  DEFAULT-SECURITY-POLICY  5 failed logins, another 3"), "{listed}");
}

#[test]
fn b36_an_allow_rule_spares_its_range_the_ban_a_deny_rule_blocks_and_where_no_rule_matches_the_ban_counts() {
    let mut server = Server::start(
        banning(2)
            .set(POLICY, "source_ip_filter", "deny 127.51.0.66\nallow 127.51.0.0/16\ndeny 127.52.0.0/16")
            .set(POLICY, "deny_usernames", "alice")
            .set("services/sftp", "block_source_at_connection", "Yes")
            .account("bob"),
    );
    let allowed = From::Address("127.51.0.1");
    fail(&server, allowed, 3);
    assert!(succeeds(&server, allowed), "neither the ban nor the denied name counts");
    assert!(!greets(&server, [127, 51, 0, 66]) && !greets(&server, [127, 52, 9, 9]));
    server.wait_for_event("the block", |e| {
        e.id == 20005 && e.message.contains("the rule 'deny 127.51.0.66' refuses the address 127.51.0.66")
    });
    assert!(greets(&server, [127, 53, 0, 1]));
    let neutral = From::Address("127.53.0.1");
    assert_eq!(by_password(&server, neutral, &["bob", PASSWORD, "alice", PASSWORD]), [true, false]);
    fail(&server, neutral, 1);
    until("it is banned at once", || !greets(&server, [127, 53, 0, 1]));
    assert!(greets(&server, [127, 53, 0, 2]));

    // At the login instead.
    server.reconfigure(|c| c.set("services/sftp", "block_source_at_connection", "No"));
    for source in ["127.53.0.1", "127.52.9.9"] {
        assert!(greets(&server, source.parse::<Ipv4Addr>().unwrap().octets()));
        assert_eq!(by_password(&server, From::Address(source), &["bob", PASSWORD]), [false]);
    }
}

#[test]
fn keys_that_are_only_offered_ban_nobody_and_passwords_for_unknown_names_do() {
    let server = Server::start(banning(3));
    let other = server.client().join("other");
    make_key(&other, "ed25519");
    for _ in 0..6 {
        let identity = format!("IdentityFile={}", other.display());
        let output = sftp(&server, "bob", &["-o", &identity], "pwd\n");
        assert!(!output.status.success(), "nobody is called so");
    }
    assert!(openssh::lets_in(&server, "alice"));
    assert_eq!(bans(&server), "");
    // An unknown name is a failed login once something is shown for it.
    by_password(&server, From::Address("127.0.0.1"), &["nobody", "x"].repeat(3));
    assert!(!openssh::lets_in(&server, "alice"));
}

#[test]
fn bans_outlive_a_restart_and_a_crash_until_an_administrator_removes_them() {
    let mut server = Server::start(banning(2).set("services/sftp", "proxy_protocol_networks", "127.0.0.1"));
    let (first, second) = (proxied::v1("192.0.2.1"), proxied::v1("2001:db8::1"));
    let neighbour = proxied::v1("2001:db8::ffff:0:0:1");
    fail(&server, From::Header(&first), 2);
    assert!(server.terminate().success());
    server.run();
    assert!(!succeeds(&server, From::Header(&first)));
    fail(&server, From::Header(&second), 2);
    until("the state has it", || {
        let state = std::fs::read(server.root().join("run/state.db3-wal")).unwrap_or_default();
        state.windows(13).any(|w| w == b"2001:db8::/64")
    });
    server.kill();
    server.run();
    assert!(!succeeds(&server, From::Header(&first)) && !succeeds(&server, From::Header(&neighbour)));
    let listed = bans(&server);
    assert!(listed.contains("192.0.2.1  ") && listed.contains("2001:db8::/64  "), "{listed}");

    let remove = |words: &[&str]| server.command(&[&["bans", "remove"], words].concat());
    assert_eq!(remove(&[]).status.code(), Some(2), "which?");
    assert_eq!(remove(&["192.0.2.0/24"]).status.code(), Some(2));
    assert_eq!(remove(&["192.0.2.2"]).status.code(), Some(1), "there is none");
    assert_eq!(remove(&["192.0.2.1", "--policy", "other"]).status.code(), Some(1));
    assert!(remove(&["2001:db8::5"]).status.success());
    assert!(succeeds(&server, From::Header(&second)));
    server.wait_for_event("the release", |e| {
        e.id == 50008 && e.message.contains("2001:db8::/64") && e.message.contains("policy of the tests")
    });
    assert!(remove(&["--all"]).status.success());
    assert!(succeeds(&server, From::Header(&first)));
    assert!(server.terminate().success());
    server.run();
    assert_eq!(bans(&server), "");
    assert!(succeeds(&server, From::Header(&first)));
}

#[test]
fn a_step_of_the_wall_clock_does_not_end_a_ban() {
    let mut server = Server::prepare(banning(2));
    let clock = WallClock::of(&mut server);
    server.run();
    fail(&server, From::Address("127.0.0.1"), 2);
    for days in [10, -10] {
        clock.step_to(days * 86_400);
        assert!(!openssh::lets_in(&server, "alice"), "{days}");
    }
}

#[test]
fn a_name_that_is_denied_is_refused_whatever_is_shown_and_its_session_ends_when_it_becomes_so() {
    let mut server = Server::start(Configuration::standard().account("Bob"));
    let mut bob = Sftp::connect(&server, "Bob");
    server.reconfigure(|c| c.set(POLICY, "deny_usernames", "root, bob"));
    until("the session ends", || bob.realpath("/").is_err());
    assert!(!openssh::lets_in(&server, "Bob") && openssh::lets_in(&server, "alice"));
    server.wait_for_event("the refusal", |e| e.id == 20136 && e.message.contains("Bob"));
}

#[test]
fn a_source_that_becomes_denied_loses_its_sessions_and_one_that_is_banned_does_not() {
    let mut server = Server::start(banning(2));
    let mut session = Sftp::connect(&server, "alice");
    fail(&server, From::Address("127.0.0.1"), 2);
    assert!(!openssh::lets_in(&server, "alice"));
    assert!(session.realpath("/").is_ok());
    server.reconfigure(|c| c.set(POLICY, "source_ip_filter", "deny 127.0.0.1"));
    until("the session ends", || session.realpath("/").is_err());
}

#[test]
fn a_service_whose_policy_cannot_be_honoured_takes_no_connections() {
    let mut server = Server::start(with_service(Configuration::standard(), "other", 10031));
    server.reconfigure(|c| {
        c.set("security-policies/broken", "source_ip_filter", "deny everybody").set(
            "services/sftp",
            "security_policy",
            "broken",
        )
    });
    until("nobody listens", || Wire::connect_from(&server, Ipv4Addr::LOCALHOST).is_err());
    assert!(lets_in_at(&server, "127.0.0.1", 10031));
    let check = server.command(&["check"]);
    assert!(!check.status.success());
    assert!(String::from_utf8_lossy(&check.stdout).contains("'broken' cannot be used"));
}
