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
    let (account, admission) = match finding {
        Finding::Unknown => return Answer::Unknown,
        Finding::Wrong(why) => return Answer::Rejected(why),
        Finding::Unusable(error) => return Answer::Rejected(error.into()),
        Finding::Right(account, admission) => (account, admission),
    };
    if !takes(account.required_credentials, credential) {
        return Answer::Rejected(Why::CredentialNotAllowed);
    }
    match terms::standing(&account, now) {
        Ok(()) => Answer::Accepted(account, admission),
        Err(why) => Answer::Rejected(why),
    }
}

fn takes(required: RequiredCredentials, credential: &Credential) -> bool {
    match required {
        RequiredCredentials::Any => true,
        RequiredCredentials::Password => matches!(credential, Credential::Password(_)),
        RequiredCredentials::SshKey => matches!(credential, Credential::Key { .. } | Credential::Host { .. }),
    }
}
