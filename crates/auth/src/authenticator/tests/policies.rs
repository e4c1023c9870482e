//! What security policies say to logins.

use std::time::Duration;

use super::fixture::*;
use crate::bans::Ban;
use crate::{Attempt, Bar, Barred, Verdict, Why};

const POLICY: &str = "
[security-policies/guard]
name = Guard
source_ip_ban_after_count = 3
source_ip_ban_interval = 60
deny_usernames = root, Ben
source_ip_filter =
    allow 198.51.100.1
    deny 198.51.100.0/24

[services/guarded]
type = ssh
port = 10023
security_policy = guard

[services/also-guarded]
type = ssh
port = 10024
security_policy = guard
";

fn at(service: &str, attempt: Attempt) -> Attempt {
    Attempt { service: service.into(), ..attempt }
}

fn guarded(attempt: Attempt) -> Attempt {
    at("guarded", attempt)
}

fn from(source: &str, attempt: Attempt) -> Attempt {
    Attempt { source: source.parse().unwrap(), ..attempt }
}

fn installation() -> Installation {
    let ann = account("ann", &format!("password = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}"));
    let off = account("off", &format!("enabled = No\npassword = {SHA512}"));
    Installation::new(&[POLICY.to_owned(), ann, off, with_password("ben", PBKDF2)].concat())
}

fn bans(installation: &Installation) -> Vec<Ban> {
    installation.authenticator.bans().list()
}

#[tokio::test]
async fn failures_at_all_services_of_a_policy_ban_the_source_and_the_right_password_does_not_help() {
    let installation = installation();
    let wrong = guarded(password("ann", "wrong"));
    assert_eq!(installation.refusal(&wrong).await.1, [20142]);
    assert_eq!(installation.refusal(&at("also-guarded", wrong.clone())).await.1, [20142]);
    let (why, events) = installation.refusal(&guarded(password("nobody", "x"))).await;
    assert_eq!((why, &*events), (Why::UnknownUser, &[20021, 70060][..]));
    assert_eq!(bans(&installation).len(), 1);

    let work = installation.hashing.work();
    for attempt in [password("ann", "secret"), proven("ann", ALICE_KEY), query("ann", ALICE_KEY)] {
        let (why, events) = installation.refusal(&guarded(attempt)).await;
        assert!(matches!(why, Why::Barred(Barred { by: Bar::Ban(_), .. })), "{why:?}");
        assert_eq!(events, [20005]);
    }
    assert_eq!(installation.hashing.work(), work, "it costs nothing");
    installation.grant(&password("ann", "secret")).await;
    installation.grant(&guarded(from("192.0.2.2", password("ann", "secret")))).await;
    installation.hands.advance(Duration::from_secs(60));
    installation.grant(&guarded(password("ann", "secret"))).await;
}

#[tokio::test]
async fn guesses_at_the_same_time_are_no_more_than_guesses_one_after_the_other() {
    let installation = installation();
    // Two are worked on at a time: before the last has an answer at least four have.
    let tries = ["a", "b", "c", "d", "e", "secret"].map(|text| guarded(password("ann", text)));
    let judge = |n: usize| installation.judge(&tries[n]);
    let (.., (last, _)) = tokio::join!(judge(0), judge(1), judge(2), judge(3), judge(4), judge(5));
    assert!(matches!(&last, Verdict::Reject(Why::Barred(Barred { by: Bar::Ban(_), .. }))), "{last:?}");
    assert_eq!(bans(&installation).len(), 1, "and the ban goes on");
}

#[tokio::test]
async fn a_success_resets_and_queries_do_not_count() {
    let installation = installation();
    for _ in 0..3 {
        installation.refusal(&guarded(proven("ann", OTHER_KEY))).await;
        installation.refusal(&guarded(password("off", "secret"))).await;
        for _ in 0..5 {
            installation.refusal(&guarded(query("ann", OTHER_KEY))).await;
            let (verdict, _) = installation.judge(&guarded(query("ann", ALICE_KEY))).await;
            assert!(matches!(verdict, Verdict::Acceptable));
        }
        installation.grant(&guarded(proven("ann", ALICE_KEY))).await;
    }
    assert_eq!(bans(&installation), []);
    let (authenticator, source) = (&installation.authenticator, "192.0.2.1".parse().unwrap());
    let mut batch = installation.judge(&guarded(query("ann", OTHER_KEY))).await.1;
    for _ in 0..3 {
        authenticator.count_failure("guarded", source, &mut batch);
    }
    assert_eq!(numbers(&batch).last(), Some(&70060), "wrong signatures count");
}

#[tokio::test]
async fn what_the_server_cannot_do_is_nobodys_failure() {
    let sections = "[authentications/broken]\ntype = ldap\n[services/b]\ntype = ssh\nport = 1\nauthentications = broken\n\
                    security_policy = guard\n";
    let installation = Installation::new(&[POLICY, sections].concat());
    for _ in 0..5 {
        let (why, _) = installation.refusal(&at("b", password("ann", "x"))).await;
        assert!(matches!(why, Why::MethodFailed(_)), "{why:?}");
    }
    assert_eq!(bans(&installation), []);
}

#[tokio::test]
async fn a_rule_that_allows_spares_a_source_everything_and_one_that_denies_refuses_it() {
    let installation = installation();
    for _ in 0..5 {
        installation.refusal(&guarded(from("198.51.100.1", password("ann", "wrong")))).await;
    }
    installation.grant(&guarded(from("198.51.100.1", password("ben", "secret")))).await;
    assert_eq!(bans(&installation), []);

    let (verdict, batch) =
        installation.judge(&guarded(from("::ffff:198.51.100.2", query("ann", ALICE_KEY)))).await;
    assert!(matches!(verdict, Verdict::Reject(Why::Barred(Barred { by: Bar::Rule(_), .. }))), "{verdict:?}");
    assert_eq!(member(&batch, "policy_name").to_string(), "Guard");
    let details = "the rule 'deny 198.51.100.0/24' refuses the address 198.51.100.2";
    assert_eq!(member(&batch, "details").to_string(), details);
    let barred =
        |source: &str| installation.authenticator.barred("guarded", source.parse().unwrap()).is_some();
    assert!(barred("198.51.100.2") && !barred("198.51.100.1") && !barred("192.0.2.1"));
    assert_eq!(bans(&installation), [], "who is refused anyway is not counted");
}

#[tokio::test]
async fn a_name_that_is_denied_costs_the_work_of_a_name_that_nobody_has() {
    let installation = installation();
    let mut spent = Vec::new();
    for user in ["root", "BEN", "nobody"] {
        let before = installation.hashing.work();
        let (why, events) = installation.refusal(&guarded(from("192.0.2.9", password(user, "secret")))).await;
        let expected = if user == "nobody" { Why::UnknownUser } else { Why::NameDenied("Guard".into()) };
        assert_eq!(why, expected);
        assert_eq!(events[0], if user == "nobody" { 20021 } else { 20136 });
        spent.push(installation.hashing.work() != before);
    }
    assert_eq!(spent, [true; 3]);
    assert_eq!(bans(&installation).len(), 1, "each was a failed login");
}

#[tokio::test]
async fn a_session_ends_when_its_name_or_address_is_denied_and_not_when_its_source_is_banned() {
    let installation = installation();
    let authenticator = &installation.authenticator;
    let grant = installation.grant(&guarded(password("ann", "secret"))).await;
    for _ in 0..3 {
        installation.refusal(&guarded(password("ann", "wrong"))).await;
    }
    assert_eq!(bans(&installation).len(), 1);
    authenticator.renew(&grant).await.unwrap();
    let ann = account("ann", &format!("password = {SHA512}"));
    for (old, new, ends) in [
        ("root, Ben", "root, ANN", true),
        ("deny 198.51.100.0/24", "deny 192.0.2.0/24", true),
        ("allow 198.51.100.1", "allow 192.0.2.1", false),
        ("security_policy = guard\n", "", false),
    ] {
        authenticator.apply(config(&[POLICY.replace(old, new), ann.clone()].concat()));
        assert_eq!(authenticator.renew(&grant).await.is_err(), ends, "{new}");
    }
}

#[tokio::test]
async fn a_service_whose_policy_cannot_be_honoured_lets_nobody_in() {
    let ann = with_password("ann", SHA512);
    let broken = POLICY.replace("deny 198.51.100.0/24", "deny somebody");
    let installation = Installation::new(&[broken, ann].concat());
    assert_eq!(installation.refusal(&guarded(password("ann", "secret"))).await.0, Why::NoService);
    installation.grant(&password("ann", "secret")).await;
}

#[tokio::test]
async fn v18_a_ban_ends_the_work_on_the_passwords_that_wait() {
    let installation = installation();
    let tries: Vec<_> = (0..64).map(|n| guarded(password("ann", &format!("wrong{n}")))).collect();
    let mut running = tokio::task::JoinSet::new();
    let installation = std::sync::Arc::new(installation);
    for attempt in tries {
        let installation = installation.clone();
        running.spawn(async move { installation.refusal(&attempt).await });
    }
    let all = running.join_all().await;
    let barred = |(why, events): &&(Why, Vec<u32>)| matches!(why, Why::Barred(_)) && *events == [20005];
    // Three are the ban; four of one source have a turn or stand in the queue at a time.
    let computed = usize::try_from(installation.hashing.work().computations).unwrap();
    assert!((3..=6).contains(&computed), "{computed}");
    assert_eq!(all.iter().filter(barred).count(), 64 - computed);
    assert_eq!(bans(&installation).len(), 1);
}

#[tokio::test]
async fn a_login_counts_and_is_told_once_its_user_is_in() {
    let installation = installation();
    let authenticator = &installation.authenticator;
    let wrong = guarded(password("ann", "wrong"));
    let mut batch = installation.judge(&wrong).await.1;
    installation.refusal(&wrong).await;
    let before = batch.origin().clone();
    batch.clear();
    let Verdict::Accept(mut login) =
        authenticator.judge(&guarded(password("ann", "secret")), &mut batch).await
    else {
        panic!("it is refused")
    };
    assert_eq!((numbers(&batch), batch.origin()), (vec![], &before));
    assert!(authenticator.activity.changes().is_empty());
    for _ in 0..2 {
        authenticator.let_in(&mut login, &mut batch);
        assert_eq!((numbers(&batch), &*batch.origin().account.name), (vec![20137], "ann"));
    }
    assert_eq!(authenticator.activity.changes().len(), 1);
    installation.refusal(&wrong).await;
    assert_eq!(bans(&installation), [], "what failed before does not count any more");
    let _ = authenticator.judge(&guarded(password("ann", "secret")), &mut batch).await;
    installation.refusal(&wrong).await;
    installation.refusal(&wrong).await;
    assert_eq!(bans(&installation).len(), 1, "who was not let in has not succeeded");
}
