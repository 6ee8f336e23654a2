//! The checks of a docker store. Each is named for the bad state that it finds.

use super::super::check::Check;
use crate::depth::Depth;

const fn check(id: &'static str, about: &'static str) -> Check {
    Check { id, about, depth: Depth::Metadata }
}

pub(super) const DIRECTORY_ORPHANED: Check = check(
    "docker-storage-directory-orphaned",
    "Directories of overlay2 that belong to no layer, container or build.",
);
pub(super) const INIT_ORPHANED: Check = check(
    "docker-storage-init-directory-orphaned",
    "Directories of overlay2 for a container's own files that belong to no container.",
);
pub(super) const DIRECTORY_MISSING: Check = check(
    "docker-storage-layer-directory-missing",
    "Layers and containers whose directory in overlay2 is not there.",
);
pub(super) const CONTENTS_MISSING: Check = check(
    "docker-storage-layer-contents-missing",
    "Layers and containers whose directory in overlay2 has no directory diff.",
);
pub(super) const LINK_EMPTY: Check =
    check("docker-storage-link-empty", "Layers whose file link is missing, empty or holds no short name.");
pub(super) const LINK_LOST: Check = check(
    "docker-storage-link-lost",
    "Short names of layers that are missing in overlay2/l or lead elsewhere.",
);
pub(super) const LINK_DUPLICATE: Check =
    check("docker-storage-link-duplicate", "Layers to which a second short name leads.");
pub(super) const LINK_DANGLING: Check =
    check("docker-storage-link-dangling", "Short names in overlay2/l that lead to nothing.");
pub(super) const LOWER_BROKEN: Check = check(
    "docker-storage-lower-broken",
    "Layers whose file lower does not name their parent and the layers below that.",
);
pub(super) const TOO_DEEP: Check = check(
    "docker-storage-layers-too-many",
    "Layers with more layers below them than docker makes a container of.",
);
pub(super) const METADATA_INCOMPLETE: Check = check(
    "docker-storage-layer-metadata-incomplete",
    "Layers of which a file of metadata is missing, empty or broken.",
);
pub(super) const CHAIN_MISMATCH: Check = check(
    "docker-storage-layer-chain-mismatch",
    "Layers whose name is not the digest of their parent and contents.",
);
pub(super) const PARENT_MISSING: Check =
    check("docker-storage-layer-parent-missing", "Layers whose parent is not there.");
pub(super) const PARENT_CYCLE: Check =
    check("docker-storage-layer-parent-cycle", "Layers that are their own ancestors.");
pub(super) const DIRECTORY_SHARED: Check =
    check("docker-storage-layer-directory-shared", "Layers that have one directory in overlay2 together.");
pub(super) const REMOVAL_STALE: Check =
    check("docker-storage-layer-removal-stale", "Layers whose removal began and did not end.");
pub(super) const REGISTRATION_STALE: Check =
    check("docker-storage-layer-registration-stale", "Layers whose registration began and did not end.");
pub(super) const IMAGE_DIGEST_MISMATCH: Check = check(
    "docker-storage-image-digest-mismatch",
    "Images whose configuration does not have the digest that is its name.",
);
pub(super) const IMAGE_LAYER_MISSING: Check =
    check("docker-storage-image-layer-missing", "Images of which a layer is not there.");
pub(super) const REPOSITORIES_UNREADABLE: Check =
    check("docker-storage-repositories-unreadable", "repositories.json where it is empty or broken.");
pub(super) const REPOSITORY_IMAGE_MISSING: Check =
    check("docker-storage-repository-image-missing", "Names of images that are not there.");
pub(super) const CONTAINER_CONFIG_BROKEN: Check = check(
    "docker-storage-container-config-broken",
    "Containers whose configuration is missing, empty or broken.",
);
pub(super) const CONTAINER_REMOVAL_STALE: Check =
    check("docker-storage-container-removal-stale", "Containers whose removal began and did not end.");
pub(super) const CONTAINER_MOUNT_MISSING: Check = check(
    "docker-storage-container-mount-missing",
    "Containers without a record of their writable layer, or with a broken one.",
);
pub(super) const CONTAINER_IMAGE_MISSING: Check =
    check("docker-storage-container-image-missing", "Containers whose image is not there.");
pub(super) const MOUNT_WITHOUT_CONTAINER: Check =
    check("docker-storage-mount-without-container", "Writable layers whose container is not there.");
pub(super) const STATE_DRIFTED: Check = check(
    "docker-storage-container-state-drifted",
    "Containers that are running by their configuration, and whose process is not there.",
);
pub(super) const LEFT_BEHIND: Check =
    check("docker-storage-left-behind", "Stores that docker left when it took containerd's image store.");
pub(super) const SIZE_MISMATCH: Check = Check {
    id: "docker-storage-layer-size-mismatch",
    about: "Layers whose files are not as large together as when the layer was made.",
    depth: Depth::Stat,
};
pub(super) const FILES_DIFFER: Check = Check {
    id: "docker-storage-layer-files-differ",
    about: "Layers of which files are missing, or have another size than when the layer was made.",
    depth: Depth::Stat,
};
pub(super) const LAYER_REFERENCES: Check = Check {
    id: "docker-storage-layer-not-self-contained",
    about: "Layers with files or directories that are references to the layers below.",
    depth: Depth::Stat,
};
pub(super) const DIGEST_MISMATCH: Check = Check {
    id: "docker-storage-layer-digest-mismatch",
    about: "Layers whose contents are not those that they were made with.",
    depth: Depth::Digest,
};

/// All of them.
pub(super) const ALL: &[Check] = &[
    DIRECTORY_ORPHANED,
    INIT_ORPHANED,
    DIRECTORY_MISSING,
    CONTENTS_MISSING,
    LINK_EMPTY,
    LINK_LOST,
    LINK_DUPLICATE,
    LINK_DANGLING,
    LOWER_BROKEN,
    TOO_DEEP,
    METADATA_INCOMPLETE,
    CHAIN_MISMATCH,
    PARENT_MISSING,
    PARENT_CYCLE,
    DIRECTORY_SHARED,
    REMOVAL_STALE,
    REGISTRATION_STALE,
    IMAGE_DIGEST_MISMATCH,
    IMAGE_LAYER_MISSING,
    REPOSITORIES_UNREADABLE,
    REPOSITORY_IMAGE_MISSING,
    CONTAINER_CONFIG_BROKEN,
    CONTAINER_REMOVAL_STALE,
    CONTAINER_MOUNT_MISSING,
    CONTAINER_IMAGE_MISSING,
    MOUNT_WITHOUT_CONTAINER,
    STATE_DRIFTED,
    LEFT_BEHIND,
    SIZE_MISMATCH,
    FILES_DIFFER,
    LAYER_REFERENCES,
    DIGEST_MISMATCH,
];
