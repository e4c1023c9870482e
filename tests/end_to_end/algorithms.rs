//! Each algorithm with the clients that have it: a file goes both ways, and the events name what was agreed on.

use std::process::Command;

use causeway_tests::clients::python;
use causeway_tests::content::{assert_same, large};
use causeway_tests::openssh::{self, Master};
use causeway_tests::program::{give, must};
use causeway_tests::server::{PORT, make_key};
use causeway_tests::{Configuration, Server};

/// Host keys beside those of every test: name of the vault item, type and bits for `ssh-keygen`.
const HOST_KEYS: [(&str, &str, &str); 3] =
    [("host-p384", "ecdsa", "384"), ("host-p521", "ecdsa", "521"), ("host-rsa", "rsa", "3072")];

/// A server with a host key of each type, and this list of algorithms.
pub(super) fn with_every_host_key(list: &str) -> Server {
    let mut configuration = Configuration::standard().set("services/sftp", "ssh_cipher_list", list).set(
        "server",
        "ssh_server_keys",
        "host-ed25519, host-ecdsa, host-p384, host-p521, host-rsa",
    );
    for (name, ..) in HOST_KEYS {
        let section = format!("vault-items/{name}");
        let path = format!("external-file:configuration/{name}");
        configuration = configuration
            .set(&section, "name", name)
            .set(&section, "type", "ssh-private")
            .set(&section, "content", &path);
    }
    let mut server = Server::prepare(configuration);
    let mut known = std::fs::read_to_string(server.known_hosts()).unwrap();
    for (name, kind, bits) in HOST_KEYS {
        let path = server.root().join("configuration").join(name);
        must(Command::new("ssh-keygen").args(["-q", "-t", kind, "-b", bits, "-N", "", "-f"]).arg(&path));
        let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
        known.push_str(&format!("[{}]:{PORT} {public}", server.address));
    }
    std::fs::write(server.known_hosts(), known).unwrap();
    give(&server.root());
    server.run();
    server
}

/// What this machine's client has of a kind.
fn client_has(kind: &str) -> Vec<String> {
    let output = Command::new("ssh").args(["-Q", kind]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Sends a file there and back with these options, and sees that the event names the algorithms.
fn goes_both_ways(server: &Server, options: &[String], named: &[&str]) {
    let further: Vec<&str> = options.iter().flat_map(|o| ["-o", o.as_str()]).collect();
    let client = server.client();
    let back = client.join("back");
    openssh::batch_with(server, &further, "put sent there\nget there back\nrm there\n");
    assert_same(&client.join("sent"), &back);
    std::fs::remove_file(back).unwrap();
    let what = format!("a session with {named:?}");
    server.wait_for_event(&what, |e| e.id == 30011 && named.iter().all(|n| e.message.contains(n)));
}

#[test]
fn every_key_exchange_of_openssh_carries_a_file_both_ways() {
    let server = with_every_host_key("all");
    large(&server.client().join("sent"), 1);
    let has = client_has("kex");
    let ours = [
        "mlkem768x25519-sha256",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ];
    let common: Vec<&str> = ours.into_iter().filter(|n| has.iter().any(|h| h == n)).collect();
    // Old versions lack the first one; asyncssh has it.
    assert!(common.len() >= ours.len() - 1, "{common:?}");
    for name in common {
        goes_both_ways(&server, &[format!("KexAlgorithms={name}")], &[name]);
    }
}

#[test]
fn every_key_exchange_of_asyncssh_carries_a_file_both_ways() {
    let server = with_every_host_key("all");
    let names = [
        "mlkem768x25519-sha256",
        "diffie-hellman-group15-sha512",
        "diffie-hellman-group17-sha512",
        "diffie-hellman-group-exchange-sha256",
        "ecdh-sha2-nistp521",
    ];
    for name in names {
        python(&server, "algorithms_asyncssh.py", &[name, "aes256-ctr", "hmac-sha2-512-etm@openssh.com"]);
        server.wait_for_event(name, |e| e.id == 30011 && e.message.contains(name));
    }
}

#[test]
fn every_cipher_of_openssh_carries_a_file_both_ways() {
    let server = with_every_host_key("all");
    large(&server.client().join("sent"), 1);
    let has = client_has("cipher");
    for name in [
        "aes256-gcm@openssh.com",
        "aes128-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
        "aes256-ctr",
        "aes192-ctr",
        "aes128-ctr",
        "aes256-cbc",
        "aes192-cbc",
        "aes128-cbc",
    ] {
        assert!(has.iter().any(|h| h == name), "{name}");
        goes_both_ways(&server, &[format!("Ciphers={name}")], &[name]);
    }
}

#[test]
fn every_mac_of_openssh_carries_a_file_both_ways_in_counter_mode_and_in_cbc() {
    let server = with_every_host_key("all");
    large(&server.client().join("sent"), 1);
    for cipher in ["aes128-ctr", "aes256-cbc"] {
        for mac in [
            "hmac-sha2-256-etm@openssh.com",
            "hmac-sha2-512-etm@openssh.com",
            "hmac-sha2-256",
            "hmac-sha2-512",
            "hmac-sha1-etm@openssh.com",
            "hmac-sha1",
        ] {
            let options = [format!("Ciphers={cipher}"), format!("MACs={mac}")];
            goes_both_ways(&server, &options, &[cipher, mac]);
        }
    }
}

#[test]
fn every_host_key_is_taken_by_openssh() {
    let server = with_every_host_key("secure");
    large(&server.client().join("sent"), 1);
    for name in [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "rsa-sha2-512",
        "rsa-sha2-256",
    ] {
        goes_both_ways(&server, &[format!("HostKeyAlgorithms={name}")], &[name]);
    }
}

#[test]
fn keys_change_under_load_with_ciphers_that_have_a_mac() {
    let configuration = Configuration::standard().set("services/sftp", "rekey_bytes", "4194304").set(
        "services/sftp",
        "ssh_cipher_list",
        "all",
    );
    let server = Server::start(configuration);
    let client = server.client();
    large(&client.join("big"), 48);
    for (cipher, mac, kex) in [
        ("aes256-ctr", "hmac-sha2-256-etm@openssh.com", "curve25519-sha256"),
        ("aes128-ctr", "hmac-sha2-512", "diffie-hellman-group16-sha512"),
        ("aes256-cbc", "hmac-sha1", "diffie-hellman-group-exchange-sha256"),
    ] {
        let options = [
            "-o",
            &format!("Ciphers={cipher}"),
            "-o",
            &format!("MACs={mac}"),
            "-o",
            &format!("KexAlgorithms={kex}"),
            "-o",
            "RekeyLimit=6M",
        ];
        let master = Master::connect(&server, &options);
        master.batch(&server, "put big first\n");
        std::thread::scope(|scope| {
            scope.spawn(|| master.batch(&server, "put big second\n"));
            scope.spawn(|| master.batch(&server, "get first back\n"));
        });
        for copy in [server.home("alice").join("second"), client.join("back")] {
            assert_same(&client.join("big"), &copy);
            std::fs::remove_file(copy).unwrap();
        }
    }
}

/// Appendix B 51.
#[test]
fn b51_no_common_algorithm_is_reported_with_both_lists_and_what_to_change() {
    let server = Server::start(Configuration::standard());
    let fails = |options: &[&str]| {
        let further: Vec<&str> = options.iter().flat_map(|o| ["-o", *o]).collect();
        assert!(!openssh::sftp(&server, "alice", &further, "pwd\n").status.success());
    };
    let told = |words: &[&str]| {
        server.wait_for_event("both lists", |e| e.id == 30013 && words.iter().all(|w| e.message.contains(w)));
    };
    fails(&["KexAlgorithms=diffie-hellman-group1-sha1"]);
    told(&[
        "No key exchange algorithm in common",
        "diffie-hellman-group1-sha1",
        "mlkem768x25519-sha256,curve25519-sha256,",
        "add one of these to ssh_cipher_list of the service ('secure' in the place of 'strict'): diffie-hellman-group1-sha1",
    ]);
    fails(&["Ciphers=aes128-cbc"]);
    told(&["cipher, client to server", "the client offers aes128-cbc", "aes256-gcm@openssh.com,"]);
    fails(&["Ciphers=aes128-ctr", "MACs=umac-64@openssh.com"]);
    told(&["MAC, client to server", "umac-64@openssh.com", "nothing that the client offers exists here"]);
    fails(&["HostKeyAlgorithms=rsa-sha2-256"]);
    told(&["host key", "a host key for one of these: rsa-sha2-256"]);
}

/// Appendix B 52.
#[test]
fn b52_a_list_without_a_key_type_accepts_any_user_key_and_one_with_ed25519_refuses_rsa() {
    let rsa = |list: &str| {
        let mut server = Server::prepare(Configuration::standard());
        let key = server.client().join("id_rsa");
        make_key(&key, "rsa");
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        server.edit(|c| {
            c.set("services/sftp", "ssh_cipher_list", list)
                .alice("ssh_authorized_keys_content", &format!("@KEY@\n{}", public.trim()))
        });
        server.run();
        let with_rsa = openssh::sftp_with_other_key(&server, "alice", &key, &[]).status.success();
        assert!(openssh::lets_in(&server, "alice"), "{list}");
        with_rsa
    };
    let sessions = "aes256-ctr, hmac-sha2-256, curve25519-sha256";
    assert!(rsa(sessions));
    assert!(!rsa(&format!("ssh-ed25519, {sessions}")));
    assert!(rsa(&format!("ssh-ed25519, rsa-sha2-512, {sessions}")));
}

#[test]
fn a_list_that_cannot_be_honoured_stops_the_service_with_a_clear_message() {
    let says = |list: &str| {
        let mut server = Server::prepare(Configuration::standard());
        server.edit(|c| c.set("services/sftp", "ssh_cipher_list", list));
        let output = server.command(&["check"]);
        assert_eq!(output.status.code(), Some(1), "{list}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        says("aes256-ctr, hmac-sha2-256, curve25519-sha265").contains("'curve25519-sha265' is no algorithm")
    );
    assert!(says("3des-cbc, hmac-sha2-256, curve25519-sha256").contains("'3des-cbc' is not offered: "));
    assert!(says("aes256-ctr, curve25519-sha256").contains("no MAC"));
    assert!(says("strict, all").contains("stands alone"));
}

#[test]
fn a_client_that_signs_with_sha_1_gets_in_only_where_the_list_says_so() {
    let signs = |list: &str| {
        let mut server = Server::prepare(Configuration::standard());
        let key = server.client().join("id_rsa");
        make_key(&key, "rsa");
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        server.edit(|c| {
            c.set("services/sftp", "ssh_cipher_list", list)
                .alice("ssh_authorized_keys_content", &format!("@KEY@\n{}", public.trim()))
        });
        server.run();
        let options = ["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"];
        openssh::sftp_with_other_key(&server, "alice", &key, &options).status.success()
    };
    assert!(!signs("secure"));
    assert!(signs("all"));
    let named = "ssh-rsa, ssh-ed25519, aes256-ctr, hmac-sha2-256, curve25519-sha256";
    assert!(signs(named));
}
