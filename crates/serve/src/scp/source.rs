//! `scp -f`: the client receives.

mod sending;

use std::collections::VecDeque;
use std::sync::Arc;

use causeway_core::{Monotonic, VPath};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{Attributes, Fs, FsError, How, Kind, Listing};
use causeway_ssh::connection::ChannelId;
use causeway_ssh::scp::{Answer, Answers, Command, Target, say};

use super::expand::Budget;
use super::{DEPTH_MAX, Talk, expand, words};
use crate::channel::open_file::{Mode, OpenFile, open_failed};
use crate::channel::{ChannelError, Stop, Work};
use sending::Sending;

/// Links to folders within each other that are followed: they may lead in circles.
const LINKS_MAX: usize = 8;
/// Words that wait before they are sent.
const WORTH_A_PACKET: usize = 16 * 1024;

/// Files on their way out.
#[derive(Debug)]
pub(super) struct Source {
    recursive: bool,
    preserve: bool,
    answers: Answers,
    /// What was asked for and not looked for yet.
    targets: VecDeque<Target>,
    budget: Budget,
    /// What was found and not sent yet.
    found: VecDeque<VPath>,
    /// The folders that the client is in.
    folders: Vec<Folder>,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// The client has to answer.
    Await(After),
    /// Something else can be sent.
    Next,
    Send(Sending),
}

/// What comes after an answer.
#[derive(Debug)]
enum After {
    /// The client's sign to begin, or the answer to the end of a folder.
    Next,
    /// Times were announced, of what is announced now.
    Announce(Thing),
    /// A file or folder was announced.
    Enter(Thing),
    /// A file was sent.
    Close(Sending),
}

/// What is to be sent.
#[derive(Debug)]
enum Thing {
    File { open: OpenFile, attributes: Attributes, name: Vec<u8> },
    Folder { folder: Box<Folder>, attributes: Attributes, name: Vec<u8> },
}

#[derive(Debug)]
struct Folder {
    path: VPath,
    listing: Listing,
    /// Links that were followed to it.
    links: usize,
}

impl Source {
    pub(super) fn new(command: &Command, targets: Vec<Target>) -> Self {
        Self {
            recursive: command.recursive,
            preserve: command.preserve,
            answers: Answers::default(),
            targets: targets.into(),
            budget: Budget::default(),
            found: VecDeque::new(),
            folders: Vec::new(),
            step: Step::Await(After::Next),
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.step, Step::Next | Step::Await(After::Next))
    }

    pub(super) fn is_sending(&self) -> bool {
        matches!(self.step, Step::Send(_))
    }

    /// Goes on as far as answers, disk and output let it.
    pub(super) fn pump(
        &mut self,
        work: &mut Work<'_>,
        talk: &mut Talk,
        channel: ChannelId,
        (input, eof): (&[u8], bool),
        at: &mut usize,
    ) -> Result<Stop, ChannelError> {
        let stop = loop {
            if talk.over {
                break Stop::Idle;
            }
            // Words stand before what comes next; many may leave at once.
            let quiet = matches!(self.step, Step::Next) && talk.outbox.len() < WORTH_A_PACKET;
            if !quiet && !talk.outbox.send(work, channel)? {
                break Stop::Output;
            }
            match std::mem::replace(&mut self.step, Step::Next) {
                Step::Await(after) => match self.answers.next(input, at) {
                    Some(answer) => self.answered(work, talk, answer, after),
                    None => {
                        self.step = Step::Await(after);
                        if eof {
                            talk.note(b"the client broke off");
                            talk.over = true;
                        }
                        break Stop::Idle;
                    }
                },
                Step::Next => {
                    if let Some(stop) = self.next(work, talk) {
                        break stop;
                    }
                }
                Step::Send(mut sending) => {
                    let stop = sending.pump(work, channel)?;
                    self.step = Step::Send(sending);
                    match stop {
                        Some(stop) => break stop,
                        None => self.sent(talk),
                    }
                }
            }
        };
        work.wire.worked_on(work.tx, channel, *at)?;
        Ok(stop)
    }

    fn answered(&mut self, work: &mut Work<'_>, talk: &mut Talk, answer: Answer, after: After) {
        match answer {
            Answer::Ok => self.step = self.go_on(work, talk, after),
            Answer::Warning(text) => {
                talk.note(&text);
                after.refused(work);
                self.step = Step::Next;
            }
            Answer::Fatal(text) => {
                talk.note(&text);
                after.refused(work);
                talk.over = true;
            }
        }
    }

    fn go_on(&mut self, work: &mut Work<'_>, talk: &mut Talk, after: After) -> Step {
        match after {
            After::Next => Step::Next,
            After::Announce(thing) => {
                let out = talk.outbox.bytes();
                match &thing {
                    Thing::File { attributes, name, .. } => {
                        say::file(out, attributes.mode, attributes.size, name)
                    }
                    Thing::Folder { attributes, name, .. } => say::folder(out, attributes.mode, name),
                }
                Step::Await(After::Enter(thing))
            }
            After::Enter(Thing::File { open, attributes, .. }) => {
                Step::Send(Sending::new(open, attributes.size))
            }
            After::Enter(Thing::Folder { folder, .. }) => {
                self.folders.push(*folder);
                Step::Next
            }
            After::Close(Sending { open, failed, .. }) => {
                match failed {
                    None => {
                        if let Err(error) = open.close(&talk.fs, work.batch, work.now) {
                            talk.note(error.to_string().as_bytes());
                        }
                    }
                    Some(_) => open.abandon(work.batch, work.now),
                }
                Step::Next
            }
        }
    }

    /// Finds what is to be sent next. Some: nothing can be done now.
    fn next(&mut self, work: &mut Work<'_>, talk: &mut Talk) -> Option<Stop> {
        if let Some(folder) = self.folders.last_mut() {
            match folder.listing.next(&talk.fs, work.batch) {
                Ok(Some(entry)) => match folder.path.join(&entry.name) {
                    Ok(path) => {
                        let links = folder.links + usize::from(entry.attributes.kind == Kind::Link);
                        self.offer(work, talk, path, links);
                    }
                    Err(_) => talk.warn_of(entry.name.as_bytes(), "File name too long"),
                },
                Ok(None) => {
                    work.batch.emit(ids::SSH_LISTED).with("path", &folder.path);
                    self.leave(talk);
                }
                Err(error) => {
                    list_failed(work.batch, &folder.path, &error);
                    talk.warn_of(folder.path.as_bytes(), &words::of(&error));
                    self.leave(talk);
                }
            }
        } else if let Some(path) = self.found.pop_front() {
            self.offer(work, talk, path, 0);
        } else if let Some(target) = self.targets.pop_front() {
            if target.is_pattern() && !work.may_block {
                // Looking for names may take its time.
                self.targets.push_front(target);
                return Some(Stop::Disk);
            }
            let budget = &mut self.budget;
            match expand::all(&talk.fs, work.batch, &target, &talk.account.name, budget) {
                Ok(paths) => self.found = paths.into(),
                Err(error) => talk.warn_of(target.path(), &error.to_string()),
            }
            // What was looked at is recorded before the next pattern, and calls from outside are heeded.
            return target.is_pattern().then_some(Stop::Disk);
        } else {
            talk.over = true;
        }
        None
    }

    fn leave(&mut self, talk: &mut Talk) {
        self.folders.pop();
        say::end(talk.outbox.bytes());
        self.step = Step::Await(After::Next);
    }

    /// Announces a file or folder, or says why not.
    fn offer(&mut self, work: &mut Work<'_>, talk: &mut Talk, path: VPath, links: usize) {
        let name = match path.file_name_bytes() {
            // The home has no name of its own that a client would take.
            b"" => talk.account.name.as_bytes(),
            name => name,
        };
        if !say::can_announce(name) {
            return talk.warn_of(path.as_bytes(), "a name with a line break cannot be sent");
        }
        let name = name.to_vec();
        let is_folder = self.recursive && talk.fs.known_kind(work.batch, &path) == Some(Kind::Folder);
        let thing = if is_folder {
            self.open_folder(work, talk, &path, links).map(|(folder, attributes)| Thing::Folder {
                folder: Box::new(folder),
                attributes,
                name,
            })
        } else {
            open_file(work, talk, &path).map(|(open, attributes)| Thing::File { open, attributes, name })
        };
        let thing = match thing {
            Ok(thing) => thing,
            Err(FsError::IsFolder) => return talk.warn_of(path.as_bytes(), words::NOT_REGULAR),
            Err(error) => return talk.warn_of(path.as_bytes(), &words::of(&error)),
        };
        self.step = if self.preserve {
            let (Thing::File { attributes, .. } | Thing::Folder { attributes, .. }) = &thing;
            let (modified, accessed) = (attributes.modified.seconds, attributes.accessed.seconds);
            say::times(talk.outbox.bytes(), modified, accessed);
            Step::Await(After::Announce(thing))
        } else {
            self.go_on(work, talk, After::Announce(thing))
        };
    }

    fn open_folder(
        &mut self,
        work: &mut Work<'_>,
        talk: &Talk,
        path: &VPath,
        links: usize,
    ) -> Result<(Folder, Attributes), FsError> {
        if links > LINKS_MAX {
            return Err(FsError::Loop);
        }
        if self.folders.len() >= DEPTH_MAX {
            return Err(FsError::NameInvalid);
        }
        work.batch.emit(ids::SSH_LIST_REQUESTED).with("path", path);
        let opened = talk.fs.list(work.batch, path);
        let opened = opened.and_then(|listing| Ok((listing, talk.fs.stat(work.batch, path)?)));
        match opened {
            Ok((listing, attributes)) => Ok((Folder { path: path.clone(), listing, links }, attributes)),
            Err(error) => {
                list_failed(work.batch, path, &error);
                Err(error)
            }
        }
    }

    /// All of a file was sent.
    fn sent(&mut self, talk: &mut Talk) {
        let Step::Send(sending) = std::mem::replace(&mut self.step, Step::Next) else { return };
        match &sending.failed {
            None => talk.ok(),
            Some(text) => {
                let text = text.clone();
                talk.warn_of(sending.open.path.as_bytes(), &text);
                if sending.left > 0 {
                    // Too much is missing to fill it up: the client cannot know where it is.
                    talk.over = true;
                }
            }
        }
        self.step = Step::Await(After::Close(sending));
    }

    /// The user may do something else now: what is open is judged again.
    pub(super) fn renew(&mut self, before: &Fs, fs: &Arc<Fs>, batch: &mut Batch) {
        for folder in &mut self.folders {
            fs.review_listing(before, batch, &folder.path, &mut folder.listing);
        }
        let open = match &mut self.step {
            Step::Send(sending) | Step::Await(After::Close(sending)) => &sending.open,
            Step::Await(After::Announce(thing) | After::Enter(thing)) => match thing {
                Thing::File { open, .. } => open,
                Thing::Folder { folder, .. } => {
                    return fs.review_listing(before, batch, &folder.path, &mut folder.listing);
                }
            },
            Step::Next | Step::Await(After::Next) => return,
        };
        // Its refusal is told by the review, and by the next read.
        let _ = fs.review(batch, &open.file);
    }

    pub(super) fn abandon(self, batch: &mut Batch, now: Monotonic) {
        match self.step {
            Step::Send(sending) | Step::Await(After::Close(sending)) => sending.open.abandon(batch, now),
            Step::Await(
                After::Announce(Thing::File { open, .. }) | After::Enter(Thing::File { open, .. }),
            ) => {
                open.abandon(batch, now);
            }
            Step::Await(_) | Step::Next => {}
        }
    }
}

impl After {
    /// The client does not want it.
    fn refused(self, work: &mut Work<'_>) {
        match self {
            After::Announce(Thing::File { open, .. }) | After::Enter(Thing::File { open, .. }) => {
                open.abandon(work.batch, work.now);
            }
            After::Close(sending) => sending.open.abandon(work.batch, work.now),
            After::Next | After::Announce(_) | After::Enter(_) => {}
        }
    }
}

fn open_file(work: &mut Work<'_>, talk: &Talk, path: &VPath) -> Result<(OpenFile, Attributes), FsError> {
    let opened = talk.fs.open(work.batch, path, &How::read());
    match opened.and_then(|file| file.attributes().map(|a| (file, a))) {
        Ok((file, attributes)) => {
            Ok((OpenFile::begin(work.batch, file, path.clone(), Mode::Reading, work.now), attributes))
        }
        Err(error) => {
            open_failed(work.batch, path.as_bytes(), Mode::Reading, error.to_string());
            Err(error)
        }
    }
}

fn list_failed(batch: &mut Batch, path: &VPath, error: &FsError) {
    batch.emit(ids::SSH_LIST_FAILED).with("path", path).with("details", error.to_string());
}
