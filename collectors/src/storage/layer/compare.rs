//! The sizes of a layer's files against those that its archive had.

use std::collections::BTreeMap;
use std::io::Read;

use super::super::survey::Survey;
use super::Fault;
use super::tar_split::{File, Piece, Pieces};
use super::walk::{WHITEOUT_METADATA, path_of};
use crate::host::{Dir, FileKind, HostErrorKind};

/// How many files that differ are remembered of one layer.
const MAX_DIFFERENCES: usize = 1000;

/// How many files are looked at between two looks at the clock.
const FILES_AT_ONCE: u64 = 256;

/// A file that is not what it was in the archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::storage) struct Difference {
    /// Its name in the archive; what is not UTF-8 in it is U+FFFD.
    pub(in crate::storage) name: String,
    /// What it was.
    pub(in crate::storage) expected: String,
    /// What it is.
    pub(in crate::storage) actual: String,
}

impl Difference {
    pub(super) fn new(name: &[u8], expected: impl Into<String>, actual: impl Into<String>) -> Self {
        let name = String::from_utf8_lossy(name).into_owned();
        Self { name, expected: expected.into(), actual: actual.into() }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::storage) struct Comparison {
    /// The files that differ, by name, as many as are remembered.
    pub(in crate::storage) differences: Vec<Difference>,
    /// How large the archive's files are together.
    pub(in crate::storage) bytes: u64,
}

/// Compares the files below `root` with those of the archive that `pieces` describe.
///
/// # Errors
///
/// If the description is broken, something may not be looked at, or the time is over.
pub(in crate::storage) fn compare(
    survey: &Survey<'_>,
    root: &Dir,
    mut pieces: Pieces<impl Read>,
    source: &str,
) -> Result<Comparison, Fault> {
    let mut differences = BTreeMap::new();
    let (mut bytes, mut files) = (0_u64, 0_u64);
    while let Some(piece) = pieces.next()? {
        if files % FILES_AT_ONCE == 0
            && let Some(unknown) = survey.out_of_time(source)
        {
            return Err(unknown.into());
        }
        files += 1;
        let Piece::File(file) = piece else { continue };
        bytes = bytes.saturating_add(file.size);
        survey.ctx.options.progress.add(1, 0);
        // Of several of one name the last one is what was unpacked.
        match difference(root, &file)? {
            Some(difference) if differences.len() < MAX_DIFFERENCES => {
                differences.insert(file.name, difference);
            }
            Some(_) => {}
            None => drop(differences.remove(&file.name)),
        }
    }
    Ok(Comparison { differences: differences.into_values().collect(), bytes })
}

/// How the file differs. What the archive has of no bytes is not asked for: it may be a directory, a link or
/// a mark of something that the layer takes away.
fn difference(root: &Dir, file: &File) -> Result<Option<Difference>, Fault> {
    if file.size == 0 || file.name.starts_with(WHITEOUT_METADATA) {
        return Ok(None);
    }
    let differs = |actual: String| Some(Difference::new(&file.name, format!("{} bytes", file.size), actual));
    let Some(path) = path_of(&file.name) else { return Ok(differs("no name of a file".to_owned())) };
    Ok(match root.metadata_beneath(path) {
        Ok(metadata) if metadata.kind != FileKind::Regular => differs(metadata.kind.to_string()),
        Ok(metadata) if metadata.size != file.size => differs(format!("{} bytes", metadata.size)),
        Ok(_) => None,
        Err(error) if error.kind == HostErrorKind::NotFound => differs("no such file".to_owned()),
        Err(error) => return Err(error.into()),
    })
}
