//! The option `source_ip_filter`: from where an account may log in, and which of its groups count there.

use causeway_tests::openssh::sftp;
use causeway_tests::{Configuration, Server};

const INSIDE: &str = "127.0.0.9";
const OUTSIDE: &str = "127.0.0.10";

/// What `sftp` from that address prints; none when it is not let in.
fn from(server: &Server, source: &str, batch: &str) -> Option<String> {
    let output = sftp(server, "alice", &["-o", &format!("BindAddress={source}")], batch);
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A group that counts inside alone, whose folder and rules the account has from it.
fn with_office() -> Configuration {
    Configuration::standard()
        .set("groups/office", "name", "office")
        .set("groups/office", "source_ip_filter", &format!("allow {INSIDE}/32"))
        .set("groups/office", "home_folder_path", "@ROOT@/data/${USER}")
        .set("groups/office", "permissions", "allow-full-control")
        .set("groups/office", "create_home_folder", "Yes")
        .set("groups/DEFAULT_GROUP", "permissions", "allow-list")
}

#[test]
fn b35_a_group_counts_only_where_its_filter_allows() {
    let office = with_office().set("groups/office", "virtual_folders", "/plans, @ROOT@/data/plans");
    let mut server = Server::prepare(office.alice("group", "office, DEFAULT_GROUP"));
    server.put_in_home("plans", "plan", b"content");
    server.put_in_home("alice", "mine", b"content");
    server.run();
    let listed = |source| from(&server, source, "ls -1\n").expect("it is let in");
    assert!(listed(INSIDE).contains("plans") && listed(INSIDE).contains("mine"));
    assert!(!listed(OUTSIDE).contains("plans") && listed(OUTSIDE).contains("mine"));
    assert!(from(&server, INSIDE, "get mine\n").is_some());
    assert!(from(&server, OUTSIDE, "get mine\n").is_none(), "the rules of the group are gone too");
}

#[test]
fn b35_where_no_group_counts_nobody_is_let_in_and_the_event_says_why() {
    let server = Server::start(with_office().alice("group", "office"));
    assert!(from(&server, INSIDE, "pwd\n").is_some());
    assert!(from(&server, OUTSIDE, "pwd\n").is_none());
    server.wait_for_event("the refusal", |entry| {
        entry.id == 20136 && entry.message.contains("'office' has no rule for it")
    });
}

#[test]
fn b35_an_account_is_let_in_from_where_its_own_filter_allows_and_from_nowhere_else() {
    let filter = format!("deny {OUTSIDE}\nallow {INSIDE}\nallow 127.0.0.10/31");
    let server = Server::start(Configuration::standard().alice("source_ip_filter", &filter));
    for (source, expected) in [(INSIDE, true), ("127.0.0.11", true), (OUTSIDE, false), ("127.0.0.12", false)]
    {
        assert_eq!(from(&server, source, "pwd\n").is_some(), expected, "{source}");
    }
    server.wait_for_event("the refusal by a rule", |entry| {
        entry.id == 20136 && entry.message.contains(&format!("the account's rule 'deny {OUTSIDE}'"))
    });
    server.wait_for_event("the refusal by none", |entry| {
        entry.id == 20136 && entry.message.contains("no rule of the account allows the address 127.0.0.12")
    });
}

#[test]
fn a_filter_of_old_releases_is_a_list_of_who_may_come() {
    let server =
        Server::start(Configuration::standard().alice("source_ip_filter", &format!("{INSIDE}, 10.0.0.1")));
    assert!(from(&server, INSIDE, "pwd\n").is_some());
    assert!(from(&server, OUTSIDE, "pwd\n").is_none());
}
