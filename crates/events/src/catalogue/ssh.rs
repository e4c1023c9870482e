//! SSH: SFTP and SCP (30004 to 30083).

use super::{Entry, groups::*, known};

pub(super) const ENTRIES: &[Entry] = &[
    known(30004, AUTHENTICATED | INFORMATIONAL | SSH, "SSH global request turned down", &["request_type"])
        .text("Refused the SSH global request \"{request_type}\"."),
    known(30005, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_SPECIFIC | SSH, "SSH message number not supported", &["message_id", "payload"])
        .text("SSH message {message_id} is not supported."),
    known(30006, OPERATIONAL | SESSION | FAILURE | FAILURE_CRITICAL | SSH, "unhandled fault while processing an SSH message", &["message_id", "payload", "details"])
        .text("Internal fault while handling SSH message {message_id}: {details}"),
    known(30007, AUTHENTICATION | SESSION | FAILURE | FAILURE_HIGH | SSH, "protocol-level failure inside SSH user authentication", &["method", "username", "details"])
        .text("SSH authentication of \"{username}\" by {method} failed: {details}"),
    known(30008, AUTHENTICATED | FAILURE | SSH, "SSH request turned down", &["details"])
        .text("Refused an SSH request: {details}"),
    known(30009, OPERATIONAL | AUTHENTICATED | INFORMATIONAL | SSH, "start of an SSH exec command (SCP)", &["command"])
        .text("SSH command started: {command}"),
    known(30010, OPERATIONAL | AUTHENTICATED | SUCCESS | SSH, "end of an SSH exec command", &["command"])
        .text("SSH command ended: {command}"),
    known(30011, AUTHENTICATION | AUTHENTICATED | SUCCESS | SSH, "SFTP/SCP session established, with negotiated algorithms", &["client_version", "in_compression", "in_cipher", "in_hmac", "max_packet_local", "max_packet_remote", "out_compression", "out_cipher", "out_hmac", "real_path", "service_name", "virtual_path", "window_local", "window_remote", "host_key", "key_exchange"])
        .text("{service_name} session established at \"{virtual_path}\" for {client_version} ({key_exchange}, {host_key}; in {in_cipher}, {in_hmac}; out {out_cipher}, {out_hmac})."),
    known(30012, AUTHENTICATED | SUCCESS | SSH, "SFTP subsystem closed", &["client_version"])
        .text("SFTP session closed."),
    known(30013, SESSION | FAILURE | FAILURE_HIGH | FAILURE_SPECIFIC | SSH, "no algorithm in common with the peer", &["client_algorithms", "server_algorithms", "type", "details"])
        .text("No {type} algorithm in common: the client offers {client_algorithms}, the server {server_algorithms}. What to change: {details}."),
    known(30014, SESSION | INFORMATIONAL | SSH, "new SSH connection accepted", &[])
        .text("New SSH connection."),
    known(30015, AUTHENTICATED | INFORMATIONAL | SSH, "SSH connection closed, with the algorithms that protected it", &["client_version", "host_key", "in_compression", "in_cipher", "in_hmac", "key_exchange", "out_compression", "out_cipher", "out_hmac"])
        .text("SSH connection closed. Client: {client_version} ({key_exchange}, {host_key}; in {in_cipher}, {in_hmac}; out {out_cipher}, {out_hmac})"),
    known(30016, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_HIGH | SSH, "SFTP request could not be processed", &["details"])
        .text("An SFTP request could not be processed: {details}"),
    known(30017, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "file opened read-write closed normally, with totals", &["duration", "mode", "read_speed", "requested_path", "total_read", "total_write", "write_speed", "path", "real_path"])
        .text("Closed \"{path}\" ({mode}): {total_read} bytes read, {total_write} bytes written in {duration} s."),
    known(30018, AUTHENTICATION | SESSION | FAILURE | FAILURE_CRITICAL | SSH, "unhandled fault in the SSH authentication service", &["username", "details"])
        .text("Internal fault while authenticating \"{username}\": {details}"),
    known(30019, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "listing asked for", &["path"])
        .text("Listing \"{path}\"."),
    known(30020, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "listing done", &["path"])
        .text("Listed \"{path}\"."),
    known(30021, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "listing failed", &["details", "path"])
        .text("Could not list \"{path}\": {details}"),
    known(30022, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "delete asked for", &["path"])
        .text("Deleting \"{path}\"."),
    known(30023, AUTHENTICATED | SUCCESS | FILE_OPERATION | OPERATION_DELETE | SSH, "delete done", &["path"])
        .text("Deleted \"{path}\"."),
    known(30024, AUTHENTICATED | FAILURE | FILE_OPERATION | OPERATION_DELETE | SSH, "delete failed", &["details", "path"])
        .text("Could not delete \"{path}\": {details}"),
    known(30025, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "rename asked for", &["from", "path", "to"])
        .text("Renaming \"{from}\" to \"{to}\"."),
    known(30026, AUTHENTICATED | SUCCESS | FILE_OPERATION | OPERATION_RENAME | SSH, "rename done", &["from", "path", "to"])
        .text("Renamed \"{from}\" to \"{to}\"."),
    known(30027, AUTHENTICATED | FAILURE | FILE_OPERATION | OPERATION_RENAME | SSH, "rename failed", &["details", "from", "path", "to"])
        .text("Could not rename \"{from}\" to \"{to}\": {details}"),
    known(30028, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "mkdir asked for", &["path"])
        .text("Creating folder \"{path}\"."),
    known(30029, AUTHENTICATED | SUCCESS | FILE_OPERATION | OPERATION_CREATE_FOLDER | SSH, "mkdir done", &["path"])
        .text("Created folder \"{path}\"."),
    known(30030, AUTHENTICATED | FAILURE | FILE_OPERATION | OPERATION_CREATE_FOLDER | SSH, "mkdir failed", &["details", "path"])
        .text("Could not create folder \"{path}\": {details}"),
    known(30031, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "rmdir asked for", &["path"])
        .text("Deleting folder \"{path}\"."),
    known(30032, AUTHENTICATED | SUCCESS | FILE_OPERATION | OPERATION_DELETE | SSH, "rmdir done", &["path"])
        .text("Deleted folder \"{path}\"."),
    known(30033, AUTHENTICATED | FAILURE | FILE_OPERATION | OPERATION_DELETE | SSH, "rmdir failed", &["details", "path"])
        .text("Could not delete folder \"{path}\": {details}"),
    known(30034, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "attribute read asked for", &["path"])
        .text("Reading the attributes of \"{path}\"."),
    known(30035, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "attribute read done", &["path"])
        .text("Read the attributes of \"{path}\"."),
    known(30036, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "attribute read failed", &["details", "path"])
        .text("Could not read the attributes of \"{path}\": {details}"),
    known(30037, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "attribute change asked for", &["path"])
        .text("Changing the attributes of \"{path}\"."),
    known(30038, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "attribute change done", &["attributes", "path"])
        .text("Changed the attributes of \"{path}\"."),
    known(30039, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "attribute change failed", &["attributes", "details", "path"])
        .text("Could not change the attributes of \"{path}\": {details}"),
    known(30040, AUTHENTICATED | FAILURE | FAILURE_SPECIFIC | FILE_OPERATION | SSH, "file opened read-write closed after a broken transfer", &["duration", "mode", "read_speed", "total_read", "total_write", "write_speed", "path", "requested_path"])
        .text("The transfer of \"{path}\" ({mode}) broke: {total_read} bytes read, {total_write} bytes written in {duration} s."),
    known(30041, AUTHENTICATED | FAILURE | FAILURE_SPECIFIC | FILE_OPERATION | OPERATION_READ | SSH, "download closed before completion", &["duration", "read_speed", "requested_path", "total_read", "path", "mode"])
        .text("The download of \"{path}\" broke after {total_read} bytes in {duration} s."),
    known(30042, AUTHENTICATED | FAILURE | FAILURE_SPECIFIC | FILE_OPERATION | OPERATION_WRITE | SSH, "upload closed before completion", &["duration", "requested_path", "total_write", "write_speed", "path", "mode"])
        .text("The upload of \"{path}\" broke after {total_write} bytes in {duration} s."),
    known(30043, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "file opened, with mode", &["mode", "requested_path", "path"])
        .text("Opened \"{path}\" ({mode})."),
    known(30044, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "file open failed", &["mode", "requested_path", "path", "details"])
        .text("Could not open \"{path}\" ({mode}): {details}"),
    known(30045, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "read on an open file failed", &["details", "length", "offset", "requested_path", "path"])
        .text("Could not read {length} bytes at {offset} from \"{path}\": {details}"),
    known(30046, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "write on an open file failed", &["details", "length", "offset", "requested_path", "path"])
        .text("Could not write {length} bytes at {offset} to \"{path}\": {details}"),
    known(30047, AUTHENTICATED | FAILURE | FAILURE_HIGH | FILE_OPERATION | SSH, "closing the file itself failed", &["mode", "requested_path", "path", "total_read", "read_speed", "total_write", "write_speed", "duration", "details", "real_path"])
        .text("Could not close \"{path}\" ({mode}): {details}"),
    known(30048, AUTHENTICATED | FAILURE | SSH, "SFTP request type not supported", &["details"])
        .text("SFTP request not supported: {details}"),
    known(30049, AUTHENTICATION | SESSION | FAILURE | SSH, "client sent an unreadable SSH public key", &["details"])
        .text("The public key that the client sent cannot be read: {details}"),
    known(30050, AUTHENTICATED | INFORMATIONAL | SSH, "server is closing the SSH connection", &["details"])
        .text("Closing the SSH connection: {details}"),
    known(30051, SESSION | FAILURE | FAILURE_SPECIFIC | SSH, "connection refused: service is at its connection limit", &["count", "details"])
        .text("Connections refused: {count}; {details}."),
    known(30052, SESSION | FAILURE | FAILURE_CRITICAL | SSH, "unhandled fault in an SFTP command", &["command", "details"])
        .text("Internal fault in the SFTP request {command}: {details}"),
    known(30053, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "readlink asked for", &["path"])
        .text("Reading the link \"{path}\"."),
    known(30054, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "readlink done", &["path"])
        .text("Read the link \"{path}\"."),
    known(30055, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "readlink failed", &["details", "path"])
        .text("Could not read the link \"{path}\": {details}"),
    known(30056, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "symlink asked for", &["path"])
        .text("Creating the link \"{path}\"."),
    known(30057, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "symlink done", &["kind", "path", "target"])
        .text("Created the {kind} link \"{path}\" to \"{target}\"."),
    known(30058, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "symlink failed", &["details", "kind", "path", "target"])
        .text("Could not create the {kind} link \"{path}\" to \"{target}\": {details}"),
    known(30059, AUTHENTICATED | FAILURE | FAILURE_SPECIFIC | SSH, "SFTP extended request not supported", &["request"])
        .text("SFTP extension not supported: {request}"),
    known(30060, AUTHENTICATED | INFORMATIONAL | FILE_OPERATION | SSH, "realpath asked for", &["path"])
        .text("Resolving \"{path}\"."),
    known(30061, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH, "fstat failed", &["details", "requested_path", "path"])
        .text("Could not read the attributes of the open file \"{path}\": {details}"),
    known(30062, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH | FAILURE_SPECIFIC, "fsetstat not implemented for this file", &["path"])
        .text("The attributes of the open file \"{path}\" cannot be changed."),
    known(30063, AUTHENTICATED | FAILURE | FAILURE_CRITICAL | SSH, "could not send to the peer; session is dropped", &["details"])
        .text("Could not send to the peer: {details}"),
    known(30064, AUTHENTICATED | INFORMATIONAL | SSH, "SCP session closed", &[])
        .text("SCP session closed."),
    known(30065, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_CRITICAL | SSH, "unhandled fault in an SCP request", &["details"])
        .text("Internal fault in an SCP request: {details}"),
    known(30066, OPERATIONAL | AUTHENTICATED | FAILURE | FAILURE_CRITICAL | SSH, "SSH exec command failed", &["command", "details"])
        .text("SSH command \"{command}\" failed: {details}"),
    known(30067, AUTHENTICATED | SUCCESS | FILE_OPERATION | OPERATION_READ | SSH, "download finished completely, with totals", &["duration", "mode", "read_speed", "requested_path", "total_read", "path", "real_path"])
        .text("Downloaded \"{path}\": {total_read} bytes in {duration} s."),
    known(30068, AUTHENTICATED | SUCCESS | FILE_OPERATION | OPERATION_WRITE | SSH, "upload finished completely, with totals", &["duration", "mode", "requested_path", "total_write", "write_speed", "path", "real_path"])
        .text("Uploaded \"{path}\": {total_write} bytes in {duration} s."),
    known(30069, SESSION | FAILURE | SSH | FAILURE_SPECIFIC, "login name is not valid text", &["username"])
        .retired("4.6 → 30007"),
    known(30070, SESSION | FAILURE | FAILURE_SPECIFIC | SSH, "password is not valid text", &[])
        .retired("4.6 → 30007"),
    known(30071, SESSION | FAILURE | FAILURE_CRITICAL | FAILURE_SPECIFIC | SSH | CLIENT_SIDE, "client side: server host key does not match the pinned identity", &["actual_fingerprint", "expected_fingerprint", "name"]),
    known(30072, SESSION | INFORMATIONAL | SSH | CLIENT_SIDE, "client side: SSH connection made", &["name"]),
    known(30073, SESSION | INFORMATIONAL | SSH | CLIENT_SIDE, "client side: SSH connection lost or closed", &["host_key", "in_cipher", "in_hmac", "key_exchange", "name", "out_cipher", "out_hmac", "server_version"]),
    known(30074, AUTHENTICATED | FAILURE | FILE_OPERATION | SSH | FAILURE_SPECIFIC, "fsetstat accepted but ignored", &["requested_path", "path"])
        .text("Changed nothing of the open file \"{path}\", as the request may be ignored."),
    known(30076, AUTHENTICATED | SUCCESS | SSH | CLIENT_SIDE, "client side: SFTP session ready, with the credential type used", &["credentials_type", "name"]),
    known(30077, AUTHENTICATED | INFORMATIONAL | SSH | CLIENT_SIDE, "client side: SFTP channel closed", &["name"]),
    known(30078, OPERATIONAL | SESSION | SSH | FAILURE | FAILURE_HIGH | CLIENT_SIDE, "client side: authentication failed after trying the listed methods", &["methods", "name", "details"]),
    known(30079, SESSION | INFORMATIONAL | SSH | CLIENT_SIDE, "client side: login banner received", &["message"]),
    known(30080, SESSION | SUCCESS | SSH | CLIENT_SIDE, "client side: re-keying finished", &[]),
    known(30081, AUTHENTICATED | SUCCESS | FILE_OPERATION | SSH, "fstat done", &["path"])
        .text("Read the attributes of the open file \"{path}\"."),
    known(30082, AUTHENTICATED | INFORMATIONAL | SSH, "remote client sent an SSH disconnect, with code", &["code", "details"])
        .text("The client disconnected with code {code}: {details}"),
    known(30083, AUTHENTICATED | INFORMATIONAL | SSH | CLIENT_SIDE, "remote server sent an SSH disconnect, with code", &["code", "details"]),
];
