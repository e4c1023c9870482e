//! An open file.

use std::io::{IoSlice, IoSliceMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use causeway_auth::{Grant, UploadSync};
use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::{Attributes, SetAttributes};
use crate::backend::{Anchor, Backend, Content, Read, Wait};
use crate::error::FsError;
use crate::events::{self, Ground};
use crate::fs::{Fs, How};
use crate::mount::{Mounted, Strategy};
use crate::permit::{Judge, Operation};
use crate::upload::{Ending, Upload, Uploads, Whereabouts};

/// Buffers that one system call takes (`IOV_MAX`).
const BUFFERS: usize = 1024;

/// What stays as it was when the file was opened.
#[derive(Debug)]
pub(crate) struct Fixed {
    /// As the client named it.
    pub(crate) path: VPath,
    /// Where it was found.
    pub(crate) shown: VPath,
    pub(crate) how: How,
    /// It did not exist before.
    pub(crate) is_new: bool,
    /// The mount it was found in.
    pub(crate) mount: Mounted,
}

/// An open file. [`File::close`] makes an upload the file; dropped without it, an upload is kept to be taken up again.
#[derive(Debug)]
pub struct File {
    content: Arc<dyn Content>,
    fixed: Fixed,
    whereabouts: Whereabouts,
    strategy: Strategy,
    /// The grant of now: it is judged by that what may be done to the open file.
    grant: ArcSwap<Grant>,
    /// Where the file ends, as far as this handle has written it.
    end: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    failed: OnceLock<FsError>,
    sink: Sink,
}

/// What closing has to do.
#[derive(Debug)]
enum Sink {
    Nothing,
    /// A file written in place: its folder too is brought to the disk if it is new.
    InPlace(Option<(Arc<dyn Backend>, Anchor)>),
    Upload(Arc<Upload>, Arc<Uploads>),
    Ended,
}

/// What went through a handle, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    pub read: u64,
    pub written: u64,
}

impl File {
    pub(crate) fn reading(fs: &Fs, fixed: Fixed, content: Arc<dyn Content>, strategy: Strategy) -> Self {
        Self::new(fs, fixed, content, 0, strategy, Sink::Nothing)
    }

    pub(crate) fn in_place(
        fs: &Fs,
        fixed: Fixed,
        content: Arc<dyn Content>,
        size: u64,
        strategy: Strategy,
        folder: Option<(Arc<dyn Backend>, Anchor)>,
    ) -> Self {
        Self::new(fs, fixed, content, size, strategy, Sink::InPlace(folder))
    }

    pub(crate) fn uploading(
        fs: &Fs,
        fixed: Fixed,
        content: Arc<dyn Content>,
        size: u64,
        strategy: Strategy,
        upload: Arc<Upload>,
    ) -> Self {
        Self::new(fs, fixed, content, size, strategy, Sink::Upload(upload, fs.uploads().clone()))
    }

    fn new(
        fs: &Fs,
        fixed: Fixed,
        content: Arc<dyn Content>,
        size: u64,
        strategy: Strategy,
        sink: Sink,
    ) -> Self {
        let whereabouts = Whereabouts::new(fs.uploads(), &fixed.shown);
        Self {
            content,
            fixed,
            whereabouts,
            strategy,
            grant: ArcSwap::new(fs.grant().clone()),
            end: AtomicU64::new(size),
            read: AtomicU64::new(0),
            written: AtomicU64::new(0),
            failed: OnceLock::new(),
            sink,
        }
    }

    /// The path as the client named it.
    pub fn path(&self) -> &VPath {
        &self.fixed.path
    }

    /// The path by which it is stored, which is another one where written names are amended, and after its session has
    /// renamed it or a folder above.
    pub fn stored_path(&self) -> VPath {
        if self.grant.load().terms().amend_write_name { self.shown() } else { self.named() }
    }

    /// Where it is now, links resolved.
    pub fn shown(&self) -> VPath {
        self.whereabouts.path(&self.fixed.shown)
    }

    /// As the client would name it now.
    pub(crate) fn named(&self) -> VPath {
        let shown = self.shown();
        if shown == self.fixed.shown { self.fixed.path.clone() } else { shown }
    }

    pub(crate) fn mount(&self) -> &Mounted {
        &self.fixed.mount
    }

    pub(crate) fn operation(&self) -> Operation {
        self.fixed.how.operation()
    }

    pub fn is_readable(&self) -> bool {
        self.fixed.how.read
    }

    pub fn is_writable(&self) -> bool {
        self.fixed.how.write
    }

    /// Whether every write goes to the end, whatever its offset.
    pub fn appends(&self) -> bool {
        self.fixed.how.append
    }

    /// Whether it gets its name only when it is closed.
    pub fn is_upload(&self) -> bool {
        matches!(self.sink, Sink::Upload(..))
    }

    /// Where its calls may run.
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// Bytes read and written so far.
    pub fn totals(&self) -> Closed {
        Closed { read: self.read.load(Ordering::Relaxed), written: self.written.load(Ordering::Relaxed) }
    }

    /// Reads at an offset: as much as is there, up to the length of the buffers.
    pub fn read_at(&self, into: &mut [IoSliceMut<'_>], offset: u64, wait: Wait) -> Result<Read, FsError> {
        if !self.fixed.how.read {
            return Err(FsError::Invalid);
        }
        if self.failed.get() == Some(&FsError::Refused) {
            return Err(FsError::Refused);
        }
        let into = match into.len() {
            n if n > BUFFERS => into.get_mut(..BUFFERS).unwrap_or_default(),
            _ => into,
        };
        let got = self.content.read(into, offset, wait).map_err(from_io)?;
        if let Read::Bytes(n) = got {
            self.read.fetch_add(wide(n), Ordering::Relaxed);
        }
        Ok(got)
    }

    /// Writes all of the bytes at an offset, or at the end if the file was opened to append. After an error the file
    /// takes no more, and an upload does not become the file.
    pub fn write_at(&self, from: &[IoSlice<'_>], offset: u64) -> Result<(), FsError> {
        if !self.fixed.how.write {
            return Err(FsError::Invalid);
        }
        if let Some(e) = self.failed.get() {
            return Err(*e);
        }
        self.write_all(from, offset).inspect_err(|e| {
            let _ = self.failed.set(*e);
        })
    }

    fn write_all(&self, from: &[IoSlice<'_>], offset: u64) -> Result<(), FsError> {
        let length = from.iter().fold(0_u64, |n, s| n.saturating_add(wide(s.len())));
        let start = match self.fixed.how.append {
            false => offset,
            // Another handle may have added to it.
            true if self.grant.load().terms().file_write_size.is_some() => {
                self.content.meta()?.attributes.size
            }
            true => self.end.load(Ordering::Relaxed),
        };
        let end = start.checked_add(length).ok_or(FsError::TooLarge)?;
        self.check_size(end)?;
        let mut at = start;
        for some in from.chunks(BUFFERS) {
            at = self.write_some(some, at)?;
        }
        self.end.fetch_max(end, Ordering::Relaxed);
        self.written.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    /// Writes up to [`BUFFERS`] slices; answers where the next byte goes.
    fn write_some(&self, from: &[IoSlice<'_>], mut at: u64) -> Result<u64, FsError> {
        let whole = from.iter().fold(0_usize, |n, s| n.saturating_add(s.len()));
        if whole == 0 {
            return Ok(at);
        }
        let mut done = self.content.write(from, at).map_err(from_io)?;
        at = at.saturating_add(wide(done));
        if done >= whole {
            return Ok(at);
        }
        // The disk took less than it was given, which is rare: the rest goes slice by slice.
        for slice in from {
            let mut rest: &[u8] = match slice.get(done.min(slice.len())..) {
                Some(rest) => rest,
                None => continue,
            };
            done = done.saturating_sub(slice.len());
            while !rest.is_empty() {
                let n = self.content.write(&[IoSlice::new(rest)], at).map_err(from_io)?;
                if n == 0 {
                    return Err(FsError::NoSpace);
                }
                at = at.saturating_add(wide(n));
                rest = rest.get(n..).unwrap_or_default();
            }
        }
        Ok(at)
    }

    fn check_size(&self, end: u64) -> Result<(), FsError> {
        match self.grant.load().terms().file_write_size {
            Some(limit) if end > limit => Err(FsError::TooLarge),
            _ => Ok(()),
        }
    }

    pub fn attributes(&self) -> Result<Attributes, FsError> {
        Ok(self.content.meta()?.attributes)
    }

    /// Whether both are one file, by whatever names they were opened.
    pub fn is_same_as(&self, other: &File) -> Result<bool, FsError> {
        let (one, two) = (self.content.meta()?, other.content.meta()?);
        Ok((one.device, one.identity) == (two.device, two.identity))
    }

    /// Changes the open file. Times and mode of a file that this handle made are free; of others they need the right.
    pub fn set_attributes(&self, batch: &mut Batch, set: &SetAttributes) -> Result<(), FsError> {
        if let Some(size) = set.size {
            if !self.fixed.how.write {
                return Err(FsError::Invalid);
            }
            self.check_size(size)?;
        }
        if set.beside_size() && !self.fixed.is_new {
            let grant = self.grant.load();
            let judge = Judge::new(&grant, batch.clock().moment());
            let refused = [self.named(), self.shown()].into_iter().find_map(|path| {
                let decider = judge.asks(Operation::SetAttributes, &path).err()?;
                Some((path, decider))
            });
            if let Some((path, decider)) = refused {
                events::refused(batch, Operation::SetAttributes, &path, Ground::Rule(decider));
                return Err(FsError::Refused);
            }
        }
        self.content.change(set)?;
        if let Some(size) = set.size {
            self.end.store(size, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether the upload's name was removed or given to something else meanwhile: nothing comes of it, however it ends.
    pub fn is_gone(&self) -> bool {
        matches!(&self.sink, Sink::Upload(upload, _) if upload.is_orphan())
    }

    /// Brings what was written to the disk.
    pub fn sync(&self) -> Result<(), FsError> {
        self.content.sync()
    }

    /// Ends the work on it. An upload becomes the file now, if every handle of it was closed well; then it has its name
    /// when this returns, and is on the disk if `upload_sync` says so.
    pub fn close(mut self, batch: &mut Batch) -> Result<Closed, FsError> {
        let failed = self.failed.get().copied();
        match std::mem::replace(&mut self.sink, Sink::Ended) {
            Sink::Upload(upload, uploads) => {
                let ending = match failed {
                    None => Ending::Closed,
                    Some(FsError::TooLarge) => Ending::Failed(FsError::TooLarge),
                    Some(e) => Ending::Broken(e),
                };
                let ended = upload.end(&uploads, ending);
                self.tell_kept(batch, ended.kept);
                ended.result?;
            }
            Sink::InPlace(folder) => {
                if self.grant.load().terms().upload_sync == UploadSync::Close {
                    self.content.sync()?;
                    if let Some((backend, anchor)) = folder {
                        backend.sync_folder(&anchor)?;
                    }
                }
                failed.map_or(Ok(()), Err)?;
            }
            Sink::Nothing | Sink::Ended => {}
        }
        Ok(self.totals())
    }

    /// The client went away: an upload is kept so that its principal can take it up again.
    pub fn abandon(mut self, batch: &mut Batch) {
        let kept = self.break_off();
        self.tell_kept(batch, kept);
    }

    /// Ends an upload that was not closed. Returns how many bytes are kept.
    fn break_off(&mut self) -> Option<u64> {
        let Sink::Upload(upload, uploads) = std::mem::replace(&mut self.sink, Sink::Ended) else {
            return None;
        };
        let ending = match self.failed.get() {
            Some(FsError::TooLarge) => Ending::Failed(FsError::TooLarge),
            _ => Ending::Broken(FsError::Io(std::io::ErrorKind::ConnectionAborted)),
        };
        upload.end(&uploads, ending).kept
    }

    fn tell_kept(&self, batch: &mut Batch, kept: Option<u64>) {
        let may_resume = !self.grant.load().terms().partial_keep.is_zero();
        if let Some(size) = kept.filter(|_| may_resume) {
            events::upload_kept(batch, &self.named(), size);
        }
    }

    /// The rules have changed and do not refuse it.
    pub(crate) fn go_on(&self, grant: &Arc<Grant>) {
        self.grant.store(grant.clone());
    }

    /// The rules have changed and refuse it now: an upload never becomes the file.
    pub(crate) fn revoke(&self) {
        let _ = self.failed.set(FsError::Refused);
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.break_off();
    }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn from_io(e: std::io::Error) -> FsError {
    use std::io::ErrorKind;
    match e.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FsError::NoSpace,
        ErrorKind::FileTooLarge => FsError::TooLarge,
        ErrorKind::PermissionDenied => FsError::Denied,
        ErrorKind::ReadOnlyFilesystem => FsError::ReadOnly,
        ErrorKind::WouldBlock => FsError::Busy,
        ErrorKind::InvalidInput => FsError::Invalid,
        ErrorKind::IsADirectory => FsError::IsFolder,
        kind => FsError::Io(kind),
    }
}
