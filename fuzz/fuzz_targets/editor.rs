//! The editor of `server.ini`, and the reader that knows an earlier text. The input is a file, a NUL, changes.
//!
//! - Without a change the text keeps its bytes.
//! - What a change sets is there afterwards, what it removes is not, and everything else says what it said.
//! - A text is read the same whatever earlier text is known.

#![no_main]

use causeway_config::edit::{Change, Label, apply};
use causeway_config::ini::Document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (text, rest) = input.split_at(input.iter().position(|b| *b == 0).unwrap_or(input.len()));
    let Ok(document) = Document::parse(text) else { return };
    let rest = rest.get(1..).unwrap_or_default();
    assert_eq!(document.parse_next(rest), Document::parse(rest));
    assert_eq!(apply(&document, &[]).expect("nothing is asked").as_bytes(), text);
    let mut document = document;
    for change in rest.split(|b| *b == 0).take(8).filter_map(change) {
        let Ok(after) = apply(&document, std::slice::from_ref(&change)) else { continue };
        let next = Document::parse(after.as_bytes()).expect("what was written is read");
        assert_eq!(document.parse_next(after.as_bytes()).as_ref(), Ok(&next));
        let mut expected = said(&document);
        carry_out(&mut expected, &change);
        let mut found = said(&next);
        if matches!(change, Change::Add { .. }) {
            // It is put behind the last one of its family.
            expected.sort();
            found.sort();
        }
        assert_eq!(found, expected, "{change:?}\n{after}");
        document = next;
    }
});

/// A change: its kind, then label, option and value, one a line.
fn change(bytes: &[u8]) -> Option<Change> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (kind, rest) = (text.get(..1)?, text.get(1..)?);
    let mut parts = rest.splitn(3, '\n');
    let label = parts.next()?;
    let (family, id) = label.split_once('/').map_or((label, None), |(family, id)| (family, Some(id)));
    let section = Label::new(family, id);
    let (option, value) =
        (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
    match kind {
        "s" => Some(Change::Set { section, option, value }),
        "u" => Some(Change::Unset { section, option }),
        "a" => Some(Change::Add { section, options: vec![(option, value)] }),
        "r" => Some(Change::Remove { section }),
        _ => None,
    }
}

type Said = Vec<(String, Vec<(String, String)>)>;

/// Sections with their options, in order.
fn said(document: &Document) -> Said {
    let options = |s: causeway_config::ini::Section<'_>| {
        s.settings().map(|o| (o.name().to_ascii_lowercase(), o.value().into_owned())).collect()
    };
    document.sections().map(|s| (Label::new(s.family(), s.id()).to_string(), options(s))).collect()
}

/// Does to the meaning what the change is to do to the text.
fn carry_out(said: &mut Said, change: &Change) {
    match change {
        Change::Set { section, option, value } => {
            let options = &mut said.iter_mut().find(|s| s.0 == section.to_string()).expect("it is there").1;
            let option = option.to_ascii_lowercase();
            match options.iter_mut().find(|o| o.0 == option) {
                Some(found) => found.1.clone_from(value),
                None => options.push((option, value.clone())),
            }
        }
        Change::Unset { section, option } => {
            let options = &mut said.iter_mut().find(|s| s.0 == section.to_string()).expect("it is there").1;
            options.retain(|o| o.0 != option.to_ascii_lowercase());
        }
        Change::Add { section, options } => {
            let options = options.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
            said.push((section.to_string(), options.collect()));
        }
        Change::Remove { section } => said.retain(|s| s.0 != section.to_string()),
    }
}
