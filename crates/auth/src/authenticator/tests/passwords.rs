//! Logins by password, and the order in which methods are asked.

use super::fixture::*;
use crate::{Verdict, Why};

/// A second method that cannot be used: who reaches it is refused by it and by nothing else.
fn chain_with_broken_end(accounts: &str) -> Installation {
    let methods = "
[authentications/first]
type = application
name = First

[authentications/broken]
type = ldap
name = Broken
";
    Installation::with_chain("first, broken", &format!("{methods}{accounts}"))
}

#[tokio::test]
async fn the_right_password_logs_in_and_the_event_says_who_by_what_in_which_groups() {
    let groups = "\n[groups/more]\nname = More\n";
    let options = format!("password = {SHA512}\ngroup = DEFAULT_GROUP, more");
    let installation = Installation::new(&format!("{groups}{}", account("alice", &options)));
    let (verdict, batch) = installation.judge(&password("alice", "secret")).await;
    let Verdict::Accept(login) = verdict else { panic!("{verdict:?}") };
    let grant = login.grant();
    assert_eq!(grant.terms().principal.to_string(), "DEFAULT-AUTHENTICATION/alice-id");
    assert!(grant.is_current());
    assert_eq!(numbers(&batch), [20137]);
    for (name, value) in [
        ("account_name", "alice"),
        ("account_uuid", "alice-id"),
        ("account_type", "application"),
        ("credentials_type", "password"),
        ("group_name", "Everybody"),
        ("group_names", "Everybody, More"),
        ("ignored_groups", ""),
        ("method_type", "application"),
        ("username", "alice"),
    ] {
        assert_eq!(member(&batch, name).to_string(), value, "{name}");
    }
    // From here on the account acts.
    assert_eq!(&*batch.origin().account.uuid, "alice-id");
    assert_eq!(&*batch.events()[0].origin.account.name, "alice");
}

#[tokio::test]
async fn every_stored_format_logs_in() {
    let accounts = [("a", SHA512), ("b", PBKDF2), ("c", ARGON2), ("d", "secret")];
    let sections: String = accounts.iter().map(|(name, hash)| with_password(name, hash)).collect();
    let installation = Installation::new(&sections);
    for (name, _) in accounts {
        installation.grant(&password(name, "secret")).await;
        assert_eq!(installation.refusal(&password(name, "Secret")).await, (Why::WrongPassword, vec![20142]));
    }
}

#[tokio::test]
async fn b28_a_wrong_password_does_not_reach_the_next_method_and_an_unknown_user_does() {
    let installation = chain_with_broken_end(&with_password("alice", SHA512));
    installation.grant(&password("alice", "secret")).await;
    let (why, events) = installation.refusal(&password("alice", "wrong")).await;
    assert_eq!((why, events), (Why::WrongPassword, vec![20142]));
    let (why, events) = installation.refusal(&password("nobody", "secret")).await;
    assert!(matches!(why, Why::MethodFailed(_)), "{why:?}");
    assert_eq!(events, [20142]);
}

#[tokio::test]
async fn a_chain_that_ends_without_an_answer_refuses() {
    let installation = Installation::new(&with_password("alice", SHA512));
    assert_eq!(installation.refusal(&password("nobody", "secret")).await, (Why::UnknownUser, vec![20021]));
    // Names are compared exactly.
    assert_eq!(installation.refusal(&password("Alice", "secret")).await, (Why::UnknownUser, vec![20021]));
}

#[tokio::test]
async fn a_stopped_method_is_left_out_and_without_another_nobody_logs_in() {
    let stopped = "\n[authentications/DEFAULT-AUTHENTICATION]\ntype = application\nenabled = No\n";
    let installation = Installation::new(&format!("{stopped}{}", with_password("alice", SHA512)));
    let (why, events) = installation.refusal(&password("alice", "secret")).await;
    assert_eq!((why, events), (Why::NoMethod, vec![20111, 20081]));
    assert_eq!(installation.hashing.work().computations, 0);
}

#[tokio::test]
async fn a_service_that_is_not_configured_lets_nobody_in() {
    let installation = Installation::new(&with_password("alice", SHA512));
    let mut attempt = password("alice", "secret");
    attempt.service = "other".into();
    assert_eq!(installation.refusal(&attempt).await, (Why::NoService, vec![20081]));
}

#[tokio::test]
async fn who_must_use_a_key_is_refused_with_the_right_password() {
    let installation =
        Installation::new(&account("alice", &format!("password = {SHA512}\nrequired_credentials = ssh-key")));
    assert_eq!(
        installation.refusal(&password("alice", "secret")).await,
        (Why::CredentialNotAllowed, vec![20136])
    );
    assert_eq!(installation.refusal(&password("alice", "wrong")).await, (Why::WrongPassword, vec![20142]));
}

#[tokio::test]
async fn an_account_that_cannot_be_honoured_refuses_and_says_so_to_administrators() {
    let no_home = "\n[groups/homeless]\nname = Homeless\n";
    let sections = [
        no_home.to_owned(),
        account("alice", &format!("password = {SHA512}\ngroup = homeless")),
        account(
            "mfa",
            &format!("password = {SHA512}\nmulti_factor_authentication = otpauth://totp/x?secret=AAAA"),
        ),
    ];
    let installation = Installation::new(&sections.concat());
    for user in ["alice", "mfa"] {
        let (why, events) = installation.refusal(&password(user, "secret")).await;
        assert!(matches!(why, Why::Misconfigured(_)), "{why:?}");
        assert_eq!(events, [20031], "{user}");
    }
}

#[tokio::test]
async fn no_event_holds_the_password() {
    let installation = Installation::new(&with_password("alice", SHA512));
    for user in ["alice", "nobody", ""] {
        let (_, batch) = installation.judge(&password(user, "hunter2")).await;
        assert!(!format!("{:?}", batch.events()).contains("hunter2"));
    }
}
