//! The bytes of a subsystem without SSH around them: another program has the connection, and gives and takes what is
//! in the channel.

use std::io::IoSliceMut;

use crate::server::{Filled, Plan};
use crate::{Error, TxBuf};

/// Slices that one read fills at the most: the system takes 1,024.
const MAX_SLICES: usize = 512;

/// The way out. There is no window: the pipe is what holds us up.
#[derive(Debug, Default)]
pub struct Plain {
    ended: Option<u32>,
}

impl Plain {
    /// How what ran has ended, once it has.
    pub fn ended(&self) -> Option<u32> {
        self.ended
    }

    pub fn finish(&mut self, status: u32) {
        self.ended.get_or_insert(status);
    }

    /// Sends as much of `bytes` as fits `room` bytes of output, and says how much that was.
    pub fn send(&mut self, tx: &mut TxBuf, bytes: &[u8], room: usize) -> Result<usize, Error> {
        let n = bytes.len().min(room).min(tx.room());
        let place = tx.tail(n).and_then(|tail| tail.get_mut(..n)).ok_or(Error::OutputOverflow)?;
        place.copy_from_slice(bytes.get(..n).unwrap_or_default());
        tx.commit(n);
        Ok(n)
    }

    /// How many of `plans`, from the first on, fit `room` bytes of output.
    pub fn fitting(&self, room: usize, plans: &[Plan]) -> usize {
        let mut bytes = 0usize;
        let fits = |plan: &&Plan| {
            bytes = bytes.saturating_add(plan.head).saturating_add(plan.data);
            bytes <= room
        };
        plans.iter().take(MAX_SLICES).take_while(fits).count()
    }

    /// Sends messages whose data `fill` reads into the output itself; they are known to fit. As
    /// [`Server::send_filled`](crate::server::Server::send_filled).
    pub fn send_filled<E>(
        &mut self,
        tx: &mut TxBuf,
        plans: &[Plan],
        fill: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<usize, E>,
        mut head: impl FnMut(usize, usize, &mut [u8]),
    ) -> Result<Result<Filled, E>, Error> {
        let needed = plans.iter().map(|p| p.head.saturating_add(p.data)).sum();
        let region = tx.tail(needed).ok_or(Error::OutputOverflow)?;
        let mut heads = Vec::with_capacity(plans.len());
        let mut places = Vec::with_capacity(plans.len());
        let mut rest = region;
        for plan in plans {
            let (this, after) = rest.split_at_mut_checked(plan.head).ok_or(Error::OutputOverflow)?;
            let (place, after) = after.split_at_mut_checked(plan.data).ok_or(Error::OutputOverflow)?;
            heads.push(this);
            places.push(IoSliceMut::new(place));
            rest = after;
        }
        let got = match fill(&mut places) {
            Ok(n) => n,
            Err(e) => return Ok(Err(e)),
        };
        drop(places);
        let (mut left, mut messages, mut sent) = (got, 0, 0);
        for (index, (plan, place)) in plans.iter().zip(heads).enumerate() {
            let data = plan.data.min(left);
            if data == 0 {
                break;
            }
            head(index, data, place);
            messages += 1;
            left -= data;
            sent += plan.head + data;
            if data < plan.data {
                break;
            }
        }
        tx.commit(sent);
        Ok(Ok(Filled { messages, data: got - left }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_stand_before_what_was_read_and_what_was_not_read_is_not_sent() {
        let mut tx = TxBuf::new(64);
        let plans = [Plan { head: 2, data: 3 }; 3];
        let mut plain = Plain::default();
        assert_eq!(plain.fitting(14, &plans), 2);
        let fill = |places: &mut [IoSliceMut<'_>]| {
            places[0].copy_from_slice(b"abc");
            places[1][..1].copy_from_slice(b"d");
            Ok::<_, ()>(4)
        };
        let head = |index: usize, length: usize, place: &mut [u8]| {
            place.copy_from_slice(&[u8::try_from(index).unwrap(), u8::try_from(length).unwrap()]);
        };
        let filled = plain.send_filled(&mut tx, &plans, fill, head).unwrap().unwrap();
        assert_eq!(filled, Filled { messages: 2, data: 4 });
        assert_eq!(tx.pending(), b"\x00\x03abc\x01\x01d");
    }

    #[test]
    fn no_more_is_sent_than_there_is_room_for() {
        let mut tx = TxBuf::new(4);
        let mut plain = Plain::default();
        assert_eq!(plain.send(&mut tx, b"abcdef", 3).unwrap(), 3);
        assert_eq!(plain.send(&mut tx, b"def", 3).unwrap(), 1);
        assert_eq!((tx.pending(), plain.ended()), (&b"abcd"[..], None));
        plain.finish(1);
        plain.finish(0);
        assert_eq!(plain.ended(), Some(1));
    }
}
