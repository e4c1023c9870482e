//! `account`, `group`, `service` and the like: components by name.

use std::collections::BTreeMap;

use causeway_config::difference::hides;
use causeway_config::edit::{Change, Label};
use causeway_config::ini::{Document, Section};
use causeway_core::{Clock, Family, Random, ids};

use super::apply::Confirmation;
use super::change::{carry_out, pairs, sets};
use super::password::hash_of_input;
use super::root::Root;
use super::second_factor::SecondFactor;
use super::{Failure, Outcome, Result};

/// What can be done with the components of a family.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Component {
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
        /// Read a password from standard input, and set its hash.
        #[arg(long)]
        password_stdin: bool,
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
        /// Read a password from standard input, and set its hash.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        second_factor: SecondFactor,
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

impl Component {
    pub(super) fn run(self, family: &'static str) -> Result {
        match self {
            Component::List { root, json } => list(&root, family, json),
            Component::Add { root, name, id, options, password_stdin, confirm } => {
                let id = id.unwrap_or_else(|| ids::uuid4(&Random::system()).to_string());
                let mut all = vec![("name".to_owned(), name)];
                all.extend(pairs(&options)?);
                if password_stdin {
                    all.extend(password(family)?);
                }
                all.push(("created".to_owned(), now()));
                let section = Label::new(family, Some(&id));
                carry_out(&root, vec![Change::Add { section, options: all }], confirm.read()?)
            }
            Component::Set { root, name, mut options, unset, password_stdin, second_factor, confirm } => {
                let section = find(&root, family, &name)?;
                if password_stdin {
                    options.extend(password(family)?.iter().map(|(name, value)| format!("{name}={value}")));
                }
                let made = second_factor.make(&root, &section)?;
                options.extend(made.options.iter().map(|(name, value)| format!("{name}={value}")));
                let mut changes = sets(&section, &options, &unset)?;
                changes.push(Change::Set { section, option: "changed".to_owned(), value: now() });
                let outcome = carry_out(&root, changes, confirm.read()?)?;
                made.show();
                Ok(outcome)
            }
            Component::Remove { root, name, confirm } => {
                let section = find(&root, family, &name)?;
                carry_out(&root, vec![Change::Remove { section }], confirm.read()?)
            }
        }
    }
}

/// The options of a new password: its hash and, for an account, since when it counts.
fn password(family: &str) -> std::result::Result<Vec<(String, String)>, Failure> {
    let mut options = vec![("password".to_owned(), hash_of_input()?)];
    if family == Family::Accounts.as_str() {
        let now = Clock::system().now().seconds().to_string();
        options.push(("last_password_update".to_owned(), now));
    }
    Ok(options)
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

/// The section of that id, or else of that name.
fn find(root: &Root, family: &str, name: &str) -> std::result::Result<Label, Failure> {
    let document = document(root)?;
    let of_family = || document.sections().filter(|s| s.family() == family);
    if of_family().any(|s| s.id() == Some(name)) {
        return Ok(Label::new(family, Some(name)));
    }
    let named: Vec<_> = of_family().filter(|s| name_of(s) == name).filter_map(|s| s.id()).collect();
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
