//! Logins for which the client's host vouches (RFC 4252 section 9).

use causeway_tests::clients::python;
use causeway_tests::server::make_key;
use causeway_tests::{Configuration, Server};

/// A server that knows the key of one host, `client/host`, in a line with these options.
fn knowing(options: &str) -> Server {
    let mut server =
        Server::prepare(Configuration::standard().set("groups/DEFAULT_GROUP", "ssh_hostbased_auth", "Yes"));
    make_key(&server.client().join("host"), "ed25519");
    let public = std::fs::read_to_string(server.client().join("host.pub")).unwrap();
    server.edit(|c| c.alice("ssh_authorized_keys_content", &format!("{options} {}", public.trim())));
    server.run();
    server
}

fn attempt(server: &Server, host: &str, user: &str) -> String {
    let key = server.client().join("host");
    python(server, "hostbased_asyncssh.py", &[key.to_str().unwrap(), host, user]).trim().to_owned()
}

#[test]
fn a_host_that_is_known_by_key_name_and_address_vouches_for_its_user() {
    let server = knowing("from=\"files.example.com,127.0.0.0/8\"");
    assert_eq!(attempt(&server, "files.example.com", "alice"), "let in");
    server.wait_for_event("who vouched", |e| e.id == 20137 && e.message.contains("host 'files.example.com'"));
    for (host, user) in [("other.example.com", "alice"), ("files.example.com", "root")] {
        assert_eq!(attempt(&server, host, user), "refused", "{host} {user}");
    }
    let elsewhere = knowing("from=\"files.example.com,192.0.2.0/24\"");
    assert_eq!(attempt(&elsewhere, "files.example.com", "alice"), "refused");
}
