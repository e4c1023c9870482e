//! The options of lines of authorized keys.

use causeway_core::Timestamp;
use causeway_core::sshkey::Touch;

use super::fixture::*;
use crate::keys::KeyRefusal;
use crate::{Attempt, Credential, Hashing, Why};

fn alice(lines: &str) -> Installation {
    let lines = lines.replace('\n', "\n  ");
    Installation::new(&account("alice", &format!("ssh_authorized_keys_content = {lines}")))
}

async fn refused(options: &str) -> KeyRefusal {
    let installation = alice(&format!("{options} {ALICE_KEY}"));
    match installation.refusal(&proven("alice", ALICE_KEY)).await {
        (Why::KeyRefused(why), events) => {
            assert_eq!(events, [20142]);
            let (query, _) = installation.refusal(&query("alice", ALICE_KEY)).await;
            assert_eq!(query, Why::KeyRefused(why.clone()), "a query gets the same answer");
            why
        }
        (why, _) => panic!("{why}"),
    }
}

async fn accepted(options: &str) -> std::sync::Arc<crate::Grant> {
    alice(&format!("{options} {ALICE_KEY}")).grant(&proven("alice", ALICE_KEY)).await
}

#[tokio::test]
async fn a_key_is_used_only_from_where_its_line_says() {
    accepted("from=\"192.0.2.0/24\"").await;
    accepted("from=\"10.0.0.1,192.0.2.*\"").await;
    for from in ["10.0.0.0/8", "192.0.2.*,!192.0.2.1", "files.example.com"] {
        let why = refused(&format!("from=\"{from}\"")).await;
        assert_eq!(why, KeyRefusal::From("192.0.2.1".parse().unwrap()), "{from}");
    }
}

#[tokio::test]
async fn a_key_ends_when_its_line_says_and_so_do_its_sessions() {
    assert_eq!(refused("expiry-time=\"20300615\"").await, KeyRefusal::Expired);
    // 12:00 there is 17:00 UTC; the fixture's clock shows 12:00 UTC.
    let grant = accepted("expiry-time=\"203006151200\"").await;
    let ends = Timestamp::from_seconds(NOW + 5 * 3600);
    assert_eq!(grant.expires(), Some(ends));
    let installation = alice(&format!("expiry-time=\"203006151200Z\",no-pty {ALICE_KEY}"));
    assert_eq!(
        installation.refusal(&proven("alice", ALICE_KEY)).await.0,
        Why::KeyRefused(KeyRefusal::Expired)
    );
    let installation = alice(&format!("expiry-time=\"203006151201Z\" {ALICE_KEY}"));
    let grant = installation.grant(&proven("alice", ALICE_KEY)).await;
    installation.hands.step_to(Timestamp::from_seconds(NOW + 60));
    let why = installation.authenticator.renew(&grant).await.unwrap_err();
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Expired));
}

#[tokio::test]
async fn a_command_other_than_sftp_refuses_and_sftp_allows_nothing_else() {
    assert!(accepted("command=\"internal-sftp\",restrict").await.is_sftp_only());
    assert!(!accepted("restrict").await.is_sftp_only());
    assert!(matches!(refused("command=\"/bin/true\"").await, KeyRefusal::Option(_)));
}

#[tokio::test]
async fn an_option_that_is_not_known_refuses_its_key_and_the_event_names_it() {
    let lines = format!("shiny {ALICE_KEY}\n{OTHER_KEY}");
    let installation = alice(&lines);
    let (_, batch) = installation.judge(&proven("alice", ALICE_KEY)).await;
    let details = member(&batch, "details").to_string();
    assert!(details.contains("'shiny'") && details.contains("SHA256:"), "{details}");
    installation.grant(&proven("alice", OTHER_KEY)).await;
}

#[tokio::test]
async fn of_several_lines_with_one_key_one_that_admits_is_enough() {
    let lines = format!("from=\"10.0.0.0/8\" {ALICE_KEY}\ncommand=\"internal-sftp\" {ALICE_KEY}");
    assert!(alice(&lines).grant(&proven("alice", ALICE_KEY)).await.is_sftp_only());
}

#[tokio::test]
async fn an_authoritys_key_lets_nobody_in_by_itself() {
    let installation = alice(&format!("cert-authority {ALICE_KEY}"));
    assert_eq!(installation.refusal(&proven("alice", ALICE_KEY)).await.0, Why::WrongKey);
}

#[tokio::test]
async fn options_count_in_files_as_well() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("keys"), format!("from=\"10.0.0.0/8\" {ALICE_KEY}")).unwrap();
    let sections = account("alice", "ssh_authorized_keys_path = keys");
    let installation = Installation::of(config_at(&sections, dir.path()), Hashing::for_this_machine());
    let (why, _) = installation.refusal(&proven("alice", ALICE_KEY)).await;
    assert!(matches!(why, Why::KeyRefused(KeyRefusal::From(_))), "{why}");
}

fn touched(proven: bool, present: bool, verified: bool) -> Attempt {
    let touch = proven.then_some(Touch { present, verified });
    attempt("alice", Credential::Key { key: sk_key().into(), proven, touch })
}

#[tokio::test]
async fn an_authenticator_must_be_touched_unless_the_line_says_otherwise() {
    let line = String::from_utf8(sk_key().to_openssh()).unwrap();
    let installation = alice(&line);
    installation.grant(&touched(true, true, false)).await;
    let (why, _) = installation.refusal(&touched(true, false, true)).await;
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Untouched));
    let (verdict, _) = installation.judge(&touched(false, false, false)).await;
    assert!(matches!(verdict, crate::Verdict::Acceptable), "a query has not been signed");
    alice(&format!("no-touch-required {line}")).grant(&touched(true, false, false)).await;
    let demanding = alice(&format!("verify-required {line}"));
    demanding.grant(&touched(true, true, true)).await;
    let (why, _) = demanding.refusal(&touched(true, true, false)).await;
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Unverified));
    assert_eq!(refused("verify-required").await, KeyRefusal::NoAuthenticator);
}
