//! The history of the configuration: every version that was applied, sealed, and which of them was good.
//!
//! ```text
//! history/000017.revision    a line of JSON about it, then the sealed texts
//! history/good               the number of the last one that ran
//! history/lock               is held by who changes them
//! ```
//!
//! Of a large file only what differs from the revision before is kept, a few times in a row.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use causeway_core::{Random, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use crate::common;
use crate::files::{open_lock, write_whole};
use crate::seal::{OpenError, Seal};
use crate::sources::Sources;

/// Revisions that are kept.
const KEPT: usize = 100;
/// Bytes that they may have together: those of a few files as large as one may be.
const KEPT_BYTES: u64 = 256 << 20;
/// A file of so many bytes is large.
const LARGE: usize = 1 << 20;
/// So many revisions in a row may build on each other.
const ROW: usize = 20;
/// Bytes of the line about a revision.
const HEAD_MAX: u64 = 4096;
const SUFFIX: &str = "revision";
/// How often, and how far apart, it is tried to hold the history: who holds it may have been stopped.
const TRIES: u32 = 500;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);
/// How revisions came that only put in passwords. They are no milestones: they go before others do.
pub const PASSWORDS: &str = "passwords";

/// The revisions in one folder.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
    seal: Seal,
    random: Random,
    /// The revision that was recorded last.
    last: Mutex<Option<Kept>>,
}

/// A revision that this process has recorded.
#[derive(Debug)]
struct Kept {
    number: u64,
    digest: String,
    sources: Sources,
}

/// What is known of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub number: u64,
    /// Seconds since 1970.
    pub time: u64,
    /// Who made it.
    pub by: String,
    /// How it came: `start`, `edit`, `command`, `rollback`, `passwords`.
    pub how: String,
    /// Of the texts: BLAKE3 in hexadecimal.
    pub digest: String,
    /// The earlier revision that it builds on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<u64>,
}

/// The texts of a revision.
#[derive(Serialize, Deserialize)]
struct Texts {
    /// Bytes at the start and at the end that are the file's of the revision that it builds on.
    #[serde(default)]
    front: usize,
    #[serde(default)]
    back: usize,
    /// What stands between.
    file: String,
    over: Option<String>,
}

/// Holds off other processes, and other threads of this one, until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// Unlocked when it is closed.
    _lock: File,
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
    #[error("somebody else is changing the history; try again")]
    Busy,
}

impl History {
    /// The history in `folder`, which is made (0700) if it is not there.
    pub fn open(folder: &Path, installation: &Secret, random: Random) -> Result<Self, HistoryError> {
        let seal = Seal::new(installation, b"history").ok_or(HistoryError::Key)?;
        let history = Self { folder: folder.to_owned(), seal, random, last: Mutex::default() };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| history.io(e))?;
        Ok(history)
    }

    /// Waits until nobody else changes it, for a while.
    pub fn hold(&self) -> Result<Held, HistoryError> {
        let lock = open_lock(&self.folder.join("lock")).map_err(|e| self.io(e))?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(Held { _lock: lock }),
                Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
                Err(TryLockError::Error(error)) => return Err(self.io(error)),
            }
        }
        Err(HistoryError::Busy)
    }

    /// Keeps a version. One that equals the newest is not kept twice. Returns its number. `spared` is an old one that is
    /// still needed.
    pub fn record(
        &self,
        _held: &Held,
        sources: &Sources,
        time: Timestamp,
        by: &str,
        how: &str,
        spared: Option<u64>,
    ) -> Result<u64, HistoryError> {
        let digest = sources.digest_of_texts();
        let newest = self.newest()?;
        let entry = newest.and_then(|newest| self.entry(newest).ok());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(newest) = newest
            && entry.as_ref().is_some_and(|e| e.digest == digest)
        {
            *last = Some(Kept { number: newest, digest, sources: sources.clone() });
            return Ok(newest);
        }
        // Another process may have taken back the newest and made another of that number.
        let is_newest = |kept: &Kept| {
            entry.as_ref().is_some_and(|e| (e.number, &e.digest) == (kept.number, &kept.digest))
        };
        let base = last.as_ref().filter(|kept| is_newest(kept) && self.row(kept.number) < ROW);
        let changed = base.and_then(|kept| Some((kept.number, Texts::on(&kept.sources, sources)?)));
        let (base, texts) = match changed {
            Some((number, texts)) => (Some(number), texts),
            None => (None, Texts::of(sources)),
        };
        let plain = Secret::new(serde_json::to_vec(&texts).map_err(|e| self.io(e.into()))?);
        let number = newest.unwrap_or(0).saturating_add(1);
        let (by, how) = (by.to_owned(), how.to_owned());
        let entry = Entry { number, time: time.seconds(), by, how, digest: digest.clone(), base };
        let mut bytes = serde_json::to_vec(&entry).map_err(|e| self.io(e.into()))?;
        let sealed = self.seal.seal(&self.random, &bytes, plain.expose()).ok_or(HistoryError::Key)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&sealed);
        write_whole(&self.path(number), &bytes).map_err(|e| self.io(e))?;
        *last = Some(Kept { number, digest, sources: sources.clone() });
        self.forget(spared)?;
        Ok(number)
    }

    /// Removes the newest revision, which was not applied after all.
    pub fn take_back(&self, _held: &Held, number: u64) -> Result<(), HistoryError> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        fs::remove_file(self.path(number)).map_err(|e| self.io(e))
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
        let broken = |error: String| HistoryError::Broken { number, error };
        let (entry, texts) = self.read(number)?;
        let mut row = vec![texts];
        let mut base = entry.base;
        // Numbers fall, so this ends.
        while let Some(earlier) = base {
            let (entry, texts) = self.read(earlier).map_err(|e| broken(e.to_string()))?;
            base = entry.base.filter(|base| *base < earlier);
            row.push(texts);
        }
        let over = row.first_mut().and_then(|texts| texts.over.take());
        let file = row.into_iter().rev().try_fold(String::new(), |file, texts| texts.after(&file));
        let file = file.ok_or_else(|| broken("it does not fit to the one that it builds on".to_owned()))?;
        Ok(Revision { entry, file: file.into_bytes(), over: over.map(String::into_bytes) })
    }

    /// How many revisions this one builds on.
    fn row(&self, number: u64) -> usize {
        let base = |number: &u64| self.entry(*number).ok()?.base.filter(|base| base < number);
        std::iter::successors(base(&number), base).take(ROW).count()
    }

    fn entry(&self, number: u64) -> Result<Entry, HistoryError> {
        let mut head = Vec::new();
        let file = File::open(self.path(number)).map_err(|e| unreadable(number, &e))?;
        let read = BufReader::new(file.take(HEAD_MAX)).read_until(b'\n', &mut head);
        read.map_err(|e| unreadable(number, &e))?;
        serde_json::from_slice(&head).map_err(|e| HistoryError::Broken { number, error: e.to_string() })
    }

    fn read(&self, number: u64) -> Result<(Entry, Texts), HistoryError> {
        let bytes = fs::read(self.path(number)).map_err(|e| unreadable(number, &e))?;
        let broken = |error: String| HistoryError::Broken { number, error };
        let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| broken("it is cut off".to_owned()))?;
        let (head, sealed) = bytes.split_at(end);
        let entry: Entry = serde_json::from_slice(head).map_err(|e| broken(e.to_string()))?;
        if entry.number != number {
            return Err(broken(format!("it is revision {}", entry.number)));
        }
        let plain = self.seal.open(head, sealed.get(1..).unwrap_or_default());
        let plain = plain.map_err(|e: OpenError| broken(e.to_string()))?;
        let texts = serde_json::from_slice(plain.expose()).map_err(|e| broken(e.to_string()))?;
        Ok((entry, texts))
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

    /// Removes what is too old or too much, but neither the newest nor the last good one nor the one that is `spared`, nor
    /// what those build on.
    fn forget(&self, spared: Option<u64>) -> Result<(), HistoryError> {
        let numbers = self.numbers()?;
        let size = |n: &u64| fs::metadata(self.path(*n)).map_or(0, |m| m.len());
        let mut left = numbers.len();
        let mut bytes: u64 = numbers.iter().map(size).sum();
        if left <= KEPT && bytes <= KEPT_BYTES {
            return Ok(());
        }
        let kept = [self.good(), spared];
        let is_kept = |n: &u64| kept.contains(&Some(*n));
        let builds = |n: &u64| self.entry(*n).is_ok_and(|e| e.base.is_some());
        let rows: Vec<&[u64]> = numbers.chunk_by(|_, next| builds(next)).collect();
        let older = rows.get(..rows.len().saturating_sub(1)).unwrap_or_default();
        let mut older: Vec<_> = older.iter().filter(|row| !row.iter().any(is_kept)).collect();
        let is_passwords = |n: &u64| self.entry(*n).is_ok_and(|e| e.how == PASSWORDS);
        older.sort_by_cached_key(|row| !row.iter().all(is_passwords));
        for row in older {
            if left <= KEPT && bytes <= KEPT_BYTES {
                break;
            }
            // The last one first: none is ever there without what it builds on.
            for number in row.iter().rev() {
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

fn unreadable(number: u64, error: &io::Error) -> HistoryError {
    match error.kind() {
        io::ErrorKind::NotFound => HistoryError::None(number),
        _ => HistoryError::Broken { number, error: error.to_string() },
    }
}

impl Texts {
    fn of(sources: &Sources) -> Self {
        let over = sources.over().map(|over| String::from_utf8_lossy(over).into_owned());
        Self { front: 0, back: 0, file: String::from_utf8_lossy(sources.file()).into_owned(), over }
    }

    /// What differs from a base; none if that is as much as all of it.
    fn on(base: &Sources, sources: &Sources) -> Option<Self> {
        let file = std::str::from_utf8(sources.file()).ok().filter(|file| file.len() >= LARGE)?;
        let base = std::str::from_utf8(base.file()).ok()?;
        let mut front = common::front(base.as_bytes(), file.as_bytes());
        while !file.is_char_boundary(front) {
            front = front.saturating_sub(1);
        }
        let (base_rest, rest) = (base.get(front..)?, file.get(front..)?);
        let mut back = common::back(base_rest.as_bytes(), rest.as_bytes());
        while !rest.is_char_boundary(rest.len().saturating_sub(back)) {
            back = back.saturating_sub(1);
        }
        let changed = rest.get(..rest.len().saturating_sub(back))?;
        let over = sources.over().map(|over| String::from_utf8_lossy(over).into_owned());
        (changed.len() < file.len() / 2).then(|| Self { front, back, file: changed.to_owned(), over })
    }

    /// The whole file, after that of the revision that it builds on.
    fn after(&self, base: &str) -> Option<String> {
        let back = base.len().checked_sub(self.back)?;
        Some([base.get(..self.front)?, &self.file, base.get(back..)?].concat())
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
        record_as(history, text, "edit", None)
    }

    fn record_as(history: &History, text: &str, how: &str, spared: Option<u64>) -> u64 {
        let held = history.hold().unwrap();
        history.record(&held, &sources(text), Timestamp::from_seconds(5), "root", how, spared).unwrap()
    }

    fn numbers(history: &History) -> Vec<u64> {
        history.list().unwrap().iter().map(|e| e.number).collect()
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
        assert_eq!(numbers(&history), [1, 2, 3]);
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
        let numbers = numbers(&history);
        assert_eq!(numbers.len(), KEPT);
        assert_eq!(numbers[0], 1);
        assert_eq!(history.good(), Some(1));
    }

    #[test]
    fn a_revision_that_is_spared_stays_however_many_follow_it() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        for n in 0..KEPT + 5 {
            record_as(&history, &format!("[server]\nname = {n}\n"), "command", Some(3));
        }
        let numbers = numbers(&history);
        assert_eq!((numbers.len(), &numbers[..2]), (KEPT, &[3, 7][..]));
    }

    #[test]
    fn revisions_that_only_put_in_passwords_go_before_those_of_administrators() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        record(&history, "[server]\nname = mine\n");
        for n in 0..KEPT + 5 {
            record_as(&history, &format!("[server]\nname = {n}\n"), PASSWORDS, None);
        }
        let numbers = numbers(&history);
        assert_eq!((numbers.len(), &numbers[..2]), (KEPT, &[1, 8][..]));
    }

    #[test]
    fn a_revision_that_is_taken_back_leaves_its_number_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        record(&history, "[server]\n");
        let number = record(&history, &large("x"));
        history.take_back(&history.hold().unwrap(), number).unwrap();
        assert_eq!(record(&history, &large("y")), number);
        assert!(history.get(number).unwrap().file == large("y").as_bytes());
    }

    #[test]
    fn who_changes_the_history_at_the_same_time_waits() {
        let folder = tempfile::tempdir().unwrap();
        let made = std::thread::scope(|scope| {
            let add = |n: usize| record(&history(folder.path()), &format!("[server]\nname = {n}\n"));
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || add(n))).collect();
            let mut made: Vec<u64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
            made.sort_unstable();
            made
        });
        assert_eq!(made, (1..=8).collect::<Vec<_>>());
    }

    /// A large file with a line that differs.
    fn large(line: &str) -> String {
        // Few long lines: the history compares bytes.
        let filler = format!("# {}\n", "é".repeat(500)).repeat(LARGE / 1000);
        format!("{filler}[server]\nname = {line}\n{filler}")
    }

    #[test]
    fn of_a_large_file_what_differs_is_kept_and_every_version_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        let versions: Vec<String> = (0..2 * ROW).map(|n| large(&"éx".repeat(n % 3 + n))).collect();
        for version in &versions {
            record(&history, version);
        }
        for (version, number) in versions.iter().zip(1..) {
            assert!(history.get(number).unwrap().file == version.as_bytes(), "{number}");
        }
        let size = |n: u64| fs::metadata(history.path(n)).unwrap().len();
        let whole: Vec<u64> = (1..).take(versions.len()).filter(|n| size(*n) > LARGE as u64).collect();
        assert_eq!(whole, [1, 2 + ROW as u64]);
        // Another process knows none of them, and what it cannot build on it keeps whole.
        let other = self::history(folder.path());
        let number = record(&other, &large("other"));
        assert!(size(number) > LARGE as u64);
        assert_eq!(record(&other, &large("one more")), number + 1);
        assert!(history.get(number + 1).unwrap().file == large("one more").as_bytes());
    }

    #[test]
    fn a_revision_goes_with_those_that_build_on_it_and_a_good_one_keeps_what_it_builds_on() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        for n in 0..5 {
            record(&history, &large(&n.to_string()));
        }
        history.mark_good(3).unwrap();
        for n in 0..KEPT {
            record(&history, &format!("[server]\nname = {n}\n"));
        }
        let numbers = numbers(&history);
        assert_eq!((numbers.len(), &numbers[..6]), (KEPT, &[1, 2, 3, 4, 5, 11][..]));
        assert!(history.get(3).unwrap().file == large("2").as_bytes());
    }

    #[test]
    fn a_revision_whose_base_is_broken_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(folder.path());
        record(&history, &large("a"));
        record(&history, &large("b"));
        fs::copy(history.path(2), history.path(1)).unwrap();
        assert!(matches!(history.get(2), Err(HistoryError::Broken { number: 2, .. })));
        fs::remove_file(history.path(1)).unwrap();
        assert!(matches!(history.get(2), Err(HistoryError::Broken { number: 2, .. })));
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
