//! The rule for bad values (design: configuration).

use super::*;

#[test]
fn appendix_b_1_an_absent_option_has_its_default() {
    let config = clean("[server]\nuuid = u\n[accounts/a]\nname = ann\n");
    assert_eq!(config.server.umask.0, 0o022);
    assert_eq!(config.server.partial_keep.0, 86_400);
    let account = config.accounts["a"].live().unwrap();
    assert!(account.options.enabled);
    assert_eq!(&*account.options.group[0], "DEFAULT_GROUP");
}

#[test]
fn appendix_b_1_numeric_garbage_gives_the_default_and_event_20190() {
    let loaded = with_service("idle_connection_timeout = soon\nmaximum_concurrent_connections = -1\n");
    let service = loaded.config.services["s"].live().unwrap();
    assert_eq!(service.options.idle_connection_timeout.duration().as_secs(), 300);
    assert_eq!(service.options.maximum_concurrent_connections, 10_000);
    let [one, two] = loaded.problems.as_slice() else { panic!("{:#?}", loaded.problems) };
    assert_eq!(
        one.to_string(),
        "server.ini:11: [services/s] idle_connection_timeout: 'soon' is not a number of seconds; using the default, 300"
    );
    assert_eq!(one.event.unwrap().0, 20190);
    assert_eq!(one.severity, Severity::Error);
    let replaced = two.replaced.as_ref().unwrap();
    assert_eq!((&*replaced.value, &*replaced.default), ("-1", "10000"));
}

#[test]
fn appendix_b_1_an_unknown_type_fails_its_component_and_the_others_live() {
    let loaded = with_service("[services/x]\ntype = sssh\nport = 1\n[accounts/a]\nname = ann\n");
    assert!(loaded.config.services["s"].live().is_some());
    assert!(loaded.config.accounts["a"].live().is_some());
    assert!(failure(&loaded.config.services["x"]).reason.contains("unknown type"));
    let [problem] = loaded.problems.as_slice() else { panic!("{:#?}", loaded.problems) };
    assert_eq!(
        problem.to_string(),
        "server.ini:12: [services/x] type: unknown type 'sssh' (did you mean 'ssh'?)"
    );
    assert_eq!(problem.event.unwrap().0, 20091);
}

#[test]
fn a_bad_value_that_restricts_fails_the_component() {
    for bad in [
        "enabled = maybe",
        "permissions = allow-everything",
        "expire_datetime = tomorrow",
        "home_folder_path = files",
        "required_credentials = none",
        "required_credentials = password, ssh-key, password",
        "required_credentials = password, certificate",
        "required_credentials = any, password",
        "required_credentials =",
        "multi_factor_authentication = otpauth://totp/x?secret=AAAA",
        "multi_factor_authentication = external-file:missing",
        "multi_factor_authentication = env:NOT_SET",
        "file_write_size = much",
        "virtual_folders = /x",
        "password = $1$salt$hash",
        "password = enc:xyz",
        "password = env:NOT_SET",
        "group =",
        "link_roots = relative",
        "password_lifetime = soon",
        "disable_on_inactivity = never",
        "amend_write_name = date-prefix",
        "source_ip_filter = allow somewhere",
        "source_ip_filter = permit 10.0.0.1",
    ] {
        let loaded = loaded(&format!("[server]\nuuid = u\n[accounts/a]\nname = ann\n{bad}\n"));
        let failure = failure(&loaded.config.accounts["a"]);
        assert_eq!(failure.name.as_deref(), Some("ann"), "{bad}");
        let [problem] = loaded.problems.as_slice() else { panic!("{bad}: {:#?}", loaded.problems) };
        assert_eq!((problem.severity, problem.line), (Severity::Failure, 5), "{bad}");
        assert_eq!(problem.event.unwrap().0, 20120, "{bad}");
        // The name leads to the failed account: it is refused, not unknown.
        assert!(loaded.config.account_by_name("ann").is_some_and(|(_, c)| c.live().is_none()), "{bad}");
    }
}

#[test]
fn a_wrong_expression_fails_what_it_would_have_restricted() {
    for (wrong, reason) in [
        ("m/(/", "a group is not closed"),
        ("e/a**/", "it is repeated already"),
        ("m/(?t)a/", "the flag 't' is not supported"),
        ("m/a{1001}/", "more than 1000 times"),
        ("t/{year}/", "'year'"),
        ("t/{day.padded}/-1y", "'-1y' is not an offset"),
        ("[${USER}]", "part of a class"),
        ("m//", "the expression is empty"),
    ] {
        let text = format!(
            "[server]\nuuid = u\n[accounts/a]\nname = ann\npermissions =\n    allow-read\n    {wrong}, allow-write\n\
             [groups/g]\nname = g\npermissions =\n    {wrong}, deny-full-control\n\
             [event-handlers/h]\nname = h\ntype = standard-stream\ndata_filter = path, {wrong}\n"
        );
        let loaded = loaded(&text);
        assert!(loaded.config.accounts["a"].live().is_none(), "{wrong}");
        assert!(loaded.config.groups["g"].live().is_none(), "{wrong}");
        assert!(loaded.config.event_handlers["h"].live().is_none(), "{wrong}");
        let told: Vec<_> = loaded.problems.iter().map(|p| (p.severity, p.line, p.to_string())).collect();
        assert_eq!(told.len(), 3, "{told:#?}");
        for (line, (severity, at, message)) in [5, 10, 15].into_iter().zip(told) {
            assert_eq!((severity, at), (Severity::Failure, line), "{message}");
            assert!(message.contains(reason), "{message}");
        }
    }
}

#[test]
fn every_problem_of_a_component_is_told_at_once() {
    let text = "[server]\nuuid = u\n[accounts/a]\nname = ann\nenabled = x\nexpire_datetime = y\ngruop = z\ncreate_home_folder = w\n";
    let lines: Vec<_> = loaded(text).problems.iter().map(|p| p.line).collect();
    assert_eq!(lines, [5, 6, 7, 8]);
}

#[test]
fn a_bad_key_restricts_nothing_but_gives_no_login() {
    let loaded = loaded(
        "[server]\nuuid = u\n[accounts/a]\nname = ann\nssh_authorized_keys_content = ssh-ed25519 AAAA\n",
    );
    assert!(loaded.config.accounts["a"].live().unwrap().options.ssh_authorized_keys_content.is_empty());
    assert_eq!(loaded.problems[0].event.unwrap().0, 20190);
}

#[test]
fn a_missing_option_without_a_default_fails_the_component() {
    let loaded = loaded("[server]\nuuid = u\n[services/s]\ntype = ssh\n[accounts/a]\n[services/t]\n");
    assert!(failure(&loaded.config.services["s"]).reason.starts_with("port: the option is missing"));
    assert!(failure(&loaded.config.accounts["a"]).reason.starts_with("name: the option is missing"));
    assert!(failure(&loaded.config.services["t"]).reason.starts_with("type: the option is missing"));
}

#[test]
fn an_unknown_option_is_told_with_the_nearest_name() {
    let problem = the_problem("[server]\nuuid = u\natomic_upload = Yes\n");
    assert_eq!(
        problem.to_string(),
        "server.ini:3: [server] atomic_upload: unknown option (did you mean 'atomic_uploads'?)"
    );
    assert!(problem.fails_check());
    assert_eq!(problem.severity, Severity::Error);
}

#[test]
fn names_of_options_are_read_in_any_case() {
    let config = clean("[server]\nUUID = u\n[accounts/a]\nName = ann\nENABLED = no\n");
    assert!(!config.accounts["a"].live().unwrap().options.enabled);
}

#[test]
fn what_is_not_supported_yet_is_a_warning_unless_it_restricts() {
    let loaded = with_service("debug = yes\n[services/f]\ntype = ftp\nport = 21\n[roles/r]\nname = r\n");
    assert!(loaded.config.services["s"].live().is_some());
    assert!(failure(&loaded.config.services["f"]).reason.contains("'ftp' is not supported yet"));
    assert!(loaded.problems.iter().all(|p| p.severity == Severity::Warning && !p.fails_check()));
    assert_eq!(loaded.problems.iter().map(|p| p.line).collect::<Vec<_>>(), [11, 13, 15]);

    let loaded = super::loaded("[server]\nuuid = u\n[accounts/a]\nname = ann\ntype = os\n");
    assert!(failure(&loaded.config.accounts["a"]).reason.contains("not supported yet"));
    let secret = "multi_factor_authentication = otpauth://totp/x?secret=S3CRET";
    let loaded = super::loaded(&format!("[server]\nuuid = u\n[accounts/a]\nname = ann\n{secret}\n"));
    assert!(!failure(&loaded.config.accounts["a"]).reason.contains("S3CRET"));
    assert!(loaded.problems.iter().all(|p| !p.to_string().contains("S3CRET")));
    clean(
        "[server]\nuuid = u\n[accounts/a]\nname = ann\nemail = a@b.c\ncreated = 2024-12-12\npassword_lifetime = Inherit\ndisable_on_inactivity = 0\n",
    );
}

#[test]
fn a_method_that_was_to_restrict_is_failed_and_keeps_its_place_in_the_chain() {
    for options in [
        "type = ldap",
        "type = application\nallowed_groups = nowhere",
        "type = application\nstrict_group_access = maybe",
        "type = application\nsecond_factor_authentication = other",
        "type = application\nuse_as_second_factor = yes",
    ] {
        let loaded = with_service(&format!("authentications = m\n[authentications/m]\n{options}\n"));
        failure(&loaded.config.authentications["m"]);
        let service = loaded.config.services["s"].live().unwrap();
        assert_eq!(&*service.authentications[0], "m", "{options}");
    }
}

#[test]
fn a_server_section_that_cannot_be_honoured_is_no_configuration() {
    let error = try_load("[server]\nuuid = u\numask = 999\n").unwrap_err();
    assert!(matches!(error, LoadError::Server(_)));
    assert_eq!(error.problems()[0].line, 3);
    assert!(error.to_string().contains("server.ini:3: [server] umask:"), "{error}");
}

#[test]
fn errors_of_syntax_are_all_told_and_nothing_runs() {
    let error = try_load("[server]\nuuid\n[server]\n").unwrap_err();
    let lines: Vec<_> = error.problems().iter().map(Problem::to_string).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].starts_with("server.ini:3: the section [server] is here already"));
}

#[test]
fn sections_that_are_nothing_are_told() {
    let told = problems("[server]\nuuid = u\n[acounts/a]\nname = x\n[accounts]\n[server/x]\n[things/y]\n");
    assert_eq!(told.len(), 4);
    assert_eq!(told[0], "server.ini:3: [acounts/a] unknown kind of section (did you mean 'accounts'?)");
}

#[test]
fn a_plain_password_works_and_is_warned_of_without_being_told() {
    let loaded = loaded("[server]\nuuid = u\n[accounts/a]\nname = ann\npassword = hunter2\n");
    let account = loaded.config.accounts["a"].live().unwrap();
    assert!(matches!(account.password, crate::value::StoredPassword::Plain(_)));
    let [problem] = loaded.problems.as_slice() else { panic!() };
    assert_eq!(problem.severity, Severity::Warning);
    assert!(!format!("{:?}{:?}", loaded.config.accounts, problem).contains("hunter2"));
    clean("[server]\nuuid = u\n[accounts/a]\nname = ann\npassword = env:THE_PASSWORD\n");
}

#[test]
fn no_secret_is_in_a_message() {
    let text = "[server]\nuuid = u\n[accounts/a]\nname = ann\npassword = $9$S3CRET\n[vault-items/k]\nname = k\n\
        type = ssh-private\ncontent =\n    -----BEGIN PRIVATE KEY-----\n    S3CRET\n    -----END PRIVATE KEY-----\n";
    let loaded = loaded(text);
    assert_eq!(loaded.problems.len(), 2);
    assert!(!format!("{:?}{:?}", loaded.problems, loaded.config).contains("S3CRET"));
}

#[test]
fn moments_at_which_components_were_made_and_changed_are_checked_in_every_section() {
    let moments = "created = 2024-12-12\nchanged = 2024-12-12T10:00:00+02:00\n";
    for section in ["[groups/x]\n", "[accounts/x]\nname = ann\nhome_folder_path = /srv\n"] {
        clean(&format!("[server]\nuuid = u\n{section}{moments}"));
    }
    for section in ["groups/x]", "roles/x]", "locations/x]\ntype = sftp", "accounts/x]\nname = ann"] {
        let told = loaded(&format!("[server]\nuuid = u\n[{section}\nchanged = last week\n")).problems;
        let problem = told.iter().find(|p| p.option.as_deref() == Some("changed")).unwrap();
        assert_eq!((problem.severity, problem.event.unwrap().0), (Severity::Error, 20190), "{problem}");
        assert_eq!(problem.replaced.as_ref().unwrap().value, "last week");
    }
}

#[test]
fn addresses_of_people_are_checked_and_the_account_lives_without_them() {
    let text = |email: &str| format!("[server]\nuuid = u\n[accounts/a]\nname = ann\nemail = {email}\n");
    let config = clean(&text("ann@example.com, \"Lee, Ann\" <ann.lee+x@mail.example.org>, Ann <a@b>"));
    let account = config.accounts["a"].live().unwrap();
    let all: Vec<_> = account.options.email.iter().map(|m| (&*m.name, &*m.address)).collect();
    assert_eq!(all, [("", "ann@example.com"), ("Lee, Ann", "ann.lee+x@mail.example.org"), ("Ann", "a@b")]);
    let again: crate::value::Mailboxes = account.options.email.to_string().parse().unwrap();
    assert_eq!(again, account.options.email);
    for bad in ["ann", "ann@", "@x", "a b@c", "Ann <ann", "ann..lee@x", "a@b..c", "<>", "\"Ann <a@b>"] {
        let loaded = loaded(&text(bad));
        assert!(loaded.config.accounts["a"].live().unwrap().options.email.is_empty(), "{bad}");
        assert_eq!(loaded.problems.len(), 1, "{bad}: {:?}", loaded.problems);
        assert_eq!(loaded.problems[0].event.unwrap().0, 20190);
    }
}
