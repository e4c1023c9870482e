//! `[accounts/ID]`

use causeway_tests::certificates::{lets_in_with, with_authority};
use causeway_tests::content::write_distinct;
use std::process::Command;

use causeway_tests::clients::{python, python_command};
use causeway_tests::openssh::{self, lets_in, sftp};
use causeway_tests::program::give;
use causeway_tests::server::{PORT, make_key};
use causeway_tests::sftp::{READ, Sftp};
use causeway_tests::wait::until;

use super::*;

/// A server whose `alice` has an option changed while it runs.
fn changed(option: &str, value: &str) -> Server {
    let mut server = standard();
    server.reconfigure(|c| c.alice(option, value));
    server
}

#[test]
fn option_accounts_amend_write_name() {
    let server = changed("amend_write_name", "uuid-prefix");
    Sftp::connect(&server, "alice").put("/x", b"x").unwrap();
    let mut names = std::fs::read_dir(server.home("alice")).unwrap().map(|e| e.unwrap().file_name());
    assert!(names.any(|name| name.to_string_lossy().ends_with("-x")));
}

#[test]
fn option_accounts_changed() {
    let server = changed("changed", "2026-01-31");
    assert!(listed(&server, "account").contains("2026-01-31"));
    assert!(server.command(&["status"]).status.success());
}

#[test]
fn option_accounts_created() {
    let server = changed("created", "2026-01-30 10:00:00");
    assert!(listed(&server, "account").contains("2026-01-30"));
    assert!(server.command(&["status"]).status.success());
}

#[test]
fn option_accounts_create_home_folder() {
    let server = changed("create_home_folder", "No");
    assert!(!lets_in(&server, "alice"));
    assert!(!server.root().join("data/alice").exists());
}

#[test]
fn option_accounts_description() {
    assert!(listed(&changed("description", "of payroll"), "account").contains("of payroll"));
}

#[test]
fn option_accounts_email() {
    assert!(listed(&changed("email", "Ann <ann@example.com>"), "account").contains("ann@example.com"));
    let mut server = standard();
    server.reconfigure(|c| c.alice("email", "no address"));
    assert!(String::from_utf8_lossy(&server.command(&["check"]).stdout).contains("email"));
}

#[test]
fn option_accounts_enabled() {
    assert!(!lets_in(&changed("enabled", "No"), "alice"));
}

#[test]
fn option_accounts_expire_datetime() {
    assert!(!lets_in(&changed("expire_datetime", "2020-01-01"), "alice"));
    assert!(lets_in(&changed("expire_datetime", "2100-01-01"), "alice"));
}

#[test]
fn option_accounts_file_write_size() {
    let server = changed("file_write_size", "10");
    assert!(writes(&server, 10) && !writes(&server, 11));
}

#[test]
fn option_accounts_group() {
    let mut server = standard();
    server.reconfigure(|c| c.set("groups/closed", "enabled", "No").alice("group", "closed"));
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_accounts_home_folder_path() {
    let server = changed("home_folder_path", "@ROOT@/data/elsewhere");
    Sftp::connect(&server, "alice").put("/x", b"x").unwrap();
    assert!(server.home("elsewhere").join("x").exists());
}

#[test]
fn option_accounts_last_password_update() {
    let mut server = changed("password_lifetime", "1");
    assert!(!lets_in(&server, "alice"));
    server.reconfigure(|c| c.alice("last_password_update", "4102444800"));
    assert!(lets_in(&server, "alice"));
}

fn listed_sessions(server: &Server) -> String {
    String::from_utf8(server.command(&["sessions", "list"]).stdout).unwrap()
}

const CLASSICAL: [&str; 2] = ["-o", "KexAlgorithms=curve25519-sha256"];

/// OpenSSH with a key exchange that a quantum computer would break, and asyncssh with one that withstands.
pub(super) fn gets_in_without_and_with_post_quantum(server: &Server) -> (bool, bool) {
    let without = sftp(server, "alice", &CLASSICAL, "pwd\n").status.success();
    let with = ["mlkem768x25519-sha256", "aes256-ctr", "hmac-sha2-256"];
    let with = python_command(server, "algorithms_asyncssh.py", &with).status().unwrap().success();
    (without, with)
}

#[test]
fn option_accounts_require_post_quantum() {
    assert_eq!(gets_in_without_and_with_post_quantum(&standard()), (true, true));
    let mut server = changed("require_post_quantum", "Yes");
    assert_eq!(gets_in_without_and_with_post_quantum(&server), (false, true));
    server.wait_for_event("why", |e| e.message.contains("requires a post-quantum key exchange"));
    // A session of before ends when it may not be any more.
    server.reconfigure(|c| c.alice("require_post_quantum", "No"));
    assert_eq!(python(&server, "downgrade_paramiko.py", &["one"]), "made\n");
    let mut session = Command::new("ssh")
        .args(openssh::options(&server))
        .args(CLASSICAL)
        .args(["-N", "-p", &PORT.to_string(), &format!("alice@{}", server.address)])
        .spawn()
        .unwrap();
    until("it has logged in", || listed_sessions(&server).contains("alice"));
    server.reconfigure(|c| c.alice("require_post_quantum", "Yes"));
    until("the session has ended", || session.try_wait().unwrap().is_some());
    // Nor may it go over to other keys later: what is said under those is not heard.
    assert_eq!(python(&server, "downgrade_paramiko.py", &["two"]), "not made\n");
    assert!(server.home("alice").join("one").exists() && !server.home("alice").join("two").exists());
}

#[test]
fn option_accounts_link_roots() {
    let mut server = standard();
    server.put_in_home("shared", "x", b"shared");
    let link = server.home("alice").join("link");
    std::os::unix::fs::symlink(server.home("shared"), &link).unwrap();
    let reads = |server: &Server| can(server, |s| s.get("/link/x").is_ok());
    assert!(!reads(&server));
    server.reconfigure(|c| c.alice("link_roots", "@ROOT@/data/shared"));
    assert!(reads(&server));
}

#[test]
fn option_accounts_multi_factor_authentication() {
    let uri = "otpauth://totp/Test:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let server = changed("multi_factor_authentication", uri);
    assert!(!lets_in(&server, "alice"));
    let told = python(&server, "logins.py", &["alice;key;password={0}"]);
    assert_eq!(told, "needs password,keyboard-interactive; let in\n");
}

#[test]
fn option_accounts_recovery_codes() {
    let mut server = Server::start(Configuration::standard().alice(
        "multi_factor_authentication",
        "otpauth://totp/Test:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    ));
    let login = |server: &Server| {
        let attempt = ["alice;password=correct horseabcd-efgh-ijkl-mnop"];
        python(server, "logins.py", &attempt).trim().to_owned()
    };
    assert_eq!(login(&server), "refused");
    // The first half of what `printf abcdefghijklmnop | sha256sum` says.
    server.reconfigure(|c| c.alice("recovery_codes", "f39dac6cbaba535e2c207cd0cd8f1549"));
    assert_eq!([login(&server), login(&server)], ["let in", "refused"]);
}

#[test]
fn option_accounts_name() {
    let server = changed("name", "alicia");
    assert!(lets_in(&server, "alicia") && !lets_in(&server, "alice"));
}

#[test]
fn option_accounts_password() {
    let mut server = standard();
    let login = |server: &Server, password: &str| {
        python(server, "passwords.py", &["alice", password]).trim() == "let in"
    };
    assert!(login(&server, "correct horse"));
    let hash = causeway_tests::program::output_with_input(&["password", "hash"], "another one\n");
    let hash = String::from_utf8(hash.stdout).unwrap();
    server.reconfigure(|c| c.alice("password", hash.trim()));
    assert!(!login(&server, "correct horse") && login(&server, "another one"));
}

#[test]
fn option_accounts_password_lifetime() {
    assert!(!lets_in(&changed("password_lifetime", "30"), "alice"), "its age is not known");
    assert!(lets_in(&changed("password_lifetime", "0"), "alice"));
}

#[test]
fn option_accounts_permissions() {
    let server = changed("permissions", "allow-list");
    assert!(can(&server, |s| s.put("/x", b"x").is_err() && s.list("/").is_ok()));
}

#[test]
fn option_accounts_required_credentials() {
    assert!(!lets_in(&changed("required_credentials", "password"), "alice"));
    assert!(lets_in(&changed("required_credentials", "ssh-key"), "alice"));
    assert!(!lets_in(&changed("required_credentials", "password, ssh-key"), "alice"));
}

#[test]
fn option_accounts_source_ip_filter() {
    assert!(!lets_in(&changed("source_ip_filter", "allow 192.0.2.1"), "alice"));
    assert!(lets_in(&changed("source_ip_filter", "allow 127.0.0.0/8"), "alice"));
}

#[test]
fn option_accounts_ssh_authorized_keys_content() {
    assert!(!lets_in(&changed("ssh_authorized_keys_content", ""), "alice"));
}

#[test]
fn option_accounts_ssh_authorized_keys_path() {
    let mut server = standard();
    let keys = server.root().join("keys");
    make_key(&server.client().join("other"), "ed25519");
    std::fs::copy(server.key().with_extension("pub"), &keys).unwrap();
    give(&server.root());
    server.reconfigure(|c| c.alice("ssh_authorized_keys_content", ""));
    assert!(!lets_in(&server, "alice"));
    server.reconfigure(|c| c.alice("ssh_authorized_keys_path", "@ROOT@/keys"));
    assert!(lets_in(&server, "alice"));
}

#[test]
fn option_accounts_virtual_folders() {
    let mut server = standard();
    write_distinct(&server.put_in_home("team", "x", b""), b"team");
    server.reconfigure(|c| c.alice("virtual_folders", "/team, @ROOT@/data/team"));
    assert!(can(&server, |s| s.open("/team/x", READ).is_ok()));
}

#[test]
fn option_accounts_disable_on_inactivity() {
    let mut server = Server::start(Configuration::standard().alice("created", "2020-01-01"));
    assert!(lets_in(&server, "alice"));
    assert!(server.terminate().success());
    // Nobody has logged in by another of the same age.
    server.edit(|c| {
        let c = c.account("bob").set("accounts/bob-id", "created", "2020-01-01");
        c.set("accounts/bob-id", "disable_on_inactivity", "30")
    });
    server.run();
    server.wait_for_event("the end of bob", |e| e.id == 20195 && e.message.contains("bob"));
    assert!(lets_in(&server, "alice") && !lets_in(&server, "bob"));
}

#[test]
fn option_accounts_ssh_user_ca_keys() {
    let (mut server, authority) = with_authority(|c| c.alice("ssh_user_ca_keys", ""));
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice"]);
    assert!(!lets_in_with(&server, &key, &[]));
    server.reconfigure(|c| c.alice("ssh_user_ca_keys", "ca"));
    assert!(lets_in_with(&server, &key, &[]));
}

#[test]
fn option_accounts_ssh_principals() {
    let (mut server, authority) = with_authority(|c| c);
    let key = authority.issue(&server, "user", "ed25519", &["-n", "payroll"]);
    assert!(!lets_in_with(&server, &key, &[]));
    server.reconfigure(|c| c.alice("ssh_principals", "staff, payroll"));
    assert!(lets_in_with(&server, &key, &[]));
}
