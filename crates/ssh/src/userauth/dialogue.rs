//! keyboard-interactive (RFC 4256): the server asks, the client shows the question and sends the answer. One question at a
//! time, two at the most.

use causeway_core::Secret;

use super::login::{Credential, Login, LoginStep, Waiting, is_unassigned};
use super::options::Method;
use super::refusal::LoginError;
use super::request::{INFO_RESPONSE, answer, password};
use crate::transport::Disconnect;

/// A login that waits for the answer to a question. What was answered counts for this dialogue alone: one that fails or
/// is left for another request has proven nothing.
#[derive(Debug)]
#[must_use]
pub struct Dialogue {
    login: Login,
    asked: Asked,
}

/// What was asked.
#[derive(Debug)]
pub(super) enum Asked {
    Password,
    /// The code alone: the rest was proven before the dialogue.
    Code,
    /// The code, after this password.
    CodeAfter(Secret),
}

impl Dialogue {
    pub(super) fn new(login: Login, asked: Asked) -> Self {
        Self { login, asked }
    }

    /// Takes a message: the answer, or any other, for which the dialogue is left (RFC 4252 section 5).
    pub fn step(self, payload: &[u8]) -> LoginStep {
        let Self { mut login, asked } = self;
        let number = payload.first().copied().unwrap_or_default();
        if number != INFO_RESPONSE && is_unassigned(number) {
            if let Some(end) = login.count_message() {
                return end;
            }
            return LoginStep::Unimplemented(Waiting::Dialogue(Box::new(Self { login, asked })));
        }
        if number != INFO_RESPONSE {
            // Each question may have cost the work of a password: leaving it is a failed attempt.
            let end = login.leave(Method::KeyboardInteractive, LoginError::Abandoned);
            return end.unwrap_or_else(|| login.step(payload));
        }
        if let Some(end) = login.count_message() {
            return end;
        }
        let given = match answer(payload) {
            Ok(Ok(given)) => password(given),
            Ok(Err(count)) => Err(LoginError::Answers(count)),
            Err(e) => return super::login::disconnect(Disconnect::ProtocolError, e.into()),
        };
        let given = match given {
            Ok(given) => Secret::new(given),
            Err(cause) => {
                let refused = login.refused_here(Method::KeyboardInteractive, cause);
                return login.fail(Some(refused));
            }
        };
        let credential = match asked {
            Asked::Password => Credential::Password(given),
            Asked::Code => Credential::Code(given),
            Asked::CodeAfter(password) => Credential::PasswordAndCode { password, code: given },
        };
        login.prove(Method::KeyboardInteractive, credential)
    }
}
