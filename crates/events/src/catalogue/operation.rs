//! The process, its components, logins, handlers, monitors, analytics (20000 to 20202).

use super::{Entry, groups::*, known};

pub(super) const ENTRIES: &[Entry] = &[
    known(20000, INFORMATIONAL | AUTHENTICATED, "debug output of a component that has debug on", &["message"]),
    known(20001, OPERATIONAL | PROCESS | INFORMATIONAL, "process is starting", &["instance_name", "product_version"])
        .text("Causeway {product_version} ({instance_name}) is starting."),
    known(20002, OPERATIONAL | PROCESS | INFORMATIONAL, "process is shutting down", &["instance_name", "product_version"])
        .text("Causeway {product_version} ({instance_name}) is stopping."),
    known(20003, OPERATIONAL | SESSION | INFORMATIONAL, "PROXY-protocol header accepted; real peer address replaced", &["extensions", "host", "port"])
        .text("The balancer {host}:{port} has connected for this peer. {extensions}"),
    known(20004, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "start-up aborted while starting a component", &["details", "traceback"])
        .text("The start was given up: {details}"),
    known(20005, OPERATIONAL | SESSION | FAILURE, "source address blocked by a security policy", &["policy_name", "details"])
        .text("Blocked by the security policy \"{policy_name}\": {details}"),
    known(20007, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "could not drop privileges to the service account", &["account", "details"])
        .text("Could not become the account \"{account}\": {details}"),
    known(20008, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "refused to run as root without an explicit account", &[])
        .text("Refused to run as root: set the option \"account\" of [server]."),
    known(20009, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "ACME certificate obtained but not saved", &["domains", "path", "details"]),
    known(20010, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "process configuration failed", &["details", "tb"])
        .text("The configuration of the process failed: {details}"),
    known(20011, AUTHENTICATED | INFORMATIONAL, "test event fired by an administrator", &[]),
    known(20012, AUTHENTICATED | INFORMATIONAL, "component restarted after listed configuration changes", &["changes", "component_family", "component_name", "component_uuid"])
        .text("{component_family} \"{component_name}\" goes on with other options: {changes}"),
    known(20013, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "legacy web administration server unreachable", &["details", "url"]),
    known(20014, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "no legacy web administration server at that URL", &["url"]),
    known(20015, OPERATIONAL | PROCESS | SUCCESS, "ACME certificate issued", &["domains", "path"]),
    known(20016, OPERATIONAL | PROCESS | SUCCESS, "ACME certificate put into use by a service", &["domains", "service"]),
    known(20017, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "ACME certificate request failed", &["domain", "service", "domains", "details"]),
    known(20018, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "signature keys could not be reloaded", &["details"]),
    known(20019, OPERATIONAL | FAILURE | FAILURE_SPECIFIC, "user home is outside the allowed root", &["path", "root"]),
    known(20020, OPERATIONAL | PROCESS | FAILURE | FAILURE_SPECIFIC, "port option is not a number", &[])
        .retired("4.21 → 20190"),
    known(20021, AUTHENTICATION | SESSION | FAILURE | FAILURE_SPECIFIC, "no authentication method took these credentials", &["credentials_type", "username"])
        .text("No authentication method accepted \"{username}\" ({credentials_type})."),
    known(20022, OPERATIONAL | PROCESS | FAILURE | FAILURE_SPECIFIC, "a group option cannot use \"inherit\"", &["group_name", "property_name"]),
    known(20023, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "authorised-keys file unreadable", &["details", "path"])
        .retired("4.0 → 20142"),
    known(20024, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "unhandled internal error", &["details"]),
    known(20031, OPERATIONAL | SESSION | FAILURE | FAILURE_HIGH, "account configuration unusable (for example home folder)", &["username", "details"])
        .text("The configuration of account \"{username}\" cannot be used: {details}"),
    known(20032, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "TLS context could not be built", &["ca", "crl", "vault_item", "details"]),
    known(20033, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "unexpected error caught by the logger", &["reason", "details"]),
    known(20034, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "service has an unknown protocol", &["protocol", "service_uuid"])
        .retired("4.20 → 20091"),
    known(20035, OPERATIONAL | SESSION | FAILURE, "connecting a location or resource failed; retries remain", &["delay", "retries_left", "name", "details"]),
    known(20036, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "CRL could not be read", &["uri", "details"]),
    known(20037, OPERATIONAL | AUTHENTICATED | SUCCESS, "CRL updated, with next refresh time", &["count", "issuer", "next_publish", "next_update", "update_datetime", "update_seconds", "uri"]),
    known(20038, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "CRL refresh failed; next attempt scheduled", &["next_load", "uri", "details"]),
    known(20039, PROCESS | OPERATIONAL | SUCCESS | FILE_OPERATION, "operational audit report written", &["path"]),
    known(20040, OPERATIONAL | AUTHENTICATED | FAILURE, "peer certificate rejected", &["subject", "serial_number", "details"]),
    known(20041, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "service configuration could not be built", &["service_name", "details"])
        .retired("4.6 → 20158"),
    known(20042, OPERATIONAL | AUTHENTICATED | SUCCESS, "missing home folder created", &["group", "owner", "path"])
        .text("Created the home folder \"{path}\"."),
    known(20043, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "group for the new home folder not found", &["details"]),
    known(20044, OPERATIONAL | AUTHENTICATED | SUCCESS, "content-check rule matched in a file", &["path", "rule_details"]),
    known(20045, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "service stopped because of a failure", &["details", "service_name"])
        .retired("4.0 → 20159/20185"),
    known(20046, OPERATIONAL | AUTHENTICATED | SUCCESS, "configuration saved to disk", &[])
        .text("Saved the configuration."),
    known(20047, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "passive port range is invalid", &["details"]),
    known(20048, ANALYTICS | AUTHENTICATED | FAILURE | FAILURE_HIGH, "home folder of an expired account could not be deleted", &["details"]),
    known(20049, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "configuration could not be saved to disk", &["details"])
        .text("Could not save the configuration: {details}"),
    known(20051, OPERATIONAL | AUTHENTICATED | SUCCESS, "archive/OpenPGP style file operation done", &["path", "source_path", "operation"]),
    known(20052, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "archive/OpenPGP style file operation failed", &["path", "operation", "real_path", "details"]),
    known(20053, OPERATIONAL | PROCESS | SUCCESS, "external command finished, with exit code and output", &["command", "error", "error_log", "exit_code", "output", "output_log"]),
    known(20054, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "external command failed", &["command", "details"]),
    known(20055, OPERATIONAL | PROCESS | SUCCESS, "start-up command finished", &["error", "exit_code", "output"])
        .retired("4.0 → feature removed"),
    known(20056, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "start-up command failed", &["command", "details"])
        .retired("4.0 → feature removed"),
    known(20057, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "expiry notice could not be emitted", &["account_name", "account_uuid", "details"]),
    known(20058, OPERATIONAL | SESSION | FAILURE | FAILURE_CRITICAL, "unhandled fault building the user session", &["details", "username"]),
    known(20059, OPERATIONAL | SESSION | FAILURE | FAILURE_CRITICAL, "unhandled fault during authentication", &["name", "details"]),
    known(20062, PROCESS | FAILURE | FAILURE_HIGH, "pruning of the event database failed", &["details"]),
    known(20063, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "required special group missing", &["name"])
        .retired("4.0"),
    known(20064, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_CRITICAL, "password change failed internally", &["details"]),
    known(20065, OPERATIONAL | INFORMATIONAL | AUTHENTICATED, "monitor/folder snapshot totals", &["path", "total_directories", "total_files"]),
    known(20066, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "component stopped after too many consecutive failures", &["family", "kind", "name", "type"])
        .text("{family} \"{name}\" ({type}) was stopped after too many failures in a row."),
    known(20067, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "home folder of the account could not be determined", &["username", "details"])
        .text("The home folder of account \"{username}\" could not be determined: {details}"),
    known(20068, OPERATIONAL | PROCESS | INFORMATIONAL, "account is about to lose access", &["account_email", "account_name", "account_uuid", "days", "details"]),
    known(20069, OPERATIONAL | PROCESS | INFORMATIONAL, "running under the starting account", &[])
        .retired("5.10 → 20008"),
    known(20070, OPERATIONAL | PROCESS | INFORMATIONAL, "OS accounts unavailable: no impersonation right", &[]),
    known(20071, OPERATIONAL | PROCESS | SUCCESS, "privileges dropped to the service account", &["account_name"])
        .text("Now running as \"{account_name}\"."),
    known(20072, OPERATIONAL | PROCESS | INFORMATIONAL, "process facts: OS user, crypto library, working folder, privileges", &["cryptography_library_version", "cwd", "process_privileges", "python_version", "windows_legacy_service", "os_user"])
        .text("Running as \"{os_user}\" in \"{cwd}\", with {cryptography_library_version}, privileges: {process_privileges}."),
    known(20073, OPERATIONAL | PROCESS | INFORMATIONAL, "cannot create OS home folders: missing rights", &[]),
    known(20074, OPERATIONAL | PROCESS | INFORMATIONAL, "cannot look up OS home folders: missing rights", &[]),
    known(20075, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_CRITICAL, "home folder may be left in an unsafe state", &["home_folder_path", "details"]),
    known(20076, OPERATIONAL | AUTHENTICATED | SUCCESS, "service started", &["address", "port", "protocol", "service_name"])
        .retired("4.0 → 20156"),
    known(20077, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "service failed to start", &["details", "service_name"])
        .retired("4.0 → 20158"),
    known(20078, OPERATIONAL | AUTHENTICATED | SUCCESS, "service stopped", &["service_name"])
        .retired("4.0 → 20157"),
    known(20079, ANALYTICS | PROCESS | SUCCESS, "periodic resource-usage figures", &["connection_count", "cpu_percent", "file_count", "memory_resident", "memory_virtual", "thread_count", "global_cpus", "global_memory_available"]),
    known(20080, ANALYTICS | PROCESS | FAILURE, "a resource-usage limit was passed", &["details", "triggers"]),
    known(20081, OPERATIONAL | SESSION | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "no method configured for this credential type", &["credentials_type", "username"])
        .text("No authentication method handles {credentials_type} (login as \"{username}\")."),
    known(20082, MONITOR | SUCCESS | FILE_OPERATION, "monitor deleted an over-age file", &["age", "path"]),
    known(20083, MONITOR | FAILURE | FAILURE_HIGH | FILE_OPERATION, "monitor could not delete an over-age file", &["age", "path", "details"]),
    known(20084, ANALYTICS | PROCESS | FAILURE | FAILURE_HIGH, "analytics record could not be stored", &["details"]),
    known(20085, OPERATIONAL | AUTHENTICATED | SUCCESS, "user changed own password", &[])
        .text("The user changed the password of the account."),
    known(20086, OPERATIONAL | AUTHENTICATED | FAILURE, "user failed to change own password", &["details"])
        .text("The user could not change the password of the account: {details}"),
    known(20087, PROCESS | SUCCESS | FILE_OPERATION, "last-line-removal extension amended a file", &["source_path", "path"]),
    known(20088, PROCESS | FILE_OPERATION | FAILURE | FAILURE_HIGH, "last-line-removal extension failed", &["source_path", "path", "details"]),
    known(20089, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "default group cannot be deleted", &["group_uuid"])
        .retired("4.0 → 20108"),
    known(20090, OPERATIONAL | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "unknown account type", &["account_type", "account_uuid"]),
    known(20091, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "unknown component type", &["details", "option", "section", "type", "uuid"])
        .text("Unknown component type: {details}"),
    known(20092, AUTHENTICATION | PROCESS | OPERATIONAL | INFORMATIONAL, "cloud groups found for a user", &["group_names", "username"]),
    known(20101, OPERATIONAL | SESSION | FAILURE | FAILURE_HIGH, "stored password hash is invalid", &["details", "username"])
        .retired("4.0 → 20142"),
    known(20108, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "configuration is in use and cannot be deleted", &["usage", "uuid"])
        .text("\"{uuid}\" is in use and is not removed: {usage}"),
    known(20109, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION, "dispatcher fallback rule done", &["destination_paths", "destinations", "path", "mode"]),
    known(20110, AUTHENTICATED | FILE_OPERATION | FAILURE | FAILURE_HIGH, "dispatcher fallback rule failed", &["destinations", "mode", "path", "details"]),
    known(20111, SESSION | FAILURE | FAILURE_SPECIFIC, "authentication method skipped because it is stopped", &["method_name", "method_type"])
        .text("Authentication method \"{method_name}\" ({method_type}) is stopped and was not asked."),
    known(20112, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "database action failed", &["action", "database_name", "details"])
        .retired("4.0 → component-specific"),
    known(20113, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "events sent by a node could not be parsed", &["details"]),
    known(20114, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "certificate of a component expires soon", &["component", "expires_in_days", "name", "component_name", "details"])
        .text("The certificate of {component} \"{component_name}\" ends in {expires_in_days} days: {details}"),
    known(20115, MONITOR | SUCCESS | FILE_OPERATION, "monitor: file unchanged for longer than the configured age", &["age", "path"]),
    known(20116, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "database table has the wrong schema", &["database_name", "details", "table_name"])
        .retired("4.0 → 20112"),
    known(20117, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "database query failed", &["database_name", "details", "filter", "name", "sort_order"])
        .retired("4.0 → component-specific"),
    known(20118, OPERATIONAL | SESSION | FAILURE | FAILURE_HIGH, "events could not be sent to the controller; will retry", &["interval", "details"]),
    known(20119, OPERATIONAL | SESSION | FAILURE | FAILURE_HIGH, "account's public SSH keys are invalid", &["username", "details"])
        .text("The public SSH keys of \"{username}\" are not valid: {details}"),
    known(20120, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "option has a value of the wrong type", &["details", "option", "section", "type"])
        .text("An option has a value that cannot be used: {details}"),
    known(20121, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "option could not be set", &["details", "option", "section", "type", "value"]),
    known(20122, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "generic operation on a path failed", &["details", "operation", "path"])
        .retired("3.4"),
    known(20123, OPERATIONAL | PROCESS | INFORMATIONAL, "handler skipped a file: destination exists", &["destination_path", "real_path", "operation"]),
    known(20124, AUTHENTICATED | INFORMATIONAL, "dispatch dropped: file vanished during the delay", &["path"]),
    known(20125, AUTHENTICATED | FILE_OPERATION | FAILURE | FAILURE_HIGH, "dispatcher rule failed", &["destinations", "mode", "path", "details"]),
    known(20126, OPERATIONAL | SESSION | SUCCESS, "credentials accepted but more factors are needed", &["credentials_type", "method_name", "method_type", "required_credentials", "username"])
        .text("\"{username}\" showed a good {credentials_type} ({method_name}); the login still needs: {required_credentials}."),
    known(20127, AUTHENTICATION | AUTHENTICATED | SUCCESS, "second factor accepted", &["account_name", "account_type", "account_uuid", "credentials_type", "method_name", "method_type", "username"])
        .text("The second factor of \"{username}\" ({credentials_type}) was accepted by {method_name}."),
    known(20128, OPERATIONAL | PROCESS | SUCCESS, "account expires soon", &["account_email", "account_name", "account_uuid", "days"])
        .text("The account \"{account_name}\" expires in {days} days."),
    known(20129, OPERATIONAL | PROCESS | SUCCESS, "password expires soon", &["account_email", "account_name", "account_uuid", "days"])
        .text("The password of the account \"{account_name}\" expires in {days} days."),
    known(20130, AUTHENTICATED | SUCCESS | FILE_OPERATION, "dispatcher rule done", &["destination_paths", "destinations", "path", "mode"]),
    known(20136, AUTHENTICATION | SESSION | FAILURE, "account refused by an authentication method", &["credentials_type", "method_name", "method_type", "response", "username", "details"])
        .text("\"{username}\" was refused by {method_name} ({credentials_type}): {details}"),
    known(20137, AUTHENTICATION | AUTHENTICATED | SUCCESS, "user authenticated, with method, groups and account", &["account_name", "account_type", "account_uuid", "credentials_type", "details", "group_name", "group_names", "ignored_groups", "method_name", "method_type", "username"])
        .text("\"{username}\" logged in by {credentials_type}, accepted by {method_name}, in group {group_name} ({details})."),
    known(20138, OPERATIONAL | SESSION | FAILURE | FAILURE_HIGH, "cluster synchronisation of a component failed; will retry", &["component_family", "component_uuid", "interval", "details"]),
    known(20139, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_SPECIFIC, "configuration enables SSLv3", &["configuration"]),
    known(20140, AUTHENTICATED | INFORMATIONAL | CLIENT_SIDE, "location/resource is connecting", &["name"]),
    known(20141, OPERATIONAL | AUTHENTICATED | SUCCESS, "location/resource connected", &["name"]),
    known(20142, AUTHENTICATION | SESSION | FAILURE | FAILURE_HIGH, "authentication rejected or failed in a method", &["credentials_type", "method_name", "username", "details"])
        .text("The login of \"{username}\" failed in {method_name} ({credentials_type}): {details}"),
    known(20143, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "log rotation could not be set up", &["details"]),
    known(20144, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "code emitted an event id that is not defined", &["details", "id"])
        .text("An event with the undefined or retired number {id} was emitted: {details}"),
    known(20145, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "event text could not be rendered from its data", &["bad_data", "id", "details"]),
    known(20146, PROCESS | FAILURE | FILE_OPERATION, "dispatcher action failed; retry scheduled", &["count", "wait", "mode", "path", "details"]),
    known(20149, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "unknown keys in an account configuration", &["details"]),
    known(20151, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL | FAILURE_SPECIFIC, "event group is not defined", &["name"]),
    known(20152, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "property does not exist", &["name"]),
    known(20153, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "section does not exist", &["section_name"]),
    known(20154, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "section does not allow create", &["section_name"]),
    known(20155, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "section does not allow delete", &["name"]),
    known(20156, COMPONENT_ACTIVATION | AUTHENTICATED | SUCCESS, "component started", &["description", "family", "kind", "name", "type", "uuid"])
        .text("Started {family} \"{name}\" ({type})."),
    known(20157, COMPONENT_ACTIVATION | AUTHENTICATED | SUCCESS, "component stopped, with reason", &["family", "kind", "name", "reason", "type"])
        .text("Stopped {family} \"{name}\" ({type}). {reason}"),
    known(20158, COMPONENT_ACTIVATION | AUTHENTICATED | FAILURE, "component failed to start", &["family", "kind", "name", "type", "uuid", "details"])
        .text("Could not start {family} \"{name}\": {details}"),
    known(20159, COMPONENT_ACTIVATION | AUTHENTICATED | FAILURE, "component failed to stop", &["family", "kind", "name", "type", "details"]),
    known(20160, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC, "handler refers to an unknown database", &["database_uuid", "family", "name", "type"])
        .retired("4.0 → 20165"),
    known(20161, OPERATIONAL | PROCESS | INFORMATIONAL, "component paused: database gone", &["family", "name", "type"])
        .retired("4.0 → 20112"),
    known(20162, OPERATIONAL | PROCESS | INFORMATIONAL, "component resumed: database back", &["family", "name", "type"])
        .retired("4.0 → 20112"),
    known(20163, OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL, "account-activity handler fault", &["name", "details"])
        .retired("4.0 → 20174"),
    known(20164, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "database table migration failed", &["database_uuid", "details", "family", "name", "type"])
        .retired("4.0 → 20112"),
    known(20165, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH, "component failed while running", &["family", "kind", "name", "type", "details"])
        .text("{family} \"{name}\" ({type}) failed: {details}"),
    known(20166, FILE_OPERATION | SUCCESS | MONITOR, "monitor: file modified", &["name", "path"]),
    known(20167, FILE_OPERATION | SUCCESS | MONITOR, "monitor: file renamed", &["from_path", "to_path", "name"]),
    known(20168, FILE_OPERATION | SUCCESS | MONITOR, "monitor: folder renamed", &["from_path", "name", "to_path"]),
    known(20169, FILE_OPERATION | SUCCESS | MONITOR, "monitor: file created", &["name", "path"]),
    known(20170, FILE_OPERATION | SUCCESS | MONITOR, "monitor: folder created", &["name", "path"]),
    known(20171, FILE_OPERATION | SUCCESS | MONITOR, "monitor: file deleted", &["name", "path"]),
    known(20172, FILE_OPERATION | SUCCESS | MONITOR, "monitor: folder deleted", &["name", "path"]),
    known(20173, FILE_OPERATION | PROCESS | SUCCESS, "digital signature of a file is valid", &["path"]),
    known(20174, AUTHENTICATED | FAILURE | FAILURE_HIGH, "an event handler failed on an event", &["family", "id", "name", "target_path", "traceback", "details"])
        .text("Event handler \"{name}\" failed on event {id}: {details}"),
    known(20175, OPERATIONAL | PROCESS | SUCCESS | FILE_OPERATION, "log rotated into a new file", &["path", "source_path", "size"])
        .text("Rotated the log \"{source_path}\" to \"{path}\"."),
    known(20176, OPERATIONAL | PROCESS | SUCCESS | FILE_OPERATION, "log emptied in place", &["path"])
        .text("Emptied the log \"{path}\" in place."),
    known(20177, FILE_OPERATION | PROCESS | FAILURE | FAILURE_HIGH, "digital signature of a file is invalid", &["details", "path"]),
    known(20178, OPERATIONAL | PROCESS | FAILURE, "CRL named by a peer certificate could not be loaded", &["details", "path", "peer_subject"]),
    known(20179, FILE_OPERATION | INFORMATIONAL | MONITOR, "monitor: file present at start", &["name", "path"]),
    known(20180, FILE_OPERATION | INFORMATIONAL | MONITOR, "monitor: folder present at start", &["name", "path"]),
    known(20181, OPERATIONAL | PROCESS | SUCCESS, "process fully started", &["instance_name", "product_version"])
        .text("Causeway {product_version} ({instance_name}) is ready."),
    known(20182, OPERATIONAL | AUTHENTICATED | INFORMATIONAL, "account logged in, with permissions", &["account_name", "permissions", "upload_names"])
        .retired("4.0 → 20137"),
    known(20183, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH | FILE_OPERATION, "log rotation failed", &["details"])
        .text("The log could not be rotated: {details}"),
    known(20184, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_CRITICAL, "unhandled fault starting a component", &["family", "kind", "name", "type", "details", "tb"]),
    known(20185, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_CRITICAL, "unhandled fault stopping a component", &["family", "kind", "name", "type", "details"]),
    known(20186, PROCESS | OPERATIONAL | INFORMATIONAL, "evaluation build notice", &["details"]),
    known(20187, OPERATIONAL | PROCESS | SUCCESS, "one member of an archive handled", &["path", "source_path", "operation"]),
    known(20188, OPERATIONAL | PROCESS | INFORMATIONAL, "handler overwrites an existing destination", &["destination_path", "real_path", "operation"]),
    known(20189, OPERATIONAL | AUTHENTICATED | SUCCESS, "webhook for an event delivered", &["event_id", "target_path"]),
    known(20190, OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH, "invalid option value replaced by its default", &["default", "invalid_value", "option", "section", "details"])
        .text("Value \"{invalid_value}\" was replaced by \"{default}\": {details}"),
    known(20191, ANALYTICS | FAILURE | PROCESS | FAILURE_HIGH, "transfer-analytics operation failed", &["operation", "details"]),
    known(20192, ANALYTICS | INFORMATIONAL | PROCESS | CLIENT_SIDE, "yesterday's client-side transfer totals", &["failure_jobs", "retried_files", "success_files", "success_jobs", "total_duration", "total_size"]),
    known(20193, INFORMATIONAL | AUTHENTICATED, "somebody touched a file another account can reach", &["account_name", "account_path", "account_uuid", "operation"]),
    known(20194, OPERATIONAL | AUTHENTICATED | SUCCESS, "digest of a file computed", &["output", "path"]),
    known(20195, ANALYTICS | PROCESS | SUCCESS, "inactive account disabled", &["account_name", "account_uuid", "day_count", "last_login"])
        .text("The account \"{account_name}\" is disabled: nobody has logged in by it for {day_count} days (last login: {last_login})."),
    known(20196, ANALYTICS | PROCESS | FAILURE | FAILURE_SPECIFIC, "inactivity check failed for an account", &["account_name", "account_uuid", "details"])
        .text("Whether the account \"{account_name}\" is inactive cannot be told: {details}."),
    known(20197, OPERATIONAL | PROCESS | INFORMATIONAL, "legacy plain password converted to a hash", &["account_name"])
        .text("The plain password of \"{account_name}\" was replaced by a hash in the configuration."),
    known(20198, ANALYTICS | AUTHENTICATED | SUCCESS, "home folder of an expired account deleted", &["real_path"]),
    known(20200, INFORMATIONAL | AUTHENTICATED, "extension: informational message", &["message"]),
    known(20201, SUCCESS | AUTHENTICATED, "extension: success message", &["message"]),
    known(20202, FAILURE | AUTHENTICATED, "extension: error message", &["details", "message"]),
];
