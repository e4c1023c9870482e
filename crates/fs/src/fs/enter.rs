//! What happens at login: folders made, mounts opened, conflicts found.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use causeway_auth::{Grant, Mount};
use causeway_core::VPath;
use causeway_events::Batch;

use crate::backend::Backend;
use crate::error::{EnterError, Fault, FsError};
use crate::events;
use crate::host::Host;
use crate::local::Local;
use crate::mount::{Mounted, Namespace, Route, Strategy};
use crate::permit::Place;
use crate::upload::Uploads;

use super::Fs;

impl Fs {
    /// Opens the folders of a grant, after making those that may be made (event 20042), and the home's structure. A real
    /// object where a virtual folder has to be is event 1005, and no login.
    pub fn enter(grant: Arc<Grant>, host: Arc<Host>, batch: &mut Batch) -> Result<Self, EnterError> {
        let terms = grant.terms();
        let mut mounts = Vec::with_capacity(terms.mounts.len().saturating_add(terms.link_roots.len()));
        for (i, mount) in terms.mounts.iter().enumerate() {
            let missing = if i == 0 { EnterError::NoHome } else { EnterError::NoFolder };
            let local = open_mount(mount, terms.umask, &host, batch).map_err(|_| missing)?;
            mounts.push(mounted(Some(mount.at.clone()), local, terms.blocking_filesystem));
        }
        if !mounts.iter().any(|m| m.at.as_ref().is_some_and(VPath::is_root)) {
            return Err(EnterError::NoMount);
        }
        for root in &terms.link_roots {
            // One that is missing leads nowhere, which refuses what links into it.
            if let Ok(local) = Local::open(root, host.process_umask(), true) {
                mounts.push(mounted(None, local, terms.blocking_filesystem));
            }
        }
        let fs = Self::over(grant, host, mounts);
        fs.make_structure();
        fs.find_conflict(batch)?;
        Ok(fs)
    }

    /// The files of a session whose grant was made anew: what is being uploaded goes on.
    pub fn renew(&self, grant: Arc<Grant>, batch: &mut Batch) -> Result<Self, EnterError> {
        let fresh = Self::enter(grant, self.host.clone(), batch)?;
        Ok(Self { uploads: self.uploads.clone(), ..fresh })
    }

    pub(crate) fn over(grant: Arc<Grant>, host: Arc<Host>, mounts: Vec<Mounted>) -> Self {
        host.note_keep(grant.terms().partial_keep);
        let entered = host.now();
        Self {
            grant,
            host,
            namespace: Namespace::new(mounts),
            uploads: Arc::new(Uploads::default()),
            entered,
        }
    }

    /// Makes the home's structure. What cannot be made (a file is in the way) is left: it restricts nobody.
    fn make_structure(&self) {
        let terms = self.grant.terms();
        for folder in &terms.home_structure {
            let mut path = VPath::root();
            for name in folder.names() {
                let Ok(next) = VPath::parse(&path, name) else { break };
                path = next;
                if self.namespace.is_fixed(&path) {
                    continue;
                }
                let Route::Real(place) = self.namespace.route(&path) else { break };
                let place = self.rules().house(place);
                let Ok(backend) = self.backend(&place) else { break };
                match backend.make_folder(place.make_folder(0o777 & !terms.umask)) {
                    Ok(()) | Err(Fault::Failed(FsError::Exists)) => {}
                    Err(error) => {
                        tracing::warn!(folder = %path, ?error, "a folder of the home's structure cannot be made");
                        break;
                    }
                }
            }
        }
    }

    /// Looks for a real object at the first name that each mount point adds to the mount around it.
    fn find_conflict(&self, batch: &mut Batch) -> Result<(), EnterError> {
        let points: Vec<VPath> = self.namespace.mounts().filter_map(|(_, m)| m.at.clone()).collect();
        for point in points.iter().filter(|p| !p.is_root()) {
            let around = self
                .namespace
                .mounts()
                .filter_map(|(i, m)| Some((i, m, m.at.as_ref()?)))
                .filter(|(_, _, at)| *at != point && point.below(at).is_some())
                .max_by_key(|(_, _, at)| at.as_bytes().len());
            let Some((mount, mounted, at)) = around else { continue };
            let first =
                point.below(at).and_then(|rest| rest.split(|b| *b == b'/').next()).unwrap_or_default();
            let (Ok(path), Ok(shown)) = (VPath::absolute(first), VPath::parse(at, first)) else { continue };
            let place = self.rules().house(Place { mount, path, shown: shown.clone(), anchor: None });
            match mounted.backend.look(place.look()) {
                Err(Fault::Failed(FsError::NotFound)) => {}
                // What cannot be looked at may be there.
                Ok(_) | Err(_) => {
                    events::conflict(batch, &shown);
                    return Err(EnterError::Conflict);
                }
            }
        }
        Ok(())
    }
}

fn mounted(at: Option<VPath>, local: Local, always_pool: bool) -> Mounted {
    Mounted {
        at,
        real: Arc::from(local.real()),
        strategy: if always_pool { Strategy::Pool } else { local.strategy() },
        device: local.device(),
        backend: Arc::new(local) as Arc<dyn Backend>,
    }
}

fn open_mount(mount: &Mount, umask: u32, host: &Host, batch: &mut Batch) -> Result<Local, FsError> {
    match Local::open(&mount.real, host.process_umask(), false) {
        Err(FsError::NotFound) if mount.create => {
            let made = make_home(&mount.real, umask).map_err(|e| FsError::Io(e.kind()))?;
            let local = Local::open(&mount.real, host.process_umask(), false)?;
            if made {
                local.set_root_bits(0o777 & !umask)?;
                let owner = std::fs::metadata(&mount.real).map(|m| (m.uid(), m.gid())).unwrap_or_default();
                events::home_created(batch, mount.real.as_os_str().as_bytes(), owner.0, owner.1);
            }
            Ok(local)
        }
        other => other,
    }
}

/// Makes the folder and those above it. False if another login was first.
fn make_home(real: &Path, umask: u32) -> io::Result<bool> {
    let make = |recursive, path: &Path| {
        std::fs::DirBuilder::new().recursive(recursive).mode(0o777 & !umask).create(path)
    };
    if let Some(above) = real.parent() {
        make(true, above)?;
    }
    match make(false, real) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e),
    }
}

/// An `Fs` over other back ends than the disk.
#[cfg(any(test, feature = "testing"))]
impl Fs {
    /// One back end at the root.
    pub fn over_backend(grant: Arc<Grant>, host: Arc<Host>, backend: Arc<dyn Backend>) -> Self {
        let at = Some(VPath::root());
        let mounted = Mounted { at, real: Arc::from([]), backend, strategy: Strategy::Inline, device: 0 };
        Self::over(grant, host, vec![mounted])
    }
}
