use std::fs;
use std::path::PathBuf;

use causeway_events::spool::{Heads, verify};

use super::{Failure, Outcome, Result, failed};
use crate::installation::Installation;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Audit {
    /// Recompute the chain of hashes: find what was changed, removed or cut off.
    Verify {
        /// The folder of the installation.
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// A hash of the chain that was kept elsewhere, or a file of such: a log with all checkpoints, or a report.
        #[arg(long, value_name = "HASH|FILE")]
        head: Option<String>,
    },
}

impl Audit {
    pub(super) fn run(self) -> Result {
        let Audit::Verify { root, head } = self;
        let installation = Installation::at(&root).map_err(failed("--root"))?;
        let heads = head.as_deref().map(read_heads).transpose()?;
        let report = verify(&installation.audit(), heads.as_ref()).map_err(failed("cannot verify"))?;
        println!(
            "{} events in {} segments, numbers {} to {}",
            report.events,
            report.segments,
            report.first,
            report.next.saturating_sub(1)
        );
        println!("head {}", data_encoding::HEXLOWER.encode(&report.head));
        println!("{} signed checkpoints", report.checkpoints);
        for key in &report.keys {
            println!("signed by {key}");
        }
        if let Some(proven) = report.proven {
            println!("proven up to event {proven}");
        }
        for unproven in report.unproven() {
            println!("not proven: {unproven}");
        }
        for problem in &report.problems {
            println!("WRONG: {problem}");
        }
        println!("{}", if report.is_sound() { "The trail is whole." } else { "The trail is NOT whole." });
        Ok(if report.is_sound() { Outcome::Done } else { Outcome::Wrong })
    }
}

fn read_heads(text: &str) -> std::result::Result<Heads, Failure> {
    if let Some(heads) = Heads::parse(text) {
        return Ok(heads);
    }
    let content = fs::read(text).map_err(failed(format_args!("--head {text}")))?;
    Heads::parse(&String::from_utf8_lossy(&content))
        .ok_or_else(|| Failure(format!("--head {text}: no hash in it")))
}
