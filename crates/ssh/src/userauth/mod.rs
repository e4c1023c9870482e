//! Who the user is: the server's side of RFC 4252, without sockets and without a judgement of its own.
//!
//! - [`request`]: what a client sends.
//! - [`reply`]: what a client is sent.
//! - [`login`]: the conversation. Its states are types: [`Login`] reads the next message, [`Query`] and [`Proof`]
//!   wait for the judge's answer and read nothing meanwhile, [`LoggedIn`] is the only way on, and only a
//!   [`Proof`] becomes one.
//!
//! A signature is verified here before the judge is asked, at the same cost for known and unknown users. A
//! judge that needs several methods answers [`Proof::partial`]; what was proven is kept for exactly that user
//! name, and another name begins with nothing.

pub mod login;
pub mod reply;
pub mod request;

mod options;
mod refusal;

#[cfg(test)]
mod tests;

pub use login::{Credential, LoggedIn, Login, LoginStep, Proof, Query};
pub use options::{LoginOptions, Method, Methods};
pub use refusal::{LoginError, Refused};
