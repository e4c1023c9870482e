//! What the manual says of the file: where values come from, how they are written, what holds components together.

use std::process::Command;

use causeway_tests::content::mode;
use causeway_tests::openssh::lets_in;
use causeway_tests::program::{give, must};
use causeway_tests::sftp::{PERMISSION_DENIED, Sftp};
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

/// The bits that a new file of `alice` does not get.
fn withheld(server: &Server) -> u32 {
    let file = server.home("alice").join("new");
    let _ = std::fs::remove_file(&file);
    Sftp::connect(server, "alice").put("/new", b"x").unwrap();
    0o666 & !mode(&file)
}

/// Writes a file into the installation that the server reads.
fn write(server: &Server, name: &str, text: &str) {
    std::fs::write(server.root().join(name), text).unwrap();
    give(&server.root());
}

#[test]
fn b02_the_override_file_replaces_one_option_of_a_section_and_keeps_the_rest() {
    let configuration = Configuration::standard().alice("permissions", "allow-list").alice("email", "a@b.c");
    let mut server = Server::prepare(configuration);
    let over = "[accounts/alice-id]\npermissions = allow-full-control\n";
    write(&server, "configuration/server.override.ini", over);
    server.run();
    // Her name, key, group and home are those of the file.
    assert_eq!(Sftp::connect(&server, "alice").put("/x", b"x"), Ok(()));
    assert!(server.home("alice").join("x").exists());
    std::fs::remove_file(server.root().join("configuration/server.override.ini")).unwrap();
    until("what the file says counts again", || {
        Sftp::connect(&server, "alice").put("/x", b"x") == Err(PERMISSION_DENIED)
    });
}

#[test]
fn the_environment_wins_over_the_override_file_and_that_over_the_file() {
    let mut server = Server::prepare(Configuration::standard().set("server", "umask", "006"));
    server.run();
    assert_eq!(withheld(&server), 0o006);
    server.terminate();
    write(&server, "configuration/server.override.ini", "[server]\numask = 066\n");
    server.run();
    assert_eq!(withheld(&server), 0o066);
    server.terminate();
    server.set_variable("CAUSEWAY__SERVER__UMASK", "022");
    server.run();
    assert_eq!(withheld(&server), 0o022);
    let told = server.command(&["config", "set", "server", "umask=0"]);
    assert!(
        !told.status.success() && String::from_utf8_lossy(&told.stderr).contains("CAUSEWAY__SERVER__UMASK")
    );
}

#[test]
fn an_option_from_a_file_that_the_environment_names_counts() {
    let mut server = Server::prepare(Configuration::standard().set("server", "umask", "006"));
    write(&server, "umask", "044\n");
    let file = server.root().join("umask");
    server.set_variable("causeway__server__umask_file", file.to_str().unwrap());
    server.run();
    assert_eq!(withheld(&server), 0o044);
    write(&server, "umask", "062\n");
    until("another value is applied", || withheld(&server) == 0o062);
}

#[test]
fn b03_a_value_in_quotes_may_hold_commas_and_quotes() {
    let folders = "/plain, @ROOT@/data/plain\n\"/odd, \"\"very\"\"\", \"@ROOT@/data/odd, very\"";
    let server = Server::start(Configuration::standard().alice("virtual_folders", folders));
    for name in ["plain", "odd, very"] {
        server.put_in_home(name, "file", name.as_bytes());
    }
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.get("/plain/file").unwrap(), b"plain");
    assert_eq!(sftp.get("/odd, \"very\"/file").unwrap(), b"odd, very");
}

#[test]
fn b05_a_group_that_gets_another_name_keeps_its_members() {
    let configuration = Configuration::standard()
        .set("groups/partners", "name", "Partners")
        .set("groups/partners", "home_folder_path", "@ROOT@/data/${USER}")
        .set("groups/partners", "create_home_folder", "Yes")
        .set("groups/partners", "permissions", "allow-list\n/in/*, allow-full-control")
        .alice("group", "partners");
    let server = Server::start(configuration);
    server.put_in_home("alice", "in/old", b"");
    let is_member = || {
        let mut sftp = Sftp::connect(&server, "alice");
        sftp.put("/in/new", b"x") == Ok(()) && sftp.put("/new", b"x") == Err(PERMISSION_DENIED)
    };
    assert!(is_member());
    let told = server.command(&["group", "set", "Partners", "name=Suppliers"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let list = String::from_utf8(server.command(&["group", "list"]).stdout).unwrap();
    assert!(list.contains("Suppliers") && !list.contains("Partners"), "{list}");
    assert!(is_member());
}

/// A zone in which it is another day now than in UTC, and `date` of it.
fn zone_of_another_day() -> (&'static str, impl Fn(&str) -> String) {
    let hour: u32 = must(Command::new("date").args(["-u", "+%k"])).trim().parse().unwrap();
    // Twelve hours back before noon, fourteen hours ahead after it.
    let zone = if hour < 12 { "Etc/GMT+12" } else { "Etc/GMT-14" };
    let date = move |when: &str| {
        must(Command::new("date").env("TZ", zone).args(["-d", when, "+%F"])).trim().to_owned()
    };
    (zone, date)
}

/// A server of that zone, which looks at its accounts each second.
fn server_in(zone: &str, configuration: Configuration) -> Server {
    let configuration = configuration.set("resources/DEFAULT-ANALYTICS", "type", "analytics").set(
        "resources/DEFAULT-ANALYTICS",
        "monitor_interval",
        "1",
    );
    let mut server = Server::prepare(configuration);
    server.set_variable("TZ", zone);
    server.run();
    server
}

#[test]
fn b06_a_day_without_a_time_begins_at_midnight_where_the_server_is() {
    let (zone, date) = zone_of_another_day();
    let made = |c: Configuration, name: &str, when: &str| {
        let account = format!("accounts/{name}-id");
        c.set(&account, "created", &date(when)).set(&account, "disable_on_inactivity", "1")
    };
    let configuration = made(Configuration::standard(), "alice", "today");
    let server = server_in(zone, made(configuration.account("bob"), "bob", "yesterday"));
    let ended = server.wait_for_event("more than a day has passed", |e| e.id == 20195);
    assert!(ended.message.contains("bob"), "{}", ended.message);
    assert!(lets_in(&server, "alice"));
}

#[test]
fn b39_an_account_ends_at_midnight_where_the_server_is() {
    let (zone, date) = zone_of_another_day();
    for (day, expected) in [("today", false), ("tomorrow", true)] {
        let server = server_in(zone, Configuration::standard().alice("expire_datetime", &date(day)));
        assert_eq!(lets_in(&server, "alice"), expected, "{day}");
    }
}
