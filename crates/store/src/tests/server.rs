//! PostgreSQL servers that belong to the tests: programs of the system, data in a temporary folder, a Unix socket there
//! and an address of the loopback network.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use causeway_core::Secret;

use crate::postgresql::{Address, Settings, Tls};

/// The port at the server's own address, and the name of its socket.
pub(super) const PORT: u16 = 5432;
/// Who owns the databases.
const OWNER: &str = "node";
pub(super) const PASSWORD: &str = "correct horse'\\ \u{df}";

/// Ends with the value, or with the process.
pub(super) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    pub(super) address: Ipv4Addr,
    guard: Child,
    /// The guard ends the server when the other end is closed, however we came to our end.
    leash: Option<ChildStdin>,
}

/// Who runs the server: it refuses to be run by root.
#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Server {
    /// The server that tests share; each has a database of its own there. Or the reason why there is none.
    pub(super) fn shared() -> Result<&'static Self, &'static str> {
        static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(String::as_str)
    }

    /// A server for one test. Or the reason why there is none.
    pub(super) fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed")?;
        let user = user()?;
        let folder = tempfile::TempDir::with_prefix("causeway-store-").unwrap().keep();
        give(&folder, user);
        let (guard, leash) = guard(&programs, &folder, user);
        let server = Self { programs, folder, user, address: free_address(), guard, leash: Some(leash) };
        server.prepare();
        server.resume();
        Ok(server)
    }

    /// Ends the server as a crash would, and all connections with it.
    pub(super) fn stop(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }

    /// Starts the server on its data, and waits until it takes connections.
    pub(super) fn resume(&self) {
        let log = self.folder.join("log");
        self.run("pg_ctl", &["-D", &self.data(), "-l", text(&log), "-s", "start"]);
    }

    /// An empty database of its own, to be reached by the socket, which asks for no password.
    pub(super) fn database(&self) -> Settings {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("state{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        let address = Address::Socket { folder: self.folder.clone(), port: PORT };
        Settings::new(address, &name, OWNER, Secret::default())
    }

    /// The same database over the network, which takes TLS and a password alone.
    pub(super) fn over_network(&self, database: &Settings, port: u16) -> Settings {
        let authorities = std::fs::read(self.folder.join("authority.pem")).unwrap();
        let tls = Tls::Verified { authorities };
        let address = Address::Tcp { host: self.address.to_string(), port, tls };
        Settings::new(address, &database.database, OWNER, Secret::new(PASSWORD))
    }

    /// Runs statements as the owner; what they print.
    pub(super) fn sql(&self, database: &str, statements: &str) -> String {
        let socket = text(&self.folder);
        let port = PORT.to_string();
        let place = ["-h", socket, "-p", &port, "-U", OWNER, "-d", database];
        let how = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements];
        self.run("psql", &[&place[..], &how].concat())
    }

    fn prepare(&self) {
        let password = self.folder.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        give(&password, self.user);
        let options = ["-U", OWNER, "-E", "UTF8", "--no-locale", "-A", "scram-sha-256"];
        // It is thrown away soon.
        let cheap = ["--no-sync", "--wal-segsize=1"];
        self.run(
            "initdb",
            &[&options[..], &cheap, &["--pwfile", text(&password), "-D", &self.data()]].concat(),
        );
        self.certify();
        let (folder, address) = (self.folder.display(), self.address);
        let settings = format!(
            "unix_socket_directories = '{folder}'\nlisten_addresses = '{address}'\nport = {PORT}\n\
             ssl = on\nssl_cert_file = '{folder}/server.pem'\nssl_key_file = '{folder}/server.key'\nfsync = off\n"
        );
        self.append("postgresql.conf", &settings);
        std::fs::write(
            self.data() + "/pg_hba.conf",
            "local all all trust\nhostssl all all all scram-sha-256\n",
        )
        .unwrap();
    }

    /// A certificate for the server's address by an authority of its own.
    fn certify(&self) {
        let new = |name: &str, more: &[&str]| {
            let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
            let how = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
            let what = ["-days", "3650", "-subj", "/CN=causeway test", "-keyout", &key, "-out", &certificate];
            let mut command = self.command(Path::new("openssl"));
            must(command.args(how).args(what).args(more).current_dir(&self.folder));
        };
        new("authority", &["-addext", "keyUsage=keyCertSign"]);
        let name = format!("subjectAltName=IP:{}", self.address);
        let signed = ["-CA", "authority.pem", "-CAkey", "authority.key"];
        new(
            "server",
            &[&signed[..], &["-addext", &name, "-addext", "basicConstraints=critical,CA:FALSE"]].concat(),
        );
    }

    fn append(&self, file: &str, text: &str) {
        let path = Path::new(&self.data()).join(file);
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn data(&self) -> String {
        text(&self.folder.join("data")).to_owned()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        must(self.command(&self.programs.join(program)).args(arguments))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null());
        become_user(&mut command, self.user);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.guard.wait();
    }
}

/// Waits for the end of its input, which comes when we end, even by a signal; then ends the server, whose process its
/// data folder names, and removes everything.
fn guard(programs: &Path, folder: &Path, user: Option<User>) -> (Child, ChildStdin) {
    let script = "read -r nothing; \"$0/pg_ctl\" -D \"$1/data\" -m immediate stop; rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).args([programs, folder]).current_dir("/");
    // What ends a whole group of processes ends the tests, and leaves the guard its work.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    become_user(&mut command, user);
    let mut guard = command.spawn().unwrap();
    let leash = guard.stdin.take().unwrap();
    (guard, leash)
}

/// Debian has a folder for every version, out of `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|folder| ["initdb", "pg_ctl", "psql"].iter().all(|p| folder.join(p).is_file()))
}

/// The tests' user if we are root; else ourselves.
fn user() -> Result<Option<User>, String> {
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Ok(None);
    }
    let name = std::env::var("CAUSEWAY_TEST_USER").unwrap_or_else(|_| "causeway-test".to_owned());
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.split(':').next() == Some(&name));
    let fields: Vec<&str> =
        line.ok_or(format!("root cannot run it, and there is no user {name}"))?.split(':').collect();
    Ok(Some(User { uid: fields[2].parse().unwrap(), gid: fields[3].parse().unwrap() }))
}

fn become_user(command: &mut Command, user: Option<User>) {
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
}

fn give(path: &Path, user: Option<User>) {
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    if let Some(User { uid, gid }) = user {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}

/// An address that no other test has: 127/8 is large.
fn free_address() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number =
            std::process::id().wrapping_mul(0x9E37_79B1).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let [_, b, c, d] = number.to_be_bytes();
        let address = Ipv4Addr::new(127, b.clamp(1, 254), c, d.clamp(1, 254));
        if TcpListener::bind((address, PORT)).is_ok() {
            return address;
        }
    }
}

/// Runs a program that must succeed; its standard output goes to a file, for a server that it leaves behind would keep
/// a pipe open.
fn must(command: &mut Command) -> String {
    let mut out = tempfile::tempfile().unwrap();
    let mut errors = tempfile::tempfile().unwrap();
    let (to, errors_to) = (out.try_clone().unwrap(), errors.try_clone().unwrap());
    let status = command.stdout(to).stderr(errors_to).status().unwrap();
    assert!(status.success(), "{command:?}: {status}: {}", contents(&mut errors));
    contents(&mut out)
}

fn contents(file: &mut std::fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
