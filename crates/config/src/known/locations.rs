//! The client side: locations and transfers.

use super::types::{KnownType, TLS, TLS_CLIENT, of};

/// Options of every location.
pub(super) const LOCATION: &[&str] = &[
    "enabled",
    "name",
    "description",
    "idle_connection_timeout",
    "idle_connection_keepalive_interval",
    "connection_retry_count",
    "connection_retry_interval",
];

const HOST: &[&str] = &["address", "port", "username", "password"];
const FTP: &[&str] = &["acct", "prefer_machine_listing", "debug", "ignore_passive_address"];
const WEB: &[&str] = &["url", "username", "password", "proxy"];
const GRAPH: &[&str] = &["directory_id", "application_id", "password", "tls_trusted_certificates", "proxy"];
const AZURE: &[&str] = &["username", "authentication_method"];

pub(super) const LOCATIONS: &[KnownType] = &[
    of("filesystem", &[]),
    of(
        "sftp",
        &[HOST, &["ssh_client_key", "ssh_server_identity", "proxy", "ssh_cipher_list", "ssh_payload_length"]],
    ),
    of("ftp", &[HOST, FTP]),
    of("ftpse", &[HOST, FTP, &["ftps_reuse_session"], TLS_CLIENT, TLS]),
    of("ftpsi", &[HOST, FTP, &["ftps_reuse_session"], TLS_CLIENT, TLS]),
    of("webdavs", &[WEB, &["authentication_method", "allow_insecure_http"], TLS_CLIENT, TLS]),
    of("sharepoint-online", &[&["url"], GRAPH]),
    of("exchange-online", &[&["username", "file_name_template"], GRAPH]),
    of("azure-blob", &[AZURE, GRAPH]),
    of("azure-file", &[AZURE, GRAPH]),
    of("smb", &[HOST, &["require_encryption"]]),
    of(
        "http-pull",
        &[
            WEB,
            &["request_method", "request_body", "request_headers", "response_code", "response_file_name"],
            TLS_CLIENT,
            TLS,
        ],
    ),
    of("smtp", &[&["email_to_recipients", "email_cc", "email_bcc", "email_subject", "email_body"]]),
    of(
        "as2",
        &[
            WEB,
            &[
                "as2_own_identifier",
                "as2_partner_identifier",
                "as2_own_private_certificate",
                "as2_partner_trusted_certificates",
                "as2_send_security",
                "as2_mdn_receipt",
                "as2_encryption_algorithm",
                "as2_signature_algorithm",
                "as2_compressed",
                "as2_content_type",
                "as2_async_mdn_server_uuid",
                "as2_async_mdn_url",
                "as2_async_mdn_timeout",
                "as2_check_method",
                "debug",
            ],
            TLS_CLIENT,
            TLS,
        ],
    ),
    of(
        "ibm-mq",
        &[
            HOST,
            &[
                "queue_manager",
                "channel",
                "file_name_template",
                "timeout",
                "ssl_cipher_spec",
                "tls_trusted_certificates",
                "tls_private_certificate",
            ],
        ],
    ),
    of(
        "oracle-database",
        &[
            HOST,
            &[
                "service_name",
                "timeout",
                "sql_file_column_type",
                "oracle_client_path",
                "sql_table_list",
                "sql_parent_list",
                "sql_file_list",
                "sql_file_read",
                "sql_file_delete",
                "sql_file_write",
            ],
        ],
    ),
];

pub(super) const TRANSFER: &[&str] = &[
    "enabled",
    "name",
    "description",
    "cluster_activation",
    "source_uuid",
    "source_path",
    "recursive",
    "changes_poll_interval",
    "stable_interval",
    "source_filter",
    "source_filter_age",
    "ignore_missing_source_files",
    "transfer_memory_duration",
    "ignore_duplicate_paths",
    "minimum_transfer_count",
    "minimum_transfer_interval",
    "transfer_chunk_size",
    "destination_uuid",
    "destination_path",
    "destination_temporary_suffix",
    "destination_path_actions",
    "destination_content_actions",
    "destination_fallback_path",
    "overwrite_rule",
    "delete_source_on_success",
    "delete_source_parent_delay",
    "batch_interval",
    "batch_marker_path",
    "execute_before",
    "execute_after_success",
    "execute_after_failure",
    "execute_timeout",
    "execute_on_destination_before",
    "execute_on_destination_after_success",
    "execute_on_destination_after_failure",
    "archive_location_uuid",
    "archive_success_path",
    "archive_failure_path",
    "archive_format",
    "archive_retention_period",
    "retry_count",
    "retry_wait",
    "schedule",
];
