//! `[event-handlers/ID]`

use schemars::JsonSchema;
use serde::Deserialize;

use super::default;
use crate::value::{
    DataFilter, LineTemplate, LogPath, RotateCount, RotateOn, RotateSize, Selection, SourceAddresses, Target,
    Text, TextList,
};

/// Options of every event handler. An event must pass all filters; a filter that is empty passes everything;
/// members are either all listed plainly (those alone) or all with `!` (all others).
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct HandlerOptions {
    /// Whether the handler starts with the process.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub enabled: bool,
    /// Name for people.
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// Numbers of events. In this option and the next four, members are all listed plainly (those alone pass), or all with
    /// `!` (`!30014, !30015`: all others do).
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub target: Target,
    /// Groups of events, such as `authentication`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub groups: Selection,
    /// Names of users.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub usernames: Selection,
    /// Ids of the components that events come from.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub components: Selection,
    /// Addresses of the peers, one by one: networks are not taken.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub source_addresses: SourceAddresses,
    /// Rules on the data of events, one a line: `member, expression`. All must match. Members are named as in
    /// templates: `path`, `file_name`, `group_names.0`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub data_filter: DataFilter,
    /// Errors in a row after which the handler stops; 0: it never does.
    #[serde(default = "fail_after_errors")]
    pub fail_after_errors: u32,
}

/// Options of handlers of type `local-file`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
pub struct LocalFileOptions {
    /// The file: a plain one (or a character device), this handler's alone. `{host.name}` and `{host.fqdn}` stand for
    /// the machine's names.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub path: LogPath,
    /// When the file is put aside: `HH:MM time-of-day`, `N day-of-month` (a month without that day uses its last)
    /// or `disabled`.
    #[serde(default)]
    pub rotate_on: RotateOn,
    /// Bytes at which the file is put aside; 0 or `disabled` for never. `rotate_on` wins. Where that fails, it is tried
    /// again after 60 s, or when the file has grown by as many bytes.
    #[serde(default)]
    pub rotate_at_size: RotateSize,
    /// How many files that were put aside are kept: 0 all; -1 puts nothing aside but empties the file.
    #[serde(default)]
    pub rotate_count: RotateCount,
    /// The template of a line. What may stand in braces is in `docs/configuration.md`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub entry_content: LineTemplate,
    /// Fields, by the same names as in templates, of a file of comma-separated values; empty: lines of `entry_content`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub structured_fields: TextList,
}

/// Options of handlers of type `standard-stream`, which write to the standard output.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct StandardStreamOptions {
    /// The template of a line. What may stand in braces is in `docs/configuration.md`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub entry_content: LineTemplate,
}

fn fail_after_errors() -> u32 {
    10
}
