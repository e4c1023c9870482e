//! What the service manager is told, in the protocol of `sd_notify(3)`: datagrams of lines, to the socket that
//! `NOTIFY_SOCKET` names.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The service manager that started the process, if one did that wants to know.
#[derive(Debug, Default)]
pub(crate) struct ServiceManager {
    socket: Option<UnixDatagram>,
    /// The last status.
    told: String,
}

impl ServiceManager {
    pub(crate) fn of_environment() -> Self {
        let named = std::env::var("NOTIFY_SOCKET").ok().filter(|name| !name.is_empty());
        let Some(name) = named else { return Self::default() };
        match connect(&name) {
            Ok(socket) => Self { socket: Some(socket), ..Self::default() },
            Err(error) => {
                eprintln!("causeway: the service manager at '{name}' cannot be told anything: {error}");
                Self::default()
            }
        }
    }

    /// Everything that should run does, or is in the status.
    pub(crate) fn ready(&mut self, status: &str) {
        self.tell(&format!("READY=1\n{}", line(status)));
        status.clone_into(&mut self.told);
    }

    /// Another configuration is being brought to what runs; [`Self::ready`] ends it.
    pub(crate) fn reloading(&self) {
        self.tell("RELOADING=1");
    }

    pub(crate) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping");
    }

    /// Tells the status, if it is another than the last one.
    pub(crate) fn status(&mut self, status: &str) {
        if self.told != status {
            self.tell(&line(status));
            status.clone_into(&mut self.told);
        }
    }

    /// Nobody waits for what is told, and a manager that does not listen is no reason to stop.
    fn tell(&self, lines: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(lines.as_bytes())
        {
            tracing::warn!(%error, "the service manager");
        }
    }
}

fn line(status: &str) -> String {
    format!("STATUS={}", status.lines().collect::<Vec<_>>().join("; "))
}

fn connect(name: &str) -> io::Result<UnixDatagram> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect_addr(&address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_several_lines_is_told_as_one() {
        assert_eq!(line("one\ntwo"), "STATUS=one; two");
    }

    #[test]
    fn a_name_that_begins_with_an_at_sign_is_not_in_the_file_system() {
        let name = format!("causeway-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let socket = Some(connect(&format!("@{name}")).unwrap());
        let mut ours = ServiceManager { socket, ..ServiceManager::default() };
        ours.ready("everything runs");
        for status in ["everything runs", "nothing is recorded", "nothing is recorded", "everything runs"] {
            ours.status(status);
        }
        drop(ours);
        let mut told = [0; 100];
        for expected in
            ["READY=1\nSTATUS=everything runs", "STATUS=nothing is recorded", "STATUS=everything runs"]
        {
            let n = manager.recv(&mut told).unwrap();
            assert_eq!(std::str::from_utf8(&told[..n]), Ok(expected));
        }
        manager.set_nonblocking(true).unwrap();
        assert!(manager.recv(&mut told).is_err(), "what is known is not told again");
    }
}
