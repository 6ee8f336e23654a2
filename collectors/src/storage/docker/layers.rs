//! docker's records of layers: `layerdb`.

use super::super::survey::Survey;
use super::read::{Read, digest, is_id, text};
use super::records::{Table, table};
use crate::fact::Unknown;
use crate::host::{Dir, FileKind, HostErrorKind};

/// What describes the archive of a layer.
pub(super) const TAR_SPLIT: &str = "tar-split.json.gz";

/// How long the name of a directory in overlay2 is at most; a file name may have no more.
const MAX_NAME: usize = 255;

/// The end of the name of a layer that is being removed: `<chain id>-<random>-removing`.
const REMOVING: &str = "-removing";

/// A layer that is only read.
#[derive(Debug)]
pub(super) struct Layer {
    /// The digest of its archive, without `sha256:`.
    pub(super) diff: Read<String>,
    /// How large its files are together.
    pub(super) size: Read<u64>,
    /// Its directory in overlay2.
    pub(super) cache_id: Read<String>,
    /// The chain id of the layer below it; absent for a lowest one.
    pub(super) parent: Read<String>,
    /// Whether the description of its archive is there.
    pub(super) tar_split: Read<()>,
    /// How long ago the record was changed, in seconds.
    pub(super) age: u64,
}

/// The writable layer of a container.
#[derive(Debug)]
pub(super) struct Mount {
    /// Its directory in overlay2.
    pub(super) mount_id: Read<String>,
    /// The directory between it and the image, with files that docker itself puts there.
    pub(super) init_id: Read<String>,
    /// The chain id of the layer below; absent for a container without an image.
    pub(super) parent: Read<String>,
    /// How long ago the record was changed, in seconds.
    pub(super) age: u64,
}

/// What an action that did not end has left.
#[derive(Debug)]
pub(super) struct Leftover {
    pub(super) name: String,
    /// The directory in overlay2 that it is about, if that can be told.
    pub(super) cache_id: Option<String>,
    /// How long ago it was changed, in seconds.
    pub(super) age: u64,
}

/// Reads the layers, and those whose removal began.
pub(super) fn read(survey: &Survey<'_>, path: &str) -> (Table<Layer>, Result<Vec<Leftover>, Unknown>) {
    let layers = table(survey, path, is_id, |directory, _, age| Layer::read(directory, age));
    (layers, leftovers(survey, path, |name| name.ends_with(REMOVING)))
}

/// Reads the writable layers.
pub(super) fn mounts(survey: &Survey<'_>, path: &str) -> Table<Mount> {
    // BuildKit gives names of its own to those that it needs for a while.
    table(survey, path, |_| true, |directory, _, age| Mount::read(directory, age))
}

/// Reads the layers whose registration began.
pub(super) fn registrations(survey: &Survey<'_>, path: &str) -> Result<Vec<Leftover>, Unknown> {
    leftovers(survey, path, |_| true)
}

fn leftovers(
    survey: &Survey<'_>,
    path: &str,
    is_one: impl Fn(&str) -> bool,
) -> Result<Vec<Leftover>, Unknown> {
    let leftover = |directory: &Dir, name: &str, age| {
        let cache_id = text(directory, "cache-id", directory_name).known().cloned();
        Leftover { name: name.to_owned(), cache_id, age }
    };
    Ok(table(survey, path, is_one, leftover)?.into_values().collect())
}

impl Layer {
    fn read(directory: &Dir, age: u64) -> Self {
        Self {
            diff: text(directory, "diff", digest),
            size: text(directory, "size", |text| text.parse().ok()),
            cache_id: text(directory, "cache-id", directory_name),
            parent: text(directory, "parent", digest),
            tar_split: tar_split(directory),
            age,
        }
    }

    /// What is wrong with the files of the record.
    pub(super) fn flaws(&self) -> Vec<String> {
        let parent = match &self.parent {
            Read::Absent => None,
            parent => parent.flaw(),
        };
        let flaws = [
            ("diff", self.diff.flaw()),
            ("size", self.size.flaw()),
            ("cache-id", self.cache_id.flaw()),
            ("parent", parent),
            (TAR_SPLIT, self.tar_split.flaw()),
        ];
        named(&flaws)
    }

    /// Why a file of the record could not be read.
    pub(super) fn unknown(&self) -> Option<&Unknown> {
        let texts = [&self.diff, &self.cache_id, &self.parent].into_iter().find_map(Read::unknown);
        texts.or_else(|| self.size.unknown()).or_else(|| self.tar_split.unknown())
    }
}

impl Mount {
    fn read(directory: &Dir, age: u64) -> Self {
        Self {
            mount_id: text(directory, "mount-id", directory_name),
            init_id: text(directory, "init-id", directory_name),
            parent: text(directory, "parent", digest),
            age,
        }
    }

    /// What is wrong with the files of the record.
    pub(super) fn flaws(&self) -> Vec<String> {
        let of_optional = |file: &'_ Read<String>| match file {
            Read::Wrong(why) => Some(why.clone()),
            _ => None,
        };
        let (init_id, parent) = (of_optional(&self.init_id), of_optional(&self.parent));
        named(&[
            ("mount-id", self.mount_id.flaw()),
            ("init-id", init_id.as_deref()),
            ("parent", parent.as_deref()),
        ])
    }

    /// Why a file of the record could not be read.
    pub(super) fn unknown(&self) -> Option<&Unknown> {
        [&self.mount_id, &self.init_id, &self.parent].into_iter().find_map(Read::unknown)
    }

    /// Its directories in overlay2.
    pub(super) fn directories(&self) -> impl Iterator<Item = &str> {
        [&self.mount_id, &self.init_id].into_iter().filter_map(Read::known).map(String::as_str)
    }
}

fn named(flaws: &[(&str, Option<&str>)]) -> Vec<String> {
    flaws.iter().filter_map(|(name, flaw)| Some(format!("{name} {}", (*flaw)?))).collect()
}

/// Whether the description of the archive is a file with something in it; it may be large.
fn tar_split(directory: &Dir) -> Read<()> {
    match directory.metadata(TAR_SPLIT) {
        Ok(inode) if inode.kind != FileKind::Regular => Read::Wrong(format!("is {}", inode.kind)),
        Ok(inode) if inode.size == 0 => Read::Wrong("is empty".to_owned()),
        Ok(_) => Read::Is(()),
        Err(error) if error.kind == HostErrorKind::NotFound => Read::Absent,
        Err(error) => Read::Unknown(error.into()),
    }
}

/// The name of a directory in overlay2: 64 digits of hexadecimal, with `-init` for a container's own files,
/// or what BuildKit calls it.
fn directory_name(text: &str) -> Option<String> {
    let is_one = (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_one.then(|| text.to_owned())
}

/// Opens the description of the layer's archive in its record.
///
/// # Errors
///
/// If it is not there or may not be read.
pub(super) fn open_tar_split(survey: &Survey<'_>, path: &str) -> Result<crate::host::FileStream, Unknown> {
    let directory = survey.ctx.host.open_dir(path)?;
    Ok(directory.open_file_beneath(TAR_SPLIT)?)
}
