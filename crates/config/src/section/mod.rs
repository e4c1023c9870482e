//! From a section's texts to an options struct, by the rule for bad values.

mod deserialize;
mod names;
mod old;
mod reader;

pub(crate) use deserialize::TextDeserializer;
pub(crate) use reader::{Reader, label};
