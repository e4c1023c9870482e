//! How many checks passed, failed and were left out.

use std::collections::BTreeSet;

/// The result of one step: of one check, or of the tests that it ran.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// What failed, as far as it has a name; for the end of a long output.
    pub(crate) failures: BTreeSet<String>,
    pub(crate) skips: Vec<Skip>,
}

/// One test or step that was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skip {
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl Counts {
    pub(crate) fn one_passed() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    pub(crate) fn one_failed(name: &str) -> Self {
        Self { failed: 1, failures: BTreeSet::from([name.to_owned()]), ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
    }

    /// Reads the output of `cargo test`: one line of totals per test program.
    pub(crate) fn of_cargo_test(text: &str) -> Self {
        let mut counts = Self::default();
        for line in text.lines() {
            if let Some((_, totals)) = line.split_once("test result: ") {
                let totals = totals.split_once(". ").map_or(totals, |(_, rest)| rest);
                counts.passed += number_before(totals, "passed");
                counts.failed += number_before(totals, "failed");
            } else if let Some((name, verdict)) =
                line.strip_prefix("test ").and_then(|l| l.rsplit_once(" ... "))
            {
                if let Some(reason) = verdict.strip_prefix("ignored") {
                    let reason = reason.trim_start_matches(',').trim();
                    counts.skips.push(Skip { name: name.to_owned(), reason: reason.to_owned() });
                } else if verdict == "FAILED" {
                    counts.failures.insert(name.to_owned());
                }
            }
        }
        counts
    }

    /// Reads the output of `cargo nextest run --status-level skip`: one line of totals at the end.
    pub(crate) fn of_nextest(text: &str) -> Self {
        let mut counts = Self::default();
        for line in text.lines().map(str::trim_start) {
            if let Some((_, totals)) = line.strip_prefix("Summary").and_then(|l| l.split_once(" run: ")) {
                for part in totals.split(',') {
                    let mut words = part.split_whitespace();
                    let number = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
                    match words.next() {
                        Some("passed") => counts.passed += number,
                        Some("skipped") | None => {}
                        Some(_) => counts.failed += number,
                    }
                }
            } else if let Some((_, name)) = line.strip_prefix("SKIP").and_then(|l| l.split_once("] ")) {
                counts.skips.push(Skip { name: name.trim().to_owned(), reason: "ignored".to_owned() });
            } else if ["FAIL [", "TIMEOUT [", "SIG"].iter().any(|verdict| line.starts_with(verdict))
                && let Some((_, name)) = line.split_once(") ")
            {
                counts.failures.insert(name.trim().to_owned());
            }
        }
        counts
    }

    /// Takes away from the passed tests those that reported, while they ran, that they could do nothing.
    pub(crate) fn with_skips_of_run(mut self, report: &str) -> Self {
        for line in report.lines() {
            let (name, reason) = line.split_once(": ").unwrap_or((line, ""));
            self.passed = self.passed.saturating_sub(1);
            self.skips.push(Skip { name: name.to_owned(), reason: reason.to_owned() });
        }
        self
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    text.split(';')
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_of_all_test_programs_are_added() {
        let text = "test a ... ok\ntest b ... ignored, no FUSE\ntest c ... FAILED\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        let counts = Counts::of_cargo_test(text);
        assert_eq!((counts.passed, counts.failed), (5, 4));
        assert_eq!(counts.failures, BTreeSet::from(["c".to_owned()]));
        assert_eq!(counts.skips, vec![Skip { name: "b".into(), reason: "no FUSE".into() }]);
    }

    #[test]
    fn nextest_counts_what_neither_passed_nor_was_skipped_as_failed() {
        let text = "        SKIP [         ] xtask counts::tests::x\n\
            FAIL [   0.418s] ( 887/1051) causeway-ssh transport::idle\n\
            TIMEOUT [  60.001s] (1/12) xtask slow\n\
            Summary [   0.123s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 1 skipped\n";
        let counts = Counts::of_nextest(text);
        assert_eq!((counts.passed, counts.failed, counts.skips.len()), (9, 3, 1));
        assert_eq!(
            counts.failures,
            BTreeSet::from(["causeway-ssh transport::idle".to_owned(), "xtask slow".to_owned()])
        );
    }

    #[test]
    fn a_test_that_says_that_it_was_skipped_does_not_count_as_passed() {
        let counts = Counts { passed: 3, ..Counts::default() }.with_skips_of_run("sshfs: no /dev/fuse\n");
        assert_eq!(counts.passed, 2);
        assert_eq!(counts.skips, vec![Skip { name: "sshfs".into(), reason: "no /dev/fuse".into() }]);
    }
}
