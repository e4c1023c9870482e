//! What components refer to.

use super::*;
use crate::{Method, Protocol};

#[test]
fn a_service_takes_chain_and_host_keys_from_the_server_when_it_has_none() {
    let folder = folder_with_key();
    let text = "[server]\nuuid = u\nssh_server_keys = k\nauthentications = m\n[vault-items/k]\nname = k\n\
        type = ssh-private\ncontent = external-file:key\n[authentications/m]\ntype = application\n\
        [services/s]\ntype = sftp\nport = 10022\n";
    let loaded = load_text(text.as_bytes(), folder.path(), &environment()).unwrap();
    assert_eq!(loaded.problems, []);
    let service = loaded.config.services["s"].live().unwrap();
    assert_eq!(&*service.authentications[0], "m");
    let Protocol::Ssh { host_keys, .. } = &service.protocol;
    assert_eq!(host_keys.len(), 1);
    let Method::Application(_) = loaded.config.authentications["m"].live().unwrap().method;
}

#[test]
fn a_reference_to_nothing_fails_who_refers() {
    for (more, told) in [
        ("authentications = DEFAULT-AUTHENTICATIONS\n", "did you mean 'DEFAULT-AUTHENTICATION'?"),
        ("security_policy = p\n", "there is no security policy 'p'"),
        ("[services/t]\ntype = ssh\nport = 1\nssh_server_keys = k, l\n", "there is no vault item 'l'"),
        ("[services/t]\ntype = ssh\nport = 1\n", "neither this service nor [server] lists a host key"),
        ("[accounts/a]\nname = a\ngroup = DEFAULT-GROUP\n", "did you mean 'DEFAULT_GROUP'?"),
    ] {
        let loaded = with_service(more);
        let [problem] = loaded.problems.as_slice() else { panic!("{more}: {:#?}", loaded.problems) };
        assert_eq!(problem.severity, Severity::Failure);
        assert!(problem.message.contains(told), "{problem}");
    }
}

#[test]
fn a_host_key_that_cannot_be_used_fails_the_service() {
    let public = "[vault-items/p]\nname = p\ntype = ssh-public\ncontent = external-file:absent\n";
    let loaded = with_service(&format!("[services/t]\ntype = ssh\nport = 1\nssh_server_keys = p\n{public}"));
    assert!(failure(&loaded.config.services["t"]).reason.contains("'p' cannot be used"));
    assert!(loaded.config.services["s"].live().is_some());

    let folder = folder_with_key();
    let pem = String::from_utf8(private_key().expose().to_vec()).unwrap();
    let key = causeway_core::sshkey::PrivateKey::parse(pem.as_bytes(), None).unwrap();
    let line = String::from_utf8(key.public().to_openssh()).unwrap();
    let text = format!(
        "{SSH}[services/t]\ntype = ssh\nport = 1\nssh_server_keys = p\n[vault-items/p]\nname = p\ntype = ssh-public\ncontent = {line}\n"
    );
    let loaded = load_text(text.as_bytes(), folder.path(), &environment()).unwrap();
    assert!(loaded.config.vault_items["p"].live().is_some());
    assert!(failure(&loaded.config.services["t"]).reason.contains("not of the type ssh-private"));
}

#[test]
fn a_key_may_stand_in_the_file_itself() {
    let pem = String::from_utf8(private_key().expose().to_vec()).unwrap();
    let indented: String = pem.lines().map(|l| format!("    {l}\n")).collect();
    let config = clean(&format!(
        "[server]\nuuid = u\n[vault-items/k]\nname = k\ntype = ssh-private\ncontent =\n{indented}"
    ));
    assert!(config.vault_items["k"].live().is_some());
}

#[test]
fn a_policy_that_cannot_be_honoured_fails_the_services_it_was_to_guard() {
    let bad = "[security-policies/p]\nname = p\nsource_ip_filter = deny nowhere\n";
    let guarded = with_service(&format!("security_policy = p\n{bad}"));
    assert!(failure(&guarded.config.services["s"]).reason.contains("'p' cannot be used"));
    let other = with_service(bad);
    assert!(other.config.services["s"].live().is_some(), "it names another policy");
    // The default policy guards every service that names none.
    for option in ["source_ip_filter = x", "source_ip_ban_after_count = many", "source_ip_ban_interval = 0"] {
        let guarded = with_service(&format!("[security-policies/DEFAULT-SECURITY-POLICY]\n{option}\n"));
        failure(&guarded.config.services["s"]);
    }
}

#[test]
fn the_default_policy_is_there_with_its_defaults_if_it_is_not_written() {
    let config = with_service("").config;
    assert_eq!(&*config.services["s"].live().unwrap().security_policy, "DEFAULT-SECURITY-POLICY");
    let policy = config.security_policies["DEFAULT-SECURITY-POLICY"].live().unwrap();
    let options = &policy.options;
    assert_eq!(options.source_ip_ban_after_count, 5);
    assert_eq!(options.source_ip_ban_interval.duration().as_secs(), 3600);
    assert!(!policy.denies_name("root") && options.source_ip_filter.is_empty());
}

#[test]
fn names_are_denied_without_regard_to_case() {
    let text = "[server]\nuuid = u\n[security-policies/p]\ndeny_usernames = Root, \u{c4}RGER\n";
    let config = clean(text);
    let policy = config.security_policies["p"].live().unwrap();
    for (name, denied) in
        [("root", true), ("ROOT", true), ("\u{e4}rger", true), ("roo", false), ("root ", false)]
    {
        assert_eq!(policy.denies_name(name), denied, "{name}");
    }
}

#[test]
fn two_accounts_of_one_name_are_both_failed() {
    let text = "[server]\nuuid = u\n[accounts/a]\nname = ann\n[accounts/b]\nname = ann\n[accounts/c]\nname = Ann\n[accounts/d]\nname = ann\n";
    let loaded = loaded(text);
    for id in ["a", "b", "d"] {
        assert!(failure(&loaded.config.accounts[id]).reason.contains("too"), "{id}");
    }
    assert!(loaded.config.accounts["c"].live().is_some());
    assert!(loaded.config.account_by_name("ann").unwrap().1.live().is_none());
    assert_eq!(loaded.problems.iter().map(|p| p.line).collect::<Vec<_>>(), [4, 6, 10]);
}

#[test]
fn a_failed_account_does_not_leave_its_name_to_another() {
    let loaded =
        loaded("[server]\nuuid = u\n[accounts/a]\nname = ann\nenabled = x\n[accounts/b]\nname = ann\n");
    failure(&loaded.config.accounts["b"]);
    assert!(loaded.config.account_by_name("ann").unwrap().1.live().is_none());
}

#[test]
fn the_default_components_need_not_be_written() {
    let config = clean("[server]\nuuid = u\n");
    assert!(config.groups["DEFAULT_GROUP"].live().is_some());
    assert!(config.authentications["DEFAULT-AUTHENTICATION"].live().is_some());
}

#[test]
fn appendix_b_5_a_group_is_known_by_its_id_and_its_name_is_free() {
    for name in ["Sales", "Marketing"] {
        let config = clean(&format!(
            "[server]\nuuid = u\n[groups/g]\nname = {name}\nhome_folder_path = /srv\n[accounts/a]\nname = ann\ngroup = g\n"
        ));
        assert_eq!(&*config.effective("a").unwrap().groups[0], "g");
    }
}

#[test]
fn the_state_is_where_the_sqlite_resource_says() {
    let of = |options: &str| clean(&format!("[server]\nuuid = u\n{options}")).state_file();
    assert_eq!(of(""), None);
    assert_eq!(of("[resources/DEFAULT-SQLITE]\ntype = sqlite\nname = state\n"), None);
    let relative = "[resources/DEFAULT-SQLITE]\ntype = sqlite\npath = configuration/cache.db3\n";
    assert_eq!(of(relative).unwrap(), Path::new("/nonexistent/configuration/cache.db3"));
    let absolute = "[resources/DEFAULT-SQLITE]\ntype = sqlite\nenabled = yes\npath = /var/lib/state.db3\n";
    assert_eq!(of(absolute).unwrap(), Path::new("/var/lib/state.db3"));
    let problem = the_problem("[server]\nuuid = u\n[resources/other]\ntype = sqlite\npath = x\n");
    assert!(problem.message.contains("only [resources/DEFAULT-SQLITE] counts"), "{problem}");
    let folder = "[server]\nuuid = u\n[resources/DEFAULT-SQLITE]\ntype = sqlite\npath = run/\n";
    assert_eq!(the_problem(folder).event.unwrap().0, 20190);
}
