//! The directories of the graph driver overlay2.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use super::super::layer::parallel::each;
use super::super::overlay_links::{Links, Names};
use super::super::survey::Survey;
use super::read;
use super::records::Table;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind};

/// What the driver itself puts next to the layers, for a moment or for good.
const OF_THE_DRIVER: [&str; 5] =
    ["l", "backingFsBlockDev", "metacopy-check", "opaque-bug-check", "check-overlayfs-support"];

/// What is in overlay2.
#[derive(Debug)]
pub(super) struct Directories {
    /// The directories of layers and containers.
    pub(super) all: Table<Directory>,
    /// The short names.
    pub(super) names: Result<Names, Unknown>,
}

/// The directory of a layer or a container.
#[derive(Debug)]
pub(super) struct Directory {
    /// What is there.
    pub(super) kind: FileKind,
    /// Whether there is a directory `diff` in it.
    pub(super) has_diff: Result<bool, Unknown>,
    pub(super) links: Option<Links>,
    /// How long ago something was put into it or taken out, in seconds: a directory of a container is
    /// changed by each start and stop.
    pub(super) age: u64,
}

/// Reads the directories at `path`.
pub(super) fn read(survey: &Survey<'_>, path: &str) -> Directories {
    let driver = match read::directory(survey.ctx.host, path) {
        Ok(Some(driver)) => driver,
        Ok(None) => return Directories { all: Ok(BTreeMap::new()), names: Ok(Names::default()) },
        Err(unknown) => return Directories { all: Err(unknown.clone()), names: Err(unknown) },
    };
    // The layers last: a name is made after its layer's directory, and taken away before.
    let names = Names::read(&driver);
    Directories { all: all(survey, &driver, path), names }
}

fn all(survey: &Survey<'_>, driver: &Dir, path: &str) -> Table<Directory> {
    let mut entries = driver.entries()?;
    entries.retain(|entry| !is_of_the_driver(&entry.name.to_string_lossy()));
    let directories = each(&entries, |entry| match survey.out_of_time(path) {
        Some(unknown) => Err(unknown),
        None => one(survey, driver, &entry.name),
    });
    let mut all = BTreeMap::new();
    for (entry, directory) in entries.iter().zip(directories) {
        if let Some(directory) = directory? {
            all.insert(entry.name.to_string_lossy().into_owned(), directory);
        }
    }
    Ok(all)
}

/// The directory `name`, unless it is gone.
fn one(survey: &Survey<'_>, driver: &Dir, name: &OsStr) -> Result<Option<Directory>, Unknown> {
    let Some(inode) = read::found(driver.metadata(name))? else { return Ok(None) };
    let mut directory =
        Directory { kind: inode.kind, has_diff: Ok(false), links: None, age: survey.age(&inode) };
    if inode.kind == FileKind::Directory
        && let Some(opened) = read::found(driver.open_dir(name))?
    {
        let diff = read::inode(&opened, "diff");
        directory.has_diff = diff.map(|diff| diff.is_some_and(|diff| diff.kind == FileKind::Directory));
        directory.links = Some(Links::read(&opened));
    }
    Ok(Some(directory))
}

fn is_of_the_driver(name: &str) -> bool {
    OF_THE_DRIVER.iter().any(|own| match own.len() {
        1 => name == *own,
        _ => name.starts_with(own),
    })
}
