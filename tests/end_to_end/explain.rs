//! `causeway explain`: what somebody may do, and which line says so.

use causeway_tests::sftp::{CREATE, READ, Sftp, WRITE};
use causeway_tests::{Configuration, Server};

fn explained(server: &Server, words: &[&str]) -> (bool, String) {
    let output = server.command(&[&["explain"], words].concat());
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

/// The line of the file, from 1, that holds a text.
fn line_of(server: &Server, text: &str) -> usize {
    let file = std::fs::read_to_string(server.server_ini()).unwrap();
    file.lines().position(|line| line.contains(text)).unwrap() + 1
}

fn two_groups() -> Configuration {
    Configuration::standard()
        .set("groups/first", "name", "first")
        .set("groups/first", "home_folder_path", "@ROOT@/data/${USER}")
        .set("groups/first", "create_home_folder", "Yes")
        .set(
            "groups/first",
            "permissions",
            "allow-read, allow-list\n/in/*, allow-write\n/${USER}/*, allow-full-control",
        )
        .set("groups/second", "name", "second")
        .set("groups/second", "permissions", "/out/*, deny-full-control\n/in/late, allow-full-control")
        .alice("group", "first, second")
}

#[test]
fn the_rule_that_decides_is_named_with_its_line_and_its_group() {
    let server = Server::prepare(two_groups());
    let (allowed, text) = explained(&server, &["alice", "/in/x", "--operation", "write"]);
    let line = line_of(&server, "/in/*, allow-write");
    assert!(allowed, "{text}");
    assert!(text.contains(&format!("'/in/*' of groups/first (server.ini:{line})")), "{text}");
    let (allowed, text) = explained(&server, &["alice", "/out/x", "--operation", "read"]);
    let line = line_of(&server, "/out/*");
    assert!(!allowed);
    assert!(
        text.contains(&format!("read /out/x: refused by '/out/*' of groups/second (server.ini:{line})")),
        "{text}"
    );
    let (_, text) = explained(&server, &["alice", "/else", "--operation", "delete-file"]);
    let line = line_of(&server, "allow-read, allow-list");
    assert!(text.contains(&format!("everywhere' of groups/first (server.ini:{line})")), "{text}");
}

#[test]
fn what_is_explained_is_what_happens() {
    let server = Server::start(two_groups());
    for folder in ["in", "out", "alice", "else"] {
        server.put_in_home("alice", &format!("{folder}/file"), b"x");
    }
    let mut sftp = Sftp::connect(&server, "alice");
    for folder in ["in", "out", "alice", "else"] {
        let path = format!("/{folder}/file");
        let says = |operation: &str| explained(&server, &["alice", &path, "--operation", operation]).0;
        assert_eq!(sftp.open(&path, READ).is_ok(), says("read"), "read {path}");
        assert_eq!(sftp.open(&path, WRITE | CREATE).is_ok(), says("write"), "write {path}");
        assert_eq!(sftp.lstat(&path).is_ok(), says("stat"), "stat {path}");
        assert_eq!(sftp.remove(&path).is_ok(), says("delete-file"), "delete {path}");
    }
}

#[test]
fn a_login_is_explained_with_its_address_rules() {
    let filter = "deny 127.0.0.5\nallow 127.0.0.0/8";
    let server = Server::prepare(Configuration::standard().alice("source_ip_filter", filter));
    let (allowed, text) = explained(&server, &["alice", "--from", "127.0.0.4"]);
    assert!(
        allowed && text.contains("login: allowed, with password or ssh-key [accounts/alice-id (server.ini:"),
        "{text}"
    );
    let line = line_of(&server, "allow 127.0.0.0/8");
    assert!(
        text.contains(&format!("'allow 127.0.0.0/8' of accounts/alice-id (server.ini:{line})")),
        "{text}"
    );
    let (allowed, text) = explained(&server, &["alice", "--from", "127.0.0.5"]);
    let line = line_of(&server, "deny 127.0.0.5");
    assert!(!allowed && text.contains(&format!("(server.ini:{line})")), "{text}");
    assert!(!explained(&server, &["alice", "--from", "192.0.2.1"]).0);
    let (allowed, text) = explained(&server, &["nobody"]);
    assert!(!allowed && text.contains("no account of that name"), "{text}");
}

#[test]
fn a_disabled_account_is_explained() {
    let server = Server::prepare(Configuration::standard().alice("enabled", "No"));
    let (allowed, text) = explained(&server, &["alice", "/x"]);
    assert!(!allowed && text.contains("refused: the account is disabled"), "{text}");
    assert!(!text.contains("read /x"), "{text}");
}

#[test]
fn what_the_security_policy_says_to_a_login_is_told_with_its_line_and_a_ban_too() {
    const POLICY: &str = "security-policies/DEFAULT-SECURITY-POLICY";
    let server = Server::start(
        Configuration::standard()
            .set(POLICY, "source_ip_filter", "allow 192.0.2.0/24\ndeny 198.51.100.0/24")
            .set(POLICY, "deny_usernames", "root, Alice")
            .set(POLICY, "source_ip_ban_after_count", "1")
            .account("bob"),
    );
    let (allowed, text) = explained(&server, &["alice", "--from", "192.0.2.1"]);
    assert!(allowed && text.contains("policy: 'allow 192.0.2.0/24'"), "{text}");
    let (allowed, text) = explained(&server, &["bob", "--from", "198.51.100.1"]);
    let line = line_of(&server, "deny 198.51.100.0/24");
    assert!(!allowed && text.contains("login: refused: the security policy"), "{text}");
    assert!(text.contains(&format!("'deny 198.51.100.0/24' of {POLICY} (server.ini:{line})")), "{text}");
    let (allowed, text) = explained(&server, &["alice", "--from", "203.0.113.1"]);
    assert!(!allowed && text.contains(&format!("policy: 'deny_usernames' of {POLICY}")), "{text}");

    assert!(explained(&server, &["bob", "--from", "127.0.0.1"]).0);
    causeway_tests::proxied::by_password(
        &server,
        causeway_tests::proxied::From::Address("127.0.0.1"),
        &["bob", "wrong"],
    );
    let (allowed, text) = explained(&server, &["bob", "--from", "127.0.0.1"]);
    assert!(!allowed && text.contains("ban: 127.0.0.1 is banned by"), "{text}");
}

#[test]
fn who_cannot_get_in_for_another_reason_than_the_account_is_told_so_and_check_tells_it_too() {
    const REVOKED: &str = "configuration/missing";
    let standard = Configuration::standard;
    let no_home =
        || standard().alice("home_folder_path", "@ROOT@/elsewhere").alice("create_home_folder", "No");
    for (configuration, reason, check) in [
        (
            standard().set("authentications/DEFAULT-AUTHENTICATION", "enabled", "No"),
            "no authentication of services/",
            Some("nobody logs in: no authentication of it is enabled"),
        ),
        (standard().set("services/sftp", "enabled", "No"), "is not enabled", Some("no service is enabled")),
        (
            standard().alice("required_credentials", "ssh-key").set(
                "server",
                "ssh_revoked_keys_path",
                REVOKED,
            ),
            "no key lets anybody in, because of ssh_revoked_keys_path",
            Some("ssh_revoked_keys_path: nobody logs in by a key"),
        ),
        (no_home(), "does not exist, and create_home_folder is No", None),
    ] {
        let server = Server::prepare(configuration);
        let (allowed, text) = explained(&server, &["alice"]);
        assert!(!allowed && text.contains("login: refused: ") && text.contains(reason), "{text}");
        let checked = server.command(&["check"]);
        let told = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.success(), check.is_none(), "{told}");
        assert!(check.is_none_or(|text| told.contains(text)), "{told}");
    }
    // Passwords go on when the list of revoked keys cannot be used.
    let server = Server::prepare(standard().set("server", "ssh_revoked_keys_path", REVOKED));
    let (allowed, text) = explained(&server, &["alice"]);
    assert!(allowed && text.contains("login: allowed, with password ["), "{text}");
}
