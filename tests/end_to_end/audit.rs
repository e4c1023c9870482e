//! What `ssh-audit` says of a service.

use causeway_tests::clients::python;

use super::algorithms::with_every_host_key;

/// The table of the manual, as the script prints findings. Its last column has a client that needs the algorithm.
fn documented() -> Vec<String> {
    let manual = include_str!("../../docs/ssh-algorithms.md");
    let (_, findings) = manual.split_once("## What ssh-audit finds").expect("the chapter");
    let rows = findings.lines().filter_map(|l| l.strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").map(|c| c.trim_matches('`')).collect();
        let [algorithm, kind, level, words, client] = cells[..] else { panic!("not five cells: {row}") };
        assert!(!client.is_empty(), "{row}");
        format!("{kind} {algorithm} {level} {words}")
    })
    .collect()
}

fn found(list: &str) -> Vec<String> {
    python(&with_every_host_key(list), "audit.py", &[]).lines().map(str::to_owned).collect()
}

#[test]
fn ssh_audit_finds_nothing_in_the_strict_list() {
    assert_eq!(found("strict"), [""; 0]);
}

#[test]
fn ssh_audit_finds_in_the_default_list_what_the_manual_says_and_nothing_else() {
    let (mut found, mut documented) = (found("secure"), documented());
    found.sort();
    documented.sort();
    assert_eq!(found, documented);
}
