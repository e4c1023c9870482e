//! The chain of authentications that a service asks, in order, until one accepts or rejects.

use std::sync::Arc;

use causeway_config::{Authentication, Circumstances, Component, EffectiveAccount, Method};
use causeway_core::Timestamp;
use causeway_events::Batch;

use crate::directory::{Along, Directory, Finding};
use crate::guard::Guard;
use crate::methods::{Answer, application};
use crate::workers::Workers;
use crate::{Attempt, Why, report};

/// How the chain ended well.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) by: Arc<Authentication>,
    pub(crate) account: Box<EffectiveAccount>,
    /// What came along.
    pub(crate) along: Along,
}

/// How the chain ended badly.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The method that ended it; none when the chain came to its end or never began.
    pub(crate) by: Option<Arc<Authentication>>,
    pub(crate) why: Why,
}

impl From<Why> for Refused {
    fn from(why: Why) -> Self {
        Self { by: None, why }
    }
}

/// Asks the methods of the attempt's service. A stopped method is left out; one that cannot be used as configured
/// refuses, since what it would have refused cannot be known.
pub(crate) async fn run(
    directory: &Directory,
    attempt: &Attempt,
    workers: &Workers,
    guard: &Guard,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Accepted, Refused> {
    let service = directory.config.services.get(&attempt.service).and_then(Component::live);
    let chain = &service.ok_or(Why::NoService)?.authentications;
    let mut search = Search::NotYet;
    let mut asked = false;
    for id in chain {
        let method = match directory.config.authentications.get(id) {
            Some(Component::Live(method)) => method,
            Some(Component::Failed(failure)) => return Err(Why::MethodFailed(failure.reason.clone()).into()),
            None => return Err(Why::MethodFailed(Arc::from("it does not exist")).into()),
        };
        if !method.options.enabled {
            report::skipped(method, attempt, batch);
            continue;
        }
        asked = true;
        let answer = match &method.method {
            Method::Application(_) => {
                match search.result(directory, attempt, method, workers, guard, now).await {
                    Ok(finding) => application::answer(finding, &attempt.credential, now),
                    Err(why) => Answer::Rejected(why),
                }
            }
        };
        match answer {
            Answer::Accepted(account, along) => return Ok(Accepted { by: method.clone(), account, along }),
            Answer::Rejected(why) => return Err(Refused { by: Some(method.clone()), why }),
            Answer::Unknown => {}
        }
    }
    Err(if asked { Why::UnknownUser } else { Why::NoMethod }.into())
}

/// The search among the accounts, done once however many methods ask for it: or else the number of methods would
/// show in the time that an unknown name takes.
enum Search {
    NotYet,
    Unknown,
}

impl Search {
    async fn result(
        &mut self,
        directory: &Directory,
        attempt: &Attempt,
        by: &Arc<Authentication>,
        workers: &Workers,
        guard: &Guard,
        now: Timestamp,
    ) -> Result<Finding, Why> {
        match self {
            Search::Unknown => Ok(Finding::Unknown),
            Search::NotYet => {
                // Every other finding ends the chain.
                *self = Search::Unknown;
                let circumstances = Circumstances {
                    source: Some(attempt.source),
                    by: Some(by.clone()),
                    post_quantum: Some(attempt.post_quantum),
                };
                directory.find(attempt, circumstances, workers, guard, now).await
            }
        }
    }
}
