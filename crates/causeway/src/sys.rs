//! What the operating system offers only to code that vouches for itself.
#![expect(unsafe_code, reason = "a file named sys.rs: each block has its reason")]

use nix::sys::signal::{SigHandler, Signal, signal};

/// Who writes to a pipe that nobody reads any more ends quietly, as every tool does (`causeway ... | head`). Not for
/// servers: their peers may go at any time.
pub(crate) fn end_at_closed_pipes() {
    // SAFETY: the default disposition runs no code of ours, and no other thread exists yet that could set another.
    let set = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    // Only an unknown signal is refused.
    let _ = set;
}
