//! How the running server goes on with another configuration.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use causeway_config::difference::Difference;
use causeway_config::files;
use causeway_config::history::{HistoryError, PASSWORDS};
use causeway_config::options::ServerOptions;
use causeway_config::sources::Sources;
use causeway_config::{Config, LoadError, Loaded};
use causeway_core::{Clock, Monotonic};
use causeway_events::catalogue::ids;

use super::components::Results;
use super::watch::Watched;
use super::{Server, identity, process_origin, report_problem, trail_settings};
use crate::beginning::NotUndone;
use crate::control::Report;
use crate::installation::Installation;
use crate::steward::{Plan, Refusal, load_after, loses_all_services};
use crate::sys;

/// What holds from the start of the process to its end.
pub(super) struct StartedWith {
    server: Arc<ServerOptions>,
    state_file: Option<PathBuf>,
}

impl StartedWith {
    pub(super) fn of(config: &Config) -> Self {
        Self { server: config.server.clone(), state_file: config.state_file() }
    }

    /// Options that say something else now, which holds from the next start on.
    pub(super) fn waiting(&self, now: &Config) -> Vec<&'static str> {
        let differ = [
            ("[server] account", self.server.account != now.server.account),
            ("[server] uuid", self.server.uuid != now.server.uuid),
            ("[resources/DEFAULT-SQLITE] path", self.state_file != now.state_file()),
        ];
        differ.into_iter().filter_map(|(option, differs)| differs.then_some(option)).collect()
    }
}

/// The files of the configuration, as they are watched.
pub(crate) struct Files(Vec<PathBuf>);

/// Differs when the files may.
pub(crate) type Sign = Vec<Option<FileSign>>;

/// Number, length, time of the last change.
type FileSign = (u64, u64, i64, i64);

/// Files of so many bytes are not read twice to see whether somebody still writes them: their signs are compared. They
/// take much memory while they change.
const LARGE: u64 = 1 << 20;

/// What a file holds, or what tells that it may hold something else.
#[derive(PartialEq)]
pub(crate) enum Content {
    Whole(Vec<u8>),
    Large(FileSign),
}

fn sign(path: &Path) -> Option<FileSign> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.size(), meta.ctime(), meta.ctime_nsec()))
}

impl Files {
    /// Those of an installation, whatever the environment names beside them.
    pub(crate) fn of(installation: &Installation) -> Self {
        Self(installation.files().into())
    }

    /// Everything that these sources were read from, with its sign; that of [`Files::of`] was taken `before`.
    pub(super) fn of_sources(sources: &Sources, before: Sign) -> (Self, Sign) {
        let files = Self(sources.paths());
        let mut sign = files.sign();
        sign.splice(..before.len().min(sign.len()), before);
        (files, sign)
    }
}

impl Watched for Files {
    type Sign = Sign;
    type Content = Vec<Option<Content>>;

    fn sign(&self) -> Self::Sign {
        self.0.iter().map(|path| sign(path)).collect()
    }

    fn read(&self) -> Self::Content {
        let content = |path: &PathBuf| match sign(path)? {
            sign @ (_, LARGE.., _, _) => Some(Content::Large(sign)),
            _ => files::read(path).ok().map(Content::Whole),
        };
        self.0.iter().map(content).collect()
    }
}

/// What runs is not what the files say, or not what it should be.
pub(super) enum Apart {
    /// They cannot be used: why.
    Refused(String),
    /// They can, and the history cannot: why, and when that is tried again.
    Unkept(String, Monotonic),
    /// So much would go that somebody has to say that it is meant.
    Waits(String),
    /// A provisional change runs whose time is over.
    NotUndone(String),
}

impl std::fmt::Display for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Apart::Refused(why) | Apart::Unkept(why, _) => {
                write!(f, "what is in the files is not applied: {why}")
            }
            Apart::Waits(why) => {
                write!(f, "a change of the file waits for `causeway apply --confirm`: {why}")
            }
            Apart::NotUndone(why) => {
                let keep = "`causeway apply --confirm` keeps it";
                write!(f, "a change that nobody has confirmed is still in force, {keep}: {why}")
            }
        }
    }
}

/// When what the disk has refused is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// A change that is undone unless somebody confirms it.
pub(super) struct Provisional {
    until: Monotonic,
    /// The revision to go back to.
    back_to: u64,
    /// Why its time is over and it is not undone.
    stuck: Option<String>,
}

impl Provisional {
    /// For so long from now on, whatever the wall clock does.
    fn lasting(time: Duration, clock: &Clock, back_to: u64) -> Self {
        Self { until: clock.monotonic().after(time), back_to, stuck: None }
    }

    /// What is left of its time.
    fn left(&self, clock: &Clock) -> Duration {
        self.until.since(clock.monotonic())
    }

    /// For the administrator, while there is time.
    pub(super) fn notice(&self, clock: &Clock) -> Option<String> {
        let (back_to, left) = (self.back_to, self.left(clock).as_secs());
        let told =
            || format!("revision {back_to} comes back in {left} s unless `causeway apply --confirm` is said");
        self.stuck.is_none().then(told)
    }

    fn is_over(&self, clock: &Clock) -> bool {
        clock.monotonic() >= self.until
    }
}

impl Server {
    /// The files have changed: applies what they say, unless that is what runs.
    pub(super) async fn notice(&mut self) {
        let read = tokio::task::block_in_place(|| self.running.sources.read_again());
        match read {
            // A change of ours, or one that was taken back.
            Ok(sources) if sources.revision() == self.running.sources.revision() => {
                self.apart = self.not_undone_yet();
            }
            // What could not be done is in the status and among the events.
            read => drop(self.consider(read, false, "edit of the file").await),
        }
    }

    /// Applies what the files say now. `sure`: even if much would go.
    pub(super) async fn look_again(&mut self, sure: bool, by: &str) -> Result<Report, Refusal> {
        let read = tokio::task::block_in_place(|| self.running.sources.read_again());
        self.consider(read, sure, by).await
    }

    /// Applies what was read of the files.
    async fn consider(
        &mut self,
        read: Result<Sources, LoadError>,
        sure: bool,
        by: &str,
    ) -> Result<Report, Refusal> {
        let loaded = tokio::task::block_in_place(|| load_after(&read?, &self.running));
        let (loaded, difference) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                let refusal = Refusal::Load(error);
                self.refused(&refusal);
                return Err(refusal);
            }
        };
        let sources = &loaded.sources;
        if sources.revision() == self.running.sources.revision() {
            self.apart = self.not_undone_yet();
        }
        let harm = || {
            difference.removes_too_much().or_else(|| loses_all_services(&self.running.config, &loaded.config))
        };
        if let Some(why) = if sure { None } else { harm() } {
            eprintln!("causeway: a change of the configuration waits to be confirmed: {why}");
            let _ = self.report(|b| {
                b.emit(ids::CONFIGURATION_WAITS).with("details", why.clone());
            });
            self.apart = Some(Apart::Waits(why.clone()));
            self.manager.status(&self.in_short());
            return Err(Refusal::TooMuch(why));
        }
        let now = self.shared.clock.now();
        let kept = tokio::task::block_in_place(|| self.steward.record(sources, now, by, "edit"));
        let number = match kept {
            Ok(number) => number,
            Err(error) => {
                let refusal = Refusal::History(error);
                self.refused(&refusal);
                return Err(refusal);
            }
        };
        let results = self.adopt(loaded, number, &difference).await;
        self.hash_passwords().await;
        Ok(self.told(number, &difference, results))
    }

    /// Looks at the files again that could not be kept in the history.
    pub(super) async fn look_at_unkept(&mut self) {
        if let Some(Apart::Unkept(_, again)) = self.apart
            && self.shared.clock.monotonic() >= again
        {
            self.notice().await;
        }
    }

    /// Makes a plan the file's text, and goes on with it. What it has of plain passwords is hashed, too.
    pub(super) async fn carry_out(&mut self, plan: Plan, by: &str, how: &str) -> Result<Report, Refusal> {
        let told = self.carry_out_as_it_is(plan, by, how).await?;
        self.hash_passwords().await;
        Ok(told)
    }

    pub(super) async fn carry_out_as_it_is(
        &mut self,
        plan: Plan,
        by: &str,
        how: &str,
    ) -> Result<Report, Refusal> {
        let now = self.shared.clock.now();
        let saved = tokio::task::block_in_place(|| self.steward.carry_out(&plan, now, by, how));
        let _ = self.report(|b| match &saved {
            Ok(_) => drop(b.emit(ids::CONFIGURATION_SAVED)),
            Err(refusal) => {
                b.emit(ids::CONFIGURATION_NOT_SAVED).with("details", refusal.to_string());
            }
        });
        let number = saved?;
        let results = self.adopt(plan.after, number, &plan.difference).await;
        Ok(self.told(number, &plan.difference, results))
    }

    /// From here on changes are undone after that time unless they are confirmed. Returns what held before.
    pub(super) fn begin_provisional(
        &mut self,
        time: Duration,
        by: &str,
    ) -> Result<Option<Provisional>, Refusal> {
        let now = self.shared.clock.now();
        let back_to = match &self.provisional {
            Some(earlier) => earlier.back_to,
            None => tokio::task::block_in_place(|| {
                self.steward.can_write()?;
                let number = self.steward.record(&self.running.sources, now, by, "edit")?;
                self.steward.set_unconfirmed(number)?;
                Ok::<_, Refusal>(number)
            })?,
        };
        Ok(self.provisional.replace(Provisional::lasting(time, &self.shared.clock, back_to)))
    }

    /// Nothing was changed after all: what held before does again.
    pub(super) fn end_provisional(&mut self, before: Option<Provisional>) {
        self.provisional = before;
        if self.provisional.is_none()
            && let Err(error) = tokio::task::block_in_place(|| self.steward.set_confirmed())
        {
            eprintln!("causeway: {error}");
        }
    }

    /// What was changed provisionally stays. Whether anything was.
    pub(super) fn confirm(&mut self) -> Result<bool, Refusal> {
        if self.provisional.is_none() {
            return Ok(false);
        }
        self.settle_provisional()?;
        Ok(true)
    }

    /// Nothing is left to be confirmed or undone.
    fn settle_provisional(&mut self) -> Result<(), Refusal> {
        tokio::task::block_in_place(|| self.steward.set_confirmed())?;
        self.provisional = None;
        if matches!(self.apart, Some(Apart::NotUndone(_))) {
            self.apart = None;
            self.manager.status(&self.in_short());
        }
        Ok(())
    }

    /// Undoes what nobody has confirmed in its time.
    pub(super) async fn look_at_provisional(&mut self) {
        let over = self.provisional.as_ref().filter(|p| p.is_over(&self.shared.clock));
        let Some(back_to) = over.map(|p| p.back_to) else { return };
        let why = "nobody has confirmed the change in its time";
        // Tried again a while later: the file may be locked by somebody.
        if let Err(refusal) = self.go_back(back_to, true, "Process", why).await {
            self.not_undone(NotUndone { back_to, why: refusal.to_string() });
        }
    }

    /// Keeps in mind, and tells once, that a change should have been undone and could not be.
    pub(super) fn not_undone(&mut self, NotUndone { back_to, why }: NotUndone) {
        let known = self.provisional.as_ref().and_then(|p| p.stuck.as_ref());
        if known != Some(&why) {
            eprintln!("causeway: revision {back_to} cannot be restored: {why}");
            let details =
                format!("nobody has confirmed what runs, and revision {back_to} cannot be restored: {why}");
            let _ = self.report(|b| {
                b.emit(ids::PROCESS_CONFIGURATION_FAILED).with("details", details);
            });
        }
        let again = Provisional::lasting(AGAIN, &self.shared.clock, back_to);
        self.provisional = Some(Provisional { stuck: Some(why), ..again });
        if self.apart.is_none() {
            self.apart = self.not_undone_yet();
        }
        self.manager.status(&self.in_short());
    }

    fn not_undone_yet(&self) -> Option<Apart> {
        let Provisional { back_to, stuck: Some(why), .. } = self.provisional.as_ref()? else { return None };
        Some(Apart::NotUndone(format!("revision {back_to} cannot be restored: {why}")))
    }

    /// Makes an old version the file's text again. `sure`: even if much would go.
    pub(super) async fn go_back(
        &mut self,
        number: u64,
        sure: bool,
        by: &str,
        why: &str,
    ) -> Result<Report, Refusal> {
        let running = Some(&self.running);
        let plan = tokio::task::block_in_place(|| self.steward.plan_back(running, number, sure))?;
        let report = self.carry_out(plan, by, "rollback").await?;
        let _ = self.report(|b| {
            b.emit(ids::CONFIGURATION_ROLLED_BACK).with("revision", number).with("details", why.to_owned());
        });
        self.settle_provisional()?;
        Ok(report)
    }

    fn told(&self, number: u64, difference: &Difference, results: Results) -> Report {
        let waiting = self.started_with.waiting(&self.running.config);
        Report {
            revision: number,
            difference: difference.to_string(),
            done: results.done,
            failed: results.failed,
            still_failing: results.still_failing,
            problems: self.running.problems.iter().map(ToString::to_string).collect(),
            waiting_for_restart: waiting.into_iter().map(str::to_owned).collect(),
        }
    }

    /// What is in the files is not applied.
    fn refused(&mut self, refusal: &Refusal) {
        let why = refusal.to_string();
        // What is tried again and again is told once.
        if !matches!(&self.apart, Some(Apart::Unkept(known, _)) if *known == why) {
            eprintln!("causeway: the configuration is not applied: {why}");
            let _ = self.report(|b| {
                b.emit(ids::PROCESS_CONFIGURATION_FAILED).with("details", why.clone());
            });
        }
        self.apart = Some(match refusal {
            Refusal::History(HistoryError::Io { .. } | HistoryError::Busy) => {
                Apart::Unkept(why, self.shared.clock.monotonic().after(AGAIN))
            }
            _ => Apart::Refused(why),
        });
        self.manager.status(&self.in_short());
    }

    /// Goes on with this configuration: sessions, handlers and services follow.
    async fn adopt(&mut self, loaded: Loaded, number: u64, difference: &Difference) -> Results {
        self.manager.reloading();
        let config = loaded.config.clone();
        let before = std::mem::replace(&mut self.running, loaded);
        self.adopt_server_options(&before.config, &config);
        // First: nobody gets in any more by what was taken back.
        self.shared.authenticator.apply(config.clone());
        self.shared.sessions.renew_all();
        let outcome = self.components.apply(&config, self.shutdown.shift()).await;
        let results = outcome.of_change(difference);
        let changes = match difference.is_empty() {
            // The text is another, and nothing that it says.
            true => "none".to_owned(),
            false => difference.to_string(),
        };
        let id = if results.failed.is_empty() { ids::CHANGES_APPLIED } else { ids::CHANGES_PARTLY_APPLIED };
        let _ = self.report(|batch| {
            for problem in &self.running.problems {
                if let Some(id) = problem.event {
                    report_problem(batch, id, problem);
                }
            }
            batch.emit(id).with("changes", changes).with("results", results.lines());
        });
        self.apart = self.not_undone_yet();
        if self.provisional.is_none() {
            // A note of a start that could not undo a change does not count any more.
            self.end_provisional(None);
        }
        self.remember_good(number);
        self.manager.ready(&self.in_short());
        drop(before);
        if u64::try_from(self.running.sources.file().len()).is_ok_and(|len| len >= LARGE) {
            tokio::task::spawn_blocking(sys::give_memory_back);
        }
        results
    }

    pub(super) fn remember_good(&self, number: u64) {
        if let Err(error) = tokio::task::block_in_place(|| self.steward.history().mark_good(number)) {
            tracing::error!(%error, "the history");
        }
    }

    fn adopt_server_options(&mut self, before: &Config, config: &Config) {
        let (old, new) = (&before.server, &config.server);
        if old.name != new.name {
            self.origin = process_origin(new);
            self.components.rename(self.origin.clone(), identity(new));
        }
        self.shared.trail.apply(trail_settings(new, self.origin.clone()));
    }

    /// Puts hashes where plain passwords stand in the file: of some of them, if they are many. The clock goes on with it.
    pub(super) async fn hash_passwords(&mut self) {
        let changes = tokio::task::block_in_place(|| self.steward.hash_passwords(&self.running));
        self.plain_passwords = !changes.is_empty();
        if changes.is_empty() {
            return;
        }
        let (names, changes): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        let (running, steward) = (&self.running, &self.steward);
        let plan =
            tokio::task::block_in_place(|| steward.plan(&running.sources, Some(running), &changes, false));
        let done = match plan {
            Ok(plan) => self.carry_out_as_it_is(plan, "Process", PASSWORDS).await,
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(_) => {
                let _ = self.report(|b| {
                    for name in names {
                        b.emit(ids::PASSWORD_HASHED).with("account_name", name);
                    }
                });
            }
            Err(refusal) => {
                // Until the next change: the file may not be for writing.
                self.plain_passwords = false;
                eprintln!("causeway: plain passwords stay in the file: {refusal}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_core::Timestamp;

    #[test]
    fn a_step_of_the_wall_clock_moves_no_end_of_a_provisional_change() {
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_000_000));
        let minute = Duration::from_secs(60);
        let provisional = Provisional::lasting(minute, &clock, 1);
        for at in [0, 9_000_000] {
            hands.step_to(Timestamp::from_seconds(at));
            assert!(!provisional.is_over(&clock));
            assert_eq!(provisional.left(&clock), minute);
        }
        hands.advance(minute);
        hands.step_to(Timestamp::from_seconds(0));
        assert!(provisional.is_over(&clock));
    }
}
