//! What administrators ask of the running server.

use causeway_serve::sessions::Info;

use super::Server;
use super::adopt::waiting_for_restart;
use crate::control::{self, Answer, Asked, Request, Which};

impl Server {
    pub(super) async fn answer(&mut self, asked: Asked) {
        let answer = match asked.request {
            Request::Status => Answer::Status(self.status()),
            Request::Sessions => {
                Answer::Sessions { sessions: self.shared.sessions.list().iter().map(session).collect() }
            }
            Request::CloseSessions(which) => {
                let reason = format!("by request of the user {}", asked.by);
                Answer::Closed { count: self.shared.sessions.close(&reason, |info| which.fits(info)) }
            }
        };
        // Who does not wait any more need not be told.
        let _ = asked.answer.send(answer);
    }

    fn status(&self) -> control::Status {
        let components: Vec<_> = self.components.statuses();
        control::Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: self.config.server.name.to_string(),
            uptime: self.shared.clock.monotonic().since(self.started).as_secs(),
            sessions: self.shared.sessions.count(),
            ready: components.iter().all(|c| c.state == "started"),
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
    /// What an administrator should know.
    fn notices(&self) -> Vec<String> {
        let problems = self.problems.iter().map(ToString::to_string);
        let waiting = waiting_for_restart(&self.started_with, &self.config.server);
        let waiting = waiting.iter().map(|o| format!("[server] {o}: the change waits for a restart"));
        problems.chain(waiting).collect()
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
