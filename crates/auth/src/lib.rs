//! From a peer's claim to a grant.
//!
//! ```text
//! Attempt --Authenticator::judge--> chain --> method --> Directory (the accounts; the same work for any name)
//!                                     |
//!         Verdict::Accept(Login) <----+----> Verdict::Reject(Why), events
//!                  |
//!                  +--Authenticator::let_in, once its files are open--> events
//! ```
//!
//! - [`Authenticator`]: judges attempts; the only maker of grants.
//! - [`Attempt`], [`Credential`], [`Verdict`]: what a peer claims, and what comes of it.
//! - [`Partial`]: what is proven of a login that needs several proofs.
//! - [`own_password`]: how users change their passwords. [`State`]: what is kept of codes and of passwords that were.
//! - [`Login`]: one that is good, until its user is in.
//! - [`Grant`], [`Terms`]: what a proven login may do, and under which configuration ([`Epoch`]).
//! - [`activity`]: when accounts logged in last, and which are disabled because they did not.
//! - [`bans`]: sources whose logins keep failing. [`Barred`]: a source that a security policy keeps out.
//! - [`Why`]: why a login was refused; for events, never for the peer.
//! - [`password`]: the formats of stored passwords; [`Hashing`]: where and how many at a time they are computed.
//! - [`authorized_keys`]: an account's public keys on the disk; `keys`: whether a key, a certificate or a host lets
//!   somebody in; [`Revocations`]: the file with those that count no more.

pub mod activity;
mod attempt;
mod authenticator;
pub mod authorized_keys;
pub mod bans;
mod blocking;
mod chain;
mod directory;
mod grant;
mod guard;
mod hashing;
mod keys;
mod login;
mod methods;
pub mod own_password;
mod partial;
pub mod password;
mod report;
mod revocations;
mod second_factor;
mod stand_in;
mod state;
mod terms;
mod why;
mod workers;

pub use attempt::{Attempt, Credential, Verdict};
pub use authenticator::Authenticator;
pub use grant::{Entrance, Epoch, Grant, Mount, Terms, UploadSync};
pub use guard::{Bar, Barred};
pub use hashing::{Hashing, HashingError, Work};
pub use keys::KeyRefusal;
pub use login::Login;
pub use partial::{Factors, Partial};
pub use revocations::{RevocationError, Revocations, unusable_list};
pub use second_factor::WrongCode;
pub use state::State;
pub use terms::account_in;
pub use why::Why;
