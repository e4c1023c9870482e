//! Clients behind load balancers, which say for whom they connect.

use std::net::Ipv4Addr;
use std::time::Duration;

use causeway_tests::configuration::PASSWORD;
use causeway_tests::openssh;
use causeway_tests::proxied::{From, by_password, lets_in, local, v1, v2};
use causeway_tests::wait::{poll, until};
use causeway_tests::wire::Wire;
use causeway_tests::{Configuration, Server};

const POLICY: &str = "security-policies/DEFAULT-SECURITY-POLICY";

/// The clients of the tests connect from 127.0.0.1, as the balancer does here.
fn behind_a_balancer() -> Configuration {
    Configuration::standard().set("services/sftp", "proxy_protocol_networks", "127.0.0.1, 10.0.0.0/8")
}

/// The numbers of all events since then, but for what the server does by itself.
fn events_since(server: &Server, count: usize) -> Vec<u32> {
    server.events().iter().skip(count).map(|e| e.id).filter(|id| *id != 70013).collect()
}

#[test]
fn the_client_is_who_the_balancer_says_for_rules_events_and_bans() {
    let server = Server::start(
        behind_a_balancer()
            .set(POLICY, "source_ip_ban_after_count", "2")
            .alice("source_ip_filter", "allow 192.0.2.0/24\nallow 2001:db8::/32"),
    );
    let unique = (0x05, &b"conn-77"[..]);
    let header = v2("192.0.2.7", &[(0x02, b"files.example.com"), unique, (0x20, &[1, 0, 0, 0, 0])]);
    assert!(lets_in(&server, "alice", &header));
    assert!(lets_in(&server, "alice", &v1("192.0.2.8")));
    assert!(lets_in(&server, "alice", &v1("2001:db8::8")));
    assert!(lets_in(&server, "alice", &v2("2001:db8::9", &[])));
    assert!(lets_in(&server, "alice", &v2("::ffff:192.0.2.7", &[])), "IPv4 in its IPv6 form");
    assert!(!lets_in(&server, "alice", &v1("198.51.100.1")), "its filter lets nobody in from there");
    let told = server.wait_for_event("the header", |e| e.id == 20003 && e.message.contains("authority"));
    for part in
        ["127.0.0.1:", "authority=files.example.com", "unique_id=conn-77", "ssl=no client certificate"]
    {
        assert!(told.message.contains(part), "{told:?}");
    }
    let wrong = v1("192.0.2.66");
    assert_eq!(by_password(&server, From::Header(&wrong), &["alice", "wrong"].repeat(2)), [false; 2]);
    assert_eq!(by_password(&server, From::Header(&wrong), &["alice", PASSWORD]), [false]);
    assert!(lets_in(&server, "alice", &v1("192.0.2.7")), "neither the balancer nor anybody else is banned");
}

#[test]
fn v21_only_a_balancer_is_believed_and_it_must_say_for_whom_it_connects() {
    let server = Server::start(behind_a_balancer());
    assert!(!openssh::lets_in(&server, "alice"), "a balancer without a header");
    server
        .wait_for_event("no header", |e| e.id == 70061 && e.message.contains("does not begin with a header"));
    // From elsewhere a header is no way to begin, and without one everything is as ever.
    let elsewhere = Ipv4Addr::new(127, 77, 0, 1);
    for header in [v1("192.0.2.1"), v2("192.0.2.1", &[]), local()] {
        let mut wire = Wire::connect_from(&server, elsewhere).unwrap();
        assert!(wire.identification().is_some());
        wire.send(&header);
        until("the end", || wire.is_closed());
    }
    let output = openssh::sftp(&server, "alice", &["-o", "BindAddress=127.77.0.1"], "pwd\n");
    assert!(output.status.success());
    assert!(!server.events().iter().any(|e| e.id == 20003));
}

#[test]
fn a_header_that_is_malformed_ends_the_connection_before_anything_is_said() {
    let server = Server::start(behind_a_balancer());
    let mut checksum = v2("192.0.2.1", &[(0x03, &[1, 2, 3, 4])]);
    let mut long = local();
    long[14..16].copy_from_slice(&u16::MAX.to_be_bytes());
    let headers: [&[u8]; 7] = [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        b"PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        &[&b"PROXY UNKNOWN "[..], &[b'x'; 200]].concat(),
        &checksum,
        &long,
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0",
    ];
    for header in headers {
        let mut wire = Wire::connect_with(&server, header);
        assert!(wire.identification().is_none(), "{}", header.escape_ascii());
    }
    checksum.truncate(20);
    let mut wire = Wire::connect_with(&server, &checksum);
    assert!(wire.identification().is_none(), "a header that stops must not hold the connection");
    server.wait_for_event("too slow", |e| e.id == 70061 && e.message.contains("within 5s"));
}

#[test]
fn v18_a_header_that_trickles_is_given_up_after_five_seconds() {
    let server = Server::start(behind_a_balancer());
    let mut wire = Wire::connect_with(&server, b"PROXY UNKNOWN ");
    let closed = poll(Duration::from_secs(20), || {
        wire.send(b"x");
        std::thread::sleep(Duration::from_millis(300));
        wire.is_closed().then_some(())
    });
    assert!(closed.is_some());
}

#[test]
fn s15_health_probes_of_balancers_are_answered_and_leave_no_trace() {
    let server = Server::start(behind_a_balancer().set(POLICY, "source_ip_ban_after_count", "1"));
    assert!(lets_in(&server, "alice", &v1("192.0.2.1")));
    server.wait_for_events("alice", &[30015]);
    let before = server.events().len();
    for _ in 0..3 {
        drop(Wire::connect(&server));
        Wire::connect(&server).reset();
        for header in [&local()[..], b"PROXY UNKNOWN\r\n"] {
            let mut wire = Wire::connect_with(&server, header);
            assert!(wire.identification().is_some_and(|line| line.starts_with(b"SSH-2.0-")));
            let mut wire = Wire::connect_with(&server, header);
            wire.identification();
            wire.send(b"\r\n");
            wire.reset();
        }
    }
    // Whatever was to be told has been by the time that this is.
    assert!(lets_in(&server, "alice", &v1("192.0.2.2")));
    until("the last event", || server.events().iter().filter(|e| e.id == 30015).count() == 2);
    let told = events_since(&server, before);
    assert_eq!(told.iter().filter(|id| **id == 30014).count(), 1, "{told:?}");
    assert!(!told.iter().any(|id| [30007, 30050, 30051, 20005, 70060, 70061].contains(id)), "{told:?}");
}

#[test]
fn nobody_logs_in_over_a_connection_of_which_the_balancer_does_not_say_where_it_comes_from() {
    let server = Server::start(behind_a_balancer().set(POLICY, "source_ip_ban_after_count", "1"));
    for header in [&local()[..], b"PROXY UNKNOWN\r\n"] {
        assert!(!lets_in(&server, "alice", header));
        let twice = format!("wrong\n{PASSWORD}");
        let tries = ["alice", PASSWORD, "alice", &twice];
        assert_eq!(by_password(&server, From::Header(header), &tries), [false; 2]);
    }
    server.wait_for_event("the refusal", |e| {
        e.id == 30007 && e.message.contains("does not say where the client is")
    });
    assert!(lets_in(&server, "alice", &v1("192.0.2.1")), "and nobody is banned for it");
}

#[test]
fn v18_the_limits_before_login_count_clients_and_not_their_balancer() {
    let server = Server::start(behind_a_balancer());
    let mut held: Vec<Wire> = (0..70).map(|_| Wire::connect_with(&server, &v1("192.0.2.1"))).collect();
    let mut greeted = 0;
    until("those above the limit are closed", || {
        greeted = held.iter_mut().filter_map(|wire| (!wire.is_closed()).then_some(())).count();
        greeted <= 64
    });
    assert_eq!(greeted, 64);
    assert!(lets_in(&server, "alice", &v1("192.0.2.2")));
}

#[test]
fn a_source_that_is_blocked_at_the_connection_is_told_by_its_header() {
    let server = Server::start(behind_a_balancer().set(POLICY, "source_ip_filter", "deny 192.0.2.66").set(
        "services/sftp",
        "block_source_at_connection",
        "Yes",
    ));
    assert!(Wire::connect_with(&server, &v1("192.0.2.66")).identification().is_none());
    assert!(Wire::connect_with(&server, &v1("192.0.2.67")).identification().is_some());
    server.wait_for_event("the block", |e| e.id == 20005 && e.message.contains("192.0.2.66"));
}

#[test]
fn v18_connections_of_the_balancer_itself_make_way_for_clients() {
    let server = Server::start(behind_a_balancer().set("services/sftp", "connections_before_login", "8"));
    until("nobody else is there", || {
        String::from_utf8_lossy(&server.command(&["status"]).stdout).contains(" 0 connected")
    });
    let mut held: Vec<Wire> = (0..8).map(|_| Wire::connect_with(&server, &local())).collect();
    assert!(held.iter_mut().all(|wire| wire.identification().is_some()));
    assert!(lets_in(&server, "alice", &v1("192.0.2.1")));
}

#[test]
fn the_server_does_not_wait_for_a_balancer_that_says_nothing_when_it_stops() {
    let mut server = Server::start(behind_a_balancer());
    let _silent = Wire::connect(&server);
    until("it is there", || {
        String::from_utf8_lossy(&server.command(&["status"]).stdout).contains(" 1 connected")
    });
    assert!(server.terminate().success());
    assert!(!server.events().iter().any(|e| e.id == 70061), "it would have been told in its time");
}
