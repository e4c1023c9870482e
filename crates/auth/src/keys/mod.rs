//! Whether a key, a certificate or a host lets somebody in.
//!
//! - [`refusal`]: why not.
//! - [`certificate`]: what is asked of a certificate.

mod certificate;
mod refusal;

use std::net::IpAddr;

use causeway_config::{Config, EffectiveAccount};
use causeway_core::sshkey::{AuthorizedKey, KeyTerms, Offered, PublicKey, Touch};
use causeway_core::{Timestamp, escape};

pub use refusal::KeyRefusal;

use crate::authorized_keys::{KeyFiles, keys_at};
use crate::grant::Proof;
use crate::{Credential, Revocations, Why};

/// What a login by a key is judged by.
pub(crate) struct Asked<'a> {
    pub(crate) config: &'a Config,
    pub(crate) account: &'a EffectiveAccount,
    /// Where the peer is; none for who acts without a login.
    pub(crate) source: Option<IpAddr>,
    pub(crate) now: Timestamp,
}

/// What a key that lets in is good for. For everything else than keys: no conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Admission {
    /// From when on it is not any more.
    pub(crate) until: Option<Timestamp>,
    /// Nothing but SFTP may be asked for.
    pub(crate) sftp_only: bool,
}

/// What an authenticator must have said, by what a line and a certificate demand.
#[derive(Debug, Clone, Copy)]
struct Gesture {
    touched: bool,
    verified: bool,
}

/// Whether what is shown lets in by the account, if it is [not revoked](not_revoked). Waits for the disk where the account
/// has keys in files: not for a network thread.
pub(crate) fn judge(asked: &Asked<'_>, shown: &Credential) -> Result<Admission, Why> {
    let in_files = asked.account.ssh_keys_path.as_deref().map_or(Ok(KeyFiles::default()), keys_at);
    let in_files = in_files.map_err(Why::UnusableKeys)?;
    let lines = || asked.account.ssh_keys.iter().chain(&in_files.keys);
    let judged = match shown {
        Credential::Password(_) | Credential::PasswordAndCode { .. } | Credential::Code(_) => {
            Err(Why::WrongKey)
        }
        Credential::Key { key: Offered::Key(key), proven, touch } => {
            let own = lines().filter(|line| line.key() == key && !line.terms().is_authority);
            first_that_admits(own.map(|line| admits(asked, line, proven.then_some(*touch))))
        }
        Credential::Key { key: Offered::Certificate(certificate), proven, touch } => {
            certificate::admits(asked, certificate, lines(), proven.then_some(*touch))
        }
        Credential::Host { key, host, user } => {
            let own = lines().filter(|line| line.key() == key && !line.terms().is_authority);
            first_that_admits(own.map(|line| admits_host(asked, line, host, user)))
        }
    };
    // Whoever wonders which key is missing is told which line counts for nothing.
    let unusable = || {
        let own = asked.account.ssh_keys.unusable().first().map(|line| line.why.to_string());
        own.or_else(|| in_files.unusable.first().map(ToString::to_string))
    };
    match judged {
        Err(Why::WrongKey) => Err(unusable().map_or(Why::WrongKey, Why::UnusableLine)),
        judged => judged,
    }
}

/// Whether a key that was good is good yet: until it ends, or is [revoked](not_revoked). A certificate is
/// [judged](judge) anew instead.
pub(crate) fn goes_on(proof: &Proof, now: Timestamp) -> Result<(), Why> {
    match proof.admission.until {
        Some(until) if now >= until => Err(KeyRefusal::Expired.into()),
        _ => Ok(()),
    }
}

/// Whether what is shown counts at all. Waits for the disk.
pub(crate) fn not_revoked(
    config: &Config,
    shown: &Credential,
    revocations: &Revocations,
    now: Timestamp,
) -> Result<(), Why> {
    let Some(path) = config.revoked_keys_path() else { return Ok(()) };
    let list = revocations.list(&path, now);
    let list = match &*list {
        Ok(list) => list,
        Err(error) => return Err(KeyRefusal::NoRevocations(error.clone()).into()),
    };
    let reason = match shown {
        Credential::Key { key, .. } => list.reason(key),
        Credential::Host { key, .. } if list.has_key(key) => Some("the key is revoked"),
        Credential::Host { .. }
        | Credential::Password(_)
        | Credential::PasswordAndCode { .. }
        | Credential::Code(_) => None,
    };
    reason.map_or(Ok(()), |reason| Err(KeyRefusal::Revoked(reason).into()))
}

/// Of several lines with one key the first that admits counts; if none does, the first one's reason.
fn first_that_admits(tried: impl Iterator<Item = Result<Admission, KeyRefusal>>) -> Result<Admission, Why> {
    let mut first = None;
    for result in tried {
        match result {
            Ok(admission) => return Ok(admission),
            Err(refusal) => _ = first.get_or_insert(refusal),
        }
    }
    Err(first.map_or(Why::WrongKey, Why::from))
}

fn admits(
    asked: &Asked<'_>,
    line: &AuthorizedKey,
    signed: Option<Option<Touch>>,
) -> Result<Admission, KeyRefusal> {
    let terms = line.terms();
    let until = holds(asked, terms)?;
    let demanded = Gesture { touched: !terms.no_touch_required, verified: terms.verify_required };
    demanded.is_met(line.key(), signed)?;
    Ok(Admission { until, sftp_only: terms.sftp_only })
}

/// Whether a line counts here and now; until when.
fn holds(asked: &Asked<'_>, terms: &KeyTerms) -> Result<Option<Timestamp>, KeyRefusal> {
    if let Some(why) = &terms.refused {
        return Err(KeyRefusal::Option(why.clone()));
    }
    if let (Some(from), Some(source)) = (&terms.from, asked.source)
        && !from.take_address(source)
    {
        return Err(KeyRefusal::From(source));
    }
    let Some(expiry) = terms.expires else { return Ok(None) };
    match asked.config.key_expiry(expiry) {
        Some(until) if asked.now < until => Ok(Some(until)),
        _ => Err(KeyRefusal::Expired),
    }
}

impl Gesture {
    /// Keys without an authenticator cannot be asked to be touched, but where the user must have been recognised they
    /// are not enough. A query has not been signed yet.
    fn is_met(self, key: &PublicKey, signed: Option<Option<Touch>>) -> Result<(), KeyRefusal> {
        let is_sk = key.algorithm().is_sk();
        if self.verified && !is_sk {
            return Err(KeyRefusal::NoAuthenticator);
        }
        let Some(touch) = signed.filter(|_| is_sk) else { return Ok(()) };
        let touch = touch.unwrap_or_default();
        if self.touched && !touch.present {
            return Err(KeyRefusal::Untouched);
        }
        if self.verified && !touch.verified {
            return Err(KeyRefusal::Unverified);
        }
        Ok(())
    }
}

/// RFC 4252 section 9 lets the server decide what it trusts a host with. Here the host must be named, by its key, its
/// address and its name, in a line of the user's; and it speaks for its user of the same name alone.
fn admits_host(
    asked: &Asked<'_>,
    line: &AuthorizedKey,
    host: &str,
    user: &str,
) -> Result<Admission, KeyRefusal> {
    let terms = line.terms();
    if !asked.account.ssh_hostbased {
        return Err(KeyRefusal::NoHosts);
    }
    let until = holds(asked, terms)?;
    if !terms.from.as_ref().is_some_and(|from| from.take_name(host.as_bytes())) {
        return Err(KeyRefusal::Host(escape::text(host.as_bytes())));
    }
    if terms.verify_required || line.key().algorithm().is_sk() {
        return Err(KeyRefusal::NoAuthenticator);
    }
    if *user != *asked.account.name {
        return Err(KeyRefusal::HostUser(escape::text(user.as_bytes())));
    }
    Ok(Admission { until, sftp_only: terms.sftp_only })
}
