//! Facts that SFTPPlus does not report (from 70000).

use super::{Entry, groups::*, known};

pub(super) const ENTRIES: &[Entry] = &[
    known(
        70001,
        AUTHENTICATED | FAILURE | FILE_OPERATION,
        "an operation was refused by the permissions of the account",
        &["operation", "path", "decided_by"],
    )
    .text("\"{operation}\" on \"{path}\" is not permitted: {decided_by}"),
    known(
        70010,
        OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH,
        "an incomplete or damaged record was found at the end of the audit trail at start",
        &["segment", "offset", "size", "details"],
    )
    .text("The audit trail ended in an unusable record: {details}"),
    known(
        70011,
        OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH,
        "an event handler missed events that are no longer in the audit trail, and was moved on",
        &["name", "first", "count", "details"],
    )
    .text("Event handler \"{name}\" missed {count} events, from number {first} on, and was moved on."),
    known(
        70012,
        OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL,
        "events could not be recorded; written when the audit trail works again",
        &["count", "details"],
    )
    .text("{count} events could not be recorded: {details}"),
    known(
        70013,
        OPERATIONAL | PROCESS | INFORMATIONAL,
        "signed state of the audit trail; kept elsewhere, it proves the trail up to here",
        &["sequence", "hash", "signature", "public_key"],
    )
    .text("The audit trail up to event {sequence} has the hash {hash}."),
    known(
        70014,
        OPERATIONAL | PROCESS | INFORMATIONAL,
        "the oldest segments of the audit trail were dropped by retention",
        &["first", "last", "segments"],
    )
    .text("Dropped the events {first} to {last} from the audit trail ({segments} segments)."),
    known(
        70020,
        AUTHENTICATED | INFORMATIONAL | FILE_OPERATION,
        "an upload is written straight into the existing file, not into a temporary one",
        &["path", "reason"],
    )
    .text("\"{path}\" is written in place: {reason}"),
    known(
        70021,
        AUTHENTICATED | INFORMATIONAL | FILE_OPERATION,
        "what arrived of a broken upload is kept for a resume",
        &["path", "size"],
    )
    .text("Kept {size} bytes of the broken upload of \"{path}\"."),
    known(
        70022,
        AUTHENTICATED | INFORMATIONAL | FILE_OPERATION,
        "a kept upload is being resumed",
        &["path", "size"],
    )
    .text("Resuming the upload of \"{path}\" at {size} bytes."),
    known(
        70023,
        OPERATIONAL | PROCESS | INFORMATIONAL | FILE_OPERATION,
        "what a broken upload left was removed after its time",
        &["path", "size"],
    )
    .text("Removed what a broken upload of \"{path}\" had left ({size} bytes)."),
    known(
        70030,
        OPERATIONAL | PROCESS | INFORMATIONAL,
        "an edit of the configuration would remove much and waits to be confirmed",
        &["details"],
    )
    .text("A change of the configuration waits to be confirmed: {details}"),
    known(
        70031,
        OPERATIONAL | PROCESS | INFORMATIONAL,
        "the configuration went back to an earlier revision",
        &["revision", "details"],
    )
    .text("The configuration went back to revision {revision}: {details}"),
    known(
        70032,
        OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL,
        "the server started with the last good configuration, because the files cannot be read",
        &["revision", "details"],
    )
    .text("Started with revision {revision} of the configuration: {details}"),
    known(
        70040,
        OPERATIONAL | PROCESS | FAILURE | FAILURE_HIGH,
        "the certificate of a host key is not shown to clients; the plain key is",
        &["name", "details"],
    )
    .text("The service \"{name}\" shows a host key without its certificate: {details}"),
    known(
        70041,
        OPERATIONAL | PROCESS | FAILURE | FAILURE_CRITICAL,
        "the list of revoked SSH keys cannot be used; until it can, nobody logs in by a key",
        &["details"],
    )
    .text("Nobody logs in by SSH keys, because the list of revoked ones cannot be used: {details}"),
    known(70042, OPERATIONAL | PROCESS | INFORMATIONAL, "another list of revoked SSH keys is in use", &[])
        .text("The list of revoked SSH keys has changed."),
    known(
        70060,
        AUTHENTICATION | OPERATIONAL | SESSION | FAILURE,
        "a source was banned after failed logins",
        &["policy_name", "source_ip", "count", "seconds"],
    )
    .text("{source_ip} is banned for {seconds} s by the security policy \"{policy_name}\" after {count} failed logins."),
    known(
        70061,
        OPERATIONAL | SESSION | FAILURE,
        "a balancer's connection had no usable header of the PROXY protocol and was closed",
        &["count", "details"],
    )
    .text("A connection of a balancer was closed: {details}"),
    known(
        70070,
        AUTHENTICATION | AUTHENTICATED | INFORMATIONAL,
        "a recovery code was used in place of a one-time code, and does not count any more",
        &["account_name", "account_uuid", "left"],
    )
    .text("\"{account_name}\" used a recovery code; {left} are left."),
];
