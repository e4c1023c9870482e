//! Public keys: as text (lines of OpenSSH and blocks of RFC 4716) and as the blob of the wire.
//!
//! - A key that was read survives all its forms: line, block and blob, with its comment where the form has one.
//! - A blob that is accepted is the key's only blob.

#![no_main]

use causeway_core::sshkey::{PublicKey, parse_many};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(keys) = parse_many(input) {
        for key in &keys {
            survives(key);
        }
        let lines: Vec<_> = keys.iter().map(PublicKey::to_openssh).collect();
        let again = parse_many(&lines.join(&b'\n'));
        if !lines.concat().is_empty() && lines.iter().map(Vec::len).sum::<usize>() < 90_000 {
            assert_eq!(again.as_ref(), Ok(&keys));
        }
    }
    if let Ok(key) = PublicKey::from_blob(input) {
        assert_eq!(key.blob(), input);
        survives(&key);
    }
});

fn survives(key: &PublicKey) {
    assert!(key.material().is_ok());
    assert!(key.fingerprint().starts_with("SHA256:"));
    assert_eq!(PublicKey::from_blob(key.blob()).as_ref(), Ok(key));
    let line = PublicKey::from_openssh_line(&key.to_openssh()).expect("our own line");
    assert_eq!((&line, line.comment()), (key, key.comment()));
    assert_eq!(parse_many(&key.to_rfc4716()).as_ref(), Ok(&vec![key.clone()]));
}
