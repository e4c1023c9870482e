//! What administrators ask of the running server.

use std::convert::Infallible;
use std::time::Duration;

use causeway_config::edit::Change;
use causeway_events::catalogue::ids;
use causeway_serve::sessions::Info;
use causeway_serve::ssh::Shared;

use super::Server;
use crate::control::events::{Packed, unpack};
use crate::control::{self, Answer, Asked, Confirm, Door, Report, Request, Which};
use crate::ownership::name_of;
use crate::steward::{Plan, Refusal};

/// Records for processes that serve beside this one, while this one stops. Nothing else is done for anybody any more.
pub(super) async fn answer_last(door: &mut Door, shared: &Shared) -> Infallible {
    loop {
        let asked = door.next().await;
        let answer = match asked.request {
            Request::Record { events } => record(shared, events),
            _ => Answer::Stopping,
        };
        let _ = asked.answer.send(answer);
    }
}

/// Records for a process that serves beside this one.
fn record(shared: &Shared, events: Vec<Packed>) -> Answer {
    let recorded = unpack(events).map_err(|e| e.to_string()).and_then(|events| {
        tokio::task::block_in_place(|| shared.trail.append(&events)).map_err(|e| e.to_string())
    });
    match recorded {
        Ok(()) => Answer::Recorded,
        Err(why) => Answer::Failed { why },
    }
}

impl Server {
    pub(super) async fn answer(&mut self, asked: Asked) {
        let by = name_of(asked.by);
        let answer = match asked.request {
            Request::Status => Answer::Status(self.status()),
            Request::Sessions => {
                Answer::Sessions { sessions: self.shared.sessions.list().iter().map(session).collect() }
            }
            Request::CloseSessions(which) => {
                let reason = format!("by request of {by}");
                Answer::Closed { count: self.shared.sessions.close(&reason, |info| which.fits(info)) }
            }
            Request::Bans => Answer::Bans { bans: self.bans.list() },
            Request::LiftBans(which) => self.lift_bans(&which),
            Request::Apply { confirm } => self.apply(confirm, &by).await,
            Request::Change { changes, confirm } => self.change(&changes, confirm, &by).await,
            Request::Rollback { revision, sure } => answer(self.go_back(revision, sure, &by, &by).await),
            Request::Record { events } => record(&self.shared, events),
            Request::LoggedIn { account, source, service } => {
                let now = self.shared.clock.now();
                self.accounts.activity().logged_in(&account.into(), now, source, &service.into());
                Answer::Recorded
            }
        };
        // Who does not wait any more need not be told.
        let _ = asked.answer.send(answer);
    }

    async fn apply(&mut self, confirm: Confirm, by: &str) -> Answer {
        match confirm {
            Confirm::Sure => match self.confirm() {
                Ok(true) => return Answer::Confirmed,
                Ok(false) => {}
                Err(refusal) => return answer(Err(refusal)),
            },
            Confirm::Within(seconds) => return self.apply_provisionally(seconds, by).await,
            Confirm::No => {}
        }
        answer(self.look_again(confirm == Confirm::Sure, by).await)
    }

    async fn apply_provisionally(&mut self, seconds: u64, by: &str) -> Answer {
        if !self.files_are_ahead() {
            // Else what others change meanwhile would be undone, and nothing else.
            let why = "nothing waits: the files say what runs; --confirm TIME is for an edit that is not applied yet";
            return Answer::Failed { why: why.to_owned() };
        }
        let before = match self.begin_provisional(Duration::from_secs(seconds), by) {
            Ok(before) => before,
            Err(refusal) => return answer(Err(refusal)),
        };
        let done = self.look_again(false, by).await;
        if done.is_err() {
            self.end_provisional(before);
        }
        answer(done)
    }

    async fn change(&mut self, changes: &[Change], confirm: Confirm, by: &str) -> Answer {
        if self.files_are_ahead() {
            let why =
                "the file holds changes that are not applied: apply them (causeway apply) or take them back";
            return Answer::Failed { why: why.to_owned() };
        }
        let (running, sure) = (&self.running, confirm == Confirm::Sure);
        let plan =
            tokio::task::block_in_place(|| self.steward.plan(&running.sources, Some(running), changes, sure));
        let plan = match plan {
            Ok(plan) => plan,
            Err(refusal) => {
                if let Some((uuid, usage)) = refusal.usage(changes) {
                    let _ = self.report(|b| {
                        b.emit(ids::CONFIGURATION_IN_USE).with("uuid", uuid).with("usage", usage);
                    });
                }
                return answer(Err(refusal));
            }
        };
        match confirm {
            Confirm::Within(seconds) => self.carry_out_provisionally(plan, seconds, by).await,
            Confirm::No | Confirm::Sure => answer(self.carry_out(plan, by, "command").await),
        }
    }

    async fn carry_out_provisionally(&mut self, plan: Plan, seconds: u64, by: &str) -> Answer {
        if plan.difference.is_empty() {
            return Answer::Failed {
                why: "nothing would be changed, and nothing is to be confirmed".to_owned(),
            };
        }
        let before = match self.begin_provisional(Duration::from_secs(seconds), by) {
            Ok(before) => before,
            Err(refusal) => return answer(Err(refusal)),
        };
        let done = self.carry_out(plan, by, "command").await;
        // The file may hold the change although it is not in force yet: then it is still to be undone.
        if done.is_err() && !self.files_are_ahead() {
            self.end_provisional(before);
        }
        answer(done)
    }

    /// Whether the files may say something else than what runs.
    pub(super) fn files_are_ahead(&self) -> bool {
        let now = tokio::task::block_in_place(|| self.running.sources.read_again());
        !now.is_ok_and(|now| now.revision() == self.running.sources.revision())
    }

    fn status(&self) -> control::Status {
        let components: Vec<_> = self.components.statuses();
        control::Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: self.running.config.server.name.to_string(),
            uptime: self.shared.clock.monotonic().since(self.started).as_secs(),
            sessions: self.shared.sessions.count(),
            ready: self.apart.is_none()
                && self.not_recording().is_none()
                && components.iter().all(|c| c.state == "started"),
            components: components
                .into_iter()
                .map(|c| control::Component {
                    id: format!("{}/{}", c.family, c.id),
                    name: c.name,
                    state: c.state.to_owned(),
                    details: c.details,
                })
                .collect(),
            notices: self.notices(),
        }
    }
}

impl Server {
    /// How everything is, in one line.
    pub(super) fn in_short(&self) -> String {
        let apart = self.apart.as_ref().map(ToString::to_string);
        let trouble = self.not_recording().or(apart).or_else(|| self.components.troubles().next());
        trouble.unwrap_or_else(|| "everything runs".to_owned())
    }

    /// Why the trail does not record; what must be recorded is refused (`audit_failure`).
    fn not_recording(&self) -> Option<String> {
        self.shared.trail.failure().map(|why| format!("nothing is recorded: {why}"))
    }

    /// What an administrator should know.
    fn notices(&self) -> Vec<String> {
        let problems = self.running.problems.iter().map(ToString::to_string);
        let waiting = self.started_with.waiting(&self.running.config);
        let waiting = waiting.iter().map(|o| format!("{o}: the change waits for a restart"));
        let provisional = self.provisional.as_ref().and_then(|p| p.notice(&self.shared.clock));
        let apart = self.apart.as_ref().map(ToString::to_string);
        self.not_recording()
            .into_iter()
            .chain(apart)
            .chain(provisional)
            .chain(problems)
            .chain(waiting)
            .collect()
    }
}

impl Which {
    fn fits(&self, info: &Info) -> bool {
        let user = info.user.as_ref();
        self.id.as_ref().is_none_or(|id| *id == info.id.to_string())
            && self.service.as_ref().is_none_or(|service| **service == *info.service)
            && self.account.as_ref().is_none_or(|name| user.is_some_and(|u| *u.name == **name))
    }
}

fn answer(result: Result<Report, Refusal>) -> Answer {
    match result {
        Ok(report) => Answer::Applied(report),
        Err(refusal) => Answer::Failed { why: refusal.to_string() },
    }
}

fn session(info: &Info) -> control::Session {
    let since = i64::try_from(info.since.seconds()).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    control::Session {
        id: info.id.to_string(),
        service: info.service.to_string(),
        peer: info.peer.to_string(),
        since: since.unwrap_or_default().to_string(),
        account: info.user.as_ref().map(|u| u.name.to_string()),
    }
}
