//! Matching expressions, as the manual describes them, in rules over paths.

use causeway_tests::sftp::{PERMISSION_DENIED, Sftp};
use causeway_tests::{Configuration, Server};

/// Whether a rule with that expression lets `alice` read each of these files, none of which she could read without it.
fn matches<const N: usize>(expression: &str, names: [&str; N]) -> [bool; N] {
    let rule = format!("{expression}, allow-read");
    let server = Server::start(Configuration::standard().permissions(&["allow-list", &rule]));
    for name in names {
        server.put_in_home("alice", name, name.as_bytes());
    }
    let mut sftp = Sftp::connect(&server, "alice");
    names.map(|name| match sftp.get(format!("/{name}")) {
        Ok(content) => content == name.as_bytes(),
        Err(refusal) => {
            assert_eq!(refusal, PERMISSION_DENIED, "{name}");
            false
        }
    })
}

#[test]
fn b07_alternatives_of_a_glob_know_no_case_and_a_negated_one_matches_the_rest() {
    assert_eq!(matches("*.pdf | *.txt", ["A.PDF", "a.txt", "a.doc"]), [true, true, false]);
    assert_eq!(matches("! *.tmp | *.part", ["x.part", "x.tmp", "x.txt"]), [false, false, true]);
}

#[test]
fn b08_a_regular_expression_is_searched_for() {
    assert_eq!(matches(r"m/report-\d/", ["old-report-1.pdf", "report-x.pdf"]), [true, false]);
    assert_eq!(matches(r"m/^\/report-\d\.pdf$/", ["old-report-1.pdf", "report-1.pdf"]), [false, true]);
}

#[test]
fn b09_a_negated_regular_expression_matches_what_it_does_not_find() {
    assert_eq!(matches(r"e/.*\.pdf$/", ["a.pdf", "a.pdf.txt", "b"]), [false, true, true]);
}
