//! `account`, `group`, `service` and the like: components by name.

use std::collections::BTreeMap;

use causeway_config::difference::hides;
use causeway_config::edit::{Change, Label};
use causeway_config::ini::{Document, Section};
use causeway_core::{Clock, Random, ids};

use super::apply::Confirmation;
use super::change::{carry_out, pairs, sets};
use super::credentials::{More, NewCredentials, NewPassword, Nothing};
use super::root::Root;
use super::{Failure, Outcome, Result};
use crate::steward::is_always_there;

/// What can be done with accounts.
pub(crate) type Account = Component<NewPassword, NewCredentials>;

/// What can be done with the components of another family.
pub(crate) type Other = Component<Nothing, Nothing>;

/// What can be done with the components of a family. `A` and `S` are what `add` and `set` have more.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Component<A: clap::Args, S: clap::Args> {
    /// List those that the file has.
    List {
        #[command(flatten)]
        root: Root,
        /// Print JSON. Options that hold secrets are left out.
        #[arg(long)]
        json: bool,
    },
    /// Add one.
    Add {
        #[command(flatten)]
        root: Root,
        /// Its name.
        name: String,
        /// Its id; a random one if it is not given.
        #[arg(long)]
        id: Option<String>,
        /// Its options.
        #[arg(value_name = "OPTION=VALUE")]
        options: Vec<String>,
        #[command(flatten)]
        more: A,
        #[command(flatten)]
        confirm: Confirmation,
    },
    /// Set options of one.
    Set {
        #[command(flatten)]
        root: Root,
        /// Its name or id.
        name: String,
        /// Options to set.
        #[arg(value_name = "OPTION=VALUE")]
        options: Vec<String>,
        /// An option to take out, so that its default counts.
        #[arg(long, value_name = "OPTION")]
        unset: Vec<String>,
        #[command(flatten)]
        more: S,
        #[command(flatten)]
        confirm: Confirmation,
    },
    /// Remove one.
    Remove {
        #[command(flatten)]
        root: Root,
        /// Its name or id.
        name: String,
        #[command(flatten)]
        confirm: Confirmation,
    },
}

impl<A: More, S: More> Component<A, S> {
    pub(super) fn run(self, family: &'static str) -> Result {
        match self {
            Component::List { root, json } => list(&root, family, json),
            Component::Add { root, name, id, options, more, confirm } => {
                let id = id.unwrap_or_else(|| ids::uuid4(&Random::system()).to_string());
                let section = Label::new(family, Some(&id));
                let mut all = vec![("name".to_owned(), name)];
                all.extend(pairs(&options)?);
                let made = more.make(&root, &section)?;
                all.extend(made.options.iter().cloned());
                all.push(("created".to_owned(), now()));
                let outcome = carry_out(&root, vec![Change::Add { section, options: all }], confirm.given())?;
                made.show();
                Ok(outcome)
            }
            Component::Set { root, name, mut options, unset, more, confirm } => {
                let section = find(&root, family, &name)?;
                let made = more.make(&root, &section)?;
                options.extend(made.options.iter().map(|(name, value)| format!("{name}={value}")));
                let mut changes = sets(&section, &options, &unset)?;
                changes.push(Change::Set { section, option: "changed".to_owned(), value: now() });
                let outcome = carry_out(&root, changes, confirm.given())?;
                made.show();
                Ok(outcome)
            }
            Component::Remove { root, name, confirm } => {
                let section = find(&root, family, &name)?;
                carry_out(&root, vec![Change::Remove { section }], confirm.given())
            }
        }
    }
}

/// As the options `created` and `changed` have it: local time without a zone.
fn now() -> String {
    let seconds = i64::try_from(Clock::system().now().seconds()).unwrap_or_default();
    let now = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

pub(super) fn document(root: &Root) -> std::result::Result<Document, Failure> {
    let sources = root.sources()?;
    Document::parse(sources.file()).map_err(|mistakes| {
        Failure(mistakes.iter().map(|m| format!("server.ini: {m}")).collect::<Vec<_>>().join("\n"))
    })
}

pub(super) fn name_of(section: &Section<'_>) -> String {
    let name = section.settings().find(|s| s.name().eq_ignore_ascii_case("name"));
    name.map(|s| s.value().into_owned()).unwrap_or_default()
}

/// The section of that id or of that name, if only one can be meant.
fn find(root: &Root, family: &str, name: &str) -> std::result::Result<Label, Failure> {
    let document = document(root)?;
    let of_family = || document.sections().filter(|s| s.family() == family);
    let named: Vec<_> = of_family().filter(|s| name_of(s) == name).filter_map(|s| s.id()).collect();
    let of_id = Label::new(family, Some(name));
    if is_always_there(&of_id) || of_family().any(|s| s.id() == Some(name)) {
        return match named.iter().find(|id| **id != name) {
            None => Ok(of_id),
            Some(other) => Err(Failure(format!(
                "'{name}' is the id of one and the name of another ({family}/{other}); say the other's id, or the first \
                 one's name, or 'config set {of_id}'"
            ))),
        };
    }
    match named.as_slice() {
        [id] => Ok(Label::new(family, Some(id))),
        [] => Err(Failure(format!("there is none of {family} with the name or id '{name}'"))),
        several => {
            Err(Failure(format!("several have the name '{name}'; say the id: {}", several.join(", "))))
        }
    }
}

fn list(root: &Root, family: &str, json: bool) -> Result {
    let document = document(root)?;
    let sections = document.sections().filter(|s| s.family() == family);
    if json {
        let all: BTreeMap<&str, BTreeMap<String, String>> =
            sections.filter_map(|s| Some((s.id()?, options(&s, family)))).collect();
        println!("{}", serde_json::to_string_pretty(&all).unwrap_or_default());
        return Ok(Outcome::Done);
    }
    for section in sections {
        let off = |s: &causeway_config::ini::Setting<'_>| {
            s.name().eq_ignore_ascii_case("enabled")
                && ["no", "false"].iter().any(|no| s.value().eq_ignore_ascii_case(no))
        };
        let state = if section.settings().any(|s| off(&s)) { "  (disabled)" } else { "" };
        println!("{}  {}{state}", section.id().unwrap_or_default(), name_of(&section));
    }
    Ok(Outcome::Done)
}

fn options(section: &Section<'_>, family: &str) -> BTreeMap<String, String> {
    let settings = section.settings().map(|s| (s.name().to_owned(), s.value().into_owned()));
    settings.filter(|(name, value)| !hides(family, name, value)).collect()
}
