//! Where the output of a channel goes.

use std::io::IoSliceMut;

use causeway_ssh::TxBuf;
use causeway_ssh::connection::ChannelId;
use causeway_ssh::plain::Plain;
use causeway_ssh::server::{Filled, Plan, Server, ServerError};

/// Into the packets of an SSH channel, or as it is where another program has the connection.
pub(crate) enum Wire<'a> {
    Ssh(&'a mut Server),
    Plain(&'a mut Plain),
}

/// What the client takes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Now.
    pub(crate) may_send: usize,
    /// At the most, once it has worked on what it was sent.
    pub(crate) high: usize,
    /// In one packet.
    pub(crate) packet: usize,
}

impl Wire<'_> {
    /// Whether anything may be sent now.
    pub(crate) fn can_send(&self) -> bool {
        match self {
            Wire::Ssh(server) => server.can_send(),
            Wire::Plain(_) => true,
        }
    }

    /// None: the channel is gone.
    pub(crate) fn window(&self, channel: ChannelId) -> Option<Window> {
        let wide = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        match self {
            Wire::Ssh(server) => server.channel(channel).map(|c| Window {
                may_send: wide(c.may_send()),
                high: wide(c.high_window()),
                packet: wide(c.packet()),
            }),
            Wire::Plain(_) => Some(Window { may_send: usize::MAX, high: usize::MAX, packet: usize::MAX }),
        }
    }

    /// Sends as much of `bytes` as the window and `room` bytes of output take; says how much that was.
    pub(crate) fn send(
        &mut self,
        tx: &mut TxBuf,
        channel: ChannelId,
        bytes: &[u8],
        room: usize,
    ) -> Result<usize, ServerError> {
        match self {
            Wire::Ssh(server) => server.send(tx, channel, bytes, room),
            Wire::Plain(plain) => Ok(plain.send(tx, bytes, room)?),
        }
    }

    /// How many of `plans` can be sent now, with `room` bytes of output.
    pub(crate) fn fitting(&self, channel: ChannelId, room: usize, plans: &[Plan]) -> usize {
        match self {
            Wire::Ssh(server) => server.fitting(channel, room, plans),
            Wire::Plain(plain) => plain.fitting(room, plans),
        }
    }

    /// Sends messages whose data is read straight into the output: see [`Server::send_filled`].
    pub(crate) fn send_filled<E>(
        &mut self,
        tx: &mut TxBuf,
        channel: ChannelId,
        plans: &[Plan],
        fill: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<usize, E>,
        head: impl FnMut(usize, usize, &mut [u8]),
    ) -> Result<Result<Filled, E>, ServerError> {
        match self {
            Wire::Ssh(server) => server.send_filled(tx, channel, plans, fill, head),
            Wire::Plain(plain) => Ok(plain.send_filled(tx, plans, fill, head)?),
        }
    }

    /// So many bytes of input have been worked on: the client may send as many more.
    pub(crate) fn worked_on(
        &mut self,
        tx: &mut TxBuf,
        channel: ChannelId,
        bytes: usize,
    ) -> Result<(), ServerError> {
        match self {
            Wire::Ssh(server) => server.worked_on(tx, channel, bytes),
            Wire::Plain(_) => Ok(()),
        }
    }

    /// What runs in the channel has ended with `status`.
    pub(crate) fn finish(
        &mut self,
        tx: &mut TxBuf,
        channel: ChannelId,
        status: u32,
    ) -> Result<(), ServerError> {
        match self {
            Wire::Ssh(server) => server.finish(tx, channel, status),
            Wire::Plain(plain) => {
                plain.finish(status);
                Ok(())
            }
        }
    }
}
