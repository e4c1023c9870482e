//! The installation that a command is about, and its running server.

use std::path::PathBuf;

use super::{Failure, failed};
use crate::control::{Answer, CallError, Request, call};
use crate::installation::Installation;

#[derive(Debug, clap::Args)]
pub(crate) struct Root {
    /// The folder of the installation.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
}

impl Root {
    pub(super) fn installation(&self) -> Result<Installation, Failure> {
        Installation::at(&self.root).map_err(failed("--root"))
    }

    /// Asks the running server.
    pub(super) fn ask(&self, request: &Request) -> Result<Answer, Failure> {
        match call(&self.installation()?.control_socket(), request) {
            Ok(Answer::Failed { why }) => Err(Failure(why)),
            Ok(answer) => Ok(answer),
            Err(error @ CallError::NotRunning) => {
                Err(Failure(format!("{error} (in {})", self.root.display())))
            }
            Err(error) => Err(Failure(error.to_string())),
        }
    }
}

/// An answer of another kind than the request has.
pub(super) fn unexpected() -> Failure {
    Failure("the server answered something else; is it of another version?".to_owned())
}
