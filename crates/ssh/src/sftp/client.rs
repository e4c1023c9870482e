//! The client's half, as far as the tests of this module need it: requests are written, replies are read.

use super::{Attributes, Check, Ids, Kind, Request, table};
use crate::wire::{Reader, Writer};

fn framed(kind: u8, id: u32, fields: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut body = vec![kind];
    let mut w = Writer::new(&mut body);
    w.u32(id);
    fields(&mut w);
    let mut out = Vec::new();
    Writer::new(&mut out).string(&body);
    out
}

pub(super) fn init(version: u32) -> Vec<u8> {
    framed(1, version, |_| {})
}

pub(super) fn write(id: u32, handle: &[u8], offset: u64, data: &[u8]) -> Vec<u8> {
    framed(6, id, |w| _ = w.string(handle).u64(offset).string(data))
}

/// One request. A foreign handle is written as three bytes.
pub(super) fn request(id: u32, request: &Request<'_>) -> Vec<u8> {
    let code = match request {
        Request::Unknown { kind } => *kind,
        _ => match request.kind().map(|k| k.entry().code) {
            Some(table::Code::Packet(code)) => code,
            _ => table::EXTENDED,
        },
    };
    framed(code, id, |w| {
        if code == table::EXTENDED {
            match request {
                Request::UnknownExtension { name } => w.string(name),
                _ => w.string(request.kind().unwrap().entry().name.as_bytes()),
            };
        }
        fields(request, w);
    })
}

fn fields(request: &Request<'_>, w: &mut Writer<'_>) {
    match request {
        Request::Open { path, flags, attributes } => {
            w.string(path).u32(flags.bits());
            attributes.write(w);
        }
        Request::Setstat { path, attributes }
        | Request::Lsetstat { path, attributes }
        | Request::Mkdir { path, attributes } => {
            w.string(path);
            attributes.write(w);
        }
        Request::Lstat { path }
        | Request::Opendir { path }
        | Request::Remove { path }
        | Request::Rmdir { path }
        | Request::Realpath { path }
        | Request::Stat { path }
        | Request::Readlink { path }
        | Request::Statvfs { path }
        | Request::SpaceAvailable { path }
        | Request::ExpandPath { path } => _ = w.string(path),
        Request::HomeDirectory { user } => _ = w.string(user),
        Request::CopyData { from, from_offset, length, to, to_offset } => {
            w.string(&handle_bytes(from)).u64(*from_offset).u64(*length);
            w.string(&handle_bytes(to)).u64(*to_offset);
        }
        Request::CheckFileHandle { handle, what } => {
            w.string(&handle_bytes(handle));
            check(what, w);
        }
        Request::CheckFileName { path, what } => {
            w.string(path);
            check(what, w);
        }
        Request::Rename { from, to } | Request::PosixRename { from, to } | Request::Hardlink { from, to } => {
            w.string(from).string(to);
        }
        Request::Symlink { target, link } => _ = w.string(target).string(link),
        Request::Read { handle, offset, length } => {
            w.string(&handle_bytes(handle)).u64(*offset).u32(*length);
        }
        Request::Fsetstat { handle, attributes } => {
            w.string(&handle_bytes(handle));
            attributes.write(w);
        }
        Request::Close { handle }
        | Request::Fstat { handle }
        | Request::Readdir { handle }
        | Request::Fsync { handle }
        | Request::Fstatvfs { handle } => _ = w.string(&handle_bytes(handle)),
        Request::UsersGroupsById { users, groups } => {
            w.string(&id_bytes(*users)).string(&id_bytes(*groups));
        }
        Request::Limits | Request::UnknownExtension { .. } | Request::Unknown { .. } => {}
    }
}

fn check(what: &Check<'_>, w: &mut Writer<'_>) {
    w.string(what.algorithms).u64(what.offset).u64(what.length).u32(what.block);
}

fn handle_bytes(handle: &Result<super::Handle, super::ForeignHandle>) -> Vec<u8> {
    handle.map_or(vec![1, 2, 3], |h| h.to_bytes().to_vec())
}

fn id_bytes(ids: Ids<'_>) -> Vec<u8> {
    ids.iter().flat_map(u32::to_be_bytes).collect()
}

/// A reply whose id stands beside it; for VERSION that is the version.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Version(Vec<(Vec<u8>, Vec<u8>)>),
    Status { code: u32, message: Vec<u8>, language: Vec<u8> },
    Handle(Vec<u8>),
    Data(Vec<u8>),
    Name(Vec<Entry>),
    Attributes(Attributes),
    Extended(Vec<u8>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) longname: Vec<u8>,
    pub(super) attributes: Attributes,
}

/// Reads the one reply that `message` must be, to its last byte.
pub(super) fn parse_reply(message: &[u8]) -> (u32, Reply) {
    let mut outer = Reader::new(message);
    let mut r = Reader::new(outer.string().unwrap());
    outer.finish().unwrap();
    let kind = r.u8().unwrap();
    let id = r.u32().unwrap();
    let bytes = |r: &mut Reader<'_>| r.string().unwrap().to_vec();
    let reply = match kind {
        2 => {
            let mut pairs = Vec::new();
            while !r.is_empty() {
                pairs.push((bytes(&mut r), bytes(&mut r)));
            }
            Reply::Version(pairs)
        }
        101 => Reply::Status { code: r.u32().unwrap(), message: bytes(&mut r), language: bytes(&mut r) },
        102 => Reply::Handle(bytes(&mut r)),
        103 => Reply::Data(bytes(&mut r)),
        104 => {
            let count = r.u32().unwrap();
            Reply::Name(
                (0..count)
                    .map(|_| Entry {
                        name: bytes(&mut r),
                        longname: bytes(&mut r),
                        attributes: Attributes::read(&mut r).unwrap(),
                    })
                    .collect(),
            )
        }
        105 => Reply::Attributes(Attributes::read(&mut r).unwrap()),
        201 => Reply::Extended(r.rest().to_vec()),
        _ => panic!("a reply of type {kind}"),
    };
    r.finish().unwrap();
    (id, reply)
}

/// Every request once, made of the given pieces.
pub(super) fn every_request<'a>(
    a: &'a [u8],
    b: &'a [u8],
    attributes: Attributes,
    (offset, length): (u64, u32),
    ids: Ids<'a>,
) -> Vec<Request<'a>> {
    let handle = if offset % 5 == 0 { Err(super::ForeignHandle) } else { Ok(super::Handle(length)) };
    let flags = super::OpenFlags::parse(length & 0x2f).unwrap();
    let what = Check { algorithms: b, offset, length: u64::from(length), block: length };
    vec![
        Request::Open { path: a, flags, attributes },
        Request::Close { handle },
        Request::Read { handle, offset, length },
        Request::Lstat { path: a },
        Request::Fstat { handle },
        Request::Setstat { path: b, attributes },
        Request::Fsetstat { handle, attributes },
        Request::Opendir { path: a },
        Request::Readdir { handle },
        Request::Remove { path: b },
        Request::Mkdir { path: a, attributes },
        Request::Rmdir { path: a },
        Request::Realpath { path: b },
        Request::Stat { path: a },
        Request::Rename { from: a, to: b },
        Request::Readlink { path: a },
        Request::Symlink { target: a, link: b },
        Request::PosixRename { from: a, to: b },
        Request::Hardlink { from: a, to: b },
        Request::Fsync { handle },
        Request::Statvfs { path: a },
        Request::Fstatvfs { handle },
        Request::Lsetstat { path: a, attributes },
        Request::Limits,
        Request::UsersGroupsById { users: ids, groups: ids },
        Request::ExpandPath { path: b },
        Request::CopyData {
            from: handle,
            from_offset: offset,
            length: offset,
            to: handle,
            to_offset: offset,
        },
        Request::HomeDirectory { user: a },
        Request::CheckFileHandle { handle, what },
        Request::CheckFileName { path: a, what },
        Request::SpaceAvailable { path: b },
        Request::UnknownExtension { name: b"md5-hash" },
        Request::Unknown { kind: 21 },
    ]
}

/// The rows of the table that the stream gives out as items of their own, or that are another's by another name.
pub(super) const NOT_REQUESTS: [Kind; 3] = [Kind::Init, Kind::Write, Kind::CheckFile];
