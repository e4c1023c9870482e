//! `[authentications/ID]` and `[vault-items/ID]`

use causeway_tests::certificates::{certified, trusts_authority};
use causeway_tests::openssh::lets_in;
use causeway_tests::server::make_key;

use super::*;

const METHOD: &str = "authentications/DEFAULT-AUTHENTICATION";

fn changed(section: &str, option: &str, value: &str) -> Server {
    let mut server = standard();
    server.reconfigure(|c| c.set(section, option, value));
    server
}

#[test]
fn option_authentications_allowed_groups() {
    let mut server = standard();
    let other =
        |c: Configuration| c.set("groups/other", "name", "other").set(METHOD, "allowed_groups", "other");
    server.reconfigure(other);
    assert!(!lets_in(&server, "alice"));
    server.reconfigure(|c| c.alice("group", "DEFAULT_GROUP, other"));
    assert!(lets_in(&server, "alice"));
}

#[test]
fn option_authentications_description() {
    assert!(listed(&changed(METHOD, "description", "ours"), "authentication").contains("ours"));
}

#[test]
fn option_authentications_enabled() {
    assert!(!lets_in(&changed(METHOD, "enabled", "No"), "alice"));
}

#[test]
fn option_authentications_name() {
    let server = changed(METHOD, "name", "our own list");
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("the name", |e| e.id == 20137 && e.message.contains("our own list"));
}

#[test]
fn option_authentications_strict_group_access() {
    let mut server = standard();
    let groups = |c: Configuration| {
        c.set("groups/other", "name", "other")
            .set("groups/other", "home_folder_path", "@ROOT@/data/${USER}")
            .set("groups/other", "permissions", "/shut/*, deny-full-control")
            .alice("group", "DEFAULT_GROUP, other")
            .set(METHOD, "allowed_groups", "DEFAULT_GROUP")
    };
    server.reconfigure(groups);
    server.put_in_home("alice", "shut/x", b"x");
    assert!(!can(&server, |s| s.get("/shut/x").is_ok()));
    server.reconfigure(|c| c.set(METHOD, "strict_group_access", "Yes"));
    assert!(can(&server, |s| s.get("/shut/x").is_ok()), "the rules of a group that is not allowed are gone");
}

#[test]
fn option_vault_items_content() {
    let mut server = standard();
    let path = server.root().join("configuration/other_key");
    make_key(&path, "ed25519");
    causeway_tests::program::give(&server.root());
    let text = "external-file:configuration/other_key";
    server.reconfigure(|c| {
        c.set("vault-items/host-ed25519", "content", text).set(
            "services/sftp",
            "ssh_server_keys",
            "host-ed25519",
        )
    });
    assert!(!lets_in(&server, "alice"), "the client knows another host key");
}

#[test]
fn option_vault_items_description() {
    assert!(
        listed(&changed("vault-items/host-ed25519", "description", "of 2026"), "vault-item")
            .contains("of 2026")
    );
}

#[test]
fn option_vault_items_name() {
    assert!(
        listed(&changed("vault-items/host-ed25519", "name", "new name"), "vault-item").contains("new name")
    );
}

#[test]
fn option_vault_items_certificate() {
    let (mut server, authority) = certified(|c| c, &[]);
    assert!(trusts_authority(&server, &authority));
    server.reconfigure(|c| {
        c.set("vault-items/host-ed25519", "certificate", "").set("vault-items/host-ecdsa", "certificate", "")
    });
    assert!(!trusts_authority(&server, &authority) && lets_in(&server, "alice"));
}
