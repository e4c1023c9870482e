//! The ways in which an authentication decides.

pub(crate) mod application;

use causeway_config::EffectiveAccount;

use crate::Why;
use crate::directory::Along;

/// What one method says to an attempt.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The login is good; the chain ends.
    Accepted(Box<EffectiveAccount>, Along),
    /// The login is bad; the chain ends.
    Rejected(Why),
    /// The method does not know the user; the next one is asked.
    Unknown,
}
