//! `[security-policies/ID]`

use causeway_tests::openssh::lets_in;
use causeway_tests::proxied::{From, by_password};
use causeway_tests::wait::until;

use super::*;

const POLICY: &str = "security-policies/DEFAULT-SECURITY-POLICY";

fn changed(option: &str, value: &str) -> Server {
    let mut server = standard();
    server.reconfigure(|c| c.set(POLICY, option, value));
    server
}

fn fail(server: &Server, times: usize) {
    by_password(server, From::Address("127.0.0.1"), &["alice", "wrong"].repeat(times));
}

#[test]
fn option_security_policies_deny_usernames() {
    let server = changed("deny_usernames", "root, ALICE");
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_security_policies_description() {
    assert!(listed(&changed("description", "for partners"), "security-policy").contains("for partners"));
}

#[test]
fn option_security_policies_name() {
    let mut server = changed("name", "our doors");
    server.reconfigure(|c| c.set(POLICY, "source_ip_filter", "deny 127.0.0.1"));
    assert!(!lets_in(&server, "alice"));
    server.wait_for_event("the name", |e| e.id == 20005 && e.message.contains("our doors"));
}

#[test]
fn option_security_policies_source_ip_ban_after_count() {
    let server = changed("source_ip_ban_after_count", "2");
    fail(&server, 1);
    assert!(lets_in(&server, "alice"));
    fail(&server, 2);
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_security_policies_source_ip_ban_interval() {
    let mut server = changed("source_ip_ban_after_count", "1");
    server.reconfigure(|c| c.set(POLICY, "source_ip_ban_interval", "3"));
    fail(&server, 1);
    assert!(!lets_in(&server, "alice"));
    until("the ban ends", || lets_in(&server, "alice"));
}

#[test]
fn option_security_policies_source_ip_filter() {
    let mut server = changed("source_ip_filter", "deny 127.0.0.0/8");
    assert!(!lets_in(&server, "alice"));
    server.reconfigure(|c| c.set(POLICY, "source_ip_filter", "allow 127.0.0.1\ndeny 127.0.0.0/8"));
    assert!(lets_in(&server, "alice"));
}
