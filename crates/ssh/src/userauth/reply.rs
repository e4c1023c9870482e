//! What a client is sent during a login: payloads, ready to be sealed.

use super::options::{Methods, Questions};
use super::request::{HostRequest, USERAUTH_REQUEST};
use crate::wire::Writer;

const SERVICE_ACCEPT: u8 = 6;
const FAILURE: u8 = 51;
const SUCCESS: u8 = 52;
const BANNER: u8 = 53;
const PK_OK: u8 = 60;
/// The same number, after a request by another method (RFC 4256 section 5).
const INFO_REQUEST: u8 = 60;

/// The service that a login asks for first (RFC 4252 section 4).
pub(super) const USERAUTH: &[u8] = b"ssh-userauth";
/// The only service behind a login (RFC 4254).
pub(super) const CONNECTION: &[u8] = b"ssh-connection";

/// `SSH_MSG_SERVICE_ACCEPT` for `ssh-userauth` (RFC 4253 section 10).
pub fn service_accept() -> Vec<u8> {
    message(|w| _ = w.u8(SERVICE_ACCEPT).string(USERAUTH))
}

/// `SSH_MSG_USERAUTH_FAILURE` (RFC 4252 section 5.1): the methods that can go on, and whether the request that
/// this answers was good for a part.
pub fn failure(methods: Methods, partial: bool) -> Vec<u8> {
    message(|w| _ = w.u8(FAILURE).name_list(methods.iter().map(|m| m.name())).bool(partial))
}

/// `SSH_MSG_USERAUTH_SUCCESS`.
pub fn success() -> Vec<u8> {
    vec![SUCCESS]
}

/// `SSH_MSG_USERAUTH_BANNER` (RFC 4252 section 5.4); lines end in CR LF there.
pub fn banner(text: &str) -> Vec<u8> {
    let text = text.lines().collect::<Vec<_>>().join("\r\n") + "\r\n";
    message(|w| _ = w.u8(BANNER).string(text.as_bytes()).string(b""))
}

/// `SSH_MSG_USERAUTH_PK_OK` (RFC 4252 section 7): the two fields of the query.
pub fn key_acceptable(algorithm: &str, blob: &[u8]) -> Vec<u8> {
    message(|w| _ = w.u8(PK_OK).string(algorithm.as_bytes()).string(blob))
}

/// `SSH_MSG_USERAUTH_INFO_REQUEST` (RFC 4256 section 3.2) with one question, whose answer is not shown as it is typed.
pub fn question(questions: &Questions, prompt: &str) -> Vec<u8> {
    message(|w| {
        w.u8(INFO_REQUEST).string(questions.name.as_bytes()).string(questions.instruction.as_bytes());
        w.string(b"").u32(1).string(prompt.as_bytes()).bool(false);
    })
}

/// What a client signs (RFC 4252 section 7): the session's identifier, then its request without the signature.
pub fn signed_data(session_id: &[u8], user: &str, algorithm: &str, blob: &[u8]) -> Vec<u8> {
    message(|w| {
        w.string(session_id).u8(USERAUTH_REQUEST).string(user.as_bytes()).string(CONNECTION);
        w.string(b"publickey").bool(true).string(algorithm.as_bytes()).string(blob);
    })
}

/// What a client's host signs (RFC 4252 section 9): the session's identifier, then the request without the signature.
pub fn signed_by_host(session_id: &[u8], user: &str, request: &HostRequest<'_>) -> Vec<u8> {
    message(|w| {
        w.string(session_id).u8(USERAUTH_REQUEST).string(user.as_bytes()).string(CONNECTION);
        w.string(b"hostbased").string(request.algorithm).string(request.blob);
        w.string(request.host).string(request.user);
    })
}

fn message(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Writer::new(&mut out));
    out
}
