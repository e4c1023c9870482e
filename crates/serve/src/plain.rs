//! SFTP on two pipes: another program has the connection, such as an sshd that starts this one as its subsystem.
//!
//! One thread that waits: for input, for the disk, for output. Files that are removed go at once: nobody would be there to
//! remove them later (`ssh_delete_delay`).

use std::io::{self, Read, Write};
use std::sync::Arc;

use causeway_auth::Grant;
use causeway_core::{Event, Monotonic};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{EnterError, Fs, Host};
use causeway_ssh::connection::ChannelId;
use causeway_ssh::plain::Plain;
use causeway_ssh::{RxBuf, TxBuf};

use crate::channel::{Account, ChannelError, Stop, Wire, Work};
use crate::pool::{RECEIVE, SEND};
use crate::sftp::Sftp;
use crate::ssh::{algorithms, refusal};

/// Why a session on pipes ended before its client ended it.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    #[error("the client cannot be heard: {0}")]
    Input(io::Error),
    #[error("the client cannot be answered: {0}")]
    Output(io::Error),
    /// The client broke the protocol.
    #[error("{0}")]
    Protocol(String),
    #[error("events cannot be recorded: {0}")]
    Audit(String),
    #[error("the access has ended: {0}")]
    Ended(String),
}

/// What a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Input, or its end.
    In,
    /// Room for output, or that nobody takes it.
    Out,
}

/// What the session has from outside.
pub trait Surroundings {
    /// Puts events onto the trail. What they tell is told to nobody before.
    ///
    /// # Errors
    /// They could not be recorded: the session ends.
    fn record(&mut self, events: &[Event]) -> Result<(), String>;

    /// Waits until there is what the session waits for.
    ///
    /// # Errors
    /// The session is to end, for this reason.
    fn wait(&mut self, fs: &Fs, way: Way) -> Result<(), String>;

    /// Looks whether the user may do something else now. Called before each batch of requests.
    ///
    /// # Errors
    /// The user may do nothing any more: the session ends.
    fn review(&mut self, fs: &Arc<Fs>, batch: &mut Batch) -> Result<Option<Arc<Fs>>, String>;
}

/// Opens the files of a grant; what stands in the way is told.
///
/// # Errors
/// They cannot be opened.
pub fn enter(grant: Arc<Grant>, host: Arc<Host>, batch: &mut Batch) -> Result<Fs, EnterError> {
    let name = grant.terms().account.name.clone();
    let entered = Fs::enter(grant, host, batch);
    match &entered {
        Ok(_) => {
            let mut entry = batch
                .emit(ids::SSH_SESSION_ESTABLISHED)
                .with("client_version", "none")
                .with("virtual_path", "/")
                .with("service_name", "sftp-server");
            for (name, value) in algorithms(None) {
                entry = entry.with(name, value);
            }
        }
        Err(error) => {
            batch.emit(refusal(error)).with("username", &name).with("details", error.to_string());
        }
    }
    entered
}

/// Serves SFTP until the client ends it. A write to the output takes what there is room for, and does not wait.
///
/// # Errors
/// The session ended in another way. What was open is broken, and recorded as that.
pub fn serve(
    mut fs: Arc<Fs>,
    ignore_create_permissions: bool,
    batch: &mut Batch,
    (input, output): (&mut impl Read, &mut impl Write),
    surroundings: &mut impl Surroundings,
) -> Result<(), PlainError> {
    let name = fs.grant().terms().account.name.clone();
    let account = Account { name, ignore_create_permissions, link_first: false, deletions: None };
    let mut session = Session {
        sftp: Sftp::new(ChannelId(0), fs.clone(), account, batch.clock().clone()),
        plain: Plain::default(),
        rx: RxBuf::new(RECEIVE),
        tx: TxBuf::new(SEND),
    };
    let ended = session.run(&mut fs, batch, (input, output), surroundings);
    let now = batch.clock().monotonic();
    session.sftp.close(batch, now);
    if let Err(error @ (PlainError::Protocol(_) | PlainError::Ended(_))) = &ended {
        batch.emit(ids::SFTP_REQUEST_FAILED).with("details", error.to_string());
    }
    ended
}

struct Session {
    sftp: Sftp,
    plain: Plain,
    rx: RxBuf,
    tx: TxBuf,
}

impl Session {
    fn run(
        &mut self,
        fs: &mut Arc<Fs>,
        batch: &mut Batch,
        (input, output): (&mut impl Read, &mut impl Write),
        surroundings: &mut impl Surroundings,
    ) -> Result<(), PlainError> {
        loop {
            surroundings.wait(fs, Way::In).map_err(PlainError::Ended)?;
            let n = match input.read(self.rx.space()) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(PlainError::Input(e)),
            };
            if let Some(now) = surroundings.review(fs, batch).map_err(PlainError::Ended)? {
                self.sftp.renew(&now, batch);
                *fs = now;
            }
            let now = batch.clock().monotonic();
            self.rx.filled(n);
            let range = self.rx.take();
            let mut stop = self.work(batch, now, |sftp, work| match n {
                0 => sftp.end_of_input(work),
                _ => sftp.receive(work, range),
            })?;
            loop {
                self.tell(fs, batch, output, surroundings)?;
                if self.plain.ended().is_some() {
                    return Ok(());
                }
                if stop == Stop::Idle {
                    // The receive buffer is used again.
                    stop = self.work(batch, now, |sftp, work| {
                        sftp.finish_writes(work, true)?;
                        sftp.step(work)
                    })?;
                    self.tell(fs, batch, output, surroundings)?;
                    if stop == Stop::Idle {
                        break;
                    }
                }
                stop = self.work(batch, now, Sftp::step)?;
            }
            if n == 0 && self.plain.ended().is_none() {
                return Err(PlainError::Protocol("the client ended within a request".to_owned()));
            }
        }
    }

    fn work(
        &mut self,
        batch: &mut Batch,
        now: Monotonic,
        act: impl FnOnce(&mut Sftp, &mut Work<'_>) -> Result<Stop, ChannelError>,
    ) -> Result<Stop, PlainError> {
        let mut work = Work {
            wire: Wire::Plain(&mut self.plain),
            rx: &self.rx,
            tx: &mut self.tx,
            batch,
            now,
            may_block: true,
            stalled: false,
        };
        act(&mut self.sftp, &mut work).map_err(|e| PlainError::Protocol(e.to_string()))
    }

    /// What happened goes onto the trail; then, and not before, the client is told.
    fn tell(
        &mut self,
        fs: &Fs,
        batch: &mut Batch,
        output: &mut impl Write,
        surroundings: &mut impl Surroundings,
    ) -> Result<(), PlainError> {
        if !batch.is_empty() {
            surroundings.record(batch.events()).map_err(PlainError::Audit)?;
            batch.clear();
        }
        while !self.tx.is_empty() {
            surroundings.wait(fs, Way::Out).map_err(PlainError::Ended)?;
            match output.write(self.tx.pending()) {
                Ok(0) => return Err(PlainError::Output(io::ErrorKind::WriteZero.into())),
                Ok(n) => self.tx.wrote(n),
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(e) => return Err(PlainError::Output(e)),
            }
        }
        output.flush().map_err(PlainError::Output)
    }
}
