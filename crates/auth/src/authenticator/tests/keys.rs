//! Logins by SSH key.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use super::fixture::*;
use crate::blocking::KeyFiles;
use crate::{Hashing, Verdict, Why};

fn alice() -> String {
    account("alice", &format!("ssh_authorized_keys_content = {ALICE_KEY}"))
}

/// An account whose keys are in the files of a folder.
fn with_files(files: &[(&str, &str)]) -> (Installation, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    for (name, content) in files {
        std::fs::write(dir.path().join("keys").join(name), content).unwrap();
    }
    let sections = account("alice", "ssh_authorized_keys_path = keys");
    (Installation::of(config_at(&sections, dir.path()), Hashing::for_this_machine()), dir)
}

#[tokio::test]
async fn a_query_tells_whether_the_key_would_do_and_only_a_refused_one_is_reported() {
    let installation = Installation::new(&alice());
    let (verdict, batch) = installation.judge(&query("alice", ALICE_KEY)).await;
    assert!(matches!(verdict, Verdict::Acceptable));
    assert!(batch.is_empty());
    for (user, key, event) in
        [("alice", OTHER_KEY, 20142), ("nobody", ALICE_KEY, 20021), ("nobody", OTHER_KEY, 20021)]
    {
        let (verdict, batch) = installation.judge(&query(user, key)).await;
        assert!(matches!(verdict, Verdict::Reject(_)), "{user}");
        assert_eq!(numbers(&batch), [event], "{user}");
    }
    let (_, batch) = installation.judge(&query("alice", OTHER_KEY)).await;
    assert!(member(&batch, "details").to_string().contains("SHA256:"), "which key it was");
}

#[tokio::test]
async fn a_proven_key_of_the_account_logs_in_and_no_other() {
    let installation = Installation::new(&alice());
    let (verdict, batch) = installation.judge(&proven("alice", ALICE_KEY)).await;
    assert!(matches!(verdict, Verdict::Accept(_)));
    assert_eq!(numbers(&batch), [20137]);
    assert_eq!(member(&batch, "credentials_type").to_string(), "ssh-key");
    assert_eq!(installation.refusal(&proven("alice", OTHER_KEY)).await, (Why::WrongKey, vec![20142]));
    assert_eq!(installation.refusal(&proven("nobody", ALICE_KEY)).await, (Why::UnknownUser, vec![20021]));
}

#[tokio::test]
async fn keys_in_files_log_in_and_are_gone_as_soon_as_they_are_taken_away() {
    let (installation, dir) = with_files(&[("one.pub", OTHER_KEY), ("two.pub", ALICE_KEY)]);
    installation.grant(&proven("alice", ALICE_KEY)).await;
    installation.grant(&proven("alice", OTHER_KEY)).await;
    std::fs::remove_file(dir.path().join("keys/two.pub")).unwrap();
    assert_eq!(installation.refusal(&proven("alice", ALICE_KEY)).await.0, Why::WrongKey);
}

#[tokio::test]
async fn a_group_says_where_each_user_has_their_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    std::fs::write(dir.path().join("keys/alice.pub"), ALICE_KEY).unwrap();
    let group = "
[groups/staff]
name = Staff
home_folder_path = /srv/staff
ssh_authorized_keys_path = keys/${USER}.pub
";
    let inherit = "group = staff\nssh_authorized_keys_path = Inherit";
    let sections = [group.to_owned(), account("alice", inherit), account("bob", inherit)].concat();
    let installation = Installation::of(config_at(&sections, dir.path()), Hashing::for_this_machine());
    installation.grant(&proven("alice", ALICE_KEY)).await;
    assert_eq!(installation.refusal(&proven("bob", ALICE_KEY)).await, (Why::WrongKey, vec![20142]));
}

#[tokio::test]
async fn a_private_key_among_them_closes_the_account_to_all_keys_and_is_told_even_to_a_query() {
    let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    let (installation, _dir) = with_files(&[("a", ALICE_KEY), ("b", private)]);
    let (why, events) = installation.refusal(&proven("alice", ALICE_KEY)).await;
    assert!(matches!(why, Why::UnusableKeys(_)), "{why:?}");
    assert_eq!(events, [20119, 20142]);
    assert_eq!(installation.refusal(&query("alice", ALICE_KEY)).await.1, [20119, 20142]);
}

#[tokio::test]
async fn a_key_that_is_not_supported_closes_nothing_but_its_line_which_the_event_names() {
    let dsa = include_str!("../../../../core/tests-data/sshkey/dsa.pub");
    let (installation, _dir) = with_files(&[("a", ALICE_KEY), ("b", &format!("# old\n{dsa}"))]);
    installation.grant(&proven("alice", ALICE_KEY)).await;
    let (_, batch) = installation.judge(&proven("alice", OTHER_KEY)).await;
    assert_eq!(numbers(&batch), [20142]);
    let details = member(&batch, "details").to_string();
    assert!(details.contains("keys/b': line 2") && details.contains("ssh-dss"), "{details}");

    let content = format!("ssh_authorized_keys_content = {}\n    {ALICE_KEY}", dsa.trim());
    let installation = Installation::new(&account("alice", &content));
    installation.grant(&proven("alice", ALICE_KEY)).await;
    let (why, _) = installation.refusal(&proven("alice", OTHER_KEY)).await;
    assert!(matches!(why, Why::UnusableLine(_)), "{why:?}");
}

#[tokio::test]
async fn names_without_keys_are_looked_up_among_the_keys_of_a_stand_in_and_never_let_in_by_them() {
    // The only account with keys stands in for every name.
    let (installation, _dir) = with_files(&[("a", ALICE_KEY)]);
    for user in ["nobody", "somebody", "someone else"] {
        assert_eq!(installation.refusal(&proven(user, ALICE_KEY)).await.0, Why::UnknownUser);
    }
    let sections = [alice(), account("bare", ""), with_password("carol", SHA512)].concat();
    let installation = Installation::new(&sections);
    for user in ["bare", "carol"] {
        assert_eq!(installation.refusal(&proven(user, ALICE_KEY)).await.0, Why::WrongKey);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_stand_in_is_not_told_of_others() {
    let (installation, _dir) = with_files(&[("a", "no key at all")]);
    assert_eq!(installation.refusal(&proven("nobody", ALICE_KEY)).await, (Why::UnknownUser, vec![20021]));
}

#[tokio::test]
async fn an_account_that_may_not_log_in_refuses_a_query_as_if_the_key_were_wrong() {
    let options = format!("enabled = No\nssh_authorized_keys_content = {ALICE_KEY}");
    let by_password = format!("required_credentials = password\nssh_authorized_keys_content = {ALICE_KEY}");
    let sections = [account("disabled", &options), account("other", &by_password)].concat();
    let installation = Installation::new(&sections);
    assert_eq!(installation.refusal(&query("disabled", ALICE_KEY)).await, (Why::Disabled, vec![20136]));
    assert_eq!(
        installation.refusal(&query("other", ALICE_KEY)).await,
        (Why::CredentialNotAllowed, vec![20136])
    );
    assert_eq!(installation.refusal(&query("disabled", OTHER_KEY)).await, (Why::WrongKey, vec![20142]));
}

#[tokio::test]
async fn v18_files_of_keys_that_hang_refuse_who_needs_them_and_hold_up_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("key.pub"), ALICE_KEY).unwrap();
    let sections = [
        account("alice", "ssh_authorized_keys_path = key.pub"),
        account("bob", &format!("password = {SHA512}\nssh_authorized_keys_content = {OTHER_KEY}")),
    ];
    let mut installation =
        Installation::of(config_at(&sections.concat(), dir.path()), Hashing::for_this_machine());
    let key_files = KeyFiles::of(2, Duration::from_millis(20));
    installation.authenticator.workers.key_files = key_files.clone();
    let (end, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    for _ in 0..2 {
        let wait = wait.clone();
        let hung = key_files.run(move || wait.lock().unwrap().recv().is_err()).await;
        assert_eq!(hung, Err(Why::KeyFilesHung));
    }
    for _ in 0..2 * 16 {
        let (why, events) = installation.refusal(&query("alice", ALICE_KEY)).await;
        assert_eq!((why, &*events), (Why::KeyFilesHung, &[20142][..]));
    }
    for attempt in [password("bob", "secret"), proven("bob", OTHER_KEY)] {
        let grant = installation.grant(&attempt).await;
        installation.authenticator.renew(&grant).await.unwrap();
    }
    assert_eq!(installation.authenticator.look_at_revocations().await, None);
    drop(end);
    while !matches!(installation.judge(&query("alice", ALICE_KEY)).await.0, Verdict::Acceptable) {}
    installation.grant(&proven("alice", ALICE_KEY)).await;
}
