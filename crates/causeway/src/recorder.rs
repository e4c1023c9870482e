//! The trail, for a process that is not the server: the running server records for it; where none runs, it opens the
//! trail itself.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use causeway_config::files::open_lock;
use causeway_core::{Clock, Event, Monotonic, Random, Uuid};
use causeway_events::spool::{AuditError, Settings, Trail};

use crate::commands::{Failure, failed};
use crate::control::events::pack;
use crate::control::{Answer, CallError, Request, call};
use crate::installation::Installation;

/// Events that are handed over at once.
const AT_ONCE: usize = 512;
/// So often is tried whether a server has come or gone: a restart takes some seconds.
const TRIES: usize = 150;
const PAUSE: Duration = Duration::from_millis(100);
/// A session that is at work has the trail for so long at a time: less than a server that starts waits for it.
const HELD: Duration = Duration::from_secs(4);

/// Where events go.
#[derive(Debug)]
pub(crate) struct Recorder {
    socket: PathBuf,
    audit: PathBuf,
    wanted: PathBuf,
    node: Uuid,
    settings: Settings,
    clock: Clock,
    random: Random,
    /// Ours, while no server has it, and since when.
    trail: Option<(Trail, Monotonic)>,
}

impl Recorder {
    /// # Errors
    /// Nobody could record: who cannot be recorded does nothing.
    pub(crate) fn open(
        installation: &Installation,
        node: Uuid,
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, Failure> {
        let (socket, audit) = (installation.control_socket(), installation.audit());
        let wanted = installation.trail_wanted();
        let mut recorder = Self { socket, audit, wanted, node, settings, clock, random, trail: None };
        recorder.record(&[]).map_err(failed("events cannot be recorded"))?;
        Ok(recorder)
    }

    /// Records events. When it returns `Ok` they are on the trail.
    pub(crate) fn record(&mut self, events: &[Event]) -> Result<(), String> {
        self.let_go()?;
        if let Some((trail, _)) = &self.trail {
            return trail.append(events).map_err(|e| e.to_string());
        }
        let mut groups = events.chunks(AT_ONCE);
        // With nothing to record it is asked whether it could be.
        let mut group = groups.next().unwrap_or_default();
        for _ in 0..TRIES {
            match call(&self.socket, &Request::Record { events: pack(group) }) {
                Ok(Answer::Recorded) => match groups.next() {
                    Some(next) => group = next,
                    None => return Ok(()),
                },
                Ok(Answer::Failed { why }) => return Err(why),
                Ok(_) => {
                    return Err("the server answered something else; is it of another version?".to_owned());
                }
                Err(CallError::NotRunning) => match self.open_trail() {
                    Ok(trail) => {
                        let rest = groups.flatten().cloned().collect::<Vec<_>>();
                        let result = trail.append(group).and_then(|()| trail.append(&rest));
                        self.trail = Some((trail, self.clock.monotonic()));
                        return result.map_err(|e| e.to_string());
                    }
                    // A server that starts or stops has it for a moment without hearing; another session may have it
                    // until it has nothing to do.
                    Err(AuditError::InUse(_)) => std::thread::sleep(PAUSE),
                    Err(error) => return Err(error.to_string()),
                },
                // It has recorded nothing of this, or was killed. What it had recorded then is there twice, with one id.
                Err(CallError::Stopping | CallError::Unanswered) => std::thread::sleep(PAUSE),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("another process has the audit trail, and no server runs that could record for both".to_owned())
    }

    fn open_trail(&self) -> Result<Trail, AuditError> {
        if is_wanted(&self.wanted) {
            return Err(AuditError::InUse(self.audit.clone()));
        }
        let (clock, random) = (self.clock.clone(), self.random.clone());
        Trail::open(&self.audit, self.node, self.settings.clone(), clock, random)
    }

    /// Gives the trail back, if it has been ours for long enough, and leaves it to others for a moment. For whoever may do
    /// much without an event.
    pub(crate) fn let_go(&mut self) -> Result<(), String> {
        let held = self.trail.as_ref().map(|(_, since)| self.clock.monotonic().since(*since));
        if held.is_none_or(|held| held < HELD) {
            return Ok(());
        }
        self.close()?;
        // Another session that waits for it looks meanwhile.
        std::thread::sleep(2 * PAUSE);
        Ok(())
    }

    /// Gives the trail back, if it is ours: to the next session, or to a server that starts.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        match self.trail.take() {
            Some((trail, _)) => {
                trail.close().map_err(|e| format!("the audit trail could not be closed: {e}"))
            }
            None => Ok(()),
        }
    }
}

/// Says that a server waits for the trail, until what is returned is dropped: no session opens it meanwhile, so the one
/// that has it is the last. `None` when another server says so, or a session looks.
pub(crate) fn want(wanted: &Path) -> io::Result<Option<File>> {
    let file = open_lock(wanted)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a server waits for the trail.
fn is_wanted(wanted: &Path) -> bool {
    // Where no server has ever waited there is no such file.
    File::open(wanted).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::{is_wanted, want};

    #[test]
    fn sessions_hear_of_a_server_that_waits_for_as_long_as_it_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wanted");
        assert!(!is_wanted(&path));
        let waiting = want(&path).unwrap();
        assert!(waiting.is_some() && is_wanted(&path));
        assert!(want(&path).unwrap().is_none(), "one says it for all");
        drop(waiting);
        assert!(!is_wanted(&path));
    }
}
