//! The reference page of the events.

use std::fmt::Write;

use super::{BLOCKS, Block, Entry, groups};

const INTRODUCTION: &str = "\
# Events

Generated from the catalogue in `crates/events`; a test compares the two. Change the catalogue, then run
`CAUSEWAY_WRITE_PAGES=1 cargo test -p causeway-events reference_page`.

Every fact that the server reports is an event with a stable number. The numbers below 70000, their groups and
members are those of SFTPPlus, so that filters and scripts carry over; the texts are our own. An event with a text
is emitted by this version. A retired number is accepted in filters and never emitted.

Where an event has a `path` or a `real_path`, it has their parts, too: `file_name` and `directory_name` of `path`,
`real_file_name` and `real_directory_name` of `real_path`.
";

/// The whole page as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    groups_table(&mut out);
    for block in &BLOCKS {
        block_table(&mut out, block);
    }
    out
}

fn groups_table(out: &mut String) {
    out.push_str("\n## Groups\n\n| Group | Holds | Events |\n|---|---|---|\n");
    for (bit, name, meaning) in groups::ALL {
        let count = super::all().filter(|e| e.groups & bit != 0).count();
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "| `{name}` | {meaning} | {count} |");
    }
}

fn block_table(out: &mut String, block: &Block) {
    let _ = write!(
        out,
        "\n## {}\n\n| Number | Groups | What happened | Members | Text |\n|---|---|---|---|---|\n",
        block.title
    );
    for entry in block.entries {
        row(out, entry);
    }
}

fn row(out: &mut String, entry: &Entry) {
    let groups = groups::names(entry.groups).collect::<Vec<_>>().join(", ");
    let members = entry.members.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ");
    let _ = write!(out, "| {} | {groups} | {}", entry.id, entry.summary);
    if let Some(how) = entry.retired {
        let _ = write!(out, " (retired in {how})");
    }
    let _ = writeln!(out, " | {members} | {} |", entry.text.unwrap_or_default().replace('|', "\\|"));
}
