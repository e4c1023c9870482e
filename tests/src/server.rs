//! A running server on an installation of its own.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::Configuration;
use crate::log::{self, Entry};
use crate::program::{behind, binary, causeway, give, must};
use crate::wait::{SOON, poll, until};

/// The port of the SSH service; the address makes it unique.
pub const PORT: u16 = 10022;

/// Ends with the value.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    pub address: Ipv4Addr,
    configuration: Configuration,
    child: Option<Child>,
    as_root: bool,
    variables: Vec<(String, String)>,
    behind: Vec<String>,
}

impl Server {
    /// Makes an installation and runs the server on it until it takes connections.
    pub fn start(configuration: Configuration) -> Self {
        let mut server = Self::prepare(configuration);
        server.run();
        server
    }

    /// As [`Server::start`], but the program starts as root and must drop to `[server] account` itself.
    pub fn start_as_root(configuration: Configuration) -> Self {
        let mut server = Self::prepare(configuration);
        server.run_as_root();
        server
    }

    /// As [`Server::run`], started as root.
    pub fn run_as_root(&mut self) {
        self.as_root = true;
        self.run();
    }

    /// Makes an installation and runs nothing yet.
    pub fn prepare(configuration: Configuration) -> Self {
        let folder = TempDir::with_prefix("causeway-test-").unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let server = Self {
            folder,
            address: free_address(),
            configuration,
            child: None,
            as_root: false,
            variables: Vec::new(),
            behind: Vec::new(),
        };
        for part in ["client", "root/configuration", "root/data"] {
            std::fs::create_dir_all(server.folder.path().join(part)).unwrap();
        }
        make_key(&server.key(), "ed25519");
        make_key(&server.root().join("configuration/host_ed25519"), "ed25519");
        make_key(&server.root().join("configuration/host_ecdsa"), "ecdsa");
        server.write_known_hosts();
        server.write_configuration();
        std::fs::set_permissions(server.root(), PermissionsExt::from_mode(0o700)).unwrap();
        give(&server.root());
        server
    }

    /// Runs the program and waits until the service takes connections.
    pub fn run(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = std::fs::OpenOptions::new().append(true).create(true).open(self.stderr_path()).unwrap();
        let root = self.root();
        let arguments = ["serve", "--root", root.to_str().unwrap()];
        let mut command = if self.as_root {
            let mut command = Command::new(binary());
            command.args(arguments);
            command
        } else {
            behind(&self.behind, &arguments)
        };
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.child = Some(child);
        let up = poll(SOON, || {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the server ended at once: {ended:?}\n{}", self.stderr());
            TcpStream::connect_timeout(&self.socket().into(), Duration::from_secs(1)).ok()
        });
        assert!(up.is_some(), "the server takes no connections\n{}", self.stderr());
    }

    /// Runs the program behind another one from its next run on; with no words as itself again.
    pub fn run_behind(&mut self, words: Vec<String>) {
        self.behind = words;
    }

    /// Sets an environment variable of the program, from its next run on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Where clients connect.
    pub fn socket(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.address, PORT)
    }

    /// The installation folder.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The home of an account on the disk. Made when it is missing, as it would be by the first login.
    pub fn home(&self, account: &str) -> PathBuf {
        let home = self.root().join("data").join(account);
        if !home.exists() {
            std::fs::create_dir(&home).unwrap();
            give(&home);
        }
        home
    }

    /// A folder for the files of the clients.
    pub fn client(&self) -> PathBuf {
        self.folder.path().join("client")
    }

    /// The private key that every account accepts.
    pub fn key(&self) -> PathBuf {
        self.client().join("id_ed25519")
    }

    /// The host keys as the clients expect them.
    pub fn known_hosts(&self) -> PathBuf {
        self.client().join("known_hosts")
    }

    /// Puts a file into the home of an account behind the back of the server.
    pub fn put_in_home(&self, account: &str, name: &str, content: &[u8]) -> PathBuf {
        let path = self.home(account).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        give(&self.home(account));
        path
    }

    /// The process id of the running server.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it does not run").id()
    }

    /// Ends the server as a crash would.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it does not run");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks the server to stop and waits for it.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        let mut child = self.child.take().unwrap();
        match poll(SOON, || child.try_wait().unwrap()) {
            Some(status) => status,
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("SIGTERM did not end the server");
            }
        }
    }

    /// Whether the program has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
        if ended {
            self.child = None;
        }
        ended
    }

    /// Sends a signal to the server.
    pub fn signal(&self, name: &str) {
        must(Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()));
    }

    /// Changes the configuration in the file, as an administrator would with an editor.
    pub fn edit(&mut self, change: impl FnOnce(Configuration) -> Configuration) {
        self.configuration = change(std::mem::take(&mut self.configuration));
        self.write_configuration();
    }

    /// The same, and waits until the running server has applied it.
    pub fn reconfigure(&mut self, change: impl FnOnce(Configuration) -> Configuration) {
        let applied =
            |server: &Self| server.events().iter().filter(|e| [50005, 50006].contains(&e.id)).count();
        let before = applied(self);
        self.edit(change);
        until("the change is applied", || applied(self) > before);
    }

    /// Where the configuration is written.
    pub fn server_ini(&self) -> PathBuf {
        self.root().join("configuration/server.ini")
    }

    /// Runs another command of the program on this installation.
    pub fn command(&self, words: &[&str]) -> Output {
        let root = self.root();
        let mut arguments = words.to_vec();
        arguments.extend(["--root", root.to_str().unwrap()]);
        causeway(&arguments).output().unwrap()
    }

    /// Everything in the log so far.
    pub fn events(&self) -> Vec<Entry> {
        let text = std::fs::read(self.root().join("log/server.log")).unwrap_or_default();
        log::parse(&String::from_utf8_lossy(&text))
    }

    /// Waits until the log holds an event that the test looks for.
    pub fn wait_for_event(&self, what: &str, is_it: impl Fn(&Entry) -> bool) -> Entry {
        let found = poll(SOON, || self.events().into_iter().find(&is_it));
        found.unwrap_or_else(|| panic!("no event: {what}; there are {:#?}", self.events()))
    }

    /// Waits until the log holds events with all these numbers for one account.
    pub fn wait_for_events(&self, account: &str, ids: &[u32]) {
        until(&format!("events {ids:?} of {account}"), || {
            let seen = self.events();
            ids.iter().all(|id| seen.iter().any(|entry| entry.id == *id && entry.account == account))
        });
    }

    /// What the server wrote to standard error.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.stderr_path()).unwrap_or_default()
    }

    fn stderr_path(&self) -> PathBuf {
        self.folder.path().join("stderr")
    }

    fn write_configuration(&self) {
        let key = std::fs::read_to_string(self.key().with_extension("pub")).unwrap();
        let text = self.configuration.text(&[
            ("@ROOT@", self.root().display().to_string()),
            ("@ADDRESS@", self.address.to_string()),
            ("@PORT@", PORT.to_string()),
            ("@KEY@", key.trim().to_owned()),
        ]);
        let path = self.server_ini();
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        give(&new);
        std::fs::rename(&new, &path).unwrap();
    }

    fn write_known_hosts(&self) {
        let mut lines = String::new();
        for key in ["host_ed25519", "host_ecdsa"] {
            let path = self.root().join("configuration").join(key).with_extension("pub");
            let public = std::fs::read_to_string(path).unwrap();
            lines.push_str(&format!("[{}]:{PORT} {public}", self.address));
        }
        std::fs::write(self.known_hosts(), lines).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- standard error of the server\n{}", self.stderr());
            for entry in self.events().iter().rev().take(40).rev() {
                eprintln!("--- {} {} {} {}", entry.id, entry.account, entry.path, entry.message);
            }
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Makes a key pair without a passphrase: `path` and `path.pub`.
pub fn make_key(path: &Path, kind: &str) {
    must(Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-C", "test", "-f"]).arg(path));
}

/// An address in 127/8 on which nobody listens. Tests in other processes look elsewhere: the process id is part of it.
fn free_address() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number =
            std::process::id().wrapping_mul(0x9E37_79B1).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let [_, b, c, d] = number.to_be_bytes();
        // Not 127.0/16, where other servers of the machine listen, and no address that looks like a network's. Each number
        // stands for another address: two that share one would be two servers on it.
        if [b, d].iter().any(|part| matches!(part, 0 | 255)) {
            continue;
        }
        let address = Ipv4Addr::new(127, b, c, d);
        if TcpListener::bind((address, PORT)).is_ok() {
            return address;
        }
    }
}
