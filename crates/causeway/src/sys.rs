//! What the operating system offers only to code that vouches for itself.
#![expect(unsafe_code, reason = "a file named sys.rs: each block has its reason")]

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction, signal};

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

/// SIGTERM or SIGHUP has come.
static TOLD_TO_END: AtomicBool = AtomicBool::new(false);

/// From now on SIGTERM and SIGHUP end the call to the system that waits, and not the process: [`told_to_end`] says that one
/// has come. A SIGHUP that is ignored stays ignored.
pub(crate) fn hear_signals() -> io::Result<()> {
    extern "C" fn note(_: c_int) {
        TOLD_TO_END.store(true, Ordering::Relaxed);
    }
    let heard = SigAction::new(SigHandler::Handler(note), SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler only stores to an atomic, which any signal may interrupt.
        let before = unsafe { sigaction(signal, &heard) }?;
        if signal == Signal::SIGHUP && matches!(before.handler(), SigHandler::SigIgn) {
            // SAFETY: what was there is put back, and it runs no code of ours.
            unsafe { sigaction(signal, &before) }?;
        }
    }
    Ok(())
}

/// Whether a signal has told the process to end, since [`hear_signals`].
pub(crate) fn told_to_end() -> bool {
    TOLD_TO_END.load(Ordering::Relaxed)
}

/// Who writes to a pipe that nobody reads any more ends quietly, as every tool does (`causeway ... | head`). Not for
/// servers: their peers may go at any time.
pub(crate) fn end_at_closed_pipes() {
    // SAFETY: the default disposition runs no code of ours, and no other thread exists yet that could set another.
    let set = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    // Only an unknown signal is refused.
    let _ = set;
}
