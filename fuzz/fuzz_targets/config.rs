//! The configuration: what `server.ini` says, understood or refused.
//!
//! - It is the same each time.
//! - Every problem has a line of the file, or stands for all of it.
//! - A component whose section has an error that its problems call a failure does not live.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use causeway_config::{Component, Environment, LoadError, Loaded, Problem, Severity, load_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let lines = input.iter().filter(|b| **b == b'\n').count() + 1;
    let (first, second) = (load(input), load(input));
    for problem in problems(&first) {
        assert!(usize::try_from(problem.line).is_ok_and(|line| line <= lines), "{problem}");
        assert!(!problem.message.is_empty());
    }
    let text = |p: &[Problem]| p.iter().map(|p| format!("{} {p}", p.line)).collect::<Vec<_>>();
    assert_eq!(text(problems(&first)), text(problems(&second)));
    let Ok(Loaded { config, problems, .. }) = first else { return };
    for problem in problems.iter().filter(|p| p.severity == Severity::Failure) {
        let Some((family, id)) = problem.component.as_deref().and_then(|c| c.split_once('/')) else {
            continue;
        };
        let lives = match family {
            "services" => is_live(config.services.get(id)),
            "accounts" => is_live(config.accounts.get(id)),
            "groups" => is_live(config.groups.get(id)),
            "authentications" => is_live(config.authentications.get(id)),
            "event-handlers" => is_live(config.event_handlers.get(id)),
            "vault-items" => is_live(config.vault_items.get(id)),
            "resources" => is_live(config.resources.get(id)),
            _ => false,
        };
        assert!(!lives, "{problem}");
    }
});

/// There is no such folder: keys and homes are named and not found.
fn load(text: &[u8]) -> Result<Loaded, LoadError> {
    static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(Environment::of_process);
    load_text(text, Path::new("/nonexistent"), &ENVIRONMENT)
}

fn problems(loaded: &Result<Loaded, LoadError>) -> &[Problem] {
    match loaded {
        Ok(loaded) => &loaded.problems,
        Err(error) => error.problems(),
    }
}

fn is_live<T>(component: Option<&Component<T>>) -> bool {
    matches!(component, Some(Component::Live(_)))
}
