//! The user's own files: rules, snapshots, waivers, reports. Not the target's, which only collectors
//! read.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "files that the user names on the command line"
)]

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// More than any file that a user hands in may be, in bytes.
const CAP: u64 = 256 << 20;

/// More files than any directory of rules holds.
const FILES: usize = 10_000;

/// The bytes of `path`; `-` is standard input. What the user names may be a pipe, and is waited for.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let problem = |error: io::Error| Failure::input(format!("{} cannot be read: {error}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(CAP + 1).read_to_end(&mut bytes).map_err(problem)?;
    } else {
        let file = fs::File::open(path).map_err(problem)?;
        file.take(CAP + 1).read_to_end(&mut bytes).map_err(problem)?;
    }
    if bytes.len() as u64 > CAP {
        let message = format!("{} is larger than {} MiB", path.display(), CAP >> 20);
        return Err(Failure::input(message));
    }
    Ok(bytes)
}

/// Every `*.yaml` and `*.yml` file below `directory`, sorted; hidden ones and symbolic links to
/// directories are left out. One that is no regular file is a mistake: nobody may ever write into a
/// pipe that lies there.
pub(crate) fn yaml_files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        let problem =
            |error: io::Error| Failure::input(format!("{} cannot be read: {error}", next.display()));
        for entry in fs::read_dir(&next).map_err(problem)? {
            let entry = entry.map_err(problem)?;
            let path = entry.path();
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_directory = entry.file_type().map_err(problem)?.is_dir();
            let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
            if is_directory && !is_hidden {
                pending.push(path);
            } else if is_yaml && !is_hidden {
                check_regular(&path)?;
                found.push(path);
            }
            if found.len() + pending.len() > FILES {
                let message = format!("{} holds more than {FILES} files", directory.display());
                let help = "name the directory that holds packs and profiles, and nothing else";
                return Err(Failure::input_with_help(message, help));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn check_regular(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err(Failure::input(format!("{} is not a regular file", path.display()))),
        Err(error) => Err(Failure::input(format!("{} cannot be read: {error}", path.display()))),
    }
}

/// Writes `bytes` to `path`, or to standard output; `-` is that, too.
pub(crate) fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match path.filter(|path| *path != Path::new("-")) {
        Some(path) => fs::write(path, bytes)
            .map_err(|error| Failure::input(format!("{} cannot be written: {error}", path.display()))),
        None => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            Ok(out.flush()?)
        }
    }
}
