//! Makes a new file look like the one it replaces: owner, mode, access list.

use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, XattrFlags};
use rustix::io::Errno;

use crate::attributes::Meta;
use crate::backend::Unlike;
use crate::permit::Place;

use super::walk;

const ACCESS_LIST: &str = "system.posix_acl_access";
/// Larger than any access list of a file system of today.
const ACCESS_LIST_MAX: usize = 64 * 1024;

/// `known` is of the old file at `like` (which is anchored), `now` of the new one behind `fd`.
pub(super) fn take_on(fd: BorrowedFd<'_>, like: &Place, known: &Meta, now: &Meta) -> Result<(), Unlike> {
    if known.owner != now.owner {
        let id = |n: u64| u32::try_from(n & 0xffff_ffff).map_err(|_| Unlike::Owner);
        let (uid, gid) = (id(known.owner >> 32)?, id(known.owner)?);
        let (uid, gid) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
        rustix::fs::fchown(fd, Some(uid), Some(gid)).map_err(|_| Unlike::Owner)?;
    }
    let folder = like.anchor.as_ref().and_then(walk::anchored).ok_or(Unlike::Acl)?;
    let mut path = walk::proc_path(folder).into_bytes();
    path.push(b'/');
    path.extend_from_slice(like.path.file_name_bytes());
    match access_list(&path)? {
        // It says what the mode says.
        List::Of(list) => {
            return rustix::fs::fsetxattr(fd, ACCESS_LIST, &list, XattrFlags::empty())
                .map_err(|_| Unlike::Acl);
        }
        // The folder may have given the new file a list that the old one does not have.
        List::None => match rustix::fs::fremovexattr(fd, ACCESS_LIST) {
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(_) => return Err(Unlike::Acl),
        },
        List::Unknown => {}
    }
    let bits = known.attributes.mode & 0o777;
    if bits == now.attributes.mode & 0o777 {
        return Ok(());
    }
    rustix::fs::fchmod(fd, Mode::from_raw_mode(bits)).map_err(|_| Unlike::Mode)
}

enum List {
    Of(Vec<u8>),
    None,
    /// The file system has no access lists.
    Unknown,
}

fn access_list(path: &[u8]) -> Result<List, Unlike> {
    let mut small = [0_u8; 256];
    match rustix::fs::lgetxattr(path, ACCESS_LIST, &mut small) {
        Ok(n) => Ok(List::Of(small.get(..n).unwrap_or_default().to_vec())),
        Err(Errno::NODATA) => Ok(List::None),
        Err(Errno::OPNOTSUPP) => Ok(List::Unknown),
        Err(Errno::RANGE) => {
            let mut large = vec![0_u8; ACCESS_LIST_MAX];
            let n = rustix::fs::lgetxattr(path, ACCESS_LIST, &mut large).map_err(|_| Unlike::Acl)?;
            large.truncate(n);
            Ok(List::Of(large))
        }
        Err(_) => Err(Unlike::Acl),
    }
}
