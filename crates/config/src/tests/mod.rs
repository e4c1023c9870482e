//! Tests through the public doors: a text goes in, components and problems come out.

mod bad_values;
mod definitions;
mod effective;
mod fixture;
mod fixtures;
mod installation;
mod known_names;
mod next;
mod old_names;
mod precedence;
mod references;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use causeway_core::Random;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::{Component, Config, Environment, Failure, LoadError, Loaded, Problem, Severity, load_text};

fn environment() -> Environment {
    Environment::of([("THE_PASSWORD".into(), "$6$salt$hash".into())], TimeZone::UTC)
}

fn try_load(text: &str) -> Result<Loaded, LoadError> {
    load_text(text.as_bytes(), Path::new("/nonexistent"), &environment())
}

fn loaded(text: &str) -> Loaded {
    try_load(text).unwrap_or_else(|e| panic!("{e}"))
}

/// The configuration of a text that has no problem.
fn clean(text: &str) -> Arc<Config> {
    let loaded = loaded(text);
    let problems: Vec<_> = loaded.problems.iter().map(Problem::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    loaded.config
}

/// The problems of a text as lines.
fn problems(text: &str) -> Vec<String> {
    loaded(text).problems.iter().map(Problem::to_string).collect()
}

fn the_problem(text: &str) -> Problem {
    let problems = loaded(text).problems;
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().unwrap()
}

fn failure<T: std::fmt::Debug>(component: &Component<T>) -> &Failure {
    match component {
        Component::Failed(failure) => failure,
        Component::Live(live) => panic!("it lives: {live:?}"),
    }
}

/// An installation folder with an Ed25519 key in `key`.
fn folder_with_key() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    crate::files::write_whole(&folder.path().join("key"), private_key().expose()).unwrap();
    folder
}

fn private_key() -> causeway_core::Secret {
    // PKCS#8 of RFC 8410 section 7, whose seed the document gives.
    let seed = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{seed}\n-----END PRIVATE KEY-----\n");
    let key = causeway_core::sshkey::PrivateKey::parse(pem.as_bytes(), None).unwrap();
    key.to_openssh(&Random::predictable(1)).unwrap()
}

/// The beginning of a file with a service that lives; more of its options may follow.
const SSH: &str = "[server]\nuuid = u\n[vault-items/k]\nname = k\ntype = ssh-private\ncontent = external-file:key\n\
    [services/s]\ntype = ssh\nport = 10022\nssh_server_keys = k\n";

/// [`SSH`] with more, in a folder where its key is.
fn with_service(more: &str) -> Loaded {
    let folder = folder_with_key();
    load_text(format!("{SSH}{more}").as_bytes(), folder.path(), &environment()).unwrap()
}

/// A zone's file (RFC 9636) that says one thing: an hour ahead of UTC.
fn zone_file() -> Vec<u8> {
    let header = [&b"TZif2"[..], &[0; 15], &[0; 16], &1_u32.to_be_bytes(), &4_u32.to_be_bytes()].concat();
    let data = [&3600_i32.to_be_bytes()[..], &[0, 0], b"CET\0"].concat();
    [&header[..], &data, &header, &data, b"\nCET-1\n"].concat()
}

/// `TZ` names zones; where they lie is what the library must be able to read.
#[test]
fn zones_are_read_from_the_files_of_the_operating_system() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("Europe")).unwrap();
    std::fs::write(dir.path().join("Europe/Berlin"), zone_file()).unwrap();
    let zones = jiff::tz::TimeZoneDatabase::from_dir(dir.path()).unwrap();
    let zone = zones.get("Europe/Berlin").unwrap();
    assert_eq!(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), 3600);
}
