//! The way from a session to who keeps the configuration, for users who change their passwords.

use causeway_auth::own_password::Change;
use tokio::sync::{mpsc, oneshot};

/// Changes that wait at the most; more are refused.
const WAITING: usize = 16;

/// A session's end.
#[derive(Debug, Clone)]
pub struct Passwords(mpsc::Sender<Wanted>);

/// The other end.
#[derive(Debug)]
pub struct Asked(mpsc::Receiver<Wanted>);

/// A change that is to be made, and the way back.
#[derive(Debug)]
pub struct Wanted {
    pub change: Change,
    /// Why it was not made is for administrators.
    pub answer: oneshot::Sender<Result<(), String>>,
}

impl Passwords {
    pub fn new() -> (Self, Asked) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), Asked(receiver))
    }

    /// Makes the change.
    ///
    /// # Errors
    /// It was not made: why, for administrators.
    pub(crate) async fn set(&self, change: Change) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        self.0
            .try_send(Wanted { change, answer })
            .map_err(|_| "too many passwords are being changed, or the server is stopping".to_owned())?;
        answered.await.unwrap_or_else(|_| Err("the server is stopping".to_owned()))
    }
}

impl Asked {
    /// The next change. Pending for ever when there can be no more.
    pub async fn next(&mut self) -> Wanted {
        match self.0.recv().await {
            Some(wanted) => wanted,
            None => std::future::pending().await,
        }
    }
}
