//! The program under test and the user that runs it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Who runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

/// The unprivileged user of the tests when we are root; `None` when we are not, and run everything as ourselves.
pub fn unprivileged() -> Option<User> {
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let name = test_user();
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.split(':').next() == Some(&name));
    let fields: Vec<&str> = line
        .unwrap_or_else(|| panic!("there is no user {name}: run `cargo xtask setup`"))
        .split(':')
        .collect();
    Some(User { uid: fields[2].parse().unwrap(), gid: fields[3].parse().unwrap() })
}

/// The name of that user.
pub fn test_user() -> String {
    std::env::var("CAUSEWAY_TEST_USER").unwrap_or_else(|_| "causeway-test".to_owned())
}

/// The program, at a place where the unprivileged user can run it: the repository may lie in root's home.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let built = built();
        if unprivileged().is_none() {
            return built;
        }
        let meta = std::fs::metadata(&built).unwrap();
        let folder = std::env::temp_dir().join(format!("causeway-tests-{}-{}", meta.mtime(), meta.len()));
        let copy = folder.join("causeway");
        if !copy.exists() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
            let mine = folder.join(format!("copy-{}", std::process::id()));
            // Not by this process: what another thread starts meanwhile would hold it open for writing.
            must(Command::new("cp").arg(&built).arg(&mine));
            std::fs::set_permissions(&mine, PermissionsExt::from_mode(0o755)).unwrap();
            std::fs::rename(&mine, &copy).unwrap();
        }
        copy
    })
}

fn built() -> PathBuf {
    if let Some(path) = std::env::var_os("CAUSEWAY_BIN") {
        return PathBuf::from(path);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let built = ["dist", "release", "debug"].map(|profile| target.join(profile).join("causeway"));
    let newest = built
        .into_iter()
        .filter(|path| path.exists())
        .max_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap());
    newest.expect("CAUSEWAY_BIN is not set and no build of causeway is in the target folder")
}

/// The program with these arguments, to be run by the unprivileged user when there is one.
pub fn causeway(arguments: &[&str]) -> Command {
    behind(&[], arguments)
}

/// The same behind another program with its arguments, if there is one.
pub fn behind(words: &[String], arguments: &[&str]) -> Command {
    let mut command = match words {
        [] => as_user(binary()),
        [first, others @ ..] => {
            let mut command = as_user(Path::new(first));
            command.args(others).arg(binary());
            command
        }
    };
    command.args(arguments);
    command
}

/// Another program, run by the user of the server.
pub fn as_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    if let Some(user) = unprivileged() {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// The calls of the kernel by which a file is changed.
pub const CALLS: [&str; 7] = ["openat", "write", "fchmod", "fsync", "flock", "rename", "unlink"];

/// What kills the program that it is put in front of, when a thread of it begins such a call for the `time`th time with one
/// of these files. The program has the process id of the command.
pub fn killed_at(call: &str, time: usize, files: &[PathBuf]) -> Vec<String> {
    let mut words: Vec<String> = ["strace", "-D", "-f", "-qq", "-o", "/dev/null"].map(str::to_owned).into();
    for file in files {
        words.extend(["-P".to_owned(), file.display().to_string()]);
    }
    words.extend(["-e".to_owned(), format!("trace={call}")]);
    words.extend(["-e".to_owned(), format!("inject={call}:signal=KILL:when={time}")]);
    words
}

/// Why [`killed_at`] cannot be used on this machine.
pub fn why_nothing_is_killed() -> Option<String> {
    let file = PathBuf::from("/dev/null");
    let words = killed_at("openat", 1, std::slice::from_ref(&file));
    let mut command = as_user(Path::new(&words[0]));
    let status = command.args(&words[1..]).args(["cat", "/dev/null"]).status();
    match status {
        Ok(status) if std::os::unix::process::ExitStatusExt::signal(&status) == Some(9) => None,
        Ok(status) => Some(format!("strace kills nothing here ({status})")),
        Err(error) => Some(format!("strace: {error}")),
    }
}

/// Runs the program to its end, with text on its standard input.
pub fn output_with_input(arguments: &[&str], input: &str) -> Output {
    use std::io::Write;
    let mut child = causeway(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Runs another program to its end; the test fails when that fails, or takes too long.
pub fn must(command: &mut Command) -> String {
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let id = child.id().to_string();
    // The long runs take their time.
    let limit = Duration::from_secs(if std::env::var_os("CAUSEWAY_LONG").is_some() { 3 * 3600 } else { 600 });
    let (ended, end) = channel::<()>();
    let guard = std::thread::spawn(move || {
        if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    guard.join().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Gives a folder and all that is in it to the user of the server.
pub fn give(folder: &Path) {
    if let Some(user) = unprivileged() {
        must(Command::new("chown").arg("-R").arg(format!("{}:{}", user.uid, user.gid)).arg(folder));
    }
}
