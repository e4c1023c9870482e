//! Whatever is done, the disk and the back end in memory agree.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::memory::Memory;
use crate::permit::Last;
use crate::{Attributes, Kind, SetAttributes};

#[derive(Debug, Clone)]
enum Op {
    Mkdir(String),
    Rmdir(String),
    Remove(String),
    Upload(String, String),
    Break(String, String),
    WriteAt(String, u8, String),
    Append(String, String),
    Exclusive(String),
    Read(String),
    Stat(String),
    Lstat(String),
    List(String),
    Rename(String, String, bool),
    HardLink(String, String),
    Symlink(String, String),
    ReadLink(String),
    SetMode(String, bool),
    SetSize(String, u8),
    Open(String),
    WriteOpen(String),
    Close,
}

fn a_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["a", "b", "c"], 1..4)
        .prop_map(|names| format!("/{}", names.join("/")))
}

fn an_op() -> impl Strategy<Value = Op> {
    let p = a_path;
    let text = || "[xyz]{0,6}";
    prop_oneof![
        4 => p().prop_map(Op::Mkdir),
        1 => p().prop_map(Op::Rmdir),
        1 => p().prop_map(Op::Remove),
        4 => (p(), text()).prop_map(|(p, t)| Op::Upload(p, t)),
        1 => (p(), text()).prop_map(|(p, t)| Op::Break(p, t)),
        1 => (p(), 0..9_u8, text()).prop_map(|(p, n, t)| Op::WriteAt(p, n, t)),
        1 => (p(), text()).prop_map(|(p, t)| Op::Append(p, t)),
        1 => p().prop_map(Op::Exclusive),
        1 => p().prop_map(Op::Read),
        1 => p().prop_map(Op::Stat),
        1 => p().prop_map(Op::Lstat),
        1 => p().prop_map(Op::List),
        4 => (p(), p(), any::<bool>()).prop_map(|(a, b, r)| Op::Rename(a, b, r)),
        1 => (p(), p()).prop_map(|(a, b)| Op::HardLink(a, b)),
        3 => (p(), p()).prop_map(|(a, b)| Op::Symlink(a, b)),
        1 => p().prop_map(Op::ReadLink),
        1 => (p(), any::<bool>()).prop_map(|(p, m)| Op::SetMode(p, m)),
        1 => (p(), 0..9_u8).prop_map(|(p, n)| Op::SetSize(p, n)),
        2 => p().prop_map(Op::Open),
        2 => text().prop_map(Op::WriteOpen),
        1 => Just(Op::Close),
    ]
}

/// What both must agree on: sizes and links of folders are the file system's own.
fn shown(a: Attributes) -> String {
    match a.kind {
        Kind::Folder => "folder".to_owned(),
        kind => format!("{kind:?} {} {:o} {}", a.size, a.mode, a.links),
    }
}

struct Side {
    s: Session,
    /// The upload that stays open over other operations.
    open: Option<File>,
}

impl Side {
    fn apply(&mut self, op: &Op) -> Result<String, FsError> {
        let nothing = |()| String::new();
        let s = &mut self.s;
        match op {
            Op::Mkdir(p) => s.fs.mkdir(&mut s.batch, &path(p), None).map(nothing),
            Op::Rmdir(p) => s.fs.rmdir(&mut s.batch, &path(p)).map(nothing),
            Op::Remove(p) => s.fs.remove(&mut s.batch, &path(p)).map(nothing),
            Op::Upload(p, t) => s.upload(p, t).map(nothing),
            Op::Break(p, t) => s.try_open(p, How::upload()).and_then(|f| write(&f, 0, t)).map(nothing),
            Op::WriteAt(p, n, t) => {
                let file = s.try_open(p, resume())?;
                write(&file, u64::from(*n), t)?;
                file.close(&mut s.batch).map(|c| format!("{c:?}"))
            }
            Op::Append(p, t) => {
                let file = s.try_open(p, append())?;
                write(&file, 0, t)?;
                file.close(&mut s.batch).map(|c| format!("{c:?}"))
            }
            Op::Exclusive(p) => s.try_open(p, exclusive())?.close(&mut s.batch).map(|c| format!("{c:?}")),
            Op::Read(p) => s.download(p),
            Op::Stat(p) => s.fs.stat(&mut s.batch, &path(p)).map(shown),
            Op::Lstat(p) => s.fs.lstat(&mut s.batch, &path(p)).map(shown),
            Op::List(p) => s.names(p).map(|n| n.join(" ")),
            Op::Rename(a, b, replace) => s.fs.rename(&mut s.batch, &path(a), &path(b), *replace).map(nothing),
            Op::HardLink(a, b) => s.fs.hard_link(&mut s.batch, &path(a), &path(b)).map(nothing),
            Op::Symlink(a, b) => s.fs.symlink(&mut s.batch, a.as_bytes(), &path(b)).map(nothing),
            Op::ReadLink(p) => s.fs.read_link(&mut s.batch, &path(p)).map(|t| String::from_utf8(t).unwrap()),
            Op::SetMode(p, m) => {
                let set =
                    SetAttributes { mode: Some(if *m { 0o700 } else { 0o755 }), ..SetAttributes::default() };
                s.fs.set_attributes(&mut s.batch, &path(p), &set, Last::Follow).map(nothing)
            }
            Op::SetSize(p, n) => {
                let set = SetAttributes { size: Some(u64::from(*n)), ..SetAttributes::default() };
                s.fs.set_attributes(&mut s.batch, &path(p), &set, Last::Follow).map(nothing)
            }
            Op::Open(p) => {
                self.open = None;
                self.open = Some(s.try_open(p, How::upload())?);
                Ok(String::new())
            }
            Op::WriteOpen(t) => self.open.as_ref().map_or(Ok(()), |f| write(f, 1, t)).map(nothing),
            Op::Close => self
                .open
                .take()
                .map_or(Ok(String::new()), |f| f.close(&mut s.batch).map(|c| format!("{c:?}"))),
        }
    }

    fn tree(&mut self, at: &str, out: &mut Vec<String>) {
        for name in self.s.names(at).unwrap() {
            let member = format!("{}/{name}", at.trim_end_matches('/'));
            let attributes = self.s.fs.lstat(&mut self.s.batch, &path(&member)).unwrap();
            let content = self.s.download(&member).unwrap_or_default();
            out.push(format!("{member} {} {content}", shown(attributes)));
            if attributes.kind == Kind::Folder {
                self.tree(&member, out);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_disk_and_the_memory_back_end_agree(ops in proptest::collection::vec(an_op(), 1..40), atomic: bool) {
        let mut site = Site::open();
        site.terms.atomic_uploads = atomic;
        let memory = Arc::new(Memory::new(site.clock.clone()));
        let fs = Fs::over_backend(Grant::for_test(site.terms.clone()), site.host.clone(), memory);
        let mut disk = Side { s: site.session(), open: None };
        let mut oracle = Side { s: Session { fs, batch: batch(&site.clock) }, open: None };
        for (i, op) in ops.iter().enumerate() {
            if matches!(op, Op::Break(..) | Op::Open(_) | Op::WriteOpen(_)) {
                // What is left of it must be newer than the file it was going to replace.
                site.tick();
            }
            let (a, b) = (disk.apply(op), oracle.apply(op));
            prop_assert_eq!(a, b, "operation {}: {:?} of {:?}", i, op, &ops);
            let (a, b) = (disk.s.events(), oracle.s.events());
            prop_assert_eq!(a, b, "events of operation {}: {:?} of {:?}", i, op, &ops);
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        disk.tree("/", &mut a);
        oracle.tree("/", &mut b);
        prop_assert_eq!(a, b);
    }
}
