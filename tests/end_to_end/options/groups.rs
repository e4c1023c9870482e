//! `[groups/ID]`

use causeway_tests::certificates::{lets_in_with, with_authority};
use causeway_tests::openssh::lets_in;
use causeway_tests::program::give;
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;

use super::accounts::gets_in_without_and_with_post_quantum;
use super::*;

/// A server whose default group has an option changed while it runs.
fn changed(option: &str, value: &str) -> Server {
    let mut server = standard();
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", option, value));
    server
}

#[test]
fn option_groups_require_post_quantum() {
    let mut server = changed("require_post_quantum", "Yes");
    assert_eq!(gets_in_without_and_with_post_quantum(&server), (false, true));
    server.reconfigure(|c| c.alice("require_post_quantum", "No"));
    assert_eq!(gets_in_without_and_with_post_quantum(&server), (true, true));
}

#[test]
fn option_groups_amend_write_name() {
    let mut server = changed("amend_write_name", "uuid-prefix");
    server.reconfigure(|c| c.alice("amend_write_name", "Inherit"));
    Sftp::connect(&server, "alice").put("/x", b"x").unwrap();
    let mut names = std::fs::read_dir(server.home("alice")).unwrap().map(|e| e.unwrap().file_name());
    assert!(names.any(|name| name.to_string_lossy().ends_with("-x")));
}

#[test]
fn option_groups_create_home_folder() {
    let server = changed("create_home_folder", "No");
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_groups_description() {
    assert!(listed(&changed("description", "all of us"), "group").contains("all of us"));
}

#[test]
fn option_groups_enabled() {
    assert!(!lets_in(&changed("enabled", "No"), "alice"));
}

#[test]
fn option_groups_file_write_size() {
    let server = changed("file_write_size", "10");
    assert!(writes(&server, 10) && !writes(&server, 11));
}

#[test]
fn option_groups_home_folder_path() {
    let server = changed("home_folder_path", "@ROOT@/data/${USER}-home");
    Sftp::connect(&server, "alice").put("/x", b"x").unwrap();
    assert!(server.home("alice-home").join("x").exists());
}

#[test]
fn option_groups_home_folder_structure() {
    let server = changed("home_folder_structure", "/in\n/out/reports");
    assert!(lets_in(&server, "alice"));
    assert!(server.home("alice").join("in").is_dir() && server.home("alice").join("out/reports").is_dir());
}

#[test]
fn option_groups_link_roots() {
    let mut server = standard();
    server.put_in_home("shared", "x", b"shared");
    std::os::unix::fs::symlink(server.home("shared"), server.home("alice").join("link")).unwrap();
    assert!(!can(&server, |s| s.get("/link/x").is_ok()));
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "link_roots", "@ROOT@/data/shared"));
    assert!(can(&server, |s| s.get("/link/x").is_ok()));
}

#[test]
fn option_groups_name() {
    assert!(listed(&changed("name", "Everybody"), "group").contains("Everybody"));
}

#[test]
fn option_groups_password_lifetime() {
    assert!(!lets_in(&changed("password_lifetime", "30"), "alice"));
}

#[test]
fn option_groups_permissions() {
    let server = changed("permissions", "allow-read, allow-list");
    assert!(can(&server, |s| s.put("/x", b"x").is_err() && s.list("/").is_ok()));
}

#[test]
fn option_groups_required_credentials() {
    assert!(!lets_in(&changed("required_credentials", "password"), "alice"));
}

#[test]
fn option_groups_source_ip_filter() {
    assert!(!lets_in(&changed("source_ip_filter", "allow 192.0.2.1"), "alice"));
}

#[test]
fn option_groups_ssh_authorized_keys_path() {
    let mut server = standard();
    let keys = server.root().join("keys");
    std::fs::create_dir(&keys).unwrap();
    std::fs::copy(server.key().with_extension("pub"), keys.join("alice")).unwrap();
    give(&server.root());
    server.reconfigure(|c| {
        c.alice("ssh_authorized_keys_content", "").alice("ssh_authorized_keys_path", "Inherit")
    });
    assert!(!lets_in(&server, "alice"));
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "ssh_authorized_keys_path", "@ROOT@/keys/${USER}"));
    assert!(lets_in(&server, "alice"));
}

#[test]
fn option_groups_virtual_folders() {
    let mut server = standard();
    server.put_in_home("team", "x", b"team");
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "virtual_folders", "/team, @ROOT@/data/team"));
    assert!(can(&server, |s| s.get("/team/x").is_ok()));
}

#[test]
fn option_groups_disable_on_inactivity() {
    let mut server = Server::start(Configuration::standard().alice("created", "2020-01-01"));
    assert!(lets_in(&server, "alice"));
    assert!(server.terminate().success());
    // Nobody has logged in by another of the same age.
    server.edit(|c| {
        let c = c.account("bob").set("accounts/bob-id", "created", "2020-01-01");
        c.set("groups/DEFAULT_GROUP", "disable_on_inactivity", "30")
    });
    server.run();
    server.wait_for_event("the end of bob", |e| e.id == 20195 && e.message.contains("bob"));
    assert!(lets_in(&server, "alice") && !lets_in(&server, "bob"));
}

#[test]
fn option_groups_ssh_user_ca_keys() {
    let (mut server, authority) = with_authority(|c| c.alice("ssh_user_ca_keys", "Inherit"));
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice"]);
    assert!(!lets_in_with(&server, &key, &[]));
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "ssh_user_ca_keys", "ca"));
    assert!(lets_in_with(&server, &key, &[]));
}

#[test]
fn option_groups_ssh_hostbased_auth() {
    let mut server = standard();
    server
        .reconfigure(|c| c.alice("ssh_authorized_keys_content", "from=\"h.example.com,127.0.0.0/8\" @KEY@"));
    let by_host = |server: &Server| {
        let key = server.key();
        let arguments = [key.to_str().unwrap(), "h.example.com", "alice"];
        causeway_tests::clients::python(server, "hostbased_asyncssh.py", &arguments).trim() == "let in"
    };
    assert!(!by_host(&server));
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "ssh_hostbased_auth", "Yes"));
    assert!(by_host(&server));
}

#[test]
fn option_groups_ssh_delete_delay() {
    let mut server = standard();
    server.put_in_home("alice", "now", b"");
    assert!(can(&server, |sftp| sftp.remove("/now").is_ok()));
    assert!(!server.home("alice").join("now").exists());
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "ssh_delete_delay", "2"));
    for name in ["later", "changed", "replaced"] {
        server.put_in_home("alice", name, b"content");
    }
    for name in ["later", "changed", "replaced"] {
        assert!(can(&server, |sftp| sftp.remove(format!("/{name}")).is_ok()));
        assert!(server.home("alice").join(name).exists(), "{name}");
    }
    // What is another file by then stays.
    std::fs::write(server.home("alice").join("changed"), b"other content").unwrap();
    assert!(can(&server, |sftp| sftp.put("/replaced", b"new").is_ok()));
    until("it is deleted", || !server.home("alice").join("later").exists());
    server.wait_for_event("the deletion", |entry| entry.id == 30023 && entry.path == "/later");
    for name in ["changed", "replaced"] {
        let path = format!("/{name}");
        server.wait_for_event("that it stays", |entry| entry.id == 30024 && entry.path == path);
        assert!(server.home("alice").join(name).exists());
    }
    // A refusal is not put off, and nothing is forgotten when the server stops.
    assert!(can(&server, |sftp| sftp.remove("/none") == Err(2)));
    server.reconfigure(|c| c.set("groups/DEFAULT_GROUP", "ssh_delete_delay", "3600"));
    server.put_in_home("alice", "last", b"");
    assert!(can(&server, |sftp| sftp.remove("/last").is_ok()));
    assert!(server.home("alice").join("last").exists());
    server.terminate();
    assert!(!server.home("alice").join("last").exists());
}
