//! Accounts that need a password and a key.

use super::fixture::*;
use crate::{Verdict, Why};

fn both(order: &str) -> Installation {
    let options = format!(
        "required_credentials = {order}\npassword = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}"
    );
    let bob = account("bob", &format!("password = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}"));
    Installation::new(&[account("alice", &options), bob].concat())
}

#[tokio::test]
async fn b33_each_alone_is_partial_and_both_in_either_order_log_in() {
    for order in ["password, ssh-key", "ssh-key,password"] {
        let installation = both(order);
        let (key_first, events) = installation.partial(&proven("alice", ALICE_KEY)).await;
        assert_eq!((key_first.missing().to_string(), events), ("password".into(), vec![20126]));
        let (password_first, events) = installation.partial(&password("alice", "secret")).await;
        assert_eq!((password_first.missing().to_string(), events), ("ssh-key".into(), vec![20126]));
        for last in [
            after(&key_first, password("alice", "secret")),
            after(&password_first, proven("alice", ALICE_KEY)),
        ] {
            let (verdict, batch) = installation.judge(&last).await;
            assert!(matches!(verdict, Verdict::Accept(_)), "{verdict:?}");
            assert_eq!(numbers(&batch), [20137]);
            assert_eq!(member(&batch, "credentials_type").to_string(), "password, ssh-key");
        }
    }
}

#[tokio::test]
async fn the_event_of_a_partial_login_says_what_is_good_and_what_is_missing() {
    let (_, batch) = both("password, ssh-key").judge(&proven("alice", ALICE_KEY)).await;
    for (name, value) in
        [("credentials_type", "ssh-key"), ("required_credentials", "password"), ("username", "alice")]
    {
        assert_eq!(member(&batch, name).to_string(), value, "{name}");
    }
    // Nobody acts yet.
    assert_eq!(batch.origin().account.uuid, causeway_core::event::Actor::peer().uuid);
}

#[tokio::test]
async fn v04_what_one_user_has_proven_counts_for_no_other_and_not_twice() {
    let installation = both("password, ssh-key");
    let (partial, _) = installation.partial(&password("alice", "secret")).await;
    // Another user with the other half.
    let (why, events) = installation.refusal(&after(&partial, proven("bob", ALICE_KEY))).await;
    assert_eq!((&why, events), (&Why::BeginAnew, vec![20142]));
    assert!(why.begins_anew());
    // The same half again.
    let (again, _) = installation.partial(&after(&partial, password("alice", "secret"))).await;
    assert_eq!(again.missing().to_string(), "ssh-key");
    // A wrong other half.
    let (why, _) = installation.refusal(&after(&partial, proven("alice", OTHER_KEY))).await;
    assert_eq!(why, Why::WrongKey);
    // A key that is only asked about.
    let verdict = installation.judge(&after(&partial, query("alice", ALICE_KEY))).await.0;
    assert!(matches!(verdict, Verdict::Acceptable));
}

#[tokio::test]
async fn what_was_proven_of_an_account_does_not_outlive_a_change_of_it() {
    let installation = both("password, ssh-key");
    let (partial, _) = installation.partial(&password("alice", "secret")).await;
    let changed = |description: &str| {
        config(&account(
            "alice",
            &format!(
                "description = {description}\nrequired_credentials = password, ssh-key\npassword = {SHA512}\n\
                 ssh_authorized_keys_content = {ALICE_KEY}"
            ),
        ))
    };
    installation.authenticator.apply(changed("new"));
    let (why, _) = installation.refusal(&after(&partial, proven("alice", ALICE_KEY))).await;
    assert_eq!(why, Why::BeginAnew);
}
