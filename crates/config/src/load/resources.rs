//! Resources: what the server itself needs.

use std::sync::Arc;

use super::builder::{Builder, Types, type_of};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::known::types;
use crate::options::SqliteOptions;
use crate::{Components, DEFAULT_SQLITE, Resource, Severity};

const TYPES: Types = Types {
    own: &["sqlite"],
    known: types::RESOURCES,
    common: || types::RESOURCE.to_vec(),
    severity: Severity::Warning,
    default: None,
};

impl<'a> Builder<'a> {
    pub(super) fn resources(&mut self, sections: &[(Arc<str>, Section<'a>)]) -> Components<Resource> {
        let mut resources = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            let resource = type_of(&mut reader, &TYPES).and_then(|_| {
                reader.check_names(&[SqliteOptions::definition()], known::RESOURCE);
                if **id != *DEFAULT_SQLITE {
                    let message =
                        format!("the state is kept in [resources/{DEFAULT_SQLITE}]; this one has no effect");
                    let problem = reader.problem(Severity::Warning, message);
                    reader.report(problem);
                }
                reader.read::<SqliteOptions>().map(Resource::Sqlite)
            });
            let resource = reader.finish(resource);
            resources.insert(id.clone(), resource);
        }
        resources
    }
}
