//! The messages of the connection protocol, as a client sends them and as a server answers.

use super::ConnectionError;
use crate::wire::{Reader, Writer};

pub(super) const GLOBAL_REQUEST: u8 = 80;
const REQUEST_SUCCESS: u8 = 81;
const REQUEST_FAILURE: u8 = 82;
const CHANNEL_OPEN: u8 = 90;
const CHANNEL_OPEN_CONFIRMATION: u8 = 91;
const CHANNEL_OPEN_FAILURE: u8 = 92;
const CHANNEL_WINDOW_ADJUST: u8 = 93;
pub(crate) const CHANNEL_DATA: u8 = 94;
const CHANNEL_EXTENDED_DATA: u8 = 95;
const CHANNEL_EOF: u8 = 96;
const CHANNEL_CLOSE: u8 = 97;
const CHANNEL_REQUEST: u8 = 98;
const CHANNEL_SUCCESS: u8 = 99;
const CHANNEL_FAILURE: u8 = 100;

/// The bytes of a CHANNEL_DATA message before its data: message number, channel, length.
pub(crate) const DATA_HEAD: usize = 9;

/// Reason codes of CHANNEL_OPEN_FAILURE (RFC 4254 section 5.1).
pub(crate) const OPEN_ADMINISTRATIVELY_PROHIBITED: u32 = 1;
pub(crate) const OPEN_UNKNOWN_CHANNEL_TYPE: u32 = 3;
pub(crate) const OPEN_RESOURCE_SHORTAGE: u32 = 4;

/// A message from the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    GlobalRequest {
        name: &'a [u8],
        want_reply: bool,
    },
    /// An answer to a global request of ours: a keep-alive. One that nobody asked for harms nobody.
    GlobalReply,
    Open {
        kind: &'a [u8],
        sender: u32,
        window: u32,
        packet: u32,
    },
    WindowAdjust {
        channel: u32,
        bytes: u32,
    },
    /// `length` bytes of data stand at `offset` in the message.
    Data {
        channel: u32,
        offset: usize,
        length: usize,
    },
    /// What a client would write to a standard error: nobody reads it.
    ExtendedData {
        channel: u32,
        length: usize,
    },
    Eof {
        channel: u32,
    },
    Close {
        channel: u32,
    },
    Request {
        channel: u32,
        want_reply: bool,
        request: Request<'a>,
    },
    /// One that nobody has defined.
    Unassigned,
}

/// What a channel is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    Subsystem(&'a [u8]),
    Exec(&'a [u8]),
    /// Anything else, by name: refused.
    Other(&'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads a whole message, its number first.
    pub fn parse(payload: &'a [u8]) -> Result<Self, ConnectionError> {
        let mut r = Reader::new(payload);
        let kind = r.u8()?;
        let message = match kind {
            GLOBAL_REQUEST => {
                let (name, want_reply) = (r.string()?, r.bool()?);
                return Ok(Message::GlobalRequest { name, want_reply });
            }
            REQUEST_SUCCESS | REQUEST_FAILURE => return Ok(Message::GlobalReply),
            CHANNEL_OPEN => {
                // What follows belongs to the channel type.
                return Ok(Message::Open {
                    kind: r.string()?,
                    sender: r.u32()?,
                    window: r.u32()?,
                    packet: r.u32()?,
                });
            }
            CHANNEL_WINDOW_ADJUST => Message::WindowAdjust { channel: r.u32()?, bytes: r.u32()? },
            CHANNEL_DATA => {
                let channel = r.u32()?;
                let length = r.string()?.len();
                Message::Data { channel, offset: DATA_HEAD, length }
            }
            CHANNEL_EXTENDED_DATA => {
                let (channel, _code) = (r.u32()?, r.u32()?);
                Message::ExtendedData { channel, length: r.string()?.len() }
            }
            CHANNEL_EOF => Message::Eof { channel: r.u32()? },
            CHANNEL_CLOSE => Message::Close { channel: r.u32()? },
            CHANNEL_REQUEST => {
                let (channel, name, want_reply) = (r.u32()?, r.string()?, r.bool()?);
                let request = match name {
                    b"subsystem" => Request::Subsystem(r.string()?),
                    b"exec" => Request::Exec(r.string()?),
                    other => Request::Other(other),
                };
                return Ok(Message::Request { channel, want_reply, request });
            }
            // What a server says, and what belongs to other times of a connection, no client says here.
            other @ (CHANNEL_OPEN_CONFIRMATION
            | CHANNEL_OPEN_FAILURE
            | CHANNEL_SUCCESS
            | CHANNEL_FAILURE
            | ..=53) => return Err(ConnectionError::Unexpected(other)),
            _ => return Ok(Message::Unassigned),
        };
        r.finish()?;
        Ok(message)
    }
}

fn build(kind: u8, fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = vec![kind];
    fill(&mut Writer::new(&mut out));
    out
}

pub(crate) fn request_failure() -> Vec<u8> {
    vec![REQUEST_FAILURE]
}

/// A question that every peer answers, with REQUEST_FAILURE if it does not know it (RFC 4254
/// section 4); OpenSSH sends it too.
pub(crate) fn keep_alive() -> Vec<u8> {
    build(GLOBAL_REQUEST, |w| {
        w.string(b"keepalive@openssh.com").bool(true);
    })
}

pub(crate) fn open_confirmation(recipient: u32, sender: u32, window: u32, packet: u32) -> Vec<u8> {
    build(CHANNEL_OPEN_CONFIRMATION, |w| {
        w.u32(recipient).u32(sender).u32(window).u32(packet);
    })
}

pub(crate) fn open_failure(recipient: u32, reason: u32, text: &str) -> Vec<u8> {
    build(CHANNEL_OPEN_FAILURE, |w| {
        w.u32(recipient).u32(reason).string(text.as_bytes()).string(b"");
    })
}

pub(crate) fn window_adjust(recipient: u32, bytes: u32) -> Vec<u8> {
    build(CHANNEL_WINDOW_ADJUST, |w| {
        w.u32(recipient).u32(bytes);
    })
}

pub(crate) fn eof(recipient: u32) -> Vec<u8> {
    build(CHANNEL_EOF, |w| {
        w.u32(recipient);
    })
}

pub(crate) fn close(recipient: u32) -> Vec<u8> {
    build(CHANNEL_CLOSE, |w| {
        w.u32(recipient);
    })
}

pub(crate) fn request_answer(recipient: u32, accepted: bool) -> Vec<u8> {
    build(if accepted { CHANNEL_SUCCESS } else { CHANNEL_FAILURE }, |w| {
        w.u32(recipient);
    })
}

/// Writes the head of a CHANNEL_DATA message with `length` bytes of data to the front of `payload`. `None`: there is
/// no room for it.
pub(crate) fn write_data_head(payload: &mut [u8], recipient: u32, length: usize) -> Option<()> {
    let length = u32::try_from(length).ok()?;
    let head: &mut [u8; DATA_HEAD] = payload.first_chunk_mut()?;
    let [kind, channel @ .., l0, l1, l2, l3] = head;
    *kind = CHANNEL_DATA;
    *channel = recipient.to_be_bytes();
    [*l0, *l1, *l2, *l3] = length.to_be_bytes();
    Some(())
}

pub(crate) fn exit_status(recipient: u32, status: u32) -> Vec<u8> {
    build(CHANNEL_REQUEST, |w| {
        w.u32(recipient).string(b"exit-status").bool(false).u32(status);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::WireError;
    use proptest::prelude::*;

    #[test]
    fn data_is_found_where_it_stands() {
        let mut raw = build(CHANNEL_DATA, |w| {
            w.u32(3).string(b"hello");
        });
        assert_eq!(Message::parse(&raw), Ok(Message::Data { channel: 3, offset: 9, length: 5 }));
        assert_eq!(raw.get(9..14), Some(&b"hello"[..]));
        raw.push(0);
        assert_eq!(Message::parse(&raw), Err(ConnectionError::Malformed(WireError::Trailing)));
    }

    #[test]
    fn v04_messages_of_a_server_are_not_taken_from_a_client() {
        for kind in
            [CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE, CHANNEL_SUCCESS, CHANNEL_FAILURE, 5, 6, 51, 53]
        {
            assert_eq!(Message::parse(&[kind, 0, 0, 0, 0]), Err(ConnectionError::Unexpected(kind)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_parser(raw in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(Message::Data { offset, length, .. }) = Message::parse(&raw) {
                prop_assert_eq!(offset + length, raw.len());
            }
        }
    }
}
