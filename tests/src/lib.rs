//! End to end: the real program on an installation of its own, driven by real clients.
//!
//! The program is taken from `CAUSEWAY_BIN`, else from the newest build in the target folder; nothing is built here.
//! When the tests run as root, the server runs as the user `CAUSEWAY_TEST_USER` names (default `causeway-test`, which
//! `cargo xtask setup` makes). Every server has an address of its own in 127/8, so tests run side by side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a harness that cannot do its work fails the test that asked for it"
)]

pub mod certificates;
pub mod clients;
pub mod clock;
pub mod configuration;
pub mod content;
pub mod corpus;
pub mod log;
pub mod openssh;
pub mod program;
pub mod proxied;
pub mod server;
pub mod sftp;
pub mod skip;
pub mod wait;
pub mod wire;

pub use configuration::Configuration;
pub use server::Server;
