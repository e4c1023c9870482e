//! A large file is received in pieces that are worth being woken for: while as much is to come, the socket is readable only
//! when much is there. Not for long: the client may stop, open another channel or change keys first.

use std::os::fd::AsFd;
use std::time::Duration;

use causeway_core::Monotonic;
use causeway_net::set_receive_low_water;

/// So much is awaited.
const MUCH: u32 = 128 * 1024;
/// For so long at the most.
const LONG: Duration = Duration::from_millis(10);
/// Where so little comes in that time, the line is slow: it is received as it comes.
const LITTLE: usize = 32 * 1024;

/// What one socket is told.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// The socket is readable only when much is there.
    waits: bool,
    /// Little comes: there is no use in waiting for more.
    trickles: bool,
}

impl Gathering {
    /// Before input is waited for, of which so many bytes are to come.
    pub(super) fn begin(&mut self, socket: &impl AsFd, to_come: u64) {
        self.set(socket, !self.trickles && to_come >= MUCH.into());
    }

    /// Whatever comes is wanted at once.
    pub(super) fn end(&mut self, socket: &impl AsFd) {
        self.set(socket, false);
    }

    fn set(&mut self, socket: &impl AsFd, waits: bool) {
        if waits != self.waits {
            // If the system does not want it, we are woken more often.
            let _ = set_receive_low_water(socket, if waits { MUCH } else { 1 });
            self.waits = waits;
        }
    }

    /// When waiting for much ends, if something came `last`.
    pub(super) fn until(&self, last: Monotonic) -> Option<Monotonic> {
        self.waits.then(|| last.after(LONG))
    }

    /// Much has not come until then.
    pub(super) fn ran_out(&mut self) {
        self.trickles = true;
    }

    /// So much was received.
    pub(super) fn received(&mut self, bytes: usize) {
        self.trickles &= bytes < LITTLE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn much_is_waited_for_while_it_is_to_come_and_comes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let last = Monotonic(Duration::from_secs(5));
        let mut gathering = Gathering::default();
        let waits = |to_come, gathering: &mut Gathering| {
            gathering.begin(&socket, to_come);
            gathering.until(last) == Some(last.after(LONG))
        };
        assert!(!waits(u64::from(MUCH) - 1, &mut gathering));
        assert!(waits(MUCH.into(), &mut gathering));
        gathering.ran_out();
        assert!(!waits(1 << 30, &mut gathering));
        gathering.received(LITTLE - 1);
        assert!(!waits(1 << 30, &mut gathering));
        gathering.received(LITTLE);
        assert!(waits(1 << 30, &mut gathering));
        gathering.end(&socket);
        assert_eq!(gathering.until(last), None);
    }
}
