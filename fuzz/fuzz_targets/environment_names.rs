//! The names of environment variables that win over `server.ini`. The input is lines `NAME=value`, a NUL, a file.
//!
//! - No variable wins over two options.
//! - No refusal holds a value.

#![no_main]

use std::path::Path;

use causeway_config::edit::Label;
use causeway_config::sources::Sources;
use causeway_config::{Environment, LoadError};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

/// What values hold, so that they would be found.
const MARK: &str = "hunter2";

const FILE: &str = "[server]\nuuid = u\n[groups/DEFAULT_GROUP]\nname = all\n[services/sftp-1.a]\nname = s\ntype = ssh\n\
                    [accounts/ann__x]\nname = ann\nname_file = x\n[accounts/Ann.x]\nname = bob\n";

fuzz_target!(|input: &[u8]| {
    let (names, file) = input.split_at(input.iter().position(|b| *b == 0).unwrap_or(input.len()));
    let file = match file.get(1..).unwrap_or_default() {
        b"" => FILE.as_bytes(),
        file => file,
    };
    let Ok(names) = std::str::from_utf8(names) else { return };
    let mut variables: Vec<(String, String)> = Vec::new();
    for line in names.lines().take(4) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let name = format!("CAUSEWAY__{name}");
        if !variables.iter().any(|(other, _)| *other == name) {
            variables.push((name, format!("{MARK}{value}")));
        }
    }
    let environment = Environment::of(variables.iter().cloned(), TimeZone::UTC);
    let root = Path::new("/nonexistent");
    let loaded = Sources::of_text(file, root, &environment).and_then(|sources| sources.load());
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(LoadError::Variable(error)) => {
            assert!(names.contains(MARK) || !error.to_string().contains(MARK), "{error}");
            return;
        }
        Err(_) => return,
    };
    let sources = &loaded.sources;
    let document = sources.document().expect("it was loaded");
    let sections: Vec<Label> = document.sections().map(|s| Label::new(s.family(), s.id())).collect();
    for (name, _) in &variables {
        let place = format!("environment variable {name}");
        let wins = sections.iter().flat_map(|section| {
            // The option is some end of the name behind two underscores, with or without `_FILE`.
            let ends = name.match_indices("__").filter_map(|(at, _)| name.get(at + 2..));
            let mut options: Vec<String> = ends
                .flat_map(|end| [Some(end), end.strip_suffix("_FILE"), end.strip_suffix("_file")])
                .flatten()
                .map(str::to_ascii_lowercase)
                .collect();
            options.sort();
            options.dedup();
            let place = &place;
            options.into_iter().filter(move |option| {
                let origin = sources.origin(section, option).expect("it was loaded");
                origin.is_some_and(|origin| *origin.file == **place)
            })
        });
        assert!(wins.count() <= 1, "{name}");
    }
});
