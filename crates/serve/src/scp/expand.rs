//! Paths of the command line become paths of files: patterns are matched against the names that the user may list.

use causeway_core::VPath;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{Fs, Kind};
use causeway_ssh::scp::{Component, Glob, Target};

/// Paths that one pattern gives at the most.
const MATCHES: usize = 10_000;
/// Names that are looked at for all patterns of one command.
const LOOKED_AT: usize = 1_000_000;
/// A folder costs as much as so many names: its listing is opened and told.
const FOLDER: usize = 100;

/// Why there are no paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpandError {
    #[error("not a path")]
    NotAPath,
    #[error("no such user")]
    NoSuchUser,
    #[error("too many names match")]
    TooMany,
}

/// What one command may still look at.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(LOOKED_AT)
    }
}

impl Budget {
    fn spend(&mut self, names: usize) -> Result<(), ExpandError> {
        self.0 = self.0.checked_sub(names).ok_or(ExpandError::TooMany)?;
        Ok(())
    }
}

/// The one path that a target without patterns names.
pub(super) fn literal(target: &Target, own: &str) -> Result<VPath, ExpandError> {
    // Only one's own home can be named.
    if target.home_of().is_some_and(|user| !user.is_empty() && user != own.as_bytes()) {
        return Err(ExpandError::NoSuchUser);
    }
    VPath::absolute(target.path()).map_err(|_| ExpandError::NotAPath)
}

/// The paths that a target names, in the order of their bytes; the literal one if its patterns match nothing, as a shell
/// has it. May take its time.
pub(super) fn all(
    fs: &Fs,
    batch: &mut Batch,
    target: &Target,
    own: &str,
    budget: &mut Budget,
) -> Result<Vec<VPath>, ExpandError> {
    let itself = literal(target, own)?;
    if !target.is_pattern() {
        return Ok(vec![itself]);
    }
    let mut search = Search { fs, batch, budget };
    let mut found = vec![VPath::root()];
    let mut matched = false;
    let mut components = target.components().iter().peekable();
    while let Some(component) = components.next() {
        match component {
            Component::Name(name) => {
                let next = found.iter().filter_map(|path| VPath::parse(path, name).ok());
                found = next.collect();
                if matched {
                    search.budget.spend(found.len())?;
                    found.retain(|path| search.fs.known_kind(search.batch, path).is_some());
                }
            }
            Component::Glob(glob) => {
                matched = true;
                let folders_only = components.peek().is_some() || target.means_folder();
                let mut next = Vec::new();
                for folder in &found {
                    search.members(folder, glob, folders_only, &mut next)?;
                }
                found = next;
            }
        }
    }
    found.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok(if found.is_empty() { vec![itself] } else { found })
}

struct Search<'a> {
    fs: &'a Fs,
    batch: &'a mut Batch,
    budget: &'a mut Budget,
}

impl Search<'_> {
    fn members(
        &mut self,
        folder: &VPath,
        glob: &Glob,
        folders_only: bool,
        found: &mut Vec<VPath>,
    ) -> Result<(), ExpandError> {
        self.budget.spend(FOLDER)?;
        self.batch.emit(ids::SSH_LIST_REQUESTED).with("path", folder);
        let mut listing = match self.fs.list(self.batch, folder) {
            Ok(listing) => listing,
            Err(error) => {
                self.failed(folder, &error);
                return Ok(());
            }
        };
        loop {
            let entry = match listing.next(self.fs, self.batch) {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    self.failed(folder, &error);
                    return Ok(());
                }
            };
            self.budget.spend(1)?;
            let may_be_folder = matches!(entry.attributes.kind, Kind::Folder | Kind::Link);
            if glob.matches(entry.name.as_bytes())
                && (may_be_folder || !folders_only)
                && let Ok(path) = folder.join(&entry.name)
            {
                if found.len() >= MATCHES {
                    return Err(ExpandError::TooMany);
                }
                found.push(path);
            }
        }
        self.batch.emit(ids::SSH_LISTED).with("path", folder);
        Ok(())
    }

    fn failed(&mut self, folder: &VPath, error: &causeway_fs::FsError) {
        self.batch.emit(ids::SSH_LIST_FAILED).with("path", folder).with("details", error.to_string());
    }
}
