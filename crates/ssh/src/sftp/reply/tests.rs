use super::*;
use crate::sftp::Request;
use crate::sftp::client::{Entry, Reply, parse_reply, request};
use proptest::prelude::*;

fn built(f: impl FnOnce(&mut Vec<u8>)) -> (u32, Reply) {
    let mut out = b"before".to_vec();
    f(&mut out);
    parse_reply(out.strip_prefix(b"before").unwrap())
}

#[test]
fn version_announces_the_extensions_offered() {
    let (version, Reply::Version(pairs)) = built(|o| super::version(o, Kind::ALL)) else { panic!() };
    assert_eq!(version, 3);
    assert_eq!(pairs.len(), 15);
    assert!(pairs.contains(&(b"statvfs@openssh.com".to_vec(), b"2".to_vec())));
    assert!(pairs.contains(&(b"limits@openssh.com".to_vec(), b"1".to_vec())));
    assert_eq!(built(|o| super::version(o, [])), (3, Reply::Version(vec![])));
}

#[test]
fn status_has_code_message_and_language() {
    for (i, s) in [
        Status::Ok,
        Status::Eof,
        Status::NoSuchFile,
        Status::PermissionDenied,
        Status::Failure,
        Status::BadMessage,
        Status::NoConnection,
        Status::ConnectionLost,
        Status::OpUnsupported,
    ]
    .into_iter()
    .enumerate()
    {
        let want = Reply::Status {
            code: u32::try_from(i).unwrap(),
            message: s.message().as_bytes().to_vec(),
            language: vec![],
        };
        assert_eq!(built(|o| status(o, 9, s)), (9, want));
    }
    let (id, Reply::Status { code, message, .. }) =
        built(|o| status_with(o, 1, Status::Failure, "Quota exceeded"))
    else {
        panic!()
    };
    assert_eq!((id, code, &message[..]), (1, 4, &b"Quota exceeded"[..]));
}

#[test]
fn the_head_of_data_and_its_payload_are_one_message() {
    let built = built(|o| {
        o.extend_from_slice(&data_head(7, 5));
        o.extend_from_slice(b"hello");
    });
    assert_eq!(built, (7, Reply::Data(b"hello".to_vec())));
}

#[test]
fn a_path_is_answered_as_one_name() {
    let path = b"/caf\xe9/\n";
    let entry = Entry { name: path.to_vec(), longname: path.to_vec(), attributes: Attributes::default() };
    assert_eq!(built(|o| name(o, 7, path)), (7, Reply::Name(vec![entry])));
}

#[test]
fn handles_and_attributes_are_answered() {
    assert_eq!(built(|o| handle(o, 7, Handle(258))), (7, Reply::Handle(vec![0, 0, 1, 2])));
    let a = Attributes { size: Some(1 << 40), mode: Some(0o100_600), ..Attributes::default() };
    assert_eq!(built(|o| attributes(o, 7, &a)), (7, Reply::Attributes(a)));
}

fn numbers(reply: Reply) -> Vec<u64> {
    let Reply::Extended(bytes) = reply else { panic!() };
    bytes.chunks(8).map(|c| u64::from_be_bytes(c.try_into().unwrap())).collect()
}

#[test]
fn statvfs_has_eleven_numbers() {
    let s = Statvfs {
        block_size: 1,
        fragment_size: 2,
        blocks: 3,
        blocks_free: 4,
        blocks_available: 5,
        files: 6,
        files_free: 7,
        files_available: 8,
        id: 9,
        read_only: false,
        no_setuid: true,
        name_max: 255,
    };
    let (id, reply) = built(|o| statvfs(o, 3, &s));
    assert_eq!(id, 3);
    assert_eq!(numbers(reply), [1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 255]);
    let (_, reply) = built(|o| statvfs(o, 3, &Statvfs { read_only: true, ..s }));
    assert_eq!(numbers(reply)[9], 3);
}

#[test]
fn limits_are_those_that_the_stream_accepts() {
    let (_, reply) = built(|o| limits(o, 3, 100));
    assert_eq!(numbers(reply), [262_144, 261_120, 261_120, 100]);
}

/// The names of users and of groups in a reply.
fn id_names(reply: Reply) -> [Vec<Vec<u8>>; 2] {
    let Reply::Extended(bytes) = reply else { panic!() };
    let mut r = crate::wire::Reader::new(&bytes);
    let lists = [r.string().unwrap(), r.string().unwrap()].map(|list| {
        let mut r = crate::wire::Reader::new(list);
        std::iter::from_fn(|| (!r.is_empty()).then(|| r.string().unwrap().to_vec())).collect()
    });
    r.finish().unwrap();
    lists
}

fn users_groups(users: &[u32], groups: &[u32]) -> Vec<u8> {
    let mut out = b"\0\0\0\x1eusers-groups-by-id@openssh.com".to_vec();
    for list in [users, groups] {
        let raw: Vec<u8> = list.iter().flat_map(|id| id.to_be_bytes()).collect();
        crate::wire::Writer::new(&mut out).string(&raw);
    }
    out
}

#[test]
fn ids_have_names_or_the_empty_name() {
    let message = users_groups(&[1000, 0], &[7, 8, 7]);
    let Ok(Request::UsersGroupsById { users, groups }) = Request::parse(200, &message) else { panic!() };
    let name = |of| move |id| if id == of { &b"ann"[..] } else { b"" };
    let (_, reply) = built(|o| names_by_id(o, 3, (users, groups), name(1000), name(7)));
    assert_eq!(
        id_names(reply),
        [vec![b"ann".to_vec(), vec![]], vec![b"ann".to_vec(), vec![], b"ann".to_vec()]]
    );
}

#[test]
fn v18_one_id_asked_for_over_and_over_does_not_outgrow_a_message() {
    let message = users_groups(&[1000; 60_000], &[]);
    let Ok(Request::UsersGroupsById { users, groups }) = Request::parse(200, &message) else { panic!() };
    let mut out = Vec::new();
    names_by_id(&mut out, 3, (users, groups), |_| &[b'x'; 255], |_| b"");
    assert!(out.len() <= usize::try_from(MAX_PACKET).unwrap());
    let [names, _] = id_names(parse_reply(&out).1);
    assert_eq!(names.len(), 60_000);
    assert_eq!((names[0].len(), names[59_999].len()), (255, 0));
}

proptest! {
    #[test]
    fn status_arrives_as_it_was_sent(id: u32, message in ".{0,80}") {
        let want = Reply::Status { code: 4, message: message.clone().into_bytes(), language: vec![] };
        prop_assert_eq!(built(|o| status_with(o, id, Status::Failure, &message)), (id, want));
    }
}

#[test]
fn what_is_unknown_is_unsupported() {
    let message = request(5, &Request::Unknown { kind: 99 });
    assert_eq!(message[4], 99);
    assert!(matches!(built(|o| unsupported(o, 5)), (5, Reply::Status { code: 8, .. })));
}
