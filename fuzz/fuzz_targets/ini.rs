//! The grammar of `server.ini`.
//!
//! - The document keeps the text: its lines, joined, are the text without its line ends.
//! - Every section and option knows a line that is there and that holds it.
//! - A file written from what was read says the same when it is read.

#![no_main]

use causeway_config::ini::{Document, LineKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let document = match Document::parse(input) {
        Ok(document) => document,
        Err(mistakes) => {
            assert!(!mistakes.is_empty() && mistakes.len() <= 100);
            assert!(mistakes.iter().all(|m| m.line >= 1));
            return;
        }
    };
    assert_eq!(document.text().as_bytes(), input);
    let text = document.text().strip_prefix('\u{feff}').unwrap_or(document.text());
    let lines: Vec<_> = document.lines().collect();
    let plain =
        text.strip_suffix('\n').unwrap_or(text).split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l));
    assert!(text.is_empty() && lines.is_empty() || plain.eq(lines.iter().map(|l| l.text)));

    let kind = |line: u32| lines[usize::try_from(line).expect("small") - 1].kind;
    let mut written = String::new();
    for section in document.sections() {
        assert_eq!(kind(section.line()), LineKind::Header);
        match section.id() {
            Some(id) => written += &format!("[{}/{id}]\n", section.family()),
            None => written += &format!("[{}]\n", section.family()),
        }
        for setting in section.settings() {
            assert_eq!(kind(setting.line()), LineKind::Option);
            written += setting.name();
            written += " =\n";
            for line in setting.value().split('\n') {
                written += &format!("  {line}\n");
            }
        }
    }
    let again = Document::parse(written.as_bytes()).expect("what was read can be written");
    let (a, b) = (said(&document), said(&again));
    assert_eq!(a, b, "{written}");
});

/// Sections with their options.
fn said(document: &Document) -> Vec<(String, Vec<(String, String)>)> {
    document
        .sections()
        .map(|s| {
            let name = format!("{} {:?}", s.family(), s.id());
            (name, s.settings().map(|o| (o.name().to_owned(), o.value().into_owned())).collect())
        })
        .collect()
}
