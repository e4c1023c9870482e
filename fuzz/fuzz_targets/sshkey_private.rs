//! Private keys as text, without a passphrase and with the one of the encrypted seeds.
//!
//! A key that was read survives being written in OpenSSH's form, and its public half survives, too.

#![no_main]

use std::sync::LazyLock;

use causeway_core::sshkey::{PrivateKey, PublicKey};
use causeway_core::{Random, Secret};
use libfuzzer_sys::fuzz_target;

static PASSPHRASE: LazyLock<Secret> = LazyLock::new(|| Secret::new(*b"correct horse"));

fuzz_target!(|input: &[u8]| {
    for passphrase in [None, Some(&*PASSPHRASE)] {
        let Ok(key) = PrivateKey::parse(input, passphrase) else { continue };
        let text = key.to_openssh(&Random::predictable(1)).expect("a key can be written");
        let again = PrivateKey::parse(text.expose(), None).expect("our own file");
        assert_eq!(again.public(), key.public());
        assert_eq!(again.public().comment(), key.public().comment());
        assert_eq!(again.pkcs8().expose(), key.pkcs8().expose());
        assert_eq!(PublicKey::from_blob(key.public().blob()).as_ref(), Ok(key.public()));
    }
});
