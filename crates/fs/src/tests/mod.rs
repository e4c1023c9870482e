//! What must hold, through the public door alone.

mod amended;
mod faults;
mod home;
mod links;
mod oracle;
mod permissions;
mod uploads;
mod uploads_break;

use std::io::{IoSlice, IoSliceMut};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use causeway_auth::{Grant, Mount, Terms, UploadSync};
use causeway_core::clock::ManualClock;
use causeway_core::event::{Actor, Source};
use causeway_core::rule::RuleSource;
use causeway_core::{Clock, Origin, Random, Secret, Timestamp, VPath};
use causeway_events::Batch;

use crate::{EnterError, File, Fs, FsError, Host, How, Read, Wait};

/// A home on the disk, and what a login of `ann` to it is made from.
struct Site {
    folder: tempfile::TempDir,
    terms: Terms,
    clock: Clock,
    hands: Arc<ManualClock>,
    host: Arc<Host>,
}

fn path(raw: &str) -> VPath {
    VPath::absolute(raw.as_bytes()).unwrap()
}

impl Site {
    fn new(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let (clock, hands) = Clock::manual(Clock::system().now());
        let host = Arc::new(Host::new(clock.clone(), &Secret::new(*b"the key of the installation")));
        Self { terms: Terms::for_test("ann", home, rules), folder, clock, hands, host }
    }

    /// Everything allowed.
    fn open() -> Self {
        Self::new("allow-full-control")
    }

    fn real(&self, below_home: &str) -> PathBuf {
        self.folder.path().join("home").join(below_home)
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, below_home: &str, content: &str) {
        std::fs::write(self.real(below_home), content).unwrap();
        std::fs::set_permissions(self.real(below_home), std::fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn on_disk(&self, below_home: &str) -> Option<String> {
        std::fs::read_to_string(self.real(below_home)).ok()
    }

    /// The names of temporary files in a folder.
    fn temporaries(&self, below_home: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.real(below_home)).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n.starts_with(".cw-"))
            .collect()
    }

    /// Waits until the clock of the file system has moved: what changes from now on is newer than what has changed.
    fn tick(&self) {
        use std::os::unix::fs::MetadataExt;
        let probe = self.outside("tick");
        let touch = || {
            std::fs::write(&probe, "").unwrap();
            let now = std::fs::metadata(&probe).unwrap();
            (now.ctime(), now.ctime_nsec())
        };
        let before = touch();
        while touch() <= before {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The process died and a new one runs.
    fn restart(&mut self) {
        self.host = Arc::new(Host::new(self.clock.clone(), &Secret::new(*b"the key of the installation")));
    }

    fn try_session(&self) -> Result<Session, (EnterError, Batch)> {
        self.session_of(self.terms.clone())
    }

    fn session_of(&self, terms: Terms) -> Result<Session, (EnterError, Batch)> {
        let mut batch = batch(&self.clock);
        match Fs::enter(Grant::for_test(terms), self.host.clone(), &mut batch) {
            Ok(fs) => Ok(Session { fs, batch }),
            Err(e) => Err((e, batch)),
        }
    }

    fn session(&self) -> Session {
        self.try_session().unwrap_or_else(|(e, _)| panic!("{e}"))
    }

    fn mount(&mut self, at: &str, real: PathBuf) {
        self.terms.mounts.push(Mount { at: path(at), real, create: false });
    }
}

fn batch(clock: &Clock) -> Batch {
    let source = Source { uuid: "s".into(), kind: "ssh".into(), name: "sftp".into() };
    let origin = Origin { account: Actor::peer(), peer: None, component: source, session: None };
    Batch::new(Arc::new(origin), clock.clone(), Random::predictable(1))
}

/// A login.
struct Session {
    fs: Fs,
    batch: Batch,
}

impl Session {
    fn try_open(&mut self, at: &str, how: How) -> Result<File, FsError> {
        self.fs.open(&mut self.batch, &path(at), &how)
    }

    fn open(&mut self, at: &str, how: How) -> File {
        self.try_open(at, how).unwrap()
    }

    fn upload(&mut self, at: &str, content: &str) -> Result<(), FsError> {
        let file = self.try_open(at, How::upload())?;
        write(&file, 0, content)?;
        file.close(&mut self.batch).map(drop)
    }

    fn download(&mut self, at: &str) -> Result<String, FsError> {
        let file = self.try_open(at, How::read())?;
        read(&file)
    }

    fn size(&mut self, at: &str) -> Result<u64, FsError> {
        self.fs.stat(&mut self.batch, &path(at)).map(|a| a.size)
    }

    fn names(&mut self, at: &str) -> Result<Vec<String>, FsError> {
        let mut listing = self.fs.list(&mut self.batch, &path(at))?;
        let mut names = Vec::new();
        while let Some(entry) = listing.next(&self.fs, &mut self.batch)? {
            names.push(entry.name.to_string());
        }
        names.sort();
        Ok(names)
    }

    /// The events since the last call: number and the members named.
    fn events(&mut self) -> Vec<u32> {
        let ids = self.batch.events().iter().map(|e| e.id.0).collect();
        self.batch.clear();
        ids
    }

    /// The member of the last event.
    fn last(&self, member: &str) -> String {
        self.batch.events().last().and_then(|e| e.member(member)).map(ToString::to_string).unwrap_or_default()
    }
}

fn write(file: &File, at: u64, content: &str) -> Result<(), FsError> {
    file.write_at(&[IoSlice::new(content.as_bytes())], at)
}

fn read(file: &File) -> Result<String, FsError> {
    let mut all = Vec::new();
    let mut some = [0_u8; 64];
    loop {
        match file.read_at(&mut [IoSliceMut::new(&mut some)], all.len() as u64, Wait::Yes)? {
            Read::Bytes(0) => return Ok(String::from_utf8(all).unwrap()),
            Read::Bytes(n) => all.extend_from_slice(&some[..n]),
            Read::WouldBlock => unreachable!("waiting was allowed"),
        }
    }
}

fn mode_of(real: PathBuf) -> u32 {
    std::fs::metadata(real).unwrap().permissions().mode() & 0o7777
}

fn append() -> How {
    How { write: true, append: true, create: true, ..How::default() }
}

fn resume() -> How {
    How { write: true, create: true, ..How::default() }
}

fn exclusive() -> How {
    How { exclusive: true, truncate: false, ..How::upload() }
}

fn both() -> How {
    How { read: true, write: true, create: true, ..How::default() }
}
