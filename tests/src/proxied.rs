//! Headers of the PROXY protocol, and clients behind a load balancer that sends them. Source: HAProxy's
//! `proxy-protocol.txt`.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;

use crate::clients::python_command;
use crate::openssh;
use crate::program::must;
use crate::{Server, server::PORT};

/// Version 1, for a client there.
pub fn v1(source: &str) -> Vec<u8> {
    let source: IpAddr = source.parse().unwrap();
    let (kind, destination) =
        if source.is_ipv4() { ("TCP4", "192.0.2.22") } else { ("TCP6", "2001:db8::22") };
    format!("PROXY {kind} {source} {destination} 40000 22\r\n").into_bytes()
}

/// Version 2, for a client there, with extensions.
pub fn v2(source: &str, extensions: &[(u8, &[u8])]) -> Vec<u8> {
    let (family, mut rest) = match source.parse().unwrap() {
        IpAddr::V4(v4) => (0x11, [v4.octets(), [192, 0, 2, 22]].concat()),
        IpAddr::V6(v6) => (0x21, [v6.octets(), [7; 16]].concat()),
    };
    rest.extend([40_000_u16.to_be_bytes(), 22_u16.to_be_bytes()].concat());
    for (kind, value) in extensions {
        rest.push(*kind);
        rest.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        rest.extend(*value);
    }
    binary(0x21, family, &rest)
}

/// What a balancer says when it asks for itself.
pub fn local() -> Vec<u8> {
    binary(0x20, 0, b"")
}

fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend([command, family]);
    header.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
    header.extend(rest);
    header
}

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// Whether `account` is let in with the key of the test through a balancer that sends this header.
pub fn lets_in(server: &Server, account: &str, header: &[u8]) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/proxied.py");
    let command =
        format!("ProxyCommand=python3 {} {} {PORT} {}", script.display(), server.address, hex(header));
    openssh::sftp(server, account, &["-o", &command], "pwd\n").status.success()
}

/// Where a client of a test is.
#[derive(Debug, Clone, Copy)]
pub enum From<'a> {
    /// At this address of the machine, 127/8.
    Address(&'a str),
    /// Wherever this header says.
    Header(&'a [u8]),
}

/// What became of logins by password, `account`, `password` in turn, each on a connection of its own: whether each was
/// let in.
pub fn by_password(server: &Server, from: From<'_>, attempts: &[&str]) -> Vec<bool> {
    let mut command = python_command(server, "passwords.py", attempts);
    match from {
        From::Address(address) => command.env("SOURCE", address),
        From::Header(header) => command.env("HEADER", hex(header)),
    };
    must(&mut command).lines().map(|line| line == "let in").collect()
}
