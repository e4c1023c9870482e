//! The PROXY protocol, versions 1 and 2: how a load balancer tells for whom it connects. Source: HAProxy's
//! `proxy-protocol.txt`, 2020/03/05 and its revision of 2025.
//!
//! - [`parse()`]: from the bytes received so far to a [`Header`], without I/O. [`v1`], [`v2`]: the two forms.
//! - [`tlv`]: what version 2 tells beside the addresses. [`crc32c`]: the checksum that it may have.
//! - [`receive()`]: reads exactly the header from a connection and nothing behind it.
//!
//! Whoever is believed decides who a client is, so whom to believe is for the caller to know before a byte is read.

mod crc32c;
mod receive;
mod tlv;
mod v1;
mod v2;

pub use receive::{ReceiveError, receive};
pub use tlv::Extension;
pub use v2::MAX_HEADER;

use std::net::SocketAddr;

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// The connection is made for a client.
    Client {
        /// Where the client is.
        source: SocketAddr,
        /// Where the client connected to.
        destination: SocketAddr,
        /// What version 2 tells beside that.
        extensions: Vec<Extension>,
    },
    /// The connection is the balancer's own, as for a health check (`LOCAL`), or it cannot tell whose it is (`UNKNOWN`,
    /// an unspecified family, a socket without an address).
    Nobody,
}

/// How far the bytes go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// So many bytes more belong to the header at least: they can be read without reading beyond its end.
    Incomplete { at_least: usize },
    /// It ends after so many bytes.
    Complete { header: Header, length: usize },
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("it does not begin with a header of the PROXY protocol")]
    NotProxy,
    #[error("the header is longer than {0} bytes")]
    TooLong(usize),
    #[error("the line of version 1 is malformed")]
    Line,
    #[error("the header has the unknown version {0}")]
    Version(u8),
    #[error("the header has the unknown command {0}")]
    Command(u8),
    #[error("the header has the family and transport {0:#04x}, which no TCP connection has")]
    Family(u8),
    #[error("the header is too short for its addresses")]
    Addresses,
    #[error("an extension of the header is cut off, or has a length that its type does not have")]
    Extension,
    #[error("the header has more than {} extensions", tlv::MAX_EXTENSIONS)]
    TooManyExtensions,
    #[error("the checksum of the header is wrong")]
    Checksum,
}

/// Reads a header at the beginning of what was received. Nothing of the bytes is believed that is not checked, and an
/// error is told as soon as the bytes show it.
///
/// # Errors
/// The bytes are not the beginning of a header, whatever follows.
pub fn parse(received: &[u8]) -> Result<Parsed, HeaderError> {
    if starts_alike(received, v2::SIGNATURE) {
        v2::parse(received)
    } else if starts_alike(received, v1::PREFIX) {
        v1::parse(received)
    } else {
        Err(HeaderError::NotProxy)
    }
}

/// Whether one begins with the other. The two forms differ in their first byte.
fn starts_alike(received: &[u8], whole: &[u8]) -> bool {
    received.iter().zip(whole).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A whole header, taken in as many steps as the parser asks for.
    fn by_steps(bytes: &[u8]) -> Result<(Header, usize), HeaderError> {
        let mut taken = 0;
        loop {
            match parse(&bytes[..taken])? {
                Parsed::Complete { header, length } => return Ok((header, length)),
                Parsed::Incomplete { at_least } => {
                    assert!(at_least > 0);
                    taken += at_least;
                    assert!(taken <= bytes.len(), "it asks for more than there is");
                }
            }
        }
    }

    #[test]
    fn what_is_no_header_is_told_at_its_first_byte_that_differs() {
        assert_eq!(parse(b""), Ok(Parsed::Incomplete { at_least: 15 }));
        for bytes in [&b"S"[..], b"SSH-2.0-x\r\n", b"PROXX", b"\r\n\r\n\0\r\nQUIX", b"proxy TCP4", b"\n"] {
            assert_eq!(parse(bytes), Err(HeaderError::NotProxy), "{bytes:?}");
        }
    }

    fn any_address() -> impl Strategy<Value = SocketAddr> {
        prop_oneof![
            any::<([u8; 4], u16)>().prop_map(SocketAddr::from),
            any::<([u8; 16], u16)>().prop_map(SocketAddr::from)
        ]
    }

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_meant_and_never_beyond_its_end(source in any_address(), port: u16, behind: Vec<u8>) {
            let destination = SocketAddr::new(source.ip(), port);
            let kind = if source.is_ipv4() { "TCP4" } else { "TCP6" };
            let line = format!("PROXY {kind} {} {} {} {port}\r\n", source.ip(), destination.ip(), source.port());
            let bytes = [line.as_bytes(), &behind].concat();
            let canonical = |a: SocketAddr| SocketAddr::new(a.ip().to_canonical(), a.port());
            let header = Header::Client {
                source: canonical(source),
                destination: canonical(destination),
                extensions: Vec::new(),
            };
            prop_assert_eq!(by_steps(&bytes), Ok((header, line.len())));
        }

        #[test]
        fn a_binary_header_is_read_as_it_was_meant_and_never_beyond_its_end(
            source in any_address(),
            port: u16,
            authority in "[a-z.]{0,40}",
            id in proptest::collection::vec(any::<u8>(), 0..=128),
            behind: Vec<u8>,
        ) {
            let destination = SocketAddr::new(source.ip(), port);
            let extensions = [
                v2::tests::tlv(0x02, authority.as_bytes()),
                v2::tests::tlv(0x04, &[0; 7]),
                v2::tests::tlv(0x05, &id),
            ];
            let header = v2::tests::header(source, destination, &extensions.concat());
            let header = v2::tests::with_checksum(&header);
            let bytes = [&header[..], &behind].concat();
            let canonical = |a: SocketAddr| SocketAddr::new(a.ip().to_canonical(), a.port());
            let expected = Header::Client {
                source: canonical(source),
                destination: canonical(destination),
                extensions: vec![Extension::Authority(authority.into_bytes()), Extension::UniqueId(id)],
            };
            prop_assert_eq!(by_steps(&bytes), Ok((expected, header.len())));
        }

        #[test]
        fn a_single_changed_bit_of_a_header_with_a_checksum_is_noticed(source in any_address(), bit in 0_usize..1000) {
            let header = v2::tests::with_checksum(&v2::tests::header(source, source, &v2::tests::tlv(0x02, b"example.com")));
            let bit = bit % (header.len() * 8);
            // Of another type the checksum is none.
            prop_assume!(bit / 8 != header.len() - 7);
            let mut changed = header.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // The command may become LOCAL, of which nothing is believed, and lengths may ask for more.
            let believed = matches!(parse(&changed), Ok(Parsed::Complete { header: Header::Client { .. }, .. }));
            prop_assert!(!believed, "bit {bit}");
        }

        #[test]
        fn any_bytes_are_read_alike_in_one_piece_and_by_steps(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), form in 0..3_u8) {
            let start: &[u8] = match form { 0 => b"", 1 => b"PROXY TCP4 ", _ => b"\r\n\r\n\0\r\nQUIT\n\x21" };
            bytes.splice(0..0, start.iter().copied());
            let whole = parse(&bytes);
            for end in 0..bytes.len() {
                match parse(&bytes[..end]) {
                    Ok(Parsed::Incomplete { at_least }) => {
                        if let Ok(Parsed::Complete { length, .. }) = &whole {
                            prop_assert!(end + at_least <= *length);
                        }
                    }
                    Err(_) => prop_assert!(whole.is_err()),
                    complete => prop_assert_eq!(&complete, &whole),
                }
            }
        }
    }
}
