//! The answers of the authenticator, made the engine's.

use std::sync::Arc;
use std::time::Duration;

use causeway_auth::{Attempt, Credential, Factors, Grant, Partial, Verdict, Why};
use causeway_core::EventId;
use causeway_core::event::Actor;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{EnterError, FileSystems, Fs};
use causeway_ssh::userauth::{self, LoginStep, Proof, Query};

use super::patience::{Grace, Patience};
use super::session::{End, Pause, Session};
use crate::lanes::{HUNG, Hung, Lane};

/// Asks whether a key would do.
pub(super) async fn query(
    session: &mut Session,
    query: Query,
    patience: &mut Patience,
    grace: Grace,
) -> Result<Option<Pause>, End> {
    let credential = Credential::Key { key: query.key().clone(), proven: false, touch: None };
    let clock = session.batch.clock().clone();
    let judged = judge(session, query.user(), credential, None);
    let step = match patience.until_answered(judged, &clock, grace).await? {
        Verdict::Acceptable => query.acceptable(),
        Verdict::Accept(_) | Verdict::Partial(_) | Verdict::Reject(_) => query.refuse(),
    };
    session.login_step(step)
}

/// Asks whether a proof is good, and opens the files of who has proven it.
pub(super) async fn prove(
    session: &mut Session,
    proof: Proof,
    patience: &mut Patience,
    grace: Grace,
) -> Result<Option<Pause>, End> {
    let credential = match proof.credential() {
        userauth::Credential::Password(given) => Credential::Password(given.clone()),
        userauth::Credential::PasswordAndCode { password, code } => {
            Credential::PasswordAndCode { password: password.clone(), code: code.clone() }
        }
        userauth::Credential::Code(code) => Credential::Code(code.clone()),
        userauth::Credential::Key { key, touch, .. } => {
            Credential::Key { key: key.clone(), proven: true, touch: *touch }
        }
        userauth::Credential::Host { key, host, user, .. } => {
            Credential::Host { key: key.clone(), host: host.clone(), user: user.clone() }
        }
    };
    let user = proof.user().to_owned();
    // The engine forgets what was proven when the name changes, and so do we.
    let partial = session.partial.take().filter(|_| !proof.proven().is_empty());
    let clock = session.batch.clock().clone();
    let judged = judge(session, &user, credential, partial.clone());
    let step = match patience.until_answered(judged, &clock, grace).await? {
        Verdict::Accept(mut login) => match enter(session, login.grant().clone()).await {
            Some(Entered { fs, lane, actor, made }) => {
                session.service.clone().shared.authenticator.let_in(&mut login, &mut session.batch);
                session.batch.absorb(made);
                session.logged_in(proof.accept(), Arc::new(fs), lane, actor)?;
                return Ok(None);
            }
            None => proof.refuse(),
        },
        Verdict::Partial(more) => {
            let step = proof.partial(factors(more.missing()));
            // What a dialogue has asked for counts when the dialogue is complete.
            session.partial = if matches!(step, LoginStep::Ask { .. }) { partial } else { Some(more) };
            return session.login_step(step);
        }
        Verdict::Reject(why) if why.begins_anew() => return session.login_step(proof.refuse_and_forget()),
        Verdict::Reject(_) | Verdict::Acceptable => proof.refuse(),
    };
    session.partial = partial;
    session.login_step(step)
}

fn factors(missing: Factors) -> userauth::Factors {
    userauth::Factors { key: missing.key, password: missing.password, code: missing.code }
}

async fn judge(
    session: &mut Session,
    user: &str,
    credential: Credential,
    partial: Option<Partial>,
) -> Verdict {
    if session.is_probe() {
        return refuse_probe(session, user, &credential);
    }
    let service = session.service.id.clone();
    let attempt = Attempt {
        user: user.to_owned(),
        credential,
        service,
        source: session.peer.ip(),
        post_quantum: session.is_post_quantum(),
        partial,
    };
    let service = session.service.clone();
    service.shared.authenticator.judge(&attempt, &mut session.batch).await
}

/// Nobody logs in over a connection of which the balancer does not say where it comes from: no limit, ban or rule on
/// addresses could hold for it.
fn refuse_probe(session: &mut Session, user: &str, credential: &Credential) -> Verdict {
    session.is_more_than_a_probe();
    session
        .batch
        .emit(ids::SSH_AUTH_PROTOCOL_FAILURE)
        .with("username", user.as_bytes())
        .with("method", credential.kind())
        .with("details", Why::NoAddress.to_string());
    Verdict::Reject(Why::NoAddress)
}

/// The files of a login.
struct Entered {
    fs: Fs,
    lane: Lane,
    actor: Actor,
    /// Events of folders that were made: to be told behind the login.
    made: Batch,
}

/// Opens the files of a grant; what stands in the way is reported.
async fn enter(session: &mut Session, grant: Arc<Grant>) -> Option<Entered> {
    let actor = grant.terms().account.clone();
    let name = actor.name.clone();
    let host = session.service.shared.host.clone();
    let limit = session.service.login_grace;
    let opened = open(session, &grant, limit, {
        let grant = grant.clone();
        move |batch| Fs::enter(grant, host, batch)
    });
    let (id, details) = match opened.await {
        Ok((Ok(fs), lane, made)) => return Some(Entered { fs, lane, actor, made }),
        Ok((Err(error), _, made)) => {
            session.batch.absorb(made);
            (refusal(&error), error.to_string())
        }
        Err(hung) => (ids::HOME_FOLDER_UNDETERMINED, End::from(hung).to_string()),
    };
    let origin = session.origin_of(actor);
    let mut batch = Batch::new(origin, session.batch.clock().clone(), session.service.shared.random.clone());
    batch.emit(id).with("username", &name).with("details", details);
    session.batch.absorb(batch);
    None
}

/// Goes on with a grant that was made anew.
///
/// # Errors
/// The folders of the grant cannot be opened: the session ends.
pub(super) async fn renew(session: &mut Session, grant: Arc<Grant>) -> Result<(), End> {
    let Some(before) = session.fs().cloned() else { return Ok(()) };
    let anew = grant.clone();
    let opened = open(session, &grant, HUNG, move |batch| before.renew(anew, batch)).await;
    let (fs, lane, made) = opened?;
    session.batch.absorb(made);
    session.renewed(Arc::new(fs.map_err(End::Folders)?), lane);
    Ok(())
}

/// Opens folders on a thread that may wait for them. What comes along are events of those that were made.
async fn open(
    session: &mut Session,
    grant: &Grant,
    limit: Duration,
    make: impl FnOnce(&mut Batch) -> Result<Fs, EnterError> + Send + 'static,
) -> Result<(Result<Fs, EnterError>, Lane, Batch), Hung> {
    let shared = session.service.shared.clone();
    let until = shared.clock.monotonic().after(limit);
    let origin = session.origin_of(grant.terms().account.clone());
    let lane = shared.lanes.lane(FileSystems::of(grant.terms()));
    let mut batch = Batch::new(origin, shared.clock.clone(), shared.random.clone());
    let seat = lane.enter(limit).await?;
    let limit = until.since(shared.clock.monotonic());
    let trail = shared.trail.clone();
    let work = move || {
        let fs = make(&mut batch);
        (fs, batch)
    };
    // Folders that were made are told of, even if nobody waits for them any more.
    let (fs, batch) = seat.run(limit, work, move |(_, batch)| super::last::record(&trail, &batch)).await?;
    Ok((fs, lane, batch))
}

/// The event of a login whose folders cannot be opened.
pub(crate) fn refusal(error: &EnterError) -> EventId {
    match error {
        EnterError::Conflict => ids::ACCOUNT_CONFIGURATION_UNUSABLE,
        _ => ids::HOME_FOLDER_UNDETERMINED,
    }
}
