//! `cargo xtask bench`: Causeway beside the servers that Debian packages, in one run.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{self, Failure};
use crate::setup;
use crate::workspace::Workspace;

/// Builds the server and the load client, then hands over to `bench/bench.py run`.
///
/// Without arguments it runs the cases of the gates with 7 rounds against OpenSSH. Needs root: the harness makes a
/// user, and sshd wants to be root.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    setup::for_benchmarks(workspace)?;
    run_in(
        workspace,
        Command::new("cargo").args(["build", "--locked", "--package", "causeway", "--profile", "dist"]),
    )?;
    let client = workspace.root.join("bench/sshfast");
    run_in(
        workspace,
        Command::new("cargo")
            .args(["build", "--locked", "--release", "--target-dir"])
            .arg(sshfast_target(workspace))
            .arg("--manifest-path")
            .arg(client.join("Cargo.toml")),
    )?;
    let results = workspace.root.join("bench/results");
    std::fs::create_dir_all(&results).map_err(|e| Failure::reading(&results, &e))?;
    let mut bench = Command::new("python3");
    bench.arg(workspace.root.join("bench/bench.py")).arg("run");
    if arguments.is_empty() {
        bench.args(["--peers", "causeway,openssh", "--cases", "@gates", "--reps", "7", "--json"]);
        bench.arg(results.join("gates.json"));
    } else {
        bench.args(arguments);
    }
    bench
        .env("MFTBENCH_CAUSEWAY", workspace.target.join("dist/causeway"))
        .env("MFTBENCH_SSHFAST", sshfast_target(workspace).join("release/sshfast"))
        .env("MFTBENCH_PYTHON", workspace.python());
    run_in(workspace, &mut bench)
}

fn run_in(workspace: &Workspace, command: &mut Command) -> Result<(), Failure> {
    command::run(command.current_dir(&workspace.root))
}

fn sshfast_target(workspace: &Workspace) -> PathBuf {
    workspace.target.join("sshfast")
}
