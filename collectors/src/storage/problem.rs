//! What a check of a store found.

use schemars::JsonSchema;
use serde::Serialize;

/// Something that is wrong in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Problem {
    /// The object that is wrong, as its engine calls it: the id of a layer, snapshot, image or container, a
    /// digest, or a directory's name.
    ///
    /// Source: the store
    pub id: String,
    /// Where it shows: a file or directory, from the target's root.
    ///
    /// Source: the store
    pub path: String,
    /// What is wrong, in words.
    ///
    /// Source: the store
    pub detail: String,
    /// The store's directory.
    ///
    /// Source: the store
    pub store: String,
    /// The names of the images that are concerned, or their ids where they have no name; sorted.
    ///
    /// Source: the store
    pub images: Vec<String>,
    /// The ids of the containers that are concerned, sorted.
    ///
    /// Source: the store
    pub containers: Vec<String>,
    /// The pods that are concerned, `namespace/name`, sorted.
    ///
    /// Source: the store
    pub pods: Vec<String>,
    /// The namespace of containerd that the object is in.
    ///
    /// Source: the store
    pub namespace: Option<String>,
    /// What would have to be there, where that can be told: an id, a digest, a size, the text of a file.
    ///
    /// Source: the store
    pub expected: Option<String>,
    /// What is there instead.
    ///
    /// Source: the store
    pub actual: Option<String>,
    /// How much space the object takes.
    ///
    /// Unit: bytes
    ///
    /// Source: st_blocks of its files
    pub bytes: Option<u64>,
    /// How long ago it was last changed.
    ///
    /// Unit: seconds
    ///
    /// Source: st_mtime
    pub age: Option<u64>,
}
