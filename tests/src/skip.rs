//! Tests that cannot run here say so, where `cargo xtask test` counts them.

use std::io::Write;

/// Records that the calling test was left out. `CAUSEWAY_SKIPS` names the file; the test's thread has its name.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed").rsplit("::").next().unwrap_or_default();
    println!("SKIP {name}: {reason}");
    if let Some(path) = std::env::var_os("CAUSEWAY_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{name}: {reason}").unwrap();
    }
}
