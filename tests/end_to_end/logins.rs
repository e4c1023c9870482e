//! Who is let in.

use std::process::Command;

use causeway_tests::clients::python;
use causeway_tests::openssh::lets_in;
use causeway_tests::program::{must, output_with_input};
use causeway_tests::sftp::{PERMISSION_DENIED, Sftp};
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

/// Prints what became of logins by password: `let in` or `refused`, one a line.
fn by_password(server: &Server, attempts: &[&str]) -> Vec<String> {
    let printed = python(server, "passwords.py", attempts);
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn the_right_password_is_let_in_and_no_other() {
    let server = Server::start(Configuration::standard());
    let attempts =
        ["alice", "correct horse", "alice", "wrong", "alice", "", "nobody", "correct horse", "", "x"];
    assert_eq!(by_password(&server, &attempts), ["let in", "refused", "refused", "refused", "refused"]);
}

/// What `causeway password encrypt` makes of a secret, in that server's installation.
fn sealed(server: &Server, secret: &str) -> String {
    let root = server.root();
    let output = output_with_input(&["password", "encrypt", "--root", root.to_str().unwrap()], secret);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_sealed_secret_counts_in_its_own_installation_and_what_was_altered_refuses() {
    let mut server = Server::prepare(Configuration::standard());
    let host_key = std::fs::read_to_string(server.key()).unwrap();
    let (password, key) = (sealed(&server, "correct horse\n"), sealed(&server, &host_key));
    server.edit(|c| {
        c.alice("password", &password)
            .set("vault-items/sealed", "name", "sealed")
            .set("vault-items/sealed", "type", "ssh-private")
            .set("vault-items/sealed", "content", &key)
    });
    server.run();
    let log_in = |word: &str| by_password(&server, &["alice", word]).concat();
    assert_eq!((log_in("correct horse"), log_in("wrong")), ("let in".into(), "refused".into()));
    assert!(server.command(&["check"]).status.success());
    assert!(!server.stderr().contains("correct horse"));

    let other = if password.ends_with("A") { "B" } else { "A" };
    let (start, end) = password.split_at(password.len() - 8);
    let altered = format!("{start}{other}{}", &end[1..]);
    server.reconfigure(|c| c.alice("password", &altered));
    assert_eq!(by_password(&server, &["alice", "correct horse", "alice", ""]), ["refused", "refused"]);
    let check = server.command(&["check"]);
    assert!(!check.status.success());
    let ini = std::fs::read_to_string(server.server_ini()).unwrap();
    let line = ini.lines().position(|line| line.contains(&altered)).unwrap() + 1;
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(said.contains(&format!("server.ini:{line}: [accounts/alice-id] password: enc:")), "{said}");

    let foreign = Server::prepare(Configuration::standard());
    let said = sealed(&foreign, "correct horse");
    server.reconfigure(|c| c.alice("password", &said));
    assert_eq!(by_password(&server, &["alice", "correct horse"]), ["refused"]);
}

#[test]
fn a_key_that_is_not_the_accounts_is_refused() {
    let server = Server::start(Configuration::standard().account("bob").set(
        "accounts/bob-id",
        "ssh_authorized_keys_content",
        "",
    ));
    assert!(lets_in(&server, "alice"));
    assert!(!lets_in(&server, "bob"));
    assert!(!lets_in(&server, "nobody"));
}

#[test]
fn b28_a_wrong_password_does_not_reach_the_next_method_and_an_unknown_user_does() {
    let mut configuration = Configuration::standard().set("server", "authentications", "first, second");
    for method in ["first", "second"] {
        let section = format!("authentications/{method}");
        configuration = configuration.set(&section, "name", method).set(&section, "type", "application");
    }
    let server = Server::start(configuration);
    assert_eq!(by_password(&server, &["alice", "wrong"]), ["refused"]);
    server.wait_for_event("the refusal", |entry| matches!(entry.id, 20136 | 20142));
    // Nobody takes what nobody knows: the last method was asked, too.
    assert_eq!(by_password(&server, &["nobody", "wrong"]), ["refused"]);
    server.wait_for_event("the end of the chain", |entry| entry.id == 20021);
    let refusals = server.events().into_iter().filter(|entry| matches!(entry.id, 20136 | 20142)).count();
    assert_eq!(refusals, 1, "one method refused alice, and none knew the other: {:#?}", server.events());
}

#[test]
fn b39_a_date_without_a_time_ends_the_account_at_local_midnight_of_that_day() {
    let day = |when: &str| must(Command::new("date").args(["-d", when, "+%F"])).trim().to_owned();
    for (expires, expected) in [("yesterday", false), ("today", false), ("tomorrow", true)] {
        let server = Server::start(Configuration::standard().alice("expire_datetime", &day(expires)));
        assert_eq!(lets_in(&server, "alice"), expected, "{expires}");
    }
}

#[test]
fn a_disabled_account_or_group_is_not_let_in() {
    let server = Server::start(Configuration::standard().alice("enabled", "No"));
    assert!(!lets_in(&server, "alice"));
    let server = Server::start(Configuration::standard().set("groups/DEFAULT_GROUP", "enabled", "No"));
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn a_key_in_a_file_or_in_a_folder_is_accepted() {
    for path in ["keys", "keys/one.pub"] {
        let configuration = Configuration::standard()
            .alice("ssh_authorized_keys_content", "")
            .alice("ssh_authorized_keys_path", &format!("@ROOT@/{path}"));
        let mut server = Server::prepare(configuration);
        std::fs::create_dir(server.root().join("keys")).unwrap();
        std::fs::copy(server.key().with_extension("pub"), server.root().join("keys/one.pub")).unwrap();
        causeway_tests::program::give(&server.root());
        server.run();
        assert!(lets_in(&server, "alice"), "{path}");
    }
}

#[test]
fn an_event_tells_who_was_let_in_and_who_was_not() {
    let server = Server::start(Configuration::standard());
    drop(Sftp::connect(&server, "alice"));
    assert!(!lets_in(&server, "nobody"));
    server.wait_for_events("alice", &[20137]);
    until("an event about the refusal", || {
        server.events().iter().any(|entry| matches!(entry.id, 20021 | 20136 | 20142))
    });
}

#[test]
fn only_members_of_the_allowed_groups_are_let_in_and_other_groups_are_left_out_if_so_wished() {
    let configuration = Configuration::standard()
        .set("groups/staff", "name", "staff")
        .set("groups/staff", "home_folder_path", "@ROOT@/data/${USER}")
        .set("groups/staff", "create_home_folder", "Yes")
        .set("groups/staff", "permissions", "allow-full-control")
        .set("groups/DEFAULT_GROUP", "permissions", "allow-list")
        .account("bob")
        .alice("group", "staff, DEFAULT_GROUP")
        .set("accounts/bob-id", "group", "staff")
        .set("authentications/DEFAULT-AUTHENTICATION", "allowed_groups", "DEFAULT_GROUP");
    let server = Server::start(configuration.clone());
    assert_eq!(Sftp::connect(&server, "alice").put("/x", b"new"), Ok(()));
    assert!(!lets_in(&server, "bob"));
    server.wait_for_event("the refusal", |entry| entry.id == 20136);
    let strict = configuration.set("authentications/DEFAULT-AUTHENTICATION", "strict_group_access", "Yes");
    let server = Server::start(strict);
    assert_eq!(Sftp::connect(&server, "alice").put("/x", b"new"), Err(PERMISSION_DENIED));
}
