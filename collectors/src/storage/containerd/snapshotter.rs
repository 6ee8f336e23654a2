//! `metadata.db` of the snapshotter overlayfs: which snapshot lies in which directory, and on which other.

use std::collections::BTreeMap;

use super::metadata::{text, value};
use crate::bolt::{BoltError, Bucket};
use crate::go_encoding::{seconds, signed, unsigned};

/// How many snapshots are read at most.
const MAX_SNAPSHOTS: usize = 500_000;

/// How many snapshots lie on each other at most; the kernel takes 500.
pub(super) const MAX_CHAIN: usize = 1000;

/// What the database holds, by the name that `meta.db` has for it: `k8s.io/12/sha256:…`.
pub(super) type Snapshots = BTreeMap<String, Snapshot>;

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// The number that its directory has.
    pub(super) id: u64,
    /// What it is for.
    pub(super) kind: Kind,
    /// The name of the snapshot below.
    pub(super) parent: Option<String>,
    /// How many inodes it had when it was committed.
    pub(super) inodes: Option<u64>,
    /// How much space it took then, in bytes.
    pub(super) size: Option<u64>,
    /// When it was made, in seconds since 1970.
    pub(super) created: Option<i64>,
}

/// What a snapshot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is looked at, and not written.
    View,
    /// It is written: by a container, or as a layer that is being unpacked.
    Active,
    /// It is a layer.
    Committed,
}

/// Reads the database whose root bucket is `root`.
pub(super) fn read(root: &Bucket<'_>) -> Result<Snapshots, BoltError> {
    let mut snapshots = Snapshots::new();
    let Some(bucket) = root.at(&["v1", "snapshots"])? else { return Ok(snapshots) };
    bucket.for_each_bucket(|name, bucket| {
        if snapshots.len() >= MAX_SNAPSHOTS {
            return Err(BoltError::TooLarge);
        }
        snapshots.insert(text(name), Snapshot::read(&text(name), bucket)?);
        Ok(())
    })?;
    Ok(snapshots)
}

impl Snapshot {
    fn read(name: &str, bucket: &Bucket<'_>) -> Result<Self, BoltError> {
        let damage = |what: &str| BoltError::Corrupt(format!("the record of snapshot {name} has no {what}"));
        let kind = bucket.value("kind")?.and_then(|kind| Kind::of(&kind));
        let count = |key: &str| -> Result<Option<u64>, BoltError> {
            Ok(bucket.value(key)?.and_then(|value| u64::try_from(signed(&value)?).ok()))
        };
        Ok(Self {
            id: bucket.value("id")?.and_then(|id| unsigned(&id)).ok_or_else(|| damage("number"))?,
            kind: kind.ok_or_else(|| damage("kind"))?,
            parent: value(bucket, "parent")?.filter(|parent| !parent.is_empty()),
            inodes: count("inodes")?,
            size: count("size")?,
            created: bucket.value("createdat")?.and_then(|time| seconds(&time)),
        })
    }
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [1] => Some(Self::View),
            [2] => Some(Self::Active),
            [3] => Some(Self::Committed),
            _ => None,
        }
    }
}
