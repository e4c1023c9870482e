//! Folders that the client sends.

use causeway_core::{Name, VPath};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{FsError, Kind, Last, SetAttributes};

use super::{Level, Sink};
use crate::channel::Work;
use crate::scp::{DEPTH_MAX, Talk, words};

impl Sink {
    pub(super) fn begin_folder(&mut self, work: &mut Work<'_>, talk: &mut Talk, mode: u32, name: &Name) {
        let set = self.what_to_set(mode);
        if self.levels.len() >= DEPTH_MAX {
            return talk.give_up(b"folders too deep");
        }
        match self.enter(work, talk, mode, name) {
            Ok(path) => {
                self.levels.push(Level { path, set });
                talk.ok();
            }
            Err((path, error)) => talk.warn_of(&path, &words::of(&error)),
        }
    }

    /// Makes a folder, if it is not there.
    fn enter(
        &mut self,
        work: &mut Work<'_>,
        talk: &Talk,
        mode: u32,
        name: &Name,
    ) -> Result<VPath, (Vec<u8>, FsError)> {
        let path = self.place_of(name).map_err(|e| (name.as_bytes().to_vec(), e))?;
        let failed = |path: &VPath, error| (path.as_bytes().to_vec(), error);
        match talk.fs.known_kind(work.batch, &path) {
            Some(Kind::Folder) => return Ok(path),
            Some(_) => return Err(failed(&path, FsError::NotFolder)),
            None => {}
        }
        // Its own members must get in.
        let mode = (!talk.account.ignore_create_permissions).then_some(mode & 0o777 | 0o700);
        match talk.fs.mkdir(work.batch, &path, mode) {
            Ok(()) => {
                work.batch.emit(ids::SSH_FOLDER_CREATED).with("path", &path);
                Ok(path)
            }
            // Its user may not look at it; if it is no folder, its members will fail.
            Err(FsError::Exists) if self.levels.is_empty() && !self.base.is_folder => {
                self.base.is_folder = true;
                self.enter(work, talk, mode.unwrap_or(0o777), name)
            }
            Err(FsError::Exists) => Ok(path),
            Err(error) => {
                work.batch
                    .emit(ids::SSH_FOLDER_CREATE_FAILED)
                    .with("path", &path)
                    .with("details", error.to_string());
                Err(failed(&path, error))
            }
        }
    }

    pub(super) fn end_folder(&mut self, work: &mut Work<'_>, talk: &mut Talk, level: &Level) {
        if !level.set.beside_size() {
            return talk.ok();
        }
        if talk.account.ignore_create_permissions {
            work.batch.emit(ids::SSH_SET_HANDLE_ATTRIBUTES_IGNORED).with("path", &level.path);
            return talk.ok();
        }
        let result = talk.fs.set_attributes(work.batch, &level.path, &level.set, Last::Follow);
        report_set(work.batch, &level.path, &level.set, &result);
        match result {
            Ok(()) => talk.ok(),
            Err(error) => {
                talk.warn_of(level.path.as_bytes(), &format!("set times or mode: {}", words::of(&error)));
            }
        }
    }
}

/// Tells that attributes were set, or not.
pub(super) fn report_set(batch: &mut Batch, path: &VPath, set: &SetAttributes, result: &Result<(), FsError>) {
    let names = match (set.mode.is_some(), set.modified.is_some()) {
        (true, true) => "permissions, times",
        (true, false) => "permissions",
        (false, _) => "times",
    };
    let event = if result.is_ok() { ids::SSH_ATTRIBUTES_SET } else { ids::SSH_SET_ATTRIBUTES_FAILED };
    let entry = batch.emit(event).with("path", path).with("attributes", names);
    if let Err(error) = result {
        entry.with("details", error.to_string());
    }
}
