//! Management: web console and administration API (50000 to 50029).

use super::{Entry, groups::*, known};

pub(super) const ENTRIES: &[Entry] = &[
    known(
        50000,
        SESSION | FAILURE | FAILURE_SPECIFIC | LOCAL_MANAGER,
        "admin API call without a session",
        &[],
    ),
    known(50001, SESSION | FAILURE | LOCAL_MANAGER, "admin login failed", &["details"]),
    known(
        50002,
        ADMINISTRATION | INFORMATIONAL | LOCAL_MANAGER,
        "admin API read of process state or configuration",
        &["path"],
    ),
    known(
        50003,
        ADMINISTRATION | FAILURE | FAILURE_CRITICAL | LOCAL_MANAGER,
        "unhandled fault while applying a configuration change",
        &["details"],
    ),
    known(
        50004,
        OPERATIONAL | ADMINISTRATION | FAILURE | FAILURE_CRITICAL | LOCAL_MANAGER,
        "unhandled fault in the JSON-RPC API",
        &["details", "tb"],
    ),
    known(
        50005,
        ADMINISTRATION | OPERATIONAL | SUCCESS | LOCAL_MANAGER,
        "configuration changes all applied",
        &["changes", "results"],
    )
    .text("The configuration has changed: {changes}"),
    known(
        50006,
        OPERATIONAL | ADMINISTRATION | FAILURE | FAILURE_SPECIFIC | LOCAL_MANAGER,
        "configuration changes only partly applied",
        &["changes", "results"],
    )
    .text("The configuration has changed, and not all of it could be done: {changes} {results}"),
    known(
        50007,
        ADMINISTRATION | SUCCESS | LOCAL_MANAGER,
        "administrator logged in",
        &["kind", "name", "role"],
    )
    .retired("4.0 → 20137"),
    known(
        50008,
        ADMINISTRATION | SUCCESS | LOCAL_MANAGER,
        "blocked source address was released by an administrator",
        &["policy_name", "source_ip"],
    )
    .text("{source_ip} is no longer banned by the security policy \"{policy_name}\"."),
    known(
        50009,
        ADMINISTRATION | FAILURE | LOCAL_MANAGER,
        "administrator lacks the permission",
        &["details"],
    ),
    known(50010, ADMINISTRATION | SUCCESS | LOCAL_MANAGER, "administrator logged out", &[]),
    known(
        50011,
        ADMINISTRATION | FAILURE | FAILURE_HIGH | LOCAL_MANAGER,
        "change request was malformed",
        &["changes", "details"],
    ),
    known(
        50012,
        ADMINISTRATION | FAILURE | LOCAL_MANAGER,
        "change request could not be applied",
        &["details"],
    )
    .retired("4.6 → 50003"),
    known(
        50013,
        SESSION | FAILURE | LOCAL_MANAGER,
        "start/stop action on a component failed",
        &["details", "uuid"],
    ),
    known(
        50014,
        OPERATIONAL | AUTHENTICATED | FAILURE | LOCAL_MANAGER,
        "Web Manager request failed",
        &["details"],
    ),
    known(
        50015,
        SESSION | FAILURE | FAILURE_CRITICAL | LOCAL_MANAGER,
        "unhandled fault in a start/stop action",
        &["uuid", "details"],
    ),
    known(
        50016,
        OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH | LOCAL_MANAGER,
        "log database could not be read",
        &["database_uuid", "details"],
    ),
    known(50017, ADMINISTRATION | SUCCESS | LOCAL_MANAGER, "a cluster node pulled the configuration", &[]),
    known(
        50018,
        OPERATIONAL | ADMINISTRATION | FAILURE | FAILURE_HIGH | LOCAL_MANAGER,
        "one configuration operation failed",
        &["operation", "target", "details"],
    ),
    known(
        50019,
        OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH | LOCAL_MANAGER,
        "database configuration could not be read",
        &["database_uuid", "details", "source"],
    )
    .retired("4.0 → component-specific"),
    known(
        50020,
        OPERATIONAL | AUTHENTICATED | INFORMATIONAL | LOCAL_MANAGER,
        "database not running, data unavailable",
        &["database_uuid", "source"],
    )
    .retired("4.0 → 20112"),
    known(
        50021,
        AUTHENTICATED | SUCCESS | LOCAL_MANAGER,
        "part of a vault item was removed",
        &["identifier", "item_name", "part_index"],
    ),
    known(
        50022,
        OPERATIONAL | AUTHENTICATED | INFORMATIONAL | LOCAL_MANAGER,
        "database configuration missing",
        &["database_uuid", "source"],
    )
    .retired("4.0 → component-specific"),
    known(
        50023,
        OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH | LOCAL_MANAGER,
        "management action failed",
        &["details"],
    ),
    known(
        50024,
        OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH | LOCAL_MANAGER,
        "key or CSR generation failed",
        &["details"],
    )
    .retired("4.6 → 50023"),
    known(
        50025,
        OPERATIONAL | AUTHENTICATED | FAILURE | LOCAL_MANAGER,
        "unhandled fault on database rows",
        &["details"],
    )
    .retired("4.0 → component-specific"),
    known(
        50026,
        OPERATIONAL | AUTHENTICATED | SUCCESS | LOCAL_MANAGER,
        "log exported as CSV",
        &["database_uuid"],
    ),
    known(
        50027,
        OPERATIONAL | AUTHENTICATED | FAILURE | LOCAL_MANAGER,
        "log export as CSV failed",
        &["database_uuid", "tb", "details"],
    ),
    known(
        50028,
        SUCCESS | AUTHENTICATED | LOCAL_MANAGER,
        "duration and size of a log-database query",
        &["db_uuid", "duration", "size"],
    ),
    known(
        50029,
        ADMINISTRATION | SUCCESS | LOCAL_MANAGER,
        "administrator browsed a location",
        &["location", "path"],
    ),
];
