//! The fuzz targets: one per parser of bytes from outside.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::command::{Failure, Printed, capture, run};
use crate::counts::Counts;
use crate::workspace::{Workspace, read};

/// Seconds that each target gets in `cargo xtask test`, on top of its corpus.
const SECONDS_IN_TEST: u32 = 20;
const SECONDS_IN_CAMPAIGN: u32 = 60;
/// The stack of a panic, the input as bytes and the last lines of statistics.
const LINES_OF_FAILURE: usize = 80;

/// The corpora, then a little search per target.
pub(crate) fn step(workspace: &Workspace) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    for (target, printed) in run_all(workspace, &targets(workspace)?, SECONDS_IN_TEST)? {
        counts.add(if printed.success { Counts::one_passed() } else { Counts::one_failed(&target) });
    }
    Ok(counts)
}

/// `cargo xtask fuzz TARGET|all [--seconds N]`: ends with a table of executions and coverage.
pub(crate) fn campaign(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let (wanted, seconds) = match arguments {
        [wanted] => (wanted, SECONDS_IN_CAMPAIGN),
        [wanted, option, seconds] if option == "--seconds" => {
            let bad = |_| Failure::new(format!("--seconds {seconds}: not a number"));
            (wanted, seconds.parse().map_err(bad)?)
        }
        _ => return Err(Failure::new("usage: cargo xtask fuzz TARGET|all [--seconds N]".to_owned())),
    };
    let targets: Vec<String> =
        targets(workspace)?.into_iter().filter(|target| wanted == "all" || wanted == target).collect();
    if targets.is_empty() {
        return Err(Failure::new(format!("no fuzz target {wanted}")));
    }
    let mut rows = vec!["| target | seconds | executions | edges covered | result |".to_owned()];
    rows.push("| --- | ---: | ---: | ---: | --- |".to_owned());
    let mut failed = 0;
    for (target, printed) in run_all(workspace, &targets, seconds)? {
        let Coverage { executions, edges } = Coverage::of(&printed.text);
        let result = if printed.success { "clean" } else { "FAILED" };
        failed += u32::from(!printed.success);
        rows.push(format!("| {target} | {seconds} | {executions} | {edges} | {result} |"));
    }
    println!("{}", rows.join("\n"));
    if failed == 0 { Ok(()) } else { Err(Failure::new(format!("{failed} targets failed"))) }
}

/// What libFuzzer says at the end of a run.
#[derive(Debug, PartialEq, Eq)]
struct Coverage {
    executions: u64,
    edges: u64,
}

impl Coverage {
    fn of(text: &str) -> Self {
        let executions = text
            .lines()
            .filter_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
            .find_map(|number| number.trim().parse().ok());
        let edges = text
            .lines()
            .filter_map(|line| line.split_once(" cov: "))
            .filter_map(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
            .next_back();
        Self { executions: executions.unwrap_or(0), edges: edges.unwrap_or(0) }
    }
}

/// The names that `fuzz/Cargo.toml` gives its programs.
fn targets(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let found = programs(&read(&workspace.root.join("fuzz/Cargo.toml"))?);
    if found.is_empty() { Err(Failure::new("fuzz/Cargo.toml names no target".to_owned())) } else { Ok(found) }
}

fn programs(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[[bin]]";
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "name"
        {
            names.push(value.trim().trim_matches('"').to_owned());
        }
    }
    names
}

/// Builds all targets and runs these, as many at once as there are processors: each uses one. In the order of their names.
fn run_all(
    workspace: &Workspace,
    targets: &[String],
    seconds: u32,
) -> Result<Vec<(String, Printed)>, Failure> {
    build(workspace)?;
    let next = Mutex::new(targets.iter());
    let done = Mutex::new(Vec::new());
    let work = || -> Result<(), Failure> {
        loop {
            let Some(target) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else {
                return Ok(());
            };
            let printed = fuzz(workspace, target, seconds)?;
            report(target, &printed);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((target.clone(), printed));
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(Failure::new("a fuzzing thread panicked".to_owned())))
        })
    })?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(done)
}

/// Our own crates are instrumented; the libraries are those of the release build.
fn build(workspace: &Workspace) -> Result<(), Failure> {
    run(workspace
        .cargo()
        .args(["build", "--release", "--locked", "--package", "causeway-fuzz"])
        .env("RUSTC_WORKSPACE_WRAPPER", workspace.root.join("fuzz/instrumented")))
}

/// New inputs go to the target folder; the corpus in the repository is only read.
fn fuzz(workspace: &Workspace, target: &str, seconds: u32) -> Result<Printed, Failure> {
    let folder = |path: PathBuf| {
        std::fs::create_dir_all(&path).map(|()| path.clone()).map_err(|e| Failure::reading(&path, &e))
    };
    let mut command = Command::new(workspace.target.join("release").join(target));
    command.arg(folder(workspace.target.join("fuzz-corpus").join(target))?);
    let corpus = workspace.root.join("fuzz/corpus").join(target);
    if corpus.is_dir() {
        command.arg(corpus);
    }
    let failing = folder(workspace.root.join("fuzz/artifacts").join(target))?;
    command
        .args(["-timeout=10", "-print_final_stats=1", "-verbosity=1"])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", failing.display()));
    capture(&mut command)
}

/// One line; of a failure, what libFuzzer and the target said in the end.
fn report(target: &str, printed: &Printed) {
    let Coverage { executions, edges } = Coverage::of(&printed.text);
    let verdict = if printed.success { "ok" } else { "FAILED" };
    println!("{target}: {verdict}, {executions} executions, {edges} edges");
    if !printed.success {
        let lines: Vec<&str> = printed.text.lines().collect();
        let from = lines.len().saturating_sub(LINES_OF_FAILURE);
        println!("{}", lines.get(from..).unwrap_or_default().join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_programs_of_the_manifest() {
        let manifest =
            "[package]\nname = \"fuzz\"\n[[bin]]\nname = \"ini\"\npath = \"x\"\n[[bin]]\nname=\"sftp\"\n";
        assert_eq!(programs(manifest), ["ini", "sftp"]);
    }

    #[test]
    fn the_last_coverage_counts() {
        let text = "#2 INITED cov: 5 ft: 6\n#9 DONE   cov: 77 ft: 8\nstat::number_of_executed_units: 1234\n";
        assert_eq!(Coverage::of(text), Coverage { executions: 1234, edges: 77 });
    }
}
