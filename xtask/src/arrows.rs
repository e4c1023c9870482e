//! The arrows between the rooms of the house run downwards only.

use crate::command::Failure;
use crate::workspace::{Workspace, read};

/// Every room and the rooms it may know, from the top of the house to the ground.
///
/// A room knows those below it; the SSH engine stands apart and is known to what drives it.
const ROOMS: &[(&str, &[&str])] = &[
    ("causeway", &["serve", "ssh", "net", "fs", "auth", "events", "store", "config", "core"]),
    ("serve", &["ssh", "net", "fs", "auth", "events", "store", "config", "core"]),
    ("net", &["fs", "auth", "events", "store", "config", "core"]),
    ("fs", &["auth", "events", "store", "config", "core"]),
    ("auth", &["events", "store", "config", "core"]),
    ("events", &["store", "config", "core"]),
    ("store", &["core"]),
    ("config", &["core"]),
    ("ssh", &["core"]),
    ("core", &[]),
];

/// Checks the manifests of all rooms.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for manifest in workspace.files("crates", "toml")? {
        let room = manifest
            .parent()
            .and_then(|folder| folder.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        wrong.extend(forbidden(&room, &read(&manifest)?));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(wrong.join("\n"))) }
}

/// What is wrong with the arrows of one room.
fn forbidden(room: &str, manifest: &str) -> Vec<String> {
    let Some((_, below)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("crates/{room}: no place in the house (xtask/src/arrows.rs)")];
    };
    let known = rooms_named(manifest);
    known
        // With other features, for its own tests.
        .filter(|other| other != room)
        .filter(|other| !below.contains(&other.as_str()))
        .map(|other| format!("crates/{room}: must not depend on {other}"))
        .collect()
}

/// The rooms that the dependency tables of a manifest name, whatever the kind of dependency.
fn rooms_named(manifest: &str) -> impl Iterator<Item = String> {
    let mut inside = false;
    manifest.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = header.ends_with("dependencies");
            // [dependencies.causeway-core]
            return header.rsplit_once("dependencies.").and_then(|(_, name)| room_of(name));
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or("");
        if inside { room_of(name) } else { None }
    })
}

fn room_of(package: &str) -> Option<String> {
    match package.trim_matches('"') {
        "causeway" => Some("causeway".to_owned()),
        other => other.strip_prefix("causeway-").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_runs_upwards_is_refused_in_every_kind_of_table() {
        for table in ["dependencies", "dev-dependencies", "target.'cfg(unix)'.dependencies"] {
            let manifest =
                format!("[package]\nname = \"causeway-core\"\n[{table}]\ncauseway-fs.workspace = true\n");
            assert_eq!(forbidden("core", &manifest), ["crates/core: must not depend on fs"]);
        }
        assert_eq!(forbidden("ssh", "[dependencies.causeway-auth]\npath = \"x\"\n").len(), 1);
    }

    #[test]
    fn an_arrow_that_runs_downwards_is_allowed() {
        let manifest = "[dependencies]\ncauseway-core.workspace = true\ncauseway-ssh = { path = \"x\" }\n";
        assert_eq!(forbidden("serve", manifest), Vec::<String>::new());
    }

    #[test]
    fn a_room_without_a_place_is_refused() {
        assert_eq!(forbidden("attic", "").len(), 1);
    }

    #[test]
    fn nobody_knows_a_room_that_knows_it() {
        for (room, below) in ROOMS {
            for other in *below {
                let (_, theirs) = ROOMS.iter().find(|(name, _)| name == other).unwrap();
                assert!(!theirs.contains(room), "{room} and {other} know each other");
                assert!(
                    theirs.iter().all(|third| below.contains(third)),
                    "{room} knows {other} but not all below it"
                );
            }
        }
    }
}
