//! What the operating system offers only to code that vouches for itself.
#![expect(unsafe_code, reason = "a file named sys.rs: each block has its reason")]

#[cfg(target_env = "gnu")]
use std::ffi::c_int;

use nix::sys::signal::{SigHandler, Signal, signal};

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    /// malloc_trim(3).
    safe fn malloc_trim(pad: usize) -> c_int;
}

/// Gives memory that nobody uses back to the system: the allocator keeps what large changes have needed for a moment. Takes
/// some milliseconds, in which others wait for memory.
pub(crate) fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    malloc_trim(0);
}

/// Who writes to a pipe that nobody reads any more ends quietly, as every tool does (`causeway ... | head`). Not for
/// servers: their peers may go at any time.
pub(crate) fn end_at_closed_pipes() {
    // SAFETY: the default disposition runs no code of ours, and no other thread exists yet that could set another.
    let set = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    // Only an unknown signal is refused.
    let _ = set;
}
