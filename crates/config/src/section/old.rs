//! A section that an old release wrote, brought up to date.

use std::borrow::Cow;

use causeway_core::Family;

use super::reader::{Given, Reader};
use crate::load::layers::Rank;
use crate::old_names::{self, Becomes, OldOption, OldType};

/// What an option was before it was brought up to date.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Old {
    /// It had another name.
    pub(super) name: Option<&'static OldOption>,
    /// Its value was written differently: what it is now.
    pub(super) value: Option<&'static str>,
}

/// The name of now.
fn new_name<'n>(old: Option<&'n OldOption>, name: &'n str) -> &'n str {
    match old.map(|old| old.becomes) {
        Some(Becomes::Option(new)) => new,
        _ => name,
    }
}

impl Reader<'_> {
    /// Gives options their names and values of now. What was done is told with the names
    /// ([`Reader::check_names`]).
    pub(super) fn bring_up_to_date(&mut self) {
        let Some(family) = self.family else { return };
        let kind = self.kind().into_owned();
        self.drop_outranked(|name| new_name(old_names::option(family, &kind, name), name).to_owned());
        let old_name = |g: &Given<'_>| old_names::option(family, &kind, &g.name);
        let old_names: Vec<(Option<&'static OldOption>, bool)> = self
            .given
            .iter()
            .map(|g| match old_name(g) {
                Some(old) => {
                    let is_given = |new| self.given.iter().any(|other| other.name == new);
                    (Some(old), matches!(old.becomes, Becomes::Option(new) if is_given(new)))
                }
                None => (None, false),
            })
            .collect();
        for (g, (name, twice)) in self.given.iter_mut().zip(old_names) {
            g.old = Old { name, value: None };
            match g.old.name.map(|old| old.becomes) {
                Some(Becomes::Option(new)) if !twice => g.name = Cow::Borrowed(new),
                // It is no option of now, or the one of now is given too.
                Some(_) => g.dropped = true,
                None => {}
            }
            let was = g.old.name.map(|old| old.name);
            if !g.dropped
                && let Some(renewed) = old_names::renewed(family, &kind, was, &g.name, &g.value)
            {
                g.old.value = Some(renewed.about);
                if let Some(value) = renewed.value {
                    g.value = Cow::Owned(value);
                }
            }
        }
    }

    /// Where sources call an option differently, the source that wins has said it.
    fn drop_outranked(&mut self, new_name: impl Fn(&str) -> String) {
        let ranks: Vec<(String, Rank)> = match self.given.iter().all(|g| g.rank == Rank::File) {
            true => return,
            false => self.given.iter().map(|g| (new_name(&g.name), g.rank)).collect(),
        };
        self.given.retain(|g| {
            let name = new_name(&g.name);
            !ranks.iter().any(|(other, rank)| *other == name && *rank > g.rank)
        });
    }

    /// What became of a type of this section's family.
    pub(crate) fn old_type(&self, written: &str) -> Option<&'static OldType> {
        self.family.and_then(|family| old_names::kind(family, written))
    }

    /// The type by its name of now, in lower case.
    fn kind(&self) -> Cow<'static, str> {
        let written = self.text("type").unwrap_or_default().to_ascii_lowercase();
        match self.old_type(&written).and_then(|t| t.becomes) {
            Some(new) => Cow::Borrowed(new),
            None if written == "sftp" && self.family == Some(Family::Services) => Cow::Borrowed("ssh"),
            None => Cow::Owned(written),
        }
    }
}
