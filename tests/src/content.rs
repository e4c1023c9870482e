//! Files to send and the proof that they arrived.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// Bytes that look random and are the same for the same seed.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15) | 1;
    let mut content = Vec::with_capacity(length + 8);
    while content.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        content.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    content.truncate(length);
    content
}

/// A file of holes with one byte at its end. `length` at least 1.
pub fn sparse(path: &Path, length: u64) {
    let file = File::create(path).unwrap();
    file.set_len(length).unwrap();
    file.write_all_at(b"!", length - 1).unwrap();
}

/// A file of so many mebibytes, no two of them alike.
pub fn large(path: &Path, mebibytes: u64) {
    let mut block = bytes(0, 1 << 20);
    let mut file = File::create(path).unwrap();
    for number in 0..mebibytes {
        block[..8].copy_from_slice(&number.to_be_bytes());
        file.write_all(&block).unwrap();
    }
}

/// Fails the test unless both files have the same bytes.
pub fn assert_same(a: &Path, b: &Path) {
    let length =
        |path: &Path| std::fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).len();
    assert_eq!(length(a), length(b), "{} and {} differ in length", a.display(), b.display());
    let mut readers = [a, b].map(|path| BufReader::with_capacity(1 << 20, File::open(path).unwrap()));
    let (mut one, mut two) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut at = 0;
    loop {
        let n = read_full(&mut readers[0], &mut one);
        let m = read_full(&mut readers[1], &mut two);
        assert!(n == m && one[..n] == two[..m], "{} and {} differ after byte {at}", a.display(), b.display());
        if n == 0 {
            return;
        }
        at += n;
    }
}

/// Modification time in whole seconds.
pub fn modified(path: &Path) -> i64 {
    std::fs::metadata(path).unwrap().mtime()
}

/// Permission bits.
pub fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

/// Writes a file with a time and a mode that no default would give it.
pub fn write_distinct(path: &Path, content: &[u8]) {
    let mut file = File::create(path).unwrap();
    file.write_all(content).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890)).unwrap();
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
}

/// The last byte of a file.
pub fn last_byte(path: &Path) -> u8 {
    let mut file = File::open(path).unwrap();
    file.seek(SeekFrom::End(-1)).unwrap();
    let mut byte = [0];
    file.read_exact(&mut byte).unwrap();
    byte[0]
}

fn read_full(from: &mut impl Read, into: &mut [u8]) -> usize {
    let mut have = 0;
    while have < into.len() {
        match from.read(&mut into[have..]).unwrap() {
            0 => break,
            n => have += n,
        }
    }
    have
}
