//! A configuration that is made after an earlier one is the one that would have been made without.

use super::*;
use crate::sources::Sources;

const START: &str = "[server]\nuuid = u\n[groups/DEFAULT_GROUP]\nname = all\nhome_folder_path = /srv/${USER}\n\
                     [groups/g]\nname = some\nhome_folder_path = /srv/some/${USER}\n\
                     [accounts/a]\nname = ann\npassword = $6$salt$hash\ngroup = DEFAULT_GROUP\n\
                     [accounts/b]\nname = bob\npassword = $6$salt$hash\ngroup = g\n\
                     [accounts/c]\nname = cem\npassword = plain\n\
                     [accounts/d]\nname = dan\npassword = env:THE_PASSWORD\n";

fn sources(text: &str) -> Sources {
    Sources::of_text(text.as_bytes(), Path::new("/nonexistent"), &environment()).unwrap()
}

/// Both ways, which must be the same but for what is shared with the earlier one.
fn after(earlier: &Loaded, text: &str) -> Loaded {
    let next = earlier.sources.with(text.as_bytes(), None);
    let (known, anew) = (next.load_after(earlier).unwrap().0, next.load().unwrap());
    assert_eq!(known.problems, anew.problems);
    assert_eq!(known.config.account_names, anew.config.account_names);
    assert_eq!(format!("{:?}", known.config.accounts), format!("{:?}", anew.config.accounts));
    known
}

/// The accounts that were not made again.
fn shared(before: &Loaded, after: &Loaded) -> Vec<String> {
    let live = |loaded: &Loaded, id: &str| loaded.config.accounts.get(id).and_then(Component::live).cloned();
    let same = |id: &&Arc<str>| matches!((live(before, id), live(after, id)), (Some(a), Some(b)) if Arc::ptr_eq(&a, &b));
    after.config.accounts.keys().filter(same).map(|id| id.to_string()).collect()
}

#[test]
fn accounts_whose_sections_stay_are_not_made_again() {
    let before = sources(START).load().unwrap();
    // Of c something is to be told, and what d says is kept elsewhere.
    assert_eq!(shared(&before, &after(&before, START)), ["a", "b"]);
    let changed = START.replace("name = bob\n", "name = bob\ndescription = x\n");
    assert_eq!(shared(&before, &after(&before, &changed)), ["a"]);
    let moved = START.replace("[server]\n", "# a line more\n[server]\n");
    assert_eq!(shared(&before, &after(&before, &moved)), ["a", "b"]);
    assert!(shared(&before, &after(&before, "[server]\n")).is_empty());
}

#[test]
fn an_account_follows_its_groups_even_if_its_section_stays() {
    let before = sources(START).load().unwrap();
    for (was, is) in [
        ("[groups/g]\nname = some\n", "[groups/h]\nname = some\n"),
        ("/srv/some/${USER}", "${OS_HOME}"),
        ("/srv/some/${USER}", "${OS_HOME"),
        ("home_folder_path = /srv/some/${USER}\n", ""),
    ] {
        let text = START.replace(was, is);
        assert_ne!(text, START);
        after(&before, &text);
    }
    let without = after(&before, &START.replace("[groups/g]\nname = some\n", "[groups/h]\nname = some\n"));
    assert!(without.config.accounts["b"].live().is_none());
    let again = after(&without, START);
    assert!(again.config.accounts["b"].live().is_some());
}

#[test]
fn two_accounts_of_one_name_fail_and_live_again_when_one_goes() {
    let before = sources(START).load().unwrap();
    let twice = after(&before, &START.replace("name = bob", "name = ann"));
    assert!(twice.config.accounts["a"].live().is_none());
    assert!(twice.config.accounts["b"].live().is_none());
    let again = after(&twice, START);
    assert!(again.config.accounts["a"].live().is_some());
}

#[test]
fn what_variables_say_of_an_account_counts() {
    let environment = |value: &str| {
        let variables = [("CAUSEWAY__ACCOUNTS__A__DESCRIPTION".to_owned(), value.to_owned())];
        Environment::of(variables, TimeZone::UTC)
    };
    let load = |value: &str| {
        Sources::of_text(START.as_bytes(), Path::new("/nonexistent"), &environment(value)).unwrap()
    };
    let before = load("one").load().unwrap();
    let (next, difference) = load("two").load_after(&before).unwrap();
    assert!(difference.to_string().contains("description = two"), "{difference}");
    assert_eq!(next.config.accounts["a"].live().unwrap().options.description.to_string(), "two");
}
