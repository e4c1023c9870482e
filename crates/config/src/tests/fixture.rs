//! A file as an SFTPPlus administrator brings it along.

use super::*;

const FIXTURE: &str = include_str!("appendix_a.ini");

use Severity::{Error, Failure as Refuses, Warning};

/// Line, component, option (empty for the section itself), what follows.
const EXPECTED: [(u32, &str, &str, Severity); 18] = [
    (9, "server", "tls_private_certificate", Warning),
    (12, "services/DEFAULT-MANAGER", "type", Warning),
    (20, "services/svc-ftps", "type", Warning),
    (28, "services/svc-sftp", "ssh_server_keys", Refuses),
    (28, "services/svc-sftp", "ssh_server_keys", Refuses),
    (41, "services/svc-web", "type", Warning),
    (92, "accounts/acc-1", "ssh_authorized_keys_content", Error),
    (96, "accounts/acc-1", "multi_factor_authentication", Refuses),
    (105, "authentications/DEFAULT-AUTHENTICATION", "second_factor_authentication", Refuses),
    (107, "authentications/auth-otp", "type", Refuses),
    (112, "authentications/auth-radius", "type", Refuses),
    (120, "authentications/auth-ldap", "type", Refuses),
    (133, "roles/DEFAULT-ROLE", "", Warning),
    (135, "roles/role-ops", "", Warning),
    (142, "administrators/DEFAULT-ADMINISTRATOR-UUID", "", Warning),
    (148, "vault-items/vi-hk-ed", "content", Refuses),
    (150, "resources/DEFAULT-VAULT", "type", Warning),
    (152, "cluster-nodes/node-b", "", Warning),
];

#[test]
fn a_file_brought_along_is_told_line_by_line_what_does_not_work() {
    let loaded = loaded(FIXTURE);
    let told: Vec<_> = loaded
        .problems
        .iter()
        .map(|p| {
            (p.line, p.component.as_deref().unwrap_or(""), p.option.as_deref().unwrap_or(""), p.severity)
        })
        .collect();
    assert_eq!(told, EXPECTED);
}

#[test]
fn what_a_file_brought_along_can_have_works() {
    let config = loaded(FIXTURE).config;
    assert_eq!(config.server.umask.0, 0o027);
    let public = config.effective("acc-public").unwrap();
    assert_eq!(public.home, Path::new("/srv/mft/public/files"));
    assert_eq!(public.virtual_folders[1].real, Path::new("/srv/odd,name/public"));
    assert!(config.event_handlers["DEFAULT-FILE"].live().is_some());
    assert!(!config.groups["DEFAULT_GROUP"].live().unwrap().options.enabled);
    for id in ["DEFAULT-MANAGER", "svc-ftps", "svc-sftp", "svc-web"] {
        failure(&config.services[id]);
    }
}
