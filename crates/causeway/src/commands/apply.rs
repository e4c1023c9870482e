use super::root::{Root, unexpected};
use super::{Failure, Outcome, Result};
use crate::control::{Answer, Confirm, Report, Request};

#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    root: Root,
    #[command(flatten)]
    confirm: Confirmation,
}

/// How sure somebody is.
#[derive(Debug, clap::Args)]
pub(crate) struct Confirmation {
    /// Alone: what waits is meant, and a provisional change stays. With a time (such as 90s, 5m or 1h): the change is undone
    /// after it, unless `causeway apply --confirm` is said before.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "")]
    confirm: Option<String>,
}

impl Confirmation {
    pub(super) fn read(&self) -> std::result::Result<Confirm, Failure> {
        let Some(text) = &self.confirm else { return Ok(Confirm::No) };
        if text.is_empty() {
            return Ok(Confirm::Sure);
        }
        let (number, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
        let factor = match unit {
            "" | "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            _ => None,
        };
        let seconds = number.parse::<u64>().ok().zip(factor).and_then(|(n, f)| n.checked_mul(f));
        match seconds.filter(|s| (1..=MONTH).contains(s)) {
            Some(seconds) => Ok(Confirm::Within(seconds)),
            None => Err(Failure(format!("'{text}' is not a time such as 90s, 5m or 1h"))),
        }
    }
}

const MONTH: u64 = 30 * 24 * 3600;

impl Apply {
    pub(super) fn run(self) -> Result {
        let answer = self.root.ask(&Request::Apply { confirm: self.confirm.read()? })?;
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
