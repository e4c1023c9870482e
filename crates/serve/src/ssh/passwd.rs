//! `ssh user@host passwd`: the user gives the account another password.

use std::sync::Arc;
use std::time::Duration;

use causeway_auth::Grant;
use causeway_auth::own_password::{Dialogue, Next, Wish};
use causeway_core::EventId;
use causeway_events::catalogue::ids;
use causeway_ssh::TxBuf;
use causeway_ssh::connection::ChannelId;
use causeway_ssh::server::{Server, ServerError};
use tokio::time::timeout;

use super::Shared;
use super::session::Session;

/// How long a change may take: passwords that were are compared, and the configuration is written and applied.
const PATIENCE: Duration = Duration::from_secs(60);

/// The conversation in its channel.
#[derive(Debug)]
pub(super) struct Passwd {
    channel: ChannelId,
    dialogue: Dialogue,
    /// What the client has not been sent yet.
    out: Vec<u8>,
    /// How it has ended, once it has.
    status: Option<u32>,
}

impl Passwd {
    /// Whether this is what a client wants to run.
    pub(super) fn is_command(line: &[u8]) -> bool {
        line.trim_ascii() == b"passwd"
    }

    pub(super) fn new(channel: ChannelId) -> Self {
        let out = Dialogue::FIRST.as_bytes().to_vec();
        Self { channel, dialogue: Dialogue::default(), out, status: None }
    }

    pub(super) fn channel(&self) -> ChannelId {
        self.channel
    }

    /// What the user typed. Gives what is to be decided, once everything was said.
    pub(super) fn receive(&mut self, typed: &[u8]) -> Option<Wish> {
        let mut rest = typed;
        while !rest.is_empty() {
            let (next, left) = self.dialogue.receive(rest);
            rest = left;
            if let Some(wish) = self.go_on(next) {
                return Some(wish);
            }
        }
        None
    }

    /// Nothing more will be typed.
    pub(super) fn end_of_input(&mut self) {
        let next = self.dialogue.end();
        self.go_on(next);
    }

    fn go_on(&mut self, next: Option<Next>) -> Option<Wish> {
        match next? {
            Next::Ask(question) => self.out.extend_from_slice(question.as_bytes()),
            Next::GiveUp(why) => self.told(Err(why)),
            Next::Decide(wish) => return Some(wish),
        }
        None
    }

    /// What became of it.
    pub(super) fn told(&mut self, result: Result<(), &str>) {
        let (text, status) = match result {
            Ok(()) => ("The password was changed.\n".to_owned(), 0),
            Err(why) => (format!("The password was not changed: {why}.\n"), 1),
        };
        self.out.extend_from_slice(text.as_bytes());
        self.status = Some(status);
    }

    /// Sends what there is to send, as far as the client takes it; at last how it has ended.
    pub(super) fn flush(&mut self, server: &mut Server, tx: &mut TxBuf) -> Result<(), ServerError> {
        if !server.can_send() {
            return Ok(());
        }
        let sent = server.send(tx, self.channel, &self.out, usize::MAX)?;
        self.out.drain(..sent.min(self.out.len()));
        match self.status {
            Some(status) if self.out.is_empty() => server.finish(tx, self.channel, status),
            _ => Ok(()),
        }
    }
}

/// Asks for the change, and tells the user and the trail what became of it.
pub(super) async fn decide(session: &mut Session, wish: Wish) {
    let (shared, grant) = (session.service.shared.clone(), session.grant().cloned());
    let done = change(&shared, grant, wish).await;
    let (id, details): (EventId, Option<String>) = match &done {
        Ok(()) => (ids::OWN_PASSWORD_CHANGED, None),
        Err((told, details)) => {
            (ids::OWN_PASSWORD_NOT_CHANGED, Some(details.clone().unwrap_or_else(|| told.clone())))
        }
    };
    let entry = session.batch.emit(id);
    if let Some(details) = details {
        entry.with("details", details);
    }
    if let Some(passwd) = &mut session.passwd {
        match &done {
            Ok(()) => passwd.told(Ok(())),
            Err((told, _)) => passwd.told(Err(told)),
        }
    }
}

/// On failure what the user is told, and what administrators are, if that is more.
async fn change(
    shared: &Shared,
    grant: Option<Arc<Grant>>,
    wish: Wish,
) -> Result<(), (String, Option<String>)> {
    let Some(grant) = grant else { return Err(("it cannot be changed now".to_owned(), None)) };
    let Ok(change) = timeout(PATIENCE, shared.authenticator.own_password(&grant, wish)).await else {
        return Err(("it takes too long".to_owned(), None));
    };
    let change = change.map_err(|reason| (reason.for_user(), Some(reason.to_string())))?;
    // Once it has been handed over it is waited for: what is told and recorded is what happened.
    shared.passwords.set(change).await.map_err(|why| ("it cannot be changed now".to_owned(), Some(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_itself_is_the_command() {
        for (line, is) in [
            ("passwd", true),
            (" passwd ", true),
            ("passwd alice", false),
            ("/bin/passwd", false),
            ("", false),
        ] {
            assert_eq!(Passwd::is_command(line.as_bytes()), is, "{line}");
        }
    }
}
