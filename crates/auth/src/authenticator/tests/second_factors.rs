//! Accounts with one-time codes.

use causeway_config::value::{RecoveryCodes, Totp};
use causeway_core::{Random, Secret};
use std::time::Duration;

use super::fixture::*;
use crate::second_factor::code_for_test;
use crate::{Verdict, Why, WrongCode};

/// The code of now, of so many steps later or earlier.
fn code_at(steps: i64) -> String {
    let totp = Totp::from_uri(&Secret::new(TOTP)).unwrap();
    code_for_test(&totp, NOW.checked_add_signed(steps * 30).unwrap())
}

fn with_code(options: &str) -> String {
    account(
        "alice",
        &format!(
            "multi_factor_authentication = {TOTP}\npassword = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}\n{options}"
        ),
    )
}

struct Site {
    installation: Installation,
    folder: tempfile::TempDir,
    sections: String,
}

impl Site {
    async fn with(options: &str) -> Self {
        let (folder, sections) = (tempfile::tempdir().unwrap(), with_code(options));
        let installation = Installation::new(&sections).with_state(folder.path()).await;
        Self { installation, folder, sections }
    }

    /// The same after a restart.
    async fn again(self) -> Self {
        let installation = Installation::new(&self.sections).with_state(self.folder.path()).await;
        Self { installation, ..self }
    }

    async fn refusal(&self, attempt: &crate::Attempt) -> Why {
        let (why, events) = self.installation.refusal(attempt).await;
        assert_eq!(events, [20142]);
        why
    }
}

#[tokio::test]
async fn b32_a_code_behind_the_password_logs_in_once_and_within_a_step() {
    let site = Site::with("").await;
    let attempt = |steps| password("alice", &format!("secret{}", code_at(steps)));
    assert_eq!(site.refusal(&attempt(-2)).await, Why::Code(WrongCode::Wrong));
    assert_eq!(site.refusal(&attempt(2)).await, Why::Code(WrongCode::Wrong));
    let (verdict, batch) = site.installation.judge(&attempt(-1)).await;
    assert!(matches!(verdict, Verdict::Accept(_)), "{verdict:?}");
    assert_eq!(numbers(&batch), [20127, 20137]);
    assert_eq!(member(&batch, "credentials_type").to_string(), "password, one-time-code");
    assert_eq!(&*batch.events()[0].origin.account.name, "alice");
    assert_eq!(site.refusal(&attempt(-1)).await, Why::Code(WrongCode::Again));
    // A restart forgets nothing.
    let site = site.again().await;
    assert_eq!(site.refusal(&attempt(-1)).await, Why::Code(WrongCode::Again));
    site.installation.grant(&attempt(0)).await;
    assert_eq!(site.refusal(&password("alice", &format!("wrong{}", code_at(1)))).await, Why::WrongPassword);
    site.installation.grant(&attempt(1)).await;
}

#[tokio::test]
async fn b32_of_two_logins_with_one_code_at_the_same_time_one_fails() {
    let site = Site::with("").await;
    let attempt = password("alice", &format!("secret{}", code_at(0)));
    let two = tokio::join!(site.installation.judge(&attempt), site.installation.judge(&attempt));
    let accepted = [&two.0.0, &two.1.0].into_iter().filter(|v| matches!(v, Verdict::Accept(_))).count();
    assert_eq!(accepted, 1, "{two:?}");
}

#[tokio::test]
async fn a_password_or_a_key_alone_needs_the_code_and_then_only_the_code() {
    let site = Site::with("").await;
    let installation = &site.installation;
    for first in [password("alice", "secret"), proven("alice", ALICE_KEY)] {
        let (partial, events) = installation.partial(&first).await;
        assert_eq!((partial.missing().to_string(), events), ("one-time-code".into(), vec![20126]));
        assert_eq!(
            site.refusal(&after(&partial, code("alice", "000000"))).await,
            Why::Code(WrongCode::Wrong)
        );
        let now = code_at(0);
        let (there, rest) = now.split_at(3);
        installation.grant(&after(&partial, code("alice", &format!("{there} {rest}")))).await;
        installation.hands.advance(Duration::from_secs(30));
        // The hands have moved, the codes of the test have not: the next one is of one step later.
        installation.hands.step_to(causeway_core::Timestamp::from_seconds(NOW));
        assert_eq!(site.refusal(&after(&partial, code("alice", &now))).await, Why::Code(WrongCode::Again));
        let later = password_and_code("alice", "secret", &code_at(1));
        if first.credential.kind() == "password" {
            assert!(matches!(installation.judge(&later).await.0, Verdict::Accept(_)));
            break;
        }
    }
}

#[tokio::test]
async fn v24_a_code_proves_nothing_without_what_comes_before_it() {
    let site = Site::with("").await;
    assert_eq!(site.refusal(&code("alice", &code_at(0))).await, Why::NothingProven);
    assert_eq!(site.refusal(&code("nobody", &code_at(0))).await, Why::NothingProven);
    let (partial, _) = site.installation.partial(&password("alice", "secret")).await;
    assert_eq!(site.refusal(&after(&partial, code("bob", &code_at(0)))).await, Why::BeginAnew);
    // None of that has used the code up.
    site.installation.grant(&after(&partial, code("alice", &code_at(0)))).await;
}

#[tokio::test]
async fn v24_a_recovery_code_stands_in_once_and_only_for_the_code() {
    let (codes, hashes) = RecoveryCodes::generate(&Random::predictable(9));
    let site = Site::with(&format!("recovery_codes = {hashes}")).await;
    let text = |i: usize| String::from_utf8(codes[i].expose().to_vec()).unwrap();
    let appended = password("alice", &format!("secret{}", text(0)));
    let (verdict, batch) = site.installation.judge(&appended).await;
    assert!(matches!(verdict, Verdict::Accept(_)), "{verdict:?}");
    assert_eq!(numbers(&batch), [20127, 70070, 20137]);
    assert_eq!(site.refusal(&appended).await, Why::Code(WrongCode::Again));
    assert_eq!(site.refusal(&code("alice", &text(1))).await, Why::NothingProven);
    let wrong = password("alice", &format!("wrong{}", text(1)));
    assert_eq!(site.refusal(&wrong).await, Why::WrongPassword);
    let site = site.again().await;
    assert_eq!(site.refusal(&appended).await, Why::Code(WrongCode::Again));
    let (partial, _) = site.installation.partial(&proven("alice", ALICE_KEY)).await;
    site.installation.grant(&after(&partial, code("alice", &text(1).to_uppercase()))).await;
}

#[tokio::test]
async fn password_key_and_code_are_all_needed_where_all_are_asked_for() {
    let site = Site::with("required_credentials = password, ssh-key").await;
    let installation = &site.installation;
    // Password, code, key.
    let (partial, events) = installation.partial(&password("alice", &format!("secret{}", code_at(-1)))).await;
    assert_eq!((partial.missing().to_string(), events), ("ssh-key".into(), vec![20127, 20126]));
    installation.grant(&after(&partial, proven("alice", ALICE_KEY))).await;
    // Key, then both in one dialogue.
    let (partial, _) = installation.partial(&proven("alice", ALICE_KEY)).await;
    assert_eq!(partial.missing().to_string(), "password, one-time-code");
    let (more, _) = installation.partial(&after(&partial, password("alice", "secret"))).await;
    assert_eq!(more.missing().to_string(), "one-time-code");
    installation.grant(&after(&partial, password_and_code("alice", "secret", &code_at(0)))).await;
}

#[tokio::test]
async fn a_key_makes_the_password_unnecessary_but_not_the_code() {
    let site = Site::with("required_credentials = ssh-key").await;
    let (partial, _) = site.installation.partial(&proven("alice", ALICE_KEY)).await;
    site.installation.grant(&after(&partial, code("alice", &code_at(0)))).await;
    let refused = site.installation.refusal(&password("alice", &format!("secret{}", code_at(1)))).await;
    assert_eq!(refused, (Why::CredentialNotAllowed, vec![20136]));
}

#[tokio::test]
async fn v24_after_some_wrong_codes_not_even_the_right_one_is_looked_at() {
    let site = Site::with("").await;
    for _ in 0..5 {
        let wrong = password_and_code("alice", "secret", "000000");
        assert_eq!(site.refusal(&wrong).await, Why::Code(WrongCode::Wrong));
    }
    let right = password_and_code("alice", "secret", &code_at(1));
    assert_eq!(site.refusal(&right).await, Why::Code(WrongCode::TooMany));
    site.installation.hands.advance(Duration::from_secs(60));
    site.installation.grant(&right).await;
}

#[tokio::test]
async fn without_a_state_who_needs_a_code_is_refused() {
    let installation = Installation::new(&with_code(""));
    let (why, _) = installation.refusal(&password("alice", &format!("secret{}", code_at(0)))).await;
    assert!(matches!(why, Why::State(_)), "{why:?}");
}

#[tokio::test]
async fn a_disabled_account_uses_no_code_up() {
    let site = Site::with("enabled = No").await;
    let attempt = password("alice", &format!("secret{}", code_at(0)));
    assert_eq!(site.installation.refusal(&attempt).await, (Why::Disabled, vec![20136]));
    let enabled = Installation::new(&with_code("")).with_state(site.folder.path()).await;
    enabled.grant(&attempt).await;
}

#[tokio::test]
async fn no_event_holds_a_code() {
    let site = Site::with("").await;
    for attempt in [
        password("alice", "secret987654"),
        password("nobody", "secret987654"),
        password_and_code("alice", "secret", "987654"),
        code("alice", "987654"),
    ] {
        let (_, batch) = site.installation.judge(&attempt).await;
        let shown = format!("{:?}", batch.events());
        assert!(!shown.contains("987654") && !shown.contains("GEZD"), "{shown}");
    }
}
