use super::*;
use std::collections::BTreeSet;

#[test]
fn every_number_is_there_once_in_order_and_in_its_block() {
    let numbers: Vec<u32> = all().map(|e| e.id.0).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b));
    assert_eq!(numbers.iter().filter(|n| **n < 70_000).count(), 534);
    for entry in all() {
        assert_eq!(find(entry.id).map(|e| e.id), Some(entry.id));
    }
    assert!(find(EventId(99)).is_none());
}

#[test]
fn groups_hold_what_the_reference_counts() {
    let count = |name: &str| {
        let bit = groups::named(name).unwrap();
        all().filter(|e| e.id.0 < 70_000 && e.groups & bit != 0).count()
    };
    let documented = [
        ("administration", 15),
        ("analytics", 9),
        ("authenticated", 255),
        ("authentication", 13),
        ("client-side", 110),
        ("compat", 11),
        ("component-activation", 4),
        ("failure", 274),
        ("failure-critical", 36),
        ("failure-high", 105),
        ("failure-specific", 54),
        ("file-operation", 152),
        ("ftp", 90),
        ("http", 62),
        ("informational", 138),
        ("local-manager", 30),
        ("location-operation", 30),
        ("monitor", 12),
        ("operation-append", 2),
        ("operation-create-folder", 4),
        ("operation-delete", 8),
        ("operation-read", 6),
        ("operation-rename", 7),
        ("operation-write", 4),
        ("operational", 161),
        ("process", 91),
        ("session", 70),
        ("smb", 0),
        ("ssh", 79),
        ("success", 121),
        ("transfer", 21),
        ("transfer-job", 29),
    ];
    assert_eq!(groups::ALL.len(), documented.len());
    let wrong: Vec<_> =
        documented.iter().map(|(n, c)| (*n, *c, count(n))).filter(|(_, c, r)| c != r).collect();
    assert_eq!(wrong, []);
}

#[test]
fn what_is_emitted_has_a_name_a_text_and_is_not_retired() {
    let named: BTreeSet<EventId> = ids::ALL.iter().map(|(_, id)| *id).collect();
    assert_eq!(named.len(), ids::ALL.len());
    let with_text: BTreeSet<EventId> = all().filter(|e| e.text.is_some()).map(|e| e.id).collect();
    assert_eq!(named, with_text);
    assert_eq!(all().filter(|e| e.text.is_some() && e.retired.is_some()).count(), 0);
    assert_eq!(all().filter(|e| e.retired.is_some()).count(), 45);
}

#[test]
fn a_text_names_only_members_of_its_event() {
    for entry in all() {
        for piece in entry.text.unwrap_or_default().split('{').skip(1) {
            let name = piece.split('}').next().unwrap();
            assert!(entry.members.contains(&name), "{}: {name}", entry.id);
        }
    }
}

#[test]
fn the_reference_page_equals_the_catalogue() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/events.md");
    if std::env::var_os("CAUSEWAY_WRITE_PAGES").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, markdown()).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == markdown(),
        "docs/reference/events.md is not up to date"
    );
}
