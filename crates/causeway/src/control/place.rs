//! The socket by a name that is short enough for the kernel: 107 bytes (unix(7)), wherever the installation is.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

const MOST: usize = 107;

/// A name of the socket. It holds while this lives.
#[derive(Debug)]
pub(super) struct Place {
    name: PathBuf,
    _folder: Option<File>,
}

impl Place {
    pub(super) fn of(socket: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if socket.as_os_str().len() <= MOST {
            return Ok(Self { name: socket.to_owned(), _folder: None });
        }
        let how = i32::try_from((OFlags::PATH | OFlags::DIRECTORY).bits()).map_err(io::Error::other)?;
        let folder = File::options().read(true).custom_flags(how).open(folder)?;
        let name = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Self { name, _folder: Some(folder) })
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }
}
