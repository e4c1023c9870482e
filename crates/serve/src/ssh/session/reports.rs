//! What the trail is told of a connection as a whole.

use std::os::unix::ffi::OsStrExt;

use causeway_core::EventId;
use causeway_events::catalogue::ids;
use causeway_ssh::server::ServerError;
use causeway_ssh::userauth::Refused;
use causeway_ssh::{Error, Negotiated};

use super::{End, Session};

/// Refused requests of one session that are told.
const MOST_REFUSALS: u32 = 16;
/// Bytes of a list of algorithms that are told: whoever offers more wants to fill the trail.
const LONGEST_LIST: usize = 2048;

impl Session {
    pub(super) fn report_established(&mut self, service: &'static str) {
        if std::mem::replace(&mut self.established, true) {
            return;
        }
        let transport = self.server.transport();
        let mut entry = self
            .batch
            .emit(ids::SSH_SESSION_ESTABLISHED)
            .with("client_version", transport.peer_ident())
            .with("virtual_path", "/")
            .with("service_name", service);
        if let Some((fs, _)) = &self.user {
            let home = fs.grant().terms().mounts.first();
            entry = entry.with("real_path", home.map_or(&b""[..], |m| m.real.as_os_str().as_bytes()));
        }
        for (name, value) in algorithms(transport.negotiated()) {
            entry = entry.with(name, value);
        }
    }

    /// A request that is not for us. Each client has a few of its own, and no client fills the trail with them.
    pub(super) fn report_request(&mut self, id: EventId, member: &'static str, name: &[u8]) {
        // Asked for a sign of life, or to see how long the line is: a refusal is the answer that is awaited.
        let is_routine = [&b"keepalive@"[..], b"winadj@", b"simple@"].iter().any(|n| name.starts_with(n));
        if is_routine {
            return;
        }
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals <= MOST_REFUSALS {
            self.batch.emit(id).with(member, name);
        }
    }

    pub(super) fn report_refused(&mut self, refused: &Refused) {
        let mut details = refused.cause.to_string();
        if let Some(key) = &refused.key {
            details = format!("{details} ({})", key.fingerprint());
        }
        self.batch
            .emit(ids::SSH_AUTH_PROTOCOL_FAILURE)
            .with("username", refused.user.as_slice())
            .with("method", refused.method.as_slice())
            .with("details", details);
        // The balancer's own address is nobody's.
        if self.probe {
            self.is_more_than_a_probe();
        } else if refused.is_failed_login() {
            let (service, source) = (&self.service, self.peer.ip());
            service.shared.authenticator.count_failure(&service.id, source, &mut self.batch);
        }
    }

    pub(super) fn report_error(&mut self, end: &End) {
        if let End::Server(ServerError::Transport(Error::Negotiation(mismatch))) = end {
            self.batch
                .emit(ids::SSH_NO_COMMON_ALGORITHM)
                .with("type", mismatch.kind.to_string())
                .with("client_algorithms", beginning(&mismatch.client).to_owned())
                .with("server_algorithms", mismatch.server.clone())
                .with("details", mismatch.advice());
        }
    }

    pub(super) fn report_closed(&mut self, reason: Option<String>) {
        let untold = self.refusals.saturating_sub(MOST_REFUSALS);
        if untold > 0 {
            self.batch.emit(ids::SSH_REQUEST_REFUSED).with("details", format!("{untold} more requests"));
        }
        if let Some(reason) = reason {
            self.batch.emit(ids::SSH_CONNECTION_CLOSING).with("details", reason);
        }
        let transport = self.server.transport();
        let version = Some(transport.peer_ident()).filter(|version| !version.is_empty());
        let mut entry =
            self.batch.emit(ids::SSH_CONNECTION_CLOSED).with("client_version", version.unwrap_or(b"none"));
        for (name, value) in algorithms(transport.negotiated()) {
            entry = entry.with(name, value);
        }
    }
}

/// What protects a connection; `none` where no keys have been exchanged.
pub(crate) fn algorithms(negotiated: Option<&Negotiated>) -> [(&'static str, String); 8] {
    let Some(n) = negotiated else {
        return [
            "key_exchange",
            "host_key",
            "in_cipher",
            "in_hmac",
            "in_compression",
            "out_cipher",
            "out_hmac",
            "out_compression",
        ]
        .map(|name| (name, "none".to_owned()));
    };
    let compression = Negotiated::COMPRESSION.to_owned();
    [
        ("key_exchange", n.kex.name().to_owned()),
        ("host_key", n.host_key.clone()),
        ("in_cipher", n.client_to_server.cipher.name().to_owned()),
        ("in_hmac", n.client_to_server.mac_name().to_owned()),
        ("in_compression", compression.clone()),
        ("out_cipher", n.server_to_client.cipher.name().to_owned()),
        ("out_hmac", n.server_to_client.mac_name().to_owned()),
        ("out_compression", compression),
    ]
}

fn beginning(list: &str) -> &str {
    list.get(..list.floor_char_boundary(LONGEST_LIST)).unwrap_or_default()
}
