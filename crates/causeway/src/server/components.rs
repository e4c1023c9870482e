//! What runs: event handlers and services, brought to what a configuration says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use causeway_config::difference::Difference;
use causeway_config::{Component, Config, EventHandler, Protocol, Service, Sink};
use causeway_core::Origin;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_events::handlers::{Context, Runner, Starter, State};
use causeway_serve::shutdown::Shift;
use causeway_serve::ssh::{Running, Shared};

use super::record;

/// How long a handler may work off what is on the trail when it is stopped.
const HANDLER_END: Duration = Duration::from_secs(10);
/// How long handlers may take to open what they write to.
const HANDLER_START: Duration = Duration::from_secs(10);

/// Everything that runs, and what should and does not.
pub(super) struct Components {
    pub(super) shared: Arc<Shared>,
    pub(super) context: Context,
    pub(super) origin: Arc<Origin>,
    handlers: BTreeMap<Arc<str>, (Arc<EventHandler>, Runner)>,
    starter: Starter,
    services: BTreeMap<Arc<str>, (Arc<Service>, Running)>,
    /// Reasons by family and id.
    failed: BTreeMap<(&'static str, Arc<str>), Arc<str>>,
    /// Those of the configuration before.
    failed_before: BTreeMap<(&'static str, Arc<str>), Arc<str>>,
    /// Handlers still tell the server's old name.
    renamed: bool,
}

/// What became of a change.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// `family/ID: what happened`, in order.
    pub(super) done: Vec<String>,
    /// What could not be started.
    pub(super) failed: Vec<Failed>,
}

/// What became of a change, for people.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) done: Vec<String>,
    /// What the change has made fail.
    pub(super) failed: Vec<String>,
    /// What failed before, for the same reason.
    pub(super) still_failing: Vec<String>,
}

impl Outcome {
    /// What of it came by that change: what was wrong before and is not touched by it did not.
    pub(super) fn of_change(self, difference: &Difference) -> Results {
        let mut results = Results { done: self.done, failed: Vec::new(), still_failing: Vec::new() };
        for failed in self.failed {
            let is_changed = || difference.sections().any(|s| s.is(failed.family, Some(&failed.id)));
            let list = match failed.is_new || is_changed() {
                true => &mut results.failed,
                false => &mut results.still_failing,
            };
            list.push(failed.to_string());
        }
        results
    }
}

impl Results {
    pub(super) fn lines(&self) -> String {
        [self.done.as_slice(), &self.failed, &self.still_failing].concat().join("\n")
    }
}

/// A component that is not started, and why.
#[derive(Debug)]
pub(super) struct Failed {
    family: &'static str,
    id: Arc<str>,
    why: String,
    /// Whether it was not so before.
    is_new: bool,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {}", self.family, self.id, self.why)
    }
}

/// How one component is.
#[derive(Debug, Clone)]
pub(super) struct Status {
    pub(super) family: &'static str,
    pub(super) id: Arc<str>,
    pub(super) name: String,
    pub(super) state: &'static str,
    /// Where it listens, or why it does not run.
    pub(super) details: String,
}

/// How a component is called in events.
struct Label {
    family: &'static str,
    kind: &'static str,
    component_type: &'static str,
    id: Arc<str>,
    name: String,
    description: String,
}

impl Components {
    pub(super) fn new(shared: Arc<Shared>, context: Context, origin: Arc<Origin>) -> Self {
        Self {
            shared,
            context,
            origin,
            handlers: BTreeMap::new(),
            starter: Starter::new(HANDLER_START),
            services: BTreeMap::new(),
            failed: BTreeMap::new(),
            failed_before: BTreeMap::new(),
            renamed: false,
        }
    }

    /// Brings what runs to what the configuration says. What is the same goes on untouched. A component that cannot run
    /// is told and left out. New services serve until `shift` ends.
    pub(super) async fn apply(&mut self, config: &Config, shift: Shift) -> Outcome {
        let mut outcome = Outcome::default();
        self.failed_before = std::mem::take(&mut self.failed);
        tokio::task::block_in_place(|| self.apply_handlers(config, &mut outcome));
        self.apply_services(config, &shift, &mut outcome).await;
        // A handler that is added later begins then.
        self.context.since = self.context.trail.end();
        outcome
    }

    fn apply_handlers(&mut self, config: &Config, outcome: &mut Outcome) {
        let wanted = enabled(&config.event_handlers, |h| h.options.enabled);
        let renamed = std::mem::take(&mut self.renamed);
        let gone = self.handlers.extract_if(.., |id, (old, runner)| {
            let is_new = |new: &Arc<EventHandler>| renamed || **new != **old;
            wanted.get(id).is_none_or(is_new) || matches!(runner.state(), State::Failed(_))
        });
        let gone: Vec<_> = gone.collect();
        // All at once: several that hang take no longer than one.
        for (_, (_, runner)) in &gone {
            runner.tell_to_stop(HANDLER_END);
        }
        for (id, (handler, runner)) in gone {
            let why = match (wanted.get(&id), runner.state()) {
                (None, _) => "it is switched off",
                (Some(new), State::Failed(_)) if **new == *handler => "it has failed and is tried again",
                (Some(_), _) => "its options changed",
            };
            if !runner.stop(HANDLER_END) {
                tracing::warn!(%id, "an event handler did not end in time; it goes on from there");
            }
            self.stopped(&label_of_handler(&handler), why, outcome);
        }
        let missing = wanted.into_values().filter(|h| !self.handlers.contains_key(&h.id));
        for (handler, result) in self.starter.start(missing, &self.context) {
            match result {
                Ok(runner) => {
                    self.started(&label_of_handler(&handler), outcome);
                    self.handlers.insert(handler.id.clone(), (handler, runner));
                }
                Err(error) => self.not_started("event-handlers", &handler.id, &error.to_string(), outcome),
            }
        }
        self.tell_failed("event-handlers", &config.event_handlers, outcome);
    }

    async fn apply_services(&mut self, config: &Config, shift: &Shift, outcome: &mut Outcome) {
        let wanted = enabled(&config.services, |s| s.options.enabled);
        let unwanted: Vec<_> = self.services.extract_if(.., |id, _| !wanted.contains_key(id)).collect();
        for (_, (service, running)) in unwanted {
            running.stop().await;
            self.stopped(&label_of_service(&service), "it is switched off", outcome);
        }
        // Addresses that are given up are free before others are taken.
        let mut moved = BTreeSet::new();
        for (id, service) in &wanted {
            let Some((old, running)) = self.services.get_mut(id) else { continue };
            if **old == **service {
                continue;
            }
            if running.listens_as(service) {
                match running.apply(service) {
                    Ok(()) => {
                        *old = service.clone();
                        self.changed(&label_of_service(service), outcome);
                        continue;
                    }
                    Err(error) => self.not_started("services", id, &error.to_string(), outcome),
                }
            } else {
                moved.insert(id.clone());
            }
            if let Some((old, running)) = self.services.remove(id) {
                running.stop().await;
                self.stopped(&label_of_service(&old), "its options changed", outcome);
            }
        }
        for (id, service) in wanted {
            let failed = self.failed.contains_key(&("services", id.clone()));
            if self.services.contains_key(&id) || (failed && !moved.contains(&id)) {
                continue;
            }
            match Running::start(&service, self.shared.clone(), shift.clone()).await {
                Ok(running) => {
                    tracing::info!(address = %running.local_address(), service = %id, "listening");
                    self.started(&label_of_service(&service), outcome);
                    self.services.insert(id, (service, running));
                }
                Err(error) => self.not_started("services", &id, &error.to_string(), outcome),
            }
        }
        self.tell_failed("services", &config.services, outcome);
    }

    /// Components whose configuration cannot be honoured.
    fn tell_failed<T>(
        &mut self,
        family: &'static str,
        all: &causeway_config::Components<T>,
        outcome: &mut Outcome,
    ) {
        for (id, component) in all {
            if let Component::Failed(failure) = component {
                self.not_started(family, id, &failure.reason, outcome);
            }
        }
    }

    /// The server has another name: handlers that tell it begin anew with the next configuration.
    pub(super) fn rename(&mut self, origin: Arc<Origin>, server: Arc<causeway_events::Server>) {
        self.origin = origin;
        self.context.server = server;
        self.renamed = true;
    }

    /// Whether any service runs.
    pub(super) fn serves(&self) -> bool {
        !self.services.is_empty()
    }

    /// The services that run, and where they listen.
    pub(super) fn services(&self) -> impl Iterator<Item = (&Service, SocketAddr)> {
        self.services.values().map(|(service, running)| (&**service, running.local_address()))
    }

    /// Why components do not run.
    pub(super) fn failures(&self) -> impl Iterator<Item = String> {
        self.failed.iter().map(|((family, id), why)| format!("{family}/{id}: {why}"))
    }

    /// What does not do its work now, and why.
    pub(super) fn troubles(&self) -> impl Iterator<Item = String> {
        let handlers = self.handlers.iter().filter_map(|(id, (_, runner))| match runner.state() {
            State::Retrying(why) | State::Failed(why) => Some(format!("event-handlers/{id}: {why}")),
            State::Running | State::Stopped => None,
        });
        self.failures().chain(handlers)
    }

    /// How every component is that runs or should.
    pub(super) fn statuses(&self) -> Vec<Status> {
        let services = self.services.values().map(|(service, running)| {
            let address = running.local_address();
            let details = format!("listening on {address}, {} connected", running.connected());
            status(&label_of_service(service), "started", details)
        });
        let handlers = self.handlers.values().map(|(handler, runner)| {
            let (state, details) = match runner.state() {
                State::Running => ("started", String::new()),
                State::Retrying(why) => ("retrying", why),
                State::Failed(why) => ("failed", why),
                State::Stopped => ("stopped", String::new()),
            };
            status(&label_of_handler(handler), state, details)
        });
        let failed = self.failed.iter().map(|((family, id), why)| Status {
            family,
            id: id.clone(),
            name: id.to_string(),
            state: "failed",
            details: why.to_string(),
        });
        services.chain(handlers).chain(failed).collect()
    }

    /// Tells that everything is stopped with the process. Services have been told by their shift.
    pub(super) fn end(mut self) {
        let services = std::mem::take(&mut self.services);
        let mut outcome = Outcome::default();
        for (service, _) in services.values() {
            self.stopped(&label_of_service(service), "the server stops", &mut outcome);
        }
        for (handler, _) in self.handlers.values() {
            self.stopped(&label_of_handler(handler), "the server stops", &mut outcome);
        }
        for (_, runner) in self.handlers.values() {
            runner.tell_to_stop(HANDLER_END);
        }
        for (id, (_, runner)) in std::mem::take(&mut self.handlers) {
            if !runner.stop(HANDLER_END) {
                tracing::warn!(%id, "an event handler did not end in time; it goes on from there at the next start");
            }
        }
    }

    fn started(&self, label: &Label, outcome: &mut Outcome) {
        outcome.done.push(format!("{}/{}: started", label.family, label.id));
        self.report(|batch| {
            batch
                .emit(ids::COMPONENT_STARTED)
                .with("family", label.family)
                .with("kind", label.kind)
                .with("type", label.component_type)
                .with("name", label.name.clone())
                .with("description", label.description.clone())
                .with("uuid", &label.id);
        });
    }

    fn stopped(&self, label: &Label, reason: &'static str, outcome: &mut Outcome) {
        outcome.done.push(format!("{}/{}: stopped, because {reason}", label.family, label.id));
        self.report(|batch| {
            batch
                .emit(ids::COMPONENT_STOPPED)
                .with("family", label.family)
                .with("kind", label.kind)
                .with("type", label.component_type)
                .with("name", label.name.clone())
                .with("uuid", &label.id)
                .with("reason", reason);
        });
    }

    fn changed(&self, label: &Label, outcome: &mut Outcome) {
        outcome.done.push(format!("{}/{}: new connections get its new options", label.family, label.id));
        self.report(|batch| {
            batch
                .emit(ids::COMPONENT_CHANGED)
                .with("component_family", label.family)
                .with("component_name", label.name.clone())
                .with("component_uuid", &label.id)
                .with("changes", "its options, without a pause");
        });
    }

    fn not_started(&mut self, family: &'static str, id: &Arc<str>, reason: &str, outcome: &mut Outcome) {
        let key = (family, id.clone());
        let is_new = self.failed_before.get(&key).is_none_or(|before| **before != *reason);
        outcome.failed.push(Failed { family, id: id.clone(), why: reason.to_owned(), is_new });
        self.failed.insert(key, Arc::from(reason));
        if !is_new {
            return;
        }
        eprintln!("causeway: {family}/{id} is not started: {reason}");
        self.report(|batch| {
            batch
                .emit(ids::COMPONENT_START_FAILED)
                .with("family", family)
                .with("name", id)
                .with("uuid", id)
                .with("details", reason.to_owned());
        });
    }

    fn report(&self, fill: impl FnOnce(&mut Batch)) {
        // What cannot be recorded stops operations by itself (`audit_failure`).
        if let Err(error) = record(&self.shared, &self.origin, fill) {
            tracing::error!(%error, "audit");
        }
    }
}

/// Those that live and are switched on.
fn enabled<T>(
    all: &causeway_config::Components<T>,
    is_on: impl Fn(&T) -> bool,
) -> BTreeMap<Arc<str>, Arc<T>> {
    let live = all.iter().filter_map(|(id, component)| Some((id, component.live()?)));
    live.filter(|(_, t)| is_on(t)).map(|(id, t)| (id.clone(), t.clone())).collect()
}

fn status(label: &Label, state: &'static str, details: String) -> Status {
    Status { family: label.family, id: label.id.clone(), name: label.name.clone(), state, details }
}

fn label_of_handler(handler: &EventHandler) -> Label {
    Label {
        family: "event-handlers",
        kind: "event-handler",
        component_type: match &handler.sink {
            Sink::LocalFile(_) => "local-file",
            Sink::StandardStream(_) => "standard-stream",
        },
        id: handler.id.clone(),
        name: handler.options.name.to_string(),
        description: handler.options.description.to_string(),
    }
}

fn label_of_service(service: &Service) -> Label {
    let Protocol::Ssh { .. } = &service.protocol;
    Label {
        family: "services",
        kind: "service",
        component_type: "ssh",
        id: service.id.clone(),
        name: service.options.name.to_string(),
        description: service.options.description.to_string(),
    }
}
