//! `[services/ID]` of type `ssh`

use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use causeway_tests::clients::python_command;
use causeway_tests::openssh::{self, lets_in};
use causeway_tests::server::PORT;
use causeway_tests::sftp::{Attributes, CREATE, Sftp, WRITE};
use causeway_tests::wait::{poll, until};
use causeway_tests::wire::Wire;

use super::*;

fn changed(option: &str, value: &str) -> Server {
    let mut server = standard();
    server.reconfigure(|c| c.set("services/sftp", option, value));
    server
}

/// A second service: to switch off the last one would have to be confirmed.
fn with_another(c: Configuration) -> Configuration {
    c.set("services/other", "type", "ssh").set("services/other", "address", "@ADDRESS@").set(
        "services/other",
        "port",
        "10029",
    )
}

/// Seconds until the server ends a connection on which nothing is said after the greeting.
#[expect(clippy::disallowed_methods, reason = "the time that a test takes is real")]
fn seconds_until_end(server: &Server) -> u64 {
    let mut wire = Wire::connect(server);
    wire.greet();
    let start = Instant::now();
    assert!(poll(Duration::from_secs(25), || wire.is_closed().then_some(())).is_some(), "it never ends");
    start.elapsed().as_secs()
}

#[test]
fn option_services_address() {
    let server = changed("address", "127.0.0.9");
    until("it has moved", || TcpStream::connect((Ipv4Addr::new(127, 0, 0, 9), PORT)).is_ok());
    assert!(TcpStream::connect(server.socket()).is_err());
}

#[test]
fn option_services_authentications() {
    let mut server = standard();
    server.reconfigure(|c| {
        c.set("authentications/off", "type", "application").set("authentications/off", "enabled", "No").set(
            "services/sftp",
            "authentications",
            "off",
        )
    });
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_services_before_login_message() {
    let server = changed("before_login_message", "For partners only.");
    let output = Command::new("sftp")
        .args(["-o", "LogLevel=INFO"])
        .args(openssh::options(&server))
        .args(["-P", &PORT.to_string(), "-b", "/dev/null"])
        .arg(format!("alice@{}", server.address))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("For partners only."));
}

/// Waits until the server has given up a client that is stopped after so many keep-alives, one a second.
fn stopped_client_is_given_up(after: &str, options: &[(&str, &str)]) {
    let mut server = standard();
    server.reconfigure(|c| options.iter().fold(c, |c, (o, v)| c.set("services/sftp", o, v)));
    let client = Sftp::connect(&server, "alice");
    client.stop();
    server.wait_for_event("the client is given up", |e| {
        e.message.contains("no sign of life") && e.message.contains(&format!("sent: {after}"))
    });
}

#[test]
fn option_services_client_alive_count_max() {
    stopped_client_is_given_up("1", &[("client_alive_interval", "1"), ("client_alive_count_max", "1")]);
}

#[test]
fn option_services_client_alive_interval() {
    stopped_client_is_given_up("3", &[("client_alive_interval", "1")]);
}

#[test]
fn option_services_block_source_at_connection() {
    let mut server = standard();
    let policy = "security-policies/DEFAULT-SECURITY-POLICY";
    server.reconfigure(|c| c.set(policy, "source_ip_filter", "deny 127.0.0.1"));
    assert!(Wire::connect(&server).identification().is_some());
    server.reconfigure(|c| c.set("services/sftp", "block_source_at_connection", "Yes"));
    assert!(Wire::connect(&server).identification().is_none());
}

#[test]
fn option_services_connections_before_login() {
    let server = changed("connections_before_login", "1");
    let mut first = Wire::connect(&server);
    first.greet();
    assert!(Wire::connect(&server).identification().is_none());
}

#[test]
fn option_services_connections_before_login_per_source() {
    let server = changed("connections_before_login_per_source", "1");
    let mut first = Wire::connect_from(&server, Ipv4Addr::new(127, 0, 0, 2)).unwrap();
    first.greet();
    let identified = |last| {
        let wire = Wire::connect_from(&server, Ipv4Addr::new(127, 0, 0, last));
        wire.is_ok_and(|mut wire| wire.identification().is_some())
    };
    assert!(!identified(2) && identified(3));
}

#[test]
fn option_services_description() {
    assert!(listed(&changed("description", "for partners"), "service").contains("for partners"));
}

#[test]
fn option_services_enabled() {
    let mut server = standard();
    server.reconfigure(|c| with_another(c).set("services/sftp", "enabled", "No"));
    until("nobody listens", || TcpStream::connect(server.socket()).is_err());
}

#[test]
fn option_services_idle_connection_timeout() {
    let server = changed("idle_connection_timeout", "2");
    assert!(seconds_until_end(&server) < 20);
}

#[test]
fn option_services_ignore_create_permissions() {
    let server = changed("ignore_create_permissions", "Yes");
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open_with("/x", WRITE | CREATE, &Attributes::mode(0o600)).unwrap();
    sftp.close(&handle).unwrap();
    assert_eq!(causeway_tests::content::mode(&server.home("alice").join("x")) & 0o777, 0o644);
}

#[test]
fn option_services_keyboard_interactive_message() {
    let server = changed("keyboard_interactive_message", "Example Ltd\nFor partners.\nSecret word:");
    let methods = ["-o", "PreferredAuthentications=keyboard-interactive"];
    let (asked, let_in) = openssh::answering(&server, "alice", &methods, &["correct horse"]);
    let question = format!("(alice@{}) Secret word:", server.address);
    assert!(let_in && asked.last() == Some(&question), "{asked:?}");
}

#[test]
fn option_services_login_attempts() {
    let taken = |server: &Server| {
        let printed = causeway_tests::clients::python(server, "wrong_passwords.py", &[]);
        printed.trim().parse::<u32>().unwrap()
    };
    assert_eq!(taken(&standard()), 6);
    assert_eq!(taken(&changed("login_attempts", "2")), 2);
}

#[test]
fn option_services_login_grace() {
    assert!(seconds_until_end(&changed("login_grace", "2")) < 20);
}

#[test]
fn option_services_maximum_concurrent_connections() {
    let server = changed("maximum_concurrent_connections", "1");
    let _alice = Sftp::connect(&server, "alice");
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_services_name() {
    let mut server = changed("name", "Partners");
    server.reconfigure(|c| with_another(c).set("services/sftp", "enabled", "No"));
    server.wait_for_event("the name", |e| e.id == 20157 && e.message.contains("Partners"));
}

#[test]
fn option_services_port() {
    let server = changed("port", "10023");
    until("it has moved", || TcpStream::connect((server.address, 10023)).is_ok());
    assert!(TcpStream::connect(server.socket()).is_err());
}

#[test]
fn option_services_proxy_protocol_networks() {
    let server = changed("proxy_protocol_networks", "127.0.0.0/8");
    assert!(!lets_in(&server, "alice"));
    assert!(causeway_tests::proxied::lets_in(&server, "alice", b"PROXY TCP4 192.0.2.1 192.0.2.2 5 22\r\n"));
}

/// How often new keys were made while so many bytes came down, in the words of the client.
fn rekeyings(server: &Server, bytes: usize, pause: Duration) -> usize {
    server.put_in_home("alice", "large", &vec![7; bytes]);
    let mut ssh = Command::new("sftp")
        .args(["-o", "LogLevel=DEBUG1"])
        .args(openssh::options(server))
        .args(["-P", &PORT.to_string()])
        .arg(format!("alice@{}", server.address))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = ssh.stdin.take().unwrap();
    std::thread::spawn(move || {
        use std::io::Write;
        let _ = input.write_all(b"get large /dev/null\n");
        std::thread::sleep(pause);
        let _ = input.write_all(b"get large /dev/null\nquit\n");
    });
    let output = ssh.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stderr).matches("SSH2_MSG_NEWKEYS received").count()
}

#[test]
fn option_services_rekey_bytes() {
    assert_eq!(rekeyings(&standard(), 8 << 20, Duration::ZERO), 1);
    assert!(rekeyings(&changed("rekey_bytes", "1048576"), 8 << 20, Duration::ZERO) > 3);
}

#[test]
fn option_services_rekey_seconds() {
    assert!(rekeyings(&changed("rekey_seconds", "1"), 1 << 20, Duration::from_secs(3)) > 1);
}

#[test]
fn option_services_scp() {
    let sends = |server: &Server| openssh::scp(server, &["-O", "known_hosts", "@"]).status.success();
    assert!(!sends(&standard()));
    assert!(sends(&changed("scp", "Yes")));
}

#[test]
fn option_services_security_policy() {
    let mut server = standard();
    server.reconfigure(|c| {
        c.set("security-policies/strict", "source_ip_filter", "deny 127.0.0.1").set(
            "services/sftp",
            "security_policy",
            "strict",
        )
    });
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn option_services_sftp() {
    assert!(!lets_in(&changed("sftp", "No"), "alice"));
}

#[test]
fn option_services_dh_prime_size() {
    let with = |server: &Server, most: &str| {
        python_command(server, "group_exchange_paramiko.py", &[most]).status().unwrap().success()
    };
    let server = standard();
    assert!(with(&server, "2048") && !with(&server, "1024"));
    let server = changed("dh_prime_size", "1024, ideal");
    assert!(with(&server, "1024"));
}

#[test]
fn option_services_ssh_cipher_list() {
    let server = changed("ssh_cipher_list", "aes128-gcm@openssh.com, curve25519-sha256");
    let with = |cipher: &str| {
        let option = format!("Ciphers={cipher}");
        openssh::sftp(&server, "alice", &["-o", &option], "pwd\n").status.success()
    };
    assert!(with("aes128-gcm@openssh.com") && !with("aes256-gcm@openssh.com"));
}

#[test]
fn option_services_ssh_server_keys() {
    let server = changed("ssh_server_keys", "host-ecdsa");
    let with = |algorithm: &str| {
        let option = format!("HostKeyAlgorithms={algorithm}");
        openssh::sftp(&server, "alice", &["-o", &option], "pwd\n").status.success()
    };
    assert!(with("ecdsa-sha2-nistp256") && !with("ssh-ed25519"));
}
