//! The commands that scripts depend on.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use causeway_tests::program::{causeway, give, must, output_with_input};
use causeway_tests::wait::{SOON, poll};
use causeway_tests::{Configuration, Server};
use tempfile::TempDir;

fn folder() -> TempDir {
    let folder = TempDir::with_prefix("causeway-test-").unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    give(folder.path());
    folder
}

fn run(arguments: &[&str]) -> Output {
    causeway(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn init_makes_an_installation_that_check_accepts_and_that_only_its_owner_can_read() {
    let folder = folder();
    let root = folder.path().join("installation");
    assert!(run(&["init", "--root", text(&root)]).status.success());
    assert_eq!(std::fs::metadata(&root).unwrap().mode() & 0o7777, 0o700);
    assert!(root.join("configuration/server.ini").exists());
    let checked = run(&["check", "--root", text(&root)]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let again = run(&["init", "--root", text(&root)]);
    assert_ne!(again.status.code(), Some(0), "an installation is not overwritten");
}

#[test]
fn check_names_the_file_the_line_and_what_might_have_been_meant() {
    let server = Server::prepare(Configuration::standard().alice("expire_datetiem", "2030-01-01"));
    let checked = server.command(&["check"]);
    assert_eq!(checked.status.code(), Some(1));
    let printed = out(&checked) + &String::from_utf8_lossy(&checked.stderr);
    let file = std::fs::read_to_string(server.root().join("configuration/server.ini")).unwrap();
    let line = file.lines().position(|line| line.starts_with("expire_datetiem")).unwrap() + 1;
    assert!(printed.contains(&format!("server.ini:{line}")), "{printed}");
    assert!(printed.contains("expire_datetime"), "{printed}");
}

#[test]
fn check_tells_of_a_handler_what_only_the_catalogue_of_events_knows() {
    let configuration = Configuration::standard()
        .set("event-handlers/DEFAULT-FILE", "groups", "uplaods")
        .set("event-handlers/DEFAULT-FILE", "target", "20076");
    let server = Server::prepare(configuration);
    let checked = server.command(&["check"]);
    assert_eq!(checked.status.code(), Some(1));
    let printed = out(&checked);
    let file = std::fs::read_to_string(server.root().join("configuration/server.ini")).unwrap();
    for (option, message) in [("groups", "no event group 'uplaods'"), ("target", "20076 is retired")] {
        let line = file.lines().position(|line| line.starts_with(option)).unwrap() + 1;
        let told = printed
            .lines()
            .find(|l| l.contains(&format!("server.ini:{line}: [event-handlers/DEFAULT-FILE]")));
        assert!(told.is_some_and(|t| t.contains(message)), "{printed}");
    }
}

#[test]
fn check_reports_a_value_that_restricts_and_cannot_be_understood() {
    let server = Server::prepare(Configuration::standard().permissions(&["allow-raed"]));
    assert_eq!(server.command(&["check"]).status.code(), Some(1));
}

#[test]
fn a_component_that_restricts_wrongly_refuses_instead_of_letting_everything_through() {
    let server = Server::start(Configuration::standard().permissions(&["allow-raed"]));
    assert!(!causeway_tests::openssh::lets_in(&server, "alice"));
}

#[test]
fn unusable_arguments_end_with_2_and_a_missing_installation_is_not_good() {
    assert_eq!(run(&["check", "--nonsense"]).status.code(), Some(2));
    assert_eq!(run(&["no-such-command"]).status.code(), Some(2));
    assert_ne!(run(&["check", "--root", "/nonexistent"]).status.code(), Some(0));
}

#[test]
fn demo_prints_a_first_transfer_to_copy() {
    let folder = folder();
    let mut child = causeway(&["demo"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| tell.send(line).unwrap_or_default())
    });
    let mut printed = String::new();
    let command = poll(SOON, || {
        printed.extend(told.try_iter().map(|line| line + "\n"));
        printed.lines().find(|line| line.trim_start().starts_with("sftp ")).map(str::to_owned)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(command.is_some(), "no sftp command to copy:\n{printed}");
}

#[test]
fn a_generated_key_is_one_that_openssh_reads() {
    let folder = folder();
    let path = folder.path().join("key");
    assert!(run(&["keys", "generate", "--type", "ed25519", "--output", text(&path)]).status.success());
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let public = must(Command::new("ssh-keygen").arg("-y").arg("-f").arg(&path));
    assert!(public.starts_with("ssh-ed25519 "), "{public}");
}

#[test]
fn a_hashed_password_logs_in() {
    let hashed = output_with_input(&["password", "hash"], "a new password\n");
    assert!(hashed.status.success(), "{hashed:?}");
    let hash = out(&hashed).trim().to_owned();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let server = Server::start(Configuration::standard().alice("password", &hash));
    let attempts = ["alice", "a new password", "alice", "correct horse"];
    let printed = causeway_tests::clients::python(&server, "passwords.py", &attempts);
    assert_eq!(printed.lines().collect::<Vec<_>>(), ["let in", "refused"]);
}

#[test]
fn b31_a_password_that_nobody_could_log_in_with_is_not_hashed() {
    let hash = |text: &str| output_with_input(&["password", "hash"], text);
    assert!(hash(&format!("{}\n", "é".repeat(150))).status.success());
    let refused = hash(&format!("{}\n", "é".repeat(151)));
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("150 characters at most"), "{refused:?}");
    assert_eq!(hash("\n").status.code(), Some(2));
}

#[test]
fn check_tells_services_that_exclude_each_other_and_accounts_without_a_home() {
    let configuration = Configuration::standard()
        .set("services/second", "name", "second")
        .set("services/second", "type", "ssh")
        .set("services/second", "address", "::")
        .set("services/second", "port", "@PORT@")
        .set("groups/homeless", "name", "homeless")
        .alice("home_folder_path", "Inherit")
        .alice("group", "homeless");
    let server = Server::prepare(configuration);
    let checked = server.command(&["check"]);
    let printed = out(&checked);
    assert_eq!(checked.status.code(), Some(1), "{printed}");
    assert!(printed.contains("cannot both listen on port"), "{printed}");
    assert!(printed.contains("[accounts/alice-id] neither the account nor a group of it"), "{printed}");
    assert!(printed.contains("2 of 2 findings are errors."), "{printed}");
}

#[test]
fn uuid_prints_another_one_each_time() {
    let (one, two) = (out(&run(&["uuid"])), out(&run(&["uuid"])));
    assert_eq!(one.trim().len(), 36);
    assert_ne!(one, two);
}

#[test]
fn a_command_whose_output_nobody_reads_any_more_ends_quietly() {
    let folder = folder();
    let root = folder.path().join("root");
    assert!(run(&["init", "--root", text(&root)]).status.success());
    let mut command = causeway(&["check", "--root", text(&root)]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}

/// What a command prints that must not succeed.
fn refused(server: &Server, words: &[&str]) -> String {
    let output = server.command(words);
    assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn done(server: &Server, words: &[&str]) {
    let output = server.command(words);
    assert!(output.status.success(), "{words:?}: {output:?}");
}

fn ini(server: &Server) -> String {
    std::fs::read_to_string(server.server_ini()).unwrap()
}

#[test]
fn mistakes_in_the_words_of_a_change_are_told_by_their_names() {
    let server = Server::prepare(Configuration::standard());
    let before = ini(&server);
    for (words, told) in [
        (["enabled=Yes", "enabled=No"], "'enabled' is given more than once"),
        (["enabled=Yes", "name=yyy"], "'name' is given more than once"),
        (["enabled=Yes", "bad name=1"], "'bad name' of "),
        (["enabled=Yes", "description=a\u{7}b"], "the line holds a control character"),
        (["--id", "a b"], "'accounts/a b' is not the label of a section"),
        (["--confirm", "alice"], "it is not a time"),
    ] {
        let text = refused(&server, &["account", "add", "zed", words[0], words[1]]);
        assert!(text.contains(told), "{text}");
    }
    let text = refused(&server, &["account", "set", "--confirm", "alice", "description=x"]);
    assert!(text.contains("'alice'") && text.contains("it is not a time"), "{text}");
    assert_eq!(ini(&server), before);
}

#[test]
fn a_value_may_be_indented_as_in_the_file() {
    let server = Server::prepare(Configuration::standard());
    let rules = "permissions=\n    allow-list\n    /inbox/*, allow-full-control";
    done(&server, &["account", "add", "zed", rules]);
    let text = ini(&server);
    assert!(text.contains("permissions =\n    allow-list\n    /inbox/*, allow-full-control\n"), "{text}");
}

#[test]
fn what_always_exists_can_be_set_without_a_section_of_it() {
    let policy = "security-policies/DEFAULT-SECURITY-POLICY";
    for words in [["config", "set", policy], ["security-policy", "set", "DEFAULT-SECURITY-POLICY"]] {
        let server = Server::prepare(Configuration::standard().without(policy));
        done(&server, &[&words[..], &["source_ip_ban_after_count=3"]].concat());
        let text = ini(&server);
        assert!(text.contains(&format!("[{policy}]\nsource_ip_ban_after_count = 3\n")), "{text}");
    }
}

#[test]
fn credentials_are_an_affair_of_accounts() {
    let help = |family: &str, command: &str| out(&run(&[family, command, "--help"]));
    for option in ["--password-stdin", "--new-totp", "--new-recovery-codes"] {
        assert!(help("account", "set").contains(option), "{option}");
        assert!(!help("group", "set").contains(option), "{option}");
    }
    assert!(help("account", "add").contains("--password-stdin"));
    assert!(!help("service", "add").contains("--password-stdin"));
}

#[test]
fn a_word_that_is_the_id_of_one_and_the_name_of_another_names_neither() {
    let server = Server::prepare(Configuration::standard().set("accounts/a1", "name", "b1").set(
        "accounts/b1",
        "name",
        "b2",
    ));
    let text = refused(&server, &["account", "set", "b1", "description=x"]);
    assert!(text.contains("accounts/a1") && text.contains("config set accounts/b1"), "{text}");
    for word in ["a1", "b2", "alice"] {
        done(&server, &["account", "set", word, &format!("description=of {word}")]);
    }
    let text = ini(&server);
    assert!(text.contains("[accounts/a1]\nname = b1\ndescription = of a1\n"), "{text}");
    assert!(text.contains("[accounts/b1]\nname = b2\ndescription = of b2\n"), "{text}");
}
