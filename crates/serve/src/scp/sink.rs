//! `scp -t`: the client sends.

mod folders;

use std::sync::Arc;

use causeway_core::{Clock, Monotonic, Name, VPath};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{File, Fs, FsError, How, Kind, SetAttributes, Stamp};
use causeway_ssh::connection::ChannelId;
use causeway_ssh::scp::{Command, Control, ControlError, Incoming, Item, Target, Times};
use causeway_ssh::sftp::{Handle, Status, WriteHead};

use super::expand::Budget;
use super::{Talk, expand, words};
use crate::channel::open_file::{Mode, OpenFile, open_failed};
use crate::channel::writes::{Due, Ledger, Writes};
use crate::channel::{ChannelError, Place, Stop, Work};

/// The one file that is open has this handle.
const HANDLE: Handle = Handle(0);

/// Files on their way in.
#[derive(Debug)]
pub(super) struct Sink {
    recursive: bool,
    preserve: bool,
    /// The target must be a folder.
    folder: bool,
    /// Where everything goes, until it has been looked at.
    target: Option<Target>,
    base: Base,
    /// The folders that the client is in, below the base.
    levels: Vec<Level>,
    /// The times of what comes next.
    times: Option<Times>,
    incoming: Incoming,
    pub(super) writes: Writes,
    current: Option<Current>,
    /// The file has come whole: this is what the client says of it.
    verdict: Option<bool>,
}

/// Where everything goes.
#[derive(Debug)]
struct Base {
    path: VPath,
    /// It is a folder, and what is sent goes into it; else it is the name of what is sent, as far as we know.
    is_folder: bool,
}

/// A folder that is being sent.
#[derive(Debug)]
struct Level {
    path: VPath,
    /// What it gets when it is complete.
    set: SetAttributes,
}

/// The file whose content is coming in.
#[derive(Debug)]
struct Current {
    open: OpenFile,
    /// What it gets when it is complete.
    set: SetAttributes,
    failed: Option<FsError>,
}

/// The file as [`Writes`] know it.
struct Books<'a>(&'a mut Option<Current>);

impl Ledger for Books<'_> {
    fn writable(&self, _: Handle) -> Option<Arc<File>> {
        self.0.as_ref().map(|c| c.open.file.clone())
    }

    fn write_failed(&mut self, batch: &mut Batch, _: Handle, at: u64, length: usize, error: &FsError) {
        if let Some(current) = self.0 {
            current.open.write_failed(batch, at, length, error);
            current.failed.get_or_insert(*error);
        }
    }

    fn written(&mut self, _: u32, _: Status) {}
}

impl Sink {
    pub(super) fn new(command: &Command, target: Target, clock: Clock) -> Self {
        Self {
            recursive: command.recursive,
            preserve: command.preserve,
            folder: command.folder,
            target: Some(target),
            base: Base { path: VPath::root(), is_folder: true },
            levels: Vec::new(),
            times: None,
            incoming: Incoming::default(),
            writes: Writes::new(clock),
            current: None,
            verdict: None,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.current.is_some() || !self.writes.is_empty()
    }

    pub(super) fn owed(&self) -> u64 {
        self.incoming.owed()
    }

    pub(super) fn finish_job(&mut self, work: &mut Work<'_>, channel: ChannelId) -> Result<(), ChannelError> {
        self.writes.finish_job(work, &mut Books(&mut self.current));
        self.give_back(work, channel)
    }

    /// Does the writes that wait, before the receive buffer is used again; or says who has to.
    pub(super) fn finish_writes(
        &mut self,
        work: &mut Work<'_>,
        channel: ChannelId,
        alone: bool,
    ) -> Result<Stop, ChannelError> {
        if !self.writes.has_waiting() {
            return Ok(Stop::Idle);
        }
        if !work.may_block {
            match self.writes.due(alone) {
                Due::Here => {}
                Due::Job => return Ok(Stop::Job),
                Due::Elsewhere => return Ok(Stop::Disk),
            }
        }
        self.flush(work);
        self.give_back(work, channel)?;
        Ok(Stop::Idle)
    }

    fn flush(&mut self, work: &mut Work<'_>) {
        self.writes.flush(work, &mut Books(&mut self.current));
    }

    /// Returns to the client's window what the writes have taken since.
    fn give_back(&mut self, work: &mut Work<'_>, channel: ChannelId) -> Result<(), ChannelError> {
        let bytes = self.writes.take_done();
        Ok(work.wire.worked_on(work.tx, channel, bytes)?)
    }

    /// Works on input from `at` on.
    pub(super) fn take(
        &mut self,
        work: &mut Work<'_>,
        talk: &mut Talk,
        channel: ChannelId,
        (input, place, eof): (&[u8], Place, bool),
        at: &mut usize,
    ) -> Result<Stop, ChannelError> {
        let mut given_back = 0;
        let stop = loop {
            if talk.over {
                break Stop::Idle;
            }
            if !talk.outbox.send(work, channel)? {
                break Stop::Output;
            }
            // On a thread that others share, neither a write at work nor a disk that takes its time is waited for.
            let job = self.writes.has_running_job();
            let held = if work.may_block {
                None
            } else if job {
                Some(Stop::Job)
            } else {
                self.writes.is_slow().then_some(Stop::Disk)
            };
            if self.verdict.is_some() {
                if let Some(stop) = held
                    && (job || self.writes.has_waiting())
                {
                    break stop;
                }
                self.end_file(work, talk);
                continue;
            }
            if let Some(target) = self.target.take_if(|target| work.may_block || !target.is_pattern()) {
                self.begin(work, talk, &target);
                continue;
            }
            if self.target.is_some() {
                // Looking for names may take its time.
                break Stop::Disk;
            }
            if let Some(stop) = held
                && place == Place::Passing
                && self.incoming.is_within_file()
                && *at < input.len()
            {
                break stop;
            }
            match self.incoming.next(input, at) {
                Item::NeedMore => {
                    if eof && self.incoming.end() {
                        self.writes.end(&mut Books(&mut self.current));
                        self.verdict = Some(true);
                        continue;
                    }
                    if eof {
                        self.end(talk);
                    }
                    break Stop::Idle;
                }
                Item::Data(range) => match place {
                    Place::Received(base) => {
                        // Given back when the disk has it.
                        given_back += range.len();
                        let books = Books(&mut self.current);
                        self.writes.add(&books, base + range.start..base + range.end);
                    }
                    Place::Passing => {
                        let bytes = input.get(range).unwrap_or_default();
                        self.writes.write_now(work, &mut Books(&mut self.current), bytes);
                    }
                },
                Item::FileEnd { good } => {
                    self.writes.end(&mut Books(&mut self.current));
                    self.verdict = Some(good);
                }
                Item::Control(control) => self.control(work, talk, control),
                Item::Broken(error) => talk.give_up(error.to_string().as_bytes()),
            }
        };
        work.wire.worked_on(work.tx, channel, at.saturating_sub(given_back))?;
        self.give_back(work, channel)?;
        Ok(stop)
    }

    /// Looks at where everything is to go, and tells the client to begin.
    fn begin(&mut self, work: &mut Work<'_>, talk: &mut Talk, target: &Target) {
        let paths = expand::all(&talk.fs, work.batch, target, &talk.account.name, &mut Budget::default());
        let path = match paths.as_deref() {
            Ok([path]) => path.clone(),
            Ok(_) => return talk.give_up(b"ambiguous target"),
            Err(error) => {
                return talk.give_up(&[target.path(), b": ", error.to_string().as_bytes()].concat());
            }
        };
        let kind = talk.fs.known_kind(work.batch, &path);
        let is_folder = match kind {
            Some(kind) => kind == Kind::Folder,
            // Whether it is one will be seen.
            None => path.is_root() || self.folder || target.means_folder(),
        };
        if !is_folder && (self.folder || target.means_folder()) {
            return talk.give_up(&[target.path(), b": Not a directory"].concat());
        }
        self.base = Base { path, is_folder };
        talk.ok();
    }

    /// The client will send nothing more.
    fn end(&mut self, talk: &mut Talk) {
        if self.incoming.is_within_file() || !self.levels.is_empty() {
            talk.note(b"the client broke off");
        }
        talk.over = true;
    }

    fn control(&mut self, work: &mut Work<'_>, talk: &mut Talk, control: Control) {
        match control {
            Control::Times(times) => {
                self.times = Some(times);
                talk.ok();
            }
            Control::File { mode, size, name } => self.begin_file(work, talk, mode, size, &name),
            Control::Folder { .. } if !self.recursive => {
                talk.give_up(b"protocol error: received directory without -r");
            }
            Control::Folder { mode, name } => self.begin_folder(work, talk, mode, &name),
            Control::End => match self.levels.pop() {
                Some(level) => self.end_folder(work, talk, &level),
                None => talk.give_up(ControlError::Unknown.to_string().as_bytes()),
            },
            // It goes on with what comes next.
            Control::Warning(text) => talk.note(&text),
            Control::Fatal(text) => {
                talk.note(&text);
                talk.over = true;
            }
        }
    }

    /// Where something of that name goes.
    fn place_of(&self, name: &Name) -> Result<VPath, FsError> {
        let folder = match self.levels.last() {
            Some(level) => &level.path,
            None if self.base.is_folder => &self.base.path,
            None => return Ok(self.base.path.clone()),
        };
        folder.join(name).map_err(|_| FsError::NameInvalid)
    }

    fn begin_file(&mut self, work: &mut Work<'_>, talk: &mut Talk, mode: u32, size: u64, name: &Name) {
        let set = self.what_to_set(mode);
        let ignores = talk.account.ignore_create_permissions;
        let how = How { mode: (!ignores).then_some(mode & 0o777), ..How::upload() };
        let mut opened = self.open(work, talk, name, &how);
        if matches!(opened, Err((_, FsError::IsFolder))) && self.levels.is_empty() && !self.base.is_folder {
            // Its user may not look at it, but knows now what it is.
            self.base.is_folder = true;
            opened = self.open(work, talk, name, &how);
        }
        match opened {
            Ok((file, path)) => {
                let open = OpenFile::begin(work.batch, file, path, Mode::Writing, work.now);
                self.current = Some(Current { open, set, failed: None });
                let head = WriteHead { id: 0, handle: Ok(HANDLE), offset: 0, length: 0 };
                self.writes.begin(work, &mut Books(&mut self.current), head);
                self.incoming.take_file(size);
                talk.ok();
            }
            Err((path, error)) => {
                open_failed(work.batch, &path, Mode::Writing, error.to_string());
                talk.warn_of(&path, &words::of(&error));
            }
        }
    }

    /// The error comes with the path.
    fn open(
        &mut self,
        work: &mut Work<'_>,
        talk: &Talk,
        name: &Name,
        how: &How,
    ) -> Result<(File, VPath), (Vec<u8>, FsError)> {
        let path = self.place_of(name).map_err(|e| (name.as_bytes().to_vec(), e))?;
        match talk.fs.open(work.batch, &path, how) {
            Ok(file) => Ok((file, path)),
            Err(error) => Err((path.as_bytes().to_vec(), error)),
        }
    }

    /// What the client wants set on what it announces, once that is complete.
    fn what_to_set(&mut self, mode: u32) -> SetAttributes {
        let stamp = |(seconds, micros): (u64, u32)| Stamp {
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            nanos: micros.saturating_mul(1000),
        };
        let times = self.times.take();
        SetAttributes {
            size: None,
            mode: self.preserve.then_some(mode & 0o7777),
            accessed: times.map(|t| stamp(t.accessed)),
            modified: times.map(|t| stamp(t.modified)),
        }
    }

    /// All of the file has come and been written.
    fn end_file(&mut self, work: &mut Work<'_>, talk: &mut Talk) {
        self.flush(work);
        let good = self.verdict.take().unwrap_or(false);
        let Some(Current { open, set, failed }) = self.current.take() else { return };
        let path = open.path.as_bytes().to_vec();
        if !good {
            // Its sender could not read it: what came is not the file.
            open.abandon(work.batch, work.now);
            return talk.warn_of(&path, "the sender could not read it");
        }
        let attributes = match failed {
            None if set.beside_size() => self.set_on_file(work, talk, &open, &set),
            _ => Ok(()),
        };
        let closed = open.close(&talk.fs, work.batch, work.now);
        match failed.map_or(closed, Err) {
            Err(error) => talk.warn_of(&path, &words::of(&error)),
            Ok(()) => match attributes {
                Err(error) => talk.warn_of(&path, &format!("set times or mode: {}", words::of(&error))),
                Ok(()) => talk.ok(),
            },
        }
    }

    fn set_on_file(
        &self,
        work: &mut Work<'_>,
        talk: &Talk,
        open: &OpenFile,
        set: &SetAttributes,
    ) -> Result<(), FsError> {
        if talk.account.ignore_create_permissions {
            work.batch.emit(ids::SSH_SET_HANDLE_ATTRIBUTES_IGNORED).with("path", &open.file.stored_path());
            return Ok(());
        }
        let result = open.file.set_attributes(work.batch, set);
        folders::report_set(work.batch, &open.file.stored_path(), set, &result);
        result
    }

    /// The user may do something else now: what is open is judged again.
    pub(super) fn renew(&mut self, fs: &Fs, batch: &mut Batch) {
        if let Some(current) = &self.current {
            // Its refusal is told by the review, and by the next write.
            let _ = fs.review(batch, &current.open.file);
        }
    }

    pub(super) fn abandon(mut self, batch: &mut Batch, now: Monotonic) {
        self.writes.end_job(batch, &mut Books(&mut self.current));
        // What waits in the receive buffer holds the file as well.
        drop(self.writes);
        if let Some(current) = self.current {
            current.open.abandon(batch, now);
        }
    }
}
