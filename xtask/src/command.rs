//! Running other programs.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Why a task did not succeed, in words for the person who ran it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn reading(path: &Path, error: &std::io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a program with our own standard streams.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().map_err(|e| Failure(format!("{shown}: {e}")))?;
    if status.success() { Ok(()) } else { Err(Failure(format!("{shown}: {status}"))) }
}

/// What a program printed while we passed it on.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) success: bool,
    /// Standard output and standard error, line by line as they came.
    pub(crate) text: String,
}

/// Runs a program, passes its output on and keeps a copy.
pub(crate) fn tee(command: &mut Command) -> Result<Printed, Failure> {
    println!("$ {}", shown(command));
    print(command, |line| println!("{line}"))
}

/// Runs a program and keeps its output to itself.
pub(crate) fn capture(command: &mut Command) -> Result<Printed, Failure> {
    print(command, |_| ())
}

fn print(command: &mut Command, pass_on: fn(&str)) -> Result<Printed, Failure> {
    let shown = shown(command);
    let failed = |e: std::io::Error| Failure(format!("{shown}: {e}"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let text = Mutex::new(String::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        if let Some(err) = err {
            scope.spawn(|| keep(err, &text, pass_on));
        }
        if let Some(out) = out {
            keep(out, &text, pass_on);
        }
    });
    let success = child.wait().map_err(failed)?.success();
    Ok(Printed { success, text: text.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

/// Whether a program can be run and says yes.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether a program of this name is in `PATH` or where system daemons live.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').chain(["/usr/sbin", "/sbin"]).any(|folder| Path::new(folder).join(program).is_file())
}

fn keep(from: impl Read, text: &Mutex<String>, pass_on: fn(&str)) {
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        pass_on(&line);
        let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(&line);
        text.push('\n');
    }
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}
