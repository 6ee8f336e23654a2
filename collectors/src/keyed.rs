//! Facts of which only the keys that somebody asks for are read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// A map of facts that is read by key: `$.files['/etc/x']`, `$.sysctl['net.ipv4.ip_forward']`.
///
/// Every key that was asked for has an entry, if only to say that the thing is not there: a key
/// without an entry was not collected. The schema carries `x-keyed`, by which the catalogue knows that
/// a path has to name the key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Keyed<T>(pub BTreeMap<String, T>);

impl<T> Default for Keyed<T> {
    /// One of which nobody asks for any key.
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Keyed<T> {
    /// Reads each of `keys` with `read`.
    pub fn read<'k>(keys: impl IntoIterator<Item = &'k str>, mut read: impl FnMut(&'k str) -> T) -> Self {
        Self(keys.into_iter().map(|key| (key.to_owned(), read(key))).collect())
    }
}

impl<T: JsonSchema> JsonSchema for Keyed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Keyed_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BTreeMap::<String, T>::json_schema(generator);
        schema.insert("x-keyed".to_owned(), true.into());
        schema
    }
}
