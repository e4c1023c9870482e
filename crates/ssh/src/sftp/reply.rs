//! What the server answers (draft-ietf-secsh-filexfer-02 section 7). Each function appends one message, with its
//! length prefix, to the caller's buffer; listings have [`NameList`](super::NameList).

use super::table::Code;
use super::{Attributes, Handle, Ids, Kind, MAX_PACKET, MAX_READ, MAX_WRITE, VERSION};
use crate::wire::Writer;

const VERSION_REPLY: u8 = 2;
const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;
pub(super) const NAME: u8 = 104;
const ATTRS: u8 = 105;
const EXTENDED_REPLY: u8 = 201;

/// Bytes before the payload of DATA.
pub const DATA_HEAD: usize = 13;

/// How a request ended, as the client learns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Ok,
    Eof,
    NoSuchFile,
    PermissionDenied,
    Failure,
    BadMessage,
    NoConnection,
    ConnectionLost,
    OpUnsupported,
}

impl Status {
    pub fn code(self) -> u32 {
        match self {
            Status::Ok => 0,
            Status::Eof => 1,
            Status::NoSuchFile => 2,
            Status::PermissionDenied => 3,
            Status::Failure => 4,
            Status::BadMessage => 5,
            Status::NoConnection => 6,
            Status::ConnectionLost => 7,
            Status::OpUnsupported => 8,
        }
    }

    /// The message where nothing better is to be said.
    pub fn message(self) -> &'static str {
        match self {
            Status::Ok => "Success",
            Status::Eof => "End of file",
            Status::NoSuchFile => "No such file",
            Status::PermissionDenied => "Permission denied",
            Status::Failure => "Failure",
            Status::BadMessage => "Bad message",
            Status::NoConnection => "No connection",
            Status::ConnectionLost => "Connection lost",
            Status::OpUnsupported => "Operation unsupported",
        }
    }
}

/// VERSION, which announces the extensions that `offered` names. What is not an extension is passed over.
pub fn version(out: &mut Vec<u8>, offered: impl IntoIterator<Item = Kind>) {
    let mut m = Message::at_end_of(out);
    m.fields().u32(0).u8(VERSION_REPLY).u32(VERSION);
    for entry in offered.into_iter().map(Kind::entry) {
        if let Code::Extension { version } = entry.code {
            m.fields().string(entry.name.as_bytes()).string(version.as_bytes());
        }
    }
    m.end();
}

/// STATUS with the message of its code.
pub fn status(out: &mut Vec<u8>, id: u32, status: Status) {
    status_with(out, id, status, status.message());
}

/// STATUS. The message is read by people; it never names a real path, a version or an inner cause.
pub fn status_with(out: &mut Vec<u8>, id: u32, status: Status, message: &str) {
    let mut m = Message::at_end_of(out);
    m.begin(STATUS, id).u32(status.code()).string(message.as_bytes()).string(b"");
    m.end();
}

/// HANDLE.
pub fn handle(out: &mut Vec<u8>, id: u32, handle: Handle) {
    let mut m = Message::at_end_of(out);
    m.begin(HANDLE, id).string(&handle.to_bytes());
    m.end();
}

/// The [`DATA_HEAD`] bytes before the payload of DATA. `length` is at most [`MAX_READ`].
pub fn data_head(id: u32, length: u32) -> [u8; DATA_HEAD] {
    let [l0, l1, l2, l3] = length.saturating_add(9).to_be_bytes();
    let [i0, i1, i2, i3] = id.to_be_bytes();
    let [d0, d1, d2, d3] = length.to_be_bytes();
    [l0, l1, l2, l3, DATA, i0, i1, i2, i3, d0, d1, d2, d3]
}

/// NAME with the one path that REALPATH, READLINK or expand-path asks for.
pub fn name(out: &mut Vec<u8>, id: u32, path: &[u8]) {
    let mut m = Message::at_end_of(out);
    m.begin(NAME, id).u32(1).string(path).string(path);
    Attributes::default().write(&mut m.fields());
    m.end();
}

/// ATTRS.
pub fn attributes(out: &mut Vec<u8>, id: u32, attributes: &Attributes) {
    let mut m = Message::at_end_of(out);
    m.begin(ATTRS, id);
    attributes.write(&mut m.fields());
    m.end();
}

/// A file system, as statvfs(3) tells of it (OpenSSH `PROTOCOL` section 4.4). Sizes of blocks are in bytes,
/// numbers of blocks in units of `fragment_size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statvfs {
    pub block_size: u64,
    pub fragment_size: u64,
    pub blocks: u64,
    pub blocks_free: u64,
    pub blocks_available: u64,
    pub files: u64,
    pub files_free: u64,
    pub files_available: u64,
    pub id: u64,
    pub read_only: bool,
    pub no_setuid: bool,
    pub name_max: u64,
}

/// EXTENDED_REPLY to statvfs and fstatvfs.
pub fn statvfs(out: &mut Vec<u8>, id: u32, s: &Statvfs) {
    let flags = u64::from(s.read_only) | u64::from(s.no_setuid) << 1;
    let mut m = Message::at_end_of(out);
    m.begin(EXTENDED_REPLY, id);
    for number in [
        s.block_size,
        s.fragment_size,
        s.blocks,
        s.blocks_free,
        s.blocks_available,
        s.files,
        s.files_free,
        s.files_available,
        s.id,
        flags,
        s.name_max,
    ] {
        m.fields().u64(number);
    }
    m.end();
}

/// EXTENDED_REPLY to limits: [`MAX_PACKET`], [`MAX_READ`], [`MAX_WRITE`] and the handles that may be open at once
/// (0: not told).
pub fn limits(out: &mut Vec<u8>, id: u32, handles: u32) {
    let mut m = Message::at_end_of(out);
    m.begin(EXTENDED_REPLY, id);
    for number in [MAX_PACKET, MAX_READ, MAX_WRITE, handles] {
        m.fields().u64(u64::from(number));
    }
    m.end();
}

/// EXTENDED_REPLY to users-groups-by-id. An id that `user_name` or `group_name` does not know has the empty name,
/// and so has every further one once the message is full (as it asked for one name over and over).
pub fn names_by_id<'n>(
    out: &mut Vec<u8>,
    id: u32,
    (users, groups): (Ids<'_>, Ids<'_>),
    user_name: impl Fn(u32) -> &'n [u8],
    group_name: impl Fn(u32) -> &'n [u8],
) {
    let lengths = users.len().saturating_add(groups.len()).saturating_add(8).saturating_mul(4);
    let mut room = usize::try_from(MAX_PACKET).unwrap_or(0).saturating_sub(lengths);
    let mut m = Message::at_end_of(out);
    m.begin(EXTENDED_REPLY, id);
    m.names(users, user_name, &mut room);
    m.names(groups, group_name, &mut room);
    m.end();
}

/// EXTENDED_REPLY to check-file: the name of the algorithm and the hashes, which are as many as there are blocks.
pub fn check_file(out: &mut Vec<u8>, id: u32, algorithm: &str, hashes: &[u8]) {
    let mut m = Message::at_end_of(out);
    m.begin(EXTENDED_REPLY, id).string(b"check-file").string(algorithm.as_bytes());
    m.out.extend_from_slice(hashes);
    m.end();
}

/// EXTENDED_REPLY to space-available: bytes on the device and free there, bytes that the user can have and still has,
/// bytes of a block.
pub fn space_available(out: &mut Vec<u8>, id: u32, bytes: [u64; 4], block: u32) {
    let mut m = Message::at_end_of(out);
    m.begin(EXTENDED_REPLY, id);
    for number in bytes {
        m.fields().u64(number);
    }
    m.fields().u32(block);
    m.end();
}

/// Answers what this server does not know.
pub fn unsupported(out: &mut Vec<u8>, id: u32) {
    status(out, id, Status::OpUnsupported);
}

/// A message that is being written at the end of a buffer; its length is known last.
#[derive(Debug)]
pub(super) struct Message<'o> {
    pub(super) out: &'o mut Vec<u8>,
    start: usize,
}

impl<'o> Message<'o> {
    pub(super) fn at_end_of(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start }
    }

    pub(super) fn fields(&mut self) -> Writer<'_> {
        Writer::new(self.out)
    }

    /// Room for the length, then type and id.
    pub(super) fn begin(&mut self, kind: u8, id: u32) -> Writer<'_> {
        let mut w = self.fields();
        w.u32(0).u8(kind).u32(id);
        w
    }

    /// The length is what has been written.
    pub(super) fn end(&mut self) {
        self.patch(self.start, self.out.len() - self.start - 4);
    }

    /// Writes a number over the four bytes at `at`. Every number here is bounded by the size of a message.
    pub(super) fn patch(&mut self, at: usize, number: usize) {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if let Some(place) = self.out.get_mut(at..at + 4) {
            place.copy_from_slice(&number.to_be_bytes());
        }
    }

    /// A string that holds a string for each id.
    fn names<'n>(&mut self, ids: Ids<'_>, name: impl Fn(u32) -> &'n [u8], room: &mut usize) {
        let at = self.out.len();
        self.fields().u32(0);
        for id in ids.iter() {
            let name = name(id);
            let name = if name.len() <= *room { name } else { b"" };
            *room -= name.len();
            self.fields().string(name);
        }
        self.patch(at, self.out.len() - at - 4);
    }
}

#[cfg(test)]
mod tests;
