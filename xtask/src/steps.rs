//! `cargo xtask test`: every check in order, and one line at the end that says how it went.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{self, Failure, exists, tee};
use crate::counts::Counts;
use crate::skips::Allowed;
use crate::workspace::Workspace;
use crate::{arrows, fuzz, options, parity, setup, unsafety};

/// What the steps share.
#[derive(Debug)]
struct Run<'a> {
    workspace: &'a Workspace,
    /// How the program is built that the end-to-end tests drive.
    profile: String,
}

/// How tests are built, and what Clippy looks at: with the libraries of the release build (`Cargo.toml`, `profile.bench`).
const TESTING: &str = "bench";

type Step = fn(&Run<'_>) -> Result<Counts, Failure>;

/// The cheap ones first: who broke the format need not wait for a build.
const STEPS: &[(&str, Step)] = &[
    ("format", |r| r.one(r.workspace.cargo().args(["fmt", "--all", "--check"]))),
    ("arrows", |r| arrows::check(r.workspace).map(|()| Counts::one_passed())),
    ("unsafe", |r| unsafety::check(r.workspace).map(|()| Counts::one_passed())),
    ("parity", |r| parity::check(r.workspace).map(|()| Counts::one_passed())),
    ("options", |r| options::check(r.workspace).map(|()| Counts::one_passed())),
    ("deny", |r| r.one(r.workspace.cargo().args(["deny", "check", "bans", "licenses", "sources"]))),
    ("clippy", |r| {
        r.one(r.workspace.cargo().args([
            "clippy",
            "--profile",
            TESTING,
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    }),
    ("unit", |r| r.unit_tests()),
    ("doctest", |r| {
        let printed = tee(r.workspace.cargo().args([
            "test",
            "--profile",
            TESTING,
            "--workspace",
            "--locked",
            "--doc",
            "--no-fail-fast",
        ]))?;
        Ok(at_least_one_failed_unless(printed.success, Counts::of_cargo_test(&printed.text)))
    }),
    ("build", |r| {
        r.one(r.workspace.cargo().args([
            "build",
            "--locked",
            "--package",
            "causeway",
            "--profile",
            &r.profile,
        ]))
    }),
    ("end-to-end", |r| r.end_to_end()),
    ("fuzz", |r| fuzz::step(r.workspace)),
];

/// The names of the steps, in order.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|(name, _)| *name).collect()
}

/// Sets up, runs the steps and prints `N passed, N failed, N skipped`; anything failed is a failure.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let (only, profile) = parse(arguments)?;
    let allowed = Allowed::read(workspace)?;
    let run = Run { workspace, profile };
    let mut total = Counts::default();
    let mut times = Vec::new();
    let mut timed = |name: &'static str, work: &mut dyn FnMut() -> Result<Counts, Failure>| {
        println!("\n=== {name}");
        let watch = StopWatch::start();
        let counts = work().unwrap_or_else(|failure| {
            println!("{failure}");
            Counts::one_failed(name)
        });
        let (seconds, processor) = watch.read();
        let verdict = if counts.failed == 0 { "ok" } else { "FAILED" };
        println!("=== {name}: {verdict}, {seconds} s, {processor} s of processor time");
        times.push(format!("{seconds:5} s {processor:5} s of processor time  {verdict:6}  {name}"));
        counts
    };
    // No count for the set-up itself unless it fails.
    total.add(timed("setup", &mut || setup::everything(workspace).map(|()| Counts::default())));
    for (name, step) in STEPS.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|o| o == name)) {
        total.add(timed(name, &mut || step(&run)));
    }
    println!("\n{}", times.join("\n"));
    for skip in &total.skips {
        if allowed.allows(skip) {
            println!("skipped {}: {}", skip.name, skip.reason);
        } else {
            total.failed += 1;
            println!("skipped {}: {} -- NOT in xtask/skips.txt", skip.name, skip.reason);
        }
    }
    for failure in &total.failures {
        println!("failed: {failure}");
    }
    println!("\n{} passed, {} failed, {} skipped", total.passed, total.failed, total.skips.len());
    if total.failed == 0 { Ok(()) } else { Err(Failure::new("cargo xtask test failed".to_owned())) }
}

/// `[--only STEP]... [--profile NAME]`
fn parse(arguments: &[String]) -> Result<(Vec<String>, String), Failure> {
    let (mut only, mut profile) = (Vec::new(), "release".to_owned());
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().cloned().ok_or_else(|| Failure::new(format!("{option} needs a value")))?;
        match option.as_str() {
            "--only" if names().contains(&value.as_str()) => only.push(value),
            "--only" => {
                return Err(Failure::new(format!("no such step: {value}; there are {}", names().join(", "))));
            }
            "--profile" => profile = value,
            _ => return Err(Failure::new(format!("unknown option {option}"))),
        }
    }
    Ok((only, profile))
}

impl Run<'_> {
    /// A check that is one program, which says yes or no.
    fn one(&self, command: &mut Command) -> Result<Counts, Failure> {
        command::run(command).map(|()| Counts::one_passed())
    }

    fn unit_tests(&self) -> Result<Counts, Failure> {
        let skips = self.file_for_skips("unit")?;
        let mut command = self.workspace.cargo();
        command.env("CAUSEWAY_TEST_USER", setup::USER).env("CAUSEWAY_SKIPS", &skips);
        let nextest = exists("cargo-nextest");
        if nextest {
            command.args([
                "nextest",
                "run",
                "--cargo-profile",
                TESTING,
                "--no-tests",
                "pass",
                "--status-level",
                "skip",
                "--color",
                "never",
            ]);
        } else {
            command.args(["test", "--profile", TESTING, "--lib", "--bins", "--tests"]);
        }
        command.args(["--workspace", "--exclude", "causeway-tests", "--exclude", "causeway-fuzz"]);
        command.args(["--locked", "--no-fail-fast"]);
        let printed = tee(&mut command)?;
        let read = if nextest { Counts::of_nextest } else { Counts::of_cargo_test };
        let counts = read(&printed.text).with_skips_of_run(&crate::workspace::read(&skips)?);
        Ok(at_least_one_failed_unless(printed.success, counts))
    }

    /// The tests with real clients.
    fn end_to_end(&self) -> Result<Counts, Failure> {
        let skips = self.file_for_skips("end-to-end")?;
        // Half of the time these tests wait: for clients that start, for limits that end.
        let threads = std::thread::available_parallelism().map_or(2, |n| 2 * n.get()).min(16);
        let threads = std::env::var("RUST_TEST_THREADS").unwrap_or(threads.to_string());
        let printed = tee(self
            .workspace
            .cargo()
            .args(["test", "--profile", TESTING, "--locked", "--package", "causeway-tests", "--no-fail-fast"])
            .env("CAUSEWAY_BIN", self.binary())
            .env("CAUSEWAY_PYTHON", self.workspace.python())
            .env("CAUSEWAY_NODE_MODULES", self.workspace.target.join("node/node_modules"))
            .env("CAUSEWAY_TEST_USER", setup::USER)
            .env("CAUSEWAY_SKIPS", &skips)
            .env("RUST_TEST_THREADS", threads))?;
        let report = crate::workspace::read(&skips)?;
        let counts = Counts::of_cargo_test(&printed.text).with_skips_of_run(&report);
        Ok(at_least_one_failed_unless(printed.success, counts))
    }

    /// An empty file in which tests that find a program missing say so.
    fn file_for_skips(&self, step: &str) -> Result<PathBuf, Failure> {
        let file = self.workspace.target.join(format!("{step}-skips.txt"));
        std::fs::write(&file, "").map_err(|e| Failure::reading(&file, &e))?;
        Ok(file)
    }

    fn binary(&self) -> PathBuf {
        let folder = if self.profile == "dev" { "debug" } else { self.profile.as_str() };
        self.workspace.target.join(folder).join("causeway")
    }
}

/// Tests that do not compile print no totals.
fn at_least_one_failed_unless(success: bool, mut counts: Counts) -> Counts {
    if !success && counts.failed == 0 {
        counts.failed = 1;
    }
    counts
}

/// Time for the person who waits; no check depends on it.
#[derive(Debug)]
struct StopWatch {
    start: std::time::Instant,
    processor: u64,
}

#[expect(clippy::disallowed_methods, reason = "a developer's tool measures real time")]
impl StopWatch {
    fn start() -> Self {
        Self { start: std::time::Instant::now(), processor: processor_of_children() }
    }

    /// The seconds that have passed, and those that the programs we ran spent on processors.
    fn read(&self) -> (u64, u64) {
        (self.start.elapsed().as_secs(), processor_of_children().saturating_sub(self.processor))
    }
}

fn processor_of_children() -> u64 {
    std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| seconds_of_children(&stat)).unwrap_or(0)
}

/// `cutime` and `cstime` of proc_pid_stat(5), which are the 14th and 15th behind the name of the program.
fn seconds_of_children(stat: &str) -> Option<u64> {
    const TICKS_PER_SECOND: u64 = 100;
    let (_, behind) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> =
        behind.split_whitespace().skip(13).take(2).map(|field| field.parse().unwrap_or(0)).collect();
    Some(ticks.iter().sum::<u64>() / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_or_option_is_refused() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(parse(&words("--only nonsense")).is_err());
        assert!(parse(&words("--quick yes")).is_err());
        assert!(parse(&words("--only")).is_err());
        assert_eq!(parse(&words("--only unit --only deny --profile dev")).unwrap().1, "dev");
    }

    #[test]
    fn the_processor_time_of_children_is_user_and_system_together() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 500 600 1250 350 20 0 1 0 99";
        assert_eq!(seconds_of_children(stat), Some(16));
        assert_eq!(seconds_of_children("nonsense"), None);
    }

    #[test]
    fn tests_that_did_not_compile_count_as_failed() {
        assert_eq!(at_least_one_failed_unless(false, Counts::default()).failed, 1);
        assert_eq!(at_least_one_failed_unless(true, Counts::default()).failed, 0);
    }
}
