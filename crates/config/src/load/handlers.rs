//! Event handlers.

use std::sync::Arc;

use super::builder::{Builder, Types, names, type_of};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::known::types;
use crate::options::{HandlerOptions, LocalFileOptions, StandardStreamOptions};
use crate::{Components, EventHandler, Severity, Sink};

const TYPES: Types = Types {
    own: &["local-file", "standard-stream"],
    known: types::EVENT_HANDLERS,
    common: || names(HandlerOptions::definition(), known::EVENT_HANDLER),
    severity: Severity::Warning,
    default: None,
};

impl<'a> Builder<'a> {
    pub(super) fn event_handlers(
        &mut self,
        sections: &[(Arc<str>, &'a Section<'a>)],
    ) -> Components<EventHandler> {
        let mut handlers = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            let handler = type_of(&mut reader, &TYPES).and_then(|kind| {
                let (own, sink) = match kind {
                    "local-file" => {
                        let known = [known::EVENT_HANDLER, known::LOCAL_FILE].concat();
                        reader.check_names(
                            &[HandlerOptions::definition(), LocalFileOptions::definition()],
                            &known,
                        );
                        (
                            reader.read::<HandlerOptions>(),
                            reader.read::<LocalFileOptions>().map(Sink::LocalFile),
                        )
                    }
                    _ => {
                        let definitions = [HandlerOptions::definition(), StandardStreamOptions::definition()];
                        reader.check_names(&definitions, known::EVENT_HANDLER);
                        let sink = reader.read::<StandardStreamOptions>().map(Sink::StandardStream);
                        (reader.read::<HandlerOptions>(), sink)
                    }
                };
                Some(EventHandler { id: id.clone(), place: reader.place(), options: own?, sink: sink? })
            });
            let handler = reader.finish(handler);
            handlers.insert(id.clone(), handler);
        }
        handlers
    }
}
