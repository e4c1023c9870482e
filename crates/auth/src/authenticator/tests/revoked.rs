//! Keys and certificates that count no more.

use super::fixture::*;
use crate::keys::KeyRefusal;
use crate::{Hashing, Why};

fn installation(list: &str) -> (Installation, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("revoked"), list).unwrap();
    let options = format!("ssh_user_ca_keys = ca\nssh_authorized_keys_content = {ALICE_KEY}");
    let sections = [authority(OTHER_KEY), account("alice", &options), with_password("bob", SHA512)].concat();
    let config = config_with_server("ssh_revoked_keys_path = revoked", &sections, dir.path());
    (Installation::of(config, Hashing::for_this_machine()), dir)
}

async fn why(list: &str, attempt: &crate::Attempt) -> Option<Why> {
    let (installation, _dir) = installation(list);
    match installation.judge(attempt).await.0 {
        crate::Verdict::Accept(_) => None,
        crate::Verdict::Reject(why) => Some(why),
        other => panic!("{other:?}"),
    }
}

fn revoked(reason: &'static str) -> Option<Why> {
    Some(Why::KeyRefused(KeyRefusal::Revoked(reason)))
}

#[tokio::test]
async fn what_is_on_the_list_does_not_log_in() {
    let (key, certificate) = (proven("alice", ALICE_KEY), Made::usual().shown(None));
    for list in ["", "# nothing", "serial: 8", "id: badge"] {
        assert_eq!((why(list, &key).await, why(list, &certificate).await), (None, None), "{list}");
    }
    let is_revoked = revoked("the key is revoked");
    assert_eq!(
        (why(ALICE_KEY, &key).await, why(ALICE_KEY, &certificate).await),
        (is_revoked.clone(), is_revoked)
    );
    let by_authority = revoked("the key of the certificate's authority is revoked");
    assert_eq!((why(OTHER_KEY, &key).await, why(OTHER_KEY, &certificate).await), (None, by_authority));
    for list in ["serial: 7", "serial: 1-9", "id: badge of alice"] {
        assert_eq!(why(list, &certificate).await, revoked("the certificate is revoked"), "{list}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_refuses_every_key_and_no_password() {
    let (installation, dir) = installation("who knows");
    let refuses = async |attempt: &crate::Attempt| {
        let (why, events) = installation.refusal(attempt).await;
        assert!(matches!(why, Why::KeyRefused(KeyRefusal::NoRevocations(_))), "{why}");
        assert_eq!(events, [20142]);
    };
    refuses(&proven("alice", ALICE_KEY)).await;
    refuses(&query("alice", ALICE_KEY)).await;
    // Nor does it show who has keys.
    for name in ["bob", "nobody"] {
        refuses(&proven(name, ALICE_KEY)).await;
    }
    std::fs::remove_file(dir.path().join("revoked")).unwrap();
    refuses(&Made::usual().shown(None)).await;
    installation.grant(&password("bob", "secret")).await;
    std::fs::write(dir.path().join("revoked"), "").unwrap();
    installation.grant(&proven("alice", ALICE_KEY)).await;
}

#[tokio::test]
async fn sessions_end_when_their_key_or_certificate_comes_onto_the_list() {
    let (installation, dir) = installation("");
    let authenticator = &installation.authenticator;
    assert_eq!(authenticator.look_at_revocations().await, None, "the first look");
    let by_key = installation.grant(&proven("alice", ALICE_KEY)).await;
    let by_certificate = installation.grant(&Made::usual().shown(None)).await;
    let by_password = installation.grant(&password("bob", "secret")).await;
    assert_eq!(authenticator.look_at_revocations().await, None);
    assert!(by_key.is_current());
    std::fs::write(dir.path().join("revoked"), "serial: 7\n").unwrap();
    assert_eq!(authenticator.look_at_revocations().await, Some(Ok(())));
    assert!(!by_key.is_current(), "sessions are asked anew");
    assert!(authenticator.renew(&by_key).await.is_ok());
    assert_eq!(authenticator.renew(&by_certificate).await.err(), revoked("the certificate is revoked"));
    std::fs::write(dir.path().join("revoked"), ALICE_KEY).unwrap();
    assert_eq!(authenticator.renew(&by_key).await.err(), revoked("the key is revoked"));
    assert!(authenticator.renew(&by_password).await.is_ok());
}
