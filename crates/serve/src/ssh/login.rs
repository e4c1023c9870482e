//! The answers of the authenticator, made the engine's.

use std::sync::Arc;

use causeway_auth::{Attempt, Credential, Grant, Verdict};
use causeway_core::event::Actor;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{EnterError, Fs};
use causeway_ssh::userauth::{self, Proof, Query};

use super::session::{End, Pause, Session};

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
        && let Some((fs, actor)) = enter(session, grant).await
    {
        session.logged_in(proof.accept(), fs, actor)?;
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
async fn enter(session: &mut Session, grant: Arc<Grant>) -> Option<(Arc<Fs>, Actor)> {
    let shared = session.service.shared.clone();
    let actor = grant.terms().account.clone();
    let origin = session.origin_of(actor.clone());
    let name = actor.name.clone();
    let entering = tokio::task::spawn_blocking(move || {
        let mut batch = Batch::new(origin, shared.clock.clone(), shared.random.clone());
        let fs = Fs::enter(grant, shared.host.clone(), &mut batch);
        if let Err(error) = &fs {
            let id = match error {
                EnterError::Conflict => ids::ACCOUNT_CONFIGURATION_UNUSABLE,
                _ => ids::HOME_FOLDER_UNDETERMINED,
            };
            batch.emit(id).with("username", &name).with("details", error.to_string());
        }
        (fs, batch)
    });
    let (fs, batch) = entering.await.ok()?;
    session.batch.absorb(batch);
    Some((Arc::new(fs.ok()?), actor))
}
