//! The words everybody shares. No I/O but the system clock and the system's randomness, each behind a type
//! that is passed in.
//!
//! - [`VPath`], [`Name`]: the one path type (bytes, absolute, normalised).
//! - [`escape`]: how bytes become text in logs and events.
//! - [`ids`]: identities of components, sessions, principals and events.
//! - [`Clock`], [`Random`]: time and randomness, injected.
//! - [`date`]: the parts of a date as people write them.
//! - [`SourceNetwork`]: whoever is behind an address, for limits and bans.
//! - [`Secret`]: bytes that never print.
//! - [`Event`]: one typed fact with a stable number.
//! - [`rule`]: permissions and matching expressions.
//! - [`sshkey`]: the file formats of SSH keys.

pub mod clock;
pub mod csv;
pub mod date;
pub mod escape;
pub mod event;
pub mod ids;
pub mod path;
pub mod random;
pub mod rule;
pub mod secret;
pub mod source;
pub mod sshkey;

pub use clock::{Clock, Moment, Monotonic, Timestamp};
pub use event::{Event, EventId, Origin, Value};
pub use ids::{ComponentId, Family, PrincipalId, Uuid};
pub use path::{Name, PathError, VPath};
pub use random::Random;
pub use secret::Secret;
pub use source::SourceNetwork;
