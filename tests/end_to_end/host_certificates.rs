//! Host keys with certificates.

use causeway_tests::certificates::{Authority, certified, trusts_authority, trusts_authority_with};
use causeway_tests::openssh::lets_in;

#[test]
fn a_client_that_trusts_the_authority_needs_no_key_of_the_host() {
    let (server, authority) = certified(|c| c, &["-V", "always:forever"]);
    assert!(trusts_authority(&server, &authority));
    for algorithm in ["ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com"] {
        let only = format!("HostKeyAlgorithms={algorithm}");
        assert!(trusts_authority_with(&server, &authority, &["-o", &only]), "{algorithm}");
    }
    assert!(lets_in(&server, "alice"), "one that knows the plain key goes on, too");
    assert!(server.command(&["check"]).status.success());
    let stranger = Authority::make(&server, "stranger");
    assert!(!trusts_authority(&server, &stranger));
}

#[test]
fn a_certificate_that_has_expired_is_not_shown_and_told_and_the_plain_key_is_shown() {
    let (server, authority) = certified(|c| c, &["-V", "20200101:20210101"]);
    assert!(!trusts_authority(&server, &authority));
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("why", |e| e.id == 70040 && e.message.contains("has expired"));
    let said = String::from_utf8(server.command(&["check"]).stdout).unwrap();
    assert!(
        said.contains("[vault-items/host-ed25519] certificate") && said.contains("has expired"),
        "{said}"
    );
}

#[test]
fn a_certificate_for_another_key_is_an_error_and_the_plain_key_is_shown() {
    let (mut server, authority) = certified(|c| c, &[]);
    let other = authority.issue(&server, "other", "ed25519", &["-h", "-n", "x"]);
    let text = std::fs::read_to_string(format!("{}-cert.pub", other.display())).unwrap();
    server.reconfigure(|c| {
        c.set("vault-items/host-ed25519", "certificate", text.trim()).set(
            "vault-items/host-ecdsa",
            "certificate",
            "",
        )
    });
    assert!(lets_in(&server, "alice") && !trusts_authority(&server, &authority));
    let check = server.command(&["check"]);
    assert!(!check.status.success());
    assert!(String::from_utf8_lossy(&check.stdout).contains("certificate for another key"));
}
