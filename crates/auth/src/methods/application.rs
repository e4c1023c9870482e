//! Type `application`: the accounts of the configuration decide.
//!
//! An unknown user is the next method's; a wrong secret ends the chain.

use causeway_config::options::RequiredCredentials;
use causeway_core::Timestamp;

use super::Answer;
use crate::directory::Finding;
use crate::{Credential, Why, terms};

/// Judges what the accounts say. Whether the account may be used comes after the secret: only its owner's attempts
/// tell anything of it.
pub(crate) fn answer(finding: Finding, credential: &Credential, now: Timestamp) -> Answer {
    let (account, along) = match finding {
        Finding::Unknown => return Answer::Unknown,
        Finding::Wrong(why) => return Answer::Rejected(why),
        Finding::Unusable(error) => return Answer::Rejected(error.into()),
        Finding::Right(account, along) => (account, along),
    };
    if !takes(account.required_credentials, credential) {
        return Answer::Rejected(Why::CredentialNotAllowed);
    }
    match terms::standing(&account, now) {
        Ok(()) => Answer::Accepted(account, along),
        Err(why) => Answer::Rejected(why),
    }
}

/// Whether the credential is one of those that the account needs.
fn takes(required: RequiredCredentials, credential: &Credential) -> bool {
    match (required, credential) {
        (RequiredCredentials::Any | RequiredCredentials::Both, _) | (_, Credential::Code(_)) => true,
        (RequiredCredentials::Password, Credential::Password(_) | Credential::PasswordAndCode { .. }) => true,
        (RequiredCredentials::SshKey, Credential::Key { .. } | Credential::Host { .. }) => true,
        (RequiredCredentials::Password | RequiredCredentials::SshKey, _) => false,
    }
}
