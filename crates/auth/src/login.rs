//! A login that is good, until its user is in.

use std::sync::Arc;

use causeway_events::Batch;

use crate::Grant;
use crate::guard::Guard;

/// A login that is good. It is told, and counts for its account and its source, when its user has been
/// [let in](crate::Authenticator::let_in): until then the files may turn out not to be there.
#[derive(Debug)]
pub struct Login {
    grant: Arc<Grant>,
    /// Once only.
    pub(crate) untold: Option<Untold>,
}

/// What is to be told and counted.
#[derive(Debug)]
pub(crate) struct Untold {
    /// Its origin names the account.
    pub(crate) events: Batch,
    pub(crate) guard: Guard,
}

impl Login {
    pub(crate) fn new(grant: Arc<Grant>, events: Batch, guard: Guard) -> Self {
        Self { grant, untold: Some(Untold { events, guard }) }
    }

    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }
}
