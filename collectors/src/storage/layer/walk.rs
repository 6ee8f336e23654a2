//! A walk over the files of a layer.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::survey::Survey;
use super::references;
use crate::fact::Unknown;
use crate::host::{Dir, Entry, FileKind, HostError, HostErrorKind, Metadata};

/// How many entries of one directory are looked at; a mail spool has that many.
const MAX_ENTRIES: usize = 1_000_000;

/// The beginning of the names that a layer's archive gives to what the layer takes away.
pub(super) const WHITEOUT_METADATA: &[u8] = b".wh..wh.";

/// How much a layer's files are and take. A file of several names counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::storage) struct Usage {
    /// The lengths of all that is no directory, symbolic links included (`st_size`).
    pub(in crate::storage) length: u64,
    /// The space that all takes on the disk (`st_blocks`).
    pub(in crate::storage) allocated: u64,
    /// Everything, the layer's own directory included.
    pub(in crate::storage) inodes: u64,
    /// Programs without a byte, which is what a power cut makes of files that were just unpacked.
    pub(in crate::storage) empty_programs: u64,
    /// One of them, below the layer's directory.
    pub(in crate::storage) empty_program: Option<PathBuf>,
    /// Files and directories that refer to layers below.
    pub(in crate::storage) references: u64,
    /// One of them, below the layer's directory.
    pub(in crate::storage) reference: Option<PathBuf>,
}

/// Walks over the layer in `root`. Neither symbolic links nor mounts are followed; one directory is open at
/// a time.
///
/// # Errors
///
/// If something may not be listed, or the time is over.
pub(in crate::storage) fn measure(survey: &Survey<'_>, root: &Dir) -> Result<Usage, Unknown> {
    let mut walk = Walk { usage: Usage::default(), linked: HashSet::new(), ahead: Vec::new() };
    walk.count(root.metadata_beneath(".")?, Path::new(""));
    walk.enter(survey, root, Path::new(""))?;
    while let Some(path) = walk.ahead.pop() {
        match root.open_dir_beneath(&path) {
            Ok(directory) => walk.enter(survey, &directory, &path)?,
            Err(error) if is_not_of_the_layer(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(walk.usage)
}

/// Something is mounted there, or it was taken away or replaced meanwhile.
fn is_not_of_the_layer(error: &HostError) -> bool {
    let not_a_directory = HostErrorKind::Failed { errno: rustix::io::Errno::NOTDIR.raw_os_error() };
    matches!(error.kind, HostErrorKind::OtherFileSystem | HostErrorKind::NotFound)
        || error.kind == not_a_directory
}

struct Walk {
    usage: Usage,
    /// Device and number of the files with several names that were seen.
    linked: HashSet<(u64, u64)>,
    /// The directories that are still to be entered, below the layer's.
    ahead: Vec<PathBuf>,
}

impl Walk {
    fn enter(&mut self, survey: &Survey<'_>, directory: &Dir, path: &Path) -> Result<(), Unknown> {
        if let Some(unknown) = survey.out_of_time(&directory.path().to_string_lossy()) {
            return Err(unknown);
        }
        let entries = match directory.entries_capped(MAX_ENTRIES) {
            Err(error) if error.kind == HostErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        survey.ctx.options.progress.add(entries.len() as u64, 0);
        for Entry { name, .. } in entries {
            let metadata = match directory.metadata(&name) {
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                metadata => metadata?,
            };
            self.count(metadata, &path.join(&name));
            if references::is_one(directory, &name, &metadata)? {
                self.usage.references += 1;
                self.usage.reference.get_or_insert_with(|| path.join(&name));
            }
            if metadata.kind == FileKind::Directory {
                self.ahead.push(path.join(&name));
            }
        }
        Ok(())
    }

    fn count(&mut self, metadata: Metadata, path: &Path) {
        let is_directory = metadata.kind == FileKind::Directory;
        if !is_directory && metadata.nlink > 1 && !self.linked.insert((metadata.dev, metadata.ino)) {
            return;
        }
        let usage = &mut self.usage;
        usage.inodes += 1;
        usage.allocated = usage.allocated.saturating_add(metadata.allocated);
        if !is_directory {
            usage.length = usage.length.saturating_add(metadata.size);
        }
        if metadata.kind == FileKind::Regular && metadata.size == 0 && metadata.mode & 0o111 != 0 {
            usage.empty_programs += 1;
            usage.empty_program.get_or_insert_with(|| path.to_owned());
        }
    }
}

/// The path below a layer's directory of what its archive calls `name`; `None` if no file of the layer can
/// have that name.
pub(super) fn path_of(name: &[u8]) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in name.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return None,
            _ if component.contains(&0) => return None,
            _ => path.push(OsStr::from_bytes(component)),
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}
