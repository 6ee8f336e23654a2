//! Whether the contents of blobs are those that they are named after.

use plimsoll_engine::snapshot::GapReason;

use super::super::layer::digest::hash_file;
use super::super::layer::parallel;
use super::super::survey::Survey;
use super::{Blobs, split};
use crate::fact::Unknown;
use crate::host::HostErrorKind;

/// A blob whose contents are not those of its digest, or not known.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::storage) enum Mismatch {
    /// They have this digest.
    Actual(String),
    /// They could not be read.
    Unknown(Unknown),
}

/// Reads the blobs of these digests, several at once and the largest first, and tells of those that are not
/// what they should be.
pub(in crate::storage) fn mismatches(
    survey: &Survey<'_>,
    blobs: &Blobs,
    digests: Vec<String>,
) -> Vec<(String, Mismatch)> {
    let size = |digest: &str| blobs.metadata(digest).ok().flatten().map_or(0, |inode| inode.size);
    let mut sized: Vec<(u64, String)> = digests.into_iter().map(|digest| (size(&digest), digest)).collect();
    sized.sort_by(|a, b| b.cmp(a));
    let found = parallel::each(&sized, |(_, digest)| mismatch(survey, blobs, digest));
    sized.into_iter().zip(found).filter_map(|((_, digest), found)| Some((digest, found?))).collect()
}

fn mismatch(survey: &Survey<'_>, blobs: &Blobs, digest: &str) -> Option<Mismatch> {
    let path = blobs.path(digest);
    let Some((algorithm, _)) = split(digest) else {
        let unknown = Unknown::new(GapReason::Unsupported, path, "it is no digest of SHA-256 or SHA-512");
        return Some(Mismatch::Unknown(unknown));
    };
    let contents = match blobs.open_blob(digest) {
        Ok(stream) => hash_file(survey, stream, algorithm, &path),
        // That it is missing is told elsewhere.
        Err(error) if error.kind == HostErrorKind::NotFound => return None,
        Err(error) => Err(error.into()),
    };
    match contents {
        Ok(contents) if contents.digest == digest => None,
        Ok(contents) => Some(Mismatch::Actual(contents.digest)),
        Err(unknown) => Some(Mismatch::Unknown(unknown)),
    }
}
