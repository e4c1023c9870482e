//! Logins by OpenSSH's certificates.

use causeway_tests::Server;
use causeway_tests::certificates::{Authority, lets_in_with, with_authority};
use causeway_tests::openssh::{self, lets_in};
use causeway_tests::wait::until;

/// Waits for the event of a refused login whose details say this.
fn refused(server: &Server, words: &str) {
    server.wait_for_event(words, |e| e.id == 20142 && e.message.contains(words));
}

#[test]
fn a_certificate_logs_in_with_every_type_of_key_and_the_event_names_it() {
    let (server, authority) = with_authority(|c| c);
    for (kind, algorithm) in [
        ("ed25519", "ssh-ed25519-cert-v01@openssh.com"),
        ("ecdsa-256", "ecdsa-sha2-nistp256-cert-v01@openssh.com"),
        ("ecdsa-384", "ecdsa-sha2-nistp384-cert-v01@openssh.com"),
        ("ecdsa-521", "ecdsa-sha2-nistp521-cert-v01@openssh.com"),
        ("rsa-2048", "rsa-sha2-256-cert-v01@openssh.com"),
        ("rsa-3072", "rsa-sha2-512-cert-v01@openssh.com"),
    ] {
        let key = authority.issue(&server, kind, kind, &["-n", "alice", "-z", "11"]);
        let only = format!("PubkeyAcceptedAlgorithms={algorithm}");
        assert!(lets_in_with(&server, &key, &["-o", &only]), "{kind}");
    }
    server.wait_for_event("which certificate it was", |e| {
        e.id == 20137
            && e.message.contains("certificate 'badge of the test', serial 11, of authority SHA256:")
    });
    assert!(!lets_in(&server, "alice"), "no other key does");
}

#[test]
fn a_certificate_that_is_not_for_this_user_here_and_now_is_refused_and_the_event_says_why() {
    let (server, authority) = with_authority(|c| c);
    let other = Authority::make(&server, "other");
    let names: &[&str] = &["-n", "alice"];
    let cases: &[(&str, &Authority, &[&str], &str)] = &[
        ("expired", &authority, &["-V", "20200101:20210101"], "has expired"),
        ("early", &authority, &["-V", "20900101:20910101"], "not valid yet"),
        ("elsewhere", &authority, &["-O", "source-address=192.0.2.0/24"], "may not be used from 127."),
        ("forced", &authority, &["-O", "force-command=/bin/sh"], "force-command"),
        ("critical", &authority, &["-O", "critical:x@example.com=1"], "x@example.com"),
        ("stranger", &other, &[], "authority is not one of the account's"),
    ];
    for (name, authority, arguments, why) in cases {
        let key = authority.issue(&server, name, "ed25519", &[names, arguments].concat());
        assert!(!lets_in_with(&server, &key, &[]), "{name}");
        refused(&server, why);
    }
    let bob = authority.issue(&server, "bob", "ed25519", &["-n", "bob"]);
    assert!(!lets_in_with(&server, &bob, &[]));
    refused(&server, "does not name this user");
    let nobody = authority.issue(&server, "nobody", "ed25519", &[]);
    assert!(!lets_in_with(&server, &nobody, &[]));
    refused(&server, "names no user");
    let here = ["-n", "alice", "-O", "source-address=127.0.0.0/8", "-O", "force-command=internal-sftp"];
    let here = authority.issue(&server, "here", "ed25519", &here);
    assert!(lets_in_with(&server, &here, &[]));
}

#[test]
fn v04_a_certificate_of_a_host_is_no_credential_of_a_user() {
    let (server, authority) = with_authority(|c| c);
    let key = authority.issue(&server, "host", "ed25519", &["-h", "-n", "alice"]);
    // OpenSSH's client does not send such a one by itself: it is sent as if it were a user's.
    let printed = causeway_tests::clients::python(
        &server,
        "certificate_asyncssh.py",
        &[key.to_str().unwrap(), &format!("{}-cert.pub", key.display())],
    );
    assert_eq!(printed.trim(), "refused");
    refused(&server, "the certificate is for a host");
}

#[test]
fn asyncssh_logs_in_by_certificate() {
    let (server, authority) = with_authority(|c| c);
    let key = authority.issue(&server, "user", "ecdsa-256", &["-n", "alice"]);
    let certificate = format!("{}-cert.pub", key.display());
    let arguments = [key.to_str().unwrap(), &certificate];
    let printed = causeway_tests::clients::python(&server, "certificate_asyncssh.py", &arguments);
    assert_eq!(printed.trim(), "let in");
}

#[test]
fn an_authority_in_a_line_of_the_accounts_keys_is_trusted_for_the_names_of_the_line() {
    let (mut server, authority) = with_authority(|c| c.alice("ssh_user_ca_keys", ""));
    let public = std::fs::read_to_string(authority.public()).unwrap();
    let line = format!("cert-authority,principals=\"team\",from=\"127.0.0.0/8\" {}", public.trim());
    server.reconfigure(|c| c.alice("ssh_authorized_keys_content", &line));
    let team = authority.issue(&server, "team", "ed25519", &["-n", "team,others"]);
    let alice = authority.issue(&server, "alice", "ed25519", &["-n", "alice"]);
    assert!(lets_in_with(&server, &team, &[]) && !lets_in_with(&server, &alice, &[]));
}

#[test]
fn a_session_ends_when_its_certificate_does() {
    let (server, authority) = with_authority(|c| c);
    let key = authority.issue(&server, "short", "ed25519", &["-n", "alice", "-V", "-1m:+4s"]);
    let identity = key.display().to_string();
    let mut sftp = openssh::start(&server, "alice", &["-i", &identity], "pwd\n!sleep 60\npwd\n");
    server.wait_for_events("alice", &[20137]);
    server.wait_for_event("the end", |e| e.id == 30050 && e.message.contains("certificate has expired"));
    let _ = sftp.kill();
    let _ = sftp.wait();
}

#[test]
fn a_session_ends_when_its_authority_is_trusted_no_more() {
    let (mut server, authority) = with_authority(|c| c);
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice"]);
    let identity = key.display().to_string();
    let mut sftp = openssh::start(&server, "alice", &["-i", &identity], "pwd\n!sleep 60\npwd\n");
    server.wait_for_events("alice", &[20137]);
    server.reconfigure(|c| c.alice("ssh_user_ca_keys", ""));
    server.wait_for_event("the end", |e| e.id == 30050 && e.message.contains("authority"));
    let _ = sftp.kill();
    let _ = sftp.wait();
}

#[test]
fn an_authority_that_is_missing_is_told_by_check_and_lets_nobody_in() {
    let (mut server, authority) = with_authority(|c| c);
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice"]);
    assert!(lets_in_with(&server, &key, &[]));
    server.reconfigure(|c| c.alice("ssh_user_ca_keys", "cb"));
    assert!(!lets_in_with(&server, &key, &[]));
    refused(&server, "authorities cannot be used");
    let check = server.command(&["check"]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(!check.status.success());
    assert!(said.contains("ssh_user_ca_keys") && said.contains("did you mean 'ca'?"), "{said}");
}

#[test]
fn explain_tells_who_may_log_in_by_certificate() {
    let (mut server, _) = with_authority(|c| c);
    let explain = |server: &Server| String::from_utf8(server.command(&["explain", "alice"]).stdout).unwrap();
    assert!(explain(&server).contains("ssh-certificate"), "{}", explain(&server));
    server.reconfigure(|c| c.alice("ssh_user_ca_keys", ""));
    until("it is told no more", || !explain(&server).contains("ssh-certificate"));
}
