//! The fuzz targets: one per parser of bytes from outside.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::command::{Failure, Printed, capture, run};
use crate::counts::Counts;
use crate::setup;
use crate::workspace::{Workspace, read};

/// How `cargo xtask test` builds: it waits for that longer than it searches, so little is optimised. What is fuzzed has no
/// unsafe code of its own; a campaign has the address sanitizer all the same, for the libraries.
const BUILT_FOR_TEST: &[&str] = &["--sanitizer", "none", "--dev"];
const BUILT_FOR_CAMPAIGN: &[&str] = &["--sanitizer", "address"];
/// Seconds that each target gets in `cargo xtask test`, on top of its corpus.
const SECONDS_IN_TEST: u32 = 10;
const SECONDS_IN_CAMPAIGN: u32 = 60;
/// The stack of a panic, the input as bytes and the last lines of statistics.
const LINES_OF_FAILURE: usize = 80;

/// The corpora, then a little search per target.
pub(crate) fn step(workspace: &Workspace) -> Result<Counts, Failure> {
    if !setup::nightly() {
        return Ok(Counts::skipped("fuzz", "there is no nightly toolchain"));
    }
    let targets = targets(workspace)?;
    let fuzzer = Fuzzer { workspace, built: BUILT_FOR_TEST, seconds: SECONDS_IN_TEST };
    let mut counts = Counts::default();
    for (target, printed) in fuzzer.run(&targets)? {
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
    setup::everything(workspace)?;
    let fuzzer = Fuzzer { workspace, built: BUILT_FOR_CAMPAIGN, seconds };
    let mut rows = vec!["| target | seconds | executions | edges covered | result |".to_owned()];
    rows.push("| --- | ---: | ---: | ---: | --- |".to_owned());
    let mut failed = 0;
    for (target, printed) in fuzzer.run(&targets)? {
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

/// How the targets are built and run.
struct Fuzzer<'a> {
    workspace: &'a Workspace,
    built: &'a [&'a str],
    /// What each target gets.
    seconds: u32,
}

impl Fuzzer<'_> {
    /// Builds all targets and runs these, as many at once as there are processors: each uses one. In the order of their names.
    fn run(&self, targets: &[String]) -> Result<Vec<(String, Printed)>, Failure> {
        run(&mut self.cargo_fuzz("build"))?;
        let next = Mutex::new(targets.iter());
        let done = Mutex::new(Vec::new());
        let work = || -> Result<(), Failure> {
            loop {
                let Some(target) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else {
                    return Ok(());
                };
                let printed = self.fuzz(target)?;
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

    fn cargo_fuzz(&self, verb: &str) -> Command {
        let mut command = Command::new("rustup");
        command
            .args(["run", "nightly", "cargo", "fuzz", verb])
            .args(self.built)
            .current_dir(&self.workspace.root)
            .env("PATH", setup::path(self.workspace))
            .env_remove("CARGO")
            .env_remove("CARGO_MANIFEST_DIR");
        command
    }

    /// New inputs go to the target folder; the corpus in the repository is only read.
    fn fuzz(&self, target: &str) -> Result<Printed, Failure> {
        let found = self.workspace.target.join("fuzz-corpus").join(target);
        std::fs::create_dir_all(&found).map_err(|e| Failure::reading(&found, &e))?;
        let mut command = self.cargo_fuzz("run");
        command.arg(target).arg(&found);
        let corpus = self.workspace.root.join("fuzz/corpus").join(target);
        if corpus.is_dir() {
            command.arg(corpus);
        }
        let limit = format!("-max_total_time={}", self.seconds);
        capture(command.args(["--", &limit, "-timeout=10", "-print_final_stats=1", "-verbosity=1"]))
    }
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
