use std::path::PathBuf;

use causeway_config::Protocol;

use super::init::fingerprint;
use super::{Failure, Outcome, Result, failed, init};
use crate::beginning::Beginning;
use crate::installation::Installation;
use crate::privileges::RunsAs;
use crate::server::Server;
use crate::{platform, privileges, sys};

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The folder of the installation.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
}

/// The port that a fresh installation listens on.
const PORT: u16 = 10022;

impl Serve {
    pub(super) fn run(self) -> Result {
        let installation = Installation::at(&self.root).map_err(failed("--root"))?;
        let root = installation.root();
        let mut began_as = RunsAs::Starter;
        if installation.is_empty().map_err(failed(format_args!("cannot read {}", root.display())))? {
            began_as = init::initialise(&installation, None, PORT)?;
            eprintln!("causeway: made a new installation in {}", root.display());
        }
        serve(&installation, &began_as, tell_services)?;
        Ok(Outcome::Done)
    }
}

/// Where clients connect, and the keys by which they can tell that it is this server.
fn tell_services(server: &Server) {
    for (service, address) in server.services() {
        eprintln!("causeway: services/{} listens on {address}; its host keys:", service.id);
        let Protocol::Ssh { host_keys, .. } = &service.protocol;
        for host_key in host_keys {
            eprintln!("{}", fingerprint(host_key.key.public()));
        }
    }
}

/// Serves an installation until the process is told to stop. `ready` is called when all services listen. `began_as` tells what
/// the process, which may have made the installation, has become already.
///
/// Nothing is read from the network, and no thread is started, before the process has become the service account.
pub(super) fn serve(
    installation: &Installation,
    began_as: &RunsAs,
    ready: impl FnOnce(&Server),
) -> std::result::Result<(), Failure> {
    platform::require().map_err(failed("this system cannot be used"))?;
    let (beginning, became) = begin(installation)?;
    let runs_as = if became == RunsAs::Starter { began_as } else { &became };
    for problem in &beginning.loaded.problems {
        eprintln!("causeway: {problem}");
    }
    platform::prepare(beginning.loaded.config.server.umask.0);
    diagnostics();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failed("cannot start the threads of the server"))?;
    let result = runtime.block_on(async {
        let server = Server::start(installation, beginning, runs_as).await?;
        ready(&server);
        server.run().await
    });
    // A file system that does not answer must not keep the process from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    result
}

/// Reads the configuration, as root whom to become, and then as the account that serves: what it cannot read it could not
/// change either.
fn begin(installation: &Installation) -> std::result::Result<(Beginning, RunsAs), Failure> {
    let beginning = Beginning::of(installation).map_err(failed("the configuration cannot be used"))?;
    let account = beginning.loaded.config.server.account.to_string();
    let runs_as = privileges::drop_to(&account, installation).map_err(failed("cannot start"))?;
    if runs_as == RunsAs::Starter {
        return Ok((beginning, runs_as));
    }
    let root = installation.root().display();
    let hint =
        format!("if '{account}' cannot read what root can, give it the files: chown -R {account} {root}");
    let problems = beginning.loaded.problems.len();
    // Both at once would take twice the memory.
    drop(beginning);
    sys::give_memory_back();
    let again = Beginning::of(installation)
        .map_err(|e| Failure(format!("'{account}' cannot use the configuration: {e}; {hint}")))?;
    if again.loaded.problems.len() > problems {
        eprintln!("causeway: {hint}");
    }
    Ok((again, runs_as))
}

/// Diagnostics for developers go to the standard error, by the environment variable `CAUSEWAY_LOG`.
fn diagnostics() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CAUSEWAY_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
