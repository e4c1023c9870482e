//! Reading a header from a connection.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::{Header, HeaderError, Parsed, parse};

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The peer has closed the connection without a byte, as those do who only ask whether somebody listens.
    #[error("the connection was closed without a word")]
    Nothing,
    #[error("the connection was closed within the header")]
    CutOff,
    #[error("there was no whole header within {0:?}")]
    TooSlow(Duration),
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// Reads exactly a header: what is behind it is still in the connection. Holds at most the bytes of one header, and waits
/// for all of it together no longer than `patience`.
///
/// # Errors
/// There is no header: the connection is of no use.
pub async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    patience: Duration,
) -> Result<Header, ReceiveError> {
    timeout(patience, read(stream)).await.unwrap_or(Err(ReceiveError::TooSlow(patience)))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Header, ReceiveError> {
    let mut received = Vec::new();
    loop {
        let at_least = match parse(&received)? {
            Parsed::Complete { header, .. } => return Ok(header),
            Parsed::Incomplete { at_least } => at_least,
        };
        // The parser has checked it against the longest header.
        let before = received.len();
        received.resize(before.saturating_add(at_least), 0);
        let space = received.get_mut(before..).unwrap_or_default();
        // Balancers may end a connection that they have asked by with a reset.
        let read = stream.read(space).await.unwrap_or_default();
        received.truncate(before.saturating_add(read));
        match (before, read) {
            (0, 0) => return Err(ReceiveError::Nothing),
            (_, 0) => return Err(ReceiveError::CutOff),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    /// What comes of these bytes, sent in pieces, and what is left behind them.
    async fn received(pieces: &[&[u8]]) -> (Result<Header, ReceiveError>, Vec<u8>) {
        let (mut client, mut server) = tokio::io::duplex(1 << 16);
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|p| p.to_vec()).collect();
        let sending = tokio::spawn(async move {
            for piece in pieces {
                client.write_all(&piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let header = receive(&mut server, PATIENCE).await;
        sending.await.unwrap();
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).await.unwrap();
        (header, rest)
    }

    #[tokio::test(start_paused = true)]
    async fn exactly_the_header_is_read_in_however_many_pieces_it_comes() {
        let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 5 22\r\n";
        let pieces: Vec<&[u8]> = line.chunks(1).chain([&b"SSH-2.0-x\r\n"[..]]).collect();
        for pieces in
            [&[&line[..], b"SSH-2.0-x\r\n"][..], &pieces, &[&[&line[..], b"SSH-2.0-x\r\n"].concat()]]
        {
            let (header, rest) = received(pieces).await;
            assert!(matches!(header, Ok(Header::Client { .. })), "{header:?}");
            assert_eq!(rest, b"SSH-2.0-x\r\n");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_told_from_who_breaks_off() {
        assert!(matches!(received(&[]).await.0, Err(ReceiveError::Nothing)));
        assert!(matches!(received(&[b"PROXY TCP4 "]).await.0, Err(ReceiveError::CutOff)));
        let answer = received(&[b"SSH-2.0-x\r\n"]).await.0;
        assert!(matches!(answer, Err(ReceiveError::Header(HeaderError::NotProxy))), "{answer:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn v18_a_header_that_comes_byte_by_byte_must_still_come_in_time() {
        let (mut client, mut server) = tokio::io::duplex(1 << 16);
        let sending = tokio::spawn(async move {
            for byte in b"PROXY UNKNOWN ".iter().chain(&[b'x'; 60]) {
                if client.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        assert!(matches!(receive(&mut server, PATIENCE).await, Err(ReceiveError::TooSlow(_))));
        sending.abort();
    }
}
