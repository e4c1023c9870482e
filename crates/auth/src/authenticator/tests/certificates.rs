//! Logins by certificate.

use causeway_core::Timestamp;
use causeway_core::sshkey::Touch;

use super::fixture::*;
use crate::keys::KeyRefusal;
use crate::{Verdict, Why};

/// `alice`, who trusts the authority of [`Made::usual`] by the option.
fn alice(options: &str) -> Installation {
    let options = format!("ssh_user_ca_keys = ca\n{options}");
    Installation::new(&[authority(OTHER_KEY), account("alice", &options)].concat())
}

/// The same by a line with these options.
fn by_line(options: &str) -> Installation {
    Installation::new(&account("alice", &format!("ssh_authorized_keys_content = {options} {OTHER_KEY}")))
}

async fn refused(installation: &Installation, made: Made) -> KeyRefusal {
    match installation.refusal(&made.shown(None)).await {
        (Why::KeyRefused(why), events) => {
            assert_eq!(events, [20142], "{why}");
            why
        }
        (why, _) => panic!("{why}"),
    }
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_logs_in_and_the_event_says_which() {
    let installation = alice("");
    let (verdict, batch) = installation.judge(&Made::usual().shown(None)).await;
    assert!(matches!(verdict, Verdict::Accept(_)), "{verdict:?}");
    let details = member(&batch, "details").to_string();
    for part in ["'badge of alice'", "serial 7", &public_key(OTHER_KEY).fingerprint()] {
        assert!(details.contains(part), "{details}");
    }
    let other = Made { authority: ALICE_KEY, ..Made::usual() };
    assert_eq!(refused(&installation, other).await, KeyRefusal::Authority);
    let (why, _) = installation.refusal(&proven("alice", OTHER_KEY)).await;
    assert_eq!(why, Why::WrongKey, "the authority's key itself is no user's");
}

#[tokio::test]
async fn accounts_inherit_the_authorities_of_their_first_group() {
    let group = "\n[groups/staff]\nname = Staff\nhome_folder_path = /srv/staff\nssh_user_ca_keys = ca\n";
    let sections =
        |options: &str| [authority(OTHER_KEY), group.to_owned(), account("alice", options)].concat();
    Installation::new(&sections("group = staff")).grant(&Made::usual().shown(None)).await;
    let second = Installation::new(&sections("group = DEFAULT_GROUP, staff"));
    assert_eq!(refused(&second, Made::usual()).await, KeyRefusal::Authority);
    let none = Installation::new(&sections("group = staff\nssh_user_ca_keys ="));
    assert_eq!(none.refusal(&Made::usual().shown(None)).await.0, Why::WrongKey);
}

#[tokio::test]
async fn a_certificate_must_name_the_account_or_one_of_its_principals() {
    let installation = alice("ssh_principals = payroll, \"a, b\"");
    for principals in [&["alice"][..], &["x", "payroll"], &["a, b"]] {
        installation.grant(&Made { principals, ..Made::usual() }.shown(None)).await;
    }
    for principals in [&["Alice"][..], &["alice "], &["ca"], &["a"]] {
        let made = Made { principals, ..Made::usual() };
        assert_eq!(refused(&installation, made).await, KeyRefusal::Principal, "{principals:?}");
    }
    let nobody = Made { principals: &[], ..Made::usual() };
    assert_eq!(refused(&installation, nobody).await, KeyRefusal::NoPrincipals);
}

#[tokio::test]
async fn a_line_may_say_which_names_count_instead() {
    let installation = by_line("cert-authority,principals=\"team\"");
    installation.grant(&Made { principals: &["team"], ..Made::usual() }.shown(None)).await;
    assert_eq!(refused(&installation, Made::usual()).await, KeyRefusal::Principal);
    by_line("cert-authority").grant(&Made::usual().shown(None)).await;
    assert_eq!(refused(&by_line("no-pty"), Made::usual()).await, KeyRefusal::Authority);
    let from = by_line("cert-authority,from=\"10.0.0.0/8\"");
    assert!(matches!(refused(&from, Made::usual()).await, KeyRefusal::From(_)));
}

#[tokio::test]
async fn a_certificate_counts_from_its_beginning_until_its_end() {
    let installation = alice("");
    for (valid, why) in [
        (NOW + 1..u64::MAX, KeyRefusal::NotYet),
        (0..NOW, KeyRefusal::CertificateExpired),
        (0..1, KeyRefusal::CertificateExpired),
    ] {
        assert_eq!(refused(&installation, Made { valid, ..Made::usual() }).await, why);
    }
    let grant = installation.grant(&Made { valid: NOW..NOW + 60, ..Made::usual() }.shown(None)).await;
    assert_eq!(grant.expires(), Some(Timestamp::from_seconds(NOW + 60)));
    installation.hands.step_to(Timestamp::from_seconds(NOW + 59));
    let grant = installation.authenticator.renew(&grant).await.unwrap();
    assert_eq!(grant.expires(), Some(Timestamp::from_seconds(NOW + 60)));
    installation.hands.step_to(Timestamp::from_seconds(NOW + 60));
    let why = installation.authenticator.renew(&grant).await.unwrap_err();
    assert_eq!(why, Why::KeyRefused(KeyRefusal::CertificateExpired));
}

#[tokio::test]
async fn the_first_of_all_ends_ends_the_grant() {
    let line = by_line("cert-authority,expiry-time=\"20300615170100Z\"");
    let grant = line.grant(&Made { valid: 0..NOW + 600, ..Made::usual() }.shown(None)).await;
    assert_eq!(grant.expires(), Some(Timestamp::from_seconds(NOW + 600)));
    let grant = line.grant(&Made::usual().shown(None)).await;
    assert_eq!(grant.expires(), Some(Timestamp::from_seconds(NOW + 5 * 3600 + 60)));
}

#[tokio::test]
async fn what_a_certificate_demands_is_demanded() {
    let installation = alice("");
    let with = |critical| Made { critical, ..Made::usual() };
    assert!(matches!(
        refused(&installation, with(&[("source-address", "10.0.0.0/8")])).await,
        KeyRefusal::Source(_)
    ));
    installation.grant(&with(&[("source-address", "192.0.2.0/24,10.0.0.1")]).shown(None)).await;
    for critical in
        [&[("force-command", "/bin/sh")][..], &[("x@example.com", "")], &[("source-address", "*")]]
    {
        assert!(
            matches!(refused(&installation, with(critical)).await, KeyRefusal::Condition(_)),
            "{critical:?}"
        );
    }
    let grant = installation.grant(&with(&[("force-command", "internal-sftp")]).shown(None)).await;
    assert!(grant.is_sftp_only());
    assert!(!installation.grant(&Made::usual().shown(None)).await.is_sftp_only());
    let verified = with(&[("verify-required", "")]);
    assert_eq!(refused(&installation, verified).await, KeyRefusal::NoAuthenticator);
    let unknown = Made { extensions: &["permit-everything@example.com"], ..Made::usual() };
    installation.grant(&unknown.shown(None)).await;
}

#[tokio::test]
async fn v04_a_hosts_certificate_is_no_users() {
    let host = Made { kind: 2, ..Made::usual() };
    assert_eq!(refused(&alice(""), host).await, KeyRefusal::HostCertificate);
}

#[tokio::test]
async fn an_untouched_authenticator_is_enough_only_where_certificate_and_line_say_so() {
    let made = |extensions| Made { key: sk_key(), extensions, ..Made::usual() };
    let untouched = Some(Touch::default());
    let touched = Some(Touch { present: true, verified: false });
    let free: &[&str] = &["no-touch-required"];
    let (option, line, freeing) =
        (alice(""), by_line("cert-authority"), by_line("cert-authority,no-touch-required"));
    for installation in [&option, &line, &freeing] {
        installation.grant(&made(&[]).shown(touched)).await;
        let (why, _) = installation.refusal(&made(&[]).shown(untouched)).await;
        assert_eq!(why, Why::KeyRefused(KeyRefusal::Untouched));
    }
    option.grant(&made(free).shown(untouched)).await;
    freeing.grant(&made(free).shown(untouched)).await;
    let (why, _) = line.refusal(&made(free).shown(untouched)).await;
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Untouched));
    let demanding = by_line("cert-authority,verify-required");
    let (why, _) = demanding.refusal(&made(&[]).shown(touched)).await;
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Unverified));
}

#[tokio::test]
async fn an_authority_that_cannot_be_used_lets_nobody_in_by_certificate() {
    for item in ["", &authority("no key"), "\n[vault-items/ca]\nname = ca\ntype = ssh-private\ncontent =\n"] {
        let sections = [
            item,
            &account("alice", &format!("ssh_user_ca_keys = ca\nssh_authorized_keys_content = {ALICE_KEY}")),
        ];
        let installation = Installation::new(&sections.concat());
        assert!(matches!(refused(&installation, Made::usual()).await, KeyRefusal::NoAuthorities(_)));
        installation.grant(&proven("alice", ALICE_KEY)).await;
    }
}

#[tokio::test]
async fn a_session_ends_when_its_certificate_would_not_do_any_more() {
    let installation = alice("ssh_principals = team");
    let grant = installation.grant(&Made { principals: &["team"], ..Made::usual() }.shown(None)).await;
    let change = |options: &str| {
        let sections = [authority(OTHER_KEY), account("alice", options)].concat();
        installation.authenticator.apply(config(&sections));
    };
    change("ssh_user_ca_keys = ca\nssh_principals = team");
    let grant = installation.authenticator.renew(&grant).await.unwrap();
    change("ssh_user_ca_keys = ca");
    let why = installation.authenticator.renew(&grant).await.unwrap_err();
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Principal));
    change("ssh_principals = team");
    let why = installation.authenticator.renew(&grant).await.unwrap_err();
    assert_eq!(why, Why::KeyRefused(KeyRefusal::Authority));
}

#[tokio::test]
async fn an_account_with_an_authority_alone_costs_what_one_with_keys_does() {
    let installation = alice("");
    let done = || installation.authenticator.workers.blocking.done.load(std::sync::atomic::Ordering::SeqCst);
    for user in ["alice", "nobody"] {
        let before = done();
        let _ = installation.judge(&query(user, ALICE_KEY)).await;
        assert_eq!(done() - before, 1, "{user}");
    }
}
