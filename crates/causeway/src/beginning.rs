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
        if let Some((steward, back_to)) = steward.as_ref().and_then(|s| Some((s, s.unconfirmed()?)))
            && let Ok(sources) = steward.of_history(back_to)
            && let Ok(loaded) = load(&sources)
        {
            return Ok(Self { loaded, sign, instead: Some(Instead::Unconfirmed { back_to }) });
        }
        let sources = Sources::read(installation.root(), &Environment::of_process())?;
        match load(&sources) {
            Ok(loaded) => Ok(Self { loaded, sign, instead: None }),
            Err(error) if error.is_of_text() => {
                let last_good = steward.and_then(|s| s.last_good());
                let Some((number, sources)) = last_good else { return Err(error) };
                let Ok(loaded) = load(&sources) else { return Err(error) };
                let instead = Some(Instead::LastGood { number, why: error.to_string() });
                Ok(Self { loaded, sign, instead })
            }
            Err(error) => Err(error),
        }
    }
}
