//! The books of the channels: windows both ways, what was said to be over.

use std::sync::Arc;
use std::time::Duration;

use causeway_core::Monotonic;

use super::windows::{Lease, Windows};
use super::{ConnectionError, MAX_CHANNELS};

/// Our number for a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelId(pub u32);

/// The smallest packet a client may insist on; RFC 4253 section 6.1 asks for 32,768.
const SMALLEST_PACKET: u32 = 256;

/// What a window grows to at the most: 150 MiB/s at a round trip of 200 ms.
const LARGEST_WINDOW: u32 = 32 * 1024 * 1024;
/// A client that sends as much as its window within this time may be waiting for us: on a long line it has to wait a
/// round trip for each window.
const HURRY: Duration = Duration::from_secs(2);

/// One channel.
#[derive(Debug)]
pub struct Channel {
    id: ChannelId,
    remote: u32,
    /// Bytes that we may still send.
    remote_window: u32,
    /// The largest window that the client has opened so far.
    remote_high: u32,
    remote_packet: u32,
    /// Bytes that the client may still send.
    local_window: u32,
    /// The client's window when nothing has come: what may still be sent, what is owed and what waits to be worked on.
    window: u32,
    /// What of it is beyond the size that it began with.
    lease: Lease,
    /// Bytes that came since `counted`, until they are a whole window.
    came: u32,
    counted: Monotonic,
    /// The last whole window came in a hurry.
    hurried: bool,
    /// Bytes that were taken in and worked on, not yet given back to the client's window.
    owed: u32,
    started: bool,
    /// The client waits for an answer to its request to start something.
    wants_reply: bool,
    eof_received: bool,
    close_sent: bool,
}

impl Channel {
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// The client's number for the channel.
    pub fn remote(&self) -> u32 {
        self.remote
    }

    /// Bytes that may be sent now.
    pub fn may_send(&self) -> u32 {
        self.remote_window
    }

    /// Bytes that the client may send now.
    pub fn may_receive(&self) -> u32 {
        self.local_window
    }

    /// The largest window that the client has opened so far: what its window can grow to again.
    pub fn high_window(&self) -> u32 {
        self.remote_high
    }

    /// The most data one packet may carry.
    pub fn packet(&self) -> u32 {
        self.remote_packet
    }

    /// Whether a subsystem or command runs in it: there is one for a channel's life (RFC 4254 section 6.5).
    pub fn is_started(&self) -> bool {
        self.started
    }

    pub(crate) fn start(&mut self) {
        self.started = true;
    }

    pub(crate) fn wants_reply(&mut self, wanted: bool) {
        self.wants_reply = wanted;
    }

    pub(crate) fn take_wanted_reply(&mut self) -> bool {
        std::mem::take(&mut self.wants_reply)
    }

    pub(crate) fn close_was_sent(&mut self) -> bool {
        std::mem::replace(&mut self.close_sent, true)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.close_sent
    }

    /// `bytes` of data leave. The caller has looked at [`Channel::may_send`].
    pub(crate) fn sent(&mut self, bytes: u32) {
        self.remote_window = self.remote_window.saturating_sub(bytes);
    }

    pub(crate) fn opened_window(&mut self, bytes: u32) -> Result<(), ConnectionError> {
        self.remote_window = self.remote_window.checked_add(bytes).ok_or(ConnectionError::WindowOverflow)?;
        self.remote_high = self.remote_high.max(self.remote_window);
        Ok(())
    }

    pub(crate) fn received(
        &mut self,
        bytes: usize,
        largest: u32,
        now: Monotonic,
    ) -> Result<(), ConnectionError> {
        let bytes = u32::try_from(bytes).map_err(|_| ConnectionError::PacketTooLarge)?;
        if bytes > largest {
            return Err(ConnectionError::PacketTooLarge);
        }
        if self.eof_received {
            return Err(ConnectionError::DataAfterEof);
        }
        self.local_window = self.local_window.checked_sub(bytes).ok_or(ConnectionError::WindowExceeded)?;
        if self.came == 0 {
            self.counted = now;
        }
        self.came = self.came.saturating_add(bytes);
        if self.came >= self.window {
            self.came = 0;
            self.hurried = now.since(self.counted) <= HURRY;
        }
        Ok(())
    }

    pub(crate) fn received_eof(&mut self) {
        self.eof_received = true;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.eof_received
    }

    /// `bytes` that came in have been worked on. Gives what to return to the client once it is worth a message: when
    /// half of `first` is owed, the size that windows begin with. It may be more than was owed: the window grows.
    pub(crate) fn worked_on(&mut self, bytes: u32, first: u32) -> Option<u32> {
        self.owed = self.owed.saturating_add(bytes);
        if self.owed < first / 2 || self.eof_received || self.close_sent {
            return None;
        }
        let more = self.growth(first);
        self.window = self.window.saturating_add(more);
        let owed = std::mem::take(&mut self.owed).saturating_add(more);
        self.local_window = self.local_window.saturating_add(owed);
        Some(owed)
    }

    /// By how much the window grows now: twofold for a client that hurries, while we keep up with it and there is room.
    fn growth(&mut self, first: u32) -> u32 {
        let waiting = self.window.saturating_sub(self.local_window).saturating_sub(self.owed);
        let more = self.window.min(LARGEST_WINDOW.saturating_sub(self.window));
        let grows = std::mem::take(&mut self.hurried) && waiting < first / 2 && more > 0;
        if grows && self.lease.more(more) { more } else { 0 }
    }
}

/// Why a channel is not opened, as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOpened {
    #[error("too many channels")]
    TooMany,
    #[error("the maximum packet size is too small")]
    TinyPackets,
}

/// The channels of one connection.
#[derive(Debug, Default)]
pub struct Channels {
    open: Vec<Channel>,
    next: u32,
    /// The client has said that it opens no more.
    no_more: bool,
    windows: Arc<Windows>,
}

impl Channels {
    /// Whose windows grow within this room.
    pub(crate) fn new(windows: Arc<Windows>) -> Self {
        Self { windows, ..Self::default() }
    }

    /// The client has said that it opens no more sessions.
    pub(crate) fn no_more(&mut self) {
        self.no_more = true;
    }

    /// Whether the client may open sessions. If it does all the same, somebody else speaks for it (OpenSSH PROTOCOL
    /// section 2.2).
    pub(crate) fn may_open(&self) -> Result<(), ConnectionError> {
        if self.no_more { Err(ConnectionError::NoMoreSessions) } else { Ok(()) }
    }

    /// Opens a channel.
    pub(crate) fn open(
        &mut self,
        remote: u32,
        remote_window: u32,
        remote_packet: u32,
        local_window: u32,
    ) -> Result<ChannelId, NotOpened> {
        if remote_packet < SMALLEST_PACKET {
            return Err(NotOpened::TinyPackets);
        }
        if self.open.len() >= MAX_CHANNELS {
            return Err(NotOpened::TooMany);
        }
        let id = ChannelId(self.next);
        // Numbers are not used again: 2^32 channels would take years, and then they would only collide with long-closed ones.
        self.next = self.next.wrapping_add(1);
        self.open.push(Channel {
            id,
            remote,
            remote_window,
            remote_high: remote_window,
            remote_packet,
            local_window,
            window: local_window,
            lease: self.windows.lease(),
            came: 0,
            counted: Monotonic::default(),
            hurried: false,
            owed: 0,
            started: false,
            wants_reply: false,
            eof_received: false,
            close_sent: false,
        });
        Ok(id)
    }

    pub fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.open.iter().find(|c| c.id == id)
    }

    pub(crate) fn named(&mut self, id: u32) -> Result<&mut Channel, ConnectionError> {
        self.open.iter_mut().find(|c| c.id.0 == id).ok_or(ConnectionError::NoSuchChannel(id))
    }

    /// The channel, or none if it is gone: a peer may not have known that when it sent its message.
    pub(crate) fn named_or_gone(&mut self, id: u32) -> Result<Option<&mut Channel>, ConnectionError> {
        let assigned = id < self.next;
        let channel = self.open.iter_mut().find(|c| c.id.0 == id);
        if channel.is_some() || assigned { Ok(channel) } else { Err(ConnectionError::NoSuchChannel(id)) }
    }

    pub(crate) fn get_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.open.iter_mut().find(|c| c.id == id)
    }

    pub(crate) fn remove(&mut self, id: ChannelId) {
        self.open.retain(|c| c.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(local_window: u32) -> (Channels, ChannelId) {
        let mut c = Channels::default();
        let id = c.open(7, 1000, 32768, local_window).unwrap();
        (c, id)
    }

    fn at(seconds: u64) -> Monotonic {
        Monotonic::default().after(Duration::from_secs(seconds))
    }

    const MIB: u32 = 1024 * 1024;
    const FIRST: u32 = 4 * MIB;

    /// Sends a whole window, in so many seconds, which is worked on at once; the window that the client has then.
    fn send_a_window(ch: &mut Channel, began: u64, seconds: u64) -> u32 {
        let sent = ch.window / MIB;
        for n in 0..sent {
            let last = n + 1 == sent;
            ch.received(1 << 20, MIB, at(if last { began + seconds } else { began })).unwrap();
            ch.worked_on(MIB, FIRST);
        }
        assert_eq!(ch.local_window + ch.owed, ch.window);
        ch.window
    }

    #[test]
    fn the_window_of_a_client_that_hurries_grows_to_its_bound() {
        let (mut c, id) = one(FIRST);
        let ch = c.get_mut(id).unwrap();
        let windows: Vec<u32> = (0..5).map(|n| send_a_window(ch, n, 1) / MIB).collect();
        assert_eq!(windows, [8, 16, 32, 32, 32]);
    }

    #[test]
    fn the_window_of_a_client_that_takes_its_time_stays_as_it_is() {
        let (mut c, id) = one(FIRST);
        let ch = c.get_mut(id).unwrap();
        assert!((0..5).all(|n| send_a_window(ch, 10 * n, 5) == FIRST));
    }

    #[test]
    fn windows_stay_as_they_are_when_there_is_no_room_or_what_came_waits() {
        let mut c = Channels::new(Arc::new(Windows::of(u64::from(FIRST))));
        let ids = [(); 2].map(|()| c.open(7, 0, 32768, FIRST).unwrap());
        assert_eq!(ids.map(|id| send_a_window(c.get_mut(id).unwrap(), 0, 0) / MIB), [8, 4]);
        c.remove(ids[0]);
        assert_eq!(send_a_window(c.get_mut(ids[1]).unwrap(), 0, 0) / MIB, 8);

        let (mut c, id) = one(FIRST);
        let ch = c.get_mut(id).unwrap();
        for _ in 0..4 {
            ch.received(1 << 20, MIB, at(0)).unwrap();
        }
        // A part has been worked on, and more than that waits.
        assert_eq!(ch.worked_on(FIRST / 2 - 1, FIRST), None);
        assert_eq!(ch.worked_on(1, FIRST), Some(FIRST / 2));
        ch.received(1 << 20, MIB, at(0)).unwrap();
        assert_eq!(ch.window, FIRST);
    }

    #[test]
    fn a_client_that_sends_beyond_its_window_is_found_out() {
        let (mut c, id) = one(100);
        let ch = c.get_mut(id).unwrap();
        ch.received(60, 100, at(0)).unwrap();
        assert_eq!(ch.received(41, 100, at(0)), Err(ConnectionError::WindowExceeded));
        assert_eq!(ch.received(101, 100, at(0)), Err(ConnectionError::PacketTooLarge));
        assert_eq!(ch.worked_on(49, 100), None);
        assert_eq!(ch.worked_on(1, 100), Some(50));
        ch.received(90, 100, at(0)).unwrap();
    }

    #[test]
    fn a_window_cannot_be_opened_beyond_its_type() {
        let (mut c, id) = one(100);
        assert_eq!(c.get_mut(id).unwrap().opened_window(u32::MAX), Err(ConnectionError::WindowOverflow));
    }

    #[test]
    fn a_connection_has_a_bounded_number_of_channels() {
        let mut c = Channels::default();
        for _ in 0..MAX_CHANNELS {
            assert!(c.open(0, 0, 32768, 1).is_ok());
        }
        assert_eq!(c.open(0, 0, 32768, 1), Err(NotOpened::TooMany));
        c.remove(ChannelId(0));
        assert_eq!(c.open(0, 0, 32768, 1), Ok(ChannelId(10)));
    }
}
