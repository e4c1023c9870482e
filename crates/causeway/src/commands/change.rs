//! Changes of the configuration: through the running server, or, when none runs, of the file itself.

use causeway_config::edit::{Change, Label, unindented};
use causeway_core::Clock;

use super::apply::answered;
use super::root::Root;
use super::{Failure, Outcome, Result, failed};
use crate::control::{Confirm, Request};
use crate::ownership::name_of;
use crate::steward::{Plan, Steward, load};

/// Reads `server` or `family/ID`.
pub(super) fn label(text: &str) -> std::result::Result<Label, Failure> {
    match text.split_once('/') {
        None if text == "server" => Ok(Label::new(text, None)),
        Some((family, id)) if !id.is_empty() && !family.is_empty() => Ok(Label::new(family, Some(id))),
        _ => Err(Failure(format!("'{text}' is neither 'server' nor 'family/ID'"))),
    }
}

/// Reads `option=value` words and names of options to take out.
pub(super) fn sets(
    section: &Label,
    options: &[String],
    unset: &[String],
) -> std::result::Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for (option, value) in pairs(options)? {
        changes.push(Change::Set { section: section.clone(), option, value });
    }
    for option in unset {
        changes.push(Change::Unset { section: section.clone(), option: option.clone() });
    }
    if changes.is_empty() {
        return Err(Failure("nothing is to be changed: say OPTION=VALUE or --unset OPTION".to_owned()));
    }
    Ok(changes)
}

pub(super) fn pairs(options: &[String]) -> std::result::Result<Vec<(String, String)>, Failure> {
    options
        .iter()
        .map(|word| match word.split_once('=') {
            Some((option, value)) if !option.is_empty() => Ok((option.trim().to_owned(), unindented(value))),
            _ => Err(Failure(format!("'{word}' is not OPTION=VALUE"))),
        })
        .collect()
}

/// Makes changes.
pub(super) fn carry_out(root: &Root, changes: Vec<Change>, confirm: Confirm) -> Result {
    let request = Request::Change { changes, confirm };
    if let Some(answer) = root.ask_if_running(&request)? {
        return answered(answer);
    }
    let Request::Change { changes, .. } = request else { return Ok(Outcome::Done) };
    if matches!(confirm, Confirm::Within(_)) {
        return Err(Failure("--confirm with a time needs the server to run".to_owned()));
    }
    let steward = root.steward()?;
    let now = steward.read().map_err(failed("the files"))?;
    // What cannot be used now may be what is to be put right.
    let known = load(&now).ok();
    let plan = steward.plan(&now, known.as_ref(), &changes, confirm == Confirm::Sure);
    let plan = plan.map_err(failed("nothing is changed"))?;
    write(&steward, &plan, "command")
}

/// Writes a plan while no server runs.
pub(super) fn write(steward: &Steward, plan: &Plan, how: &str) -> Result {
    let by = name_of(nix::unistd::geteuid().as_raw());
    let number =
        steward.carry_out(plan, Clock::system().now(), &by, how).map_err(failed("nothing is changed"))?;
    print!("{}", plan.difference);
    println!("revision {number}; no server runs here now");
    Ok(Outcome::Done)
}
