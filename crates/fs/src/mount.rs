//! Which path lies in which mount, and what exists only virtually.

use std::sync::Arc;

use causeway_core::{Name, VPath};

use crate::backend::{Backend, Landing};
use crate::permit::Place;

/// Where a call may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// On the thread that serves the network: the file system answers from memory or a local disk.
    Inline,
    /// On a thread that may wait.
    Pool,
}

/// A back end in its place.
#[derive(Debug, Clone)]
pub(crate) struct Mounted {
    /// Where clients see it; none for a link root, which only links lead into.
    pub(crate) at: Option<VPath>,
    /// The place it has outside, as links name it; empty where links cannot.
    pub(crate) real: Arc<[u8]>,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) strategy: Strategy,
    /// The device of its root.
    pub(crate) device: u64,
}

/// What a virtual path is before anything has been looked at.
#[derive(Debug)]
pub(crate) enum Route {
    Real(Place),
    /// A folder that exists only because a mount point lies below it.
    Virtual,
    /// A name in such a folder that leads to no mount: nothing is there, and nothing can be.
    Void,
}

/// The mounts of one login.
#[derive(Debug)]
pub(crate) struct Namespace {
    mounts: Vec<Mounted>,
    /// Folders that exist only virtually.
    virtuals: Vec<VPath>,
}

impl Namespace {
    pub(crate) fn new(mounts: Vec<Mounted>) -> Self {
        let points: Vec<&VPath> = mounts.iter().filter_map(|m| m.at.as_ref()).collect();
        let mut virtuals = Vec::new();
        for point in &points {
            let mut up = point.parent();
            while let Some(folder) = up {
                up = folder.parent();
                if points.contains(&&folder) {
                    break;
                }
                if !virtuals.contains(&folder) {
                    virtuals.push(folder);
                }
            }
        }
        Self { mounts, virtuals }
    }

    pub(crate) fn mount(&self, index: usize) -> Option<&Mounted> {
        self.mounts.get(index)
    }

    pub(crate) fn mounts(&self) -> impl Iterator<Item = (usize, &Mounted)> {
        self.mounts.iter().enumerate()
    }

    /// The mount that holds the path: the one with the longest mount point.
    fn holder(&self, path: &VPath) -> Option<(usize, &VPath)> {
        let holding = self.mounts.iter().enumerate().filter_map(|(i, m)| Some((i, m.at.as_ref()?)));
        holding.filter(|(_, at)| path.below(at).is_some()).max_by_key(|(_, at)| depth(at))
    }

    pub(crate) fn route(&self, path: &VPath) -> Route {
        let Some((mount, at)) = self.holder(path) else { return Route::Void };
        let above = self.virtuals.iter().filter(|v| path.below(v).is_some()).max_by_key(|v| depth(v));
        if let Some(above) = above
            && depth(above) > depth(at)
        {
            return if above == path { Route::Virtual } else { Route::Void };
        }
        let inside = if at.is_root() {
            Some(path.clone())
        } else {
            path.below(at).and_then(|p| VPath::absolute(p).ok())
        };
        match inside {
            Some(inside) => Route::Real(Place { mount, path: inside, shown: path.clone(), anchor: None }),
            None => Route::Void,
        }
    }

    /// Whether the path still leads into that mount, or for what only links lead into, whether they still may.
    pub(crate) fn still_holds(&self, path: &VPath, mount: &Mounted) -> bool {
        match (&mount.at, self.route(path)) {
            (Some(_), Route::Real(place)) => self.mount(place.mount).is_some_and(|m| m.real == mount.real),
            (Some(_), Route::Virtual | Route::Void) => false,
            (None, _) => self.mounts.iter().any(|m| m.at.is_none() && m.real == mount.real),
        }
    }

    /// Whether the mounts are the same, in the same places.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let same = |(a, b): (&Mounted, &Mounted)| a.at == b.at && a.real == b.real;
        self.mounts.len() == other.mounts.len() && self.mounts.iter().zip(&other.mounts).all(same)
    }

    /// Whether the path is the root, a mount point or a virtual folder.
    pub(crate) fn is_fixed(&self, path: &VPath) -> bool {
        path.is_root()
            || self.virtuals.contains(path)
            || self.mounts.iter().any(|m| m.at.as_ref() == Some(path))
    }

    /// The names that mounts add to a folder: mount points and virtual folders.
    pub(crate) fn names_in(&self, folder: &VPath) -> Vec<(Name, VPath)> {
        let points = self.mounts.iter().filter_map(|m| m.at.as_ref());
        let mut names: Vec<(Name, VPath)> = points
            .chain(&self.virtuals)
            .filter(|p| p.parent().as_ref() == Some(folder))
            .filter_map(|p| Some((p.file_name()?, p.clone())))
            .collect();
        names.sort_unstable();
        names
    }

    /// The place that a link from `from` leads to; none if it is in no mount and below no link root. `requested` is
    /// what it is called where only a link leads to it.
    pub(crate) fn land(&self, from: usize, landing: Landing, requested: &VPath) -> Option<Place> {
        match landing {
            Landing::Here(path) => self.place(from, path, requested),
            Landing::There(real) => {
                let visible = self.inside(&real, true);
                let (mount, path) = visible.or_else(|| self.inside(&real, false))?;
                self.place(mount, path, requested)
            }
        }
    }

    fn place(&self, mount: usize, path: VPath, requested: &VPath) -> Option<Place> {
        let shown = match &self.mounts.get(mount)?.at {
            Some(at) if at.is_root() => path.clone(),
            Some(at) => VPath::parse(at, path.as_bytes().get(1..)?).ok()?,
            None => requested.clone(),
        };
        Some(Place { mount, path, shown, anchor: None })
    }

    /// The deepest mount whose folder holds the real path.
    fn inside(&self, real: &[u8], visible: bool) -> Option<(usize, VPath)> {
        let mut best: Option<(usize, usize, &[u8])> = None;
        for (i, m) in self.mounts.iter().enumerate().filter(|(_, m)| m.at.is_some() == visible) {
            if let Some(rest) = below_real(real, &m.real)
                && best.is_none_or(|(_, len, _)| m.real.len() > len)
            {
                best = Some((i, m.real.len(), rest));
            }
        }
        let (mount, _, rest) = best?;
        Some((mount, VPath::absolute(rest).ok()?))
    }
}

/// What remains of the real path below `folder`.
pub(crate) fn below_real<'a>(real: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    match folder {
        b"" => None,
        b"/" => real.strip_prefix(b"/"),
        _ => match real.strip_prefix(folder)? {
            b"" => Some(b""),
            rest => rest.strip_prefix(b"/"),
        },
    }
}

fn depth(path: &VPath) -> usize {
    path.names().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_place_is_below_a_folder_and_not_beside_it() {
        assert_eq!(below_real(b"/srv/a/b", b"/srv/a"), Some(&b"b"[..]));
        assert_eq!(below_real(b"/srv/a", b"/srv/a"), Some(&b""[..]));
        assert_eq!(below_real(b"/srv/ab", b"/srv/a"), None);
        assert_eq!(below_real(b"/srv", b"/"), Some(&b"srv"[..]));
        assert_eq!(below_real(b"/srv", b""), None);
    }
}
