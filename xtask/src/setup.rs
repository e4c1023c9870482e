//! What the checks need and a fresh Debian machine lacks.

use std::path::Path;
use std::process::Command;

use crate::command::{Failure, exists, run, succeeds};
use crate::workspace::Workspace;

/// Programs by which we see whether a package is there, and the package.
const PACKAGES: &[(&str, &str)] = &[
    ("sftp", "openssh-client"),
    ("lftp", "lftp"),
    ("rclone", "rclone"),
    ("pscp", "putty-tools"),
    ("sshfs", "sshfs"),
    ("fusermount3", "fuse3"),
    ("strace", "strace"),
    ("python3", "python3"),
    ("curl", "curl"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("c++", "g++"),
    ("javac", "default-jdk-headless"),
];

/// The same for the benchmarks. FTP and HTTP servers are taken when they happen to be there.
const BENCH_PACKAGES: &[(&str, &str)] =
    &[("sshd", "openssh-server"), ("openssl", "openssl"), ("wrk", "wrk"), ("iperf3", "iperf3")];

/// The database server. Its programs are in a folder of their version, out of `PATH`.
const DATABASE: &str = "postgresql";
const DATABASE_VERSIONS: &str = "/usr/lib/postgresql";
/// Installing Debian's package makes a system-wide server on port 5432, which nothing here needs, unless this says no.
const NO_CLUSTER: (&str, &str) = (
    "/etc/postgresql-common/createcluster.d/causeway.conf",
    "# Tests of Causeway run servers of their own.\ncreate_main_cluster = false\n",
);

/// A library without a program.
const JSCH: (&str, &str) = ("/usr/share/java/jsch.jar", "libjsch-java");

/// A subcommand of Cargo, and the version that we install when there is none.
const DENY: (&str, &str) = ("cargo-deny", "0.20.2");

/// The user that the server runs as in tests started by root.
pub(crate) const USER: &str = "causeway-test";

/// Everything that `test` needs.
pub(crate) fn everything(workspace: &Workspace) -> Result<(), Failure> {
    let mut packages = missing(PACKAGES);
    if !database_is_there() {
        packages.push(DATABASE);
    }
    if !Path::new(JSCH.0).exists() {
        packages.push(JSCH.1);
    }
    install(&packages)?;
    user()?;
    std::thread::scope(|scope| {
        // It is compiled while the others wait for the network.
        let tool = scope.spawn(|| tool(workspace, DENY));
        python(workspace, "tests/python/requirements.txt")?;
        node(workspace, "tests/node")?;
        tool.join().unwrap_or_else(|_| Err(Failure::new(format!("setting up {} panicked", DENY.0))))
    })
}

/// Everything that `bench` needs.
pub(crate) fn for_benchmarks(workspace: &Workspace) -> Result<(), Failure> {
    install(&missing(PACKAGES))?;
    install(&missing(BENCH_PACKAGES))?;
    python(workspace, "tests/python/requirements.txt")
}

fn root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// The packages whose programs are not there.
fn missing(wanted: &[(&str, &'static str)]) -> Vec<&'static str> {
    let mut missing: Vec<&str> =
        wanted.iter().filter(|(program, _)| !exists(program)).map(|(_, package)| *package).collect();
    if !succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        missing.push("python3-venv");
    }
    missing
}

fn database_is_there() -> bool {
    let mut versions = std::fs::read_dir(DATABASE_VERSIONS).into_iter().flatten().flatten();
    exists("initdb") || versions.any(|version| version.path().join("bin/initdb").is_file())
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    if packages.is_empty() {
        return Ok(());
    }
    if !root() || !exists("apt-get") {
        println!("not installed, and only root on Debian can install them: {}", packages.join(" "));
        return Ok(());
    }
    if packages.contains(&DATABASE) {
        write(NO_CLUSTER)?;
    }
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-q"])?;
    apt(&[&["install", "-q", "-y", "--no-install-recommends"], packages].concat())
}

fn write((path, text): (&str, &str)) -> Result<(), Failure> {
    let path = Path::new(path);
    let failed = |e: std::io::Error| Failure::reading(path, &e);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

fn user() -> Result<(), Failure> {
    if !root() || succeeds(Command::new("id").arg(USER)) {
        return Ok(());
    }
    run(Command::new("useradd").args(["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]))
}

/// A virtual environment with exactly the packages of the list; made anew when the list changes.
fn python(workspace: &Workspace, requirements: &str) -> Result<(), Failure> {
    let list = workspace.root.join(requirements);
    let installed = workspace.target.join("venv/requirements.txt");
    let same = |a: &Path, b: &Path| matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b);
    if same(&list, &installed) {
        return Ok(());
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(workspace.target.join("venv")))?;
    run(Command::new(workspace.python())
        .args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r"])
        .arg(&list))?;
    std::fs::copy(&list, &installed).map_err(|e| Failure::reading(&installed, &e))?;
    Ok(())
}

/// The packages of Node.js that the lock file of that folder names; made anew when it changes.
fn node(workspace: &Workspace, folder: &str) -> Result<(), Failure> {
    let (from, to) = (workspace.root.join(folder), workspace.target.join("node"));
    let same = |name: &str| matches!((std::fs::read(from.join(name)), std::fs::read(to.join(name))), (Ok(a), Ok(b)) if a == b);
    if same("package-lock.json") && to.join("node_modules").is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(&to).map_err(|e| Failure::reading(&to, &e))?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(name), to.join(name)).map_err(|e| Failure::reading(&from, &e))?;
    }
    // Scripts of packages would build what is only faster.
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&to))
}

/// Built without optimisation: it runs for seconds, and on a fresh machine its build would take minutes more.
fn tool(workspace: &Workspace, (name, version): (&str, &str)) -> Result<(), Failure> {
    if exists(name) || workspace.tools().join("bin").join(name).is_file() {
        return Ok(());
    }
    run(Command::new("cargo")
        .args(["install", "--quiet", "--locked", "--debug", "--version", version, name, "--root"])
        .arg(workspace.tools())
        .env("CARGO_PROFILE_DEV_DEBUG", "0"))
}
