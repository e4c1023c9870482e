use super::*;
use crate::sftp::client;
use proptest::prelude::*;

/// Kind, id and fields of an encoded request.
fn parts(message: &[u8]) -> (u8, u32, &[u8]) {
    let mut r = Reader::new(&message[4..]);
    (r.u8().unwrap(), r.u32().unwrap(), r.rest())
}

fn parsed(message: &[u8]) -> Result<Request<'_>, Malformed> {
    let (kind, _, fields) = parts(message);
    Request::parse(kind, fields)
}

fn any_attributes() -> impl Strategy<Value = Attributes> {
    any::<(Option<u64>, Option<(u32, u32)>, Option<u32>, Option<(u32, u32)>)>()
        .prop_map(|(size, owner, mode, times)| Attributes { size, owner, mode, times })
}

fn any_path() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..300)
}

proptest! {
    #[test]
    fn every_request_survives_the_wire(
        a in any_path(),
        b in any_path(),
        attributes in any_attributes(),
        numbers: (u64, u32),
        ids in proptest::collection::vec(any::<u32>(), 0..9),
        id: u32,
    ) {
        let ids: Vec<u8> = ids.into_iter().flat_map(u32::to_be_bytes).collect();
        for request in client::every_request(&a, &b, attributes, numbers, Ids::parse(&ids).unwrap()) {
            let message = client::request(id, &request);
            let (_, sent, _) = parts(&message);
            prop_assert_eq!(sent, id);
            prop_assert_eq!(parsed(&message), Ok(request));
        }
    }

    #[test]
    fn a_request_cut_anywhere_is_malformed_and_longer_ones_are_the_same(
        a in any_path(), b in any_path(), numbers: (u64, u32), tail in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        for request in client::every_request(&a, &b, Attributes::default(), numbers, Ids::parse(&[0; 4]).unwrap()) {
            let message = client::request(1, &request);
            let (kind, _, fields) = parts(&message);
            if !matches!(request, Request::Unknown { .. }) {
                for cut in 0..fields.len() {
                    prop_assert_eq!(Request::parse(kind, &fields[..cut]), Err(Malformed::Wire(WireError::Short)));
                }
            }
            let longer = [fields, &tail].concat();
            prop_assert_eq!(Request::parse(kind, &longer), Ok(request));
        }
    }

    #[test]
    fn no_bytes_make_a_request_panic(kind: u8, fields in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Request::parse(kind, &fields);
    }
}

#[test]
fn every_row_of_the_table_is_a_request_that_parses() {
    let all = client::every_request(b"/a", b"/b", Attributes::default(), (1, 1), Ids(&[]));
    for kind in Kind::ALL {
        let there = all.iter().any(|r| r.kind() == Some(kind));
        assert_eq!(there, !client::NOT_REQUESTS.contains(&kind), "{kind:?}");
    }
}

#[test]
fn symlink_has_its_target_first_as_openssh_sends_it() {
    // `ln -s target link` of OpenSSH's sftp.
    let fields = b"\0\0\0\x06target\0\0\0\x04link";
    assert_eq!(Request::parse(20, fields), Ok(Request::Symlink { target: b"target", link: b"link" }));
}

#[test]
fn names_are_bytes() {
    for path in [&b"caf\xe9"[..], &[0xff; 255], b"two\nlines", b"nul\0", b""] {
        let message = client::request(1, &Request::Stat { path });
        assert_eq!(parsed(&message), Ok(Request::Stat { path }));
    }
}

#[test]
fn an_unknown_extension_keeps_the_beginning_of_its_name() {
    let name = [b'x'; 1000];
    let message = client::request(1, &Request::UnknownExtension { name: &name });
    assert_eq!(parsed(&message), Ok(Request::UnknownExtension { name: &name[..UNKNOWN_NAME] }));
}

#[test]
fn open_that_would_empty_a_file_for_reading_is_malformed() {
    let fields = b"\0\0\0\x02/a\0\0\0\x11\0\0\0\0";
    let error = OpenFlagsError::TruncateWithoutWrite;
    assert_eq!(Request::parse(3, fields), Err(Malformed::OpenFlags(error)));
}

#[test]
fn a_list_of_ids_that_ends_within_an_id_is_malformed() {
    let fields = b"\0\0\0\x1eusers-groups-by-id@openssh.com\0\0\0\x05\0\0\0\0\0\0\0\0\0";
    assert_eq!(Request::parse(table::EXTENDED, fields), Err(Malformed::Ids));
}

#[test]
fn check_file_is_about_a_handle_as_paramiko_asks_for_it() {
    let fields = b"\0\0\0\x0acheck-file\0\0\0\x04\0\0\0\x07\0\0\0\x04sha1\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\x01\0";
    let what = Check { algorithms: b"sha1", offset: 1, length: 2, block: 256 };
    let expected = Request::CheckFileHandle { handle: Ok(Handle(7)), what };
    assert_eq!(Request::parse(table::EXTENDED, fields), Ok(expected));
}

#[test]
fn only_what_can_change_something_says_so() {
    let all = client::every_request(b"/a", b"/b", Attributes::default(), (1, 0), Ids(&[]));
    let changing: Vec<_> =
        all.iter().filter(|r| r.changes()).filter_map(|r| Some(r.kind()?.entry().name)).collect();
    assert_eq!(
        changing,
        [
            "SETSTAT",
            "FSETSTAT",
            "REMOVE",
            "MKDIR",
            "RMDIR",
            "RENAME",
            "SYMLINK",
            "posix-rename@openssh.com",
            "hardlink@openssh.com",
            "lsetstat@openssh.com",
            "copy-data",
        ]
    );
    let flags = OpenFlags::parse(0x0a).unwrap();
    assert!(Request::Open { path: b"/a", flags, attributes: Attributes::default() }.changes());
}
