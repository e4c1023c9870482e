//! `docs/parity.md` is true: what it calls done or partly done names tests that exist. So do all rows of `docs/interop.md`.

use std::collections::HashSet;

use crate::command::Failure;
use crate::workspace::{Workspace, read};

/// Checks every row of the page.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let tests = tests_of_all(workspace)?;
    let mut wrong = problems(&read(&workspace.root.join("docs/parity.md"))?, &tests);
    wrong.extend(unproven(&read(&workspace.root.join("docs/interop.md"))?, &tests));
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(wrong.join("\n"))) }
}

/// The names of all tests.
pub(crate) fn tests_of_all(workspace: &Workspace) -> Result<HashSet<String>, Failure> {
    let mut tests = HashSet::new();
    for folder in ["crates", "tests", "xtask"] {
        for file in workspace.files(folder, "rs")? {
            tests.extend(tests_of(&read(&file)?));
        }
    }
    Ok(tests)
}

/// The names of the functions marked as tests.
fn tests_of(source: &str) -> Vec<String> {
    let mut marked = false;
    let mut names = Vec::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            marked |= line.contains("test]") || line.contains("test(");
        } else {
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let (true, Some(rest)) = (marked, function) {
                names.push(rest.split(['(', '<']).next().unwrap_or("").to_owned());
            }
            marked &= line.is_empty() || line.starts_with("//");
        }
    }
    names
}

/// Rows are `| number | feature | status | test or reason |`.
fn problems(page: &str, tests: &HashSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, line) in page.lines().enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, _, status, proof, _] = cells.as_slice() else { continue };
        if number.parse::<u32>().is_err() {
            continue;
        }
        let place = format!("docs/parity.md:{}: row {number}", at + 1);
        match *status {
            "done" | "partly" => {
                let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
                if named.is_empty() {
                    wrong.push(format!("{place} is {status} and names no test"));
                }
                wrong.extend(
                    named
                        .iter()
                        .filter(|test| !tests.contains(**test))
                        .map(|test| format!("{place}: there is no test {test}")),
                );
            }
            "not yet" => {}
            "never" if !proof.is_empty() => {}
            "never" => wrong.push(format!("{place} is never and gives no reason")),
            other => wrong.push(format!("{place}: unknown status {other:?}")),
        }
    }
    wrong
}

/// Rows whose last cell names a test that does not exist, or none: `| client | ... | tests |`, below a head of two lines.
fn unproven(page: &str, tests: &HashSet<String>) -> Vec<String> {
    let rows = page.lines().enumerate().filter(|(_, line)| line.starts_with('|')).skip(2);
    rows.filter_map(|(at, line)| {
        let proof = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let mut named = proof.split('`').skip(1).step_by(2).peekable();
        let is_proven = named.peek().is_some() && named.all(|test| tests.contains(test));
        (!is_proven).then(|| format!("docs/interop.md:{}: a test is missing in {}", at + 1, proof.trim()))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_names_a_test_that_exists() {
        let tests = HashSet::from(["files_move".to_owned()]);
        let told = |proof: &str| {
            unproven(&format!("text\n| Client | Test |\n|---|---|\n| `x` | {proof} |"), &tests).len()
        };
        assert_eq!((told("`files_move`"), told("`files_move` and more")), (0, 0));
        assert_eq!((told("none"), told("`files_fly`"), told("`files_move`, `files_fly`")), (1, 1, 1));
    }

    fn row(status: &str, proof: &str) -> Vec<String> {
        let tests = HashSet::from(["files_move".to_owned()]);
        problems(&format!("| 1 | Feature | {status} | {proof} |"), &tests)
    }

    #[test]
    fn a_row_that_is_done_names_a_test_that_exists() {
        assert!(row("done", "`files_move`").is_empty());
        assert_eq!(row("done", "`files_fly`").len(), 1);
        assert_eq!(row("done", "").len(), 1);
        assert_eq!(row("partly", "the rest later").len(), 1);
    }

    #[test]
    fn a_row_that_is_never_done_says_why() {
        assert!(row("never", "only for Windows").is_empty());
        assert_eq!(row("never", "").len(), 1);
        assert_eq!(row("soon", "").len(), 1);
    }

    #[test]
    fn only_functions_marked_as_tests_count() {
        let source = "#[test]\n#[ignore]\nfn a() {}\nfn b() {}\n#[tokio::test]\nasync fn c() {}\n#[cfg(test)]\nmod x {\nfn d() {}";
        assert_eq!(tests_of(source), ["a", "c"]);
    }
}
