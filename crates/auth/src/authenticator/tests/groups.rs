//! The groups that a method allows.

use causeway_core::rule::Right;

use super::fixture::*;
use crate::{Verdict, Why};

const GROUPS: &str = "
[groups/partners]
name = Partners
home_folder_path = /srv/partners
permissions = allow-read
    /partners/*, allow-full-control

[groups/staff]
name = Staff
home_folder_path = /srv/staff
permissions = allow-list
    /staff/*, allow-full-control
virtual_folders = /staff, /srv/internal
";

/// The usual method with these options; `ann` is in both groups, `ben` among the staff alone.
fn with(options: &str) -> String {
    [
        GROUPS.to_owned(),
        format!("\n[authentications/DEFAULT-AUTHENTICATION]\nname = own\ntype = application\n{options}\n"),
        account("ann", &format!("group = staff, partners\npassword = {SHA512}")),
        account(
            "ben",
            &format!("group = staff\npassword = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}"),
        ),
    ]
    .concat()
}

#[tokio::test]
async fn who_is_in_none_of_the_allowed_groups_is_refused_and_who_is_in_one_keeps_all() {
    let installation = Installation::new(&with("allowed_groups = partners"));
    let grant = installation.grant(&password("ann", "secret")).await;
    assert_eq!(*grant.terms().groups, ["staff".into(), "partners".into()]);
    assert_eq!(grant.terms().mounts[0].real, std::path::Path::new("/srv/staff/ann"));
    for attempt in [password("ben", "secret"), proven("ben", ALICE_KEY), query("ben", ALICE_KEY)] {
        let (why, events) = installation.refusal(&attempt).await;
        assert!(why.to_string().contains("one that the authentication allows"), "{why:?}");
        assert_eq!(events, [20136]);
    }
    assert_eq!(installation.refusal(&password("ben", "wrong")).await, (Why::WrongPassword, vec![20142]));
}

#[tokio::test]
async fn with_strict_access_the_other_groups_vanish_with_their_rules_and_folders() {
    let installation = Installation::new(&with("allowed_groups = partners\nstrict_group_access = Yes"));
    let (verdict, batch) = installation.judge(&password("ann", "secret")).await;
    let Verdict::Accept(login) = verdict else { panic!("{verdict:?}") };
    let grant = login.grant();
    let terms = grant.terms();
    assert_eq!(*terms.groups, ["partners".into()]);
    assert_eq!(terms.mounts.len(), 1);
    assert_eq!(terms.mounts[0].real, std::path::Path::new("/srv/partners/ann"));
    assert!(!allow(terms, Right::Write, "/staff/x") && allow(terms, Right::Read, "/staff/x"));
    assert_eq!(member(&batch, "ignored_groups").to_string(), "Staff");
}

#[tokio::test]
async fn strict_access_without_a_list_leaves_all_groups() {
    let installation = Installation::new(&with("strict_group_access = Yes"));
    let grant = installation.grant(&password("ann", "secret")).await;
    assert_eq!(grant.terms().groups.len(), 2);
    installation.grant(&password("ben", "secret")).await;
}

#[tokio::test]
async fn a_changed_list_of_allowed_groups_ends_logins_or_takes_groups_from_them() {
    let installation = Installation::new(&with(""));
    let (ann, ben) = (password("ann", "secret"), password("ben", "secret"));
    let (ann, ben) = (installation.grant(&ann).await, installation.grant(&ben).await);
    let authenticator = &installation.authenticator;
    authenticator.apply(config(&with("allowed_groups = partners\nstrict_group_access = Yes")));
    assert_eq!(*authenticator.renew(&ann).await.unwrap().terms().groups, ["partners".into()]);
    assert!(matches!(authenticator.renew(&ben).await, Err(Why::Refused(_))));
    let (method, id) = ("DEFAULT-AUTHENTICATION".into(), "ben-id".into());
    assert!(authenticator.grant_by_configuration(&method, &id).await.is_err());
}

#[tokio::test]
async fn a_group_that_does_not_count_at_this_address_is_no_membership() {
    let here = "[groups/partners]\nsource_ip_filter = deny 192.0.2.1";
    let sections = with("allowed_groups = partners").replace("[groups/partners]", here);
    let installation = Installation::new(&sections);
    assert!(matches!(installation.refusal(&password("ann", "secret")).await.0, Why::Refused(_)));
}
