//! Which events a handler takes.

use std::borrow::Cow;

use causeway_config::options::HandlerOptions;
use causeway_config::value::{DataFilter, Selection, SourceAddresses, Target};
use causeway_core::{Event, Moment, Value};
use jiff::tz::TimeZone;

use super::HandlerError;
use crate::catalogue::{self, Groups, groups};
use crate::member::{self, Member};

/// The filters of a handler; an event must pass all.
#[derive(Debug)]
pub(super) struct Filter {
    target: Target,
    groups: GroupFilter,
    usernames: Selection,
    components: Selection,
    source_addresses: SourceAddresses,
    data: DataFilter,
}

#[derive(Debug)]
enum GroupFilter {
    All,
    Only(Groups),
    Except(Groups),
}

impl Filter {
    pub(super) fn new(options: &HandlerOptions) -> Result<Self, HandlerError> {
        let set = |names: &[std::sync::Arc<str>]| {
            names.iter().try_fold(0, |set, name| {
                groups::named(name).map(|g| set | g).ok_or_else(|| HandlerError::UnknownGroup(name.clone()))
            })
        };
        Ok(Self {
            target: options.target.clone(),
            groups: match &options.groups {
                Selection::All => GroupFilter::All,
                Selection::Only(names) => GroupFilter::Only(set(names)?),
                Selection::Except(names) => GroupFilter::Except(set(names)?),
            },
            usernames: options.usernames.clone(),
            components: options.components.clone(),
            source_addresses: options.source_addresses.clone(),
            data: options.data_filter.clone(),
        })
    }

    pub(super) fn passes(&self, event: &Event, zone: &TimeZone) -> bool {
        let origin = &event.origin;
        self.target.passes(event.id)
            && self.groups.passes(event)
            && self.usernames.passes([&*origin.account.name])
            && self.components.passes([&*origin.component.uuid])
            && self.source_addresses.passes(origin.peer.map(|p| p.ip()))
            && self.data.passes(Moment { time: event.time, zone }, |name| text(event, name))
    }
}

/// The text of a member, as templates show it; what came from outside is judged as it came.
fn text<'a>(event: &'a Event, name: &str) -> Option<Cow<'a, [u8]>> {
    Some(match member::find(event, name)? {
        Member::Part(bytes) => Cow::Borrowed(bytes),
        Member::Recorded(Value::Bytes(bytes)) => Cow::Borrowed(bytes),
        Member::Recorded(other) => Cow::Owned(other.to_string().into_bytes()),
    })
}

impl GroupFilter {
    fn passes(&self, event: &Event) -> bool {
        let of_event = || catalogue::find(event.id).map_or(0, |e| e.groups);
        match self {
            Self::All => true,
            Self::Only(set) => of_event() & set != 0,
            Self::Except(set) => of_event() & set == 0,
        }
    }
}

/// Numbers in the target that are never emitted.
pub(super) fn never_emitted(options: &HandlerOptions) -> Vec<String> {
    let listed = match &options.target {
        Target::All => return Vec::new(),
        Target::Only(list) | Target::Except(list) => list,
    };
    let never = |id| match catalogue::find(id) {
        None => Some(format!("there is no event {id}")),
        Some(entry) => entry.retired.map(|how| format!("event {id} is retired ({how})")),
    };
    listed.iter().filter_map(|id| never(*id)).collect()
}
