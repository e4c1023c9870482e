//! What holds for a file alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use causeway_core::Clock;

use crate::columns::Write;
use crate::{Store, StoreError};

#[tokio::test]
async fn the_file_and_those_beside_it_are_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let modes = || {
        let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
        files.map(|file| file.permissions().mode() & 0o777).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        let store = Store::open(&path, Clock::system()).await.unwrap();
        store.put("tests", "key", b"value", None).await.unwrap();
        assert_eq!(modes(), [0o600; 3]);
        store.close().await;
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    }
    // Left behind by a process that was killed.
    let beside = folder.path().join("state.db-wal");
    fs::write(&beside, b"").unwrap();
    fs::set_permissions(&beside, Permissions::from_mode(0o644)).unwrap();
    let _store = Store::open(&path, Clock::system()).await.unwrap();
    assert!(modes().iter().all(|mode| *mode == 0o600));
}

#[tokio::test]
async fn what_was_written_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let database = crate::sqlite::Database::open(&folder.path().join("state.db")).await.unwrap();
    // https://www.sqlite.org/pragma.html#pragma_synchronous: 2 is FULL.
    assert_eq!(database.synchronous().await, 2);
}

#[tokio::test]
async fn a_disk_that_was_full_for_a_moment_is_written_to_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = crate::sqlite::Database::open(&folder.path().join("state.db")).await.unwrap();
    let put = |key, value| database.put(Write { namespace: "tests", key, value, expires: None, now: 0 });
    put("before", b"value").await.unwrap();
    database.leave_no_space().await;
    // Each of the connections meets it.
    let large = vec![7; 1 << 16];
    let mut refused = 0;
    while put("large", &large).await.is_err() {
        refused += 1;
        assert!(refused < 100, "there is no end to it");
    }
    assert!(refused > 0, "the disk was not full");
    for _ in 0..20 {
        put("large", &large).await.unwrap();
        assert!(database.get("tests", "before", 0).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    Store::open(&path, Clock::system()).await.unwrap().close().await;
    // The version stands at byte 60 of the file, big-endian (the SQLite file format, section 1.3).
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let refused = Store::open(&path, Clock::system()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::fs::write(&path, b"this is not a database, and it is long enough to be looked at".repeat(20))
        .unwrap();
    assert!(Store::open(&path, Clock::system()).await.is_err());
}
