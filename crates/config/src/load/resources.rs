//! Resources: what the server itself needs.

use std::sync::Arc;

use super::builder::{Builder, Types, ensure, type_of};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::known::types;
use crate::options::{AnalyticsOptions, SqliteOptions};
use crate::section::Reader;
use crate::{Components, DEFAULT_ANALYTICS, DEFAULT_SQLITE, Resource, Severity};

const TYPES: Types = Types {
    own: &["sqlite", "analytics", "analytics-engine"],
    known: types::RESOURCES,
    common: || types::RESOURCE.to_vec(),
    severity: Severity::Warning,
    default: None,
};

impl<'a> Builder<'a> {
    pub(super) fn resources(&mut self, sections: &[(Arc<str>, &'a Section<'a>)]) -> Components<Resource> {
        let mut resources = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            let resource = match type_of(&mut reader, &TYPES) {
                Some("sqlite") => {
                    reader.check_names(&[SqliteOptions::definition()], known::RESOURCE);
                    only(&mut reader, id, DEFAULT_SQLITE);
                    reader.read::<SqliteOptions>().map(Resource::Sqlite)
                }
                Some(_) => {
                    reader.check_names(&[AnalyticsOptions::definition()], known::ANALYTICS);
                    only(&mut reader, id, DEFAULT_ANALYTICS);
                    reader.read::<AnalyticsOptions>().map(Resource::Analytics)
                }
                None => None,
            };
            let resource = reader.finish(resource);
            resources.insert(id.clone(), resource);
        }
        ensure(&mut resources, DEFAULT_ANALYTICS, |_| Reader::defaults().map(Resource::Analytics));
        resources
    }
}

/// Of what there is once, only one counts.
fn only(reader: &mut Reader<'_>, id: &str, counts: &str) {
    if id != counts {
        let message = format!("only [resources/{counts}] counts; this one has no effect");
        let problem = reader.problem(Severity::Warning, message);
        reader.report(problem);
    }
}
