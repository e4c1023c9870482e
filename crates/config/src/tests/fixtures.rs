//! Files as administrators have them, and exactly what is told of each.
//!
//! `fixtures/NAME.expected` holds a line for every problem (place, severity, option) and one for every component (`lives`
//! or `fails`). After a change that is meant, `CAUSEWAY_WRITE_PAGES=1 cargo test -p causeway-config fixtures` writes them.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::*;
use crate::Components;
use crate::definition::{Definition, Options};
use crate::ini::Document;
use crate::known::{self, Known, types};
use crate::options::*;

const FILES: [&str; 11] = [
    "minimal",
    "office",
    "release_3",
    "release_5",
    "mistakes",
    "transfers",
    "handlers",
    "web",
    "cluster",
    "spelling",
    "every_option",
];

fn path(name: &str, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures").join(name).with_extension(ending)
}

fn load(name: &str) -> (TempDir, Loaded) {
    let folder = folder_with_key();
    let text = std::fs::read(path(name, "ini")).unwrap();
    let key = String::from_utf8(private_key().expose().to_vec()).unwrap();
    let environment = Environment::of([("THE_HOST_KEY".into(), key)], TimeZone::UTC);
    let loaded = load_text(&text, folder.path(), &environment).unwrap_or_else(|e| panic!("{name}: {e}"));
    (folder, loaded)
}

/// What is told of the file, and what becomes of its components.
fn outcome(loaded: &Loaded) -> String {
    let mut out = String::new();
    for p in &loaded.problems {
        let severity = match p.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Failure => "failure",
        };
        let (component, option) = (p.component.as_deref().unwrap_or("-"), p.option.as_deref().unwrap_or("-"));
        writeln!(out, "{}:{} {severity} {component} {option}", p.file, p.line).unwrap();
    }
    let c = &loaded.config;
    components(&mut out, "services", &c.services);
    components(&mut out, "accounts", &c.accounts);
    components(&mut out, "groups", &c.groups);
    components(&mut out, "authentications", &c.authentications);
    components(&mut out, "vault-items", &c.vault_items);
    components(&mut out, "security-policies", &c.security_policies);
    components(&mut out, "resources", &c.resources);
    components(&mut out, "event-handlers", &c.event_handlers);
    out
}

fn components<T>(out: &mut String, family: &str, components: &Components<T>) {
    for (id, component) in components {
        let verdict = if component.live().is_some() { "lives" } else { "fails" };
        writeln!(out, "{verdict} {family}/{id}").unwrap();
    }
}

#[test]
fn of_every_file_exactly_what_is_expected_is_told_and_the_rest_lives() {
    for name in FILES {
        let (_folder, loaded) = load(name);
        let (outcome, expected) = (outcome(&loaded), path(name, "expected"));
        if std::env::var_os("CAUSEWAY_WRITE_PAGES").is_some() {
            std::fs::write(&expected, &outcome).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert!(outcome == expected, "{name}: {:#?}", loaded.problems);
    }
}

#[test]
fn no_secret_of_any_file_is_told() {
    for name in FILES {
        let (_folder, loaded) = load(name);
        for problem in &loaded.problems {
            for secret in ["s3cret", "hunter2", "BASE32", "$6$", "$5$"] {
                assert!(!problem.to_string().contains(secret), "{problem}");
            }
        }
    }
}

#[test]
fn a_file_without_a_mistake_has_no_problem() {
    for name in ["minimal", "office"] {
        let (_folder, loaded) = load(name);
        assert_eq!(loaded.problems, [], "{name}");
    }
}

/// What is honoured of a section of that kind, what is known by name, and what the type has.
fn documented(family: &str, kind: &str) -> BTreeSet<&'static str> {
    fn names(definitions: &[&'static Definition], known: &[&'static [Known]]) -> Vec<&'static str> {
        let ours = |about: &str| about.starts_with("Causeway's own.");
        let honoured = definitions.iter().flat_map(|d| d.options()).filter(|(_, o)| !ours(&o.about));
        honoured.map(|(n, _)| n).chain(known.iter().flat_map(|k| k.iter().map(|k| k.name))).collect()
    }
    let service = || names(&[ServiceOptions::definition()], &[known::SERVICE]);
    let handler = || names(&[HandlerOptions::definition()], &[known::EVENT_HANDLER]);
    let method = || names(&[AuthenticationOptions::definition()], &[known::AUTHENTICATION]);
    let account = || names(&[AccountOptions::definition()], &[known::ACCOUNT]);
    let of_type = |all: &'static [types::KnownType]| {
        all.iter().filter(|t| t.name == kind).flat_map(|t| t.options()).collect::<Vec<_>>()
    };
    let all = match (family, kind) {
        ("server", _) => names(&[ServerOptions::definition()], &[known::SERVER]),
        ("services", "ssh") => [service(), names(&[SshOptions::definition()], &[known::SSH])].concat(),
        ("services", _) => [service(), of_type(types::SERVICES)].concat(),
        ("groups", _) => names(&[GroupOptions::definition()], &[known::GROUP]),
        ("accounts", _) => account(),
        ("authentications", "application") => {
            [method(), names(&[ApplicationAuthentication::definition()], &[])].concat()
        }
        ("authentications", _) => [method(), of_type(types::AUTHENTICATIONS)].concat(),
        ("security-policies", _) => names(&[SecurityPolicyOptions::definition()], &[known::SECURITY_POLICY]),
        ("resources", "sqlite") => names(&[SqliteOptions::definition()], &[known::RESOURCE]),
        ("resources", "analytics") => names(&[AnalyticsOptions::definition()], &[known::ANALYTICS]),
        ("resources", _) => [types::RESOURCE.to_vec(), of_type(types::RESOURCES)].concat(),
        ("vault-items", _) => names(&[VaultItemOptions::definition()], &[known::VAULT_ITEM]),
        ("event-handlers", "local-file") => {
            [handler(), names(&[LocalFileOptions::definition()], &[known::LOCAL_FILE])].concat()
        }
        ("event-handlers", "standard-stream") => {
            [handler(), names(&[StandardStreamOptions::definition()], &[])].concat()
        }
        ("event-handlers", _) => [handler(), of_type(types::EVENT_HANDLERS)].concat(),
        ("locations", _) => [types::LOCATION.to_vec(), of_type(types::LOCATIONS)].concat(),
        ("transfers", _) => types::TRANSFER.to_vec(),
        ("administrators", _) => types::ADMINISTRATOR.to_vec(),
        ("roles", _) => types::ROLE.to_vec(),
        ("cluster-nodes", _) => types::CLUSTER_NODE.to_vec(),
        _ => panic!("{family}"),
    };
    all.into_iter().collect()
}

#[test]
fn one_file_has_every_documented_option_of_every_kind_of_section() {
    let text = std::fs::read(path("every_option", "ini")).unwrap();
    let document = Document::parse(&*text).unwrap();
    let mut complete = BTreeSet::new();
    for section in document.sections() {
        let options: BTreeSet<String> = section.settings().map(|s| s.name().to_owned()).collect();
        let kind = section.settings().find(|s| s.name() == "type").map(|s| s.value().into_owned());
        let kind = kind.unwrap_or_default();
        if documented(section.family(), &kind).iter().all(|o| options.contains(*o)) {
            complete.insert(format!("{} {kind}", section.family()));
        }
    }
    let one = |family: &str, kind: &str| format!("{family} {kind}");
    let mut expected: BTreeSet<String> =
        ["server", "groups", "security-policies", "transfers", "administrators", "roles", "cluster-nodes"]
            .map(|family| one(family, ""))
            .into();
    for (family, types, own) in [
        ("services", types::SERVICES, &["ssh"][..]),
        ("accounts", types::ACCOUNTS, &["application"]),
        ("authentications", types::AUTHENTICATIONS, &["application"]),
        ("resources", types::RESOURCES, &["sqlite", "analytics"]),
        ("vault-items", types::VAULT_ITEMS, &["ssh-private", "ssh-public"]),
        ("event-handlers", types::EVENT_HANDLERS, &["local-file", "standard-stream"]),
        ("locations", types::LOCATIONS, &[]),
    ] {
        expected
            .extend(types.iter().map(|t| t.name).chain(own.iter().copied()).map(|kind| one(family, kind)));
    }
    // Other names of types that are there.
    for alias in ["services monitor", "vault-items pgp"] {
        expected.remove(alias);
    }
    assert_eq!(expected.difference(&complete).collect::<Vec<_>>(), [""; 0]);
}
