//! Which of an account's groups count for one login, and whether it may be one at all.

use std::net::IpAddr;
use std::sync::Arc;

use crate::options::ApplicationAuthentication;
use crate::value::{AddressRule, Ruling};
use crate::{Account, Authentication, Group, Method};

/// What a login depends on besides its account.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// Where the peer is. None for who acts without a login: no filter of addresses holds for them.
    pub source: Option<IpAddr>,
    /// The authentication that vouches for the account.
    pub by: Option<Arc<Authentication>>,
    /// Whether the session's key exchange withstands quantum computers. None for who acts without a session.
    pub post_quantum: Option<bool>,
}

/// Why nobody gets in by an account that is in order. For the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the account's rule '{rule}' refuses the address {address}")]
    Address { address: IpAddr, rule: AddressRule },
    #[error("no rule of the account allows the address {0}")]
    NoRule(IpAddr),
    /// With each group and what its rules say.
    #[error("none of the account's groups counts for the address {address}: {groups}")]
    NoGroup { address: IpAddr, groups: String },
    #[error("none of the account's groups is one that the authentication allows")]
    NotAllowed,
    #[error(
        "the account requires a post-quantum key exchange, and the session has none: the client must offer \
         mlkem768x25519-sha256"
    )]
    NotPostQuantum,
}

impl Circumstances {
    /// Judges the session by the option `require_post_quantum`.
    pub(crate) fn withstand(&self, required: bool) -> Result<(), Refusal> {
        if required && self.post_quantum == Some(false) { Err(Refusal::NotPostQuantum) } else { Ok(()) }
    }

    /// The groups that count, in their order: at least one.
    pub(crate) fn admit<'g>(
        &self,
        account: &Account,
        groups: Vec<&'g Group>,
    ) -> Result<Vec<&'g Group>, Refusal> {
        let groups = match self.source {
            Some(address) => {
                may_come_from(address.to_canonical(), account)?;
                associated(address.to_canonical(), groups)?
            }
            None => groups,
        };
        match self.by.as_ref().map(|by| &by.method) {
            Some(Method::Application(method)) => allowed(method, groups),
            None => Ok(groups),
        }
    }
}

/// A method without a list takes everybody.
fn allowed<'g>(
    method: &ApplicationAuthentication,
    groups: Vec<&'g Group>,
) -> Result<Vec<&'g Group>, Refusal> {
    let is_listed = |group: &&Group| method.allowed_groups.contains(&group.id);
    if method.allowed_groups.is_empty() {
        return Ok(groups);
    }
    if !groups.iter().any(is_listed) {
        return Err(Refusal::NotAllowed);
    }
    Ok(groups.into_iter().filter(|g| !method.strict_group_access || is_listed(g)).collect())
}

/// An account without a filter leaves it to its groups.
fn may_come_from(address: IpAddr, account: &Account) -> Result<(), Refusal> {
    let filter = &account.options.source_ip_filter;
    match filter.judge(address) {
        _ if filter.is_empty() => Ok(()),
        Ruling::Allowed(_) => Ok(()),
        Ruling::Denied(rule) => Err(Refusal::Address { address, rule }),
        Ruling::Unmatched => Err(Refusal::NoRule(address)),
    }
}

/// A group without a filter always counts.
fn associated(address: IpAddr, groups: Vec<&Group>) -> Result<Vec<&Group>, Refusal> {
    let mut left_out: Vec<String> = Vec::new();
    let mut counting = Vec::with_capacity(groups.len());
    for group in groups {
        let filter = &group.options.source_ip_filter;
        match filter.judge(address) {
            Ruling::Denied(rule) => left_out.push(format!("'{}' has '{rule}'", group.id)),
            Ruling::Unmatched if !filter.is_empty() => {
                left_out.push(format!("'{}' has no rule for it", group.id));
            }
            Ruling::Allowed(_) | Ruling::Unmatched => counting.push(group),
        }
    }
    if counting.is_empty() {
        return Err(Refusal::NoGroup { address, groups: left_out.join(", ") });
    }
    Ok(counting)
}
