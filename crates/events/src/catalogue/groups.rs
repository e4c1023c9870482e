//! The groups that classify events (there are no levels). A set of groups is a bit set, so that an entry of the
//! catalogue reads `AUTHENTICATED | SUCCESS | SSH`.

/// A set of groups; each constant of this module is a set of one.
pub type Groups = u32;

macro_rules! groups {
    ($($name:ident = $bit:literal $text:literal $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: Groups = 1 << $bit;)*

        /// Every group: itself, its name in configuration, what it holds.
        pub const ALL: &[(Groups, &str, &str)] = &[$(($name, $text, $meaning),)*];
    };
}

groups! {
    ADMINISTRATION = 0 "administration" "actions of administrators, or of the process itself";
    ANALYTICS = 1 "analytics" "figures and checks over time";
    AUTHENTICATED = 2 "authenticated" "tied to an account that has logged in";
    AUTHENTICATION = 3 "authentication" "during a login";
    CLIENT_SIDE = 4 "client-side" "transfers and locations where this server is the client";
    COMPAT = 5 "compat" "the layer to the operating system";
    COMPONENT_ACTIVATION = 6 "component-activation" "start and stop of components";
    FAILURE = 7 "failure" "an operation failed";
    FAILURE_CRITICAL = 8 "failure-critical" "what should never happen; always with details";
    FAILURE_HIGH = 9 "failure-high" "a failure that harms the server's work";
    FAILURE_SPECIFIC = 10 "failure-specific" "a failure whose number says it all";
    FILE_OPERATION = 11 "file-operation" "work on files and folders";
    FTP = 12 "ftp" "FTP and FTPS, either role";
    HTTP = 13 "http" "HTTP and HTTPS, either role";
    INFORMATIONAL = 14 "informational" "about to act, or a state worth knowing";
    LOCAL_MANAGER = 15 "local-manager" "the web console";
    LOCATION_OPERATION = 16 "location-operation" "an operation on a location of a transfer";
    MONITOR = 17 "monitor" "the monitor of a folder";
    OPERATION_APPEND = 18 "operation-append" "content was appended";
    OPERATION_CREATE_FOLDER = 19 "operation-create-folder" "a folder was created";
    OPERATION_DELETE = 20 "operation-delete" "a file or folder was deleted";
    OPERATION_READ = 21 "operation-read" "content was read";
    OPERATION_RENAME = 22 "operation-rename" "a file or folder was renamed or moved";
    OPERATION_WRITE = 23 "operation-write" "content was written";
    OPERATIONAL = 24 "operational" "the inner work of the server";
    PROCESS = 25 "process" "the process, tied to no account or peer";
    SESSION = 26 "session" "connections and sessions";
    SMB = 27 "smb" "SMB transfers (no event is in it yet)";
    SSH = 28 "ssh" "SSH, SFTP, SCP";
    SUCCESS = 29 "success" "an operation succeeded";
    TRANSFER = 30 "transfer" "around a transfer";
    TRANSFER_JOB = 31 "transfer-job" "around one job of a transfer";
}

/// The group of that name, as a set of one.
pub fn named(name: &str) -> Option<Groups> {
    ALL.iter().find(|(_, text, _)| *text == name).map(|(bit, _, _)| *bit)
}

/// The names of the groups in a set, in the order of the alphabet.
pub fn names(set: Groups) -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(move |(bit, _, _)| bit & set != 0).map(|(_, text, _)| *text)
}
