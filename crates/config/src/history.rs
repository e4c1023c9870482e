//! The history of the configuration: every version that was applied, sealed, and which of them was good.
//!
//! ```text
//! history/000017.revision    a line of JSON about it, then the sealed texts
//! history/good               the number of the last one that ran
//! ```

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use causeway_core::{Random, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use crate::files::write_whole;
use crate::seal::{OpenError, Seal};
use crate::sources::Sources;

/// Revisions that are kept.
const KEPT: usize = 100;
/// Bytes that they may have together.
const KEPT_BYTES: u64 = 64 << 20;
const SUFFIX: &str = "revision";

/// The revisions in one folder.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
    seal: Seal,
    random: Random,
}

/// What is known of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub number: u64,
    /// Seconds since 1970.
    pub time: u64,
    /// Who made it.
    pub by: String,
    /// How it came: `start`, `edit`, `command`, `rollback`.
    pub how: String,
    /// Of the texts, as [`Sources::revision`] without the environment's part.
    pub digest: String,
}

/// The texts of a revision.
#[derive(Serialize, Deserialize)]
struct Texts {
    file: String,
    over: Option<String>,
}

/// What a revision held.
pub struct Revision {
    pub entry: Entry,
    pub file: Vec<u8>,
    pub over: Option<Vec<u8>>,
}

/// Why the history cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the history in '{}' cannot be used: {error}", folder.display())]
    Io { folder: PathBuf, error: io::Error },
    #[error("there is no revision {0}")]
    None(u64),
    #[error("revision {number} cannot be read: {error}")]
    Broken { number: u64, error: String },
    #[error("the key of the installation cannot be used")]
    Key,
}

impl History {
    /// The history in `folder`, which is made (0700) if it is not there.
    pub fn open(folder: &Path, installation: &Secret, random: Random) -> Result<Self, HistoryError> {
        let seal = Seal::new(installation, b"history").ok_or(HistoryError::Key)?;
        let history = Self { folder: folder.to_owned(), seal, random };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| history.io(e))?;
        Ok(history)
    }

    /// Keeps a version. One that equals the newest is not kept twice. Returns its number.
    pub fn record(
        &self,
        sources: &Sources,
        time: Timestamp,
        by: &str,
        how: &str,
    ) -> Result<u64, HistoryError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let texts = Texts { file: text(sources.file()), over: sources.over().map(text) };
        let plain = serde_json::to_vec(&texts).map_err(|e| self.io(e.into()))?;
        let plain = Secret::new(plain);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, plain.expose());
        let digest: String = digest.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let numbers = self.numbers()?;
        let newest = numbers.last().copied();
        if let Some(newest) = newest
            && self.entry(newest).is_ok_and(|e| e.digest == digest)
        {
            return Ok(newest);
        }
        let number = newest.unwrap_or(0).saturating_add(1);
        let entry = Entry { number, time: time.seconds(), by: by.to_owned(), how: how.to_owned(), digest };
        let mut bytes = serde_json::to_vec(&entry).map_err(|e| self.io(e.into()))?;
        let sealed = self.seal.seal(&self.random, &bytes, plain.expose()).ok_or(HistoryError::Key)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&sealed);
        write_whole(&self.path(number), &bytes).map_err(|e| self.io(e))?;
        self.forget()?;
        Ok(number)
    }

    /// Notes that a revision runs.
    pub fn mark_good(&self, number: u64) -> Result<(), HistoryError> {
        if self.good() == Some(number) {
            return Ok(());
        }
        write_whole(&self.folder.join("good"), number.to_string().as_bytes()).map_err(|e| self.io(e))
    }

    /// The number of the last revision that ran.
    pub fn good(&self) -> Option<u64> {
        fs::read_to_string(self.folder.join("good")).ok()?.trim().parse().ok()
    }

    /// All revisions that can be read, the oldest first.
    pub fn list(&self) -> Result<Vec<Entry>, HistoryError> {
        Ok(self.numbers()?.into_iter().filter_map(|n| self.entry(n).ok()).collect())
    }

    /// The number of the newest one.
    pub fn newest(&self) -> Result<Option<u64>, HistoryError> {
        Ok(self.numbers()?.last().copied())
    }

    /// One revision with its texts.
    pub fn get(&self, number: u64) -> Result<Revision, HistoryError> {
        let bytes = self.read(number)?;
        let broken = |error: String| HistoryError::Broken { number, error };
        let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| broken("it is cut off".to_owned()))?;
        let (head, sealed) = bytes.split_at(end);
        let entry = serde_json::from_slice(head).map_err(|e| broken(e.to_string()))?;
        let plain = self.seal.open(head, sealed.get(1..).unwrap_or_default());
        let plain = plain.map_err(|e: OpenError| broken(e.to_string()))?;
        let texts: Texts = serde_json::from_slice(plain.expose()).map_err(|e| broken(e.to_string()))?;
        Ok(Revision { entry, file: texts.file.into_bytes(), over: texts.over.map(String::into_bytes) })
    }

    fn entry(&self, number: u64) -> Result<Entry, HistoryError> {
        let bytes = self.read(number)?;
        let head = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        serde_json::from_slice(head).map_err(|e| HistoryError::Broken { number, error: e.to_string() })
    }

    fn read(&self, number: u64) -> Result<Vec<u8>, HistoryError> {
        fs::read(self.path(number)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => HistoryError::None(number),
            _ => HistoryError::Broken { number, error: e.to_string() },
        })
    }

    /// In ascending order.
    fn numbers(&self) -> Result<Vec<u64>, HistoryError> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|e| self.io(e))? {
            let path = entry.map_err(|e| self.io(e))?.path();
            let stem = path.file_stem().and_then(|s| s.to_str());
            let number = stem.and_then(|s| s.parse::<u64>().ok());
            if path.extension().is_some_and(|e| e == SUFFIX) {
                numbers.extend(number);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Removes what is too old or too much, but neither the newest nor the last good one.
    fn forget(&self) -> Result<(), HistoryError> {
        let numbers = self.numbers()?;
        let good = self.good();
        let size = |n: &u64| fs::metadata(self.path(*n)).map_or(0, |m| m.len());
        let mut left = numbers.len();
        let mut bytes: u64 = numbers.iter().map(size).sum();
        let (_, older) = numbers.split_last().unwrap_or((&0, &[]));
        for number in older {
            if left <= KEPT && bytes <= KEPT_BYTES {
                break;
            }
            if good != Some(*number) {
                bytes = bytes.saturating_sub(size(number));
                left = left.saturating_sub(1);
                fs::remove_file(self.path(*number)).map_err(|e| self.io(e))?;
            }
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:06}.{SUFFIX}"))
    }

    fn io(&self, error: io::Error) -> HistoryError {
        HistoryError::Io { folder: self.folder.clone(), error }
    }
}

impl std::fmt::Debug for Revision {
    /// The texts hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revision").field("entry", &self.entry).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;
    use std::os::unix::fs::MetadataExt;

    fn sources(text: &str) -> Sources {
        let environment = Environment::of([], jiff::tz::TimeZone::UTC);
        Sources::of_text(text.as_bytes(), Path::new("/"), &environment).unwrap()
    }

    fn history(folder: &Path) -> History {
        History::open(&folder.join("history"), &Secret::new([7; 32]), Random::predictable(1)).unwrap()
    }

    fn record(history: &History, text: &str) -> u64 {
        history.record(&sources(text), Timestamp::from_seconds(5), "root", "edit").unwrap()
    }

    #[test]
    fn a_revision_is_kept_for_its_owner_alone_and_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        let number = record(&history, "[accounts/a]\npassword = hunter2\n");
        assert_eq!(history.get(number).unwrap().file, b"[accounts/a]\npassword = hunter2\n");
        let path = folder.path().join("history/000001.revision");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.path().join("history")).unwrap().mode() & 0o777, 0o700);
        assert!(!fs::read(&path).unwrap().windows(7).any(|w| w == b"hunter2"));
        let other =
            History::open(&folder.path().join("history"), &Secret::new([8; 32]), Random::predictable(1));
        assert!(matches!(other.unwrap().get(number), Err(HistoryError::Broken { .. })));
    }

    #[test]
    fn the_same_text_is_kept_once_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        assert_eq!(record(&history, "[server]\n"), 1);
        assert_eq!(record(&history, "[server]\n"), 1);
        assert_eq!(record(&history, "[server]\nname = x\n"), 2);
        assert_eq!(record(&history, "[server]\n"), 3);
        assert_eq!(history.list().unwrap().iter().map(|e| e.number).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn the_oldest_go_but_never_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        record(&history, "[server]\n");
        history.mark_good(1).unwrap();
        for n in 0..KEPT + 5 {
            record(&history, &format!("[server]\nname = {n}\n"));
        }
        let numbers: Vec<u64> = history.list().unwrap().iter().map(|e| e.number).collect();
        assert_eq!(numbers.len(), KEPT);
        assert_eq!(numbers[0], 1);
        assert_eq!(history.good(), Some(1));
    }

    #[test]
    fn a_broken_revision_is_told_and_the_others_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        record(&history, "[server]\n");
        record(&history, "[server]\nname = x\n");
        fs::write(folder.path().join("history/000001.revision"), "nonsense").unwrap();
        assert!(matches!(history.get(1), Err(HistoryError::Broken { number: 1, .. })));
        assert_eq!(history.list().unwrap().len(), 1);
        assert!(history.get(2).is_ok());
        assert!(matches!(history.get(9), Err(HistoryError::None(9))));
    }
}
