//! File < override file < environment < file named by the environment.

use super::*;
use crate::edit::Label;
use crate::sources::Sources;
use crate::{FILE, FOLDER, OVERRIDE_FILE, VariableError};

struct Given {
    root: TempDir,
    variables: Vec<(String, String)>,
}

impl Given {
    fn file(text: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(FOLDER)).unwrap();
        std::fs::write(root.path().join(FOLDER).join(FILE), text).unwrap();
        Self { root, variables: Vec::new() }
    }

    fn over(self, text: &str) -> Self {
        std::fs::write(self.root.path().join(FOLDER).join(OVERRIDE_FILE), text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn sources(&self) -> Result<Sources, LoadError> {
        Sources::read(self.root.path(), &Environment::of(self.variables.clone(), TimeZone::UTC))
    }

    fn umask(&self) -> u32 {
        self.sources().unwrap().load().unwrap().config.server.umask.0
    }

    fn refused(&self) -> VariableError {
        match self.sources().and_then(|s| s.load()) {
            Err(LoadError::Variable(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

const SERVER: &str = "[server]\nuuid = u\nname = from the file\numask = 001\n";

#[test]
fn the_override_file_wins_over_the_file_and_keeps_the_rest() {
    let given = Given::file(SERVER).over("[server]\numask = 002\n");
    assert_eq!(given.umask(), 0o002);
    let server = given.sources().unwrap().load().unwrap().config.server;
    assert_eq!(server.name.to_string(), "from the file");
}

#[test]
fn the_environment_wins_over_both_files_whatever_its_case() {
    let given = Given::file(SERVER).over("[server]\numask = 002\n");
    assert_eq!(given.variable("CAUSEWAY__SERVER__UMASK", "003").umask(), 0o003);
    assert_eq!(Given::file(SERVER).variable("causeway__server__Umask", "004").umask(), 0o004);
}

#[test]
fn the_environment_can_name_a_file_that_holds_the_value() {
    let given = Given::file(SERVER).variable("CAUSEWAY__SERVER__UMASK_FILE", "umask");
    std::fs::write(given.root.path().join("umask"), "005\r\n").unwrap();
    assert_eq!(given.umask(), 0o005);
    std::fs::remove_file(given.root.path().join("umask")).unwrap();
    assert!(matches!(given.refused(), VariableError::File { .. }));
}

#[test]
fn an_id_is_found_with_its_dashes_and_dots_as_underscores() {
    let text = format!("{SERVER}[groups/grp-a.1]\nname = a\n[groups/DEFAULT_GROUP]\nname = d\n");
    let given = Given::file(&text)
        .variable("CAUSEWAY__GROUPS__GRP_A_1__ENABLED", "no")
        .variable("CAUSEWAY__GROUPS__DEFAULT_GROUP__DESCRIPTION", "x");
    let config = given.sources().unwrap().load().unwrap().config;
    assert!(!config.groups["grp-a.1"].live().unwrap().options.enabled);
    assert_eq!(config.groups["DEFAULT_GROUP"].live().unwrap().options.description.to_string(), "x");
}

#[test]
fn an_id_may_hold_what_separates_the_parts() {
    let given =
        Given::file(&format!("{SERVER}[groups/a__b]\n")).variable("CAUSEWAY__GROUPS__A__B__ENABLED", "no");
    assert!(!given.sources().unwrap().load().unwrap().config.groups["a__b"].live().unwrap().options.enabled);
}

#[test]
fn a_variable_that_means_nothing_or_two_things_is_refused() {
    for name in
        ["SERVER__UMAKS", "SERVERS__UMASK", "GROUPS__G__ENABLED", "UMASK", "SERVER__", "GROUPS__ENABLED"]
    {
        let name = format!("CAUSEWAY__{name}");
        assert_eq!(Given::file(SERVER).variable(&name, "077").refused(), VariableError::Unknown(name));
    }
    let two = format!("{SERVER}[groups/a-b]\nname = x\n[groups/a_b]\nname = y\n");
    let name = "CAUSEWAY__GROUPS__A_B__ENABLED";
    assert_eq!(Given::file(&two).variable(name, "no").refused(), VariableError::Ambiguous(name.into()));
    let both = Given::file(SERVER)
        .variable("CAUSEWAY__SERVER__UMASK", "003")
        .variable("CAUSEWAY__SERVER__UMASK_FILE", "umask");
    std::fs::write(both.root.path().join("umask"), "004").unwrap();
    assert!(matches!(both.refused(), VariableError::Twice(..)));
    let twice =
        Given::file(SERVER).variable("CAUSEWAY__SERVER__UMASK", "1").variable("causeway__server__umask", "2");
    assert!(matches!(twice.refused(), VariableError::Twice(..)));
}

#[test]
fn other_variables_of_the_program_are_none_of_an_option() {
    let given = Given::file(SERVER).variable("CAUSEWAY_LOG", "debug").variable("PATH", "/bin");
    assert_eq!(given.umask(), 0o001);
}

#[test]
fn a_problem_is_told_where_the_value_comes_from_and_without_the_secret() {
    let text = format!("{SERVER}[accounts/a]\nname = a\n[accounts/b]\nname = b\n");
    let given = Given::file(&text)
        .over("[accounts/b]\nexpire_datetime = never\n")
        .variable("CAUSEWAY__ACCOUNTS__A__PASSWORD", "$9$unknown$s3cret");
    let problems = given.sources().unwrap().load().unwrap().problems;
    let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let has = |start: &str| told.iter().any(|p| p.starts_with(start));
    assert!(has("server.override.ini:2: [accounts/b] expire_datetime:"), "{told:#?}");
    assert!(has("environment variable CAUSEWAY__ACCOUNTS__A__PASSWORD: [accounts/a] password:"), "{told:#?}");
    assert!(!told.iter().any(|p| p.contains("s3cret")), "{told:#?}");
}

#[test]
fn an_override_file_can_hold_whole_components_and_has_the_same_grammar() {
    let given = Given::file(SERVER).over("[groups/only-here]\nenabled = no\n");
    assert!(given.sources().unwrap().load().unwrap().config.groups.contains_key("only-here"));
    let broken = Given::file(SERVER).over("[server\n").sources().unwrap().load().unwrap_err();
    assert!(broken.problems()[0].to_string().starts_with("server.override.ini:1:"), "{broken}");
}

#[test]
fn of_each_option_it_is_known_where_its_value_comes_from() {
    let given = Given::file(SERVER).over("[server]\n\numask = 002\n").variable("CAUSEWAY__SERVER__NAME", "n");
    let sources = given.sources().unwrap();
    let origin = |option| sources.origin(&Label::new("server", None), option).unwrap();
    let umask = origin("umask").unwrap();
    assert_eq!((&*umask.file, umask.lines), ("server.override.ini", Some(2..3)));
    assert_eq!(&*origin("uuid").unwrap().file, "server.ini");
    assert_eq!(&*origin("name").unwrap().file, "environment variable CAUSEWAY__SERVER__NAME");
    assert_eq!(origin("stop_grace"), None);
}

#[test]
fn a_revision_changes_with_any_of_the_sources() {
    let given = Given::file(SERVER).variable("CAUSEWAY__SERVER__UMASK_FILE", "umask");
    std::fs::write(given.root.path().join("umask"), "005").unwrap();
    let first = given.sources().unwrap().revision();
    assert_eq!(given.sources().unwrap().revision(), first);
    std::fs::write(given.root.path().join("umask"), "006").unwrap();
    let second = given.sources().unwrap().revision();
    assert_ne!(first, second);
    let given = given.over("[server]\n");
    assert_ne!(given.sources().unwrap().revision(), second);
}
