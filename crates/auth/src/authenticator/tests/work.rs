//! What an attempt costs, and that the cost tells nothing.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use super::fixture::*;
use crate::password::NEW_MEMORY_KIB;
use crate::{Attempt, Hashing, HashingError, Verdict, Why, Work};

async fn cost(installation: &Installation, attempt: &Attempt) -> Work {
    let before = installation.hashing.work();
    let _ = installation.judge(attempt).await;
    let after = installation.hashing.work();
    Work {
        computations: after.computations - before.computations,
        memory_kib: after.memory_kib - before.memory_kib,
        bytes: after.bytes - before.bytes,
    }
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap()
}

/// Accounts in every state that a login can meet, all passwords of one scheme.
fn every_state() -> String {
    [
        "\n[groups/off]\nname = Off\nenabled = No\nhome_folder_path = /srv/off\n".to_owned(),
        "\n[groups/homeless]\nname = Homeless\n".to_owned(),
        with_password("alice", ARGON2),
        account("disabled", &format!("enabled = No\npassword = {ARGON2}")),
        account("expired", &format!("expire_datetime = 2020-01-01\npassword = {ARGON2}")),
        account("grouped", &format!("group = off\npassword = {ARGON2}")),
        account("homeless", &format!("group = homeless\npassword = {ARGON2}")),
        account("keyed", &format!("ssh_authorized_keys_content = {ALICE_KEY}")),
        account("bare", ""),
        account("failed", &format!("multi_factor_authentication = otpauth://x\npassword = {ARGON2}")),
        account("coded", &format!("multi_factor_authentication = {TOTP}\npassword = {ARGON2}")),
        account("both", &format!("required_credentials = password, ssh-key\npassword = {ARGON2}")),
        account("damaged", "password = $argon2id$v=19$m=64,t=1,p=1$AAEC$AAEC"),
        account("keyonly", &format!("required_credentials = ssh-key\npassword = {ARGON2}")),
        account(
            "elsewhere",
            &format!("source_ip_filter = allow 10.0.0.0/8\npassword = {ARGON2}\nssh_authorized_keys_content = {ALICE_KEY}"),
        ),
    ]
    .concat()
}

const STATES: [&str; 15] = [
    "alice",
    "disabled",
    "expired",
    "grouped",
    "homeless",
    "keyed",
    "bare",
    "failed",
    "coded",
    "both",
    "damaged",
    "keyonly",
    "elsewhere",
    "nobody",
    "somebody",
];

#[tokio::test]
async fn an_unknown_user_costs_the_same_work() {
    let installation = Installation::new(&every_state());
    for user in STATES {
        for text in ["wrong", "secret"] {
            let one = Work { computations: 1, memory_kib: 64, bytes: length(text) };
            assert_eq!(cost(&installation, &password(user, text)).await, one, "{user}, {text}");
        }
    }
}

/// What looks like a password with a code behind it costs twice, whoever has the name.
#[tokio::test]
async fn an_unknown_user_costs_the_same_work_where_a_code_may_stand_behind_the_password() {
    let installation = Installation::new(&every_state());
    for user in STATES {
        for (text, before) in [
            ("wrong123456", "wrong"),
            ("secret123456", "secret"),
            ("secret12345678", "secret12"),
            ("123456", ""),
            ("secretaaaa-bbbb-cccc-dddd", "secret"),
        ] {
            let bytes = length(text) + length(before);
            let twice = Work { computations: 2, memory_kib: 128, bytes };
            assert_eq!(cost(&installation, &password(user, text)).await, twice, "{user}, {text}");
        }
    }
    // Codes may be longer.
    let installation = Installation::new(&every_state().replace(TOTP, &format!("{TOTP}&digits=8")));
    for user in STATES {
        for (text, before) in [("secret12345678", "secret"), ("secret123456", "secret")] {
            let bytes = cost(&installation, &password(user, text)).await.bytes;
            assert_eq!(bytes, length(text) + length(before), "{user}, {text}");
        }
    }
    // Where nobody has codes, digits are digits.
    let installation = Installation::new(&with_password("alice", ARGON2));
    for user in ["alice", "nobody"] {
        assert_eq!(cost(&installation, &password(user, "secret123456")).await.computations, 1, "{user}");
    }
}

#[tokio::test]
async fn an_unknown_user_costs_the_same_work_however_many_methods_are_asked() {
    let chain = "\n[authentications/second]\ntype = application\nname = Second\n";
    let installation =
        Installation::with_chain("DEFAULT-AUTHENTICATION, second", &format!("{chain}{}", every_state()));
    for user in STATES {
        assert_eq!(cost(&installation, &password(user, "wrong")).await.computations, 1, "{user}");
    }
}

#[tokio::test]
async fn an_unknown_user_costs_always_the_same_and_as_the_schemes_in_use_do() {
    let sections = [with_password("a", ARGON2), with_password("b", SHA512)].concat();
    let installation = Installation::new(&sections);
    let mut with_memory = 0;
    for i in 0..40 {
        let attempt = password(&format!("user{i}"), "x");
        let first = cost(&installation, &attempt).await;
        assert_eq!(first.computations, 1);
        assert_eq!(first, cost(&installation, &attempt).await);
        with_memory += usize::from(first.memory_kib == 64);
    }
    assert!((8..=32).contains(&with_memory), "{with_memory} of 40");
}

#[tokio::test]
async fn where_nobody_has_a_password_names_cost_what_a_new_one_would() {
    let installation = Installation::new(&account("bare", ""));
    for user in ["bare", "nobody"] {
        let work = cost(&installation, &password(user, "x")).await;
        assert_eq!(work, Work { computations: 1, memory_kib: u64::from(NEW_MEMORY_KIB), bytes: 1 }, "{user}");
    }
}

#[tokio::test]
async fn v18_passwords_and_names_that_no_account_can_have_cost_nothing() {
    let installation = Installation::new(&with_password("alice", ARGON2));
    for user in ["alice", "nobody"] {
        for bad in ["", &"x".repeat(151)] {
            let (why, events) = installation.refusal(&password(user, bad)).await;
            assert_eq!((why, events), (Why::MalformedPassword, vec![20021]));
        }
    }
    for user in ["", &"x".repeat(151)] {
        let (why, events) = installation.refusal(&password(user, "secret")).await;
        assert_eq!((why, events), (Why::MalformedName, vec![20021]));
    }
    assert_eq!(installation.hashing.work(), Work::default());
    installation.refusal(&password("alice", &"x".repeat(150))).await;
    assert_eq!(installation.hashing.work().computations, 1);
}

#[tokio::test]
async fn v18_beyond_the_queue_known_and_unknown_users_are_refused_alike() {
    let slow =
        "$argon2id$v=19$m=65536,t=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8";
    let sections = [with_password("alice", slow), with_password("bob", slow)].concat();
    let one = NonZeroUsize::MIN;
    let installation = Installation::of(config(&sections), Hashing::new(one, 0));
    let (alice, bob, nobody) = (password("alice", "x"), password("bob", "x"), password("nobody", "x"));
    let (first, second, third) =
        tokio::join!(installation.judge(&alice), installation.judge(&bob), installation.judge(&nobody));
    assert!(matches!(first.0, Verdict::Reject(Why::WrongPassword)));
    for (verdict, batch) in [second, third] {
        assert!(matches!(verdict, Verdict::Reject(Why::Hashing(HashingError::Busy))), "{verdict:?}");
        assert_eq!(numbers(&batch), [20142]);
    }
}

#[tokio::test]
async fn an_unknown_user_costs_the_same_work_by_key() {
    let installation = Installation::new(&every_state());
    let done = || installation.authenticator.workers.blocking.done.load(Ordering::SeqCst);
    for user in STATES {
        for attempt in [query(user, OTHER_KEY), proven(user, OTHER_KEY)] {
            let before = done();
            let _ = installation.judge(&attempt).await;
            assert_eq!(done() - before, 1, "{user}");
        }
    }
    assert_eq!(installation.hashing.work(), Work::default());
}
