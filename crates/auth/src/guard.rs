//! What a service's security policy says to a login before any method is asked, and what it makes of the outcome.
//!
//! A failed login is a wrong password or a wrong signature, a name that nobody has, or an account that may not be used:
//! everything that depends on who is named, so that what counts tells nothing about accounts. A query (whether a key
//! would do) is none, however many keys an agent offers; neither is what this server cannot do.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use causeway_config::value::{AddressRule, Ruling};
use causeway_config::{Component, Config, SecurityPolicy};
use causeway_core::SourceNetwork;
use causeway_events::Batch;

use crate::bans::Bans;
use crate::keys::KeyRefusal;
use crate::{Attempt, Grant, Why, report};

/// A source from which nobody may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// The policy's name, for people.
    pub policy: Arc<str>,
    pub source: IpAddr,
    pub by: Bar,
}

/// What bars a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// A rule of the option `source_ip_filter`.
    Rule(AddressRule),
    /// A ban, which lasts so long yet.
    Ban(Duration),
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            Bar::Rule(rule) => write!(f, "the rule '{rule}' refuses the address {}", self.source),
            Bar::Ban(left) => {
                let (source, seconds) = (SourceNetwork::of(self.source), left.as_secs().max(1));
                write!(f, "{source} is banned for another {seconds} s after failed logins")
            }
        }
    }
}

/// A login that may be tried.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    policy: Arc<SecurityPolicy>,
    bans: Arc<Bans>,
    source: IpAddr,
    /// The filter allows the source: nothing else of the policy concerns it.
    spared: bool,
}

impl Guard {
    /// # Errors
    /// It may not be tried from there, or the service's policy cannot be told.
    pub(crate) fn admit(config: &Config, bans: &Arc<Bans>, attempt: &Attempt) -> Result<Self, Why> {
        let policy = policy_of(config, &attempt.service).ok_or(Why::NoService)?.clone();
        let source = attempt.source;
        let spared = look(&policy, bans, source).map_err(Why::Barred)?;
        Ok(Self { policy, bans: bans.clone(), source, spared })
    }

    /// Where the login comes from.
    pub(crate) fn source(&self) -> IpAddr {
        self.source
    }

    /// Whether the name is refused, whatever is shown for it.
    pub(crate) fn denies_name(&self, name: &str) -> Option<Why> {
        (!self.spared && self.policy.denies_name(name)).then(|| Why::NameDenied(self.policy.label().clone()))
    }

    /// Looks at the source once more: before a password that had to wait is worked on, and when what was shown is right.
    ///
    /// # Errors
    /// Others that were tried at the same time have failed too often: what is right now was guessed among them.
    pub(crate) fn look_again(&self) -> Result<(), Why> {
        look(&self.policy, &self.bans, self.source).map(drop).map_err(Why::Barred)
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, attempt: &Attempt, why: &Why, batch: &mut Batch) {
        if !attempt.credential.is_query() && is_failure(why) {
            self.count(batch);
        }
    }

    /// Counts a login whose user is in.
    pub(crate) fn let_in(&self) {
        if !self.spared {
            self.bans.succeeded(&self.policy, self.source);
        }
    }

    fn count(&self, batch: &mut Batch) {
        if !self.spared
            && let Some(failures) = self.bans.failed(&self.policy, self.source)
        {
            report::banned(&self.policy, self.source, failures, batch);
        }
    }
}

/// The policy of a service; none if either cannot be honoured.
fn policy_of<'c>(config: &'c Config, service: &str) -> Option<&'c Arc<SecurityPolicy>> {
    let service = config.services.get(service).and_then(Component::live)?;
    config.security_policies.get(&service.security_policy).and_then(Component::live)
}

/// Whether the policy's filter spares the source everything else.
fn look(policy: &SecurityPolicy, bans: &Bans, source: IpAddr) -> Result<bool, Barred> {
    let by = match policy.options.source_ip_filter.judge(source) {
        Ruling::Allowed(_) => return Ok(true),
        Ruling::Denied(rule) => Bar::Rule(rule),
        Ruling::Unmatched => match bans.of(policy, source) {
            Some(left) => Bar::Ban(left),
            None => return Ok(false),
        },
    };
    Err(Barred { policy: policy.label().clone(), source: source.to_canonical(), by })
}

/// What bars a source from a service, before anybody has said a name.
pub(crate) fn barred(config: &Config, bans: &Bans, service: &str, source: IpAddr) -> Option<Barred> {
    look(policy_of(config, service)?, bans, source).err()
}

/// A login failed before anybody could be asked about it.
pub(crate) fn count(config: &Config, bans: &Arc<Bans>, service: &str, source: IpAddr, batch: &mut Batch) {
    if let Some(policy) = policy_of(config, service)
        && let Ok(spared) = look(policy, bans, source)
    {
        Guard { policy: policy.clone(), bans: bans.clone(), source, spared }.count(batch);
    }
}

/// Whether a login that succeeded once could be tried again under the policy of now. A ban does not end sessions: somebody
/// else behind the same address may have failed.
pub(crate) fn still_admits(config: &Config, grant: &Grant) -> Result<(), Why> {
    let Some(entrance) = grant.entrance() else { return Ok(()) };
    // Sessions of a service that is gone go on.
    let Some(policy) = policy_of(config, &entrance.service) else { return Ok(()) };
    match policy.options.source_ip_filter.judge(entrance.source) {
        Ruling::Allowed(_) => Ok(()),
        Ruling::Denied(rule) => {
            let (policy, source) = (policy.label().clone(), entrance.source.to_canonical());
            Err(Why::Barred(Barred { policy, source, by: Bar::Rule(rule) }))
        }
        Ruling::Unmatched if policy.denies_name(&grant.terms().account.name) => {
            Err(Why::NameDenied(policy.label().clone()))
        }
        Ruling::Unmatched => Ok(()),
    }
}

/// Whether a refusal is the doing of who tried.
fn is_failure(why: &Why) -> bool {
    match why {
        Why::MalformedPassword
        | Why::MalformedName
        | Why::UnknownUser
        | Why::WrongPassword
        | Why::Code(_)
        | Why::NothingProven
        | Why::NoPassword
        | Why::UnusablePassword(_)
        | Why::WrongKey
        | Why::UnusableLine(_)
        | Why::UnusableKeys(_)
        | Why::CredentialNotAllowed
        | Why::NameDenied(_)
        | Why::Disabled
        | Why::GroupDisabled(_)
        | Why::Expired
        | Why::Inactive
        | Why::PasswordExpired
        | Why::Refused(_)
        | Why::Misconfigured(_)
        | Why::RelativeFolder(_) => true,
        Why::KeyRefused(refusal) => !matches!(refusal, KeyRefusal::NoRevocations(_)),
        Why::Barred(_)
        | Why::NoAddress
        | Why::NoMethod
        | Why::MethodFailed(_)
        | Why::NoService
        | Why::AuthenticationGone
        | Why::BeginAnew
        | Why::State(_)
        | Why::KeyFilesHung
        | Why::Hashing(_)
        | Why::Interrupted => false,
    }
}
