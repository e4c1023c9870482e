//! SCP, the protocol of `scp -O` (it has no standard: OpenSSH's `scp.c` is what clients are written against), without
//! I/O: a command line becomes a [`Command`], the bytes of the channel become [`Item`]s, and what is said back is
//! appended to a buffer of the caller.
//!
//! - [`Command`]: `scp -t` (the client sends) or `scp -f` (the client receives), its words split as a POSIX shell
//!   would split them. No shell is ever run.
//! - [`Target`], [`Glob`]: a path of the command line, and the patterns in it, to be matched by whoever has the files.
//! - [`Incoming`]: what a client sends that sends files. [`Answers`]: what one sends that receives them.
//! - [`say`]: records, acknowledgements, warnings.
//!
//! # Flaws of others, and why they cannot happen here
//!
//! - *The command line reaches a shell* (CVE-2020-15778, and every server that spawned `scp`): it is parsed here, and what
//!   only a shell could do is refused.
//! - *A name leads elsewhere* (CVE-2018-20685, CVE-2019-6111, seen from the server): the name in a record is one
//!   name: not empty, not `.` or `..`, without `/` and NUL; else the transfer ends.
//! - *A text of the peer reaches a terminal or a log raw* (CVE-2019-6109): names with controls are escaped in what is said
//!   to the client, and events escape by themselves.
//! - *A length decides an allocation*: lines have a bound, and the content of files is never collected.

mod answers;
mod command;
mod control;
mod glob;
mod incoming;
pub mod say;
mod target;
mod words;

pub use answers::{Answer, Answers};
pub use command::{COMMAND_MAX, Command, CommandError, Direction};
pub use control::{Control, ControlError, Times};
pub use glob::Glob;
pub use incoming::{Incoming, Item};
pub use target::{Component, Target};
pub use words::WordsError;

/// Bytes of one line, its end included: a name of 255 bytes fits many times.
pub const LINE_MAX: usize = 8 * 1024;
