//! Logins for which the client's host vouches.

use super::fixture::*;
use crate::keys::KeyRefusal;
use crate::{Attempt, Credential, Why};

fn installation(on: &str, line: &str) -> Installation {
    let group =
        format!("\n[groups/hosts]\nname = Hosts\nhome_folder_path = /srv/hosts\nssh_hostbased_auth = {on}\n");
    let options = format!("group = hosts\nssh_authorized_keys_content = {line}");
    Installation::new(&[group, account("alice", &options)].concat())
}

fn by_host(host: &str, user: &str) -> Attempt {
    let (host, user) = (host.to_owned(), user.to_owned());
    attempt("alice", Credential::Host { key: public_key(OTHER_KEY), host, user })
}

async fn refused(installation: &Installation, attempt: &Attempt) -> KeyRefusal {
    match installation.refusal(attempt).await.0 {
        Why::KeyRefused(why) => why,
        why => panic!("{why}"),
    }
}

#[tokio::test]
async fn a_host_vouches_where_key_name_address_and_user_are_those_of_the_line() {
    let line = format!("from=\"files.example.com,192.0.2.0/24\" {OTHER_KEY}");
    let on = installation("Yes", &line);
    on.grant(&by_host("files.example.com", "alice")).await;
    let other = refused(&on, &by_host("other.example.com", "alice")).await;
    assert_eq!(other, KeyRefusal::Host("other.example.com".into()));
    let root = refused(&on, &by_host("files.example.com", "root")).await;
    assert_eq!(root, KeyRefusal::HostUser("root".into()));
    let elsewhere = installation("Yes", &format!("from=\"files.example.com,10.0.0.0/8\" {OTHER_KEY}"));
    let why = refused(&elsewhere, &by_host("files.example.com", "alice")).await;
    assert!(matches!(why, KeyRefusal::From(_)), "{why}");
    let (why, _) = installation("Yes", ALICE_KEY).refusal(&by_host("files.example.com", "alice")).await;
    assert_eq!(why, Why::WrongKey);
}

#[tokio::test]
async fn hosts_vouch_for_nobody_unless_the_first_group_says_so() {
    let off = installation("No", &format!("from=\"*\" {OTHER_KEY}"));
    assert_eq!(refused(&off, &by_host("files.example.com", "alice")).await, KeyRefusal::NoHosts);
}

#[tokio::test]
async fn a_key_whose_line_names_no_host_is_a_users_alone() {
    let on = installation("Yes", OTHER_KEY);
    assert!(matches!(refused(&on, &by_host("files.example.com", "alice")).await, KeyRefusal::Host(_)));
    on.grant(&proven("alice", OTHER_KEY)).await;
}

#[tokio::test]
async fn a_host_counts_as_a_key_for_accounts_that_need_one() {
    let line = format!("from=\"*\" {OTHER_KEY}");
    for (required, lets_in) in [("ssh-key", true), ("password", false)] {
        let group =
            "\n[groups/hosts]\nname = Hosts\nhome_folder_path = /srv/hosts\nssh_hostbased_auth = Yes\n";
        let options =
            format!("group = hosts\nrequired_credentials = {required}\nssh_authorized_keys_content = {line}");
        let installation = Installation::new(&[group.to_owned(), account("alice", &options)].concat());
        let (verdict, _) = installation.judge(&by_host("h", "alice")).await;
        assert_eq!(matches!(verdict, crate::Verdict::Accept(_)), lets_in, "{required}");
    }
}
