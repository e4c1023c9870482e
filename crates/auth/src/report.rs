//! The events of logins. What they say is for administrators; the peer learns none of it.
//!
//! A query (whether a key would do) is no login and leaves no trace, with one exception: what an administrator has
//! to put right is told even then, since a client whose query is refused goes no further.

use std::net::IpAddr;
use std::sync::Arc;

use causeway_config::{Authentication, Component, Config, EffectiveAccount, Method, SecurityPolicy};
use causeway_core::event::{Actor, Origin, Value};
use causeway_core::{EventId, SourceNetwork, escape};
use causeway_events::Batch;
use causeway_events::catalogue::ids;

use crate::chain::{Accepted, Refused};
use crate::grant::Proof;
use crate::guard::Barred;
use crate::second_factor::Used;
use crate::why::MAX_NAME_CHARS;
use crate::{Attempt, Credential, Factors, Why};

/// What is told when the login has succeeded: from there on the account acts.
pub(crate) fn accepted(
    accepted: &Accepted,
    proven: Factors,
    key: &Proof,
    attempt: &Attempt,
    config: &Config,
    mut batch: Batch,
) -> Batch {
    let Accepted { by, account, .. } = accepted;
    batch.set_origin(origin_of(account, &batch));
    let names = group_names(&account.groups, config);
    batch
        .emit(ids::LOGIN_ACCEPTED)
        .with("account_name", &account.name)
        .with("account_type", "application")
        .with("account_uuid", &account.id)
        .with("credentials_type", kinds(proven, key))
        .with("details", all_shown(proven, key))
        .with("group_name", names.first().cloned().unwrap_or_else(|| Value::from("")))
        .with("group_names", Value::List(names))
        .with("ignored_groups", Value::List(group_names(&account.ignored_groups, config)))
        .with("method_name", name(by))
        .with("method_type", kind(by))
        .with("username", user(attempt));
    batch
}

fn origin_of(account: &EffectiveAccount, batch: &Batch) -> Arc<Origin> {
    let actor = Actor { uuid: account.id.clone(), name: account.name.clone() };
    Arc::new(Origin { account: actor, ..Origin::clone(batch.origin()) })
}

/// What was shown is good, but the login needs more.
pub(crate) fn partial(accepted: &Accepted, missing: Factors, attempt: &Attempt, batch: &mut Batch) {
    batch
        .emit(ids::LOGIN_NEEDS_MORE)
        .with("credentials_type", attempt.credential.kind())
        .with("method_name", name(&accepted.by))
        .with("method_type", kind(&accepted.by))
        .with("required_credentials", missing.to_string())
        .with("username", user(attempt));
}

/// A second factor is good. The account does not act yet: the login may need more.
pub(crate) fn second_factor(accepted: &Accepted, used: Used, attempt: &Attempt, batch: &mut Batch) {
    let Accepted { by, account, .. } = accepted;
    let before = batch.origin().clone();
    batch.set_origin(origin_of(account, batch));
    batch
        .emit(ids::SECOND_FACTOR_ACCEPTED)
        .with("account_name", &account.name)
        .with("account_type", "application")
        .with("account_uuid", &account.id)
        .with(
            "credentials_type",
            match used {
                Used::Totp => "totp",
                Used::Recovery { .. } => "recovery-code",
            },
        )
        .with("method_name", name(by))
        .with("method_type", kind(by))
        .with("username", user(attempt));
    if let Used::Recovery { left } = used {
        batch
            .emit(ids::RECOVERY_CODE_USED)
            .with("account_name", &account.name)
            .with("account_uuid", &account.id)
            .with("left", u64::try_from(left).unwrap_or(u64::MAX));
    }
    batch.set_origin(before);
}

/// The login, or the query, did not succeed.
pub(crate) fn refused(refused: &Refused, attempt: &Attempt, batch: &mut Batch) {
    let why = &refused.why;
    let method = || refused.by.as_ref().map_or_else(|| Value::from(""), |m| name(m));
    let credentials = attempt.credential.kind();
    if let Why::UnusableKeys(_) = why {
        batch
            .emit(ids::ACCOUNT_SSH_KEYS_INVALID)
            .with("username", user(attempt))
            .with("details", why.to_string());
    }
    match why {
        Why::Barred(why) => return barred(why, batch),
        Why::NameDenied(policy) => {
            batch
                .emit(ids::LOGIN_REFUSED)
                .with("credentials_type", credentials)
                .with("method_name", policy)
                .with("method_type", "security-policy")
                .with("response", "forbidden")
                .with("username", user(attempt))
                .with("details", why.to_string());
            return;
        }
        _ => {}
    }
    match event_of(why) {
        ids::ACCOUNT_CONFIGURATION_UNUSABLE => {
            batch
                .emit(ids::ACCOUNT_CONFIGURATION_UNUSABLE)
                .with("username", user(attempt))
                .with("details", why.to_string());
        }
        ids::LOGIN_REFUSED => {
            batch
                .emit(ids::LOGIN_REFUSED)
                .with("credentials_type", credentials)
                .with("method_name", method())
                .with("method_type", refused.by.as_ref().map_or("", |m| kind(m)))
                .with("response", "forbidden")
                .with("username", user(attempt))
                .with("details", why.to_string());
        }
        ids::LOGIN_FAILED => {
            batch
                .emit(ids::LOGIN_FAILED)
                .with("credentials_type", credentials)
                .with("method_name", method())
                .with("username", user(attempt))
                .with("details", details(why, attempt));
        }
        id => {
            batch.emit(id).with("credentials_type", credentials).with("username", user(attempt));
        }
    }
}

/// Nobody may log in from there.
fn barred(barred: &Barred, batch: &mut Batch) {
    batch.emit(ids::SOURCE_BLOCKED).with("policy_name", &barred.policy).with("details", barred.to_string());
}

/// Logins from there have failed too often.
pub(crate) fn banned(policy: &SecurityPolicy, source: IpAddr, failures: u32, batch: &mut Batch) {
    batch
        .emit(ids::SOURCE_BANNED)
        .with("policy_name", policy.label())
        .with("source_ip", SourceNetwork::of(source).to_string())
        .with("count", u64::from(failures))
        .with("seconds", policy.options.source_ip_ban_interval.duration().as_secs());
}

/// A stopped method was left out.
pub(crate) fn skipped(method: &Authentication, attempt: &Attempt, batch: &mut Batch) {
    if !attempt.credential.is_query() {
        batch
            .emit(ids::LOGIN_METHOD_STOPPED)
            .with("method_name", name(method))
            .with("method_type", kind(method));
    }
}

/// Why, and which key it was.
fn details(why: &Why, attempt: &Attempt) -> String {
    match shown(&attempt.credential) {
        Some(shown) => format!("{why} ({shown})"),
        None => why.to_string(),
    }
}

/// Which key, certificate or host it was. Nothing of a password.
fn shown(credential: &Credential) -> Option<String> {
    match credential {
        Credential::Key { key, .. } => Some(key.to_string()),
        Credential::Host { key, host, user } => {
            let (host, user) = (escape::text(host.as_bytes()), escape::text(user.as_bytes()));
            Some(format!("user '{user}' of host '{host}', key {}", key.fingerprint()))
        }
        Credential::Password(_) | Credential::PasswordAndCode { .. } | Credential::Code(_) => None,
    }
}

/// The kinds of what was proven.
fn kinds(proven: Factors, key: &Proof) -> String {
    let key = key.key.as_ref().map_or("ssh-key", |key| key.kind());
    proven.names(key).join(", ")
}

/// What was proven, in words.
fn all_shown(proven: Factors, key: &Proof) -> String {
    let key = key.key.as_ref().and_then(|key| shown(key));
    let typed = [(proven.password, "a password"), (proven.code, "a one-time code")];
    let typed = typed.into_iter().filter(|(is, _)| *is).map(|(_, what)| what.to_owned());
    key.into_iter().chain(typed).collect::<Vec<_>>().join(" and ")
}

fn event_of(why: &Why) -> EventId {
    match why {
        Why::MalformedName | Why::MalformedPassword | Why::UnknownUser => ids::LOGIN_NO_METHOD_ACCEPTED,
        Why::NoMethod | Why::NoService => ids::LOGIN_NO_METHOD_FOR_CREDENTIALS,
        Why::Misconfigured(_) | Why::RelativeFolder(_) => ids::ACCOUNT_CONFIGURATION_UNUSABLE,
        Why::Barred(_) => ids::SOURCE_BLOCKED,
        Why::NoAddress
        | Why::NameDenied(_)
        | Why::Disabled
        | Why::GroupDisabled(_)
        | Why::Expired
        | Why::PasswordExpired
        | Why::Inactive
        | Why::CredentialNotAllowed
        | Why::Refused(_) => ids::LOGIN_REFUSED,
        Why::WrongPassword
        | Why::Code(_)
        | Why::NothingProven
        | Why::BeginAnew
        | Why::State(_)
        | Why::NoPassword
        | Why::UnusablePassword(_)
        | Why::WrongKey
        | Why::UnusableLine(_)
        | Why::UnusableKeys(_)
        | Why::KeyFilesHung
        | Why::KeyRefused(_)
        | Why::MethodFailed(_)
        | Why::AuthenticationGone
        | Why::Hashing(_)
        | Why::Interrupted => ids::LOGIN_FAILED,
    }
}

/// The name as the peer sent it, cut where no account's could go on.
fn user(attempt: &Attempt) -> Value {
    Value::from(attempt.user.chars().take(MAX_NAME_CHARS).collect::<String>())
}

/// What people call the method: its name, or else its id.
fn name(method: &Authentication) -> Value {
    let name: &Arc<str> = if method.options.name.is_empty() { &method.id } else { &method.options.name.0 };
    Value::from(name)
}

fn kind(method: &Authentication) -> &'static str {
    match method.method {
        Method::Application(_) => "application",
    }
}

fn group_names(ids: &[Arc<str>], config: &Config) -> Vec<Value> {
    let name = |id: &Arc<str>| {
        let group = config.groups.get(id).and_then(Component::live);
        group
            .map(|g| &g.options.name.0)
            .filter(|n| !n.is_empty())
            .map_or_else(|| Value::from(id), Value::from)
    };
    ids.iter().map(name).collect()
}
