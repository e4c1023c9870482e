use std::path::PathBuf;

use causeway_config::Problem;

use super::{Outcome, Result, failed};
use crate::installation::Installation;
use crate::steward::Steward;

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The folder of the installation.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> Result {
        let installation = Installation::at(&self.root).map_err(failed("--root"))?;
        let (problems, unusable) = match installation.load() {
            Ok(loaded) => (loaded.problems, None),
            Err(error) => (error.problems().to_vec(), Some(error)),
        };
        for problem in &problems {
            println!("{problem}");
        }
        if let Some(error) = unusable {
            if problems.is_empty() {
                println!("{error}");
            }
            println!("The configuration cannot be used.");
            let last_good = || Steward::existing(&installation)?.last_good();
            if let Some((number, _)) = error.is_of_text().then(last_good).flatten() {
                println!("A server that starts now runs revision {number}, the last that ran well.");
            }
            return Ok(Outcome::Wrong);
        }
        let wrong = problems.iter().filter(|p| Problem::fails_check(p)).count();
        if wrong > 0 {
            println!("{wrong} of {} findings are errors.", problems.len());
            return Ok(Outcome::Wrong);
        }
        println!("The configuration is good.");
        Ok(Outcome::Done)
    }
}
