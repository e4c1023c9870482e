//! Reference pages that are written by code, so that they cannot disagree with it.

use std::process::Command;

use crate::command::{Failure, run};
use crate::workspace::Workspace;

/// Tests that compare a page with the code. With `CAUSEWAY_WRITE_PAGES` they write it instead.
const PAGES: &[(&str, &str)] = &[
    ("causeway-events", "reference_page"),
    ("causeway-config", "reference_page"),
    ("causeway-config", "json_schemas"),
];

/// `cargo xtask docs`
pub(crate) fn write(workspace: &Workspace) -> Result<(), Failure> {
    for (package, test) in PAGES {
        run(Command::new("cargo")
            .args(["test", "--quiet", "--package", package, test])
            .current_dir(&workspace.root)
            .env("CAUSEWAY_WRITE_PAGES", "1"))?;
    }
    Ok(())
}
