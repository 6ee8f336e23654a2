//! The checks of a store of containers/storage.

use crate::depth::Depth;
use crate::storage::check::Check;

/// A check that reads metadata only.
const fn metadata(id: &'static str, about: &'static str) -> Check {
    Check { id, about, depth: Depth::Metadata }
}

pub(super) const METADATA_LOST: Check = metadata(
    "containers-storage-metadata-lost",
    "A file of records that is empty, or is gone while what it tells of is there: the engine reads it as a \
     store without layers, images or containers.",
);
pub(super) const METADATA_INVALID: Check = metadata(
    "containers-storage-metadata-invalid",
    "A file of records that cannot be parsed, or tells of one object twice: no engine can open the store.",
);
pub(super) const DIRECTORY_UNKNOWN: Check =
    metadata("containers-storage-layer-directory-unknown", "A layer's directory that no record tells of.");
pub(super) const LAYER_UNUSED: Check =
    metadata("containers-storage-layer-unused", "A layer of no image and no container.");
pub(super) const DIRECTORY_MISSING: Check = metadata(
    "containers-storage-layer-directory-missing",
    "A layer without its directory, or without the directory `diff` in it.",
);
pub(super) const LAYER_INCOMPLETE: Check = metadata(
    "containers-storage-layer-incomplete",
    "A layer that was begun and never completed, or whose removal was interrupted.",
);
pub(super) const PARENT_MISSING: Check =
    metadata("containers-storage-layer-parent-missing", "A layer whose parent no store has.");
pub(super) const PARENT_CYCLE: Check =
    metadata("containers-storage-layer-parent-cycle", "A layer that is its own ancestor.");
pub(super) const IMAGE_LAYER_MISSING: Check =
    metadata("containers-storage-image-layer-missing", "An image's layer that no store has.");
pub(super) const IMAGE_DATA_MISSING: Check = metadata(
    "containers-storage-image-data-missing",
    "A manifest, configuration or signature of an image whose file is not there.",
);
pub(super) const IMAGE_DATA_SIZE: Check = metadata(
    "containers-storage-image-data-truncated",
    "A manifest, configuration or signature of an image whose file has another size than was recorded.",
);
pub(super) const IMAGE_DATA_DIGEST: Check = Check {
    id: "containers-storage-image-data-altered",
    about: "A manifest, configuration or signature of an image whose contents do not have their digest.",
    depth: Depth::Digest,
};
pub(super) const IMAGE_DIRECTORY_UNKNOWN: Check =
    metadata("containers-storage-image-directory-unknown", "An image's directory that no record tells of.");
pub(super) const CONTAINER_DIRECTORY_UNKNOWN: Check = metadata(
    "containers-storage-container-directory-unknown",
    "A container's directory that no record tells of.",
);
pub(super) const CONTAINER_LAYER_MISSING: Check =
    metadata("containers-storage-container-layer-missing", "A container whose writable layer is not there.");
pub(super) const CONTAINER_IMAGE_MISSING: Check =
    metadata("containers-storage-container-image-missing", "A container whose image no store has.");
pub(super) const CONTAINER_DATA_MISSING: Check = metadata(
    "containers-storage-container-data-missing",
    "Data of a container whose file is not there, or has another size than was recorded.",
);
pub(super) const LINK_INVALID: Check = metadata(
    "containers-storage-link-invalid",
    "A layer whose file `link` is not there, is empty, or holds no short name: layers upon it mount the \
     wrong directory.",
);
pub(super) const LINK_LOST: Check = metadata(
    "containers-storage-link-lost",
    "A layer whose short name in the directory `l` is not there or leads elsewhere.",
);
pub(super) const LOWER_INVALID: Check = metadata(
    "containers-storage-lower-invalid",
    "A layer whose file `lower` is not there, is empty, or does not name the layers below it.",
);
pub(super) const TAR_SPLIT_MISSING: Check = metadata(
    "containers-storage-tar-split-missing",
    "A layer of an image whose archive cannot be put together again, because the file with its headers is \
     not there.",
);
pub(super) const VOLATILE_DIRTY: Check = metadata(
    "containers-storage-volatile-container-survived-crash",
    "A container that was mounted without syncing when the node went down uncleanly: its files may be \
     incomplete.",
);
pub(super) const MOUNT_COUNT_STALE: Check =
    metadata("containers-storage-mount-count-stale", "A layer that counts as mounted and is not.");
pub(super) const STAGING_STALE: Check = metadata(
    "containers-storage-staging-left-over",
    "A directory of a pull or a removal that was interrupted more than a day ago.",
);
pub(super) const UNCLEAN_SHUTDOWN: Check =
    metadata("containers-storage-crio-shutdown-unclean", "CRI-O's mark of an unclean shutdown.");
pub(super) const LAYER_FILES: Check = Check {
    id: "containers-storage-layer-files-differ",
    about: "A layer's file that is not there, or is no longer as large as in the layer's archive.",
    depth: Depth::Stat,
};
pub(super) const CONTAINER_LOST: Check = Check {
    id: "containers-storage-container-lost",
    about: "A container that podman has in its database is not in the store.",
    depth: Depth::Metadata,
};
pub(super) const CONTAINER_EXTERNAL: Check = Check {
    id: "containers-storage-container-external",
    about: "A container of the store that podman does not have in its database.",
    depth: Depth::Metadata,
};
pub(super) const LAYER_REFERENCES: Check = Check {
    id: "containers-storage-layer-not-self-contained",
    about: "A layer with files or directories that are references to the layers below.",
    depth: Depth::Stat,
};
pub(super) const LAYER_DIGEST: Check = Check {
    id: "containers-storage-layer-digest-mismatch",
    about: "A layer whose archive, put together again, does not have the digest of the layer.",
    depth: Depth::Digest,
};

/// All of them.
pub(in crate::storage) const CHECKS: &[Check] = &[
    METADATA_LOST,
    METADATA_INVALID,
    DIRECTORY_UNKNOWN,
    LAYER_UNUSED,
    DIRECTORY_MISSING,
    LAYER_INCOMPLETE,
    PARENT_MISSING,
    PARENT_CYCLE,
    IMAGE_LAYER_MISSING,
    IMAGE_DATA_MISSING,
    IMAGE_DATA_SIZE,
    IMAGE_DATA_DIGEST,
    IMAGE_DIRECTORY_UNKNOWN,
    CONTAINER_DIRECTORY_UNKNOWN,
    CONTAINER_LAYER_MISSING,
    CONTAINER_IMAGE_MISSING,
    CONTAINER_DATA_MISSING,
    LINK_INVALID,
    LINK_LOST,
    LOWER_INVALID,
    TAR_SPLIT_MISSING,
    VOLATILE_DIRTY,
    MOUNT_COUNT_STALE,
    STAGING_STALE,
    UNCLEAN_SHUTDOWN,
    CONTAINER_LOST,
    CONTAINER_EXTERNAL,
    LAYER_FILES,
    LAYER_REFERENCES,
    LAYER_DIGEST,
];

/// Those that need the records of layers.
pub(super) const OF_LAYERS: &[Check] = &[
    DIRECTORY_UNKNOWN,
    LAYER_UNUSED,
    DIRECTORY_MISSING,
    LAYER_INCOMPLETE,
    PARENT_MISSING,
    PARENT_CYCLE,
    IMAGE_LAYER_MISSING,
    CONTAINER_LAYER_MISSING,
    LINK_INVALID,
    LINK_LOST,
    LOWER_INVALID,
    TAR_SPLIT_MISSING,
    VOLATILE_DIRTY,
    LAYER_FILES,
    LAYER_REFERENCES,
    LAYER_DIGEST,
];

/// Those that need the records of images.
pub(super) const OF_IMAGES: &[Check] = &[
    LAYER_UNUSED,
    IMAGE_LAYER_MISSING,
    IMAGE_DATA_MISSING,
    IMAGE_DATA_SIZE,
    IMAGE_DATA_DIGEST,
    IMAGE_DIRECTORY_UNKNOWN,
    CONTAINER_IMAGE_MISSING,
];

/// Those that need the records of containers.
pub(super) const OF_CONTAINERS: &[Check] = &[
    LAYER_UNUSED,
    CONTAINER_DIRECTORY_UNKNOWN,
    CONTAINER_LAYER_MISSING,
    CONTAINER_IMAGE_MISSING,
    CONTAINER_DATA_MISSING,
    VOLATILE_DIRTY,
];

/// Those that look at the directories of the driver `overlay`.
pub(super) const OF_OVERLAY: &[Check] = &[
    DIRECTORY_UNKNOWN,
    DIRECTORY_MISSING,
    LINK_INVALID,
    LINK_LOST,
    LOWER_INVALID,
    VOLATILE_DIRTY,
    STAGING_STALE,
    LAYER_FILES,
    LAYER_REFERENCES,
    LAYER_DIGEST,
];
