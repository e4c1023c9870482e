//! Watches the files of the configuration.
//!
//! The files are the truth: what they hold is compared, twice; of large ones what the file system says of them. What the
//! kernel tells of the folder only makes the look come sooner, because it tells nothing of network file systems.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use tokio::sync::mpsc;

/// How often the files are looked at, whatever the kernel tells.
const LOOK: Duration = Duration::from_secs(1);
/// Two reads with this time between them must be the same: somebody may still be writing.
const SETTLED: Duration = Duration::from_millis(300);

/// What is watched. Looking may wait for the disk.
pub(crate) trait Watched: Send + 'static {
    /// What is cheap to look at and differs when the files may.
    type Sign: PartialEq + Send;
    /// What the files hold, as far as it is worth a look.
    type Content: PartialEq;

    fn sign(&self) -> Self::Sign;
    fn read(&self) -> Self::Content;
}

/// Watches, on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(super) struct Watch(mpsc::Receiver<()>);

impl Watch {
    /// `folder` is where the files are; `known` is the sign of what has been read of them before.
    pub(super) fn start<W: Watched>(folder: &Path, watched: W, known: W::Sign) -> io::Result<Self> {
        let (changed, receiver) = mpsc::channel(1);
        let bell = bell(folder);
        thread::Builder::new()
            .name("configuration".into())
            .spawn(move || watch(&watched, known, bell.as_ref(), &changed))?;
        Ok(Self(receiver))
    }

    /// Completes when the files hold something else, and have for a moment. Pending for ever when nobody watches.
    pub(super) async fn changed(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

fn watch<W: Watched>(watched: &W, mut known: W::Sign, bell: Option<&OwnedFd>, changed: &mpsc::Sender<()>) {
    while !changed.is_closed() {
        wait(bell);
        if watched.sign() == known {
            continue;
        }
        known = settle(watched);
        if changed.blocking_send(()).is_err() {
            return;
        }
    }
}

/// Until two reads are the same. Returns the sign of what they read.
fn settle<W: Watched>(watched: &W) -> W::Sign {
    let mut before = watched.read();
    loop {
        let sign = watched.sign();
        thread::sleep(SETTLED);
        let now = watched.read();
        if now == before {
            return sign;
        }
        before = now;
    }
}

/// What rings when the kernel tells of a change in a folder, where it can.
fn bell(folder: &Path) -> Option<OwnedFd> {
    let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let flags = WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MODIFY
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO;
    add_watch(&inotify, folder, flags).ok()?;
    Some(inotify)
}

fn wait(bell: Option<&OwnedFd>) {
    let Some(bell) = bell else { return thread::sleep(LOOK) };
    let limit = Timespec::try_from(LOOK).ok();
    if !matches!(poll(&mut [PollFd::new(bell, PollFlags::IN)], limit.as_ref()), Ok(n) if n > 0) {
        return;
    }
    // What is told is of no interest, only that something is.
    let mut told = [0; 4096];
    while rustix::io::read(bell, &mut told).is_ok_and(|n| n > 0) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::timeout;

    struct File(PathBuf);

    impl Watched for File {
        type Sign = Option<(u64, i64, i64)>;
        type Content = Option<Vec<u8>>;

        fn sign(&self) -> Self::Sign {
            use std::os::unix::fs::MetadataExt;
            fs::metadata(&self.0).ok().map(|m| (m.ino(), m.ctime(), m.ctime_nsec()))
        }

        fn read(&self) -> Self::Content {
            fs::read(&self.0).ok()
        }
    }

    fn watch(folder: &Path) -> Watch {
        let file = File(folder.join("server.ini"));
        let known = file.sign();
        Watch::start(folder, file, known).unwrap()
    }

    async fn is_told(watch: &mut Watch) -> bool {
        timeout(Duration::from_secs(10), watch.changed()).await.is_ok()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_change_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.ini"), "one").unwrap();
        let mut watch = watch(folder.path());
        assert!(timeout(Duration::from_secs(2), watch.changed()).await.is_err(), "nothing has changed");
        fs::write(folder.path().join("server.ini"), "two").unwrap();
        assert!(is_told(&mut watch).await);
        assert!(timeout(Duration::from_secs(2), watch.changed()).await.is_err(), "told once");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_change_between_the_first_look_and_the_watch_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = File(folder.path().join("server.ini"));
        fs::write(&file.0, "one").unwrap();
        let known = file.sign();
        fs::write(&file.0, "another").unwrap();
        let mut watch = Watch::start(folder.path(), file, known).unwrap();
        assert!(is_told(&mut watch).await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_that_is_still_written_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.ini");
        fs::write(&path, "").unwrap();
        let mut watch = watch(folder.path());
        let writes = Arc::new(AtomicUsize::new(0));
        let written = writes.clone();
        tokio::spawn(async move {
            for n in 1..=10 {
                fs::write(&path, "x".repeat(n)).unwrap();
                written.store(n, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        assert!(is_told(&mut watch).await);
        assert_eq!(writes.load(Ordering::SeqCst), 10, "it was told while it was being written");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_swapped_by_a_link_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        for (name, text) in [("one", "1"), ("two", "2")] {
            fs::create_dir(inside(name)).unwrap();
            fs::write(inside(name).join("server.ini"), text).unwrap();
        }
        std::os::unix::fs::symlink("one", inside("..data")).unwrap();
        std::os::unix::fs::symlink("..data/server.ini", inside("server.ini")).unwrap();
        let mut watch = watch(folder.path());
        std::os::unix::fs::symlink("two", inside("..next")).unwrap();
        fs::rename(inside("..next"), inside("..data")).unwrap();
        assert!(is_told(&mut watch).await);
    }
}
