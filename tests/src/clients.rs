//! lftp, rclone, sshfs and the Python clients.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::configuration::PASSWORD;
use crate::program::must;
use crate::server::PORT;
use crate::wait::{SOON, poll};
use crate::{Server, openssh};

/// Runs lftp commands as `alice`; the first that fails ends it and the test.
pub fn lftp(server: &Server, commands: &str) -> String {
    let connect = format!("ssh -a -x {}", openssh::options(server).join(" "));
    let script = format!(
        "set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set sftp:connect-program \"{connect}\"; \
         open -u alice,none -p {PORT} sftp://{}; {commands}",
        server.address
    );
    must(
        Command::new("lftp")
            .args(["--norc", "-c", &script])
            .current_dir(server.client())
            .env("HOME", server.client()),
    )
}

/// Runs rclone as `alice`; `@` in an argument stands for the remote.
pub fn rclone(server: &Server, arguments: &[&str]) -> String {
    let remote = format!(
        ":sftp,host={},port={PORT},user=alice,key_file={},known_hosts_file={},shell_type=none:",
        server.address,
        server.key().display(),
        server.known_hosts().display()
    );
    let arguments = arguments.iter().map(|argument| argument.replace('@', &remote));
    must(
        Command::new("rclone")
            .args(["--config", "/dev/null", "--retries", "1"])
            .args(arguments)
            .env("HOME", server.client()),
    )
}

/// Runs PuTTY's `pscp` as `alice`; `@` at the beginning of an argument stands for the server and a colon.
pub fn pscp(server: &Server, arguments: &[&str]) -> String {
    let remote = format!("alice@{}:", server.address);
    let arguments = arguments.iter().map(|a| match a.strip_prefix('@') {
        Some(path) => format!("{remote}{path}"),
        None => (*a).to_owned(),
    });
    must(putty(server, "pscp").args(arguments))
}

/// Runs the commands of PuTTY's `psftp` as `alice`.
pub fn psftp(server: &Server, commands: &str) -> String {
    let batch = server.client().join("psftp.batch");
    std::fs::write(&batch, commands).unwrap();
    must(putty(server, "psftp").arg("-b").arg(batch).arg(format!("alice@{}", server.address)))
}

/// One of PuTTY's programs, which have files of their own for keys and know hosts by fingerprint.
fn putty(server: &Server, program: &str) -> Command {
    let key = server.client().join("key.ppk");
    if !key.exists() {
        must(Command::new("puttygen").arg(server.key()).args(["-O", "private", "-o"]).arg(&key));
    }
    let printed = must(Command::new("ssh-keygen").arg("-lf").arg(server.known_hosts()));
    let mut command = Command::new(program);
    command.args(["-batch", "-noagent", "-P", &PORT.to_string(), "-i"]).arg(key);
    for fingerprint in printed.lines().filter_map(|line| line.split(' ').nth(1)) {
        command.args(["-hostkey", fingerprint]);
    }
    command.current_dir(server.client()).env("HOME", server.client());
    command
}

/// Runs a script of `tests/python` as `alice`: `script HOST PORT KEY KNOWN_HOSTS PASSWORD [ARGUMENT]...`.
pub fn python(server: &Server, script: &str, arguments: &[&str]) -> String {
    must(&mut python_command(server, script, arguments))
}

/// The same, to be run by the caller.
pub fn python_command(server: &Server, script: &str, arguments: &[&str]) -> Command {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let venv = || tests.parent().unwrap().join("target/venv/bin/python");
    let mut command = Command::new(std::env::var_os("CAUSEWAY_PYTHON").map_or_else(venv, PathBuf::from));
    command
        .arg(tests.join("python").join(script))
        .arg(server.address.to_string())
        .arg(PORT.to_string())
        .arg(server.key())
        .arg(server.known_hosts())
        .arg(PASSWORD)
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(server.client());
    command
}

/// Runs a script of `tests/node` as `alice`: `script HOST PORT KEY PASSWORD [ARGUMENT]...`.
pub fn node(server: &Server, script: &str, arguments: &[&str]) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = || tests.parent().unwrap().join("target/node/node_modules");
    let modules = std::env::var_os("CAUSEWAY_NODE_MODULES").map_or_else(modules, PathBuf::from);
    must(
        Command::new("node")
            .arg(tests.join("node").join(script))
            .arg(server.address.to_string())
            .arg(PORT.to_string())
            .arg(server.key())
            .arg(PASSWORD)
            .args(arguments)
            .env("NODE_PATH", modules)
            .current_dir(server.client()),
    )
}

/// Runs a program of `tests/java` with JSch as `alice`: `PROGRAM HOST PORT KEY KNOWN_HOSTS PASSWORD [ARGUMENT]...`.
pub fn jsch(server: &Server, program: &str, key: &Path, arguments: &[&str]) -> String {
    must(
        Command::new("java")
            .args(["-cp", "/usr/share/java/jsch.jar"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("java").join(program))
            .arg(server.address.to_string())
            .arg(PORT.to_string())
            .arg(key)
            .arg(server.known_hosts())
            .arg(PASSWORD)
            .args(arguments)
            .current_dir(server.client()),
    )
}

/// Runs curl, which brings libssh2, as `alice`; `@` at the beginning of an argument stands for `protocol://server`.
pub fn curl(server: &Server, protocol: &str, credentials: &[&str], arguments: &[&str]) -> String {
    let remote = format!("{protocol}://{}", server.socket());
    let arguments = arguments.iter().map(|a| match a.strip_prefix('@') {
        Some(path) => format!("{remote}{path}"),
        None => (*a).to_owned(),
    });
    must(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--insecure", "--max-time", "60"])
            .args(credentials)
            .args(arguments)
            .current_dir(server.client())
            .env("HOME", server.client()),
    )
}

/// A home mounted by sshfs; unmounted with the value.
#[derive(Debug)]
pub struct Mounted {
    pub folder: PathBuf,
    sshfs: Child,
}

impl Mounted {
    /// Mounts the home of `alice`. An error says why this machine cannot mount at all.
    pub fn mount(server: &Server) -> Result<Self, String> {
        Self::mount_with(server, &[])
    }

    /// The same, so that other users than the one who mounts see it, and writes wait for the server.
    pub fn mount_for_all(server: &Server) -> Result<Self, String> {
        Self::mount_with(server, &["-o", "allow_other,sshfs_sync"])
    }

    fn mount_with(server: &Server, further: &[&str]) -> Result<Self, String> {
        std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/fuse")
            .map_err(|e| format!("/dev/fuse: {e}"))?;
        let folder = server.client().join("mounted");
        std::fs::create_dir(&folder).unwrap();
        let mut command = Command::new("sshfs");
        command
            .arg(format!("alice@{}:/", server.address))
            .arg(&folder)
            .args([
                "-f",
                "-p",
                &PORT.to_string(),
                "-F",
                "none",
                "-o",
                &format!("IdentityFile={}", server.key().display()),
            ])
            // What follows the file and the key are pairs of -o and an option.
            .args(&openssh::options(server)[4..])
            .args(further)
            .stdin(Stdio::null());
        let mut sshfs = command.spawn().map_err(|e| format!("sshfs: {e}"))?;
        let is_mounted =
            || std::fs::read_to_string("/proc/mounts").unwrap().contains(folder.to_str().unwrap());
        let outcome = poll(SOON, || {
            let ended = sshfs.try_wait().unwrap();
            if is_mounted() { Some(Ok(())) } else { ended.map(|status| Err(format!("sshfs: {status}"))) }
        });
        match outcome {
            Some(Ok(())) => Ok(Self { folder, sshfs }),
            Some(Err(reason)) => Err(reason),
            None => Err("sshfs mounted nothing".to_owned()),
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("fusermount3").arg("-u").arg(&self.folder).status();
        let _ = poll(SOON, || self.sshfs.try_wait().ok().flatten());
        let _ = self.sshfs.kill();
        let _ = self.sshfs.wait();
    }
}
