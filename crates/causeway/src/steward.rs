//! Who keeps the configuration of an installation: reads it, changes it, remembers it. The running server has one, and so has
//! a command when no server runs.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use causeway_config::difference::Difference;
use causeway_config::edit::{self, Change, EditError, Label};
use causeway_config::files::{self, ReplaceError, replace, write_whole};
use causeway_config::history::{History, HistoryError};
use causeway_config::ini::Document;
use causeway_config::sources::Sources;
use causeway_config::value::StoredPassword;
use causeway_config::{
    Component, Config, DEFAULT_ANALYTICS, DEFAULT_AUTHENTICATION, DEFAULT_GROUP, DEFAULT_SECURITY_POLICY,
    Environment, FILE, LoadError, Loaded, Problem,
};
use causeway_core::{Random, Secret, Timestamp};

use crate::commands::{Failure, failed};
use crate::installation::Installation;

/// The configuration of one installation.
#[derive(Debug)]
pub(crate) struct Steward {
    installation: Installation,
    environment: Environment,
    history: History,
    random: Random,
}

/// A version that is not (yet) the file's, checked.
#[derive(Debug)]
pub(crate) struct Plan {
    /// None: the file is gone.
    before: Option<Sources>,
    pub(crate) after: Loaded,
    pub(crate) difference: Difference,
}

/// Why a change is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0}")]
    Edit(#[from] EditError),
    #[error("{0}")]
    Load(#[from] LoadError),
    #[error("[{section}] {option} is set by {by}, which wins over {FILE}: change it there")]
    Overridden { section: Label, option: String, by: String },
    #[error("[{0}] always exists and cannot be removed")]
    Permanent(Label),
    /// What would be wrong afterwards and is not now.
    #[error("the change would do harm: {}", lines(.0))]
    Problems(Vec<Problem>),
    #[error("{0}; say --confirm if that is meant")]
    TooMuch(String),
    #[error("{0}")]
    History(#[from] HistoryError),
    #[error("{0}")]
    Replace(#[from] ReplaceError),
    #[error("the change cannot be made provisional: {0}")]
    Unconfirmed(#[from] io::Error),
}

/// Whether a component is there whether the file has it or not.
fn is_permanent(section: &Label) -> bool {
    let always = [("groups", DEFAULT_GROUP), ("authentications", DEFAULT_AUTHENTICATION)];
    section.as_str() == "server" || always.iter().any(|(family, id)| *section == Label::new(family, Some(id)))
}

/// The same, whether it can be removed or not: what is set of it makes its section.
pub(crate) fn is_always_there(section: &Label) -> bool {
    let always = [("security-policies", DEFAULT_SECURITY_POLICY), ("resources", DEFAULT_ANALYTICS)];
    is_permanent(section) || always.iter().any(|(family, id)| *section == Label::new(family, Some(id)))
}

/// The sections of components that are always there, which the file does not have and changes set options of.
fn sections_to_make(document: &Document, changes: &[Change]) -> Vec<Change> {
    let mut missing: Vec<&Label> = Vec::new();
    for change in changes {
        let Change::Set { section, .. } = change else { continue };
        let is_there = || document.sections().any(|s| section.is(s.family(), s.id()));
        if is_always_there(section) && !missing.contains(&section) && !is_there() {
            missing.push(section);
        }
    }
    missing.into_iter().map(|section| Change::Add { section: section.clone(), options: Vec::new() }).collect()
}

/// Whether services ran and none would: their sections are there, but none can be honoured. Says why.
pub(crate) fn loses_all_services(before: &Config, after: &Config) -> Option<String> {
    let serves = |config: &Config| {
        config.services.values().any(|s| s.live().is_some_and(|service| service.options.enabled))
    };
    if !serves(before) || serves(after) {
        return None;
    }
    let failed = after.services.iter().filter_map(|(id, service)| match service {
        Component::Live(_) => None,
        Component::Failed(failure) => Some(format!("\n  services/{id}: {}", failure.reason)),
    });
    let failed: Vec<String> = failed.collect();
    let colon = if failed.is_empty() { "" } else { ":" };
    Some(format!("no service would be left that can run{colon}{}", failed.concat()))
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("\n  {p}")).collect()
}

impl Refusal {
    /// What would still refer to what is to be removed.
    pub(crate) fn usage(&self, changes: &[Change]) -> Option<(String, String)> {
        let Refusal::Problems(problems) = self else { return None };
        let removed = changes.iter().find_map(|change| match change {
            Change::Remove { section } => Some(section.to_string()),
            _ => None,
        })?;
        Some((removed, problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")))
    }
}

impl Steward {
    pub(crate) fn open(installation: &Installation) -> Result<Self, Failure> {
        Self::with_key(installation, &installation.key()?)
    }

    fn with_key(installation: &Installation, key: &Secret) -> Result<Self, Failure> {
        let random = Random::system();
        let history = History::open(&installation.history(), key, random.clone())
            .map_err(failed("cannot keep the history"))?;
        let environment = Environment::of_process();
        Ok(Self { installation: installation.clone(), environment, history, random })
    }

    /// That of an installation that has one already; nothing is made.
    pub(crate) fn existing(installation: &Installation) -> Option<Self> {
        let key = installation.existing_key().ok().filter(|_| installation.history().exists())?;
        Self::with_key(installation, &key).ok()
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// What the files and the environment say now.
    pub(crate) fn read(&self) -> Result<Sources, LoadError> {
        Sources::read(self.installation.root(), &self.environment)
    }

    /// A version of before, with the environment of now.
    pub(crate) fn of_history(&self, number: u64) -> Result<Sources, Refusal> {
        let revision = self.history.get(number)?;
        let now = Sources::of_text(&revision.file, self.installation.root(), &self.environment)?;
        Ok(now.with(revision.file, revision.over.as_deref()))
    }

    /// The last version that ran, for a start that cannot read the file.
    pub(crate) fn last_good(&self) -> Option<(u64, Sources)> {
        let number = self.history.good()?;
        Some((number, self.of_history(number).ok()?))
    }

    /// What these changes would come to. `known` is the configuration that those sources make, if they make one.
    ///
    /// # Errors
    /// They cannot be made, or something would be wrong afterwards that is not now.
    pub(crate) fn plan(
        &self,
        before: &Sources,
        known: Option<&Loaded>,
        changes: &[Change],
        sure: bool,
    ) -> Result<Plan, Refusal> {
        for change in changes {
            let (section, option) = match change {
                Change::Set { section, option, .. } | Change::Unset { section, option } => (section, option),
                Change::Remove { section } if is_permanent(section) => {
                    return Err(Refusal::Permanent(section.clone()));
                }
                Change::Add { .. } | Change::Remove { .. } => continue,
            };
            let origin = before.origin(section, option)?.filter(|origin| &*origin.file != FILE);
            if let Some(origin) = origin {
                let (section, option) = (section.clone(), option.clone());
                return Err(Refusal::Overridden { section, option, by: origin.file.to_string() });
            }
        }
        let document = before.document()?;
        let made = sections_to_make(document, changes);
        let text = edit::apply(document, &[made.as_slice(), changes].concat())?;
        let after = before.with(text, before.over());
        let (after, difference) = match known {
            Some(known) => load_after(&after, known)?,
            None => (load(&after)?, Difference::between(before, &after)?),
        };
        let key = |p: &Problem| (p.component.clone(), p.option.clone(), p.message.clone());
        let old: HashSet<_> = known.iter().flat_map(|known| known.problems.iter().map(key)).collect();
        let new = after.problems.iter().filter(|p| p.fails_check() && !old.contains(&key(p)));
        let new: Vec<Problem> = new.cloned().collect();
        if !new.is_empty() {
            return Err(Refusal::Problems(new));
        }
        match difference.removes_too_much() {
            Some(why) if !sure => Err(Refusal::TooMuch(why)),
            _ => Ok(Plan { before: Some(before.clone()), after, difference }),
        }
    }

    /// What an old version would come to. It ran once: what is wrong with it does not count. `running` is what runs, if a
    /// server does.
    ///
    /// # Errors
    /// It cannot be read, or so much would go that somebody has to be `sure`.
    pub(crate) fn plan_back(
        &self,
        running: Option<&Loaded>,
        number: u64,
        sure: bool,
    ) -> Result<Plan, Refusal> {
        let old = self.history.get(number)?;
        let before = match self.read() {
            Err(LoadError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => None,
            before => Some(before?),
        };
        let now = match &before {
            Some(before) => before.clone(),
            None => Sources::without_file(self.installation.root(), &self.environment)?,
        };
        let after = load(&now.with(old.file, now.over()))?;
        // What is in the file may be what is to be mended: then the last that could be used is compared.
        let last_good = || load(&self.last_good()?.1).ok();
        let own = match running {
            Some(_) => None,
            None => before.as_ref().and_then(|before| load(before).ok()).or_else(last_good),
        };
        let compared = running.or(own.as_ref()).unwrap_or(&after);
        let difference = Difference::between(&compared.sources, &after.sources)?;
        let harm =
            || difference.removes_too_much().or_else(|| loses_all_services(&compared.config, &after.config));
        match if sure { None } else { harm() } {
            Some(why) => Err(Refusal::TooMuch(why)),
            None => Ok(Plan { before, after, difference }),
        }
    }

    /// Keeps a version. Returns its number.
    pub(crate) fn record(
        &self,
        sources: &Sources,
        now: Timestamp,
        by: &str,
        how: &str,
    ) -> Result<u64, HistoryError> {
        self.history.record(&self.history.hold()?, sources, now, by, how, self.unconfirmed())
    }

    /// Keeps the plan, and makes it the file's text. Returns its number.
    pub(crate) fn carry_out(&self, plan: &Plan, now: Timestamp, by: &str, how: &str) -> Result<u64, Refusal> {
        let held = self.history.hold()?;
        let path = self.installation.server_ini();
        if let Some(before) = &plan.before
            && files::read(&path).is_ok_and(|text| text != before.file())
        {
            return Err(ReplaceError::Conflict(path).into());
        }
        let record = |sources: &Sources, how: &str| {
            self.history.record(&held, sources, now, by, how, self.unconfirmed())
        };
        let after = &plan.after.sources;
        // What was there before must be there to go back to, however it came.
        plan.before.as_ref().map(|before| record(before, "edit")).transpose()?;
        let newest = self.history.newest()?;
        // Before the file: once that has changed nothing may fail any more.
        let new = record(after, how)?;
        let written = self.write(plan);
        if written.is_err() && newest != Some(new) && !self.holds(after) {
            // It may stay where it cannot be removed: nothing says that it runs.
            let _ = self.history.take_back(&held, new);
        }
        written?;
        Ok(new)
    }

    /// Puts the plan in the place of what the file is expected to hold.
    fn write(&self, plan: &Plan) -> Result<(), Refusal> {
        let (path, after) = (self.installation.server_ini(), &plan.after.sources);
        match &plan.before {
            Some(before) => {
                replace(&path, &self.installation.configuration_lock(), before.file(), after.file())?;
            }
            None if path.symlink_metadata().is_ok() => return Err(ReplaceError::Conflict(path).into()),
            None => {
                let failed = |error| ReplaceError::Io { doing: "make", path: path.clone(), error };
                write_whole(&path, after.file()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Whether the file has the text of these sources.
    fn holds(&self, sources: &Sources) -> bool {
        files::read(&self.installation.server_ini()).is_ok_and(|text| text == sources.file())
    }

    /// Changes that put hashes where plain passwords stand in the file: of some of them, if they are many.
    pub(crate) fn hash_passwords(&self, loaded: &Loaded) -> Vec<(String, Change)> {
        let sources = &loaded.sources;
        let plain = loaded.config.accounts.iter().filter_map(|(id, account)| match account {
            Component::Live(account) => match &account.password {
                StoredPassword::Plain(password) => Some((id, account, password)),
                _ => None,
            },
            Component::Failed(_) => None,
        });
        plain
            .filter_map(|(id, account, password)| {
                let section = Label::new("accounts", Some(id));
                if !self.is_in_file(sources, &section, "password", password) {
                    return None;
                }
                let hash = causeway_auth::password::hash_new(password, &self.random).ok()?;
                let change = Change::Set { section, option: "password".to_owned(), value: hash };
                Some((account.options.name.to_string(), change))
            })
            .take(PASSWORDS_AT_ONCE)
            .collect()
    }

    /// Whether the option's value is this secret itself, and it stands in the file.
    pub(crate) fn is_in_file(
        &self,
        sources: &Sources,
        section: &Label,
        option: &str,
        secret: &Secret,
    ) -> bool {
        let origin = sources.origin(section, option).ok().flatten();
        origin.is_some_and(|origin| &*origin.file == FILE) && is_written(sources, section, option, secret)
    }

    /// Whether the file can be replaced, as far as that can be told in advance.
    pub(crate) fn can_write(&self) -> io::Result<()> {
        let real = fs::canonicalize(self.installation.server_ini())?;
        let folder = real.parent().unwrap_or(Path::new("/"));
        Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)?)
    }

    /// The revision to go back to unless somebody confirms what came after it.
    pub(crate) fn unconfirmed(&self) -> Option<u64> {
        fs::read_to_string(self.installation.unconfirmed()).ok()?.trim().parse().ok()
    }

    pub(crate) fn set_unconfirmed(&self, back_to: u64) -> io::Result<()> {
        write_whole(&self.installation.unconfirmed(), back_to.to_string().as_bytes())
    }

    pub(crate) fn set_confirmed(&self) -> io::Result<()> {
        let path = self.installation.unconfirmed();
        match fs::remove_file(&path) {
            Ok(()) => match path.parent() {
                // Else it may be back after a crash, and undo what was confirmed.
                Some(folder) => File::open(folder)?.sync_all(),
                None => Ok(()),
            },
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        }
    }
}

/// So many passwords are hashed in one go: each takes its time.
const PASSWORDS_AT_ONCE: usize = 32;

/// The configuration, with the problems that only the catalogue of events tells.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, LoadError> {
    Ok(completed(sources.load()?))
}

/// The same after an earlier one, with what differs.
pub(crate) fn load_after(sources: &Sources, earlier: &Loaded) -> Result<(Loaded, Difference), LoadError> {
    let (loaded, difference) = sources.load_after(earlier)?;
    Ok((completed(loaded), difference))
}

fn completed(mut loaded: Loaded) -> Loaded {
    loaded.problems.extend(causeway_events::handlers::problems(&loaded.config));
    loaded
}

/// Whether the option's text is the secret itself, and not where to find it.
fn is_written(sources: &Sources, section: &Label, option: &str, secret: &Secret) -> bool {
    let Ok(document) = sources.document() else { return false };
    let found = document.sections().find(|s| Label::new(s.family(), s.id()) == *section);
    let value = found.and_then(|s| s.settings().find(|o| o.name().eq_ignore_ascii_case(option)));
    value.is_some_and(|o| Secret::new(o.value().as_bytes()) == *secret)
}
