//! The channels of a connection: what starts in one, works in it and ends with it.

use causeway_core::Monotonic;
use causeway_events::catalogue::ids;
use causeway_ssh::connection::ChannelId;
use causeway_ssh::server::{Command, ServerError};
use causeway_ssh::{RxBuf, scp};

use super::{End, Session, Wish};
use crate::channel::{Channel, ChannelError, Stop, Wire, Work};
use crate::scp::Scp;
use crate::sftp::Sftp;
use crate::ssh::passwd::Passwd;

/// The exit status of what could not go on.
const FAILED: u32 = 1;
/// Bytes of a refused command that its event shows.
const DETAILS: usize = 1024;

impl Session {
    /// The client will send nothing more in a channel. Where nothing was asked for yet, something still may be (RFC 4254
    /// section 5.3).
    pub(super) fn end_of_input(
        &mut self,
        channel: ChannelId,
        rx: &RxBuf,
        now: Monotonic,
        may_block: bool,
    ) -> Result<Stop, End> {
        if let Some(index) = self.index_of(channel) {
            return self.channel(index, rx, now, may_block, Channel::end_of_input);
        }
        if let Some(passwd) = self.passwd.as_mut().filter(|p| p.channel() == channel) {
            passwd.end_of_input();
            self.flush_passwd()?;
        }
        Ok(Stop::Idle)
    }

    /// Lets a channel work. One in which nothing can be understood any more ends, and the others go on.
    pub(super) fn channel(
        &mut self,
        index: usize,
        rx: &RxBuf,
        now: Monotonic,
        may_block: bool,
        f: impl FnOnce(&mut Channel, &mut Work<'_>) -> Result<Stop, ChannelError>,
    ) -> Result<Stop, End> {
        let Some(channel) = self.channels.get_mut(index) else { return Ok(Stop::Idle) };
        let mut work = Work {
            wire: Wire::Ssh(&mut self.server),
            rx,
            tx: &mut self.tx,
            batch: &mut self.batch,
            now,
            may_block,
            stalled: self.stalled,
        };
        match f(channel, &mut work) {
            // The next step comes when all input has been looked at.
            Ok(Stop::Disk) if channel.is_in_steps() => Ok(Stop::Idle),
            Ok(stop) => Ok(stop),
            Err(ChannelError::Server(error)) => Err(End::Server(error)),
            Err(ChannelError::Stream(error)) => {
                self.batch.emit(ids::SFTP_REQUEST_FAILED).with("details", error.to_string());
                // What is open is closed where that may wait for the disk, before anything else is worked on.
                let id = channel.id();
                self.gone = Some(id);
                self.server.finish(&mut self.tx, id, FAILED)?;
                Ok(Stop::Disk)
            }
        }
    }

    pub(super) fn index_of(&self, channel: ChannelId) -> Option<usize> {
        self.channels.iter().position(|c| c.id() == channel)
    }

    pub(super) fn start(&mut self, channel: ChannelId, command: &Command) -> Result<(), End> {
        match (command, &self.user) {
            (Command::Subsystem(name), Some((fs, account))) if name == b"sftp" && self.service.sftp => {
                let clock = self.service.shared.clock.clone();
                let sftp = Sftp::new(channel, fs.clone(), account.clone(), clock);
                self.channels.push(Channel::Sftp(Box::new(sftp)));
                self.server.start(&mut self.tx, channel, true)?;
                self.report_established("sftp");
            }
            (Command::Exec(line), Some((fs, account)))
                if self.service.scp && !fs.grant().is_sftp_only() && scp::Command::is_one(line) =>
            {
                let clock = self.service.shared.clock.clone();
                self.batch.emit(ids::SSH_EXEC_STARTED).with("command", line.as_slice());
                let scp = Scp::new(channel, fs.clone(), account.clone(), clock, line);
                self.channels.push(Channel::Scp(Box::new(scp)));
                self.server.start(&mut self.tx, channel, true)?;
                self.report_established("scp");
            }
            (Command::Exec(line), Some((fs, _)))
                if self.passwd.is_none() && !fs.grant().is_sftp_only() && Passwd::is_command(line) =>
            {
                self.server.start(&mut self.tx, channel, true)?;
                self.passwd = Some(Passwd::new(channel));
                self.flush_passwd()?;
            }
            (Command::Subsystem(name) | Command::Exec(name), _) => {
                let details = name.get(..DETAILS).unwrap_or(name);
                self.batch.emit(ids::SSH_REQUEST_REFUSED).with("details", details);
                self.server.start(&mut self.tx, channel, false)?;
            }
        }
        Ok(())
    }

    /// What the user typed in the channel of the dialogue about the password, if it is that one.
    pub(super) fn typed(&mut self, channel: ChannelId, typed: &[u8]) -> Option<Wish> {
        self.passwd.as_mut().filter(|p| p.channel() == channel)?.receive(typed)
    }

    pub(super) fn flush_passwd(&mut self) -> Result<(), ServerError> {
        match &mut self.passwd {
            Some(passwd) => passwd.flush(&mut self.server, &mut self.tx),
            None => Ok(()),
        }
    }

    pub(super) fn closed(&mut self, channel: ChannelId, now: Monotonic) {
        if let Some(index) = self.index_of(channel) {
            let mut gone = self.channels.remove(index);
            gone.close(&mut self.batch, now, self.server.transport().peer_ident());
        }
    }

    /// Closes the channels on our side; whether there were any.
    pub(in crate::ssh) fn close_channels(&mut self) -> bool {
        let mut any = false;
        for channel in &self.channels {
            any |= self.server.finish(&mut self.tx, channel.id(), 0).is_ok();
        }
        any
    }
}
