//! What old releases wrote: taken, and told of.

use super::*;
use crate::value::RotateOn;

/// The problems of a section, after one about its type.
fn of_section(section: &str) -> Vec<(Option<String>, Severity, String)> {
    let loaded = loaded(&format!("[server]\nuuid = u\n{section}\n"));
    loaded.problems.into_iter().map(|p| (p.option, p.severity, p.message)).collect()
}

#[test]
fn an_old_name_of_an_option_is_read_and_the_new_one_is_told() {
    let text = "[server]\nuuid = u\n[event-handlers/h]\nname = h\ntype = local-file\nrotate_each = 1 day\n";
    let loaded = loaded(text);
    let handler = loaded.config.event_handlers["h"].live().unwrap();
    let crate::Sink::LocalFile(file) = &handler.sink else { panic!() };
    assert_eq!(file.rotate_on, RotateOn::Daily { hour: 0, minute: 0 });
    let [problem] = loaded.problems.as_slice() else { panic!("{:#?}", loaded.problems) };
    assert_eq!(
        problem.to_string(),
        "server.ini:6: [event-handlers/h] rotate_each: called 'rotate_on' since release 4.0; the file is put aside at midnight"
    );
    assert_eq!(problem.severity, Severity::Warning);
}

#[test]
fn an_old_name_is_told_once_even_if_its_option_is_not_supported() {
    for (section, old, new) in [
        ("[groups/g]\nldap_association = CN=x", "ldap_association", "external_groups_association"),
        ("[administrators/a]\nrole = r", "role", "roles"),
        ("[transfers/t]\ntype = copy", "type", "delete_source_on_success"),
        (
            "[transfers/t]\ndelete_souorce_parent_delay = 5",
            "delete_souorce_parent_delay",
            "delete_source_parent_delay",
        ),
        ("[authentications/r]\ntype = radius\nshared_secret = s3cret", "shared_secret", "password"),
        ("[authentications/e]\ntype = azure-ad\napplication_id = x", "application_id", "client_id"),
        (
            "[resources/m]\ntype = monitor\nwarn_non_modified_files_interval = 5",
            "warn_non_modified_files_interval",
            "file_age_notification",
        ),
        (
            "[resources/a]\ntype = process-monitor\nconnections_count_trigger = 5",
            "connections_count_trigger",
            "connection_count_trigger",
        ),
    ] {
        let told = of_section(section);
        let about: Vec<_> = told.iter().filter(|(option, ..)| option.as_deref() == Some(old)).collect();
        let [(_, severity, message)] = about.as_slice() else { panic!("{told:#?}") };
        assert_eq!(*severity, Severity::Warning);
        assert!(message.starts_with(&format!("called '{new}' since release")), "{message}");
        assert!(!format!("{told:?}").contains("s3cret"));
        assert!(told.iter().all(|(_, _, message)| message != "unknown option"), "{told:#?}");
    }
}

#[test]
fn the_new_name_wins_over_the_old_one_unless_it_restricts() {
    let handler = "[server]\nuuid = u\n[event-handlers/h]\nname = h\ntype = local-file\nrotate_each = 1 day\nrotate_on = 03:00 time-of-day\n";
    let loaded = loaded(handler);
    let crate::Sink::LocalFile(file) = &loaded.config.event_handlers["h"].live().unwrap().sink else {
        panic!()
    };
    assert_eq!(file.rotate_on, RotateOn::Daily { hour: 3, minute: 0 });
    let [problem] = loaded.problems.as_slice() else { panic!("{:#?}", loaded.problems) };
    assert_eq!((problem.line, problem.severity), (6, Severity::Error));
    assert_eq!(problem.message, "the old name of 'rotate_on', which is given too and counts");
}

#[test]
fn host_keys_of_old_releases_make_the_service_refuse_and_say_what_to_do() {
    for old in [
        "rsa_private_key = key",
        "dsa_private_key = key",
        "rsa_private_key_password = x",
        "ssh_host_private_keys = key, other",
        "ssh_host_keys = key",
    ] {
        let loaded = with_service(&format!("{old}\n"));
        let failure = failure(&loaded.config.services["s"]);
        assert!(failure.reason.contains("external-file:PATH"), "{failure:?}");
        assert_eq!(loaded.problems.len(), 1);
    }
    let loaded = with_service("dsa_private_key = disabled\nbanner = Hello\n");
    assert!(loaded.config.services["s"].live().is_some());
    assert!(loaded.problems.iter().all(|p| p.severity == Severity::Warning));
    assert_eq!(loaded.problems.len(), 2);
}

#[test]
fn what_was_taken_away_is_told_and_breaks_nothing() {
    for (section, options) in [
        (
            "[services/f]\ntype = ftp",
            "ftps_ccc = yes\nftps_force_secured_data_channel = yes\nssl_certificate = c.pem\nssl_certificate_authority = ca.pem",
        ),
        ("[services/h]\ntype = https", "as2_receive_certificate = c\nas2_receive_key = k\nssl_key = k"),
        ("[resources/l]\ntype = lets-encrypt", "contact_email = a@b.c"),
        (
            "[authentications/l]\ntype = ldap",
            "multi_factor_authentication_attribute = otp\nssl_key_password = k",
        ),
        ("[administrators/a]", "node_variables = x"),
        ("[accounts/a]\nname = ann", "as2_certificates = x"),
        ("[locations/l]\ntype = ftpse", "ftps_ccc = yes\nssl_certificate_authority = x"),
    ] {
        let told = of_section(&format!("{section}\n{options}"));
        for option in options.lines().map(|o| o.split(' ').next().unwrap()) {
            let about: Vec<_> = told.iter().filter(|(o, ..)| o.as_deref() == Some(option)).collect();
            let [(_, Severity::Warning, message)] = about.as_slice() else { panic!("{option}: {told:#?}") };
            assert!(message.starts_with("the option is gone since release"), "{message}");
        }
    }
    assert_eq!(
        problems("[server]\nuuid = u\nexecute_at_startup = x\nmanager_authentications = m\n").len(),
        2
    );
}

#[test]
fn old_types_are_known_and_told_what_they_are_now() {
    for (family, old, now) in [
        ("services", "monitor", "resources since release 5.0"),
        ("resources", "process-monitor", "called analytics"),
        ("authentications", "azure-ad", "called entra-id"),
        ("authentications", "deny-username", "deny_usernames"),
        ("authentications", "ip-time-ban", "the bans"),
        ("event-handlers", "file-digest", "called content-check"),
        ("event-handlers", "account-activity", "a resource of type analytics"),
        ("event-handlers", "amend-content", "a handler of type extension"),
        ("locations", "oracle-db", "called oracle-database"),
        ("locations", "stmp", "called smtp"),
    ] {
        let loaded = loaded(&format!("[server]\nuuid = u\n[{family}/x]\nname = x\ntype = {old}\n"));
        let problem = loaded.problems.iter().find(|p| p.option.as_deref() == Some("type")).unwrap();
        assert!(problem.message.contains(now), "{problem}");
        // What was to decide who gets in refuses, whatever it is called.
        assert_eq!(problem.severity == Severity::Failure, family == "authentications", "{problem}");
    }
}

#[test]
fn the_old_word_for_none_is_an_empty_value() {
    let text = "[server]\nuuid = u\n[accounts/a]\nname = ann\nhome_folder_path = /srv\npassword = disabled\n\
        expire_datetime = Disable\nssh_authorized_keys_path = disabled\nmulti_factor_authentication = disabled\n";
    let loaded = loaded(text);
    let account = loaded.config.effective("a").unwrap();
    assert_eq!(account.expires, None);
    assert_eq!(account.ssh_keys_path, None);
    assert!(matches!(account.password, crate::value::StoredPassword::None));
    let lines: Vec<_> = loaded.problems.iter().map(|p| (p.line, p.severity)).collect();
    assert_eq!(lines, [6, 7, 8, 9].map(|line| (line, Severity::Warning)));
    assert!(
        loaded
            .problems
            .iter()
            .all(|p| p.message == "release 4.16 writes that there is none by an empty value")
    );
}

#[test]
fn values_that_old_releases_wrote_differently_are_told() {
    for (section, about) in [
        ("[groups/g]\npermissions = read, write\n    *.exe, deny-full-control", "'allow-'"),
        ("[roles/r]\npermissions = runnables/x, read", "'configuration/'"),
        ("[roles/r]\npermissions = /configuration/identity/accounts, read", "'configuration/'"),
        ("[services/f]\ntype = ftp\nssl_allowed_methods = tlsv1.1 tlsv1.2", "commas"),
        ("[authentications/o]\ntype = os\ngroup_association = 1234-abc", "base_groups"),
        (
            "[authentications/e]\ntype = entra-id\ngroup_association = base-and-azure-groups",
            "base-and-cloud-groups",
        ),
        ("[authentications/l]\ntype = ldap\ngroup_mapping =\n    grp\n    cn, x, y", "base_groups"),
    ] {
        let told = of_section(section);
        let about = told.iter().filter(|(_, s, m)| *s == Severity::Warning && m.contains(about)).count();
        assert_eq!(about, 1, "{told:#?}");
    }
    let config = loaded("[server]\nuuid = u\n[groups/g]\npermissions = full-control\n").config;
    assert!(config.groups["g"].live().is_some());
}

#[test]
fn an_old_list_of_addresses_becomes_rules_that_allow() {
    for (old, rules) in [
        ("10.0.0.1, 2001:db8::1", "allow 10.0.0.1\nallow 2001:db8::1"),
        ("10.0.0.0/8", "allow 10.0.0.0/8"),
        ("Inherit", ""),
        ("disabled", ""),
    ] {
        let loaded =
            loaded(&format!("[server]\nuuid = u\n[accounts/a]\nname = ann\nsource_ip_filter = {old}\n"));
        let account = loaded.config.accounts["a"].live().unwrap();
        assert_eq!(account.options.source_ip_filter.to_string(), rules);
        let [problem] = loaded.problems.as_slice() else { panic!("{:#?}", loaded.problems) };
        assert_eq!((problem.line, problem.severity), (5, Severity::Warning), "{problem}");
    }
}
