//! When a log file is put aside, under which name, and which old ones go.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use causeway_config::value::{RotateCount, RotateOn};
use causeway_core::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::time::{Form, Times};

/// The times at which a file is put aside, followed second by second: a step of the clock or a change of the
/// offset neither skips one nor repeats one.
#[derive(Debug)]
pub(super) struct Schedule {
    on: RotateOn,
    /// The last of those times that has passed, on a clock on the wall.
    passed: Option<DateTime>,
    looked: Timestamp,
}

impl Schedule {
    pub(super) fn new(on: RotateOn, now: Timestamp, times: &mut Times) -> Self {
        Self { on, passed: last_before(on, times.local(now)), looked: now }
    }

    pub(super) fn is_set(&self) -> bool {
        self.on != RotateOn::Never
    }

    /// Whether one of the times has passed since the last question.
    pub(super) fn is_due(&mut self, now: Timestamp, times: &mut Times) -> bool {
        let last = last_before(self.on, times.local(now));
        let stepped_back = now < self.looked;
        self.looked = now;
        if stepped_back {
            self.passed = last;
            return false;
        }
        // Where summer time ends the wall shows an hour twice: only what is later than ever counts.
        let due = last > self.passed;
        self.passed = self.passed.max(last);
        due
    }
}

/// The last moment of the schedule that is not after `local`.
fn last_before(on: RotateOn, local: DateTime) -> Option<DateTime> {
    match on {
        RotateOn::Never => None,
        RotateOn::Daily { hour, minute } => {
            let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()?;
            let today = local.date().to_datetime(time);
            if today <= local { Some(today) } else { today.checked_sub(1.day()).ok() }
        }
        RotateOn::Monthly { day } => {
            let this = day_of_month(local.date(), day)?;
            let date = if this <= local.date() {
                this
            } else {
                day_of_month(local.date().first_of_month().checked_sub(1.day()).ok()?, day)?
            };
            Some(date.to_datetime(Time::midnight()))
        }
    }
}

/// That day of the month of `date`, or the last one if the month is shorter.
fn day_of_month(date: Date, day: u8) -> Option<Date> {
    let day = i8::try_from(day).ok()?.min(date.days_in_month());
    Date::new(date.year(), date.month(), day).ok()
}

/// Puts the file aside under a name with the time in it, before the extension. Where there is such a file already, a
/// number follows the time.
pub(super) fn by_time(
    path: &Path,
    now: Timestamp,
    times: &mut Times,
    count: RotateCount,
) -> io::Result<PathBuf> {
    let mut stamp = String::new();
    times.render(&mut stamp, now, Form::Cwa);
    let stamp = stamp.replace(' ', "_").replace(':', "-");
    let mut n = 0;
    let to = loop {
        let to = path.with_file_name(stamped(path, &Aside { stamp: stamp.clone(), n }));
        match rename_to_new(path, &to) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => n += 1,
            renamed => break renamed.map(|()| to)?,
        }
    };
    if let RotateCount::Newest(keep) = count {
        let mut old = stamped_files(path)?;
        old.sort_unstable();
        let surplus = old.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        for (_, gone) in old.into_iter().take(surplus) {
            fs::remove_file(gone)?;
        }
    }
    Ok(to)
}

fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems cannot do it in one step.
        Err(Errno::INVAL) if to.symlink_metadata().is_ok() => Err(Errno::EXIST.into()),
        Err(Errno::INVAL) => fs::rename(from, to),
        renamed => Ok(renamed?),
    }
}

/// What was put aside at a time, in the order in which it was.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Aside {
    /// `2018-07-30_15-17-10`
    stamp: String,
    /// 0 for the first.
    n: u32,
}

impl Aside {
    /// Reads what follows the stem: `.2018-07-30_15-17-10.log` or `.2018-07-30_15-17-10-1.log`.
    fn parse(rest: &str) -> Option<Self> {
        let (stamp, rest) = rest.strip_prefix('.')?.split_at_checked(STAMP.len())?;
        let is_stamp = stamp.bytes().zip(STAMP.bytes()).all(|(b, form)| match form {
            b'd' => b.is_ascii_digit(),
            sign => b == sign,
        });
        let n = match rest.strip_prefix('-') {
            None => 0,
            Some(rest) => rest.split('.').next()?.parse().ok()?,
        };
        is_stamp.then(|| Self { stamp: stamp.to_owned(), n })
    }
}

const STAMP: &str = "dddd-dd-dd_dd-dd-dd";

/// Puts the file aside as `NAME.1`; what had that name becomes `NAME.2`, and so on.
pub(super) fn by_number(path: &Path, count: RotateCount) -> io::Result<PathBuf> {
    let numbered = |n: u32| {
        let mut name = path.file_name().map(OsString::from).unwrap_or_default();
        name.push(format!(".{n}"));
        path.with_file_name(name)
    };
    let keep = match count {
        RotateCount::Newest(n) => n.max(1),
        RotateCount::All | RotateCount::Truncate => u32::MAX,
    };
    let mut free = 1;
    while free < keep && numbered(free).exists() {
        free += 1;
    }
    for n in (1..free).rev() {
        fs::rename(numbered(n), numbered(n + 1))?;
    }
    fs::rename(path, numbered(1))?;
    Ok(numbered(1))
}

fn stamped(path: &Path, aside: &Aside) -> OsString {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(".");
    name.push(&aside.stamp);
    if aside.n > 0 {
        name.push(format!("-{}", aside.n));
    }
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    name
}

/// The files beside `path` whose names [`by_time`] gave.
fn stamped_files(path: &Path) -> io::Result<Vec<(Aside, PathBuf)>> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut out = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?.path();
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let aside = name.strip_prefix(&stem).and_then(Aside::parse);
        if let Some(aside) = aside.filter(|a| entry.file_name() == Some(&stamped(path, a))) {
            out.push((aside, entry));
        }
    }
    Ok(out)
}
