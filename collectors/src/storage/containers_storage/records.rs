//! The records of a store: `layers.json`, `images.json`, `containers.json` and `mountpoints.json`.
//!
//! What is `null` in them is what is not there, as for Go, which writes them.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// How many records a file holds at most, many times those of any real store.
const MAX_RECORDS: usize = 100_000;

/// A layer, in `layers.json`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct LayerRecord {
    pub(super) id: String,
    parent: Option<String>,
    created: Option<String>,
    /// The digest of its uncompressed archive; a writable layer has none.
    diff_digest: Option<String>,
    diff_size: Option<i64>,
    /// The digest of the table of contents of a layer that was pulled in parts.
    toc_digest: Option<String>,
    flags: Option<Flags>,
    uidmap: Option<Vec<IgnoredAny>>,
    gidmap: Option<Vec<IgnoredAny>>,
}

/// An image, in `images.json`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct ImageRecord {
    pub(super) id: String,
    names: Option<Vec<String>>,
    /// The uppermost layer; an image of no layers has none.
    layer: Option<String>,
    /// Other copies of the uppermost layer, for containers with other user ids.
    mapped_layers: Option<Vec<String>>,
    #[serde(flatten)]
    pub(super) data: BigData,
}

/// A container, in `containers.json`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct ContainerRecord {
    pub(super) id: String,
    names: Option<Vec<String>>,
    image: Option<String>,
    pub(super) layer: String,
    metadata: Option<String>,
    #[serde(flatten)]
    pub(super) data: BigData,
}

/// A layer that is mounted, in `mountpoints.json`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct MountRecord {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) count: i64,
}

/// What has a file of its own beside the records: a manifest, a configuration.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct BigData {
    big_data_names: Option<Vec<String>>,
    big_data_sizes: Option<BTreeMap<String, i64>>,
    big_data_digests: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct Flags {
    incomplete: Option<bool>,
}

/// What an engine keeps of a container in its record's `metadata`, a JSON text.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct EngineMetadata {
    /// The sandbox's name, `k8s_POD_NAMESPACE_UID_ATTEMPT`; CRI-O's only.
    pub(super) pod_name: Option<String>,
    /// The id of the sandbox; CRI-O's only.
    pub(super) pod_id: Option<String>,
    /// The name in the pod, or the pod's name if the container is the sandbox; CRI-O's only.
    pub(super) metadata_name: Option<String>,
    /// The pod's namespace; the sandbox's only.
    pub(super) namespace: Option<String>,
}

/// A record that is known by its id.
pub(super) trait Record: DeserializeOwned {
    /// The id, which is a file name, too.
    fn id(&self) -> &str;
}

impl LayerRecord {
    pub(super) fn parent(&self) -> Option<&str> {
        filled(self.parent.as_deref())
    }

    /// The digest of its uncompressed archive.
    pub(super) fn diff_digest(&self) -> Option<&str> {
        filled(self.diff_digest.as_deref())
    }

    /// The size of its uncompressed archive, in bytes.
    pub(super) fn diff_size(&self) -> Option<u64> {
        self.diff_size.and_then(|size| u64::try_from(size).ok())
    }

    /// When it was made, in seconds since 1970-01-01 UTC.
    pub(super) fn created(&self) -> Option<i64> {
        self.created.as_deref()?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
    }

    /// Whether it is being made or taken away.
    pub(super) fn is_incomplete(&self) -> bool {
        self.flags.as_ref().is_some_and(|flags| flags.incomplete == Some(true))
    }

    /// Whether it was pulled in parts, so that there is no archive of it.
    pub(super) fn is_partial(&self) -> bool {
        filled(self.toc_digest.as_deref()).is_some()
    }
}

impl ImageRecord {
    /// The names, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = self.names.clone().unwrap_or_default();
        names.sort();
        names
    }

    /// The uppermost layer.
    pub(super) fn layer(&self) -> Option<&str> {
        filled(self.layer.as_deref())
    }

    /// The uppermost layer and its copies.
    pub(super) fn top_layers(&self) -> impl Iterator<Item = &str> {
        let mapped = self.mapped_layers.iter().flatten().map(String::as_str);
        self.layer().into_iter().chain(mapped.filter(|layer| !layer.is_empty()))
    }
}

impl ContainerRecord {
    /// The image that it was made of; one made of nothing has none.
    pub(super) fn image(&self) -> Option<&str> {
        filled(self.image.as_deref())
    }

    /// Its name: in its pod if CRI-O made it, or else the first that its engine gave it.
    pub(super) fn name(&self) -> Option<String> {
        let in_pod = self.engine_metadata().metadata_name;
        let first = self.names.iter().flatten().next().cloned();
        in_pod.into_iter().chain(first).find(|name| !name.is_empty())
    }

    /// The sandbox of its pod, itself perhaps; `None` if CRI-O did not make it.
    pub(super) fn sandbox(&self) -> Option<String> {
        self.engine_metadata().pod_id.filter(|id| !id.is_empty())
    }

    /// What its engine keeps in its record; nothing where that is no JSON.
    pub(super) fn engine_metadata(&self) -> EngineMetadata {
        self.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

impl BigData {
    /// The names of the data.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.big_data_names.iter().flatten().map(String::as_str)
    }

    /// The size that was recorded, in bytes.
    pub(super) fn size(&self, name: &str) -> Option<u64> {
        self.big_data_sizes.as_ref()?.get(name).and_then(|size| u64::try_from(*size).ok())
    }

    /// The digest that was recorded.
    pub(super) fn digest(&self, name: &str) -> Option<&str> {
        self.big_data_digests.as_ref()?.get(name).map(String::as_str)
    }
}

impl Record for LayerRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Record for ImageRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Record for ContainerRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Go leaves out what is empty in some files, and writes it in others.
fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// The records of a file.
///
/// # Errors
///
/// If the text is no JSON list of such records, holds too many, tells of one id twice, or of an id that can
/// be no directory's name.
pub(super) fn parse<T: Record>(text: &[u8]) -> Result<Vec<T>, String> {
    let records = parse_list::<T>(text)?;
    let mut ids = HashSet::with_capacity(records.len());
    for id in records.iter().map(Record::id) {
        if id.is_empty() || id == "." || id == ".." || id.contains(['/', '\0']) {
            return Err(format!("the id {id:?} can be no directory's name"));
        }
        if !ids.insert(id) {
            return Err(format!("the id {id:?} is there twice"));
        }
    }
    Ok(records)
}

/// The elements of a file that is a list; `null` is one without any.
///
/// # Errors
///
/// If the text is no JSON list of such elements, or holds too many.
pub(super) fn parse_list<T: DeserializeOwned>(text: &[u8]) -> Result<Vec<T>, String> {
    serde_json::from_slice(text).map(|List(list)| list).map_err(|error| error.to_string())
}

/// A list with a cap, so that a file of a few bytes for each record takes no memory beyond measure.
struct List<T>(Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = sequence.next_element()? {
            if list.len() == MAX_RECORDS {
                return Err(A::Error::custom(format_args!("it holds more than {MAX_RECORDS} records")));
            }
            list.push(element);
        }
        Ok(List(list))
    }
}
