use std::path::PathBuf;

use super::{Failure, Outcome, Result, failed, init};
use crate::beginning::Beginning;
use crate::installation::Installation;
use crate::server::Server;
use crate::{platform, privileges};

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
        if installation.is_empty().map_err(failed(format_args!("cannot read {}", root.display())))? {
            init::initialise(&installation, None, PORT)?;
            eprintln!("causeway: made a new installation in {}", root.display());
        }
        serve(&installation, || ())?;
        Ok(Outcome::Done)
    }
}

/// Serves an installation until the process is told to stop. `ready` is called when all services listen.
///
/// Nothing is read from the network, and no thread is started, before the process has become the service account.
pub(super) fn serve(installation: &Installation, ready: impl FnOnce()) -> std::result::Result<(), Failure> {
    platform::require().map_err(failed("this system cannot be used"))?;
    let beginning = Beginning::of(installation).map_err(failed("the configuration cannot be used"))?;
    let config = &beginning.loaded.config;
    for problem in &beginning.loaded.problems {
        eprintln!("causeway: {problem}");
    }
    let runs_as = privileges::drop_to(&config.server.account.to_string()).map_err(failed("cannot start"))?;
    platform::prepare(config.server.umask.0);
    diagnostics();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failed("cannot start the threads of the server"))?;
    let result = runtime.block_on(async {
        let server = Server::start(installation, beginning, &runs_as).await?;
        ready();
        server.run().await
    });
    // A file system that does not answer must not keep the process from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    result
}

/// Diagnostics for developers go to the standard error, by the environment variable `CAUSEWAY_LOG`.
fn diagnostics() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CAUSEWAY_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
