//! Version 1: a line of text (section 2.1).

use std::net::{IpAddr, SocketAddr};

use super::{Header, HeaderError, Parsed};

pub(super) const PREFIX: &[u8] = b"PROXY ";
/// The longest line, with its end.
const MAX_LINE: usize = 107;
/// The shortest one.
const MIN_LINE: usize = b"PROXY UNKNOWN\r\n".len();

/// What begins as a line does.
pub(super) fn parse(received: &[u8]) -> Result<Parsed, HeaderError> {
    let seen = received.get(..MAX_LINE).unwrap_or(received);
    let Some(end) = seen.iter().position(|b| *b == b'\n') else {
        return incomplete(received.len(), received.last() == Some(&b'\r'));
    };
    let line = seen.get(..end).and_then(|line| line.strip_suffix(b"\r")).ok_or(HeaderError::Line)?;
    let line = std::str::from_utf8(line).map_err(|_| HeaderError::Line)?;
    Ok(Parsed::Complete { header: header(line)?, length: end + 1 })
}

/// The end of the line is still to come: CR and LF, or the LF alone.
fn incomplete(received: usize, before_end: bool) -> Result<Parsed, HeaderError> {
    let at_least = if before_end { 1 } else { 2 };
    let at_least = at_least.max(MIN_LINE.saturating_sub(received));
    if received.saturating_add(at_least) > MAX_LINE {
        return Err(HeaderError::TooLong(MAX_LINE));
    }
    Ok(Parsed::Incomplete { at_least })
}

/// A line without its end. One space between two words, numbers without signs or zeroes before them.
fn header(line: &str) -> Result<Header, HeaderError> {
    let mut words = line.split(' ').skip(1);
    let kind = words.next().ok_or(HeaderError::Line)?;
    let is_kind: fn(&IpAddr) -> bool = match kind {
        "TCP4" => IpAddr::is_ipv4,
        "TCP6" => IpAddr::is_ipv6,
        // Whatever follows is to be ignored.
        "UNKNOWN" => return Ok(Header::Nobody),
        _ => return Err(HeaderError::Line),
    };
    let mut address = || {
        let address = words.next().and_then(|word| word.parse().ok());
        address.filter(is_kind).ok_or(HeaderError::Line)
    };
    let (source, destination) = (address()?, address()?);
    let mut port = || words.next().and_then(port).ok_or(HeaderError::Line);
    let (source_port, destination_port) = (port()?, port()?);
    if words.next().is_some() {
        return Err(HeaderError::Line);
    }
    Ok(Header::Client {
        source: SocketAddr::new(source.to_canonical(), source_port),
        destination: SocketAddr::new(destination.to_canonical(), destination_port),
        extensions: Vec::new(),
    })
}

fn port(word: &str) -> Option<u16> {
    let digits = word.bytes().all(|b| b.is_ascii_digit());
    (digits && (word == "0" || !word.starts_with('0'))).then(|| word.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn whole(line: &str) -> Result<Header, HeaderError> {
        match parse(line.as_bytes())? {
            Parsed::Complete { header, length } => {
                assert_eq!(length, line.len());
                Ok(header)
            }
            Parsed::Incomplete { .. } => panic!("incomplete: {line:?}"),
        }
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        let line = "PROXY TCP4 255.255.255.255 255.255.255.254 65535 1\r\n";
        let header = Header::Client {
            source: "255.255.255.255:65535".parse().unwrap(),
            destination: "255.255.255.254:1".parse().unwrap(),
            extensions: Vec::new(),
        };
        assert_eq!(whole(line), Ok(header));
        let long = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        assert!(matches!(
            whole(&format!("PROXY TCP6 {long} {long} 65535 65535\r\n")),
            Ok(Header::Client { .. })
        ));
        assert_eq!(whole("PROXY UNKNOWN\r\n"), Ok(Header::Nobody));
        let longest = format!("PROXY UNKNOWN {long} {long} 65535 65535\r\n");
        assert_eq!(longest.len(), MAX_LINE);
        assert_eq!(whole(&longest), Ok(Header::Nobody));
    }

    #[test]
    fn what_is_not_exactly_such_a_line_is_refused() {
        for line in [
            "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
            "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
            "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP6 [::1] ::1 1 2\r\n",
            "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 \u{b2}\r\n",
            "PROXY \r\n",
            "PROXY UNKNOWNX\r\n",
        ] {
            assert_eq!(whole(line), Err(HeaderError::Line), "{line}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_given_up_at_its_longest() {
        let mut line = b"PROXY UNKNOWN ".to_vec();
        line.resize(MAX_LINE - 2, b'x');
        assert_eq!(parse(&line), Ok(Parsed::Incomplete { at_least: 2 }));
        line.push(b'\r');
        assert_eq!(parse(&line), Ok(Parsed::Incomplete { at_least: 1 }));
        line.pop();
        line.push(b'x');
        assert_eq!(parse(&line), Err(HeaderError::TooLong(MAX_LINE)));
        line.resize(1 << 20, b'x');
        assert_eq!(parse(&line), Err(HeaderError::TooLong(MAX_LINE)));
    }
}
