//! `[event-handlers/ID]`

use causeway_tests::openssh::lets_in;
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;

use super::*;

/// What a second log holds after a login, once the first log has it.
fn logged(options: &[(&str, &str)]) -> String {
    let mut server = Server::start(Configuration::standard().account("bob"));
    server.reconfigure(|c| second_log(c, options));
    assert!(lets_in(&server, "alice") && lets_in(&server, "bob"));
    // The marker comes last: who has seen it has seen everything before.
    server.reconfigure(|c| {
        c.set("event-handlers/second", "enabled", "No").set("server", "description", "the end")
    });
    std::fs::read_to_string(server.root().join("log/second.log")).unwrap_or_default()
}

#[test]
fn option_event_handlers_components() {
    let log = logged(&[("components", "services")]);
    assert!(!log.contains("30014"), "{log}");
    let log = logged(&[("components", "sftp")]);
    assert!(log.contains("30014") && !log.contains("50005"), "{log}");
}

#[test]
fn option_event_handlers_data_filter() {
    let log = logged(&[("data_filter", "client_version, *OpenSSH*")]);
    assert!(log.contains("30015") && !log.contains("30014"), "{log}");
}

#[test]
fn option_event_handlers_description() {
    let mut server = standard();
    server.reconfigure(|c| second_log(c, &[("description", "for the auditors")]));
    assert!(listed(&server, "event-handler").contains("for the auditors"));
}

#[test]
fn option_event_handlers_enabled() {
    assert_eq!(logged(&[("enabled", "No")]), "");
}

#[test]
fn option_event_handlers_entry_content() {
    assert!(logged(&[("entry_content", "<{id}>")]).contains("<30014>"));
}

#[test]
fn option_event_handlers_fail_after_errors() {
    let mut server = standard();
    let broken = server.root().join("log/broken");
    std::fs::create_dir(&broken).unwrap();
    causeway_tests::program::give(&server.root());
    server.reconfigure(|c| {
        second_log(c, &[("path", "log/broken/x.log"), ("fail_after_errors", "1"), ("rotate_at_size", "1")])
    });
    // It can neither write nor put the file aside any more.
    let mode =
        |mode| std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    std::fs::remove_file(broken.join("x.log")).unwrap();
    mode(0o500);
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("it has failed", |e| e.id == 20066);
    mode(0o700);
    server.reconfigure(|c| c.set("server", "description", "another"));
    server.wait_for_event("why it begins anew", |e| {
        e.id == 20157 && e.message.contains("it has failed and is tried again")
    });
}

#[test]
fn option_event_handlers_groups() {
    let log = logged(&[("groups", "authentication")]);
    assert!(log.contains("20137") && !log.contains("30014"), "{log}");
}

#[test]
fn option_event_handlers_name() {
    let mut server = standard();
    server.reconfigure(|c| second_log(c, &[("name", "the second one")]));
    server.wait_for_event("its name", |e| e.id == 20156 && e.message.contains("the second one"));
}

#[test]
fn option_event_handlers_path() {
    let mut server = standard();
    server.reconfigure(|c| second_log(c, &[("path", "log/elsewhere.log")]));
    assert!(lets_in(&server, "alice"));
    until("it is there", || holds(&server.root().join("log/elsewhere.log"), "30014"));
}

#[test]
fn a_log_that_is_a_pipe_is_refused_and_holds_nobody_up() {
    let mut server = Server::prepare(second_log(Configuration::standard(), &[("path", "log/pipe")]));
    let folder = server.root().join("log");
    std::fs::create_dir(&folder).unwrap();
    causeway_tests::program::must(std::process::Command::new("mkfifo").arg(folder.join("pipe")));
    causeway_tests::program::give(&server.root());
    let told = |words: &[&str]| {
        let output = server.command(words);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, report) = told(&["check"]);
    assert!(
        code == Some(1) && report.contains("path: ") && report.contains("is not a plain file"),
        "{report}"
    );
    server.run();
    assert!(lets_in(&server, "alice"));
    let (code, report) = {
        let output = server.command(&["status"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(code == Some(1) && report.contains("is not a plain file"), "{report}");
    assert!(server.terminate().success());
}

/// The files that a log of one kilobyte was put aside to.
fn put_aside(count: &str) -> usize {
    let mut server = standard();
    server.reconfigure(|c| second_log(c, &[("rotate_at_size", "1000"), ("rotate_count", count)]));
    let folder = server.root().join("log");
    let aside = || {
        let names = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name());
        names.filter(|n| n.to_string_lossy().starts_with("second.log.")).count()
    };
    let mut sftp = Sftp::connect(&server, "alice");
    for n in 0..6 {
        for m in 0..60 {
            let _ = sftp.lstat(format!("/missing{n}{m}"));
        }
        server.wait_for_event("written", |e| e.path == format!("/missing{n}59"));
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    aside()
}

#[test]
fn option_event_handlers_rotate_at_size() {
    assert!(put_aside("0") > 2);
}

#[test]
fn option_event_handlers_rotate_count() {
    assert_eq!(put_aside("1"), 1);
}

#[test]
fn option_event_handlers_rotate_on() {
    let mut server = standard();
    let next_minute =
        std::process::Command::new("date").args(["-d", "+65 seconds", "+%H:%M"]).output().unwrap();
    let at = format!("{} time-of-day", String::from_utf8(next_minute.stdout).unwrap().trim());
    server.reconfigure(|c| second_log(c, &[("rotate_on", &at)]));
    assert!(lets_in(&server, "alice"));
    let aside = causeway_tests::wait::poll(std::time::Duration::from_secs(130), || {
        let names = std::fs::read_dir(server.root().join("log")).unwrap().map(|e| e.unwrap().file_name());
        names.into_iter().find(|n| n.to_string_lossy().starts_with("second.2"))
    });
    assert!(aside.is_some(), "nothing was put aside at {at}");
}

#[test]
fn option_event_handlers_source_addresses() {
    assert!(!logged(&[("source_addresses", "192.0.2.1")]).contains("30014"));
    assert!(logged(&[("source_addresses", "!192.0.2.1")]).contains("30014"));
}

#[test]
fn option_event_handlers_structured_fields() {
    let log = logged(&[("structured_fields", "id, account.name")]);
    assert!(log.lines().any(|line| line.contains("20137,") && line.contains("alice")), "{log}");
}

#[test]
fn option_event_handlers_target() {
    let log = logged(&[("target", "20137")]);
    assert!(log.contains("20137 alice") && log.lines().all(|line| line.starts_with("20137")), "{log}");
}

#[test]
fn option_event_handlers_usernames() {
    let log = logged(&[("usernames", "bob")]);
    assert!(log.contains("20137 bob") && !log.contains("alice"), "{log}");
}
