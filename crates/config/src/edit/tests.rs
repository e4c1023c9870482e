use proptest::prelude::*;

use super::*;

const FILE: &str = "\
# The file of the test.
[server]
uuid: one
name=bare

# Who is called when it breaks: ext. 12
[accounts/a]
name = ann   \t
permissions = allow-list
    /in, allow-write
# only for now
    /out, allow-read

    /last, allow-read
; the end of ann

# Payroll
[accounts/b]
name = bob
description =

[groups/g]
permissions =
\t/x, allow-read
\t/y, allow-read
";

fn label(text: &str) -> Label {
    match text.split_once('/') {
        Some((family, id)) => Label::new(family, Some(id)),
        None => Label::new(text, None),
    }
}

fn set(section: &str, option: &str, value: &str) -> Change {
    Change::Set { section: label(section), option: option.into(), value: value.into() }
}

fn edited(file: &str, change: Change) -> Result<String, EditError> {
    apply(&Document::parse(file.as_bytes()).unwrap(), &[change])
}

/// What differs: lines that went (`-`) and came (`+`).
fn difference(file: &str, change: Change) -> String {
    let after = edited(file, change).unwrap();
    let (old, new): (Vec<_>, Vec<_>) =
        (file.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let left = old.len().min(new.len()) - front;
    let back = old.iter().rev().zip(new.iter().rev()).take(left).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str], sign| -> String {
        lines[front..lines.len() - back].iter().map(|l| format!("{sign}{l}")).collect()
    };
    part(&old, "-") + &part(&new, "+")
}

#[test]
fn no_change_leaves_every_byte() {
    assert_eq!(apply(&Document::parse(FILE.as_bytes()).unwrap(), &[]).unwrap(), FILE);
}

#[test]
fn a_value_on_the_line_of_its_name_changes_there_and_keeps_the_sign_and_the_blanks() {
    assert_eq!(difference(FILE, set("server", "uuid", "two")), "-uuid: one\n+uuid: two\n");
    assert_eq!(difference(FILE, set("server", "NAME", "x")), "-name=bare\n+name=x\n");
    assert_eq!(difference(FILE, set("accounts/a", "name", "eve")), "-name = ann   \t\n+name = eve   \t\n");
    assert_eq!(difference(FILE, set("accounts/b", "description", "d")), "-description =\n+description = d\n");
}

#[test]
fn lines_of_a_value_that_stay_keep_their_bytes_and_comments_between_them_stay() {
    let rules = "allow-list\n/in, allow-write\n/new, allow-read\n/out, allow-read\n\n/last, allow-read";
    assert_eq!(difference(FILE, set("accounts/a", "permissions", rules)), "+    /new, allow-read\n");
    let fewer = "allow-list\n/out, allow-read\n\n/last, allow-read";
    assert_eq!(difference(FILE, set("accounts/a", "permissions", fewer)), "-    /in, allow-write\n");
    assert_eq!(
        difference(FILE, set("groups/g", "permissions", "/x, allow-read\n/z, allow-read")),
        "-\t/y, allow-read\n+\t/z, allow-read\n"
    );
}

#[test]
fn a_value_of_several_lines_is_written_below_its_name() {
    assert_eq!(
        difference(FILE, set("accounts/b", "permissions", "allow-list\n/a, allow-read")),
        "+permissions =\n+    allow-list\n+    /a, allow-read\n"
    );
    assert_eq!(difference(FILE, set("server", "name", "a\nb")), "-name=bare\n+name=\n+    a\n+    b\n");
    assert_eq!(
        difference(FILE, set("groups/g", "permissions", "inherit")),
        "-\t/x, allow-read\n-\t/y, allow-read\n+\tinherit\n"
    );
}

#[test]
fn an_option_goes_with_its_lines_alone() {
    let unset = Change::Unset { section: label("accounts/b"), option: "name".into() };
    assert_eq!(difference(FILE, unset), "-name = bob\n");
}

#[test]
fn a_section_is_added_behind_its_family_and_goes_with_the_comment_above_it() {
    let add = Change::Add { section: label("accounts/c"), options: vec![("name".into(), "cid".into())] };
    assert_eq!(difference(FILE, add), "+[accounts/c]\n+name = cid\n+\n");
    let first = Change::Add { section: label("services/s"), options: Vec::new() };
    assert!(edited(FILE, first).unwrap().ends_with("\t/y, allow-read\n\n[services/s]\n"));
    let remove = Change::Remove { section: label("accounts/b") };
    assert_eq!(difference(FILE, remove), "-# Payroll\n-[accounts/b]\n-name = bob\n-description =\n-\n");
}

#[test]
fn line_ends_of_windows_a_byte_order_mark_and_a_missing_last_end_stay() {
    let file = "\u{feff}[server]\r\nname = a\r\n[groups/g]\r\nname = g";
    assert_eq!(edited(file, set("server", "name", "b")).unwrap(), file.replace("= a", "= b"));
    assert_eq!(edited(file, set("groups/g", "name", "h")).unwrap(), file.replace("= g", "= h"));
    let added = edited(file, set("groups/g", "enabled", "No")).unwrap();
    assert_eq!(added, format!("{file}\r\nenabled = No\r\n"));
}

#[test]
fn a_value_cannot_bring_in_an_option_or_a_section() {
    for value in ["x\r[server2]", "x\n\0", " blank in front", "behind ", "a\n  \n", "\n\nafter"] {
        let change = set("server", "name", value);
        let refused = matches!(edited(FILE, change), Err(EditError::Unwritable { .. }));
        assert!(refused, "{value:?}");
    }
    let harmless =
        edited(FILE, set("server", "name", "x\n[accounts/evil]\nname = evil\n# no comment")).unwrap();
    assert!(!Document::parse(harmless.as_bytes()).unwrap().sections().any(|s| s.id() == Some("evil")));
    for id in ["x]\nname = y\n[a", "a b", "", "a/b"] {
        let add = Change::Add { section: label(&format!("accounts/{id}")), options: Vec::new() };
        assert!(edited(FILE, add).is_err(), "{id:?}");
    }
}

#[test]
fn what_cannot_be_added_is_told_by_its_name() {
    let told = |options: &[(&str, &str)]| {
        let options = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        edited(FILE, Change::Add { section: label("accounts/z"), options }).unwrap_err().to_string()
    };
    assert_eq!(
        told(&[("name", "z"), ("enabled", "Yes"), ("Enabled", "No")]),
        "'Enabled' is given more than once for [accounts/z]"
    );
    for (option, value, why) in [
        ("bad name", "1", "the name of an option is"),
        ("description", "a\u{7}b", "the line holds a control character"),
        ("description", "a\n\nb ", "would be lost"),
    ] {
        let told = told(&[("name", "z"), (option, value)]);
        let begins = format!("'{option}' of [accounts/z] cannot be written in this file: ");
        assert!(told.starts_with(&begins) && told.contains(why), "{told}");
    }
}

#[test]
fn a_value_may_be_given_as_it_is_indented_in_the_file() {
    for (given, value) in [
        ("x", "x"),
        (" x ", "x"),
        ("\n    allow-list\n      /a, allow-read \n", "allow-list\n  /a, allow-read"),
        (
            "allow-list\n    /a, allow-read\n\n    /b, allow-read",
            "allow-list\n/a, allow-read\n\n/b, allow-read",
        ),
        ("a\nb", "a\nb"),
        ("", ""),
    ] {
        assert_eq!(unindented(given), value, "{given:?}");
    }
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    assert_eq!(edited(FILE, set("accounts/z", "name", "x")), Err(EditError::NoSection(label("accounts/z"))));
    let unset = Change::Unset { section: label("server"), option: "umask".into() };
    assert_eq!(edited(FILE, unset), Err(EditError::NoOption(label("server"), "umask".into())));
    let again = Change::Add { section: label("accounts/a"), options: Vec::new() };
    assert_eq!(edited(FILE, again), Err(EditError::Exists(label("accounts/a"))));
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("# a comment".to_owned()),
        Just("; another".to_owned()),
        Just("   ".to_owned()),
        "[a-c] ?[=:] ?[x-z]{0,3} ?",
        "( {1,6}|\t)[#;a-z]{1,4}( x)?",
    ]
}

fn file() -> impl Strategy<Value = String> {
    let section = prop::collection::vec(line(), 0..8);
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    (prop::collection::vec(section, 1..4), end, any::<bool>()).prop_map(|(sections, end, last)| {
        let mut lines: Vec<String> = Vec::new();
        for (n, section) in sections.into_iter().enumerate() {
            lines.push(format!("[family/{n}]"));
            lines.extend(section);
        }
        lines.join(end) + if last { end } else { "" }
    })
}

fn value() -> impl Strategy<Value = String> {
    prop::collection::vec("[ a-z#;=\\[\\]]{0,5}", 1..5).prop_map(|lines| lines.join("\n"))
}

fn change() -> impl Strategy<Value = Change> {
    let section = (0..4u8).prop_map(|n| label(&format!("family/{n}")));
    let option = "[a-d]";
    prop_oneof![
        4 => (section.clone(), option, value()).prop_map(|(section, option, value)| Change::Set { section, option, value }),
        1 => (section.clone(), option).prop_map(|(section, option)| Change::Unset { section, option }),
        1 => (section.clone(), prop::collection::vec((option, value()), 0..3))
            .prop_map(|(section, options)| Change::Add { section, options }),
        1 => section.prop_map(|section| Change::Remove { section }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// `apply` itself compares what the text says before and after; here it is what the text looks like.
    #[test]
    fn a_change_leaves_the_bytes_of_all_other_lines(file in file(), change in change()) {
        let Ok(document) = Document::parse(file.as_bytes()) else { return Ok(()) };
        let Ok(after) = apply(&document, std::slice::from_ref(&change)) else { return Ok(()) };
        let touched = match &change {
            Change::Set { section, option, .. } | Change::Unset { section, option } => found(&document, section, option),
            Change::Add { .. } => None,
            Change::Remove { section } => place(&document, section),
        };
        let raw: Vec<&str> = file.lines().collect();
        let is_touched = |i: usize| touched.as_ref().is_some_and(|t| t.contains(&i));
        // Blank lines and a comment above go with a section.
        let removal = matches!(change, Change::Remove { .. });
        let mut left = after.lines();
        for (i, line) in raw.iter().enumerate() {
            if is_touched(i) || (removal && (line.trim().is_empty() || line.starts_with(['#', ';']))) {
                continue;
            }
            prop_assert!(left.any(|l| l == *line), "{line:?} is gone or has moved in {after:?}");
        }
        // A comment is never lost with a value that changes.
        if let Change::Set { .. } = change {
            let comments = |text: &str| text.lines().filter(|l| l.starts_with(['#', ';'])).count();
            prop_assert_eq!(comments(&file), comments(&after));
        }
    }

    #[test]
    fn a_value_that_is_there_is_written_as_it_stands(file in file()) {
        let Ok(document) = Document::parse(file.as_bytes()) else { return Ok(()) };
        let changes: Vec<Change> = document
            .sections()
            .flat_map(|s| {
                let section = Label::new(s.family(), s.id());
                s.settings().map(move |o| Change::Set {
                    section: section.clone(),
                    option: o.name().to_owned(),
                    value: o.value().into_owned(),
                }).collect::<Vec<_>>()
            })
            .collect();
        for change in changes {
            if let Ok(after) = apply(&document, &[change]) {
                prop_assert_eq!(&after, &file);
            }
        }
    }
}
