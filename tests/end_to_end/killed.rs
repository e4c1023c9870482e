//! A change of the configuration whose process is killed between any two of its steps: the old configuration or the new
//! one is there, never a mixture, and what is left of the change harms nobody.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Output;

use causeway_tests::openssh::lets_in;
use causeway_tests::program::{CALLS, behind, killed_at, why_nothing_is_killed};
use causeway_tests::skip::skip;
use causeway_tests::wait::SOON;
use causeway_tests::wait::poll;
use causeway_tests::{Configuration, Server};

/// More than any change makes of one call.
const TIMES: usize = 30;

fn ini(server: &Server) -> String {
    std::fs::read_to_string(server.server_ini()).unwrap()
}

fn with_description(text: &str, description: &str) -> String {
    let without: String =
        text.lines().filter(|l| !l.starts_with("description =")).map(|l| format!("{l}\n")).collect();
    without.replacen("[server]\n", &format!("[server]\ndescription = {description}\n"), 1)
}

/// The lines in whatever order: a change puts a new option where it likes.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn done(server: &Server, words: &[&str]) -> String {
    let Output { status, stdout, stderr } = server.command(words);
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{words:?}: {text}");
    text
}

/// The files that a change makes, among them what the history may make next, and the lock.
fn touched(server: &Server) -> Vec<PathBuf> {
    let root = server.root();
    let revisions = std::fs::read_dir(root.join("history")).unwrap().map(|e| e.unwrap().path());
    let newest: usize = revisions.filter_map(|p| p.file_stem()?.to_str()?.parse().ok()).max().unwrap_or(0);
    let next = (newest + 1..newest + 3)
        .flat_map(|n| ["new", "revision"].map(|suffix| root.join(format!("history/{n:06}.{suffix}"))));
    let names = [
        "configuration/.server.ini.new",
        "history/good.new",
        "run/configuration.lock",
        "run/unconfirmed.new",
    ];
    names.map(|name| root.join(name)).into_iter().chain(next).collect()
}

/// Every revision can be read, and none is missing.
fn assert_history_is_whole(server: &Server) {
    let log = done(server, &["config", "log"]);
    let numbers: Vec<usize> =
        log.lines().map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "{log}");
    for pair in numbers.windows(2) {
        let difference = server.command(&["config", "diff", &pair[0].to_string(), &pair[1].to_string()]);
        assert_eq!(difference.status.code(), Some(1), "{}", String::from_utf8_lossy(&difference.stderr));
    }
}

/// Goes through all steps of a change: `ends` has it killed at the `time`th of such calls, and says whether it was.
fn at_every_step(mut ends: impl FnMut(&str, usize) -> bool) {
    for call in CALLS {
        assert!((1..TIMES).any(|time| !ends(call, time)), "{call}: it was always killed");
    }
}

/// What the file held after the kills.
#[derive(Debug, Default)]
struct Seen {
    old: usize,
    new: usize,
}

impl Seen {
    /// The file holds the text of before, or the one with the new description.
    fn look(&mut self, text: &str, before: &str, description: &str) {
        if text == before {
            self.old += 1;
        } else {
            assert_eq!(lines(text), lines(&with_description(before, description)), "{description}");
            self.new += 1;
        }
    }
}

#[test]
fn a_change_that_is_killed_at_any_step_leaves_the_old_file_or_the_new_one() {
    if let Some(why) = why_nothing_is_killed() {
        return skip(&why);
    }
    let server = Server::prepare(Configuration::standard());
    let root = server.root();
    done(&server, &["config", "set", "server", "description=first"]);
    let mut seen = Seen::default();
    at_every_step(|call, time| {
        let before = ini(&server);
        let step = format!("{call} {time}");
        let option = format!("description={step}");
        let words = ["config", "set", "server", &option, "--root", root.to_str().unwrap()];
        let folders = ["configuration", "history"].map(|name| root.join(name));
        let files = [touched(&server), folders.into()].concat();
        let output = behind(&killed_at(call, time, &files), &words).output().unwrap();
        if output.status.success() {
            return false;
        }
        assert_eq!(output.status.signal(), Some(9), "{step}: {}", String::from_utf8_lossy(&output.stderr));
        let text = ini(&server);
        seen.look(&text, &before, &step);
        done(&server, &["check"]);
        done(&server, &["config", "set", "server", &format!("description=after {step}")]);
        let after = with_description(&text, &format!("after {step}"));
        assert_eq!(lines(&ini(&server)), lines(&after), "{step}");
        true
    });
    // The file is the last that changes.
    assert!(seen.old > 5 && seen.new > 0, "{seen:?}");
    assert_history_is_whole(&server);
}

#[test]
fn a_provisional_change_whose_server_is_killed_at_any_step_is_undone() {
    if let Some(why) = why_nothing_is_killed() {
        return skip(&why);
    }
    let mut server = Server::start(Configuration::standard());
    server.terminate();
    let before = ini(&server);
    let mut seen = Seen::default();
    at_every_step(|call, time| {
        let step = format!("{call} {time}");
        server.run_behind(killed_at(call, time, &touched(&server)));
        server.run();
        let option = format!("description={step}");
        let change = server.command(&["config", "set", "server", &option, "--confirm", "1h"]);
        let is_killed = !change.status.success();
        if is_killed {
            let ended = poll(SOON, || server.has_ended().then_some(()));
            assert!(ended.is_some(), "{step}: {}", String::from_utf8_lossy(&change.stderr));
        } else {
            server.kill();
        }
        seen.look(&ini(&server), &before, &step);
        done(&server, &["check"]);
        server.run_behind(Vec::new());
        server.run();
        assert_eq!(ini(&server), before, "{step}");
        assert!(!server.root().join("run/unconfirmed").exists(), "{step}");
        assert!(lets_in(&server, "alice"));
        server.terminate();
        is_killed
    });
    // Each time that it was not killed in the change it was killed afterwards.
    assert!(seen.old > 5 && seen.new > CALLS.len(), "{seen:?}");
    assert_history_is_whole(&server);
}
