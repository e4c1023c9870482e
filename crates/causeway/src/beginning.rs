//! What a server starts with: the files as they are, or a version of before that must take their place.

use causeway_config::sources::Sources;
use causeway_config::{Environment, LoadError, Loaded};

use crate::installation::Installation;
use crate::server::{Files, Sign, Watched};
use crate::steward::{Steward, load};

/// The configuration of a start.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) loaded: Loaded,
    /// Of the files, before they were read.
    pub(crate) sign: Sign,
    pub(crate) instead: Option<Instead>,
    /// What should have been undone and could not be.
    pub(crate) not_undone: Option<NotUndone>,
}

/// A provisional change that runs although the server ended before it was confirmed.
#[derive(Debug)]
pub(crate) struct NotUndone {
    /// The revision that cannot be had.
    pub(crate) back_to: u64,
    pub(crate) why: String,
}

/// Why it is not what the files say.
#[derive(Debug)]
pub(crate) enum Instead {
    /// The server ended before a provisional change was confirmed.
    Unconfirmed { back_to: u64 },
    /// The files cannot be read: the last good version runs.
    LastGood { number: u64, why: String },
}

impl Beginning {
    /// Reads the files. Nothing is written: the process may still be root.
    pub(crate) fn of(installation: &Installation) -> Result<Self, LoadError> {
        let sign = Files::of(installation).sign();
        let steward = Steward::existing(installation);
        let mut not_undone = None;
        if let Some((steward, back_to)) = steward.as_ref().and_then(|s| Some((s, s.unconfirmed()?))) {
            match steward.of_history(back_to).and_then(|sources| Ok(load(&sources)?)) {
                Ok(loaded) => {
                    let instead = Some(Instead::Unconfirmed { back_to });
                    return Ok(Self { loaded, sign, instead, not_undone });
                }
                Err(refusal) => not_undone = Some(NotUndone { back_to, why: refusal.to_string() }),
            }
        }
        let sources = Sources::read(installation.root(), &Environment::of_process())?;
        match load(&sources) {
            Ok(loaded) => Ok(Self { loaded, sign, instead: None, not_undone }),
            Err(error) if error.is_of_text() => {
                let last_good = steward.and_then(|s| s.last_good());
                let Some((number, sources)) = last_good else { return Err(error) };
                let Ok(loaded) = load(&sources) else { return Err(error) };
                let instead = Some(Instead::LastGood { number, why: error.to_string() });
                Ok(Self { loaded, sign, instead, not_undone })
            }
            Err(error) => Err(error),
        }
    }
}
