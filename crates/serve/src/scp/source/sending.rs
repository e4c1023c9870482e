//! The content of a file on its way out.

use causeway_events::catalogue::ids;
use causeway_fs::Read;
use causeway_ssh::connection::ChannelId;
use causeway_ssh::server::Plan;

use super::words;
use crate::channel::open_file::OpenFile;
use crate::channel::{ChannelError, RESERVE, Stop, WORTH_A_WRITE, Work};

/// Bytes that one read takes from the disk at the most.
const LARGEST: u64 = 256 * 1024;
/// What could not be read is filled up so far, so that the client knows where it is; else the run ends.
const FILLED_UP: u64 = 1024 * 1024;

/// The file that is being sent.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) open: OpenFile,
    at: u64,
    pub(super) left: u64,
    /// Why what is sent is not the file any more.
    pub(super) failed: Option<String>,
}

impl Sending {
    pub(super) fn new(open: OpenFile, size: u64) -> Self {
        Self { open, at: 0, left: size, failed: None }
    }

    /// Sends content, read straight into the packets. None: that was all of it, or all there will be.
    pub(super) fn pump(
        &mut self,
        work: &mut Work<'_>,
        channel: ChannelId,
    ) -> Result<Option<Stop>, ChannelError> {
        while self.left > 0 {
            if self.failed.is_some() && self.left > FILLED_UP {
                return Ok(None);
            }
            if !work.wire.can_send() || work.tx.len() >= WORTH_A_WRITE {
                return Ok(Some(Stop::Output));
            }
            let Some(plan) = plan(work, channel, self.left) else { return Ok(Some(Stop::Output)) };
            let (file, at, wait) = (&self.open.file, self.at, work.wait());
            let is_filling_up = self.failed.is_some();
            let fill = |places: &mut [std::io::IoSliceMut<'_>]| {
                if is_filling_up {
                    places.iter_mut().for_each(|place| place.fill(0));
                    return Ok(plan.data);
                }
                match file.read_at(places, at, wait) {
                    Ok(Read::Bytes(n)) => Ok(n),
                    Ok(Read::WouldBlock) => Err(None),
                    Err(e) => Err(Some(e)),
                }
            };
            match work.wire.send_filled(work.tx, channel, &[plan], fill, |_, _, _| {})? {
                Ok(filled) if filled.data == 0 => {
                    self.failed = Some("the file has become shorter".to_owned())
                }
                Ok(filled) => {
                    let n = u64::try_from(filled.data).unwrap_or(u64::MAX);
                    self.at = self.at.saturating_add(n);
                    self.left = self.left.saturating_sub(n);
                }
                Err(None) => return Ok(Some(Stop::Disk)),
                Err(Some(error)) => {
                    self.open.io_failed(work.batch, ids::SSH_READ_FAILED, self.at, plan.data, &error);
                    self.failed = Some(words::of(&error));
                }
            }
        }
        Ok(None)
    }
}

/// How much is read next; none where it is better to wait for room.
fn plan(work: &Work<'_>, channel: ChannelId, left: u64) -> Option<Plan> {
    let window = work.wire.window(channel)?;
    let wanted = usize::try_from(left.min(LARGEST)).unwrap_or(usize::MAX);
    let mut data = wanted.min(window.may_send);
    // Small packets are dear: a client that opens its window at all opens it by more.
    let worth = wanted.min(window.packet).min(window.high / 2);
    if data < worth && !work.stalled {
        return None;
    }
    let room = work.tx.room().saturating_sub(RESERVE);
    while data > 0 {
        let plan = Plan { head: 0, data };
        if work.wire.fitting(channel, room, &[plan]) == 1 {
            return Some(plan);
        }
        if data <= worth / 2 {
            return None;
        }
        // Whole packets, as many as there is room for; of one that is larger than the room a part.
        data = match data.div_ceil(window.packet.max(1)) - 1 {
            0 => data / 2,
            packets => packets * window.packet,
        };
    }
    None
}
