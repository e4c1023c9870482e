//! The program: command line and wiring. Nothing else lives here.

mod beginning;
mod commands;
mod control;
mod installation;
mod ownership;
mod platform;
mod privileges;
mod recorder;
mod server;
mod service_manager;
mod steward;
mod sys;

use std::process::ExitCode;

use clap::Parser;
use commands::{Command, Outcome};

/// A managed file transfer server.
#[derive(Debug, Parser)]
#[command(name = "causeway", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    if !command.serves() {
        sys::end_at_closed_pipes();
    }
    match command.run() {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Wrong) => ExitCode::from(1),
        Err(error) => {
            eprintln!("causeway: {error}");
            ExitCode::from(2)
        }
    }
}
