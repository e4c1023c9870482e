//! File < override file < environment < file named by the environment.

use super::*;
use crate::edit::Label;
use crate::sources::Sources;
use crate::value::RotateOn;
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
    let config = given.sources().unwrap().load().unwrap().config;
    assert_eq!(config.server.name.to_string(), "from the file");
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
        let set = format!("CAUSEWAY__{name}");
        let refused = Given::file(SERVER).variable(&set, "077").refused();
        assert!(matches!(&refused, VariableError::Unknown { name, .. } if *name == set), "{refused}");
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
    let given = Given::file(SERVER).over("[groups/only-here]\nname = x\nenabled = no\n");
    assert!(given.sources().unwrap().load().unwrap().config.groups.contains_key("only-here"));
    let broken = Given::file(SERVER).over("[server\n").sources().unwrap().load().unwrap_err();
    assert!(broken.problems()[0].to_string().starts_with("server.override.ini:1:"), "{broken}");
}

#[test]
fn a_section_of_the_override_file_that_is_neither_known_nor_whole_is_refused() {
    let text = format!("{SERVER}[accounts/alice]\nname = alice\n");
    for header in ["[accounts/alcie]", "[acounts/alice]", "[accounts]", "[server/x]"] {
        let error = Given::file(&text).over(&format!("{header}\nenabled = no\n")).sources().unwrap().load();
        let error = error.unwrap_err();
        assert!(matches!(error, LoadError::Override(_)), "{error}");
        assert!(error.problems()[0].to_string().starts_with("server.override.ini:1:"), "{error}");
    }
    let slip =
        Given::file(&text).over("[accounts/alcie]\nenabled = no\n").sources().unwrap().load().unwrap_err();
    assert!(slip.to_string().contains("did you mean 'accounts/alice'?"), "{slip}");
}

#[test]
fn a_name_that_is_nearly_an_option_is_told() {
    let refused = Given::file(SERVER).variable("CAUSEWAY__SERVER__UMAKS_FILE", "x").refused();
    assert!(refused.to_string().ends_with("(did you mean CAUSEWAY__SERVER__UMASK_FILE?)"), "{refused}");
}

#[test]
fn two_options_of_one_section_that_a_variable_could_mean_are_ambiguous() {
    let text = format!("{SERVER}own-thing = 1\nown_thing = 2\n");
    let refused = Given::file(&text).variable("CAUSEWAY__SERVER__OWN_THING", "3").refused();
    assert!(matches!(refused, VariableError::Ambiguous(_)), "{refused}");
}

#[test]
fn a_variable_sets_an_option_of_the_server_that_no_file_has_a_section_for() {
    assert_eq!(Given::file("").variable("CAUSEWAY__SERVER__UMASK", "003").umask(), 0o003);
}

#[test]
fn what_wins_does_so_by_its_name_of_now_and_by_that_of_old_releases() {
    let rotation = |inner: &str, outer: &str| {
        let section = "[event-handlers/h]\n";
        let text = format!("{SERVER}{section}name = h\ntype = local-file\n{inner}\n");
        let given = Given::file(&text).over(&format!("{section}{outer}\n"));
        let sources = given.sources().unwrap();
        let origin = sources.origin(&Label::new("event-handlers", Some("h")), "rotate_on").unwrap().unwrap();
        assert_eq!(&*origin.file, OVERRIDE_FILE);
        let loaded = sources.load().unwrap();
        assert!(!loaded.problems.iter().any(Problem::fails_check), "{:?}", loaded.problems);
        let crate::Sink::LocalFile(file) = &loaded.config.event_handlers["h"].live().unwrap().sink else {
            panic!()
        };
        file.rotate_on
    };
    let at = |hour| RotateOn::Daily { hour, minute: 0 };
    assert_eq!(rotation("rotate_on = 02:00 time-of-day", "rotate_on = 03:00 time-of-day"), at(3));
    assert_eq!(rotation("rotate_each = 1 day", "rotate_on = 03:00 time-of-day"), at(3));
    assert_eq!(rotation("rotate_on = 02:00 time-of-day", "rotate_each = 1 day"), at(0));
}

#[test]
fn what_no_file_could_hold_no_variable_can() {
    let refused = Given::file(SERVER).variable("CAUSEWAY__SERVER__NAME", "a\x1b[31mb").refused();
    assert!(matches!(refused, VariableError::Control(_)), "{refused}");
    let given = Given::file(SERVER).variable("CAUSEWAY__SERVER__NAME_FILE", "name");
    std::fs::write(given.root.path().join("name"), "a\0b").unwrap();
    assert!(matches!(given.refused(), VariableError::File { .. }));
    std::fs::write(given.root.path().join("name"), b"caf\xe9").unwrap();
    assert!(matches!(given.refused(), VariableError::File { .. }));
    std::fs::write(given.root.path().join("name"), "x".repeat((1 << 20) + 1)).unwrap();
    assert!(matches!(given.refused(), VariableError::File { .. }));
    let refused = Given::file(SERVER).variable("CAUSEWAY__a\n[x]", "1").refused();
    assert!(!refused.to_string().contains('\n'), "{refused}");
}

#[test]
fn a_variable_that_is_not_text_is_not_passed_over() {
    use std::os::unix::ffi::OsStringExt;
    let name = std::ffi::OsString::from_vec(b"causeway__SERVER__caf\xe9".to_vec());
    let environment = Environment::of_os([(name, "1".into())], TimeZone::UTC);
    let given = Given::file(SERVER);
    let refused = Sources::read(given.root.path(), &environment).unwrap_err();
    assert!(matches!(refused, LoadError::Variable(VariableError::NotText(_))), "{refused}");
}

#[test]
fn one_line_end_at_the_end_of_a_file_with_a_value_is_cut_and_no_more() {
    let given = Given::file(&format!("{SERVER}[groups/g]\nname = g\n"))
        .variable("CAUSEWAY__GROUPS__G__DESCRIPTION_FILE", "text");
    std::fs::write(given.root.path().join("text"), "a\r\nb\n\n").unwrap();
    let config = given.sources().unwrap().load().unwrap().config;
    assert_eq!(config.groups["g"].live().unwrap().options.description.to_string(), "a\nb\n");
}

#[test]
fn the_files_to_watch_are_those_that_count() {
    let given = Given::file(SERVER).variable("CAUSEWAY__SERVER__NAME_FILE", "/run/name");
    std::fs::write(given.root.path().join("name"), "x").unwrap();
    let folder = given.root.path().join(FOLDER);
    let paths = given.sources().unwrap().paths();
    assert_eq!(paths, [folder.join(FILE), folder.join(OVERRIDE_FILE), PathBuf::from("/run/name")]);
}

#[test]
fn no_debug_output_shows_a_value() {
    let given = Given::file(SERVER).variable("CAUSEWAY__SERVER__NAME", "hunter2");
    assert!(!format!("{:?}", given.sources().unwrap()).contains("hunter2"));
}

#[test]
fn a_file_named_by_a_variable_that_everybody_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let given = Given::file(SERVER).variable("CAUSEWAY__SERVER__NAME_FILE", "name");
    let path = given.root.path().join("name");
    std::fs::write(&path, "x").unwrap();
    let told = |folder, file| {
        std::fs::set_permissions(given.root.path(), PermissionsExt::from_mode(folder)).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(file)).unwrap();
        let problems = given.sources().unwrap().load().unwrap().problems;
        problems
            .iter()
            .any(|p| p.severity == Severity::Warning && p.to_string().contains("NAME_FILE: every user"))
    };
    assert!(told(0o755, 0o644));
    assert!(!told(0o755, 0o600));
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

#[test]
fn an_override_file_that_is_a_link_to_nowhere_is_not_an_absent_one() {
    let given = Given::file(SERVER);
    let over = given.root.path().join(FOLDER).join(OVERRIDE_FILE);
    std::os::unix::fs::symlink("gone.ini", &over).unwrap();
    let error = given.sources().unwrap_err();
    assert!(matches!(&error, LoadError::Unreadable { path, .. } if *path == over), "{error}");
    let beside = || Sources::without_file(given.root.path(), &Environment::of(Vec::new(), TimeZone::UTC));
    assert!(beside().is_err(), "nor is it where the other file is gone");
    std::fs::write(given.root.path().join(FOLDER).join("gone.ini"), "[server]\numask = 002\n").unwrap();
    assert_eq!(given.umask(), 0o002);
    assert_eq!(beside().unwrap().load().unwrap().config.server.umask.0, 0o002);
}

#[test]
fn a_file_that_holds_secrets_and_that_everybody_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let told = |text: &str, mode: u32| {
        let given = Given::file(&format!("{SERVER}{text}"));
        for (path, mode) in [("", 0o755), (FOLDER, 0o755), ("configuration/server.ini", mode)] {
            let path = given.root.path().join(path);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let problems = given.sources().unwrap().load().unwrap().problems;
        problems.iter().any(|p| p.message.contains("every user of this machine can read the file"))
    };
    let hash = "[accounts/a]\nname = a\npassword = $6$salt$hash\n";
    assert!(told(hash, 0o644));
    assert!(!told(hash, 0o640));
    for none in [
        "",
        "[accounts/a]\nname = a\npassword = external-file:secret\n",
        "[accounts/a]\nname = a\npassword =\n",
    ] {
        assert!(!told(none, 0o644), "{none}");
    }
}
