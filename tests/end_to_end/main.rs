//! The real program, real clients: what an administrator and a partner rely on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests; the helpers between them count as such"
)]

mod algorithms;
mod answers;
mod audit;
mod certificates;
mod changes;
mod clock;
mod command_line;
mod configuration;
mod crash;
mod explain;
mod extensions;
mod files;
mod follow;
mod homes;
mod host_certificates;
mod hosts;
mod hung;
mod inactivity;
mod keep_alive;
mod keys;
mod killed;
mod last_words;
mod links;
mod live;
mod logins;
mod matching;
mod names;
mod options;
mod own_password;
mod permissions;
mod policies;
mod proxy_protocol;
mod rekeying;
mod revoked;
mod rights;
mod round_trips;
mod scp;
mod second_factors;
mod service;
mod sftp_server;
mod sizes;
mod sources;
mod stored_names;
mod uploads;
mod v04_state;
mod v06_path_traversal;
mod v07_placeholders;
mod v16_prefix_truncation;
mod v18_exhaustion;
