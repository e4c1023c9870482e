use proptest::prelude::*;

use super::*;
use crate::Timestamp;

fn rules(text: &str) -> Rules {
    RuleSource::parse(text).unwrap().for_user("ann").unwrap()
}

/// 2026-11-24T05:06:07Z, a Tuesday.
const NOW: Moment<'_> = Moment::utc(Timestamp(1_795_496_767_000_000_000));

fn path(raw: &str) -> VPath {
    VPath::absolute(raw.as_bytes()).unwrap()
}

fn matches(expression: &str, value: &str) -> bool {
    Expression::parse(expression, "ann").unwrap().matches(&Subject::new(value.as_bytes()), NOW).unwrap()
}

#[test]
fn b07_globs_have_alternatives_and_negation() {
    assert!(matches("*.pdf | *.txt", "A.PDF"));
    assert!(!matches("! *.tmp | *.part", "x.part"));
    assert!(matches("! *.tmp | *.part", "x.txt"));
    assert!(matches("g/*.pdf/", "a.pdf"));
    assert!(matches("a[|]b", "a|b"));
    assert!(matches("a[!0-9]c", "abc"));
    assert!(!matches("a[!0-9]c", "a1c"));
    assert!(matches("a[]]c", "a]c"));
    assert!(matches("a[c", "a[c"));
    assert!(matches("a*c", "a\n/c"));
    assert!(!matches("*.pdf", "a.pdf.exe"));
}

#[test]
fn b08_regular_expressions_search() {
    assert!(matches(r"m/report-\d/", "old-report-1.pdf"));
    assert!(!matches(r"m/^report-\d\.pdf$/", "old-report-1.pdf"));
    assert!(matches("m/REPORT/i", "a-report"));
    assert!(!matches("m/REPORT/", "a-report"));
    assert!(matches("m/^/inbox", "/inbox"));
    assert!(matches("m/^/in", "/inbox"));
    assert!(matches(r"m/^(?!draft).+(?<=-final)\.pdf$/", "report-final.pdf"));
}

#[test]
fn a_modifier_or_an_offset_that_is_wrong_is_no_part_of_the_pattern() {
    for wrong in [r"m/\.exe$/I", "m/a/x", "e/a/gi", "m/a/IM", "t//a/5", "t//a/5x", "t//a/36525d", "t//a/-1x"]
    {
        let error = Expression::parse(wrong, "ann").unwrap_err();
        assert!(
            matches!(error, ExpressionError::Modifier(_) | ExpressionError::Offset(_)),
            "{wrong}: {error}"
        );
    }
    assert!(matches("m/^/a/x/", "/a/x"));
    assert!(matches("t//a/5/", "/a/5"));
}

#[test]
fn a_regular_expression_cannot_call_groups_and_its_numbers_cost_no_memory() {
    for wrong in [
        r"m/\g08198552921648689608/",
        r"m/(a)\g<1>/",
        r"m/a(?R)?/",
        r"m/(a)(?1)/",
        r"m/(a)\8198552921648689608/",
        r"m/a{8198552921648689608}/",
    ] {
        assert!(Expression::parse(wrong, "ann").is_err(), "{wrong}");
    }
}

#[test]
fn b09_negated_regular_expressions_match_the_rest() {
    assert!(matches(r"e/.*\.pdf$/", "a.txt"));
    assert!(!matches(r"e/.*\.pdf$/", "a.pdf"));
}

#[test]
fn a_regular_expression_beyond_its_limit_refuses_negated_or_not() {
    for text in [
        "/x, allow-full-control\nm/(.*)(.*)(.*)\\1\\2\\3b$/, allow-read",
        "/x, allow-full-control\ne/(.*)(.*)(.*)\\1\\2\\3b$/, allow-read",
    ] {
        let r = rules(text);
        let (set, decider) = r.at(&path(&format!("/{}", "a".repeat(60))), NOW);
        assert_eq!(decider, Decider::Broken(1));
        assert!(Right::ALL.into_iter().all(|right| !set.allows(right)));
    }
}

#[test]
fn b11_the_contents_of_a_folder_are_not_the_folder() {
    let r = rules("allow-read\n/inbox/*, allow-full-control");
    assert!(r.allow(Right::DeleteFile, &path("/inbox/x"), NOW));
    assert!(!r.allow(Right::DeleteFile, &path("/inbox"), NOW));
    assert!(r.allow(Right::Read, &path("/inbox"), NOW));
    assert!(!r.allow(Right::Write, &path("/inbox-qa/x"), NOW));
    assert!(r.allow(Right::Read, &path("/inbox-qa/x"), NOW));
}

#[test]
fn b12_a_star_after_a_name_takes_its_neighbours_in() {
    assert!(rules("allow-read\n/inbox*, allow-full-control").allow(Right::Write, &path("/inbox-qa"), NOW));
}

#[test]
fn b13_b14_the_first_rule_that_matches_replaces_the_global_set() {
    let specific = rules("allow-list\n*.csv, allow-write\n/inbox/*, allow-full-control");
    assert!(!specific.allow(Right::DeleteFile, &path("/inbox/a.csv"), NOW));
    assert!(!specific.allow(Right::List, &path("/inbox/a.csv"), NOW), "replaced, not added to");
    let generic = rules("allow-list\n/inbox/*, allow-full-control\n*.csv, allow-write");
    assert!(generic.allow(Right::DeleteFile, &path("/inbox/a.csv"), NOW));
}

#[test]
fn b15_deny_beats_every_allow_of_its_set() {
    assert!(!rules("allow-read, deny-full-control").allow(Right::Read, &path("/a"), NOW));
    assert!(!rules("allow-full-control, deny-full-control").allow(Right::Read, &path("/a"), NOW));
}

#[test]
fn b16_reading_and_listing_are_two_rights() {
    let read = rules("allow-read");
    assert!(read.allow(Right::Read, &path("/a"), NOW) && !read.allow(Right::List, &path("/"), NOW));
    let list = rules("allow-list");
    assert!(!list.allow(Right::Read, &path("/a"), NOW) && list.allow(Right::List, &path("/"), NOW));
}

#[test]
fn b19_two_groups_add_their_path_rules_in_order_and_the_first_gives_the_global_set() {
    let a = RuleSource::parse("allow-read\n/a/*, allow-full-control").unwrap();
    let b = RuleSource::parse("allow-write\n/a/*, deny-full-control\n/b/*, allow-full-control").unwrap();
    let r = RuleSource::merged([&a, &b]).for_user("ann").unwrap();
    assert!(r.allow(Right::Write, &path("/a/x"), NOW));
    assert!(r.allow(Right::Write, &path("/b/x"), NOW));
    assert!(r.allow(Right::Read, &path("/c"), NOW) && !r.allow(Right::Write, &path("/c"), NOW));
}

#[test]
fn v07_a_user_name_is_literal_in_an_expression() {
    let source = RuleSource::parse("deny-full-control\n/home/${USER}/*, allow-full-control").unwrap();
    for (user, own, other) in [
        ("*", "/home/_/x", "/home/bob/x"),
        ("[a-z]", "/home/[a-z]/x", "/home/b/x"),
        ("../../etc", "/home/......etc/x", "/etc/x"),
        ("..", "/home/__/x", "/x"),
        ("a|b", "/home/a.b/x", "/home/a/x"),
    ] {
        let r = source.for_user(user).unwrap();
        assert!(r.allow(Right::Write, &path(own), NOW), "{user}");
        assert!(!r.allow(Right::Write, &path(other), NOW), "{user}");
    }
    let searched = RuleSource::parse("deny-full-control\nm/^/home/${USER}$/, allow-read").unwrap();
    let r = searched.for_user("a.b").unwrap();
    assert!(r.allow(Right::Read, &path("/home/a.b"), NOW) && !r.allow(Right::Read, &path("/home/axb"), NOW));
}

#[test]
fn wrong_rules_are_errors_with_their_line() {
    assert!(matches!(
        RuleSource::parse("allow-everything"),
        Err(RuleError::UnknownPermission { line: 1, .. })
    ));
    assert!(matches!(RuleSource::parse("allow-read\n/a"), Err(RuleError::NoPermission { line: 2, .. })));
    assert!(matches!(
        RuleSource::parse("allow-read\n/a, red"),
        Err(RuleError::UnknownPermission { line: 2, .. })
    ));
    assert!(matches!(
        RuleSource::parse("allow-read\nm/(/, allow-read"),
        Err(RuleError::Expression { line: 2, .. })
    ));
    assert!(matches!(
        RuleSource::parse("allow-read\nt/{year}/, allow-read"),
        Err(RuleError::Expression { .. })
    ));
    assert!(matches!(
        RuleSource::parse("denny-full-control, allow-read"),
        Err(RuleError::UnknownPermission { line: 1, .. })
    ));
    for word in ["inbox, allow-read", "allow-read, deny-full-control"] {
        let text = format!("allow-read\n{word}");
        assert!(matches!(RuleSource::parse(&text), Err(RuleError::NoPath { line: 2, .. })), "{word}");
    }
    assert!(RuleSource::parse("allow-read\n! a, allow-list\n[/]b, allow-read").is_ok());
    assert!(!RuleSource::parse("/a, allow-read").unwrap().for_user("x").unwrap().allow(
        Right::Read,
        &path("/b"),
        NOW
    ));
}

#[test]
fn old_names_without_a_prefix_are_accepted() {
    assert!(rules("full-control").allow(Right::Rename, &path("/a"), NOW));
    assert!(rules("read, write").allow(Right::Write, &path("/a"), NOW));
}

#[test]
fn bytes_that_are_not_text_match_wildcards_and_nothing_else() {
    let e = Expression::parse("/caf?", "ann").unwrap();
    assert!(e.matches(&Subject::new(b"/caf\xe9"), NOW).unwrap());
    assert!(!Expression::parse("/café", "ann").unwrap().matches(&Subject::new(b"/caf\xe9"), NOW).unwrap());
    assert!(
        Expression::parse("m/^/caf.$/", "ann").unwrap().matches(&Subject::new(b"/caf\xe9"), NOW).unwrap()
    );
}

/// The obvious way to match, to compare the fast one with.
fn slow(pattern: &[char], value: &[char]) -> bool {
    match (pattern, value) {
        ([], []) => true,
        (['*', p @ ..], v) => slow(p, v) || v.split_first().is_some_and(|(_, v)| slow(pattern, v)),
        (['?', p @ ..], [_, v @ ..]) => slow(p, v),
        ([c, p @ ..], [d, v @ ..]) if c == d => slow(p, v),
        _ => false,
    }
}

proptest! {
    #[test]
    fn globs_agree_with_the_obvious_matcher(p in "[ab*?]{0,12}", v in "[ab]{0,16}") {
        let got = p.is_empty() || matches(&p, &v) == slow(&p.chars().collect::<Vec<_>>(), &v.chars().collect::<Vec<_>>());
        prop_assert!(got);
    }

    #[test]
    fn no_expression_and_no_value_breaks_the_matcher(p in ".{0,40}", v in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(e) = Expression::parse(&p, "ann") {
            let _ = e.matches(&Subject::new(&v), NOW);
        }
    }
}
