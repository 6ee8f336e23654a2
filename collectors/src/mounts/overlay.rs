//! What an overlay is made of, as its mount's options tell (Linux, Documentation/filesystems/overlayfs.rst).

use super::mountinfo::{MountInfo, split_options};

/// The directories of an overlay, as they are written in its options: they may be relative to where the
/// process was that mounted it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overlay {
    /// The directory that holds what was written; none for an overlay that is only read.
    pub(crate) upper: Option<String>,
    /// The kernel's directory beside it.
    pub(crate) work: Option<String>,
    /// The directories below, the uppermost first; those that hold nothing but data are the last ones.
    pub(crate) lower: Vec<String>,
    /// Whether what is written is never synced: `volatile`, which newer kernels tell as `fsync=volatile`.
    pub(crate) is_volatile: bool,
}

impl Overlay {
    /// Of `mount`; `None` if it is no overlay.
    pub(crate) fn of(mount: &MountInfo<'_>) -> Option<Self> {
        if mount.fs_type != "overlay" {
            return None;
        }
        let mut overlay = Self::default();
        for option in split_options(mount.super_options) {
            match option.split_once('=').unwrap_or((option.as_ref(), "")) {
                ("upperdir", directory) => overlay.upper = Some(directory.to_owned()),
                ("workdir", directory) => overlay.work = Some(directory.to_owned()),
                // Through fsconfig(2) each is given by itself, and no character has a meaning.
                ("lowerdir+" | "datadir+", directory) => overlay.lower.push(directory.to_owned()),
                ("lowerdir", joined) => overlay.lower.extend(split_lower(joined)),
                ("volatile", "") | ("fsync", "volatile") => overlay.is_volatile = true,
                _ => {}
            }
        }
        Some(overlay)
    }
}

/// The directories of `a:b::data`; a backslash takes the meaning from a colon.
fn split_lower(joined: &str) -> Vec<String> {
    let (mut directories, mut directory) = (Vec::new(), String::new());
    let mut characters = joined.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => directory.extend(characters.next()),
            ':' => directories.push(std::mem::take(&mut directory)),
            other => directory.push(other),
        }
    }
    directories.push(directory);
    directories.retain(|directory| !directory.is_empty());
    directories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::mountinfo::parse;

    fn overlay(options: &str) -> Overlay {
        let line = format!("90 80 0:60 / /m rw - overlay overlay {options}");
        Overlay::of(&parse(&line).next().unwrap().unwrap()).unwrap()
    }

    #[test]
    fn layers_are_in_the_options_in_one_notation_or_another() {
        let of = overlay("rw,lowerdir=/l/A:/l/B,upperdir=/u/diff,workdir=/u/work,index=off");
        assert_eq!((of.upper.as_deref(), of.work.as_deref()), (Some("/u/diff"), Some("/u/work")));
        assert_eq!(of.lower, ["/l/A", "/l/B"]);
        assert_eq!(overlay("rw,lowerdir+=/b,lowerdir+=/a:c,datadir+=/d").lower, ["/b", "/a:c", "/d"]);
        assert_eq!(overlay("rw,lowerdir=l/A:l/B,upperdir=c1/diff").lower, ["l/A", "l/B"]);
        assert_eq!(overlay("rw"), Overlay::default());
    }

    #[test]
    fn colons_and_spaces_in_names_are_told_apart() {
        assert_eq!(overlay(r"ro,lowerdir=/a\134:b:/c\040d::/data").lower, ["/a:b", "/c d", "/data"]);
        assert_eq!(overlay(r"ro,lowerdir=/a\054b:/c\134").lower, ["/a,b", "/c"]);
    }

    #[test]
    fn volatile_is_told_by_older_and_newer_kernels() {
        assert!(overlay("rw,lowerdir=/a,upperdir=/u,volatile").is_volatile);
        assert!(overlay("rw,lowerdir=/a,upperdir=/u,fsync=volatile").is_volatile);
        assert!(!overlay("rw,lowerdir=/a,upperdir=/volatile,fsync=auto").is_volatile);
    }

    #[test]
    fn other_file_systems_are_none() {
        let mount =
            parse("90 80 0:60 / /m rw - fuse.fuse-overlayfs x rw,lowerdir=/a").next().unwrap().unwrap();
        assert_eq!(Overlay::of(&mount), None);
    }
}
