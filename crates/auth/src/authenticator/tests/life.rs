//! Accounts that come, change, expire and go.

use std::path::Path;
use std::time::Duration;

use causeway_core::rule::Right;
use causeway_core::{Timestamp, VPath};

use super::fixture::*;
use crate::{Verdict, Why};

#[tokio::test]
async fn b39_an_account_that_expires_on_a_day_is_closed_from_midnight_local_time() {
    // The installation lives five hours west of Greenwich.
    let options = format!("expire_datetime = 2030-06-16\npassword = {SHA512}");
    let installation = Installation::new(&account("alice", &options));
    let midnight = NOW + 17 * 3600;
    let attempt = password("alice", "secret");
    let grant = installation.grant(&attempt).await;
    assert_eq!(grant.expires(), Some(Timestamp::from_seconds(midnight)));
    installation.hands.step_to(Timestamp::from_seconds(midnight - 1));
    installation.grant(&attempt).await;
    installation.hands.advance(Duration::from_secs(1));
    assert_eq!(installation.refusal(&attempt).await, (Why::Expired, vec![20136]));
    assert_eq!(installation.authenticator.renew(&grant).await.unwrap_err(), Why::Expired);
}

#[tokio::test]
async fn expiry_follows_a_clock_that_steps_forwards_and_back() {
    let installation =
        Installation::new(&account("alice", &format!("expire_datetime = 2030-06-16\npassword = {SHA512}")));
    let (attempt, midnight) = (password("alice", "secret"), NOW + 17 * 3600);
    let grant = installation.grant(&attempt).await;
    for at in [midnight + 86_400, 0, midnight, u64::MAX / 1_000_000_000, midnight - 1] {
        installation.hands.step_to(Timestamp::from_seconds(at));
        let expected = if at < midnight { None } else { Some(Why::Expired) };
        let renewed = installation.authenticator.renew(&grant).await;
        assert_eq!(renewed.err(), expected, "{at}");
        match expected {
            None => drop(installation.grant(&attempt).await),
            Some(why) => assert_eq!(installation.refusal(&attempt).await.0, why, "{at}"),
        }
    }
}

#[tokio::test]
async fn disabled_accounts_and_accounts_of_disabled_groups_are_refused() {
    let sections = [
        "\n[groups/off]\nname = Off\nenabled = No\n".to_owned(),
        account("disabled", &format!("enabled = No\npassword = {SHA512}")),
        account("grouped", &format!("group = DEFAULT_GROUP, off\npassword = {SHA512}")),
    ];
    let installation = Installation::new(&sections.concat());
    assert_eq!(installation.refusal(&password("disabled", "secret")).await, (Why::Disabled, vec![20136]));
    assert_eq!(
        installation.refusal(&password("grouped", "secret")).await,
        (Why::GroupDisabled("off".into()), vec![20136])
    );
    // Who does not know the secret learns of neither, not even by an event.
    assert_eq!(installation.refusal(&password("disabled", "wrong")).await, (Why::WrongPassword, vec![20142]));
}

#[tokio::test]
async fn the_terms_are_the_accounts_and_the_servers() {
    let options = format!(
        "password = {SHA512}
create_home_folder = Yes
file_write_size = 1000
virtual_folders =
    /shared/in, /srv/in/${{USER}}
permissions =
    allow-read, allow-list
    /${{USER}}/*, allow-full-control
"
    );
    let installation = Installation::new(&account("alice", &options));
    let grant = installation.grant(&password("alice", "secret")).await;
    let terms = grant.terms();
    let path = |p: &str| VPath::absolute(p.as_bytes()).unwrap();
    let [home, shared] = terms.mounts.as_slice() else { panic!("{:?}", terms.mounts) };
    assert!(home.at.is_root() && home.create);
    assert_eq!(home.real, Path::new("/srv/files/alice"));
    assert_eq!((&shared.at, shared.real.as_path()), (&path("/shared/in"), Path::new("/srv/in/alice")));
    assert_eq!(terms.file_write_size, Some(1000));
    assert_eq!(terms.umask, 0o027);
    assert!(allow(terms, Right::Write, "/alice/x"));
    assert!(!allow(terms, Right::Write, "/bob/x"));
    assert_eq!(*terms.groups, ["DEFAULT_GROUP".into()]);
}

#[tokio::test]
async fn a_change_makes_grants_stale_and_renewing_gives_the_new_rights_or_none() {
    let with = |options: &str| config(&account("alice", &format!("password = {SHA512}\n{options}")));
    let installation = Installation::new(&with_password("alice", SHA512));
    let authenticator = &installation.authenticator;
    let grant = installation.grant(&password("alice", "secret")).await;

    authenticator.apply(with("permissions = allow-read"));
    assert!(!grant.is_current());
    let renewed = authenticator.renew(&grant).await.unwrap();
    assert!(renewed.is_current());
    assert!(!allow(renewed.terms(), Right::Write, "/"));
    assert_eq!(renewed.terms().principal, grant.terms().principal);

    authenticator.apply(with("enabled = No"));
    assert_eq!(authenticator.renew(&renewed).await.unwrap_err(), Why::Disabled);
    authenticator.apply(config(""));
    assert!(matches!(authenticator.renew(&renewed).await, Err(Why::Misconfigured(_))));
    let stopped = "\n[authentications/DEFAULT-AUTHENTICATION]\ntype = application\nenabled = No\n";
    authenticator.apply(config(&format!("{stopped}{}", with_password("alice", SHA512))));
    assert_eq!(authenticator.renew(&grant).await.unwrap_err(), Why::AuthenticationGone);
}

#[tokio::test]
async fn a_change_while_a_password_is_worked_on_leaves_a_stale_grant() {
    let installation = Installation::new(&with_password("alice", SHA512));
    let attempt = password("alice", "secret");
    let change = async { installation.authenticator.apply(config(&account("alice", "enabled = No"))) };
    // The first is polled first: it has read the old configuration when the second brings the new one.
    let ((verdict, _), ()) = tokio::join!(installation.judge(&attempt), change);
    let Verdict::Accept(login) = verdict else { panic!("{verdict:?}") };
    let grant = login.grant();
    assert!(!grant.is_current());
    assert_eq!(installation.authenticator.renew(grant).await.unwrap_err(), Why::Disabled);
}

#[tokio::test]
async fn who_acts_without_a_login_gets_what_the_configuration_says() {
    let options = format!("enabled = No\npassword = {SHA512}");
    let installation = Installation::new(&[account("alice", ""), account("off", &options)].concat());
    let by = |id: &str| {
        let (method, id) = ("DEFAULT-AUTHENTICATION".into(), id.into());
        let authenticator = &installation.authenticator;
        async move { authenticator.grant_by_configuration(&method, &id).await }
    };
    assert_eq!(&*by("alice-id").await.unwrap().terms().account.name, "alice");
    assert_eq!(by("off-id").await.unwrap_err(), Why::Disabled);
    assert!(matches!(by("missing").await, Err(Why::Misconfigured(_))));
}

#[tokio::test]
async fn a_password_that_is_too_old_closes_the_account_to_every_credential() {
    let day = 86_400;
    let set = NOW - 29 * day - day / 2;
    let options = format!("password = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}");
    let sections = [
        "\n[groups/DEFAULT]\nhome_folder_path = /srv\npassword_lifetime = 30\n".to_owned(),
        account("ann", &format!("{options}\npassword_lifetime = 30\nlast_password_update = {set}")),
        account("ben", &format!("{options}\ngroup = DEFAULT\nlast_password_update = {set}.25")),
        account("never", &format!("{options}\ngroup = DEFAULT\npassword_lifetime = 0")),
        account("unset", &format!("{options}\ngroup = DEFAULT")),
        account("keys", &format!("ssh_authorized_keys_content = {ALICE_KEY}\ngroup = DEFAULT")),
    ];
    let installation = Installation::new(&sections.concat());
    let grant = installation.grant(&password("ann", "secret")).await;
    assert_eq!(grant.expires(), Some(Timestamp::from_seconds(set + 30 * day)));
    installation.grant(&proven("ben", ALICE_KEY)).await;
    assert_eq!(installation.grant(&password("never", "secret")).await.expires(), None);
    assert_eq!(installation.refusal(&password("unset", "secret")).await.0, Why::PasswordExpired);

    installation.hands.advance(Duration::from_secs(day / 2));
    for attempt in [password("ann", "secret"), proven("ann", ALICE_KEY), password("ben", "secret")] {
        assert_eq!(installation.refusal(&attempt).await, (Why::PasswordExpired, vec![20136]));
    }
    assert_eq!(installation.authenticator.renew(&grant).await.unwrap_err(), Why::PasswordExpired);
    installation.grant(&password("never", "secret")).await;
    installation.grant(&proven("keys", ALICE_KEY)).await;
}
