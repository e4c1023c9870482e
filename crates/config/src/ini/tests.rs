use proptest::prelude::*;

use super::*;

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes()).unwrap()
}

fn mistakes(text: &str) -> Vec<(u32, Mistake)> {
    Document::parse(text.as_bytes()).unwrap_err().into_iter().map(|e| (e.line, e.mistake)).collect()
}

fn value(text: &str) -> String {
    let document = document(&format!("[server]\n{text}"));
    let section = document.sections().next().unwrap();
    section.settings().next().unwrap().value().into_owned()
}

#[test]
fn both_signs_separate_and_the_first_one_counts() {
    assert_eq!(value("a = b"), "b");
    assert_eq!(value("a: b"), "b");
    assert_eq!(value("a:b=c"), "b=c");
    assert_eq!(value("address = ::"), "::");
    assert_eq!(value("a ="), "");
}

#[test]
fn indented_lines_continue_a_value_through_comments_and_blank_lines() {
    assert_eq!(value("a = one\n  two\n# note\n\n  three\n\n; more\n"), "one\ntwo\n\nthree");
    assert_eq!(value("a =\n\n    first\n      deeper\n\tother\n"), "    first\n      deeper\n\tother");
    assert_eq!(value("a =\n    first\n      deeper  \n"), "first\n  deeper");
    assert_eq!(value("a = x\r\n  y\r\n"), "x\ny");
}

#[test]
fn an_indented_sign_of_a_comment_is_a_part_of_the_value() {
    assert_eq!(value("a =\n  # not a comment\n"), "# not a comment");
}

#[test]
fn everything_knows_its_line_and_keeps_its_text() {
    let text = "\u{feff}# top\r\n\n[accounts/one]\nname: x\n [not a header]\n[server]\nuuid=1";
    let document = document(text);
    let sections: Vec<_> = document.sections().map(|s| (s.family(), s.id(), s.line())).collect();
    assert_eq!(sections, [("accounts", Some("one"), 3), ("server", None, 6)]);
    let name = document.sections().next().unwrap().settings().next().unwrap();
    assert_eq!((name.name(), name.line(), &*name.value()), ("name", 4, "x\n[not a header]"));
    assert_eq!(document.text(), text);
    let kinds: Vec<_> = document.lines().map(|l| l.kind).collect();
    use LineKind::*;
    assert_eq!(kinds, [Comment, Blank, Header, Option, Continuation, Header, Option]);
}

#[test]
fn every_mistake_is_told_with_its_line() {
    assert_eq!(mistakes("a = 1\n[server]\nb\n"), [(1, Mistake::NoSection), (3, Mistake::NotAnOption)]);
    assert_eq!(mistakes("[server\n[a b/c]\n[a/b c]\n[a/b/c]\n[a/]\n[]\n[a/b|c]\n[x] y\n").len(), 8);
    assert_eq!(mistakes("[server]\n  lost\n"), [(2, Mistake::NothingToContinue)]);
    assert_eq!(mistakes("[server]\na b = 1\n"), [(2, Mistake::BadName)]);
    assert_eq!(mistakes("[server]\na = \x1b[31m\n"), [(2, Mistake::Control)]);
    assert_eq!(
        mistakes("[server]\na = 1\nA: 2\n"),
        [(3, Mistake::DuplicateOption { name: "A".into(), first: 2 })]
    );
    let twice = Mistake::DuplicateSection { header: "groups/a".into(), first: 1 };
    assert_eq!(mistakes("[groups/a]\n[groups/b]\n[groups/a]\n"), [(3, twice)]);
    let latin = Document::parse(b"[server]\nname = caf\xe9\n").unwrap_err();
    assert_eq!(latin, [SyntaxError { line: 2, mistake: Mistake::NotUtf8 }]);
}

#[test]
fn an_option_that_comes_twice_is_found_among_few_and_among_many() {
    for n in [1, 30, 31, 32, 33, 34, 100] {
        let mut text = String::from("[server]\n");
        (0..n).for_each(|i| text.push_str(&format!("o{i} = x\n")));
        assert!(Document::parse(text.as_bytes()).is_ok());
        for (name, first) in [("O0".to_owned(), 2), (format!("O{}", n - 1), n + 1)] {
            let twice = Mistake::DuplicateOption { name: name.clone(), first };
            assert_eq!(mistakes(&format!("{text}{name} = x\n")), [(n + 2, twice)]);
        }
    }
}

#[test]
fn no_message_repeats_a_value() {
    let all = mistakes("[server]\nMIIEvQIBADANBg/kq+hkiG9w0B\nMIIE/secret==\n[x] s3cret\n");
    assert!(all.iter().all(|(_, m)| !m.to_string().contains("MII") && !m.to_string().contains("s3cret")));
}

#[test]
fn lines_and_files_beyond_the_bounds_are_refused() {
    let long = format!("[server]\na = {}\n", "x".repeat(LINE_MAX));
    assert_eq!(mistakes(&long), [(2, Mistake::LineTooLong)]);
    let large = vec![b'\n'; FILE_MAX + 1];
    assert_eq!(Document::parse(large).unwrap_err()[0].mistake, Mistake::FileTooLarge);
    assert_eq!(mistakes(&"x\n".repeat(1000)).len(), 100);
}

/// Lines of which a few make a file, often a good one.
fn line() -> impl Strategy<Value = String> {
    let header = (0..40_u8).prop_map(|n| format!("[accounts/{n}]\n"));
    let option = (0..9_u8, 0..9_u8).prop_map(|(n, value)| format!("o{n} = {value}\n"));
    let other = ["  more\n", "\n", "# note\n", "[server]\n", "a = ä\r\n", "[", "\u{feff}"];
    prop_oneof![3 => header, 3 => option, 1 => prop::sample::select(other.to_vec()).prop_map(str::to_owned)]
}

prop_compose! {
    fn setting()(name in "[a-z][a-z0-9_]{0,12}", lines in prop::collection::vec("[!-~]([ -~]{0,20}[!-~])?", 0..5))
        -> (String, Vec<String>) { (name, lines) }
}

prop_compose! {
    fn section()(id in "[A-Za-z0-9_.-]{1,20}", settings in prop::collection::btree_map("[a-z][a-z0-9_]{0,12}", setting(), 0..6))
        -> (String, Vec<(String, Vec<String>)>) {
        (id, settings.into_iter().map(|(name, (_, lines))| (name, lines)).collect())
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader_and_what_is_read_keeps_every_byte(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'['), Just(b']'), Just(b' '), Just(b'='), Just(b'a'), any::<u8>()], 0..300)
    ) {
        if let Ok(document) = Document::parse(&*bytes) {
            prop_assert_eq!(document.text().as_bytes(), &bytes[..]);
            let mut rest = document.text().trim_start_matches('\u{feff}');
            for line in document.lines() {
                rest = rest.strip_prefix(line.text).unwrap();
                rest = rest.strip_prefix('\r').unwrap_or(rest);
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
            prop_assert_eq!(rest, "");
            for section in document.sections() {
                for setting in section.settings() {
                    prop_assert!(!setting.value().ends_with('\n'));
                }
            }
        }
    }

    #[test]
    fn a_text_is_read_the_same_whatever_is_known_of_an_earlier_one(
        old in prop::collection::vec(line(), 0..24),
        new in prop::collection::vec(line(), 0..4),
        from in any::<prop::sample::Index>(),
        gone in 0..4_usize,
        cut in 0..3_usize,
    ) {
        let from = from.index(old.len() + 1);
        let after = &old[(from + gone).min(old.len())..];
        let mut new = [&old[..from], &new, after].concat().concat().into_bytes();
        new.truncate(new.len().saturating_sub(cut));
        if let Ok(earlier) = Document::parse(old.concat().as_bytes()) {
            prop_assert_eq!(earlier.parse_next(&*new), Document::parse(&*new));
        }
    }

    #[test]
    fn what_is_written_is_read_back(sections in prop::collection::btree_map("[A-Za-z0-9_.-]{1,20}", section(), 0..6)) {
        let mut text = String::new();
        for (id, (_, settings)) in &sections {
            text.push_str(&format!("[groups/{id}]\n"));
            for (name, lines) in settings {
                text.push_str(&format!("{name} =\n# a comment\n"));
                for line in lines {
                    text.push_str(&format!("    {line}\n"));
                }
            }
        }
        let document = Document::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(document.sections().count(), sections.len());
        for (read, (id, (_, settings))) in document.sections().zip(&sections) {
            prop_assert_eq!(read.id(), Some(id.as_str()));
            let read: Vec<_> = read.settings().map(|s| (s.name().to_owned(), s.value().into_owned())).collect();
            let written: Vec<_> = settings.iter().map(|(n, l)| (n.clone(), l.join("\n"))).collect();
            prop_assert_eq!(read, written);
        }
    }
}
