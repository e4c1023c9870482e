//! OpenSSH's clients.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::Server;
use crate::server::PORT;
use crate::wait::until;

/// Options for `ssh`, `sftp` and `scp`: nothing of this machine's set-up, the host keys verified, the key of the test.
pub fn options(server: &Server) -> Vec<String> {
    let mut words =
        vec!["-F".to_owned(), "none".to_owned(), "-i".to_owned(), server.key().display().to_string()];
    let known = format!("UserKnownHostsFile={}", server.known_hosts().display());
    for option in [
        known.as_str(),
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "LogLevel=ERROR",
        "ConnectTimeout=20",
    ] {
        words.extend(["-o".to_owned(), option.to_owned()]);
    }
    words
}

/// `sftp` on behalf of an account, with further options, fed with the lines of a batch.
pub fn sftp(server: &Server, account: &str, further: &[&str], batch: &str) -> Output {
    start(server, account, further, batch).wait_with_output().unwrap()
}

/// As [`sftp`] with one line that does no harm, but with another key than that of the test.
pub fn sftp_with_other_key(server: &Server, account: &str, key: &Path, further: &[&str]) -> Output {
    let mut words = options(server);
    // The fourth word is the path of the key.
    words[3] = key.display().to_string();
    spawn(server, words, account, further, "pwd\n").wait_with_output().unwrap()
}

/// The same as [`sftp`], left running.
pub fn start(server: &Server, account: &str, further: &[&str], batch: &str) -> Child {
    spawn(server, options(server), account, further, batch)
}

fn spawn(server: &Server, words: Vec<String>, account: &str, further: &[&str], batch: &str) -> Child {
    use std::io::Write;
    let mut child = Command::new("sftp")
        .args(words)
        .args(further)
        .args(["-P", &PORT.to_string(), "-b", "-", &format!("{account}@{}", server.address)])
        .current_dir(server.client())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sftp is installed: run `cargo xtask setup`");
    child.stdin.take().unwrap().write_all(batch.as_bytes()).unwrap();
    child
}

/// As [`sftp`] for `alice`; the test fails when a line of the batch does. Returns what was printed.
pub fn batch(server: &Server, lines: &str) -> String {
    batch_with(server, &[], lines)
}

/// As [`batch`], with further options.
pub fn batch_with(server: &Server, further: &[&str], lines: &str) -> String {
    let output = sftp(server, "alice", further, lines);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{lines}\n{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// `scp` as `alice`; `@` at the beginning of an argument stands for the server and a colon.
pub fn scp(server: &Server, arguments: &[&str]) -> Output {
    let remote = format!("alice@{}:", server.address);
    let arguments = arguments.iter().map(|a| match a.strip_prefix('@') {
        Some(path) => format!("{remote}{path}"),
        None => (*a).to_owned(),
    });
    Command::new("scp")
        .args(options(server))
        .args(["-P", &PORT.to_string()])
        .args(arguments)
        .current_dir(server.client())
        .stdin(Stdio::null())
        .output()
        .expect("scp is installed: run `cargo xtask setup`")
}

/// The same; the test fails when it does.
pub fn must_scp(server: &Server, arguments: &[&str]) {
    let output = scp(server, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}\n{}\n{}", text(&output.stdout), text(&output.stderr));
}

/// Runs a command on the server as `alice`, with bytes for its standard input.
pub fn run(server: &Server, command: &str, input: &[u8]) -> Output {
    use std::io::Write;
    let mut child = Command::new("ssh")
        .args(options(server))
        .args(["-T", "-p", &PORT.to_string(), &format!("alice@{}", server.address), command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ssh is installed: run `cargo xtask setup`");
    let mut stdin = child.stdin.take().unwrap();
    // Who is refused does not listen.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// Whether an account is let in with the key of the test.
pub fn lets_in(server: &Server, account: &str) -> bool {
    sftp(server, account, &[], "pwd\n").status.success()
}

/// `sftp` on behalf of an account, whose questions are answered in this order. What was asked, and whether it was let in.
pub fn answering(
    server: &Server,
    account: &str,
    further: &[&str],
    answers: &[impl AsRef<str>],
) -> (Vec<String>, bool) {
    let (asked, program) = (server.client().join("asked"), server.client().join("askpass"));
    let left = server.client().join("answers");
    let _ = std::fs::remove_file(&asked);
    let text: String = answers.iter().map(|answer| format!("{}\n", answer.as_ref())).collect();
    std::fs::write(&left, text).unwrap();
    let (asked_at, left_at) = (asked.display(), left.display());
    // The first answer that is left is the one.
    let script =
        format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> {asked_at}\nhead -n 1 {left_at}\nsed -i 1d {left_at}\n");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let status = Command::new("sftp")
        .args(["-o", "BatchMode=no", "-o", "NumberOfPasswordPrompts=1"])
        .args(further)
        .args(options(server))
        .args(["-P", &PORT.to_string(), "-b", "/dev/null", &format!("{account}@{}", server.address)])
        .current_dir(server.client())
        .env("SSH_ASKPASS", &program)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("DISPLAY", ":0")
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .status;
    let asked = std::fs::read_to_string(&asked).unwrap_or_default();
    (asked.lines().map(|line| line.trim().to_owned()).collect(), status.success())
}

/// One connection that several `sftp` share; it ends with the value.
#[derive(Debug)]
pub struct Master {
    ssh: Child,
    path: String,
}

impl Master {
    /// Logs `alice` in, with further options.
    pub fn connect(server: &Server, further: &[&str]) -> Self {
        let path = server.client().join("master").display().to_string();
        let ssh = Command::new("ssh")
            .args(options(server))
            .args(further)
            .args(["-N", "-M", "-S", &path, "-p", &PORT.to_string(), &format!("alice@{}", server.address)])
            .stdin(Stdio::null())
            .spawn()
            .expect("ssh is installed: run `cargo xtask setup`");
        until("the master takes sessions", || std::fs::exists(&path).unwrap());
        Self { ssh, path }
    }

    /// As [`batch`], on this connection.
    pub fn batch(&self, server: &Server, lines: &str) -> String {
        batch_with(server, &["-o", &format!("ControlPath={}", self.path)], lines)
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let _ = self.ssh.kill();
        let _ = self.ssh.wait();
        // Killed, it leaves its socket, and another master would share nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}
