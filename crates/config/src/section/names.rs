//! The names of a section's options: honoured, known, old or slips.

use super::reader::{Given, Reader};
use crate::definition::Definition;
use crate::hint::nearest;
use crate::known::{Effect, Known};
use crate::old_names::{Becomes, OldOption, is_disabled};
use crate::problem::{EVENT_BAD_VALUE, EVENT_REPLACED};
use crate::value::RelaxedDateTime;
use crate::{Problem, Replaced, Severity};

/// Options of every section: when it was made and changed, and its type, which is read before everything else.
const EVERYWHERE: [&str; 3] = ["created", "changed", "type"];

/// Those of them that are moments.
const STAMPS: [&str; 2] = ["created", "changed"];

const NOT_YET: &str = "not supported yet; the value is kept and has no effect";
const REFUSING: &str = "not supported yet, and it restricts access: refusing instead";

/// What an option of a section is here.
#[derive(Clone, Copy)]
enum Meaning<'k> {
    Honoured {
        restricts: bool,
    },
    Known(&'k Known),
    /// The section has no effect, and the option is one of its type.
    Kept,
    Unknown,
}

impl Reader<'_> {
    /// Looks at the options that none of the structs has: those that are known fail or are warned of, by what
    /// they mean; the others are slips. Old names are told of.
    pub(crate) fn check_names(&mut self, definitions: &[&Definition], known: &[Known]) {
        let meaning = |name: &str| match definitions.iter().find_map(|d| d.get(name)) {
            Some(d) => Meaning::Honoured { restricts: d.restricts || d.required },
            None if EVERYWHERE.contains(&name) => Meaning::Kept,
            None => known.iter().find(|k| k.name == name).map_or(Meaning::Unknown, Meaning::Known),
        };
        let names = definitions.iter().flat_map(|d| d.options().map(|(n, _)| n));
        let names: Vec<&str> = names.chain(known.iter().map(|k| k.name)).chain(EVERYWHERE).collect();
        self.check(meaning, &names);
    }

    /// The same for a section that is kept without effect: nothing fails for its options.
    pub(crate) fn check_kept_names(&mut self, names: &[&str]) {
        let meaning = |name: &str| match names.contains(&name) || EVERYWHERE.contains(&name) {
            true => Meaning::Kept,
            false => Meaning::Unknown,
        };
        self.check(meaning, names);
    }

    fn check<'k>(&mut self, meaning: impl Fn(&str) -> Meaning<'k>, names: &[&str]) {
        let problems: Vec<Problem> =
            self.given.iter().filter_map(|g| self.judge(g, &meaning, names)).collect();
        for problem in problems {
            self.report(problem);
        }
    }

    fn judge<'k>(
        &self,
        given: &Given<'_>,
        meaning: &impl Fn(&str) -> Meaning<'k>,
        names: &[&str],
    ) -> Option<Problem> {
        let told = |severity, message: String| {
            let option = given.old.name.map_or(&*given.name, |old| old.name);
            let problem = Problem::new(severity, given.file, given.line, message);
            let problem = problem.of(&self.component).option(option);
            if severity == Severity::Failure { problem.event(EVENT_BAD_VALUE) } else { problem }
        };
        if let Some(old) = given.old.name.filter(|_| given.dropped) {
            let (severity, message) = without_successor(old, given, meaning)?;
            return Some(told(severity, message));
        }
        let old = since(given);
        match meaning(&given.name) {
            Meaning::Known(known) if known.is_neutral(&given.value) => {
                old.map(|old| told(Severity::Warning, old))
            }
            Meaning::Known(_) if is_disabled(&given.value) => Some(told(
                Severity::Warning,
                "release 4.16 writes that there is none by an empty value".to_owned(),
            )),
            Meaning::Known(Known { effect: Effect::Absent, .. }) => {
                Some(told(Severity::Warning, with(old, NOT_YET)))
            }
            Meaning::Known(Known { effect: Effect::Restricts, .. }) => {
                Some(told(Severity::Failure, with(old, REFUSING)))
            }
            Meaning::Kept if STAMPS.contains(&&*given.name) => stamp(given).map(|(message, replaced)| {
                Problem { replaced: Some(replaced), ..told(Severity::Error, message).event(EVENT_REPLACED) }
            }),
            Meaning::Known(Known { effect: Effect::Kept, .. }) | Meaning::Honoured { .. } | Meaning::Kept => {
                old.map(|old| told(Severity::Warning, old))
            }
            Meaning::Unknown => {
                let hint = nearest(&given.name, names.iter().copied().chain(EVERYWHERE));
                let hint = hint.map(|near| format!("did you mean '{near}'?"));
                Some(told(Severity::Error, "unknown option".into()).hint(hint))
            }
        }
    }
}

/// What is wrong with the moment at which a component was made or changed.
fn stamp(given: &Given<'_>) -> Option<(String, Replaced)> {
    let error = match &*given.value {
        "" => return None,
        text => text.parse::<RelaxedDateTime>().err()?,
    };
    let replaced = Replaced { value: given.value.clone().into_owned(), default: String::new() };
    Some((format!("{error}; the option counts as not set"), replaced))
}

/// What is told of an old option that stays without effect.
fn without_successor<'k>(
    old: &OldOption,
    given: &Given<'_>,
    meaning: &impl Fn(&str) -> Meaning<'k>,
) -> Option<(Severity, String)> {
    let since = old.since;
    let empty = given.value.is_empty() || is_disabled(&given.value);
    Some(match old.becomes {
        Becomes::Option(new) => {
            let restricts = match meaning(new) {
                Meaning::Honoured { restricts } => restricts,
                Meaning::Known(known) => known.effect == Effect::Restricts,
                Meaning::Kept | Meaning::Unknown => false,
            };
            let message = format!("the old name of '{new}', which is given too");
            match restricts {
                true => (Severity::Failure, format!("{message}: take one of them away")),
                false => (Severity::Error, format!("{message} and counts")),
            }
        }
        Becomes::Nothing(why) => {
            (Severity::Warning, format!("the option is gone since release {since}: {why}"))
        }
        Becomes::ByHand(_) | Becomes::ByHandOrRefuse(_) if empty => {
            (Severity::Warning, format!("the option is gone since release {since}"))
        }
        Becomes::ByHand(todo) => {
            (Severity::Warning, format!("the option is gone since release {since} and has no effect: {todo}"))
        }
        Becomes::ByHandOrRefuse(todo) => (
            Severity::Failure,
            format!("the option is gone since release {since}; refusing until this is done: {todo}"),
        ),
    })
}

/// What is told of an option that is taken by its old name or in an old form.
fn since(given: &Given<'_>) -> Option<String> {
    let name = given.old.name.map(|old| format!("called '{}' since release {}", given.name, old.since));
    match (name, given.old.value) {
        (Some(name), Some(value)) => Some(format!("{name}; {value}")),
        (Some(name), None) => Some(name),
        (None, Some(value)) => Some(value.to_owned()),
        (None, None) => None,
    }
}

fn with(old: Option<String>, message: &str) -> String {
    match old {
        Some(old) => format!("{old}; {message}"),
        None => message.to_owned(),
    }
}
