//! What a client sends under its keys: requests to log in, channels, new key exchanges. The input is a list of
//! messages, each after its length in two bytes; one user may log in, with one password, and one with a code after it.
//!
//! - Nobody is logged in whose password was not that one, or whose code was not; nothing of a channel happens before.
//! - A code is only given to be judged after a password that was good.
//! - What is to be judged has a name that may be one. That key is never proven: nobody can have signed this session.
//! - The data of a channel lies in the receive buffer, and is never more than the window.

#![no_main]

use std::sync::{Arc, LazyLock};

use causeway_core::{Monotonic, Random};
use causeway_fuzz::ssh::{HOST_KEY, carry, client_config, server_config};
use causeway_ssh::server::{Server, Step, WINDOW};
use causeway_ssh::userauth::{Credential, Factors, LoginOptions, Method, Methods};
use causeway_ssh::{ClientConfig, Received, RxBuf, ServerConfig, Transport, TxBuf};
use libfuzzer_sys::fuzz_target;

static CONFIG: LazyLock<(Arc<ServerConfig>, Arc<ClientConfig>)> =
    LazyLock::new(|| (server_config(), client_config()));
const NOW: Monotonic = Monotonic(std::time::Duration::ZERO);

struct Session {
    server: Server,
    client: Transport,
    to_server: (TxBuf, RxBuf),
    to_client: (TxBuf, RxBuf),
    accepted: bool,
    data: u64,
}

fuzz_target!(|input: &[u8]| {
    let mut session = Session::established();
    let mut rest = input;
    while let Some((length, after)) = rest.split_first_chunk() {
        let (payload, after) = after.split_at(usize::from(u16::from_be_bytes(*length)).min(after.len()));
        rest = after;
        if payload.is_empty()
            || session.client.send(&mut session.to_server.0, payload).is_err()
            || !session.turn()
        {
            return;
        }
    }
});

impl Session {
    fn established() -> Self {
        let (server, client) = &*CONFIG;
        let buffers = || (TxBuf::new(256 * 1024), RxBuf::new(256 * 1024));
        let mut session = Session {
            server: Server::new(
                server.clone(),
                Arc::new(LoginOptions {
                    methods: Methods::ALL.with(Method::HostBased),
                    ..LoginOptions::default()
                }),
                Random::predictable(1),
                NOW,
            ),
            client: Transport::client(client.clone(), Random::predictable(2), NOW),
            to_server: buffers(),
            to_client: buffers(),
            accepted: false,
            data: 0,
        };
        session.server.begin(&mut session.to_client.0).expect("room");
        session.client.start(&mut session.to_server.0).expect("room");
        while !(session.client.is_established() && session.server.transport().is_established()) {
            assert!(session.turn(), "a handshake between our own two sides");
        }
        session
    }

    /// Lets both sides read all there is. Whether the connection goes on.
    fn turn(&mut self) -> bool {
        carry(&mut self.to_server.0, &mut self.to_server.1);
        loop {
            let (tx, rx) = (&mut self.to_client.0, &mut self.to_server.1);
            match self.server.receive(rx, tx, NOW) {
                Ok(Step::NeedInput) => break,
                Ok(step) => {
                    if !self.step(step) {
                        return false;
                    }
                }
                Err(error) => {
                    self.server.fail(tx, &error);
                    return false;
                }
            }
        }
        carry(&mut self.to_client.0, &mut self.to_client.1);
        loop {
            match self.client.receive(&mut self.to_client.1, &mut self.to_server.0, NOW) {
                Ok(Received::NeedMore) => return true,
                Ok(Received::Handled | Received::Costly | Received::Payload(_)) => {}
                Ok(Received::Disconnected { .. }) | Err(_) => return false,
            }
        }
    }

    fn step(&mut self, step: Step) -> bool {
        assert_eq!(self.server.is_logged_in(), self.accepted);
        let tx = &mut self.to_client.0;
        let after = match step {
            Step::Query(query) => {
                may_be_a_name(query.user());
                let answer = if query.user() == "ann" { query.acceptable() } else { query.refuse() };
                self.server.login(tx, answer)
            }
            Step::Prove(proof) => {
                may_be_a_name(proof.user());
                let good = match proof.credential() {
                    Credential::Password(password) if proof.user() == "bob" => {
                        let step = match password.expose() == b"right" {
                            true => proof.partial(Factors { code: true, ..Factors::NONE }),
                            false => proof.refuse(),
                        };
                        return match self.server.login(tx, step) {
                            Ok(step) => self.step(step),
                            Err(_) => false,
                        };
                    }
                    Credential::Password(password) => password.expose() == b"right",
                    Credential::PasswordAndCode { password, code } => {
                        assert_eq!((proof.user(), password.expose()), ("bob", &b"right"[..]));
                        code.expose() == b"123456"
                    }
                    Credential::Code(code) => {
                        assert_eq!(proof.user(), "bob");
                        assert!(proof.proven().password);
                        code.expose() == b"123456"
                    }
                    // Any key may be the input's own, but for this one.
                    Credential::Key { key, .. } => {
                        assert_ne!(key.key().blob(), HOST_KEY.public_blob(), "a signature was forged");
                        false
                    }
                    Credential::Host { key, host, user, .. } => {
                        may_be_a_name(user);
                        assert!(
                            (1..=255).contains(&host.len()) && !host.bytes().any(|b| b.is_ascii_uppercase())
                        );
                        assert_ne!(key.blob(), HOST_KEY.public_blob(), "a signature was forged");
                        false
                    }
                };
                if ["ann", "bob"].contains(&proof.user()) && good {
                    self.accepted = true;
                    return self.server.logged_in(tx, proof.accept()).is_ok();
                }
                self.server.login(tx, proof.refuse())
            }
            Step::Start { channel, .. } => {
                assert!(self.accepted && self.server.channel(channel).is_some());
                return self.server.start(tx, channel, true).is_ok();
            }
            Step::Data { channel, range } => {
                assert!(self.accepted && self.server.channel(channel).is_some_and(|c| c.is_started()));
                assert_eq!(self.to_server.1.bytes(range.clone()).len(), range.len());
                self.data += u64::try_from(range.len()).expect("small");
                assert!(self.data <= 10 * u64::from(WINDOW));
                return true;
            }
            Step::Alive
            | Step::Eof(_)
            | Step::Closed(_)
            | Step::GlobalRefused(_)
            | Step::RequestRefused(_) => {
                assert!(self.accepted);
                return true;
            }
            Step::LoginRefused(_) => {
                assert!(!self.accepted);
                return true;
            }
            Step::Compute => return self.server.compute(tx).is_ok(),
            Step::NeedInput | Step::Handled => return true,
            Step::Disconnected { .. } | Step::Ended { .. } => return false,
        };
        match after {
            Ok(step) => self.step(step),
            Err(_) => false,
        }
    }
}

fn may_be_a_name(user: &str) {
    assert!((1..=150).contains(&user.chars().count()) && !user.chars().any(char::is_control), "{user:?}");
}
