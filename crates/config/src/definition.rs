//! What an options struct says about its options: read back from its JSON schema, so that there is one
//! definition of each.
//!
//! Two marks are our own: `x-restricts` (a bad value makes the component refuse instead of falling back to the
//! default) and `x-secret` (the value is never shown).

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};

/// The options of one struct, by name.
#[derive(Debug)]
pub struct Definition {
    options: BTreeMap<String, OptionDefinition>,
    schema: Schema,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionDefinition {
    pub restricts: bool,
    pub secret: bool,
    pub required: bool,
    /// The default as text, where there is one that can be written.
    pub default: Option<String>,
    /// What the manual says.
    pub about: String,
}

/// A struct of options that can be read from a section.
pub trait Options: serde::de::DeserializeOwned + JsonSchema {
    fn definition() -> &'static Definition;
}

/// Makes structs [`Options`].
macro_rules! options {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::definition::Options for $type {
            fn definition() -> &'static $crate::definition::Definition {
                static DEFINITION: std::sync::LazyLock<$crate::definition::Definition> =
                    std::sync::LazyLock::new($crate::definition::Definition::of::<$type>);
                &DEFINITION
            }
        }
    )*};
}
pub(crate) use options;

impl Definition {
    /// Reads the definition out of the struct's schema.
    pub fn of<T: JsonSchema>() -> Self {
        let schema = schema_for!(T);
        let required = |name: &str| {
            schema.get("required").and_then(|r| r.as_array()).is_some_and(|r| r.iter().any(|n| n == name))
        };
        let properties = schema.get("properties").and_then(|p| p.as_object());
        let options = properties
            .into_iter()
            .flatten()
            .map(|(name, property)| {
                let mark = |mark: &str| property.get(mark).and_then(|m| m.as_bool()).unwrap_or(false);
                let default = property.get("default").map(|d| match (d.as_str(), d.as_bool()) {
                    (Some(text), _) => text.to_owned(),
                    (_, Some(yes)) => if yes { "Yes" } else { "No" }.to_owned(),
                    _ if d.is_null() => String::new(),
                    _ => d.to_string(),
                });
                let about = property.get("description").and_then(|d| d.as_str()).unwrap_or_default();
                let option = OptionDefinition {
                    restricts: mark("x-restricts"),
                    secret: mark("x-secret"),
                    required: required(name),
                    default,
                    about: about.to_owned(),
                };
                (name.clone(), option)
            })
            .collect();
        Self { options, schema }
    }

    pub fn get(&self, name: &str) -> Option<&OptionDefinition> {
        self.options.get(name)
    }

    /// The options in alphabetical order.
    pub fn options(&self) -> impl Iterator<Item = (&str, &OptionDefinition)> {
        self.options.iter().map(|(n, o)| (n.as_str(), o))
    }

    /// The JSON schema they come from.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
}
