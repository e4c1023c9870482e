//! Set-up, checks and benchmarks: `cargo xtask help`.

mod arrows;
mod bench;
mod command;
mod counts;
mod docs;
mod fuzz;
mod options;
mod parity;
mod setup;
mod skips;
mod steps;
mod unsafety;
mod workspace;

use std::process::ExitCode;

use command::Failure;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask test [--only STEP]... [--profile NAME]  set up what is missing, then check everything
cargo xtask setup                                   set up what the checks need, nothing else
cargo xtask bench [ARGUMENT]...                     side by side with the peers; arguments of bench/bench.py run
cargo xtask fuzz TARGET|all [--seconds N]           run fuzz targets (60 s each) and print what they covered
cargo xtask docs                                    write the reference pages that come from code

Steps of `test`, in order: ";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let result = Workspace::find().and_then(|workspace| match name {
        "test" => steps::run(&workspace, rest),
        "setup" => setup::everything(&workspace),
        "bench" => bench::run(&workspace, rest),
        "fuzz" => fuzz::campaign(&workspace, rest),
        "docs" => docs::write(&workspace),
        "help" | "--help" | "-h" => {
            println!("{HELP}{}", steps::names().join(", "));
            Ok(())
        }
        other => Err(Failure::new(format!("no such task: {other}\n\n{HELP}{}", steps::names().join(", ")))),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
