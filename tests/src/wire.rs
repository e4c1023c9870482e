//! SSH before any key: raw packets in the clear, for peers that do not play by the rules. Source: RFC 4253.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::Server;

/// Message numbers (RFC 4250 section 4.1.2).
pub const DISCONNECT: u8 = 1;
pub const IGNORE: u8 = 2;
pub const UNIMPLEMENTED: u8 = 3;
pub const KEXINIT: u8 = 20;
pub const NEWKEYS: u8 = 21;

/// One TCP connection to the SSH service.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came from the server, or did not.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The payload of one packet.
    Packet(Vec<u8>),
    Closed,
    /// Nothing for as long as we waited.
    Silence,
}

impl Wire {
    pub fn connect(server: &Server) -> Self {
        Self::connect_from(server, Ipv4Addr::LOCALHOST).unwrap()
    }

    /// Connects as a balancer does: with a header before everything else.
    pub fn connect_with(server: &Server, header: &[u8]) -> Self {
        let mut wire = Self::connect(server);
        wire.send(header);
        wire
    }

    /// Connects from an address of 127/8.
    pub fn connect_from(server: &Server, source: Ipv4Addr) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((source, 0)).into())?;
        socket.connect_timeout(&SocketAddr::from(server.socket()).into(), Duration::from_secs(10))?;
        Ok(Self { stream: socket.into(), received: Vec::new() })
    }

    /// Sends bytes as they are. A server that has hung up already is no error: what counts is its answer.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends a packet in the clear (section 6).
    pub fn send_packet(&mut self, payload: &[u8]) {
        let padding = match 8 - (5 + payload.len()) % 8 {
            short if short < 4 => short + 8,
            enough => enough,
        };
        let length = u32::try_from(1 + payload.len() + padding).unwrap();
        let mut packet = length.to_be_bytes().to_vec();
        packet.push(u8::try_from(padding).unwrap());
        packet.extend(payload);
        packet.resize(packet.len() + padding, 0);
        self.send(&packet);
    }

    /// The identification line of the server, without its line end (section 4.2). `None` when it closed instead.
    pub fn identification(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Some(line.strip_suffix(b"\r\n").unwrap_or(&line[..end]).to_vec());
            }
            if self.fill(Duration::from_secs(20)) != Filled::More {
                return None;
            }
        }
    }

    /// Exchanges identifications and takes the server's KEXINIT.
    pub fn greet(&mut self) -> Vec<u8> {
        assert!(self.identification().is_some_and(|line| line.starts_with(b"SSH-2.0-")));
        self.send(b"SSH-2.0-probe\r\n");
        match self.answer(Duration::from_secs(20)) {
            Answer::Packet(payload) if payload[0] == KEXINIT => payload,
            other => panic!("no KEXINIT but {other:?}"),
        }
    }

    /// The next packet in the clear.
    pub fn answer(&mut self, patience: Duration) -> Answer {
        loop {
            if self.received.len() >= 4 {
                let length = u32::from_be_bytes(self.received[..4].try_into().unwrap());
                let length = usize::try_from(length).unwrap();
                assert!(length < 1 << 18, "a packet of {length} bytes");
                if self.received.len() >= 4 + length {
                    let packet: Vec<u8> = self.received.drain(..4 + length).collect();
                    let padding = usize::from(packet[4]);
                    return Answer::Packet(packet[5..packet.len() - padding].to_vec());
                }
            }
            match self.fill(patience) {
                Filled::More => {}
                Filled::Closed => return Answer::Closed,
                Filled::Nothing => return Answer::Silence,
            }
        }
    }

    /// Fails the test unless the server refuses the message just sent: UNIMPLEMENTED, DISCONNECT or the end.
    pub fn expect_refusal(&mut self, what: &str) {
        match self.answer(Duration::from_secs(20)) {
            Answer::Closed => {}
            Answer::Packet(payload) if matches!(payload[0], DISCONNECT | UNIMPLEMENTED) => {}
            other => panic!("{what}: the server went on: {other:?}"),
        }
    }

    /// Fails the test unless the server ends the connection, saying at most DISCONNECT before.
    pub fn expect_end(&mut self, what: &str) {
        loop {
            match self.answer(Duration::from_secs(20)) {
                Answer::Closed => return,
                Answer::Packet(payload) if payload[0] == DISCONNECT => {}
                other => panic!("{what}: the server went on: {other:?}"),
            }
        }
    }

    /// Closes the connection at once, with a reset.
    pub fn reset(self) {
        let socket = Socket::from(self.stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Whether the server has ended the connection by now.
    pub fn is_closed(&mut self) -> bool {
        loop {
            match self.fill(Duration::from_millis(10)) {
                Filled::More => {}
                Filled::Closed => return true,
                Filled::Nothing => return false,
            }
        }
    }

    fn fill(&mut self, patience: Duration) -> Filled {
        self.stream.set_read_timeout(Some(patience)).unwrap();
        let mut some = [0; 16_384];
        match self.stream.read(&mut some) {
            Ok(0) => Filled::Closed,
            Ok(n) => {
                self.received.extend(&some[..n]);
                Filled::More
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Filled::Nothing,
            Err(_) => Filled::Closed,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Filled {
    More,
    Closed,
    Nothing,
}

/// A KEXINIT of a client (section 7.1) that can do strict key exchange and one algorithm of each kind.
pub fn kexinit(key_exchange: &str) -> Vec<u8> {
    let mut payload = vec![KEXINIT];
    payload.extend([7; 16]);
    let cipher = "aes128-gcm@openssh.com";
    for names in [
        key_exchange,
        "ssh-ed25519",
        cipher,
        cipher,
        "hmac-sha2-256",
        "hmac-sha2-256",
        "none",
        "none",
        "",
        "",
    ] {
        payload.extend(string(names));
    }
    payload.extend([0; 5]);
    payload
}

/// A key exchange that asks for the strict rules (OpenSSH PROTOCOL 1.10).
pub const STRICT: &str = "curve25519-sha256,kex-strict-c-v00@openssh.com";

/// SSH_MSG_KEX_ECDH_INIT with a point of Curve25519 (RFC 8731).
pub fn ecdh_init() -> Vec<u8> {
    let mut payload = vec![30];
    payload.extend(32_u32.to_be_bytes());
    payload.push(9);
    payload.extend([0; 31]);
    payload
}

/// A string of RFC 4251 section 5.
pub fn string(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    let mut bytes = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text);
    bytes
}
