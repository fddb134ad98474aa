//! Query strings: repeated keys are lists, whole numbers may be written `1.0`, booleans in all the ways of forms.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

/// Why a query string does not fit.
pub(crate) type QueryError = serde::de::value::Error;

/// Reads a query string.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, QueryError> {
    let mut fields: Vec<(String, Values)> = Vec::new();
    let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(text).map_err(QueryError::custom)?;
    for (name, value) in pairs {
        let value = value.replace('\0', "");
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.more.push(value),
            None => fields.push((name, Values { first: value, more: Vec::new() })),
        }
    }
    T::deserialize(MapDeserializer::new(fields.into_iter()))
}

/// A whole number without its fraction: `1.0` is one to the original.
fn digits(text: &str) -> &str {
    let text = text.trim();
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    }
}

/// A whole number of any size for a field that names this as its deserializer: one beyond 64 bits is the nearest that there
/// is. For pages of lists that are described as taking every number.
///
/// # Errors
/// When it is no whole number.
pub fn nearest<'de, D: Deserializer<'de>>(given: D) -> Result<Option<i64>, D::Error> {
    let text = String::deserialize(given)?;
    let number = digits(&text);
    if let Ok(number) = number.parse() {
        return Ok(Some(number));
    }
    // The parser says that a number is too large before it has seen all of it.
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Err(D::Error::custom(format!("`{text}` is not a valid integer")));
    }
    Ok(Some(if number.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// What was given for one key; where one value is wanted, the first counts.
struct Values {
    first: String,
    more: Vec<String>,
}

impl Values {
    fn whole(&self) -> Result<i64, QueryError> {
        digits(&self.first).parse().map_err(|_unreadable| self.not("a valid integer"))
    }

    fn float(&self) -> Result<f64, QueryError> {
        self.first.trim().parse().map_err(|_unreadable| self.not("a valid number"))
    }

    fn flag(&self) -> Result<bool, QueryError> {
        match self.first.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "t" | "y" => Ok(true),
            "false" | "0" | "no" | "off" | "f" | "n" => Ok(false),
            _ => Err(self.not("a valid boolean")),
        }
    }

    fn not(&self, what: &str) -> QueryError {
        QueryError::custom(format!("`{}` is not {what}", self.first))
    }
}

impl IntoDeserializer<'_, QueryError> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! whole_numbers {
    ($($method:ident),+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
            visitor.visit_i64(self.whole()?)
        }
    )+};
}

impl<'de> Deserializer<'de> for Values {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_string(self.first)
    }

    whole_numbers!(
        deserialize_i8,
        deserialize_i16,
        deserialize_i32,
        deserialize_i64,
        deserialize_u8,
        deserialize_u16,
        deserialize_u32,
        deserialize_u64
    );

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_bool(self.flag()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let values = std::iter::once(self.first).chain(self.more);
        visitor.visit_seq(SeqDeserializer::new(values.map(|first| Self { first, more: Vec::new() })))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let text: serde::de::value::StringDeserializer<QueryError> = self.first.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Asked {
        page: u32,
        ids: Vec<String>,
        on: Option<bool>,
        name: Option<String>,
        share: Option<f64>,
    }

    fn check(text: &str, expected: &Asked) {
        assert_eq!(read::<Asked>(text).unwrap(), *expected, "{text}");
    }

    #[test]
    fn queries_are_read() {
        check("", &Asked::default());
        check("page=2.0&unknown=x", &Asked { page: 2, ..Asked::default() });
        check("ids=a&ids=b", &Asked { ids: vec!["a".to_owned(), "b".to_owned()], ..Asked::default() });
        check("ids=a", &Asked { ids: vec!["a".to_owned()], ..Asked::default() });
        check("on=Yes&share=0.5", &Asked { on: Some(true), share: Some(0.5), ..Asked::default() });
        check("name=&page=1&page=9", &Asked { name: Some(String::new()), page: 1, ..Asked::default() });
        check("name=a+b%20%00c", &Asked { name: Some("a b c".to_owned()), ..Asked::default() });
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["page=", "page=x", "page=1.5", "page=-1", "on=maybe"] {
            assert!(read::<Asked>(text).is_err(), "{text}");
        }
    }
}
