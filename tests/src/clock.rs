//! A wall clock that steps, for one server alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Server;
use crate::program::must;

/// What sets the wall clock of a server.
#[derive(Debug)]
pub struct WallClock(PathBuf);

impl WallClock {
    /// Gives the server such a clock from its next run on; it shows the true time.
    pub fn of(server: &mut Server) -> Self {
        let library = server.client().join("clock.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clock.c");
        must(Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source));
        let clock = Self(server.client().join("step"));
        clock.step_to(0);
        server.set_variable("LD_PRELOAD", library.to_str().unwrap());
        server.set_variable("CLOCK_STEP", clock.0.to_str().unwrap());
        clock
    }

    /// So many seconds before or after the true time.
    pub fn step_to(&self, seconds: i64) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, seconds.to_string()).unwrap();
        std::fs::rename(new, &self.0).unwrap();
    }
}
