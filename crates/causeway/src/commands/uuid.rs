use causeway_core::{Random, ids};

use super::{Outcome, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Uuid {}

impl Uuid {
    pub(super) fn run(self) -> Result {
        println!("{}", ids::uuid4(&Random::system()));
        Ok(Outcome::Done)
    }
}
