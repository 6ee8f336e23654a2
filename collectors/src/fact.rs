//! A fact in its three states: known, known to be absent, or in a gap.
//!
//! Collectors return plain structs whose fields are [`Fact`]s and [`Sourced`] values. Serialized, a
//! gap or an origin becomes a marked object; [`crate::assemble`] takes the marks out again and files
//! them under the path where they stood. So a collector never writes a path as text, and cannot forget
//! to say that something is unknown.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::LazyLock;

use plimsoll_engine::snapshot::{GapReason, Origin};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::host::{HostError, HostErrorKind};

/// A fact that may be absent or unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact<T> {
    /// It is this.
    Known(T),
    /// It is known not to be there.
    Absent,
    /// It could not be told.
    Gap(Unknown),
}

/// Why a fact could not be told; what becomes a [`plimsoll_engine::snapshot::Gap`] once its path is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Why.
    pub reason: GapReason,
    /// The file, socket or interface that would have told.
    pub source: Option<String>,
    /// What went wrong, in words.
    pub detail: String,
}

/// A value together with the place where it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub origin: Origin,
}

impl Unknown {
    /// A gap with the thing that would have told.
    pub fn new(reason: GapReason, source: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { reason, source: Some(source.into()), detail: detail.into() }
    }

    /// The gap of a fact that only a running node has.
    pub fn offline(source: impl Into<String>) -> Self {
        Self::new(GapReason::Offline, source, "the target is not a running node")
    }

    /// The gap of a source that is not of its format.
    pub fn malformed(source: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(GapReason::Malformed, source, detail)
    }
}

impl<T> Fact<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Gap(_) => None,
        }
    }

    /// The fact made of the known value; absence and gaps stay what they are.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|value| Fact::Known(f(value)))
    }

    /// The fact that the known value leads to; absence and gaps stay what they are.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Self::Known(value) => f(value),
            Self::Absent => Fact::Absent,
            Self::Gap(unknown) => Fact::Gap(unknown),
        }
    }

    /// The fact with `value` where it is known to be absent; a gap stays a gap.
    pub fn or_absent(self, value: T) -> Self {
        match self {
            Self::Absent => Self::Known(value),
            known_or_gap => known_or_gap,
        }
    }

    /// The same fact, borrowed.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Absent => Fact::Absent,
            Self::Gap(unknown) => Fact::Gap(unknown.clone()),
        }
    }
}

impl<T> From<Option<T>> for Fact<T> {
    /// `None` says that the thing is known not to be there.
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Absent, Self::Known)
    }
}

impl<T> From<Result<T, Unknown>> for Fact<T> {
    fn from(result: Result<T, Unknown>) -> Self {
        result.map_or_else(Self::Gap, Self::Known)
    }
}

impl<T> From<Result<T, HostError>> for Fact<T> {
    /// A file that is not there is absence; every other error is a gap.
    fn from(result: Result<T, HostError>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) if matches!(error.kind, HostErrorKind::NotFound) => Self::Absent,
            Err(error) => Self::Gap(error.into()),
        }
    }
}

impl From<HostError> for Unknown {
    fn from(error: HostError) -> Self {
        let reason = match error.kind {
            HostErrorKind::Denied => GapReason::Denied,
            HostErrorKind::TimedOut => GapReason::Timeout,
            HostErrorKind::NotRegular(_) | HostErrorKind::Loop => GapReason::Malformed,
            HostErrorKind::TooLarge { .. } | HostErrorKind::OtherFileSystem | HostErrorKind::Unsupported => {
                GapReason::Unsupported
            }
            HostErrorKind::NotFound | HostErrorKind::Failed { .. } => GapReason::Failed,
        };
        Self::new(reason, error.path.clone(), error.to_string())
    }
}

/// The keys of the marked objects. They hold a random word of this process, so that no file on the
/// node can hold the same key and pass for a gap or an origin.
pub(crate) struct Marks {
    pub(crate) gap: String,
    pub(crate) origin: String,
    pub(crate) value: String,
}

pub(crate) static MARKS: LazyLock<Marks> = LazyLock::new(|| {
    let word = std::hash::RandomState::new().hash_one("plimsoll");
    Marks {
        gap: format!("\0gap{word:016x}"),
        origin: format!("\0origin{word:016x}"),
        value: format!("\0value{word:016x}"),
    }
});

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Absent => serializer.serialize_none(),
            Self::Gap(unknown) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(&MARKS.gap, unknown)?;
                map.end()
            }
        }
    }
}

impl<T: Serialize> Serialize for Sourced<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(&MARKS.value, &self.value)?;
        map.serialize_entry(&MARKS.origin, &self.origin)?;
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for Fact<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Fact_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for Sourced<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
