//! Tests that cannot run here say so, where `cargo xtask test` counts them.

use std::io::Write;

/// Records that a test was left out. `CAUSEWAY_SKIPS` names the file.
pub(super) fn skip(name: &str, reason: &str) {
    println!("SKIP {name}: {reason}");
    if let Some(path) = std::env::var_os("CAUSEWAY_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{name}: {reason}").unwrap();
    }
}
