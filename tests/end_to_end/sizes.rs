//! Sizes and numbers at which file servers break.

use causeway_tests::content::{assert_same, bytes, last_byte, sparse};
use causeway_tests::openssh::batch;
use causeway_tests::program::give;
use causeway_tests::sftp::{READ, Sftp};
use causeway_tests::{Configuration, Server};

#[test]
fn empty_files_and_files_of_one_byte_arrive() {
    let server = Server::start(Configuration::standard());
    for length in [0, 1] {
        let name = format!("{length}");
        std::fs::write(server.client().join(&name), bytes(1, length)).unwrap();
        batch(&server, &format!("put {name}\nget {name} back{name}\n"));
        assert_same(&server.client().join(&name), &server.home("alice").join(&name));
        assert_same(&server.client().join(&name), &server.client().join(format!("back{name}")));
    }
}

#[test]
fn a_file_of_4_gib_and_one_byte_arrives_whole_and_is_read_at_its_end() {
    const LENGTH: u64 = (4 << 30) + 1;
    let server = Server::start(Configuration::standard());
    sparse(&server.client().join("big"), LENGTH);
    batch(&server, "put big\nget big /dev/null\n");
    let arrived = server.home("alice").join("big");
    assert_same(&server.client().join("big"), &arrived);
    assert_eq!(last_byte(&arrived), b'!');
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.stat("/big").unwrap().size, Some(LENGTH));
    let handle = sftp.open("/big", READ).unwrap();
    assert_eq!(sftp.read(&handle, LENGTH - 1, 100).unwrap(), b"!");
}

#[test]
fn ten_thousand_small_files_arrive() {
    let server = Server::start(Configuration::standard());
    let folder = server.client().join("small");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..10_000_u64 {
        std::fs::write(folder.join(format!("f{number:05}")), bytes(number, 100)).unwrap();
    }
    batch(&server, "put -r small\n");
    for number in 0..10_000_u64 {
        let arrived = std::fs::read(server.home("alice").join(format!("small/f{number:05}"))).unwrap();
        assert_eq!(arrived, bytes(number, 100), "file {number}");
    }
}

#[test]
fn a_folder_of_100_000_names_is_listed_completely() {
    let server = Server::start(Configuration::standard());
    let folder = server.home("alice").join("many");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..100_000 {
        std::fs::File::create(folder.join(format!("entry-{number:06}"))).unwrap();
    }
    give(&folder);
    let names = Sftp::connect(&server, "alice").list("/many").unwrap();
    assert_eq!(names.len(), 100_000);
    assert_eq!((names[0].as_slice(), names[99_999].as_slice()), (&b"entry-000000"[..], &b"entry-099999"[..]));
}
