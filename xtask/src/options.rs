//! Every option has a test named after it: `option_<family>_<option>`.

use std::collections::HashSet;

use crate::command::Failure;
use crate::parity::tests_of_all;
use crate::workspace::{Workspace, read};

/// Compares the reference of the options with the tests.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let page = read(&workspace.root.join("docs/reference/options.md"))?;
    let missing = without_test(&page, &tests_of_all(workspace)?);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("options without a test: there is no {}", missing.join(", nor "))))
}

/// The names of the tests that should be there and are not.
fn without_test(page: &str, tests: &HashSet<String>) -> Vec<String> {
    let mut family = String::new();
    let mut missing = Vec::new();
    for line in page.lines() {
        if let Some(header) = line.strip_prefix("## `[") {
            family = header.split(['/', ']']).next().unwrap_or_default().replace('-', "_");
        }
        let name = line.strip_prefix("| `").and_then(|l| l.split('`').next());
        if let Some(name) = name.filter(|_| !family.is_empty()) {
            let test = format!("option_{family}_{name}");
            if !tests.contains(&test) && !missing.contains(&test) {
                missing.push(test);
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_without_a_test_is_told_once() {
        let page = "# Options\n## `[event-handlers/ID]`, type `a`\n| `path` | x |\n| `target` | x |\n\
                    ## `[event-handlers/ID]`, type `b`\n| `path` | x |\n";
        let tests = HashSet::from(["option_event_handlers_target".to_owned()]);
        assert_eq!(without_test(page, &tests), ["option_event_handlers_path"]);
    }
}
