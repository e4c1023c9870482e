//! `unsafe` stands in files named `sys.rs` alone, each block with its reason (clippy checks the reason).

use crate::command::Failure;
use crate::workspace::{Workspace, read};

/// Checks every source file of the workspace.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for folder in ["crates", "fuzz", "tests", "xtask"] {
        for file in workspace.files(folder, "rs")? {
            if !file.ends_with("sys.rs") {
                let text = read(&file)?;
                let lines = text.lines().enumerate().filter(|(_, line)| holds_unsafe(line));
                wrong.extend(
                    lines.map(|(at, _)| {
                        format!("{}:{}: unsafe outside sys.rs", workspace.shown(&file), at + 1)
                    }),
                );
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(wrong.join("\n"))) }
}

/// Whether a line of code opens something unsafe. Words in comments and in texts do not count.
fn holds_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or("");
    let mut quoted = false;
    let code: String = code
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            !quoted
        })
        .collect();
    let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.any(|word| word == "unsafe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_functions_and_implementations_are_found() {
        for line in
            ["    unsafe { read() }", "unsafe fn f() {", "unsafe impl Send for X {}", "let x = unsafe{y};"]
        {
            assert!(holds_unsafe(line), "{line}");
        }
    }

    #[test]
    fn words_in_comments_texts_and_other_names_are_not() {
        for line in ["// unsafe here", "#![deny(unsafe_code)]", "say(\"unsafe\")", "fn unsafety() {}"] {
            assert!(!holds_unsafe(line), "{line}");
        }
    }
}
