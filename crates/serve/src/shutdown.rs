//! How the server stops: no new sessions, time for running transfers, then the end.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Running,
    /// Sessions without a transfer end; the others may finish what they have open.
    Draining,
    /// Everything ends.
    Ending,
}

/// The one who decides.
#[derive(Debug)]
pub struct Shutdown {
    phase: watch::Sender<Phase>,
    /// Closed when the last [`Shift`] is gone.
    gone: mpsc::Receiver<()>,
    shift: Shift,
}

/// Held by everything that must have ended before the process does.
#[derive(Debug, Clone)]
pub struct Shift {
    phase: watch::Receiver<Phase>,
    _here: mpsc::Sender<()>,
}

impl Shutdown {
    pub fn new() -> Self {
        let (phase, seen) = watch::channel(Phase::Running);
        let (here, gone) = mpsc::channel(1);
        Self { phase, gone, shift: Shift { phase: seen, _here: here } }
    }

    pub fn shift(&self) -> Shift {
        self.shift.clone()
    }

    /// Ends everything: gently, then after `grace` or as soon as `hurry` completes, at once. Returns whether all
    /// ended by themselves.
    pub async fn stop(self, grace: Duration, hurry: impl Future<Output = ()>) -> bool {
        let Shutdown { phase, mut gone, shift } = self;
        drop(shift);
        let _ = phase.send(Phase::Draining);
        let gently = tokio::select! {
            _ = gone.recv() => true,
            () = tokio::time::sleep(grace) => false,
            () = hurry => false,
        };
        if !gently {
            let _ = phase.send(Phase::Ending);
            // Whoever does not look by then is stuck in the system and cannot be waited for.
            let _ = tokio::time::timeout(Duration::from_secs(2), gone.recv()).await;
        }
        gently
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shift {
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until the end has come further than `seen`.
    pub async fn beyond(&mut self, seen: Phase) -> Phase {
        match self.phase.wait_for(|p| *p > seen).await {
            Ok(p) => *p,
            Err(_) => Phase::Ending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_session_that_finishes_in_time_ends_the_wait() {
        let s = Shutdown::new();
        let mut shift = s.shift();
        let session = tokio::spawn(async move {
            assert_eq!(shift.beyond(Phase::Running).await, Phase::Draining);
            tokio::time::sleep(Duration::from_secs(1)).await;
        });
        assert!(s.stop(Duration::from_secs(10), std::future::pending()).await);
        session.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_does_not_is_ended() {
        let s = Shutdown::new();
        let mut shift = s.shift();
        tokio::spawn(async move {
            assert_eq!(shift.beyond(Phase::Draining).await, Phase::Ending);
        });
        assert!(!s.stop(Duration::from_secs(10), std::future::pending()).await);
    }
}
