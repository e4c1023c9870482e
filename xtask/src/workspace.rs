//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::Failure;

/// The checked-out repository.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Build results; `CARGO_TARGET_DIR` moves it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self, Failure> {
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .ok_or_else(|| Failure::new("run this as `cargo xtask`".to_owned()))?;
        let root = Path::new(&here)
            .parent()
            .ok_or_else(|| Failure::new("xtask is not in a workspace".to_owned()))?
            .to_path_buf();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        Ok(Self { root, target })
    }

    /// Tools that `setup` installed because the machine had none.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Cargo in this workspace, with the subcommands among those tools.
    pub(crate) fn cargo(&self) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("cargo");
        command
            .current_dir(&self.root)
            .env("PATH", format!("{}:{path}", self.tools().join("bin").display()))
            .env("CARGO_TERM_COLOR", "never");
        // What `cargo run` set for us is no news for the commands that we run.
        for variable in std::env::vars_os().map(|(name, _)| name) {
            let name = variable.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(variable);
            }
        }
        command
    }

    /// The interpreter that has the Python clients.
    pub(crate) fn python(&self) -> PathBuf {
        self.target.join("venv/bin/python")
    }

    /// Every file below `folder` whose name ends in `.extension`, sorted; build results are left out.
    pub(crate) fn files(&self, folder: &str, extension: &str) -> Result<Vec<PathBuf>, Failure> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join(folder)];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).map_err(|e| Failure::reading(&folder, &e))?;
            for entry in entries {
                let path = entry.map_err(|e| Failure::reading(&folder, &e))?.path();
                if path.is_dir() && !path.ends_with("target") {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == extension) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// A path as it is written in messages: from the root of the repository.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::reading(path, &e))
}
