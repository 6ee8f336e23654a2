//! The checks of containerd's stores.

use super::super::check::Check;
use crate::depth::Depth;

const fn metadata(id: &'static str, about: &'static str) -> Check {
    Check { id, about, depth: Depth::Metadata }
}

pub(super) const DATABASE_CORRUPT: Check = metadata(
    "containerd-database-corrupt",
    "A database of the store is damaged or lost: `meta.db`, or the snapshotter's `metadata.db`.",
);
pub(super) const SNAPSHOT_RECORD_MISSING: Check = metadata(
    "containerd-snapshot-record-missing",
    "`meta.db` has a snapshot that the snapshotter does not know.",
);
pub(super) const SNAPSHOT_UNREFERENCED: Check = metadata(
    "containerd-snapshot-unreferenced",
    "The snapshotter has a snapshot that `meta.db` does not know, and that nobody will remove.",
);
pub(super) const SNAPSHOT_DIRECTORY_MISSING: Check = metadata(
    "containerd-snapshot-directory-missing",
    "The directory of a snapshot is not there, or lacks `fs` or `work`.",
);
pub(super) const SNAPSHOT_PARENT_BROKEN: Check = metadata(
    "containerd-snapshot-parent-broken",
    "The snapshot below another is missing, is not committed, or lies above itself.",
);
pub(super) const SNAPSHOT_ORPHANED: Check = metadata(
    "containerd-snapshot-orphaned",
    "A directory among the snapshots belongs to none, as a crash leaves it.",
);
pub(super) const MANIFEST_MISSING: Check = metadata(
    "containerd-manifest-missing",
    "An index, a manifest or a configuration that an image needs is missing.",
);
pub(super) const MANIFEST_CORRUPT: Check = metadata(
    "containerd-manifest-corrupt",
    "An index, a manifest or a configuration does not have its digest, or is none.",
);
pub(super) const BLOB_MISSING: Check =
    metadata("containerd-blob-missing", "A layer or another blob that `meta.db` has is not among the files.");
pub(super) const BLOB_ORPHANED: Check =
    metadata("containerd-blob-orphaned", "A file among the blobs is in no namespace of `meta.db`.");
pub(super) const INGEST_STALE: Check = metadata(
    "containerd-ingest-stale",
    "The download of a blob was broken off more than a day ago, and its part is still there.",
);
pub(super) const CONTAINER_SNAPSHOT_MISSING: Check = metadata(
    "containerd-container-snapshot-missing",
    "A container's snapshot is not there: it cannot start.",
);
pub(super) const CRI_STATUS_CORRUPT: Check = metadata(
    "containerd-cri-status-corrupt",
    "The file with the state of a container of Kubernetes is empty or no JSON.",
);
pub(super) const BLOB_SIZE_MISMATCH: Check = Check {
    id: "containerd-blob-size-mismatch",
    about: "A blob has another size than `meta.db` has for it.",
    depth: Depth::Stat,
};
pub(super) const SNAPSHOT_USAGE_MISMATCH: Check = Check {
    id: "containerd-snapshot-usage-mismatch",
    about: "A committed snapshot has other files or takes less space than when it was committed.",
    depth: Depth::Stat,
};
pub(super) const EXECUTABLES_EMPTY: Check = Check {
    id: "containerd-executables-empty",
    about: "Several programs in a committed snapshot are empty, as a power cut leaves them.",
    depth: Depth::Stat,
};
pub(super) const SNAPSHOT_REFERENCES: Check = Check {
    id: "containerd-snapshot-not-self-contained",
    about: "A committed snapshot has files or directories that are references to the snapshots below.",
    depth: Depth::Stat,
};
pub(super) const BLOB_DIGEST_MISMATCH: Check = Check {
    id: "containerd-blob-digest-mismatch",
    about: "The contents of a blob do not have its digest.",
    depth: Depth::Digest,
};

/// All of them.
pub(in crate::storage) const CHECKS: &[Check] = &[
    DATABASE_CORRUPT,
    SNAPSHOT_RECORD_MISSING,
    SNAPSHOT_UNREFERENCED,
    SNAPSHOT_DIRECTORY_MISSING,
    SNAPSHOT_PARENT_BROKEN,
    SNAPSHOT_ORPHANED,
    MANIFEST_MISSING,
    MANIFEST_CORRUPT,
    BLOB_MISSING,
    BLOB_ORPHANED,
    INGEST_STALE,
    CONTAINER_SNAPSHOT_MISSING,
    CRI_STATUS_CORRUPT,
    BLOB_SIZE_MISMATCH,
    SNAPSHOT_USAGE_MISMATCH,
    EXECUTABLES_EMPTY,
    SNAPSHOT_REFERENCES,
    BLOB_DIGEST_MISMATCH,
];

/// Those that need both databases, or `meta.db` alone.
pub(super) const NEED_METADATA: &[Check] = &[
    SNAPSHOT_RECORD_MISSING,
    SNAPSHOT_UNREFERENCED,
    MANIFEST_MISSING,
    MANIFEST_CORRUPT,
    BLOB_MISSING,
    BLOB_ORPHANED,
    CONTAINER_SNAPSHOT_MISSING,
    BLOB_SIZE_MISMATCH,
    BLOB_DIGEST_MISMATCH,
];

/// Those that are made on the snapshots of overlayfs only.
pub(super) const OF_OVERLAYFS: &[Check] = &[
    SNAPSHOT_RECORD_MISSING,
    SNAPSHOT_UNREFERENCED,
    SNAPSHOT_DIRECTORY_MISSING,
    SNAPSHOT_PARENT_BROKEN,
    SNAPSHOT_ORPHANED,
    SNAPSHOT_USAGE_MISMATCH,
    EXECUTABLES_EMPTY,
    SNAPSHOT_REFERENCES,
];

/// Those that need the snapshotter's database.
pub(super) const NEED_SNAPSHOTS: &[Check] = &[
    SNAPSHOT_RECORD_MISSING,
    SNAPSHOT_UNREFERENCED,
    SNAPSHOT_DIRECTORY_MISSING,
    SNAPSHOT_PARENT_BROKEN,
    SNAPSHOT_ORPHANED,
    CONTAINER_SNAPSHOT_MISSING,
    SNAPSHOT_USAGE_MISMATCH,
    EXECUTABLES_EMPTY,
    SNAPSHOT_REFERENCES,
];
