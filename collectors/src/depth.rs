//! How deep container storage is checked, and how the one who waits for it sees how far it is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::Serialize;

/// How deep container storage is checked; each level does what the one before does, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Metadata: JSON files, databases, links, and which directories there are.
    #[default]
    Metadata,
    /// Sizes and inodes of the files in layers, against what the metadata says of them.
    Stat,
    /// The contents of every layer and blob, against their digests.
    Digest,
}

/// How far a long check is, and whether it is to stop: shared by the collectors, which count, and by the
/// command line, which shows and stops.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    files: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    /// Adds what was looked at: `files` of them, `bytes` of their contents.
    pub fn add(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many files were looked at so far.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// How many bytes of contents were read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Asks for an end: what was not looked at until now becomes a gap.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether an end was asked for.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
