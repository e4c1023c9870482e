//! What the operating system offers only to code that vouches for itself.
#![expect(unsafe_code, reason = "a file named sys.rs: each block has its reason")]

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use nix::libc::{SO_RCVLOWAT, SOL_SOCKET, setsockopt, socklen_t};

/// From now on the socket is readable when so many bytes have come, or its buffer is full, or its peer has ended
/// (`SO_RCVLOWAT` in socket(7)). Lowered, it is readable at once if there are enough.
pub fn set_receive_low_water(socket: &impl AsFd, bytes: u32) -> io::Result<()> {
    let value = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    let size = socklen_t::try_from(size_of::<c_int>()).unwrap_or(socklen_t::MAX);
    let socket = socket.as_fd().as_raw_fd();
    // SAFETY: the value lives on this stack while it is read, and its size is given.
    let done = unsafe { setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, (&raw const value).cast(), size) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
