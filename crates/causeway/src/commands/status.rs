use super::root::{Root, unexpected};
use super::{Outcome, Result};
use crate::control::{Answer, Request, Status as State};

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    root: Root,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> Result {
        let Answer::Status(state) = self.root.ask(&Request::Status)? else { return Err(unexpected()) };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&state).unwrap_or_default());
        } else {
            print(&state);
        }
        Ok(if state.ready { Outcome::Done } else { Outcome::Wrong })
    }
}

fn print(state: &State) {
    let ready = if state.ready { "everything runs" } else { "not everything runs" };
    println!("{} (Causeway {}): {ready}", state.name, state.version);
    println!("up for {} s, {} sessions", state.uptime, state.sessions);
    for component in &state.components {
        println!("{}  {:8} {}", component.id, component.state, component.details);
    }
    for notice in &state.notices {
        println!("{notice}");
    }
}
