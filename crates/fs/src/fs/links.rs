//! Symbolic and hard links.

use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::Kind;
use crate::backend::Landing;
use crate::error::{Fault, FsError};
use crate::mount::Route;
use crate::permit::{Last, Operation, Place};

use super::Fs;

/// What a stored text begins with when the client named the target from the root: it means nothing to the system, and
/// lets the client read what it wrote. Nobody else writes links so.
const WAS_ABSOLUTE: &[u8] = b".//./";

impl Fs {
    /// Makes a symbolic link. `target` is the text as the client sent it: a virtual path, relative to the link's folder
    /// unless it begins with `/`. It must exist, be permitted, and lie in the same mount; it is stored relative.
    pub fn symlink(&self, batch: &mut Batch, target: &[u8], link: &VPath) -> Result<(), FsError> {
        let from = link.parent().unwrap_or_else(VPath::root);
        let was_absolute = target.starts_with(b"/");
        let target = VPath::parse(&from, target).map_err(|_| FsError::NameInvalid)?;
        if self.names().is_fixed(link) {
            self.judge(batch, Operation::CreateLink, link)?;
            return Err(FsError::Exists);
        }
        // Judged before anything is looked at, the link first: whether the target exists is not told to who may not
        // make the link.
        self.clear(batch, Operation::CreateLink, link)?;
        let leads_to = self.existing(batch, &target)?;
        self.perform(batch, Operation::CreateLink, link, Last::Keep, |_, at| {
            if self.uploads().has(link, &at.place().shown) {
                return Err(FsError::Exists.into());
            }
            if at.place().mount != leads_to.mount {
                return Err(FsError::CrossMount.into());
            }
            let mut text = relative(&at.place().path, &leads_to.path);
            if was_absolute {
                text.splice(0..0, WAS_ABSOLUTE.iter().copied());
            }
            self.backend(at)?.make_link(at.make_link(text))
        })
    }

    /// Where the target of a link is, links on the way to it resolved and judged, its last name as it stands.
    fn existing(&self, batch: &mut Batch, target: &VPath) -> Result<Place, FsError> {
        if let Route::Virtual = self.names().route(target) {
            self.judge(batch, Operation::LinkTarget, target)?;
            return Err(FsError::CrossMount);
        }
        // What it leads to in the end has to be permitted as well.
        self.perform(batch, Operation::LinkTarget, target, Last::Follow, |_, at| {
            match self.backend(at)?.look(at.look())?.attributes.kind {
                Kind::Link => Err(Fault::Link),
                _ => Ok(()),
            }
        })?;
        self.perform(batch, Operation::LinkTarget, target, Last::Keep, |_, at| {
            self.backend(at)?.look(at.look())?;
            Ok(at.place().clone())
        })
    }

    /// Gives a file another name in the same mount.
    pub fn hard_link(&self, batch: &mut Batch, from: &VPath, to: &VPath) -> Result<(), FsError> {
        let (source, target) = ((Operation::HardLinkFrom, from), (Operation::HardLinkTo, to));
        self.perform_pair(batch, source, target, |_, source, target| {
            if source.place().mount != target.place().mount {
                return Err(FsError::CrossMount.into());
            }
            if self.uploads().has(to, &target.place().shown) {
                return Err(FsError::Exists.into());
            }
            let backend = self.backend(source)?;
            if let Some(upload) = self.uploads().get(&source.place().shown) {
                return backend.hard_link(upload.temporary().hard_link_to(target));
            }
            match backend.look(source.look())?.attributes.kind {
                Kind::File => backend.hard_link(source.hard_link_to(target)),
                Kind::Folder => Err(FsError::IsFolder.into()),
                // A name of a link is a link that nobody has judged.
                Kind::Link | Kind::Other => Err(FsError::Unsupported.into()),
            }
        })
    }

    /// The text of a symbolic link as the client would write it. What leads to where the login sees nothing is
    /// [`FsError::NotFound`].
    pub fn read_link(&self, batch: &mut Batch, path: &VPath) -> Result<Vec<u8>, FsError> {
        self.perform(batch, Operation::ReadLink, path, Last::Keep, |_, at| {
            let place = at.place();
            let text = self.backend(at)?.read_link(at.read_link())?;
            if !text.starts_with(b"/") && stays_inside(&place.path, &text) {
                let Some(relative) = text.strip_prefix(WAS_ABSOLUTE) else { return Ok(text) };
                let from = place.shown.parent().unwrap_or_else(VPath::root);
                let target = VPath::parse(&from, relative).map_err(|_| FsError::NotFound)?;
                return Ok(target.as_bytes().to_vec());
            }
            // Elsewhere: told only where it is in a mount that the client sees.
            let mut real = self.names().mount(place.mount).map(|m| m.real.to_vec()).unwrap_or_default();
            if !text.starts_with(b"/") {
                real.extend_from_slice(place.path.parent().unwrap_or_else(VPath::root).as_bytes());
                real.push(b'/');
                real.extend_from_slice(&text);
            } else {
                real.clone_from(&text);
            }
            let real = VPath::absolute(&real).map_err(|_| FsError::NotFound)?;
            let nowhere = VPath::root();
            match self.names().land(place.mount, Landing::There(real.as_bytes().to_vec()), &nowhere) {
                Some(found) if self.names().mount(found.mount).is_some_and(|m| m.at.is_some()) => {
                    Ok(found.shown.as_bytes().to_vec())
                }
                _ => Err(FsError::NotFound.into()),
            }
        })
    }
}

/// The text of a link at `link` that leads to `target`, both paths of one mount.
fn relative(link: &VPath, target: &VPath) -> Vec<u8> {
    let from: Vec<&[u8]> = link.names().rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
    let to: Vec<&[u8]> = target.names().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut parts: Vec<&[u8]> = vec![b".."; from.len().saturating_sub(common)];
    parts.extend(to.iter().skip(common));
    if parts.is_empty() {
        return b".".to_vec();
    }
    parts.join(&b'/')
}

/// Whether the text, read from the link's folder, never climbs above the mount's root.
fn stays_inside(link: &VPath, text: &[u8]) -> bool {
    let mut depth = link.names().count().saturating_sub(1);
    for part in text.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            _ => depth = depth.saturating_add(1),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> VPath {
        VPath::absolute(raw.as_bytes()).unwrap()
    }

    #[test]
    fn links_are_stored_relative() {
        for (link, target, text) in [
            ("/l", "/f", "f"),
            ("/a/l", "/f", "../f"),
            ("/a/l", "/a/f", "f"),
            ("/a/b/l", "/a/c/f", "../c/f"),
            ("/a/l", "/a", "."),
            ("/a/l", "/", ".."),
        ] {
            assert_eq!(relative(&path(link), &path(target)), text.as_bytes(), "{link} -> {target}");
        }
    }

    #[test]
    fn texts_that_climb_out_are_noticed() {
        assert!(stays_inside(&path("/a/l"), b"../b"));
        assert!(!stays_inside(&path("/a/l"), b"../../b"));
        assert!(!stays_inside(&path("/a/l"), b"x/../../../b"));
    }
}
