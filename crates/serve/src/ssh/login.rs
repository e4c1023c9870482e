//! The answers of the authenticator, made the engine's.

use std::sync::Arc;

use causeway_auth::{Attempt, Credential, Grant, Verdict};
use causeway_core::EventId;
use causeway_core::event::Actor;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{EnterError, FileSystems, Fs};
use causeway_ssh::userauth::{self, Proof, Query};

use super::session::{End, Pause, Session};
use crate::lanes::{Hung, Lane};

/// Asks whether a key would do.
pub(super) async fn query(session: &mut Session, query: Query) -> Result<Option<Pause>, End> {
    let credential = Credential::Key { key: query.key().clone(), proven: false };
    let verdict = judge(session, query.user(), credential).await;
    let step = match verdict {
        Verdict::Acceptable => query.acceptable(),
        Verdict::Accept(_) | Verdict::Reject(_) => query.refuse(),
    };
    session.login_step(step)
}

/// Asks whether a proof is good, and opens the files of who has proven it.
pub(super) async fn prove(session: &mut Session, proof: Proof) -> Result<Option<Pause>, End> {
    let credential = match proof.credential() {
        userauth::Credential::Password(given) => Credential::Password(given.clone()),
        userauth::Credential::Key { key, .. } => Credential::Key { key: key.clone(), proven: true },
    };
    let user = proof.user().to_owned();
    if let Verdict::Accept(grant) = judge(session, &user, credential).await
        && let Some((fs, lane, actor)) = enter(session, grant).await
    {
        session.logged_in(proof.accept(), fs, lane, actor)?;
        return Ok(None);
    }
    session.login_step(proof.refuse())
}

async fn judge(session: &mut Session, user: &str, credential: Credential) -> Verdict {
    let attempt = Attempt { user: user.to_owned(), credential, service: session.service.id.clone() };
    let service = session.service.clone();
    service.shared.authenticator.judge(&attempt, &mut session.batch).await
}

/// Opens the files of a grant; what stands in the way is reported.
async fn enter(session: &mut Session, grant: Arc<Grant>) -> Option<(Arc<Fs>, Lane, Actor)> {
    let shared = session.service.shared.clone();
    let until = shared.clock.monotonic().after(session.service.login_grace);
    let actor = grant.terms().account.clone();
    let origin = session.origin_of(actor.clone());
    let lane = shared.lanes.lane(FileSystems::of(grant.terms()));
    let mut batch = Batch::new(origin, shared.clock.clone(), shared.random.clone());
    let late = Batch::new(batch.origin().clone(), shared.clock.clone(), shared.random.clone());
    let entered = match lane.enter(session.service.login_grace).await {
        Ok(seat) => {
            let limit = until.since(shared.clock.monotonic());
            let trail = shared.trail.clone();
            let work = move || {
                let fs = Fs::enter(grant, shared.host.clone(), &mut batch);
                (fs, batch)
            };
            // Folders that were made are told of, even if nobody waits for them any more.
            seat.run(limit, work, move |(_, batch)| super::last::record(&trail, &batch)).await
        }
        Err(hung) => Err(hung),
    };
    let (fs, mut batch) = match entered {
        Ok((fs, batch)) => (fs.map_err(|error| (refusal(&error), error.to_string())), batch),
        Err(Hung) => (Err((ids::HOME_FOLDER_UNDETERMINED, End::Hung.to_string())), late),
    };
    let entered = match fs {
        Ok(fs) => Some((Arc::new(fs), lane, actor)),
        Err((id, details)) => {
            batch.emit(id).with("username", &actor.name).with("details", details);
            None
        }
    };
    session.batch.absorb(batch);
    entered
}

fn refusal(error: &EnterError) -> EventId {
    match error {
        EnterError::Conflict => ids::ACCOUNT_CONFIGURATION_UNUSABLE,
        _ => ids::HOME_FOLDER_UNDETERMINED,
    }
}
