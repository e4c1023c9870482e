//! Logins by where the peer is.

use causeway_core::VPath;
use causeway_core::rule::Right;

use super::fixture::*;
use crate::{Attempt, Verdict, Why};

const GROUPS: &str = "
[groups/office]
name = Office
home_folder_path = /srv/office
source_ip_filter =
    deny 192.0.2.66
    allow 192.0.2.0/24
permissions = allow-read
    /office/*, allow-full-control
virtual_folders = /office, /srv/plans
home_folder_structure = /desk

[groups/road]
name = Road
home_folder_path = /srv/road
source_ip_filter = allow 198.51.100.0/24
permissions = allow-list
    /road/*, allow-full-control

[groups/all]
name = All
home_folder_path = /srv/all
permissions = allow-traverse
    /all/*, allow-full-control
";

fn from(attempt: Attempt, source: &str) -> Attempt {
    Attempt { source: source.parse().unwrap(), ..attempt }
}

/// Accounts in all three groups, in two of them, and with a filter of their own.
fn installation() -> Installation {
    let sections = [
        GROUPS.to_owned(),
        account("every", &format!("group = office, road, all\npassword = {SHA512}")),
        account(
            "strict",
            &format!("group = office, road\npassword = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}"),
        ),
        account(
            "own",
            &format!(
                "group = all\npassword = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}\nsource_ip_filter =\n    deny 10.0.0.13\n    allow 10.0.0.0/8"
            ),
        ),
        account("both", &format!("group = office\npassword = {SHA512}\nsource_ip_filter = allow 192.0.2.66")),
    ];
    Installation::new(&sections.concat())
}

async fn details(installation: &Installation, attempt: &Attempt) -> (Vec<u32>, String) {
    let (verdict, batch) = installation.judge(attempt).await;
    assert!(matches!(verdict, Verdict::Reject(_)), "{verdict:?}");
    (numbers(&batch), member(&batch, "details").to_string())
}

#[tokio::test]
async fn b35_a_group_that_does_not_count_vanishes_with_its_rules_folders_and_home() {
    let installation = installation();
    let path = |p: &str| VPath::absolute(p.as_bytes()).unwrap();
    let inside = installation.grant(&password("every", "secret")).await;
    let terms = inside.terms();
    assert_eq!(*terms.groups, ["office".into(), "all".into()]);
    assert_eq!(terms.mounts.len(), 2);
    assert_eq!(terms.mounts[0].real, std::path::Path::new("/srv/office/every"));
    assert_eq!(terms.home_structure, [path("/desk")]);
    assert!(allow(terms, Right::Write, "/office/x"));
    assert!(!allow(terms, Right::Write, "/road/x"));

    let attempt = from(password("every", "secret"), "198.51.100.7");
    let (verdict, batch) = installation.judge(&attempt).await;
    let Verdict::Accept(login) = verdict else { panic!("{verdict:?}") };
    let outside = login.grant();
    let terms = outside.terms();
    assert_eq!(*terms.groups, ["road".into(), "all".into()]);
    assert_eq!(terms.mounts.len(), 1);
    assert_eq!(terms.mounts[0].real, std::path::Path::new("/srv/road/every"));
    assert!(terms.home_structure.is_empty());
    assert!(!allow(terms, Right::Write, "/office/x"));
    assert!(allow(terms, Right::Write, "/road/x"));
    assert_eq!(member(&batch, "group_names").to_string(), "Road, All");
    assert_eq!(member(&batch, "ignored_groups").to_string(), "Office");
}

#[tokio::test]
async fn b35_who_has_no_group_left_is_refused_and_the_event_says_by_which_rules() {
    let installation = installation();
    installation.grant(&password("strict", "secret")).await;
    let (numbers, details) = details(&installation, &from(password("strict", "secret"), "192.0.2.66")).await;
    assert_eq!(numbers, [20136]);
    assert_eq!(
        details,
        "none of the account's groups counts for the address 192.0.2.66: 'office' has 'deny 192.0.2.66', 'road' has no rule for it"
    );
}

#[tokio::test]
async fn b35_an_accounts_own_filter_denies_what_it_does_not_allow() {
    let installation = installation();
    installation.grant(&from(password("own", "secret"), "10.1.2.3")).await;
    installation.grant(&from(password("own", "secret"), "::ffff:10.1.2.3")).await;
    for (source, why) in [
        ("10.0.0.13", "the account's rule 'deny 10.0.0.13' refuses the address 10.0.0.13"),
        ("::ffff:10.0.0.13", "the account's rule 'deny 10.0.0.13' refuses the address 10.0.0.13"),
        ("192.0.2.1", "no rule of the account allows the address 192.0.2.1"),
        ("2001:db8::1", "no rule of the account allows the address 2001:db8::1"),
    ] {
        let (numbers, details) = details(&installation, &from(password("own", "secret"), source)).await;
        assert_eq!((numbers, &*details), (vec![20136], why));
    }
    // The account's own filter lets it in, and its only group does not count.
    let (why, _) = installation.refusal(&from(password("both", "secret"), "192.0.2.66")).await;
    assert!(matches!(why, Why::Refused(_)), "{why:?}");
}

#[tokio::test]
async fn who_does_not_know_the_secret_learns_nothing_of_the_filter() {
    let installation = installation();
    for user in ["own", "strict"] {
        for attempt in [password(user, "wrong"), proven(user, OTHER_KEY), query(user, OTHER_KEY)] {
            let (why, events) = installation.refusal(&from(attempt, "203.0.113.1")).await;
            assert!(matches!(why, Why::WrongPassword | Why::WrongKey), "{why:?}");
            assert_eq!(events, [20142]);
        }
        for attempt in [password(user, "secret"), proven(user, ALICE_KEY), query(user, ALICE_KEY)] {
            let (why, events) = installation.refusal(&from(attempt, "203.0.113.1")).await;
            assert!(matches!(why, Why::Refused(_)), "{why:?}");
            assert_eq!(events, [20136]);
        }
    }
}

#[tokio::test]
async fn a_changed_filter_is_judged_again_with_the_address_of_the_login() {
    let with = |filter: &str| {
        config(&format!(
            "{GROUPS}{}",
            account("ann", &format!("group = office, all\nsource_ip_filter = {filter}"))
        ))
    };
    let sections = [GROUPS.to_owned(), account("ann", &format!("group = office, all\npassword = {SHA512}"))];
    let installation = Installation::new(&sections.concat());
    let authenticator = &installation.authenticator;
    let grant = installation.grant(&password("ann", "secret")).await;
    authenticator.apply(with("allow 192.0.2.1"));
    let renewed = authenticator.renew(&grant).await.unwrap();
    assert_eq!(*renewed.terms().groups, ["office".into(), "all".into()]);
    assert_eq!(renewed.source(), Some("192.0.2.1".parse().unwrap()));

    authenticator.apply(config(&sections.concat().replace("allow 192.0.2.0/24", "deny 192.0.2.1")));
    let renewed = authenticator.renew(&renewed).await.unwrap();
    assert_eq!(*renewed.terms().groups, ["all".into()]);

    authenticator.apply(with("deny 192.0.2.1"));
    assert!(matches!(authenticator.renew(&renewed).await, Err(Why::Refused(_))));
    // Who acts without a login is nowhere.
    let (method, id) = ("DEFAULT-AUTHENTICATION".into(), "ann-id".into());
    authenticator.grant_by_configuration(&method, &id).await.unwrap();
}

#[tokio::test]
async fn a_group_that_does_not_count_gives_no_keys_and_another_one_does() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    std::fs::write(dir.path().join("keys/ann"), ALICE_KEY).unwrap();
    let groups = GROUPS.replace("[groups/all]", "[groups/all]\nssh_authorized_keys_path = keys");
    let sections =
        [groups, account("ann", "group = office, all\nssh_authorized_keys_path = Inherit")].concat();
    let hashing = crate::Hashing::for_this_machine();
    let installation = Installation::of(config_at(&sections, dir.path()), hashing);
    // Inside, the first group counts, and it has no keys.
    assert_eq!(installation.refusal(&proven("ann", ALICE_KEY)).await.0, Why::WrongKey);
    installation.grant(&from(proven("ann", ALICE_KEY), "203.0.113.1")).await;
}
