use super::root::{Root, unexpected};
use super::{Outcome, Result};
use crate::control::{Answer, Confirm, Report, Request};

#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    root: Root,
    /// Alone: a change made with a time stays, or else an edit that waits is applied. With a time (such as 90s, 5m, 1h or
    /// 2d): the edit that is not applied yet is, and it is undone after that time, unless `causeway apply --confirm` is said
    /// before.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "", value_parser = confirm)]
    confirm: Option<Confirm>,
}

/// How sure somebody is of a change.
#[derive(Debug, clap::Args)]
pub(crate) struct Confirmation {
    /// Alone: the change is meant, even if many components go, or all services. With a time (such as 90s, 5m, 1h or 2d): it
    /// is undone after that time, unless `causeway apply --confirm` is said before. A word that follows is taken for the
    /// time.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "", value_parser = confirm)]
    confirm: Option<Confirm>,
}

impl Confirmation {
    pub(super) fn given(&self) -> Confirm {
        self.confirm.unwrap_or_default()
    }
}

fn confirm(text: &str) -> std::result::Result<Confirm, String> {
    if text.is_empty() {
        return Ok(Confirm::Sure);
    }
    let (number, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
    let factor = match unit {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(DAY),
        "w" => Some(7 * DAY),
        _ => None,
    };
    match number.parse::<u64>().ok().zip(factor).and_then(|(n, f)| n.checked_mul(f)) {
        Some(seconds) if (1..=30 * DAY).contains(&seconds) => Ok(Confirm::Within(seconds)),
        Some(_) => Err("a time is one second to 30 days".to_owned()),
        None => {
            Err("it is not a time such as 90s, 5m, 1h or 2d; without a time, say --confirm last".to_owned())
        }
    }
}

/// Seconds.
const DAY: u64 = 24 * 3600;

impl Apply {
    pub(super) fn run(self) -> Result {
        let answer = self.root.ask(&Request::Apply { confirm: self.confirm.unwrap_or_default() })?;
        let problems = match &answer {
            Answer::Applied(report) => report.problems.clone(),
            _ => Vec::new(),
        };
        let outcome = answered(answer);
        problems.iter().for_each(|problem| println!("{problem}"));
        outcome
    }
}

/// Prints what became of a change.
pub(super) fn answered(answer: Answer) -> Result {
    match answer {
        Answer::Applied(report) => Ok(print(&report)),
        Answer::Confirmed => {
            println!("confirmed");
            Ok(Outcome::Done)
        }
        _ => Err(unexpected()),
    }
}

fn print(report: &Report) -> Outcome {
    if report.difference.is_empty() {
        println!("no change (revision {})", report.revision);
    } else {
        print!("{}", report.difference);
        println!("revision {}", report.revision);
    }
    report.done.iter().for_each(|line| println!("{line}"));
    for option in &report.waiting_for_restart {
        println!("{option}: the change waits for a restart");
    }
    report.still_failing.iter().for_each(|line| println!("still failing: {line}"));
    report.failed.iter().for_each(|line| println!("failed: {line}"));
    if report.failed.is_empty() { Outcome::Done } else { Outcome::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_a_unit_up_to_thirty_days() {
        for (text, seconds) in
            [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("30d", 30 * DAY), ("2w", 14 * DAY)]
        {
            assert_eq!(confirm(text), Ok(Confirm::Within(seconds)), "{text}");
        }
        assert_eq!(confirm(""), Ok(Confirm::Sure));
        for text in ["bob", "0", "31d", "5w", "1y", "s", "-1s", "99999999999999999999", "9999999999999999w"] {
            assert!(confirm(text).is_err(), "{text}");
        }
    }
}
