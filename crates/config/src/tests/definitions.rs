//! One definition per option.

use crate::definition::{Definition, Options};
use crate::known;
use crate::options::*;

fn all() -> [&'static Definition; 14] {
    [
        AccountOptions::definition(),
        AnalyticsOptions::definition(),
        ApplicationAuthentication::definition(),
        AuthenticationOptions::definition(),
        GroupOptions::definition(),
        HandlerOptions::definition(),
        LocalFileOptions::definition(),
        SecurityPolicyOptions::definition(),
        ServerOptions::definition(),
        ServiceOptions::definition(),
        SqliteOptions::definition(),
        SshOptions::definition(),
        StandardStreamOptions::definition(),
        VaultItemOptions::definition(),
    ]
}

#[test]
fn every_option_has_a_manual_and_a_default_unless_it_is_required() {
    for definition in all() {
        for (name, option) in definition.options() {
            assert!(option.about.ends_with('.'), "{name}: {}", option.about);
            assert!(!(option.required && option.default.is_some()), "{name}");
        }
    }
}

#[test]
fn the_marks_are_read_back_from_the_schema() {
    let account = AccountOptions::definition();
    assert!(account.get("permissions").unwrap().restricts);
    assert!(account.get("password").unwrap().secret);
    assert!(!account.get("description").unwrap().restricts);
    assert!(account.get("name").unwrap().required);
    assert_eq!(account.get("permissions").unwrap().default.as_deref(), Some("Inherit"));
    assert_eq!(account.get("create_home_folder").unwrap().default.as_deref(), Some("No"));
    let server = ServerOptions::definition();
    assert_eq!(server.get("umask").unwrap().default.as_deref(), Some("022"));
    assert!(server.get("audit_failure").unwrap().restricts);
    assert_eq!(server.get("audit_sync").unwrap().default.as_deref(), Some("interval"));
}

#[test]
fn no_option_is_both_honoured_and_known_by_name_alone() {
    let known =
        [known::SERVER, known::SERVICE, known::SSH, known::ACCOUNT, known::GROUP, known::AUTHENTICATION];
    let definitions = [
        vec![ServerOptions::definition()],
        vec![ServiceOptions::definition(), SshOptions::definition()],
        vec![ServiceOptions::definition(), SshOptions::definition()],
        vec![AccountOptions::definition()],
        vec![GroupOptions::definition()],
        vec![AuthenticationOptions::definition()],
    ];
    for (known, definitions) in known.iter().zip(definitions) {
        for k in *known {
            assert!(definitions.iter().all(|d| d.get(k.name).is_none()), "{}", k.name);
        }
    }
}
