//! Values that an account may take from its groups.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::section::TextDeserializer;

/// An account's own value, or the word `Inherit`: the value of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Inherit<T> {
    /// As the groups say.
    #[default]
    Inherited,
    Own(T),
}

impl<T> Inherit<T> {
    /// The account's own value, else the inherited one.
    pub fn or<'a>(&'a self, inherited: &'a T) -> &'a T {
        match self {
            Inherit::Own(own) => own,
            Inherit::Inherited => inherited,
        }
    }
}

/// Whether the text is the word (both forms are in use).
fn is_inherit(text: &str) -> bool {
    text.eq_ignore_ascii_case("inherit") || text.eq_ignore_ascii_case("inherited")
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Inherit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = Inherit<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or 'Inherit'")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Inherit<T>, E> {
                if is_inherit(text) {
                    return Ok(Inherit::Inherited);
                }
                T::deserialize(TextDeserializer(text)).map(Inherit::Own).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor(PhantomData))
    }
}

impl<T: Serialize> Serialize for Inherit<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Inherit::Inherited => serializer.serialize_str("Inherit"),
            Inherit::Own(own) => own.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Inherit<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Inherit_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let own = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [{ "const": "Inherit" }, own] })
    }
}
