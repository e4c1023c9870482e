//! Who the user is: the server's side of RFC 4252 and RFC 4256, without sockets and without a judgement of its own.
//!
//! - [`request`]: what a client sends.
//! - [`reply`]: what a client is sent.
//! - [`login`]: the conversation. Its states are types: [`Login`] reads the next message, [`Dialogue`] the answer to
//!   a question, [`Query`] and [`Proof`] wait for the judge's answer and read nothing meanwhile, [`LoggedIn`] is the
//!   only way on, and only a [`Proof`] becomes one.
//! - [`dialogue`]: keyboard-interactive. It asks everybody for a password first, whoever they say they are; that there is
//!   a second question shows only to who has answered the first.
//!
//! A signature is verified here before the judge is asked, at the same cost for known and unknown users. A
//! judge that needs several methods answers [`Proof::partial`]; what was proven is kept for exactly that user
//! name, and another name begins with nothing.

pub mod dialogue;
pub mod login;
pub mod reply;
pub mod request;

mod options;
mod refusal;

#[cfg(test)]
mod tests;

pub use dialogue::Dialogue;
pub use login::{Credential, LoggedIn, Login, LoginStep, Proof, Query, Waiting};
pub use options::{Factors, LoginOptions, Method, Methods, Questions};
pub use refusal::{LoginError, Refused};
