//! `[security-policies/ID]`

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::value::{AddressRules, PositiveSeconds, Text, TextList};

/// Options of a security policy: who may try to log in at all. Services name it in their option `security_policy`.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SecurityPolicyOptions {
    /// Name for people.
    #[serde(default)]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// Login names that are refused whatever is shown for them, compared without regard to case.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub deny_usernames: TextList,
    /// Rules on addresses, one a line: `allow` or `deny`, and an address or a network. The first that matches decides: an
    /// address that is allowed is spared every other check of this policy, bans included; one that is denied is refused.
    /// Where none matches the other checks decide.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub source_ip_filter: AddressRules,
    /// Logins that fail one after the other from one IPv4 address or one IPv6 network of 64 bits, at whatever services of
    /// this policy, until it is banned; 0 bans nobody.
    #[serde(default = "ban_after_count")]
    #[schemars(extend("x-restricts" = true))]
    pub source_ip_ban_after_count: u32,
    /// Seconds that a ban lasts.
    #[serde(default = "ban_interval")]
    #[schemars(extend("x-restricts" = true))]
    pub source_ip_ban_interval: PositiveSeconds,
}

fn ban_after_count() -> u32 {
    5
}

fn ban_interval() -> PositiveSeconds {
    const { PositiveSeconds::of(NonZeroU32::new(3600).unwrap()) }
}
