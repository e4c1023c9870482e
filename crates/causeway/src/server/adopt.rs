//! How the running server goes on with another configuration.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use causeway_config::options::ServerOptions;
use causeway_config::{Config, Loaded};
use causeway_events::catalogue::ids;

use super::components::Outcome;
use super::watch::Watched;
use super::{Server, identity, process_origin, report_problem, trail_settings};
use crate::installation::Installation;

/// Options of `[server]` that hold from the next start on.
pub(super) fn waiting_for_restart(before: &ServerOptions, after: &ServerOptions) -> Vec<&'static str> {
    let mut waiting = Vec::new();
    if before.account != after.account {
        waiting.push("account");
    }
    if before.uuid != after.uuid {
        waiting.push("uuid");
    }
    waiting
}

/// The files of the configuration, as they are watched.
pub(super) struct Files(pub(super) Installation);

impl Watched for Files {
    type Sign = [Option<(u64, u64, i64, i64)>; 2];
    type Content = [Option<Vec<u8>>; 2];

    fn sign(&self) -> Self::Sign {
        self.0.files().map(|path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.ino(), meta.size(), meta.ctime(), meta.ctime_nsec()))
        })
    }

    fn read(&self) -> Self::Content {
        self.0.files().map(|path| fs::read(path).ok())
    }
}

impl Server {
    /// The files have changed.
    pub(super) async fn look_again(&mut self) {
        let installation = self.installation.clone();
        let Ok(loaded) = tokio::task::spawn_blocking(move || installation.load()).await else { return };
        match loaded {
            Ok(loaded) => {
                self.adopt(loaded, "by an edit of the file".to_owned()).await;
            }
            Err(error) => {
                eprintln!("causeway: the configuration is not applied: {error}");
                let _ = self.report(|b| {
                    b.emit(ids::PROCESS_CONFIGURATION_FAILED).with("details", error.to_string());
                });
            }
        }
    }

    /// Goes on with this configuration: sessions, handlers and services follow. `changes` says what is new.
    pub(super) async fn adopt(&mut self, loaded: Loaded, changes: String) -> Outcome {
        let Loaded { config, problems } = loaded;
        let config = Arc::new(config);
        let before = std::mem::replace(&mut self.config, config.clone());
        self.adopt_server_options(&before, &config);
        // First: nobody gets in any more by what was taken back.
        self.shared.authenticator.apply(config.clone());
        self.shared.sessions.renew_all();
        let outcome = self.components.apply(&config, self.shutdown.shift()).await;
        let results: Vec<&str> = outcome.done.iter().chain(&outcome.failed).map(String::as_str).collect();
        let results = results.join("\n");
        let id = if outcome.failed.is_empty() { ids::CHANGES_APPLIED } else { ids::CHANGES_PARTLY_APPLIED };
        let _ = self.report(|batch| {
            for problem in &problems {
                if let Some(id) = problem.event {
                    report_problem(batch, id, problem);
                }
            }
            batch.emit(id).with("changes", changes).with("results", results);
        });
        self.problems = problems;
        outcome
    }

    fn adopt_server_options(&mut self, before: &Config, config: &Config) {
        let (old, new) = (&before.server, &config.server);
        if old.name != new.name {
            self.origin = process_origin(new);
            self.components.rename(self.origin.clone(), identity(new));
        }
        self.shared.trail.apply(trail_settings(new, self.origin.clone()));
    }
}
