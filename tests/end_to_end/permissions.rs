//! What the option `permissions` promises, over SFTP: the sentences of the manual and the table of the corpus.

use std::process::Command;

use causeway_tests::corpus::{CORPUS, Verdict};
use causeway_tests::program::must;
use causeway_tests::sftp::{Attributes, PERMISSION_DENIED, READ, Sftp};
use causeway_tests::{Configuration, Server};

const DENIED: Result<(), u32> = Err(PERMISSION_DENIED);

/// A server on which the group of `alice` has these permissions, and these files in her home.
fn with(permissions: &[&str], files: &[&str]) -> (Server, Sftp) {
    let server = Server::start(Configuration::standard().permissions(permissions));
    for file in files {
        server.put_in_home("alice", file, b"content");
    }
    let sftp = Sftp::connect(&server, "alice");
    (server, sftp)
}

#[test]
fn b11_a_rule_with_a_slash_and_a_star_covers_the_subtree_and_not_the_folder() {
    let (_server, mut sftp) =
        with(&["allow-read", "/inbox/*, allow-full-control"], &["inbox/old", "inbox-qa/x"]);
    assert_eq!(sftp.put("/inbox/x", b"new"), Ok(()));
    assert_eq!(sftp.mkdir("/inbox/folder"), Ok(()));
    assert_eq!(sftp.remove("/inbox/x"), Ok(()));
    assert_eq!(sftp.list("/inbox").err(), Some(PERMISSION_DENIED));
    assert_eq!(sftp.rmdir("/inbox"), DENIED);
    assert_eq!(sftp.get("/inbox-qa/x"), Ok(b"content".to_vec()));
    assert_eq!(sftp.put("/inbox-qa/x", b"new"), DENIED);
}

#[test]
fn b12_a_rule_that_ends_in_a_star_covers_what_begins_alike() {
    let (_server, mut sftp) = with(&["allow-read", "/inbox*, allow-full-control"], &["inbox-qa/x"]);
    assert_eq!(sftp.list("/inbox-qa"), Ok(vec![b"x".to_vec()]));
    assert_eq!(sftp.put("/inbox-qa/y", b"new"), Ok(()));
    assert_eq!(sftp.remove("/inbox-qa/x"), Ok(()));
}

#[test]
fn b13_the_first_rule_that_matches_decides_even_when_it_gives_less() {
    let rules = ["allow-read", "*.csv, allow-write", "/inbox/*, allow-full-control"];
    let (_server, mut sftp) = with(&rules, &["inbox/a.csv"]);
    assert_eq!(sftp.remove("/inbox/a.csv"), DENIED);
}

#[test]
fn b14_the_first_rule_that_matches_decides_even_when_it_gives_more() {
    let rules = ["allow-read", "/inbox/*, allow-full-control", "*.csv, allow-write"];
    let (_server, mut sftp) = with(&rules, &["inbox/a.csv"]);
    assert_eq!(sftp.remove("/inbox/a.csv"), Ok(()));
}

#[test]
fn b15_deny_full_control_beats_every_allow_of_its_set() {
    let (_server, mut sftp) = with(&["allow-read, deny-full-control"], &["a"]);
    assert_eq!(sftp.get("/a").err(), Some(PERMISSION_DENIED));
}

#[test]
fn b16_allow_read_reads_and_does_not_list_and_allow_list_the_reverse() {
    let (_server, mut sftp) = with(&["allow-read"], &["a"]);
    assert_eq!(sftp.list("/").err(), Some(PERMISSION_DENIED));
    assert_eq!(sftp.get("/a"), Ok(b"content".to_vec()));
    let (_server, mut sftp) = with(&["allow-list"], &["a"]);
    assert_eq!(sftp.list("/"), Ok(vec![b"a".to_vec()]));
    assert_eq!(sftp.get("/a").err(), Some(PERMISSION_DENIED));
}

#[test]
fn a_date_expression_gives_rights_where_the_local_time_says() {
    let rules = ["allow-list", "t//in/{year.decimal}/*/, allow-full-control"];
    let (server, mut sftp) = with(&rules, &["in/1999/x"]);
    // Asked again where a year ends in between.
    let year = || must(Command::new("date").arg("+%Y")).trim().to_owned();
    loop {
        let now = year();
        let file = format!("in/{now}/x");
        server.put_in_home("alice", &file, b"content");
        let read = sftp.get(format!("/{file}"));
        if year() == now {
            assert_eq!(read, Ok(b"content".to_vec()));
            break;
        }
    }
    assert_eq!(sftp.get("/in/1999/x").err(), Some(PERMISSION_DENIED));
}

#[test]
fn b17_allow_traverse_lists_folders_only() {
    let (_server, mut sftp) = with(&["allow-traverse"], &["a", "folder/b"]);
    assert_eq!(sftp.list("/"), Ok(vec![b"folder".to_vec()]));
}

#[test]
fn b18_a_rename_needs_the_right_at_both_ends() {
    let (_server, mut sftp) = with(&["allow-list", "/from/*, allow-rename"], &["from/a", "to/b"]);
    assert_eq!(sftp.rename("/from/a", "/to/a"), DENIED);
    assert_eq!(sftp.rename("/to/b", "/from/b"), DENIED);
    assert_eq!(sftp.posix_rename("/from/a", "/to/b"), DENIED);
    assert_eq!(sftp.rename("/from/a", "/from/c"), Ok(()));
}

#[test]
fn b19_path_rules_of_all_groups_apply_in_order_and_only_the_global_set_of_the_first() {
    let home = "@ROOT@/data/${USER}";
    let configuration = Configuration::standard()
        .set("groups/one", "name", "one")
        .set("groups/one", "home_folder_path", home)
        .set("groups/one", "create_home_folder", "Yes")
        .set("groups/one", "permissions", "allow-list\n/a/*, allow-full-control")
        .set("groups/two", "name", "two")
        .set(
            "groups/two",
            "permissions",
            "allow-full-control\n/a/*, deny-full-control\n/b/*, allow-full-control",
        )
        .alice("group", "one, two");
    let server = Server::start(configuration);
    for folder in ["a/x", "b/x", "c/x"] {
        server.put_in_home("alice", folder, b"");
    }
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.put("/a/new", b""), Ok(()));
    assert_eq!(sftp.put("/b/new", b""), Ok(()));
    assert_eq!(sftp.put("/c/new", b""), DENIED);
    assert_eq!(sftp.list("/c"), Ok(vec![b"x".to_vec()]));
}

#[test]
fn b20_permissions_of_the_account_replace_those_of_all_groups() {
    let configuration = Configuration::standard()
        .permissions(&["allow-full-control", "/a/*, deny-full-control"])
        .alice("permissions", "allow-read");
    let server = Server::start(configuration);
    server.put_in_home("alice", "a/x", b"content");
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.get("/a/x"), Ok(b"content".to_vec()));
    assert_eq!(sftp.put("/new", b""), DENIED);
}

#[test]
fn a_refusal_says_the_same_whether_or_not_the_object_exists() {
    let (_server, mut sftp) = with(&["allow-list", "/secret*, deny-full-control"], &["secret-file"]);
    assert_eq!(sftp.open("/secret-file", READ).err(), Some(PERMISSION_DENIED));
    assert_eq!(sftp.open("/secret-none", READ).err(), Some(PERMISSION_DENIED));
    assert_eq!(sftp.stat("/secret-file"), sftp.stat("/secret-none"));
    assert_eq!(sftp.setstat("/secret-file", &Attributes::mode(0o600)), DENIED);
}

#[test]
fn the_permission_corpus_has_the_same_verdicts_over_sftp() {
    for case in CORPUS {
        let (server, mut sftp) = with(case.permissions, case.files);
        for (operation, path, expected) in case.verdicts {
            let got = operation.over_sftp(&mut sftp, path);
            let verdict = if got == DENIED { Verdict::Refused } else { Verdict::Allowed };
            assert_eq!(verdict, *expected, "{:?}: {operation:?} {path} gave {got:?}", case.permissions);
        }
        drop(server);
    }
}
