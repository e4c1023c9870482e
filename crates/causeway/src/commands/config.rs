use causeway_config::difference::Difference;
use causeway_config::history::Entry;

use super::apply::{Confirmation, answered};
use super::change::carry_out;
use super::root::Root;
use super::{Failure, Outcome, Result, failed};
use crate::control::Request;
use crate::steward::Steward;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Config {
    /// List the revisions of the configuration that were applied.
    Log {
        #[command(flatten)]
        root: Root,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what one revision says and another does not. Secrets are not shown.
    Diff {
        #[command(flatten)]
        root: Root,
        /// The older revision; without it, the last one that ran well.
        from: Option<u64>,
        /// The newer revision; without it, what the files say now.
        to: Option<u64>,
    },
    /// Make an old revision the text of the file again, and apply it if the server runs.
    Rollback {
        #[command(flatten)]
        root: Root,
        /// Its number, as `causeway config log` lists it.
        revision: u64,
        /// It is meant, even if many components go, or all services.
        #[arg(long)]
        confirm: bool,
    },
    /// Set options of a section, such as `server umask=027`. An empty value is set as such.
    Set {
        #[command(flatten)]
        root: Root,
        /// `server` or `family/ID`.
        section: String,
        /// Options to set.
        #[arg(value_name = "OPTION=VALUE")]
        options: Vec<String>,
        /// An option to take out, so that its default counts.
        #[arg(long, value_name = "OPTION")]
        unset: Vec<String>,
        #[command(flatten)]
        confirm: Confirmation,
    },
}

impl Config {
    pub(super) fn run(self) -> Result {
        match self {
            Config::Log { root, json } => log(&root, json),
            Config::Diff { root, from, to } => diff(&root, from, to),
            Config::Rollback { root, revision, confirm } => rollback(&root, revision, confirm),
            Config::Set { root, section, options, unset, confirm } => {
                let label = super::change::label(&section)?;
                let changes = super::change::sets(&label, &options, &unset)?;
                carry_out(&root, changes, confirm.given())
            }
        }
    }
}

fn log(root: &Root, json: bool) -> Result {
    let steward = root.steward()?;
    let entries = steward.history().list().map_err(failed("the history"))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&entries).unwrap_or_default());
        return Ok(Outcome::Done);
    }
    let good = steward.history().good();
    for entry in &entries {
        println!("{}", line(entry, good == Some(entry.number)));
    }
    Ok(Outcome::Done)
}

fn line(entry: &Entry, is_good: bool) -> String {
    let time = i64::try_from(entry.time).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    let good = if is_good { "  (the last that ran well)" } else { "" };
    format!("{:6}  {}  {:9} by {}{good}", entry.number, time.unwrap_or_default(), entry.how, entry.by)
}

fn diff(root: &Root, from: Option<u64>, to: Option<u64>) -> Result {
    let steward = root.steward()?;
    let from = match from.or_else(|| steward.history().good()) {
        Some(number) => number,
        None => return Err(Failure("there is no revision yet".to_owned())),
    };
    let before = steward.of_history(from).map_err(failed("the older revision"))?;
    let after = match to {
        Some(number) => steward.of_history(number).map_err(failed("the newer revision"))?,
        None => steward.read().map_err(failed("the files"))?,
    };
    let difference = Difference::between(&before, &after).map_err(failed("they cannot be compared"))?;
    print!("{difference}");
    Ok(if difference.is_empty() { Outcome::Done } else { Outcome::Wrong })
}

fn rollback(root: &Root, revision: u64, sure: bool) -> Result {
    if let Some(answer) = root.ask_if_running(&Request::Rollback { revision, sure })? {
        return answered(answer);
    }
    let steward: Steward = root.steward()?;
    let plan = steward.plan_back(None, revision, sure).map_err(failed("it cannot be restored"))?;
    super::change::write(&steward, &plan, "rollback")
}
