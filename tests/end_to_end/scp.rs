//! SCP, the old protocol of `scp -O` and of other clients, and OpenSSH's `scp` over SFTP.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use causeway_tests::clients::{pscp, psftp, python};
use causeway_tests::content::{assert_same, bytes, mode, modified, write_distinct};
use causeway_tests::corpus::{CORPUS, Operation, Verdict};
use causeway_tests::openssh::{must_scp, run, scp};
use causeway_tests::{Configuration, Server};

const SESSION: u32 = 30011;
const STARTED: u32 = 30009;
const ENDED: u32 = 30010;
const REFUSED: u32 = 30008;
const FOLDER_MADE: u32 = 30029;
const ATTRIBUTES_SET: u32 = 30038;
const UPLOAD_BROKEN: u32 = 30042;
const CLOSED: u32 = 30064;
const FAILED: u32 = 30066;
const DOWNLOADED: u32 = 30067;
const UPLOADED: u32 = 30068;

fn configuration() -> Configuration {
    Configuration::standard().set("services/sftp", "scp", "Yes")
}

fn server() -> Server {
    Server::start(configuration())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Names of a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A tree of files in the folder of the clients.
fn tree(server: &Server) -> std::path::PathBuf {
    let tree = server.client().join("tree");
    for (number, name) in
        ["one", "deep/two", "deep/deeper/three", "deep/deeper/empty", "a b/it's"].iter().enumerate()
    {
        let path = tree.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let length = if name.ends_with("empty") { 0 } else { number * 300_000 + 1 };
        write_distinct(&path, &bytes(u64::try_from(number).unwrap(), length));
    }
    std::fs::set_permissions(tree.join("deep"), PermissionsExt::from_mode(0o750)).unwrap();
    tree
}

fn assert_same_tree(a: &Path, b: &Path) {
    assert_eq!(names(a), names(b));
    for name in names(a) {
        let (a, b) = (a.join(&name), b.join(&name));
        if a.is_dir() {
            assert_same_tree(&a, &b);
        } else {
            assert_same(&a, &b);
        }
    }
}

#[test]
fn scp_keeps_content_time_and_mode_both_ways() {
    let server = server();
    let source = server.client().join("report.bin");
    write_distinct(&source, &bytes(1, 3_000_001));
    for (to, back, old) in [("up.bin", "back.bin", true), ("new.bin", "newer.bin", false)] {
        let old: &[&str] = if old { &["-O"] } else { &[] };
        must_scp(&server, &[old, &["-p", "report.bin", &format!("@{to}")]].concat());
        must_scp(&server, &[old, &["-p", &format!("@/{to}"), back]].concat());
        for copy in [server.home("alice").join(to), server.client().join(back)] {
            assert_same(&source, &copy);
            assert_eq!((modified(&copy), mode(&copy)), (modified(&source), mode(&source)));
        }
    }
    server.wait_for_events("alice", &[STARTED, SESSION, UPLOADED, ATTRIBUTES_SET, ENDED, DOWNLOADED, CLOSED]);
    let uploaded = server.wait_for_event("the upload", |entry| entry.id == UPLOADED);
    assert_eq!(uploaded.path, "/up.bin");
}

#[test]
fn scp_moves_whole_trees_both_ways() {
    let server = server();
    let tree = tree(&server);
    for (old, name) in [(&["-O"][..], "old"), (&[][..], "new")] {
        // Into a folder that is not there, and once more into one that is.
        must_scp(&server, &[old, &["-r", "-p", "tree", &format!("@{name}")]].concat());
        must_scp(&server, &[old, &["-r", "tree", &format!("@{name}/")]].concat());
        let home = server.home("alice").join(name);
        assert_same_tree(&tree.join("deep"), &home.join("tree/deep"));
        assert_eq!(mode(&home.join("deep")) & 0o777, 0o750);
        std::fs::remove_dir_all(home.join("tree")).unwrap();
        assert_same_tree(&tree, &home);
        must_scp(&server, &[old, &["-r", "-p", &format!("@{name}"), &format!("back-{name}")]].concat());
        assert_same_tree(&tree, &server.client().join(format!("back-{name}")));
        assert_eq!(
            modified(&server.client().join(format!("back-{name}/deep"))),
            modified(&tree.join("deep"))
        );
    }
    server.wait_for_events("alice", &[FOLDER_MADE]);
}

#[test]
fn scp_fetches_the_whole_home() {
    let server = server();
    server.put_in_home("alice", "a", b"a");
    server.put_in_home("alice", "d/b", b"b");
    for (number, remote) in ["@", "@.", "@/", "@~", "@~alice/"].iter().enumerate() {
        let to = format!("home-{number}");
        must_scp(&server, &["-O", "-r", remote, &to]);
        assert_eq!(names(&server.client().join(&to)), ["a", "d"], "{remote}");
    }
    assert!(!scp(&server, &["-O", "-r", "@~bob/", "other"]).status.success());
}

#[test]
fn scp_takes_several_files_and_odd_names() {
    let server = server();
    let odd =
        ["a b", "it's", "do\"u\"ble", "$HOME", "`id`", "semi;colon", "-dash", "sta*r", "back\\slash", "é"];
    let client = server.client();
    for name in odd {
        std::fs::write(client.join(name), name).unwrap();
    }
    let here: Vec<String> = odd.iter().map(|name| format!("./{name}")).collect();
    let sources: Vec<&str> = here.iter().map(String::as_str).collect();
    must_scp(&server, &[&["-O"][..], &sources, &["@"]].concat());
    let mut expected = odd.to_vec();
    expected.sort_unstable();
    assert_eq!(names(&server.home("alice")), expected);
    for (number, name) in odd.iter().enumerate() {
        // As a careful user writes it for the shell that other servers have.
        let quoted = format!("@'./{}'", name.replace('\'', r"'\''"));
        let to = format!("got-{number}");
        must_scp(&server, &["-O", "-T", &quoted, &to]);
        assert_eq!(std::fs::read_to_string(client.join(to)).unwrap(), *name);
    }
}

#[test]
fn scp_finds_files_by_patterns() {
    let server = server();
    for name in ["a.txt", "b.txt", "c.bin", ".d.txt", "in/e.txt", "out/e.txt", "out/f"] {
        server.put_in_home("alice", name, name.as_bytes());
    }
    let got = |patterns: &[&str]| {
        let folder = tempfile::tempdir_in(server.client()).unwrap();
        let to = folder.path().to_str().unwrap();
        must_scp(&server, &[&["-O"][..], patterns, &[to]].concat());
        names(folder.path())
    };
    assert_eq!(got(&["@*.txt"]), ["a.txt", "b.txt"]);
    assert_eq!(got(&["@[b-c].*"]), ["b.txt", "c.bin"]);
    assert_eq!(got(&["@*/e.txt", "@?.bin"]), ["c.bin", "e.txt"]);
    assert_eq!(got(&["@/out/*"]), ["e.txt", "f"]);
    assert_eq!(got(&["-r", "@*"]), ["a.txt", "b.txt", "c.bin", "in", "out"]);
    let missing = scp(&server, &["-O", "@*.none", "."]);
    assert!(stderr(&missing).contains("No such file or directory"), "{}", stderr(&missing));
    server.put_in_home("alice", "*.none", b"itself");
    assert_eq!(got(&["@*.none"]), ["*.none"]);
}

#[test]
fn scp_goes_on_after_a_file_that_fails_and_says_so_at_the_end() {
    let server =
        Server::start(configuration().permissions(&["allow-full-control", "*.exe, deny-full-control"]));
    for name in ["a", "b.exe", "c"] {
        server.put_in_home("alice", name, b"content");
    }
    let down = server.client().join("down");
    std::fs::create_dir(&down).unwrap();
    let output = scp(&server, &["-O", "@a", "@b.exe", "@missing", "@c", "down"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(&down), ["a", "c"]);
    assert!(stderr(&output).contains("Permission denied"), "{}", stderr(&output));
    assert!(stderr(&output).contains("No such file or directory"), "{}", stderr(&output));
    // The same within a folder, and on the way up.
    let output = scp(&server, &["-O", "-r", "@.", "all"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(&server.client().join("all")), ["a", "c"]);
    let up = server.client().join("up");
    std::fs::create_dir(&up).unwrap();
    for name in ["1", "2.exe", "3"] {
        std::fs::write(up.join(name), "new").unwrap();
    }
    let output = scp(&server, &["-O", "-r", "up", "@"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(&server.home("alice").join("up")), ["1", "3"]);
    let failed = server.wait_for_event("the end", |entry| entry.id == FAILED);
    assert!(failed.message.contains("Permission denied"), "{}", failed.message);
}

#[test]
fn scp_says_what_openssh_says() {
    let server = server();
    server.put_in_home("alice", "d/x", b"");
    server.put_in_home("alice", "f", b"");
    for (arguments, text) in [
        (&["-O", "@d", "."][..], "not a regular file"),
        (&["-O", "@none", "."], "No such file or directory"),
        (&["-O", "id_ed25519", "known_hosts", "@f"], "Not a directory"),
        (&["-O", "id_ed25519", "@none/x"], "No such file or directory"),
        (&["-O", "id_ed25519", "@none/"], "No such file or directory"),
    ] {
        let output = scp(&server, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn there_is_no_shell_behind_scp() {
    let server = server();
    for command in [
        "scp -t a; touch b",
        "scp -t a && touch b",
        "scp -t a | touch b",
        "scp -t $(touch b)",
        "scp -t `touch b`",
        "scp -t a > b",
        "scp -f a\ntouch b",
        "scp -S touch -t a",
        "scp -o ProxyCommand=x -t a",
        "scp -t",
        "scp a b",
    ] {
        let output = run(&server, command, b"C0644 1 x\nx\0");
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(output.stdout.starts_with(b"\x01scp: "), "{command}: {output:?}");
    }
    for command in ["sh", "touch b", "sh -c 'scp -t a'", "SCP -t a", "exec scp -t a", "/bin/ls"] {
        assert_ne!(run(&server, command, b"").status.code(), Some(0), "{command}");
    }
    assert!(names(&server.home("alice")).is_empty());
    server.wait_for_event("a refusal", |entry| entry.id == REFUSED && entry.message.contains("sh -c"));
}

#[test]
fn b49_a_shell_is_refused_and_environment_variables_are_passed_over() {
    let server = server();
    let output = run(&server, "", b"touch x\n");
    assert_ne!(output.status.code(), Some(0));
    let mut ssh = std::process::Command::new("scp");
    let output = ssh
        .env("LC_EVIL", "x")
        .args(causeway_tests::openssh::options(&server))
        .args(["-o", "SendEnv=LC_EVIL", "-P", &causeway_tests::server::PORT.to_string(), "-O", "known_hosts"])
        .arg(format!("alice@{}:", server.address))
        .current_dir(server.client())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn v06_path_traversal_by_names_in_records_of_scp() {
    let server = server();
    for record in [
        "C0644 1 ../x\nx\0",
        "C0644 1 /tmp/causeway-scp-x\nx\0",
        "C0644 1 ..\nx\0",
        "C0644 1 .\nx\0",
        "C0644 1 \nx\0",
        "C0644 1 a/b\nx\0",
        "D0755 0 ..\nC0644 1 x\nx\0E\n",
        "D0755 0 .\nC0644 1 x\nx\0E\n",
        "D0777 0 /\nE\n",
        "D0755 0 \nE\n",
    ] {
        let output = run(&server, "scp -r -p -t .", record.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{record:?}");
        assert!(
            output.stdout.starts_with(b"\0\x01scp: error: unexpected filename"),
            "{record:?}: {}",
            output.stdout.escape_ascii()
        );
    }
    // In the command a path may have dots: they stay below the home, as in every other protocol.
    let output = run(&server, "scp -t ../../../up", b"C0644 1 x\nx\0");
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"\0\0\0".to_vec()));
    assert_eq!(names(&server.home("alice")), ["up"]);
    assert!(!Path::new("/tmp/causeway-scp-x").exists());
}

#[test]
fn an_upload_by_scp_that_breaks_off_never_shows() {
    let server = server();
    server.put_in_home("alice", "old", b"old");
    for (command, input) in [
        ("scp -t old", &b"C0644 10 old\n12345"[..]),
        ("scp -t new", b"C0644 10 new\n123456789"),
        ("scp -t new", b"C0644 3 new\n123\x01disk failed\n"),
        ("scp -t new", b"C0644 3 new\n123\x02bye\n"),
        ("scp -t new", b"C0644 3 new\n123nonsense\n"),
    ] {
        let output = run(&server, command, input);
        assert_eq!(output.status.code(), Some(1), "{command} {}", input.escape_ascii());
        server.wait_for_event("the break", |entry| entry.id == UPLOAD_BROKEN);
        let shown: Vec<_> =
            names(&server.home("alice")).into_iter().filter(|n| !n.starts_with(".cw-")).collect();
        assert_eq!(shown, ["old"]);
        assert_eq!(std::fs::read(server.home("alice").join("old")).unwrap(), b"old");
    }
}

#[test]
fn records_that_are_none_end_scp() {
    let server = server();
    for (input, text) in [
        (&b"\n"[..], "unexpected <newline>"),
        (b"X\n", "expected control record"),
        (b"C0999 1 x\n", "bad mode"),
        (b"C0644 99999999999999999999 x\n", "size out of range"),
        (b"D0755 0 d\n", "received directory without -r"),
        (b"E\n", "expected control record"),
        (b"T1 2\n", "times not delimited"),
    ] {
        let output = run(&server, "scp -t x", input);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(text), "{said}");
    }
    let endless = vec![b'C'; 100_000];
    assert_eq!(run(&server, "scp -t x", &endless).status.code(), Some(1));
}

#[test]
fn an_account_that_may_only_write_can_drop_files_by_scp() {
    let server = Server::start(configuration().permissions(&["allow-write"]));
    server.put_in_home("alice", "in/old", b"");
    for (remote, place) in [("@", "known_hosts"), ("@in", "in/known_hosts"), ("@in/", "in/known_hosts")] {
        must_scp(&server, &["-O", "known_hosts", remote]);
        let place = server.home("alice").join(place);
        assert_same(&server.client().join("known_hosts"), &place);
        std::fs::remove_file(place).unwrap();
    }
    must_scp(&server, &["-O", "known_hosts", "@in/old"]);
    assert!(!scp(&server, &["-O", "@in/old", "."]).status.success());
}

#[test]
fn attributes_are_ignored_by_scp_where_the_service_says_so() {
    let server = Server::start(configuration().set("services/sftp", "ignore_create_permissions", "Yes"));
    must_scp(&server, &["-O", "-p", "id_ed25519", "@key"]);
    let copy = server.home("alice").join("key");
    assert_eq!(mode(&copy) & 0o777, 0o644);
    assert_same(&server.client().join("id_ed25519"), &copy);
}

#[test]
fn putty_moves_files_by_scp_and_by_sftp() {
    let server = server();
    let source = server.client().join("report.bin");
    write_distinct(&source, &bytes(9, 1_000_001));
    for (way, name) in [("-scp", "old"), ("-sftp", "new")] {
        pscp(&server, &[way, "-p", "report.bin", &format!("@{name}")]);
        pscp(&server, &[way, "-p", &format!("@{name}"), &format!("back-{name}")]);
        assert_same(&source, &server.home("alice").join(name));
        assert_same(&source, &server.client().join(format!("back-{name}")));
        assert_eq!(modified(&server.home("alice").join(name)), modified(&source));
    }
    let tree = tree(&server);
    pscp(&server, &["-scp", "-r", "tree", "@"]);
    assert_same_tree(&tree, &server.home("alice").join("tree"));
    std::fs::create_dir(server.client().join("all")).unwrap();
    pscp(&server, &["-scp", "-r", "@tree", "all"]);
    assert_same_tree(&tree, &server.client().join("all/tree"));
    psftp(
        &server,
        "mkdir box\nput report.bin box/a\nmv box/a box/b\nget box/b third\nchmod 600 box/b\ndir box\n",
    );
    assert_same(&source, &server.client().join("third"));
    assert_eq!(mode(&server.home("alice").join("box/b")) & 0o777, 0o600);
}

#[test]
fn asyncssh_moves_files_by_scp() {
    python(&server(), "scp_asyncssh.py", &[]);
}

#[test]
fn the_scp_module_of_paramiko_moves_files() {
    python(&server(), "scp_paramiko.py", &[]);
}

#[test]
fn the_permission_corpus_has_the_same_verdicts_over_scp() {
    for case in CORPUS {
        let server = Server::start(configuration().permissions(case.permissions));
        for file in case.files {
            server.put_in_home("alice", file, b"content");
        }
        for (operation, path, expected) in case.verdicts {
            let Some(got) = operation.over_scp(&server, path) else { continue };
            let refused = got.as_ref().is_err_and(|said| said.contains("Permission denied"));
            // A folder is listed to be fetched: what is in it may be refused where the folder is not.
            let of_itself = got.as_ref().is_err_and(|said| said.contains(&format!("scp: {path}: ")));
            let verdict = match (operation, refused) {
                (Operation::List, true) if !of_itself => Verdict::Allowed,
                (_, true) => Verdict::Refused,
                (_, false) => Verdict::Allowed,
            };
            assert_eq!(verdict, *expected, "{:?}: {operation:?} {path} gave {got:?}", case.permissions);
        }
    }
}

#[test]
fn a_large_file_goes_both_ways_by_scp_and_re_keying_does_not_disturb_it() {
    let server = Server::start(configuration().set("services/sftp", "rekey_bytes", "4194304"));
    let source = server.client().join("large");
    write_distinct(&source, &bytes(7, 40_000_003));
    must_scp(&server, &["-O", "large", "@"]);
    must_scp(&server, &["-O", "@large", "back"]);
    assert_same(&source, &server.client().join("back"));
    must_scp(&server, &["-O", "-o", "RekeyLimit=1M", "large", "@again"]);
    assert_same(&source, &server.home("alice").join("again"));
}

#[test]
fn an_upload_that_stops_in_the_middle_keeps_nothing_else_of_its_client_waiting() {
    let server = server();
    python(&server, "scp_pauses_paramiko.py", &["stops", "2000000"]);
    let home = server.home("alice");
    assert_same(&home.join("stops.sftp"), &home.join("stops"));
}
