//! What is asked of a user's certificate (OpenSSH PROTOCOL.certkeys; sshd_config(5), TrustedUserCAKeys; sshd(8),
//! `cert-authority`). That its authority signed it has been verified before.

use causeway_core::sshkey::{AuthorizedKey, Certificate, CertificateKind, KeyTerms, Touch};

use super::{Admission, Asked, Gesture, first_that_admits, holds};
use crate::Why;
use crate::keys::KeyRefusal;

/// Whether the certificate lets in: by an authority of the option `ssh_user_ca_keys`, or else by one of a line.
pub(super) fn admits<'a>(
    asked: &Asked<'_>,
    certificate: &Certificate,
    lines: impl Iterator<Item = &'a AuthorizedKey>,
    signed: Option<Option<Touch>>,
) -> Result<Admission, Why> {
    let trusted = asked.config.public_keys(&asked.account.ssh_user_ca_keys);
    let by_option = match &trusted {
        Ok(keys) => keys.contains(certificate.authority()),
        Err(message) => return Err(KeyRefusal::NoAuthorities(message.clone()).into()),
    };
    let by_option = by_option.then(|| judge(asked, certificate, None, signed));
    let own = lines.filter(|line| line.terms().is_authority && line.key() == certificate.authority());
    let by_line = own.map(|line| judge(asked, certificate, Some(line.terms()), signed));
    match first_that_admits(by_option.into_iter().chain(by_line)) {
        Err(Why::WrongKey) => Err(KeyRefusal::Authority.into()),
        judged => judged,
    }
}

/// Whether a certificate of a trusted authority is for this user, here and now. What the line and the certificate
/// demand is demanded; what frees from something must stand in both.
fn judge(
    asked: &Asked<'_>,
    certificate: &Certificate,
    line: Option<&KeyTerms>,
    signed: Option<Option<Touch>>,
) -> Result<Admission, KeyRefusal> {
    let line_ends = line.map_or(Ok(None), |line| holds(asked, line))?;
    if certificate.kind() != CertificateKind::User {
        return Err(KeyRefusal::HostCertificate);
    }
    let conditions = certificate.conditions();
    if let Some(why) = &conditions.refused {
        return Err(KeyRefusal::Condition(why.clone()));
    }
    names_user(asked, certificate, line)?;
    if asked.now < certificate.valid_after() {
        return Err(KeyRefusal::NotYet);
    }
    let ends = certificate.expires();
    if ends.is_some_and(|at| asked.now >= at) {
        return Err(KeyRefusal::CertificateExpired);
    }
    if let (Some(sources), Some(source)) = (&conditions.sources, asked.source)
        && !sources.take_address(source)
    {
        return Err(KeyRefusal::Source(source));
    }
    let demanded = Gesture {
        touched: !(conditions.no_touch_required && line.is_none_or(|line| line.no_touch_required)),
        verified: conditions.verify_required || line.is_some_and(|line| line.verify_required),
    };
    demanded.is_met(certificate.key(), signed)?;
    Ok(Admission {
        until: ends.into_iter().chain(line_ends).min(),
        sftp_only: conditions.sftp_only || line.is_some_and(|line| line.sftp_only),
    })
}

/// A line may say which names count; else the account's do. A certificate without names would be for everybody, which
/// nobody means.
fn names_user(
    asked: &Asked<'_>,
    certificate: &Certificate,
    line: Option<&KeyTerms>,
) -> Result<(), KeyRefusal> {
    if certificate.principals().next().is_none() {
        return Err(KeyRefusal::NoPrincipals);
    }
    let is_named = |name: &[u8]| certificate.principals().any(|principal| principal == name);
    let account = asked.account;
    let named = match line.and_then(|line| line.principals.as_ref()) {
        Some(names) => names.iter().any(|name| is_named(name)),
        None => {
            let own = std::iter::once(&account.name).chain(account.ssh_principals.iter());
            own.into_iter().any(|name| is_named(name.as_bytes()))
        }
    };
    if named { Ok(()) } else { Err(KeyRefusal::Principal) }
}
