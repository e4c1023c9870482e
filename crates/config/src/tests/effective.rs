//! Inheritance and placeholders.

use causeway_core::rule::Right;
use causeway_core::{Moment, Timestamp, VPath};

use super::*;
use crate::options::RequiredCredentials;
use crate::{EffectiveAccount, EffectiveError, Standing};

const GROUPS: &str = "[server]
uuid = u
[groups/one]
home_folder_path = /srv/one
create_home_folder = yes
file_write_size = 1000
required_credentials = ssh-key
ssh_authorized_keys_path = keys
home_folder_structure =
    /in
    /out/reports
permissions = allow-read
    /in/*, allow-write
virtual_folders =
    /team, /srv/team
    /own, /srv/own/${USER}
link_roots = /mnt/one
[groups/two]
home_folder_path = /srv/two
file_write_size = 5
home_folder_structure =
    /in
    /other
permissions = allow-full-control
    /in/*, allow-list
    /out/*, allow-rename
virtual_folders =
    /team, /srv/other
    /two, /srv/two
link_roots = /mnt/two
";

fn effective(account: &str) -> Result<EffectiveAccount, EffectiveError> {
    loaded(&format!("{GROUPS}[accounts/a]\nname = ann\ngroup = one, two\n{account}\n")).config.effective("a")
}

fn paths<'a>(list: impl IntoIterator<Item = &'a PathBuf>) -> Vec<String> {
    list.into_iter().map(|p| p.display().to_string()).collect()
}

#[test]
fn an_account_inherits_from_its_first_group_and_merges_lists_over_all() {
    let a = effective("create_home_folder = Inherit\nssh_authorized_keys_path = inherited").unwrap();
    assert_eq!(a.home, Path::new("/srv/one/ann"));
    assert!(a.create_home);
    assert_eq!(a.file_write_size, Some(1000));
    assert_eq!(a.required_credentials, RequiredCredentials::SshKey);
    assert_eq!(a.ssh_keys_path.unwrap(), Path::new("/nonexistent/keys/ann"));
    let structure: Vec<_> = a.home_structure.iter().map(VPath::to_string).collect();
    assert_eq!(structure, ["/in", "/out/reports", "/other"]);
    let folders: Vec<_> =
        a.virtual_folders.iter().map(|f| (f.at.to_string(), f.real.clone(), f.create)).collect();
    let folder = |at: &str, real: &str, create| (at.to_owned(), PathBuf::from(real), create);
    assert_eq!(
        folders,
        [
            folder("/team", "/srv/team", false),
            folder("/own", "/srv/own/ann", true),
            folder("/two", "/srv/two", false)
        ]
    );
    assert_eq!(paths(&a.link_roots), ["/mnt/one", "/mnt/two"]);
    assert_eq!(a.standing, Standing::Enabled);
}

#[test]
fn permissions_are_the_first_groups_global_set_and_the_path_rules_of_all() {
    let rules = effective("").unwrap().rules;
    let allow = |right, path: &str| {
        rules.allow(right, &VPath::absolute(path.as_bytes()).unwrap(), Moment::utc(Timestamp(0)))
    };
    assert!(allow(Right::Read, "/x") && !allow(Right::Write, "/x"));
    assert!(allow(Right::Write, "/in/x") && !allow(Right::List, "/in/x"));
    assert!(allow(Right::Rename, "/out/x") && !allow(Right::Read, "/out/x"));
}

#[test]
fn an_accounts_own_values_win_over_all_groups() {
    let own = "home_folder_path = /home/x\nfile_write_size = 0\nrequired_credentials = any\npermissions = allow-list\n\
        virtual_folders =\nlink_roots = /mnt/own\nssh_authorized_keys_path = /keys/${USER}.pub\nexpire_datetime = 2024-12-12";
    let a = effective(own).unwrap();
    assert_eq!(a.home, Path::new("/home/x"));
    assert!(!a.create_home, "an account does not create its home unless it says so");
    assert_eq!(a.file_write_size, None);
    assert_eq!(a.required_credentials, RequiredCredentials::Any);
    assert!(a.rules.are_uniform());
    assert_eq!(a.virtual_folders, []);
    assert_eq!(paths(&a.link_roots), ["/mnt/own"]);
    assert_eq!(a.ssh_keys_path.unwrap(), Path::new("/keys/ann.pub"));
    assert_eq!(a.expires.unwrap().seconds(), 1_733_961_600);
}

#[test]
fn a_disabled_group_disables_its_accounts() {
    let text = format!(
        "{GROUPS}[groups/off]\nenabled = no\n[accounts/a]\nname = ann\ngroup = one, off\n[accounts/b]\nname = ben\nenabled = no\ngroup = one\n"
    );
    let config = loaded(&text).config;
    assert_eq!(config.effective("a").unwrap().standing, Standing::GroupDisabled("off".into()));
    assert_eq!(config.effective("b").unwrap().standing, Standing::Disabled);
}

#[test]
fn a_failed_group_fails_the_login_of_its_accounts() {
    let text = format!(
        "{GROUPS}[groups/bad]\nsource_ip_filter = allow nowhere\n[accounts/a]\nname = ann\ngroup = one, bad\n"
    );
    let error = loaded(&text).config.effective("a").unwrap_err();
    assert!(matches!(error, EffectiveError::GroupFailed { group, .. } if &*group == "bad"));
}

#[test]
fn an_account_without_a_home_does_not_log_in() {
    let config = clean("[server]\nuuid = u\n[accounts/a]\nname = ann\n");
    assert_eq!(config.effective("a").unwrap_err(), EffectiveError::NoHome("DEFAULT_GROUP".into()));
    assert_eq!(config.effective("d").unwrap_err(), EffectiveError::NoAccount("d".into()));
}

#[test]
fn an_account_of_the_application_never_gets_a_home_of_the_operating_system() {
    for (group, account, option) in [
        ("", "home_folder_path = ${OS_HOME}", "home_folder_path"),
        ("home_folder_path = ${OS_HOME}/in", "", "home_folder_path"),
        (
            "",
            "home_folder_path = /srv\nssh_authorized_keys_path = ${OS_HOME}/keys",
            "ssh_authorized_keys_path",
        ),
        (
            "home_folder_path = /srv\nssh_authorized_keys_path = ${OS_HOME}/keys",
            "ssh_authorized_keys_path = Inherit",
            "ssh_authorized_keys_path",
        ),
    ] {
        let loaded = loaded(&format!(
            "[server]\nuuid = u\n[groups/DEFAULT_GROUP]\n{group}\n[accounts/a]\nname = root\n{account}\n"
        ));
        let found = loaded.problems.iter().find(|p| p.option.as_deref() == Some(option));
        let problem = found.unwrap_or_else(|| panic!("{option}: {:?}", loaded.problems));
        assert_eq!((problem.severity, problem.component.as_deref()), (Severity::Failure, Some("accounts/a")));
        assert!(problem.message.contains("${OS_HOME} is for accounts of the operating system"));
        let error = loaded.config.effective("a").unwrap_err();
        assert!(matches!(&error, EffectiveError::Failed(why) if why.contains("OS_HOME")), "{error}");
    }
}

#[test]
fn a_name_full_of_signs_stays_one_folder() {
    let config = clean(
        "[server]\nuuid = u\n[groups/DEFAULT_GROUP]\nhome_folder_path = /srv\nvirtual_folders = /${USER}, /v/${USER}\n[accounts/a]\nname = ../a:b/*\n",
    );
    let a = config.effective("a").unwrap();
    assert_eq!(a.home, Path::new("/srv/...a.b.."));
    assert_eq!(a.virtual_folders[0].at.to_string(), "/...a.b..");
    assert_eq!(a.virtual_folders[0].real, Path::new("/v/...a.b.."));
}
