//! File data on its way out: laid out over packets in the output buffer, read straight into them, sealed in place.

use std::io::IoSliceMut;

use crate::connection::{Channel, message};
use crate::transport::Transport;
use crate::{Error, TxBuf};

/// Slices that one read fills at the most: the system takes 1,024.
const MAX_SLICES: usize = 512;

/// One message of a subsystem: a head of known length, then up to `data` bytes that are still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub head: usize,
    pub data: usize,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// Messages that carry data; the last of them may be short.
    pub messages: usize,
    /// Bytes of data in all.
    pub data: usize,
}

/// Bytes of one message that go into one packet.
struct Piece {
    /// Where the packet begins, from the beginning of the region.
    at: usize,
    /// Bytes of the message in it.
    body: usize,
    /// Bytes of the message's head in it, at its front.
    head: usize,
}

/// How many of `plans`, from the first on, fit the peer's window and `room` bytes of the output buffer.
pub(super) fn fitting(transport: &Transport, channel: &Channel, room: usize, plans: &[Plan]) -> usize {
    let packet = packet_size(channel);
    let window = usize::try_from(channel.may_send()).unwrap_or(usize::MAX);
    let (mut bytes, mut sealed, mut slices) = (0usize, 0usize, 0usize);
    plans
        .iter()
        .take_while(|plan| {
            let total = plan.head + plan.data;
            bytes = bytes.saturating_add(total);
            sealed = sealed.saturating_add(sealed_size(transport, packet, total));
            slices += total.div_ceil(packet);
            bytes <= window && sealed <= room && slices <= MAX_SLICES
        })
        .count()
}

fn packet_size(channel: &Channel) -> usize {
    usize::try_from(channel.packet()).unwrap_or(usize::MAX).min(crate::server::LARGEST_SENT)
}

fn sealed_size(transport: &Transport, packet: usize, message: usize) -> usize {
    let full = message / packet;
    let rest = message % packet;
    let last = if rest == 0 { 0 } else { transport.slot(message::DATA_HEAD + rest).total };
    full.saturating_mul(transport.slot(message::DATA_HEAD + packet).total).saturating_add(last)
}

/// Sends messages whose data `fill` reads into the packets themselves. The caller knows by [`fitting`] that they
/// fit. `fill` gets the places of all data, in order, and says how many bytes it put there; `head` then writes the
/// head of the message of that index, which carries so many bytes. A message without data is not sent.
pub(super) fn send<E>(
    transport: &mut Transport,
    channel: &mut Channel,
    tx: &mut TxBuf,
    plans: &[Plan],
    fill: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<usize, E>,
    mut head: impl FnMut(usize, usize, &mut [u8]),
) -> Result<Result<Filled, E>, Error> {
    let packet = packet_size(channel);
    let needed = plans.iter().map(|p| sealed_size(transport, packet, p.head + p.data)).sum();
    let region = tx.tail(needed).ok_or(Error::OutputOverflow)?;

    let mut pieces = Vec::with_capacity(MAX_SLICES.min(64));
    let mut places = Vec::with_capacity(MAX_SLICES.min(64));
    let mut rest = &mut *region;
    let mut at = 0;
    for plan in plans {
        let mut left = plan.head + plan.data;
        let mut head_left = plan.head;
        while left > 0 {
            let body = left.min(packet);
            let in_head = head_left.min(body);
            let slot = transport.slot(message::DATA_HEAD + body);
            let (this, after) = rest.split_at_mut_checked(slot.total).ok_or(Error::OutputOverflow)?;
            let from = slot.head + message::DATA_HEAD + in_head;
            let place = this.get_mut(from..from + (body - in_head)).ok_or(Error::OutputOverflow)?;
            if !place.is_empty() {
                places.push(IoSliceMut::new(place));
            }
            pieces.push(Piece { at, body, head: in_head });
            rest = after;
            at += slot.total;
            left -= body;
            head_left -= in_head;
        }
    }

    let got = match fill(&mut places) {
        Ok(n) => n,
        Err(e) => return Ok(Err(e)),
    };
    drop(places);

    let mut sealed = 0;
    let mut pieces = pieces.into_iter();
    let mut data_left = got;
    let mut messages = 0;
    'messages: for (index, plan) in plans.iter().enumerate() {
        let data = plan.data.min(data_left);
        if data == 0 {
            break;
        }
        messages += 1;
        data_left -= data;
        let mut left = plan.head + data;
        while left > 0 {
            let Some(piece) = pieces.next() else { break 'messages };
            let body = piece.body.min(left);
            let slot = transport.slot(message::DATA_HEAD + body);
            let bytes = region.get_mut(piece.at..piece.at + slot.total).ok_or(Error::OutputOverflow)?;
            let payload = bytes.get_mut(slot.head..).ok_or(Error::OutputOverflow)?;
            message::write_data_head(payload, channel.remote(), body).ok_or(Error::OutputOverflow)?;
            if piece.head > 0 {
                let place = message::DATA_HEAD..message::DATA_HEAD + piece.head;
                head(index, data, payload.get_mut(place).ok_or(Error::OutputOverflow)?);
            }
            transport.seal_in_place(bytes, message::DATA_HEAD + body)?;
            channel.sent(u32::try_from(body).unwrap_or(u32::MAX));
            sealed = piece.at + slot.total;
            left -= body;
        }
        if data < plan.data {
            break;
        }
    }
    tx.commit(sealed);
    Ok(Ok(Filled { messages, data: got - data_left }))
}

/// Sends as much of `bytes` as the window and `room` bytes of output allow, and says how much that was.
pub(super) fn copy(
    transport: &mut Transport,
    channel: &mut Channel,
    tx: &mut TxBuf,
    bytes: &[u8],
    room: usize,
) -> Result<usize, Error> {
    let packet = packet_size(channel);
    let mut room = room;
    let mut sent = 0;
    while let Some(rest) = bytes.get(sent..).filter(|r| !r.is_empty()) {
        let window = usize::try_from(channel.may_send()).unwrap_or(usize::MAX);
        let body = rest.len().min(packet).min(window);
        let slot = transport.slot(message::DATA_HEAD + body);
        if body == 0 || slot.total > room || !transport.can_send() {
            break;
        }
        let region = tx.tail(slot.total).ok_or(Error::OutputOverflow)?;
        let packet = region.get_mut(..slot.total).ok_or(Error::OutputOverflow)?;
        let payload = packet.get_mut(slot.head..).ok_or(Error::OutputOverflow)?;
        message::write_data_head(payload, channel.remote(), body).ok_or(Error::OutputOverflow)?;
        let place =
            payload.get_mut(message::DATA_HEAD..message::DATA_HEAD + body).ok_or(Error::OutputOverflow)?;
        place.copy_from_slice(rest.get(..body).unwrap_or_default());
        transport.seal_in_place(packet, message::DATA_HEAD + body)?;
        tx.commit(slot.total);
        channel.sent(u32::try_from(body).unwrap_or(u32::MAX));
        room -= slot.total;
        sent += body;
    }
    Ok(sent)
}
