use super::root::{Root, unexpected};
use super::{Failure, Outcome, Result};
use crate::control::{Answer, Request, Which};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Sessions {
    /// List who is connected.
    List {
        #[command(flatten)]
        root: Root,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Close sessions: those that fit everything that is given.
    Close {
        #[command(flatten)]
        root: Root,
        /// The id of one session.
        id: Option<String>,
        /// Sessions of this login name.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// Sessions of the service with this id.
        #[arg(long, value_name = "ID")]
        service: Option<String>,
        /// Really all of them.
        #[arg(long, conflicts_with_all = ["id", "account", "service"])]
        all: bool,
    },
}

impl Sessions {
    pub(super) fn run(self) -> Result {
        match self {
            Sessions::List { root, json } => list(&root, json),
            Sessions::Close { root, id, account, service, all } => {
                if !all && id.is_none() && account.is_none() && service.is_none() {
                    return Err(Failure("say which: an id, --account, --service or --all".to_owned()));
                }
                let which = Which { id, account, service };
                let Answer::Closed { count } = root.ask(&Request::CloseSessions(which))? else {
                    return Err(unexpected());
                };
                println!("{count} closed");
                Ok(if count == 0 { Outcome::Wrong } else { Outcome::Done })
            }
        }
    }
}

fn list(root: &Root, json: bool) -> Result {
    let Answer::Sessions { sessions } = root.ask(&Request::Sessions)? else { return Err(unexpected()) };
    if json {
        println!("{}", serde_json::to_string_pretty(&sessions).unwrap_or_default());
        return Ok(Outcome::Done);
    }
    for s in &sessions {
        let account = s.account.as_deref().unwrap_or("(before login)");
        println!("{}  {account}  {}  {}  since {}", s.id, s.peer, s.service, s.since);
    }
    Ok(Outcome::Done)
}
