//! Accounts by which nobody logs in.

use std::time::Duration;

use causeway_core::Timestamp;

use super::fixture::*;
use crate::Why;
use crate::activity::{Activity, Seen};

const DAY: Duration = Duration::from_secs(86_400);
const GRACE: Duration = Duration::from_secs(7 * 86_400);

fn ann(options: &str) -> String {
    account("ann", &format!("password = {SHA512}\ndisable_on_inactivity = 30\n{options}"))
}

fn look(installation: &Installation, sections: &str) -> Vec<Seen> {
    let config = config(sections);
    installation.authenticator.apply(config.clone());
    let now = installation.authenticator.clock.now();
    let activity = &installation.authenticator.activity;
    activity.let_in_again(&config, now);
    activity.look(&config, now, GRACE)
}

fn disabled(seen: &[Seen]) -> bool {
    matches!(seen, [Seen::Inactive { days: 30, .. }])
}

#[tokio::test]
async fn b63_an_account_without_a_login_for_too_long_is_disabled_once_until_it_is_changed() {
    let sections = ann("created = 2030-01-01");
    let installation = Installation::new(&sections);
    let attempt = password("ann", "secret");
    let grant = installation.grant(&attempt).await;
    installation.hands.advance(29 * DAY);
    assert_eq!(look(&installation, &sections), []);
    installation.hands.advance(DAY);
    assert!(disabled(&look(&installation, &sections)));
    assert_eq!(look(&installation, &sections), [], "once");
    assert_eq!(installation.refusal(&attempt).await, (Why::Inactive, vec![20136]));
    assert_eq!(installation.refusal(&password("ann", "wrong")).await.0, Why::WrongPassword);
    assert_eq!(installation.authenticator.renew(&grant).await.unwrap_err(), Why::Inactive);

    // Changed, it stays for the days of grace even if nobody logs in.
    let changed = ann("created = 2030-01-01\nchanged = 2030-07-15");
    assert_eq!(look(&installation, &changed), []);
    installation.hands.advance(6 * DAY);
    assert_eq!(look(&installation, &changed), []);
    installation.hands.advance(DAY);
    assert!(disabled(&look(&installation, &changed)));
}

#[tokio::test]
async fn b63_an_account_that_is_enabled_anew_lives_and_a_login_keeps_it_alive() {
    let sections = ann("created = 2030-01-01");
    let installation = Installation::new(&sections);
    assert!(disabled(&look(&installation, &sections)));
    look(&installation, &ann("created = 2030-01-01\nenabled = No"));
    assert_eq!(look(&installation, &sections), []);
    installation.grant(&password("ann", "secret")).await;
    installation.hands.advance(20 * DAY);
    assert_eq!(look(&installation, &sections), []);
}

#[tokio::test]
async fn b63_who_never_logged_in_and_has_no_creation_date_counts_from_now() {
    let sections = ann("");
    let installation = Installation::new(&sections);
    assert!(matches!(&look(&installation, &sections)[..], [Seen::NoCreationDate { .. }]));
    installation.hands.advance(29 * DAY);
    assert_eq!(look(&installation, &sections), []);
    installation.hands.advance(DAY);
    assert!(disabled(&look(&installation, &sections)));
}

#[tokio::test]
async fn what_is_known_of_accounts_outlives_the_process() {
    let sections = ann("created = 2030-01-01");
    let installation = Installation::new(&sections);
    assert!(disabled(&look(&installation, &sections)));
    let changes = installation.authenticator.activity.changes();
    assert_eq!(installation.authenticator.activity.changes(), [], "handed out once");
    for stored in [changes, vec![("ann-id".into(), b"?".to_vec())]] {
        let next = Installation::new(&sections).with_activity(Activity::load(stored));
        assert_eq!(next.refusal(&password("ann", "secret")).await.0, Why::Inactive);
    }
}

#[tokio::test]
async fn no_limit_of_its_own_is_the_one_of_the_primary_group() {
    let groups = "\n[groups/strict]\nhome_folder_path = /srv\ndisable_on_inactivity = 30\n";
    let of = |options: &str| {
        let options = format!("password = {SHA512}\ncreated = 2030-01-01\n{options}");
        format!("{groups}{}", account("ann", &options))
    };
    for (options, expected) in [
        ("group = strict", true),
        ("group = DEFAULT_GROUP, strict", false),
        ("group = strict\ndisable_on_inactivity = 0", false),
    ] {
        let installation = Installation::new(&of(options));
        assert_eq!(disabled(&look(&installation, &of(options))), expected, "{options}");
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_for_a_while_disables_nobody_and_keeps_nobody() {
    let sections = [
        ann("created = 2030-06-01"),
        account("idle", &format!("password = {SHA512}\ndisable_on_inactivity = 30\ncreated = 2030-06-01")),
    ]
    .concat();
    let installation = Installation::new(&sections);
    let begin = installation.authenticator.clock.now();
    let step = |days: u32| {
        installation.hands.step_to(Timestamp(begin.0 + u64::try_from((days * DAY).as_nanos()).unwrap()))
    };
    let attempt = password("ann", "secret");
    assert_eq!(look(&installation, &sections), []);
    step(365);
    assert_eq!(look(&installation, &sections).len(), 2);
    assert_eq!(installation.refusal(&attempt).await.0, Why::Inactive);
    step(0);
    assert_eq!(look(&installation, &sections), [], "nothing is told");
    installation.grant(&attempt).await;

    // A login under the clock that is ahead counts from when it has stepped back.
    step(300);
    installation.grant(&attempt).await;
    step(1);
    assert_eq!(look(&installation, &sections), []);
    step(30);
    assert!(disabled(&look(&installation, &sections)), "the other one");
    step(31);
    assert!(disabled(&look(&installation, &sections)), "ann too");
    assert_eq!(installation.refusal(&attempt).await.0, Why::Inactive);
}

#[tokio::test]
async fn an_account_that_is_inactive_by_either_clock_stays_disabled_and_is_told_once() {
    let sections = ann("created = 2030-01-01");
    let installation = Installation::new(&sections);
    let begin = installation.authenticator.clock.now();
    assert!(disabled(&look(&installation, &sections)));
    installation.hands.step_to(Timestamp(begin.0 - 3_600_000_000_000));
    assert_eq!(look(&installation, &sections), []);
    assert_eq!(installation.refusal(&password("ann", "secret")).await.0, Why::Inactive);
}
