//! Logins by keys of every type, and the options of their lines.

use std::path::PathBuf;
use std::process::Command;

use causeway_tests::certificates::lets_in_with;
use causeway_tests::clients::python;
use causeway_tests::openssh;
use causeway_tests::program::must;
use causeway_tests::{Configuration, Server};

fn make(server: &Server, name: &str, arguments: &[&str]) -> (PathBuf, String) {
    let key = server.client().join(name);
    must(Command::new("ssh-keygen").args(["-q", "-N", "", "-f"]).arg(&key).args(arguments));
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    (key, public.trim().to_owned())
}

#[test]
fn every_type_of_key_logs_in_from_openssh() {
    let mut server = Server::prepare(Configuration::standard());
    let mut lines = String::new();
    let keys: Vec<_> = [
        (&["-t", "ed25519"][..], "ssh-ed25519"),
        (&["-t", "ecdsa", "-b", "256"], "ecdsa-sha2-nistp256"),
        (&["-t", "ecdsa", "-b", "384"], "ecdsa-sha2-nistp384"),
        (&["-t", "ecdsa", "-b", "521"], "ecdsa-sha2-nistp521"),
        (&["-t", "rsa", "-b", "2048"], "rsa-sha2-256"),
        (&["-t", "rsa", "-b", "4096"], "rsa-sha2-512"),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (arguments, algorithm))| {
        let (key, public) = make(&server, &format!("key{n}"), arguments);
        lines = format!("{lines}{public}\n");
        (key, algorithm)
    })
    .collect();
    server.edit(|c| c.alice("ssh_authorized_keys_content", lines.trim()));
    server.run();
    for (key, algorithm) in keys {
        let only = format!("PubkeyAcceptedAlgorithms={algorithm}");
        assert!(lets_in_with(&server, &key, &["-o", &only]), "{algorithm}");
    }
}

#[test]
fn a_signature_algorithm_that_the_service_does_not_list_logs_nobody_in() {
    let mut server = Server::start(Configuration::standard());
    let list = "aes256-gcm@openssh.com, curve25519-sha256, ecdsa-sha2-nistp256";
    server.reconfigure(|c| c.set("services/sftp", "ssh_cipher_list", list));
    let (key, public) = make(&server, "ecdsa", &["-t", "ecdsa", "-b", "256"]);
    server.reconfigure(|c| c.alice("ssh_authorized_keys_content", &format!("{public}\n@KEY@")));
    assert!(lets_in_with(&server, &key, &[]));
    assert!(!openssh::lets_in(&server, "alice"), "an Ed25519 key");
}

#[test]
fn options_of_a_line_hold_and_one_that_is_not_known_closes_its_key_alone() {
    let mut server = Server::start(Configuration::standard());
    let lets_in = |server: &mut Server, options: &str| {
        server.reconfigure(|c| c.alice("ssh_authorized_keys_content", &format!("{options} @KEY@")));
        openssh::lets_in(server, "alice")
    };
    for options in
        ["from=\"127.0.0.0/8\"", "restrict,command=\"internal-sftp\"", "expiry-time=\"20990101\",no-pty"]
    {
        assert!(lets_in(&mut server, options), "{options}");
    }
    for (options, why) in [
        ("from=\"192.0.2.0/24\"", "may not be used from"),
        ("expiry-time=\"20200101\"", "has expired"),
        ("command=\"/bin/sh\"", "'command'"),
        ("shiny", "'shiny'"),
    ] {
        assert!(!lets_in(&mut server, options), "{options}");
        server.wait_for_event(why, |e| e.id == 20142 && e.message.contains(why));
    }
    let said = String::from_utf8(server.command(&["check"]).stdout).unwrap();
    assert!(said.contains("lets nobody in") && said.contains("'shiny'"), "{said}");
}

#[test]
fn a_key_that_is_not_supported_closes_nothing_but_its_line_and_check_names_it() {
    let dsa = include_str!("../../crates/core/tests-data/sshkey/dsa.pub").trim();
    let mut server = Server::start(Configuration::standard());
    server.reconfigure(|c| c.alice("ssh_authorized_keys_content", &format!("{dsa}\n@KEY@")));
    assert!(openssh::lets_in(&server, "alice"));
    let public = std::fs::read_to_string(server.key().with_extension("pub")).unwrap();
    let (other, _) = make(&server, "other", &["-t", "ed25519"]);
    std::fs::write(server.root().join("configuration/alice.pub"), format!("{public}{dsa}\n")).unwrap();
    server.reconfigure(|c| {
        c.alice("ssh_authorized_keys_content", "")
            .alice("ssh_authorized_keys_path", "configuration/alice.pub")
    });
    assert!(openssh::lets_in(&server, "alice"));
    assert!(!openssh::sftp_with_other_key(&server, "alice", &other, &[]).status.success());
    let named = |text: &str| text.contains("alice.pub': line 2") && text.contains("'ssh-dss'");
    server.wait_for_event("the line", |e| e.id == 20142 && named(&e.message));
    let said = String::from_utf8(server.command(&["check"]).stdout).unwrap();
    assert!(named(&said), "{said}");
}

#[test]
fn a_key_whose_line_is_for_sftp_alone_copies_nothing_by_scp() {
    let mut server = Server::start(Configuration::standard().set("services/sftp", "scp", "Yes"));
    let copies = |server: &Server, old: &[&str]| {
        openssh::scp(server, &[old, &["known_hosts", "@"]].concat()).status.success()
    };
    assert!(copies(&server, &["-O"]));
    server.reconfigure(|c| c.alice("ssh_authorized_keys_content", "command=\"internal-sftp\" @KEY@"));
    assert!(!copies(&server, &["-O"]) && copies(&server, &[]), "without -O it speaks SFTP");
}

/// What becomes of a login with an authenticator in software: the flags that it signs with are given.
fn with_authenticator(server: &Server, flags: &str) -> String {
    python(server, "authenticator_asyncssh.py", &["login", flags]).trim().to_owned()
}

#[test]
fn a_key_in_an_authenticator_logs_in_when_it_was_touched() {
    let mut server = Server::start(Configuration::standard());
    for kind in ["ed25519", "ecdsa"] {
        let line = python(&server, "authenticator_asyncssh.py", &["public", kind]).trim().to_owned();
        let mut with = |options: &str| {
            server
                .reconfigure(|c| c.alice("ssh_authorized_keys_content", format!("{options} {line}").trim()));
            ["1", "0", "5"].map(|flags| with_authenticator(&server, &format!("{kind}:{flags}")))
        };
        assert_eq!(with(""), ["let in", "refused", "let in"], "{kind}");
        assert_eq!(with("no-touch-required"), ["let in", "let in", "let in"], "{kind}");
        assert_eq!(with("verify-required"), ["refused", "refused", "let in"], "{kind}");
    }
}
