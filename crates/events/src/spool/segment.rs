//! Segment files: names, creation, listing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::AuditError;
use super::format::{Hash, Header};

const ENDING: &str = ".trail";

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}{ENDING}"))
}

/// The numbers of the segments that are there, in order.
pub(super) fn list(dir: &Path) -> Result<Vec<u64>, AuditError> {
    let failed = |e| AuditError::io("list", dir, e);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(ENDING)).and_then(|n| n.parse().ok());
        numbers.extend(number.filter(|n| path(dir, *n).file_name() == Some(&name)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The segment that is being written.
#[derive(Debug)]
pub(super) struct Segment {
    pub file: Arc<File>,
    pub path: PathBuf,
    pub number: u64,
    /// The sequence number of the first event in it.
    pub first: u64,
    /// Bytes up to the end of the last whole frame.
    pub len: u64,
}

impl Segment {
    /// Makes the file with its header. Gives the chain after it, too. Leaves nothing behind on failure.
    pub(super) fn create(dir: &Path, header: &Header) -> Result<(Self, Hash), AuditError> {
        let path = path(dir, header.number);
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| AuditError::io("create", &path, e))?;
        let (bytes, chain) = header.encode();
        // What an earlier try may have left under this number is empty of events.
        let written = file
            .set_len(0)
            .and_then(|()| file.write_all(&bytes))
            .and_then(|()| file.sync_data())
            .and_then(|()| sync_dir(dir));
        if let Err(e) = written {
            let _ = fs::remove_file(&path);
            return Err(AuditError::io("write", &path, e));
        }
        let len = u64::try_from(bytes.len()).unwrap_or_default();
        Ok((Self { file: Arc::new(file), path, number: header.number, first: header.first, len }, chain))
    }

    /// Opens a segment to go on behind its last whole frame; what stands behind that is cut off.
    pub(super) fn resume(dir: &Path, number: u64, first: u64, len: u64) -> Result<Self, AuditError> {
        let path = path(dir, number);
        let opened = OpenOptions::new().append(true).open(&path).and_then(|f| {
            if f.metadata()?.len() != len {
                f.set_len(len)?;
                f.sync_data()?;
            }
            Ok(f)
        });
        let file = opened.map_err(|e| AuditError::io("open", &path, e))?;
        Ok(Self { file: Arc::new(file), path, number, first, len })
    }

    /// Appends one frame with one system call. Whatever part of it was written on failure is taken back.
    pub(super) fn append(&mut self, frame: &[u8]) -> Result<(), AuditError> {
        let cause = match (&*self.file).write(frame) {
            Ok(n) if n == frame.len() => {
                self.len += u64::try_from(n).unwrap_or_default();
                return Ok(());
            }
            Ok(_) => io::Error::new(io::ErrorKind::StorageFull, "only a part was written"),
            Err(e) => e,
        };
        // If this fails, too, readers see an incomplete frame, which ends the segment for them.
        let _ = self.take_back();
        Err(AuditError::io("write", &self.path, cause))
    }

    /// Cuts off what stands behind the last whole frame.
    pub(super) fn take_back(&self) -> io::Result<()> {
        self.file.set_len(self.len)
    }
}

/// What opening a segment for reading found.
#[derive(Debug)]
pub(super) enum Opened {
    Good {
        file: File,
        header: Header,
        /// Bytes of the header: where the first frame begins.
        len: u64,
        link: Hash,
        link_is_true: bool,
    },
    /// The file ends before its header does.
    Short,
    /// The header is not one.
    Bad,
    Missing,
}

pub(super) fn open(dir: &Path, number: u64) -> Result<Opened, AuditError> {
    let path = path(dir, number);
    let read = |file: &mut File| -> io::Result<Opened> {
        let mut start = [0; 12];
        if file.metadata()?.len() < 12 {
            return Ok(Opened::Short);
        }
        file.read_exact_at(&mut start, 0)?;
        let Some(len) = Header::length(&start) else { return Ok(Opened::Bad) };
        if file.metadata()?.len() < u64::try_from(len).unwrap_or(u64::MAX) {
            return Ok(Opened::Short);
        }
        let mut bytes = vec![0; len];
        file.read_exact(&mut bytes)?;
        Ok(match Header::decode(&bytes) {
            None => Opened::Bad,
            Some((header, link, link_is_true)) => Opened::Good {
                file: file.try_clone()?,
                header,
                len: u64::try_from(len).unwrap_or_default(),
                link,
                link_is_true,
            },
        })
    };
    match File::open(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Opened::Missing),
        Err(e) => Err(AuditError::io("open", &path, e)),
        Ok(mut file) => read(&mut file).map_err(|e| AuditError::io("read", &path, e)),
    }
}

/// Removes a segment and what was once cut off it.
pub(super) fn remove(dir: &Path, number: u64) -> Result<(), AuditError> {
    let path = path(dir, number);
    let failed = |e| AuditError::io("remove", &path, e);
    let prefix = format!("{number:010}.");
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(|n| n.starts_with(&prefix)) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    sync_dir(dir).map_err(failed)
}

/// Makes the creation or removal of a file in `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
