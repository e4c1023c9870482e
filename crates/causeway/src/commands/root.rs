//! The installation that a command is about, and its running server.

use std::path::PathBuf;

use causeway_config::Environment;
use causeway_config::sources::Sources;

use super::{Failure, failed};
use crate::control::{Answer, CallError, Request, call};
use crate::installation::Installation;
use crate::privileges;
use crate::steward::Steward;

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

    /// The keeper of its configuration.
    pub(super) fn steward(&self) -> Result<Steward, Failure> {
        Steward::open(&self.owned()?)
    }

    /// The installation, to be written to. Root becomes whom it belongs to, so that what is written is the service's.
    pub(super) fn owned(&self) -> Result<Installation, Failure> {
        let installation = self.installation()?;
        // One whose file is gone can be restored from its history.
        let file = std::fs::symlink_metadata(installation.server_ini());
        file.or_else(|error| std::fs::symlink_metadata(installation.history()).map_err(|_| error))
            .map_err(failed(format_args!("no installation in {}", self.root.display())))?;
        privileges::become_keeper(&installation)
            .map_err(failed("root cannot become whom the installation belongs to"))?;
        installation.make_folders().map_err(failed("cannot make the folders of the installation"))?;
        Ok(installation)
    }

    /// What its files and the environment say now.
    pub(super) fn sources(&self) -> Result<Sources, Failure> {
        let installation = self.installation()?;
        Sources::read(installation.root(), &Environment::of_process()).map_err(failed("the configuration"))
    }

    /// Asks the running server, if there is one.
    pub(super) fn ask_if_running(&self, request: &Request) -> Result<Option<Answer>, Failure> {
        match call(&self.installation()?.control_socket(), request) {
            Err(CallError::NotRunning) => Ok(None),
            Err(error) => Err(Failure(error.to_string())),
            Ok(Answer::Failed { why }) => Err(Failure(why)),
            Ok(answer) => Ok(Some(answer)),
        }
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
