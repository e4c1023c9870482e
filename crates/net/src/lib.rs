//! Sockets and admission: who may connect, and how many.
//!
//! - [`Listener`]: a listening address, IPv4 or IPv6 or both.
//! - [`Admission`]: the limits of one service, before login and in all.
//! - [`proxy_protocol`]: for whom a load balancer connects.

mod admission;
mod listener;
pub mod proxy_protocol;
mod sys;

pub use admission::{Admission, Limits, Refusal, Ticket};
pub use listener::{BindError, Listener};
pub use sys::set_receive_low_water;
