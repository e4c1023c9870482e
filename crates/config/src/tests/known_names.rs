//! Options and types that are known by name alone.

use std::collections::BTreeSet;

use super::*;
use crate::known::types::{self, KnownType};

const FAMILIES: [(&str, &[KnownType]); 7] = [
    ("services", types::SERVICES),
    ("resources", types::RESOURCES),
    ("accounts", types::ACCOUNTS),
    ("authentications", types::AUTHENTICATIONS),
    ("vault-items", types::VAULT_ITEMS),
    ("event-handlers", types::EVENT_HANDLERS),
    ("locations", types::LOCATIONS),
];

#[test]
fn a_section_of_a_type_that_does_not_exist_costs_one_line_whatever_its_options() {
    for (family, types) in FAMILIES {
        for kind in types {
            let options: BTreeSet<&str> = kind.options().collect();
            let options: String = options.iter().map(|o| format!("{o} =\n")).collect();
            let told =
                problems(&format!("[server]\nuuid = u\n[{family}/x]\ntype = {}\n{options}", kind.name));
            assert_eq!(told.len(), 1, "{told:#?}");
            assert!(
                told[0].starts_with(&format!("server.ini:4: [{family}/x] type: '{}'", kind.name)),
                "{told:?}"
            );
        }
    }
}

#[test]
fn a_section_of_a_family_that_does_not_exist_costs_one_line_whatever_its_options() {
    for (family, options) in [
        ("transfers", types::TRANSFER),
        ("administrators", types::ADMINISTRATOR),
        ("roles", types::ROLE),
        ("cluster-nodes", types::CLUSTER_NODE),
    ] {
        let options: String = options.iter().map(|o| format!("{o} =\n")).collect();
        let told = problems(&format!("[server]\nuuid = u\n[{family}/x]\n{options}"));
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("not supported yet; the section is kept and has no effect"), "{told:?}");
    }
}

#[test]
fn a_slip_of_the_finger_is_told_in_sections_without_effect_too() {
    for (section, slip, meant) in [
        ("[services/f]\ntype = ftp", "passive_adress", "passive_address"),
        ("[services/h]\ntype = https", "theme_pat", "theme_path"),
        ("[authentications/l]\ntype = ldap", "bind-dn", "bind_dn"),
        ("[resources/e]\ntype = email-client", "email_from_addres", "email_from_address"),
        ("[locations/l]\ntype = sftp", "ssh_server_identiy", "ssh_server_identity"),
        ("[event-handlers/w]\ntype = http", "retry_counts", "retry_count"),
        ("[transfers/t]", "destination_uid", "destination_uuid"),
        ("[administrators/a]", "rolls", "roles"),
        ("[roles/r]", "permission", "permissions"),
        ("[cluster-nodes/n]", "pasword", "password"),
    ] {
        let loaded = loaded(&format!("[server]\nuuid = u\n{section}\n{slip} = x\n"));
        let problem = loaded.problems.iter().find(|p| p.message == "unknown option").unwrap();
        assert_eq!(problem.hint.as_deref(), Some(&*format!("did you mean '{meant}'?")), "{problem}");
        assert_eq!(problem.severity, Severity::Error);
        assert_eq!(loaded.problems.len(), 2, "{:#?}", loaded.problems);
    }
}

#[test]
fn a_type_that_nobody_has_is_told_with_the_nearest_name() {
    for (family, slip, meant) in [("resources", "sqlit", "sqlite"), ("locations", "azure-blub", "azure-blob")]
    {
        let problem = the_problem(&format!("[server]\nuuid = u\n[{family}/x]\ntype = {slip}\n"));
        assert_eq!(problem.event.unwrap().0, 20091);
        assert_eq!(problem.hint.as_deref(), Some(&*format!("did you mean '{meant}'?")));
    }
}

#[test]
fn no_option_of_a_type_is_listed_twice() {
    for (family, types) in FAMILIES {
        for kind in types {
            let mut seen = BTreeSet::new();
            assert!(kind.options().all(|o| seen.insert(o)), "{family} {}", kind.name);
        }
    }
}
