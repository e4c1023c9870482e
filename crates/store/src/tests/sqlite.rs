//! What holds for a file alone.

use causeway_core::Clock;

use crate::{Store, StoreError};

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
