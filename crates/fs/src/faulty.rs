//! A back end that fails on demand: for tests of what must hold when disks do not.

use std::io::{self, IoSlice, IoSliceMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::attributes::{Meta, SetAttributes, Space};
use crate::backend::{
    Anchor, Backend, Capabilities, Claim, Content, Entries, Landing, Opened, Read, Unlike, Wait,
};
use crate::error::{Fault, FsError};
use crate::permit::{
    Change, HardLink, Look, LookAtSpace, MakeFolder, MakeLink, Move, Open, OpenFolder, Permit, ReadLink,
    RemoveFile, RemoveFolder, Resolve, Scan,
};

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Look,
    Open,
    Scan,
    Rename,
    Remove,
    Read,
    Write,
    Sync,
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk cannot be read or written (`EIO`).
    Broken,
    /// The disk is full (`ENOSPC`).
    Full,
    /// A read or write moves no more than so many bytes.
    Short(usize),
    /// It takes so long.
    Slow(Duration),
}

/// One planned failure: it waits for so many good calls, and then stays.
#[derive(Debug, Clone, Copy)]
struct Planned {
    call: Call,
    after: usize,
    trouble: Trouble,
}

/// The failures to come. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Plan(Arc<Mutex<Vec<Planned>>>);

impl Plan {
    /// Lets a kind of call fail after so many good ones.
    pub fn after(&self, good: usize, call: Call, trouble: Trouble) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Planned { call, after: good, trouble });
    }

    /// All is well again.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits, or fails, as planned; answers how many bytes may be moved.
    fn meet(&self, call: Call) -> Result<usize, io::ErrorKind> {
        let mut most = usize::MAX;
        let mut slow = Duration::ZERO;
        for planned in
            self.0.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().filter(|p| p.call == call)
        {
            if planned.after > 0 {
                planned.after -= 1;
                continue;
            }
            match planned.trouble {
                Trouble::Broken => return Err(io::ErrorKind::Other),
                Trouble::Full => return Err(io::ErrorKind::StorageFull),
                Trouble::Short(n) => most = most.min(n.max(1)),
                Trouble::Slow(d) => slow = slow.max(d),
            }
        }
        std::thread::sleep(slow);
        Ok(most)
    }

    fn check(&self, call: Call) -> Result<(), FsError> {
        match self.meet(call) {
            Ok(_) => Ok(()),
            Err(io::ErrorKind::StorageFull) => Err(FsError::NoSpace),
            Err(kind) => Err(FsError::Io(kind)),
        }
    }
}

/// A back end with a plan of failures.
#[derive(Debug)]
pub struct Faulty {
    inner: Arc<dyn Backend>,
    plan: Plan,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Backend>, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

impl Backend for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    fn anchor(&self, permit: Permit<OpenFolder>) -> Result<Anchor, Fault> {
        self.inner.anchor(permit)
    }
    fn look(&self, permit: Permit<Look>) -> Result<Meta, Fault> {
        self.plan.check(Call::Look)?;
        self.inner.look(permit)
    }
    fn look_at_folder(&self, anchor: &Anchor) -> Result<Meta, FsError> {
        self.plan.check(Call::Look)?;
        self.inner.look_at_folder(anchor)
    }
    fn change(&self, permit: Permit<Change>) -> Result<(), Fault> {
        self.inner.change(permit)
    }
    fn scan(&self, permit: Permit<Scan>) -> Result<Box<dyn Entries>, Fault> {
        self.plan.check(Call::Scan)?;
        self.inner.scan(permit)
    }
    fn open(&self, permit: Permit<Open>) -> Result<Opened, Fault> {
        self.plan.check(Call::Open)?;
        let Opened { content, meta } = self.inner.open(permit)?;
        Ok(Opened { content: Box::new(FaultyContent { inner: content, plan: self.plan.clone() }), meta })
    }
    fn make_folder(&self, permit: Permit<MakeFolder>) -> Result<(), Fault> {
        self.inner.make_folder(permit)
    }
    fn remove_file(&self, permit: Permit<RemoveFile>) -> Result<(), Fault> {
        self.plan.check(Call::Remove)?;
        self.inner.remove_file(permit)
    }
    fn remove_folder(&self, permit: Permit<RemoveFolder>) -> Result<(), Fault> {
        self.plan.check(Call::Remove)?;
        self.inner.remove_folder(permit)
    }
    fn rename(&self, permit: Permit<Move>) -> Result<(), Fault> {
        self.plan.check(Call::Rename)?;
        self.inner.rename(permit)
    }
    fn hard_link(&self, permit: Permit<HardLink>) -> Result<(), Fault> {
        self.inner.hard_link(permit)
    }
    fn make_link(&self, permit: Permit<MakeLink>) -> Result<(), Fault> {
        self.inner.make_link(permit)
    }
    fn read_link(&self, permit: Permit<ReadLink>) -> Result<Vec<u8>, Fault> {
        self.inner.read_link(permit)
    }
    fn resolve(&self, permit: Permit<Resolve>) -> Result<Landing, FsError> {
        self.inner.resolve(permit)
    }
    fn space(&self, permit: Permit<LookAtSpace>) -> Result<Space, Fault> {
        self.inner.space(permit)
    }
    fn sync_folder(&self, anchor: &Anchor) -> Result<(), FsError> {
        self.plan.check(Call::Sync)?;
        self.inner.sync_folder(anchor)
    }
}

#[derive(Debug)]
struct FaultyContent {
    inner: Box<dyn Content>,
    plan: Plan,
}

impl Content for FaultyContent {
    fn read(&self, into: &mut [IoSliceMut<'_>], at: u64, wait: Wait) -> io::Result<Read> {
        match self.plan.meet(Call::Read)? {
            usize::MAX => self.inner.read(into, at, wait),
            most => {
                let Some(first) = into.first_mut() else { return Ok(Read::Bytes(0)) };
                let most = most.min(first.len());
                let some = first.get_mut(..most).unwrap_or_default();
                self.inner.read(&mut [IoSliceMut::new(some)], at, wait)
            }
        }
    }
    fn write(&self, from: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        match self.plan.meet(Call::Write)? {
            usize::MAX => self.inner.write(from, at),
            most => {
                let first: &[u8] = from.iter().find(|s| !s.is_empty()).map_or(&[], |s| s);
                self.inner.write(&[IoSlice::new(first.get(..most.min(first.len())).unwrap_or_default())], at)
            }
        }
    }
    fn meta(&self) -> Result<Meta, FsError> {
        self.inner.meta()
    }
    fn change(&self, set: &SetAttributes) -> Result<(), FsError> {
        self.inner.change(set)
    }
    fn sync(&self) -> Result<(), FsError> {
        self.plan.check(Call::Sync)?;
        self.inner.sync()
    }
    fn claim(&self) -> Claim {
        self.inner.claim()
    }
    fn resemble(&self, like: Permit<Look>, known: &Meta, own: &Meta) -> Result<(), Unlike> {
        self.inner.resemble(like, known, own)
    }
}
