//! Version 2: the binary form (section 2.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Header, HeaderError, Parsed, tlv};

pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family and transport, length.
const FIXED: usize = 16;
/// Bytes of a whole header at the most. The length could say 65,551; what balancers send is far below this.
pub const MAX_HEADER: usize = 4096;

const VERSION: u8 = 2;
const LOCAL: u8 = 0;
const PROXY: u8 = 1;

const STREAM: u8 = 1;
const UNSPECIFIED: u8 = 0;
const INET: u8 = 1;
const INET6: u8 = 2;
const UNIX: u8 = 3;
/// Two names of 108 bytes.
const UNIX_ADDRESSES: usize = 216;

/// What begins as a header does.
pub(super) fn parse(received: &[u8]) -> Result<Parsed, HeaderError> {
    let Some(fixed) = received.first_chunk::<FIXED>() else {
        // Whether it is this form shows in the first byte.
        let shortest = if received.is_empty() { FIXED - 1 } else { FIXED };
        return Ok(Parsed::Incomplete { at_least: shortest.saturating_sub(received.len()) });
    };
    let [.., command, family, high, low] = *fixed;
    if command >> 4 != VERSION {
        return Err(HeaderError::Version(command >> 4));
    }
    let command = command & 0x0f;
    if command > PROXY {
        return Err(HeaderError::Command(command));
    }
    let length = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_HEADER {
        return Err(HeaderError::TooLong(MAX_HEADER));
    }
    let Some(whole) = received.get(..length) else {
        return Ok(Parsed::Incomplete { at_least: length.saturating_sub(received.len()) });
    };
    let header = match command {
        // The addresses are the connection's own, and the rest is to be discarded.
        LOCAL => Header::Nobody,
        _ => proxied(family, whole)?,
    };
    Ok(Parsed::Complete { header, length })
}

fn proxied(family: u8, whole: &[u8]) -> Result<Header, HeaderError> {
    let rest = whole.get(FIXED..).unwrap_or_default();
    let (addresses, rest) = match (family >> 4, family & 0x0f) {
        (UNSPECIFIED, UNSPECIFIED) => (None, rest),
        (INET, STREAM) => {
            let (fields, rest) = rest.split_first_chunk::<12>().ok_or(HeaderError::Addresses)?;
            (Some(inet(*fields)), rest)
        }
        (INET6, STREAM) => {
            let (fields, rest) = rest.split_first_chunk::<36>().ok_or(HeaderError::Addresses)?;
            (Some(inet6(fields).ok_or(HeaderError::Addresses)?), rest)
        }
        // A client on the balancer's own machine.
        (UNIX, STREAM) => (None, rest.get(UNIX_ADDRESSES..).ok_or(HeaderError::Addresses)?),
        _ => return Err(HeaderError::Family(family)),
    };
    let extensions = tlv::extensions(whole, rest)?;
    Ok(match addresses {
        Some((source, destination)) => Header::Client { source, destination, extensions },
        None => Header::Nobody,
    })
}

fn inet([a, b, c, d, e, f, g, h, i, j, k, l]: [u8; 12]) -> (SocketAddr, SocketAddr) {
    let at =
        |address: [u8; 4], port| SocketAddr::new(Ipv4Addr::from(address).into(), u16::from_be_bytes(port));
    (at([a, b, c, d], [i, j]), at([e, f, g, h], [k, l]))
}

fn inet6(fields: &[u8; 36]) -> Option<(SocketAddr, SocketAddr)> {
    let (source, rest) = fields.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    let (source_port, rest) = rest.split_first_chunk::<2>()?;
    let destination_port = rest.first_chunk::<2>()?;
    let at = |address: &[u8; 16], port: &[u8; 2]| {
        let address = IpAddr::from(Ipv6Addr::from(*address)).to_canonical();
        SocketAddr::new(address, u16::from_be_bytes(*port))
    };
    Some((at(source, source_port), at(destination, destination_port)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Extension, crc32c, parse};
    use super::*;

    pub(in super::super) fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap();
        [&[kind][..], &length.to_be_bytes(), value].concat()
    }

    pub(in super::super) fn raw(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap();
        [SIGNATURE, &[command, family], &length.to_be_bytes(), rest].concat()
    }

    pub(in super::super) fn header(
        source: SocketAddr,
        destination: SocketAddr,
        extensions: &[u8],
    ) -> Vec<u8> {
        let octets = |a: SocketAddr| match a.ip() {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        let ports = [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat();
        let family = if source.is_ipv4() { 0x11 } else { 0x21 };
        raw(0x21, family, &[&octets(source)[..], &octets(destination), &ports, extensions].concat())
    }

    /// The same with a CRC-32C as its last extension.
    pub(in super::super) fn with_checksum(header: &[u8]) -> Vec<u8> {
        let mut all = [header, &tlv(0x03, &[0; 4])].concat();
        let length = u16::try_from(all.len() - FIXED).unwrap();
        all[14..16].copy_from_slice(&length.to_be_bytes());
        let sum = crc32c::of([&all[..]]);
        let at = all.len() - 4;
        all[at..].copy_from_slice(&sum.to_be_bytes());
        all
    }

    fn addresses() -> (SocketAddr, SocketAddr) {
        ("192.0.2.1:40000".parse().unwrap(), "198.51.100.1:22".parse().unwrap())
    }

    fn whole(bytes: &[u8]) -> Result<Header, HeaderError> {
        match parse(bytes)? {
            Parsed::Complete { header, length } => {
                assert_eq!(length, bytes.len());
                Ok(header)
            }
            Parsed::Incomplete { .. } => panic!("incomplete"),
        }
    }

    #[test]
    fn what_a_balancer_says_of_itself_is_nobodys_connection() {
        assert_eq!(whole(&raw(0x20, 0x00, b"")), Ok(Header::Nobody));
        assert_eq!(whole(&raw(0x20, 0x11, b"whatever")), Ok(Header::Nobody));
        assert_eq!(whole(&raw(0x21, 0x00, b"")), Ok(Header::Nobody));
        assert_eq!(whole(&raw(0x21, 0x31, &[0; 216])), Ok(Header::Nobody));
    }

    #[test]
    fn an_ipv4_client_in_its_ipv6_form_is_the_ipv4_client() {
        let (source, destination) =
            ("[::ffff:192.0.2.1]:5".parse().unwrap(), "[2001:db8::1]:22".parse().unwrap());
        let Ok(Header::Client { source, .. }) = whole(&header(source, destination, b"")) else { panic!() };
        assert_eq!(source, "192.0.2.1:5".parse().unwrap());
    }

    #[test]
    fn versions_commands_and_families_that_nobody_knows_are_refused() {
        assert_eq!(whole(&raw(0x11, 0x11, &[0; 12])), Err(HeaderError::Version(1)));
        assert_eq!(whole(&raw(0x31, 0x11, &[0; 12])), Err(HeaderError::Version(3)));
        assert_eq!(whole(&raw(0x22, 0x11, &[0; 12])), Err(HeaderError::Command(2)));
        for family in [0x01, 0x10, 0x12, 0x22, 0x32, 0x41, 0xff] {
            assert_eq!(whole(&raw(0x21, family, &[0; 216])), Err(HeaderError::Family(family)));
        }
        assert_eq!(whole(&raw(0x21, 0x11, &[0; 11])), Err(HeaderError::Addresses));
        assert_eq!(whole(&raw(0x21, 0x21, &[0; 35])), Err(HeaderError::Addresses));
        assert_eq!(whole(&raw(0x21, 0x31, &[0; 215])), Err(HeaderError::Addresses));
    }

    #[test]
    fn a_length_that_no_balancer_needs_is_refused_before_its_bytes_come() {
        let fixed = |length: u16| [SIGNATURE, &[0x21, 0x11], &length.to_be_bytes()].concat();
        assert_eq!(parse(&fixed(4080)), Ok(Parsed::Incomplete { at_least: 4080 }));
        assert_eq!(parse(&fixed(4081)), Err(HeaderError::TooLong(MAX_HEADER)));
        assert_eq!(parse(&fixed(u16::MAX)), Err(HeaderError::TooLong(MAX_HEADER)));
    }

    #[test]
    fn extensions_are_told_and_their_lengths_are_not_believed() {
        let (source, destination) = addresses();
        let read = |extensions: &[u8]| match whole(&header(source, destination, extensions)) {
            Ok(Header::Client { extensions, .. }) => Ok(extensions),
            Ok(Header::Nobody) => panic!(),
            Err(error) => Err(error),
        };
        let tls = [&[7, 0, 0, 0, 0][..], &tlv(0x21, b"TLSv1.3"), &tlv(0x22, b"partner"), &tlv(0x23, b"AES")]
            .concat();
        let told = read(
            &[
                tlv(0x01, b"ssh"),
                tlv(0x02, b"files.example.com"),
                tlv(0x04, b"padding"),
                tlv(0x20, &tls),
                tlv(0x30, b"blue"),
                tlv(0xea, &[1, b'v', b'p', b'c']),
            ]
            .concat(),
        )
        .unwrap();
        let texts: Vec<String> =
            told.iter().flat_map(Extension::facts).map(|f| f.escape_ascii().to_string()).collect();
        assert_eq!(
            texts,
            [
                "alpn=ssh",
                "authority=files.example.com",
                "ssl=client certificate verified",
                "ssl_version=TLSv1.3",
                "ssl_cn=partner",
                "ssl_cipher=AES",
                "netns=blue",
                "0xea=\\x01vpc",
            ]
        );
        for bad in [
            &[0x01][..],
            &[0x01, 0],
            &[0x01, 0, 9, b'x'],
            &tlv(0x03, &[0; 3]),
            &tlv(0x05, &[0; 129]),
            &tlv(0x20, &[1, 0, 0, 0]),
            &tlv(0x20, &[1, 0, 0, 0, 0, 0x21, 0, 9]),
        ] {
            assert_eq!(read(bad), Err(HeaderError::Extension), "{bad:?}");
        }
        assert_eq!(read(&tlv(0x01, b"").repeat(65)), Err(HeaderError::TooManyExtensions));
        assert!(read(&tlv(0x04, b"").repeat(500)).is_ok());
    }

    #[test]
    fn a_checksum_that_is_there_must_be_right_and_be_there_once() {
        let (source, destination) = addresses();
        let sound = with_checksum(&header(source, destination, &tlv(0x02, b"x")));
        assert!(matches!(whole(&sound), Ok(Header::Client { .. })));
        for at in [16, 27, 31, sound.len() - 1] {
            let mut changed = sound.clone();
            changed[at] ^= 1;
            assert_eq!(whole(&changed), Err(HeaderError::Checksum), "{at}");
        }
        let twice = with_checksum(&sound);
        assert_eq!(whole(&twice), Err(HeaderError::Checksum));
    }
}
