//! One test per option, named `option_<family>_<option>`: it changes the option from its default in a running server and
//! observes the difference from outside. `cargo xtask test` fails on an option without one.

mod accounts;
mod event_handlers;
mod groups;
mod others;
mod resources;
mod security_policies;
mod server;
mod services;

use std::path::Path;

use causeway_tests::sftp::{CREATE, Sftp, WRITE};
use causeway_tests::{Configuration, Server};

fn standard() -> Server {
    Server::start(Configuration::standard())
}

/// The mode of a new file that `alice` makes.
fn mode_of_new_file(server: &Server, name: &str) -> u32 {
    Sftp::connect(server, "alice").put(name, b"x").unwrap();
    causeway_tests::content::mode(&server.home("alice").join(name.trim_start_matches('/'))) & 0o777
}

/// Whether `alice` can write so many bytes into a file.
fn writes(server: &Server, bytes: usize) -> bool {
    let mut sftp = Sftp::connect(server, "alice");
    let handle = sftp.open("/size", WRITE | CREATE).unwrap();
    let written = sftp.write(&handle, 0, &vec![b'x'; bytes]).is_ok();
    sftp.close(&handle).is_ok() && written
}

fn can(server: &Server, act: impl FnOnce(&mut Sftp) -> bool) -> bool {
    act(&mut Sftp::connect(server, "alice"))
}

/// What a component's options are, as the command line lists them.
fn listed(server: &Server, family: &str) -> String {
    String::from_utf8(server.command(&[family, "list", "--json"]).stdout).unwrap()
}

fn holds(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|t| t.contains(text))
}

/// A second log handler with these options, in `log/second.log`.
fn second_log(c: Configuration, options: &[(&str, &str)]) -> Configuration {
    let c = c
        .set("event-handlers/second", "name", "second")
        .set("event-handlers/second", "type", "local-file")
        .set("event-handlers/second", "path", "log/second.log")
        .set("event-handlers/second", "entry_content", "{id} {account.name}");
    options.iter().fold(c, |c, (option, value)| c.set("event-handlers/second", option, value))
}
