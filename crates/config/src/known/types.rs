//! Types and families that do not exist here, with all their options, so that a slip of the finger is told in
//! them too.

use super::locations;

/// One type of a family, and the options it has besides those of the whole family.
#[derive(Debug, Clone, Copy)]
pub struct KnownType {
    pub name: &'static str,
    pub options: &'static [&'static [&'static str]],
}

impl KnownType {
    /// The names of its options.
    pub fn options(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.options.iter().flat_map(|list| list.iter().copied())
    }
}

pub(super) const fn of(name: &'static str, options: &'static [&'static [&'static str]]) -> KnownType {
    KnownType { name, options }
}

/// Of everything that speaks TLS.
pub(super) const TLS: &[&str] = &[
    "ssl_domains",
    "tls_private_certificate",
    "ssl_certificate_revocation_list",
    "ssl_certificate_revocation_list_refresh",
    "ssl_cipher_list",
    "ssl_allowed_methods",
];

const TLS_SERVER: &[&str] = &["tls_active_session_limit", "tls_mutual_certification_authorities"];

pub(super) const TLS_CLIENT: &[&str] = &["tls_trusted_certificates"];

const FTP: &[&str] = &[
    "banner",
    "passive_port_range",
    "active_source_port",
    "passive_address",
    "passive_wait_connection",
    "idle_data_connection_timeout",
    "enable_password_authentication",
    "enable_ssl_certificate_authentication",
    "ftps_force_secured_command_channel",
    "ftps_require_session_reuse",
    "ignore_ascii_data_type",
    "ascii_data_type_as_default",
];

const HTTP: &[&str] = &[
    "languages",
    "ui_version",
    "login_footnotes",
    "theme_path",
    "public_error",
    "public_account_uuid",
    "public_name",
    "as2_receive_name",
    "as2_receive_path",
    "as2_pending_path",
    "as2_default_filename",
    "as2_receive_private_certificate",
    "as2_no_mdn_success_text",
    "as2_organization",
    "triggers",
    "metadata_fields",
    "announce_session_authentication",
    "api_backend_uuid",
    "api_passthrough_headers",
    "api_partial_success_headers",
];

const HTTP_FRONT: &[&str] = &["headers", "accepted_origins"];
const FORWARDED: &[&str] = &["client_forwarded_header"];
const MANAGER: &[&str] = &["base_url_path", "login_footnotes"];

pub const SERVICES: &[KnownType] = &[
    of("ftp", &[FTP, &["ftps_explicit_enabled"], TLS_SERVER, TLS]),
    of("ftpsi", &[FTP, TLS_SERVER, TLS]),
    of("http", &[HTTP, HTTP_FRONT, FORWARDED]),
    of("https", &[HTTP, HTTP_FRONT, FORWARDED, TLS_SERVER, TLS]),
    of("http-redirect", &[&["redirect_url"], HTTP_FRONT]),
    of("manager", &[MANAGER, HTTP_FRONT, FORWARDED, TLS_SERVER, TLS]),
    of("_manager_unsecured", &[MANAGER, HTTP_FRONT, FORWARDED]),
    // A resource since 5.0.
    of("monitor", &[MONITOR]),
];

const MONITOR: &[&str] = &[
    "source_path",
    "recursive",
    "changes_poll_interval",
    "stable_interval",
    "source_filter",
    "retry_count",
    "file_age_notification",
    "file_age_auto_delete",
    "monitored_operations",
];

/// Options of every resource.
pub const RESOURCE: &[&str] = &["name", "description", "enabled", "cluster_activation"];

pub const RESOURCES: &[KnownType] = &[
    of(
        "email-client",
        &[
            &["address", "port", "username", "password", "email_from_address", "email_to_recipients"],
            TLS_CLIENT,
            TLS,
        ],
    ),
    of("lets-encrypt", &[&["address", "port", "acme_url", "store_directory", "redirect_url", "debug"]]),
    of("monitor", &[MONITOR]),
    of("vault", &[&["external_vault_file"]]),
    of(
        "node-sync",
        &[
            &["role_in_cluster", "sync_interval", "sync_events", "url", "username", "password"],
            TLS_CLIENT,
            TLS,
        ],
    ),
];

pub const ACCOUNTS: &[KnownType] = &[of("os", &[])];

const CLOUD: &[&str] = &[
    "client_id",
    "password",
    "tls_trusted_certificates",
    "base_groups",
    "group_association",
    "base_roles",
    "roles_association",
    "proxy",
    "remove_username_suffix",
    "api_scopes",
];

pub const AUTHENTICATIONS: &[KnownType] = &[
    of(
        "os",
        &[&[
            "access_filesystem_as_service_user",
            "pam_usage",
            "pam_service",
            "allowed_groups",
            "base_groups",
            "group_association",
            "manager_allowed_groups",
            "base_roles",
            "role_association",
        ]],
    ),
    of(
        "http",
        &[&["url", "timeout", "username", "password", "headers", "test_at_start", "proxy"], TLS_CLIENT, TLS],
    ),
    of("ip-time-ban", &[&["ban_interval", "ban_after_count"]]),
    of("deny-username", &[&["usernames", "administrators"]]),
    of("anonymous", &[&["anonymous_account_uuid"]]),
    of(
        "ldap",
        &[
            &[
                "address",
                "port",
                "secure_connection",
                "bind_dn_type",
                "bind_dn",
                "username_attribute",
                "username_suffix",
                "home_folder_attribute",
                "email_attribute",
                "extension_entry_point",
                "extension_configuration",
                "search_filter",
                "manager_search_filter",
                "base_groups",
                "group_attribute",
                "group_mapping",
                "roles_mapping",
            ],
            TLS_CLIENT,
            TLS,
        ],
    ),
    of("local-file", &[&["path", "external_management"]]),
    of(
        "radius",
        &[&[
            "address",
            "port",
            "password",
            "authentication_type",
            "continue_authentication",
            "timeout",
            "nas_port",
            "debug",
            "group_mapping",
        ]],
    ),
    of("entra-id", &[&["directory_id"], CLOUD]),
    of("google-identity", &[CLOUD]),
    of("okta-oidc", &[&["okta_domain"], CLOUD]),
];

pub const VAULT_ITEMS: &[KnownType] = &[
    of("pgp", &[]),
    of("pgp-public", &[]),
    of("pgp-private", &[]),
    of("private-certificate", &[]),
    of("trusted-certificates", &[]),
    of("pinned-keys", &[]),
];

const FILES: &[&str] =
    &["source_attribute", "destination_path", "overwrite_rule", "delete_source_on_success"];
const RETRIES: &[&str] = &["retry_count", "retry_increase"];
const LOGIN: &[&str] = &["username", "password"];

pub const EVENT_HANDLERS: &[KnownType] = &[
    of("database", &[&["path", "auto_delete"]]),
    of("syslog", &[&["url"]]),
    of("windows-eventlog", &[]),
    of(
        "http",
        &[
            &[
                "url",
                "timeout",
                "request_method",
                "http_content_type",
                "expected_response",
                "headers",
                "extra_data",
                "proxy",
            ],
            LOGIN,
            RETRIES,
            TLS_CLIENT,
            TLS,
        ],
    ),
    of(
        "rabbitmq",
        &[&["url", "exchange", "routing_key", "payload_template"], LOGIN, RETRIES, TLS_CLIENT, TLS],
    ),
    of(
        "email-sender",
        &[&[
            "email_to_recipients",
            "email_cc",
            "email_bcc",
            "email_associated_files",
            "email_subject",
            "email_body",
        ]],
    ),
    of(
        "file-dispatcher",
        &[&[
            "dispatch_rules",
            "fallback_rule",
            "dispatch_attribute",
            "dispatch_delay",
            "matching_expressions",
            "retry_count",
            "retry_wait",
            "executable_timeout",
            "destination_temporary_suffix",
            "overwrite_rule",
            "create_destination_folder",
        ]],
    ),
    of("create-archive", &[&["archive_format", "archive_name"], FILES]),
    of("extract-archive", &[&["password"], FILES]),
    of(
        "openpgp",
        &[
            &[
                "encryption_public_keys",
                "signing_private_key",
                "decryption_private_keys",
                "verifying_public_keys",
                "passphrase",
                "encryption_extension",
                "encryption_cipher",
            ],
            FILES,
        ],
    ),
    of("content-check", &[&["source_attribute", "line_search", "digest_format", "digest_algorithm"]]),
    of(
        "external-executable",
        &[&[
            "executable_path",
            "executable_arguments",
            "executable_output_format",
            "executable_timeout",
            "concurrent_processes",
        ]],
    ),
    of("account-interaction", &[&["monitored_operations"]]),
    of("extension", &[&["entry_point", "configuration"]]),
];

pub const LOCATIONS: &[KnownType] = locations::LOCATIONS;
pub const LOCATION: &[&str] = locations::LOCATION;
pub const TRANSFER: &[&str] = locations::TRANSFER;

pub const ADMINISTRATOR: &[&str] = &[
    "enabled",
    "name",
    "description",
    "password",
    "source_ip_filter",
    "multi_factor_authentication",
    "roles",
];

pub const ROLE: &[&str] = &["enabled", "name", "description", "source_ip_filter", "permissions"];

pub const CLUSTER_NODE: &[&str] = &[
    "enabled",
    "name",
    "description",
    "password",
    "source_ip_filter",
    "failover_interval",
    "node_variables",
];
