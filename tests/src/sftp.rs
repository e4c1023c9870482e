//! A plain SFTP 3 client over OpenSSH's transport: every request as the draft has it, names as bytes, and the status
//! code of every refusal. Sources: draft-ietf-secsh-filexfer-02; OpenSSH's PROTOCOL, section 4.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::server::PORT;
use crate::{Server, openssh};

/// Status codes (section 7).
pub const EOF: u32 = 1;
pub const NO_SUCH_FILE: u32 = 2;
pub const PERMISSION_DENIED: u32 = 3;
pub const FAILURE: u32 = 4;
pub const UNSUPPORTED: u32 = 8;
/// Not of the draft: the connection ended instead of an answer.
pub const CONNECTION_LOST: u32 = 7;

/// Flags of OPEN (section 6.3).
pub const READ: u32 = 1;
pub const WRITE: u32 = 2;
pub const APPEND: u32 = 4;
pub const CREATE: u32 = 8;
pub const TRUNCATE: u32 = 16;
pub const EXCLUSIVE: u32 = 32;

/// The status code of a refusal.
pub type Refusal = u32;

/// A file handle as the server named it.
#[derive(Debug, Clone)]
pub struct Handle(Vec<u8>);

/// Attributes (section 5); what the server did not send is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub size: Option<u64>,
    pub owner: Option<(u32, u32)>,
    pub mode: Option<u32>,
    /// Access and modification in Unix seconds.
    pub times: Option<(u32, u32)>,
}

impl Attributes {
    pub fn mode(mode: u32) -> Self {
        Self { mode: Some(mode), ..Self::default() }
    }

    pub fn size(size: u64) -> Self {
        Self { size: Some(size), ..Self::default() }
    }

    pub fn times(accessed: u32, modified: u32) -> Self {
        Self { times: Some((accessed, modified)), ..Self::default() }
    }

    /// Whether the type bits of the mode say folder.
    pub fn is_folder(&self) -> bool {
        self.mode.is_some_and(|mode| mode & 0o170_000 == 0o040_000)
    }
}

/// One session, one SFTP channel.
#[derive(Debug)]
pub struct Sftp {
    ssh: Child,
    to: ChildStdin,
    from: ChildStdout,
    next: u32,
}

impl Sftp {
    /// Logs in with the key of the test. The test fails when that is refused.
    pub fn connect(server: &Server, account: &str) -> Self {
        Self::try_connect(server, account).unwrap_or_else(|| panic!("{account} is not let in"))
    }

    /// Stops the client, which then neither reads nor answers, until it is dropped.
    pub fn stop(&self) {
        let pid = self.ssh.id().to_string();
        assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    }

    /// Logs in; `None` when the server refuses the login or the subsystem.
    pub fn try_connect(server: &Server, account: &str) -> Option<Self> {
        let mut ssh = Command::new("ssh");
        ssh.args(openssh::options(server)).args([
            "-p",
            &PORT.to_string(),
            "-s",
            &format!("{account}@{}", server.address),
            "sftp",
        ]);
        Self::over(&mut ssh)
    }

    /// Speaks to a program on its standard input and output.
    pub fn over(command: &mut Command) -> Option<Self> {
        let mut ssh = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let (to, from) = (ssh.stdin.take().unwrap(), ssh.stdout.take().unwrap());
        let mut session = Self { ssh, to, from, next: 0 };
        session.send(&[1, 0, 0, 0, 3]).ok()?;
        let version = session.receive().ok()?;
        assert_eq!(version[..5], [2, 0, 0, 0, 3], "version 3 is what we speak");
        Some(session)
    }

    pub fn open(&mut self, path: impl AsRef<[u8]>, flags: u32) -> Result<Handle, Refusal> {
        self.open_with(path, flags, &Attributes::default())
    }

    pub fn open_with(
        &mut self,
        path: impl AsRef<[u8]>,
        flags: u32,
        attributes: &Attributes,
    ) -> Result<Handle, Refusal> {
        let body = Body::default().string(path).number(flags).attributes(attributes);
        self.ask(3, body).and_then(Reply::handle)
    }

    pub fn close(&mut self, handle: &Handle) -> Result<(), Refusal> {
        self.ask(4, Body::default().string(&handle.0)).and_then(Reply::done)
    }

    /// At most `length` bytes; `Err(EOF)` behind the end.
    pub fn read(&mut self, handle: &Handle, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        let body = Body::default().string(&handle.0).long(offset).number(length);
        self.ask(5, body).and_then(Reply::data)
    }

    pub fn write(&mut self, handle: &Handle, offset: u64, data: &[u8]) -> Result<(), Refusal> {
        self.ask(6, Body::default().string(&handle.0).long(offset).string(data)).and_then(Reply::done)
    }

    pub fn lstat(&mut self, path: impl AsRef<[u8]>) -> Result<Attributes, Refusal> {
        self.ask(7, Body::default().string(path)).and_then(Reply::attributes)
    }

    pub fn fstat(&mut self, handle: &Handle) -> Result<Attributes, Refusal> {
        self.ask(8, Body::default().string(&handle.0)).and_then(Reply::attributes)
    }

    pub fn setstat(&mut self, path: impl AsRef<[u8]>, attributes: &Attributes) -> Result<(), Refusal> {
        self.ask(9, Body::default().string(path).attributes(attributes)).and_then(Reply::done)
    }

    pub fn fsetstat(&mut self, handle: &Handle, attributes: &Attributes) -> Result<(), Refusal> {
        self.ask(10, Body::default().string(&handle.0).attributes(attributes)).and_then(Reply::done)
    }

    pub fn opendir(&mut self, path: impl AsRef<[u8]>) -> Result<Handle, Refusal> {
        self.ask(11, Body::default().string(path)).and_then(Reply::handle)
    }

    /// The next names of a folder; `Err(EOF)` behind the last.
    pub fn readdir(&mut self, handle: &Handle) -> Result<Vec<(Vec<u8>, Attributes)>, Refusal> {
        self.ask(12, Body::default().string(&handle.0)).and_then(Reply::names)
    }

    pub fn remove(&mut self, path: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(13, Body::default().string(path)).and_then(Reply::done)
    }

    pub fn mkdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(14, Body::default().string(path).attributes(&Attributes::default())).and_then(Reply::done)
    }

    pub fn rmdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(15, Body::default().string(path)).and_then(Reply::done)
    }

    pub fn realpath(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Refusal> {
        self.ask(16, Body::default().string(path)).and_then(Reply::names).map(|mut names| names.remove(0).0)
    }

    pub fn stat(&mut self, path: impl AsRef<[u8]>) -> Result<Attributes, Refusal> {
        self.ask(17, Body::default().string(path)).and_then(Reply::attributes)
    }

    pub fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(18, Body::default().string(from).string(to)).and_then(Reply::done)
    }

    pub fn readlink(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Refusal> {
        self.ask(19, Body::default().string(path)).and_then(Reply::names).map(|mut names| names.remove(0).0)
    }

    /// The target goes first on the wire, as OpenSSH and everybody after it has it.
    pub fn symlink(&mut self, link: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(20, Body::default().string(target).string(link)).and_then(Reply::done)
    }

    pub fn posix_rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(200, Body::default().string("posix-rename@openssh.com").string(from).string(to))
            .and_then(Reply::done)
    }

    pub fn hardlink(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.ask(200, Body::default().string("hardlink@openssh.com").string(from).string(to))
            .and_then(Reply::done)
    }

    pub fn fsync(&mut self, handle: &Handle) -> Result<(), Refusal> {
        self.ask(200, Body::default().string("fsync@openssh.com").string(&handle.0)).and_then(Reply::done)
    }

    /// Copies on the server; a length of 0 goes to the end.
    pub fn copy_data(
        &mut self,
        (from, at): (&Handle, u64),
        length: u64,
        (to, to_at): (&Handle, u64),
    ) -> Result<(), Refusal> {
        let body = Body::default().string("copy-data").string(&from.0).long(at).long(length);
        self.ask(200, body.string(&to.0).long(to_at)).and_then(Reply::done)
    }

    /// The hashes of a file on the server, and the name of their algorithm.
    pub fn check_file_name(
        &mut self,
        path: &str,
        algorithms: &str,
        (offset, length): (u64, u64),
        block: u32,
    ) -> Result<(String, Vec<u8>), Refusal> {
        let body = Body::default().string("check-file-name").string(path).string(algorithms);
        let mut reply = self.ask(200, body.long(offset).long(length).number(block))?.expect(201)?;
        assert_eq!(reply.string(), b"check-file");
        let name = String::from_utf8(reply.string()).unwrap();
        Ok((name, reply.body))
    }

    /// What `home-directory` says of a user.
    pub fn home_directory(&mut self, user: &str) -> Result<Vec<u8>, Refusal> {
        self.ask(200, Body::default().string("home-directory").string(user))
            .and_then(Reply::names)
            .map(|mut names| names.remove(0).0)
    }

    /// What `space-available` says: four numbers of bytes, and the bytes of a block.
    pub fn space_available(&mut self, path: &str) -> Result<([u64; 4], u32), Refusal> {
        let mut reply = self.ask(200, Body::default().string("space-available").string(path))?.expect(201)?;
        let bytes = [reply.long(), reply.long(), reply.long(), reply.long()];
        Ok((bytes, reply.number()))
    }

    /// Whether an extended request of this name is answered as unknown.
    pub fn is_unsupported(&mut self, extension: &str) -> bool {
        self.ask(200, Body::default().string(extension)).and_then(Reply::done) == Err(UNSUPPORTED)
    }

    /// All names of a folder but `.` and `..`, sorted.
    pub fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<Vec<u8>>, Refusal> {
        let handle = self.opendir(path)?;
        let mut names = Vec::new();
        loop {
            match self.readdir(&handle) {
                Ok(some) => names.extend(some.into_iter().map(|(name, _)| name)),
                Err(EOF) => break,
                Err(refusal) => return Err(refusal),
            }
        }
        self.close(&handle)?;
        names.retain(|name| name != b"." && name != b"..");
        names.sort();
        Ok(names)
    }

    /// Writes a whole file, one request after the other.
    pub fn put(&mut self, path: impl AsRef<[u8]>, content: &[u8]) -> Result<(), Refusal> {
        let handle = self.open(path, WRITE | CREATE | TRUNCATE)?;
        let mut offset = 0;
        for chunk in content.chunks(32_768) {
            if let Err(refusal) = self.write(&handle, offset, chunk) {
                let _ = self.close(&handle);
                return Err(refusal);
            }
            offset += u64::try_from(chunk.len()).unwrap();
        }
        self.close(&handle)
    }

    /// Reads a whole file.
    pub fn get(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Refusal> {
        let handle = self.open(path, READ)?;
        let mut content = Vec::new();
        loop {
            match self.read(&handle, u64::try_from(content.len()).unwrap(), 32_768) {
                Ok(data) => content.extend(data),
                Err(EOF) => break,
                Err(refusal) => return Err(refusal),
            }
        }
        self.close(&handle)?;
        Ok(content)
    }

    /// Sends one request and takes its reply.
    fn ask(&mut self, kind: u8, body: Body) -> Result<Reply, Refusal> {
        self.next += 1;
        let id = self.next;
        self.send(&[&[kind][..], &id.to_be_bytes(), &body.0].concat())?;
        let reply = self.receive()?;
        assert_eq!(reply[1..5], id.to_be_bytes(), "the reply to another request");
        Ok(Reply { kind: reply[0], body: reply[5..].to_vec() })
    }

    fn send(&mut self, packet: &[u8]) -> Result<(), Refusal> {
        let length = u32::try_from(packet.len()).unwrap().to_be_bytes();
        self.to.write_all(&[&length, packet].concat()).map_err(|_| CONNECTION_LOST)
    }

    fn receive(&mut self) -> Result<Vec<u8>, Refusal> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length).map_err(|_| CONNECTION_LOST)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
        assert!((5..1 << 20).contains(&length), "a reply of {length} bytes");
        let mut packet = vec![0; length];
        self.from.read_exact(&mut packet).map_err(|_| CONNECTION_LOST)?;
        Ok(packet)
    }
}

impl Drop for Sftp {
    fn drop(&mut self) {
        let _ = self.ssh.kill();
        let _ = self.ssh.wait();
    }
}

/// The body of a request on its way.
#[derive(Debug, Default)]
struct Body(Vec<u8>);

impl Body {
    fn number(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn long(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn string(self, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        let mut body = self.number(u32::try_from(value.len()).unwrap());
        body.0.extend(value);
        body
    }

    fn attributes(mut self, attributes: &Attributes) -> Self {
        let Attributes { size, owner, mode, times } = attributes;
        let given = [size.is_some(), owner.is_some(), mode.is_some(), times.is_some()];
        self = self.number(given.iter().zip([1, 2, 4, 8]).map(|(given, bit)| u32::from(*given) * bit).sum());
        if let Some(size) = size {
            self = self.long(*size);
        }
        for (a, b) in owner.iter() {
            self = self.number(*a).number(*b);
        }
        if let Some(mode) = mode {
            self = self.number(*mode);
        }
        for (a, b) in times.iter() {
            self = self.number(*a).number(*b);
        }
        self
    }
}

/// A reply, taken apart from its front.
#[derive(Debug)]
struct Reply {
    kind: u8,
    body: Vec<u8>,
}

impl Reply {
    fn done(mut self) -> Result<(), Refusal> {
        match self.status() {
            Some(0) => Ok(()),
            Some(code) => Err(code),
            None => panic!("a reply of type {} to a request that gives none", self.kind),
        }
    }

    fn handle(self) -> Result<Handle, Refusal> {
        self.expect(102).map(|mut reply| Handle(reply.string()))
    }

    fn data(self) -> Result<Vec<u8>, Refusal> {
        self.expect(103).map(|mut reply| reply.string())
    }

    fn names(self) -> Result<Vec<(Vec<u8>, Attributes)>, Refusal> {
        self.expect(104).map(|mut reply| {
            let count = reply.number();
            (0..count)
                .map(|_| {
                    let name = reply.string();
                    let _long_name = reply.string();
                    (name, reply.read_attributes())
                })
                .collect()
        })
    }

    fn attributes(self) -> Result<Attributes, Refusal> {
        self.expect(105).map(|mut reply| reply.read_attributes())
    }

    fn expect(mut self, kind: u8) -> Result<Self, Refusal> {
        match self.status() {
            Some(code) => Err(code),
            None if self.kind == kind => Ok(self),
            None => panic!("a reply of type {} where {kind} was due", self.kind),
        }
    }

    fn status(&mut self) -> Option<u32> {
        (self.kind == 101).then(|| self.number())
    }

    fn number(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn long(&mut self) -> u64 {
        u64::from_be_bytes(self.take(8).try_into().unwrap())
    }

    fn string(&mut self) -> Vec<u8> {
        let length = usize::try_from(self.number()).unwrap();
        self.take(length)
    }

    fn read_attributes(&mut self) -> Attributes {
        let flags = self.number();
        Attributes {
            size: (flags & 1 != 0).then(|| self.long()),
            owner: (flags & 2 != 0).then(|| (self.number(), self.number())),
            mode: (flags & 4 != 0).then(|| self.number()),
            times: (flags & 8 != 0).then(|| (self.number(), self.number())),
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        self.body.drain(..length).collect()
    }
}
