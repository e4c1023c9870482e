//! READs that wait for each other: adjacent ones become one read, straight into the packets.

use std::sync::Arc;

use causeway_fs::{File, FsError, Read, Wait};
use causeway_ssh::connection::ChannelId;
use causeway_ssh::server::Plan;
use causeway_ssh::sftp::{Handle, MAX_READ, PeekedRead, Status, reply};

use super::answers::Answers;
use super::desk::Desk;
use crate::channel::{ChannelError, RESERVE, Window, Work, status_of};

/// Bytes that one read takes from the disk at the most.
const LARGEST: u64 = 256 * 1024;

/// READs that wait for each other at the most, however little each asks for.
const MOST: usize = 512;
/// Packets that one answer is read into at the most (the engine fills no more slices at once).
const PACKETS: usize = 512;

/// How answering ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    Done,
    NoRoom,
    WouldBlock,
}

#[derive(Debug, Default)]
pub(super) struct Reads {
    /// The file that all of them read.
    of: Option<(Handle, Arc<File>)>,
    /// Where the first of them begins.
    at: u64,
    /// Bytes that they ask for in all.
    total: u64,
    ids: Vec<u32>,
    plans: Vec<Plan>,
}

impl Reads {
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        size_of_val(self.ids.as_slice()) + size_of_val(self.plans.as_slice())
    }

    /// Whether the READ can be answered together with those that wait.
    pub(super) fn takes(&self, read: &PeekedRead) -> bool {
        match &self.of {
            None => true,
            // One that asks for nothing is answered alone.
            Some(_) if read.length == 0 || self.total == 0 || self.ids.len() >= MOST => false,
            Some((handle, _)) => {
                *handle == read.handle
                    && self.at.checked_add(self.total) == Some(read.offset)
                    && self.total + u64::from(read.length) <= LARGEST
            }
        }
    }

    pub(super) fn add(&mut self, read: &PeekedRead, file: Arc<File>) {
        let length = read.length.min(MAX_READ);
        if self.is_empty() {
            self.at = read.offset;
        }
        self.of = Some((read.handle, file));
        self.total += u64::from(length);
        self.ids.push(read.id);
        self.plans.push(Plan { head: reply::DATA_HEAD, data: usize::try_from(length).unwrap_or(0) });
    }

    /// Answers as many as there is room for.
    pub(super) fn flush(
        &mut self,
        work: &mut Work<'_>,
        channel: ChannelId,
        desk: &mut Desk,
        answers: &mut Answers,
    ) -> Result<Flush, ChannelError> {
        let Some((handle, file)) = self.of.clone() else { return Ok(Flush::Done) };
        let wait = work.wait();
        while !self.is_empty() {
            // What is ready stands before what is read now; a part of it may have left already.
            if !work.wire.can_send() || !answers.send(work, channel)? {
                return Ok(Flush::NoRoom);
            }
            let room = work.tx.room().saturating_sub(RESERVE);
            let fit = work.wire.fitting(channel, room, &self.plans);
            let (ids, at) = (&self.ids, self.at);
            let read = if fit > 0 {
                work.wire.send_filled(
                    work.tx,
                    channel,
                    self.plans.get(..fit).unwrap_or_default(),
                    |places| match file.read_at(places, at, wait) {
                        Ok(Read::Bytes(n)) => Ok(n),
                        Ok(Read::WouldBlock) => Err(None),
                        Err(e) => Err(Some(e)),
                    },
                    |index, length, head| {
                        let id = ids.get(index).copied().unwrap_or_default();
                        head.copy_from_slice(&reply::data_head(
                            id,
                            u32::try_from(length).unwrap_or(u32::MAX),
                        ));
                    },
                )?
            } else if self.must_go_piecemeal(work, channel, room) {
                match self.read_one(&file, wait, answers) {
                    Ok(n) => Ok(causeway_ssh::server::Filled { messages: usize::from(n > 0), data: n }),
                    Err(e) => Err(e),
                }
            } else {
                return Ok(Flush::NoRoom);
            };
            match read {
                // Nothing was asked for.
                Ok(filled) if filled.data == 0 && self.total == 0 => {
                    for id in self.ids.drain(..) {
                        answers.bytes().extend_from_slice(&reply::data_head(id, 0));
                    }
                }
                Ok(filled) if filled.data == 0 => {
                    // Whatever lies behind the end of the file has no bytes either.
                    for id in self.ids.drain(..) {
                        answers.status(id, Status::Eof);
                    }
                }
                Ok(filled) => {
                    self.drop_front(filled.messages);
                }
                Err(None) => return Ok(Flush::WouldBlock),
                Err(Some(error)) => {
                    desk.read_failed(
                        work.batch,
                        handle,
                        self.at,
                        self.plans.first().map_or(0, |p| p.data),
                        &error,
                    );
                    let id = self.ids.first().copied().unwrap_or_default();
                    answers.status(id, status_of(&error));
                    self.drop_front(1);
                }
            }
        }
        *self = Self {
            ids: std::mem::take(&mut self.ids),
            plans: std::mem::take(&mut self.plans),
            ..Self::default()
        };
        self.plans.clear();
        Ok(Flush::Done)
    }

    /// Whether the first answer has to leave in pieces: the client's window cannot be expected to hold it whole, or
    /// its packets are too small.
    fn must_go_piecemeal(&self, work: &Work<'_>, channel: ChannelId, room: usize) -> bool {
        let (Some(first), Some(window)) = (self.plans.first(), work.wire.window(channel)) else {
            return false;
        };
        let size = first.head + first.data;
        let Window { may_send: window, high, packet } = window;
        if size > packet.saturating_mul(PACKETS) {
            return true;
        }
        let window_is_the_limit = size > window;
        let buffer_has_room = room >= size;
        window_is_the_limit && buffer_has_room && (work.stalled || size > high / 4)
    }

    /// Reads for the first of them into the answers.
    fn read_one(&self, file: &File, wait: Wait, answers: &mut Answers) -> Result<usize, Option<FsError>> {
        let (Some(id), Some(plan)) = (self.ids.first(), self.plans.first()) else { return Ok(0) };
        let mut data = vec![0; plan.data];
        let n = match file.read_at(&mut [std::io::IoSliceMut::new(&mut data)], self.at, wait) {
            Ok(Read::Bytes(n)) => n,
            Ok(Read::WouldBlock) => return Err(None),
            Err(e) => return Err(Some(e)),
        };
        if n > 0 {
            answers.bytes().extend_from_slice(&reply::data_head(*id, u32::try_from(n).unwrap_or(u32::MAX)));
            answers.bytes().extend_from_slice(data.get(..n).unwrap_or_default());
        }
        Ok(n)
    }

    fn drop_front(&mut self, n: usize) {
        let n = n.min(self.ids.len());
        self.ids.drain(..n);
        let asked: usize = self.plans.drain(..n).map(|p| p.data).sum();
        let asked = u64::try_from(asked).unwrap_or(u64::MAX);
        self.at = self.at.saturating_add(asked);
        self.total = self.total.saturating_sub(asked);
    }
}
