//! Directories of drop-in files to which the administrator, the run time and the vendor contribute:
//! `sysctl.d`, `modprobe.d`, `modules-load.d`.
//!
//! The tools that read them agree on the rules: a file hides those of the same name in weaker directories,
//! a link to `/dev/null` hides them without saying anything itself, and what remains is read in the order
//! of the file names, whatever directory they are in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use crate::fact::Unknown;
use crate::host::{Entry, FileKind, Host, HostErrorKind};

/// The directories' parents, the strongest first.
const PARENTS: [&str; 5] = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"];

/// A drop-in file that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DropIn {
    /// Its path in the target.
    pub(crate) path: String,
    /// What it says; or why that could not be read.
    pub(crate) text: Result<String, Unknown>,
}

/// The files `*.conf` of the directories `name` that count, in the order in which they are read.
///
/// # Errors
///
/// If one of the directories cannot be listed: then nobody knows what its files hide or add.
pub(crate) fn read(host: &Host, name: &str) -> Result<Vec<DropIn>, Unknown> {
    let mut files: BTreeMap<OsString, Option<DropIn>> = BTreeMap::new();
    for parent in PARENTS {
        let directory = Path::new(parent).join(name);
        let entries = match host.read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        for entry in entries.into_iter().filter(is_drop_in) {
            if files.contains_key(&entry.name) {
                continue;
            }
            let path = directory.join(&entry.name);
            if entry.kind == FileKind::Symlink && host.read_link(&path).is_ok_and(|to| to == "/dev/null") {
                files.insert(entry.name, None);
                continue;
            }
            let text = match host.read_text(&path) {
                // A link to nothing hides nothing.
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                result => result.map_err(Unknown::from),
            };
            files.insert(entry.name, Some(DropIn { path: path.to_string_lossy().into_owned(), text }));
        }
    }
    Ok(files.into_values().flatten().collect())
}

/// The file at `path`, which some tools read like a drop-in, if it is there.
pub(crate) fn single(host: &Host, path: &str) -> Option<DropIn> {
    let text = match host.read_text(path) {
        Err(error) if error.kind == HostErrorKind::NotFound => return None,
        result => result.map_err(Unknown::from),
    };
    Some(DropIn { path: path.to_owned(), text })
}

/// The first of `files` that could not be read.
pub(crate) fn first_unread(files: &[DropIn]) -> Option<&Unknown> {
    files.iter().find_map(|file| file.text.as_ref().err())
}

fn is_drop_in(entry: &Entry) -> bool {
    let name = entry.name.as_encoded_bytes();
    entry.kind != FileKind::Directory && name.ends_with(b".conf") && !name.starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use plimsoll_engine::snapshot::GapReason;

    #[test]
    fn the_stronger_directory_hides_and_file_names_give_the_order() {
        let tree = Tree::new()
            .file("etc/sysctl.d/50-b.conf", "etc")
            .file("run/sysctl.d/50-b.conf", "run")
            .file("usr/lib/sysctl.d/50-b.conf", "vendor")
            .file("usr/lib/sysctl.d/10-a.conf", "first")
            .file("usr/local/lib/sysctl.d/90-z.conf", "last")
            .link("etc/sysctl.d/60-off.conf", "/dev/null")
            .file("usr/lib/sysctl.d/60-off.conf", "masked")
            .link("etc/sysctl.d/70-dangling.conf", "/nowhere")
            .file("lib/sysctl.d/70-dangling.conf", "not hidden")
            .file("etc/sysctl.d/README", "no drop-in")
            .file("etc/sysctl.d/.hidden.conf", "no drop-in")
            .file("etc/sysctl.d/dir.conf/x", "no drop-in");
        let files = read(&tree.host(), "sysctl.d").unwrap();
        let seen: Vec<_> = files.iter().map(|f| (f.path.as_str(), f.text.as_deref().unwrap())).collect();
        assert_eq!(
            seen,
            [
                ("/usr/lib/sysctl.d/10-a.conf", "first"),
                ("/etc/sysctl.d/50-b.conf", "etc"),
                ("/lib/sysctl.d/70-dangling.conf", "not hidden"),
                ("/usr/local/lib/sysctl.d/90-z.conf", "last"),
            ]
        );
    }

    #[test]
    fn what_is_no_file_is_told_and_a_directory_that_is_none_is_an_error() {
        let tree = Tree::new().fifo("etc/modprobe.d/pipe.conf").file("etc/sysctl.d", "a file");
        let host = tree.host();
        let files = read(&host, "modprobe.d").unwrap();
        assert_eq!(first_unread(&files).unwrap().reason, GapReason::Malformed);
        assert_eq!(read(&host, "modules-load.d").unwrap(), []);
        assert!(read(&host, "sysctl.d").is_err());
    }
}
