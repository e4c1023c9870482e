//! A small serde deserializer: a section is a map of names to texts, and a text becomes what its option's type
//! wants.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};

/// Why a section is not its struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextError {
    /// The option at fault.
    pub(super) option: Option<String>,
    pub(super) message: String,
    /// It is not there, and it has no default.
    pub(super) missing: bool,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextError {}

impl de::Error for TextError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { option: None, message: message.to_string(), missing: false }
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            option: Some(field.to_owned()),
            message: "the option is missing; it has no default".into(),
            missing: true,
        }
    }
}

/// The text of one option, trimmed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextDeserializer<'a>(pub(crate) &'a str);

/// Deserializers of numbers: serde's own messages would name Rust's types.
macro_rules! number {
    ($($method:ident $type:ty, $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
            match self.0.parse::<$type>() {
                Ok(n) => visitor.$visit(n),
                Err(_) => Err(de::Error::custom(format!(
                    "'{}' is not a number from {} to {}", self.0, <$type>::MIN, <$type>::MAX
                ))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for TextDeserializer<'_> {
    type Error = TextError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        match self.0.to_ascii_lowercase().as_str() {
            "yes" | "true" => visitor.visit_bool(true),
            "no" | "false" => visitor.visit_bool(false),
            _ => Err(de::Error::custom(format!("'{}' is neither Yes nor No", self.0))),
        }
    }

    number! {
        deserialize_u8 u8, visit_u8;
        deserialize_u16 u16, visit_u16;
        deserialize_u32 u32, visit_u32;
        deserialize_u64 u64, visit_u64;
        deserialize_i64 i64, visit_i64;
    }

    /// An empty text says nothing.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    /// Words are compared without regard to case.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        let word = self.0.to_ascii_lowercase();
        if !words.contains(&word.as_str()) {
            return Err(de::Error::custom(format!("'{}' is none of: {}", self.0, words.join(", "))));
        }
        visitor.visit_enum(StringDeserializer::new(word))
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

/// A section as a map.
pub(super) struct SectionDeserializer<I>(pub(super) I);

impl<'de, 'a, I: Iterator<Item = (&'a str, &'a str)>> Deserializer<'de> for SectionDeserializer<I> {
    type Error = TextError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_map(Options { rest: self.0, current: None })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Options<'a, I> {
    rest: I,
    current: Option<(&'a str, &'a str)>,
}

impl<'de, 'a, I: Iterator<Item = (&'a str, &'a str)>> MapAccess<'de> for Options<'a, I> {
    type Error = TextError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TextError> {
        self.current = self.rest.next();
        match self.current {
            Some((name, _)) => seed.deserialize(name.into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, TextError> {
        let (name, text) = self.current.unwrap_or_default();
        seed.deserialize(TextDeserializer(text)).map_err(|e| TextError { option: Some(name.to_owned()), ..e })
    }
}
