//! The checks of OCI image layouts.

use super::super::check::Check;
use crate::depth::Depth;

const fn metadata(id: &'static str, about: &'static str) -> Check {
    Check { id, about, depth: Depth::Metadata }
}

pub(super) const VERSION_UNSUPPORTED: Check = metadata(
    "oci-layout-version-unsupported",
    "The file `oci-layout` does not have the version of layouts that there is.",
);
pub(super) const INDEX_INVALID: Check =
    metadata("oci-layout-index-invalid", "The file `index.json` is missing or is no index.");
pub(super) const DOCUMENT_CORRUPT: Check = metadata(
    "oci-layout-document-corrupt",
    "An index, a manifest or a configuration does not have its digest, or is none.",
);
pub(super) const MEDIA_TYPE_UNKNOWN: Check = metadata(
    "oci-layout-media-type-unknown",
    "The index names something that is neither an index nor a manifest of an image.",
);
pub(super) const BLOB_MISSING: Check =
    metadata("oci-layout-blob-missing", "A blob that an image of the layout has is not there.");
pub(super) const BLOB_UNREFERENCED: Check =
    metadata("oci-layout-blob-unreferenced", "A blob belongs to no image of the layout.");
pub(super) const BLOB_SIZE_MISMATCH: Check = Check {
    id: "oci-layout-blob-size-mismatch",
    about: "A blob has another size than the image has for it.",
    depth: Depth::Stat,
};
pub(super) const BLOB_DIGEST_MISMATCH: Check = Check {
    id: "oci-layout-blob-digest-mismatch",
    about: "The contents of a blob do not have its digest.",
    depth: Depth::Digest,
};

/// All of them.
pub(in crate::storage) const CHECKS: &[Check] = &[
    VERSION_UNSUPPORTED,
    INDEX_INVALID,
    DOCUMENT_CORRUPT,
    MEDIA_TYPE_UNKNOWN,
    BLOB_MISSING,
    BLOB_UNREFERENCED,
    BLOB_SIZE_MISMATCH,
    BLOB_DIGEST_MISMATCH,
];

/// Those that need the index.
pub(super) const NEED_INDEX: &[Check] =
    &[DOCUMENT_CORRUPT, MEDIA_TYPE_UNKNOWN, BLOB_MISSING, BLOB_UNREFERENCED, BLOB_SIZE_MISMATCH];
