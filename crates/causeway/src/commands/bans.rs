use causeway_core::SourceNetwork;

use super::root::{Root, unexpected};
use super::{Failure, Outcome, Result, failed};
use crate::control::{Answer, Request, WhichBans};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bans {
    /// List the sources that are banned.
    List {
        #[command(flatten)]
        root: Root,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End bans: those that fit everything that is given.
    Remove {
        #[command(flatten)]
        root: Root,
        /// The source as it is listed, or an address in it.
        source: Option<String>,
        /// Bans of the security policy with this id.
        #[arg(long, value_name = "ID")]
        policy: Option<String>,
        /// Really all of them.
        #[arg(long, conflicts_with_all = ["source", "policy"])]
        all: bool,
    },
}

impl Bans {
    pub(super) fn run(self) -> Result {
        match self {
            Bans::List { root, json } => list(&root, json),
            Bans::Remove { root, source, policy, all } => {
                if !all && source.is_none() && policy.is_none() {
                    return Err(Failure("say which: a source, --policy or --all".to_owned()));
                }
                if let Some(source) = &source {
                    source.parse::<SourceNetwork>().map_err(failed(format!("'{source}'")))?;
                }
                let Answer::Lifted { count } = root.ask(&Request::LiftBans(WhichBans { source, policy }))?
                else {
                    return Err(unexpected());
                };
                println!("{count} removed");
                Ok(if count == 0 { Outcome::Wrong } else { Outcome::Done })
            }
        }
    }
}

fn list(root: &Root, json: bool) -> Result {
    let Answer::Bans { bans } = root.ask(&Request::Bans)? else { return Err(unexpected()) };
    if json {
        println!("{}", serde_json::to_string_pretty(&bans).unwrap_or_default());
        return Ok(Outcome::Done);
    }
    for ban in &bans {
        println!("{}  {}  {} failed logins, another {} s", ban.source, ban.policy, ban.failures, ban.left);
    }
    Ok(Outcome::Done)
}
