//! Where the node sees what is mounted in a mount namespace of its own, as a container's.

use std::collections::HashMap;

use crate::context::Context;
use crate::fact::Unknown;

use super::mountinfo::{self, Malformed};

/// Where the node sees what is mounted: by device, the directory of it and its place.
#[derive(Debug)]
pub(crate) struct HostMounts(HashMap<String, Vec<Mounted>>);

#[derive(Debug)]
struct Mounted {
    root: String,
    target: String,
}

impl HostMounts {
    /// The mounts of the node.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub(crate) fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        let text = mountinfo::read(ctx.host)?;
        Self::of(&text).map_err(|malformed| malformed.gap(mountinfo::file(ctx.host)))
    }

    pub(crate) fn of(text: &str) -> Result<Self, Malformed> {
        let mut by_device: HashMap<String, Vec<Mounted>> = HashMap::new();
        for mount in mountinfo::parse(text) {
            let mount = mount?;
            let mounted = Mounted { root: mount.root.into_owned(), target: mount.target.into_owned() };
            by_device.entry(mount.device.to_owned()).or_default().push(mounted);
        }
        Ok(Self(by_device))
    }

    /// Whether `inner`, a path below the directory `path`, is in the same file system: no other one is mounted
    /// in between.
    pub(crate) fn is_one(&self, path: &str, inner: &str) -> bool {
        let is_between = |mounted: &Mounted| holds(path, &mounted.target) && holds(&mounted.target, inner);
        !self.0.values().flatten().any(is_between)
    }

    /// Where the node sees the directory `root` of `device`: through the mount that shows most around it.
    pub(crate) fn path(&self, device: &str, root: &str) -> Option<String> {
        let seen = self.0.get(device)?.iter().filter_map(|mounted| {
            let rest = below(root, &mounted.root)?;
            Some((mounted.root.len(), joined(&mounted.target, rest)))
        });
        seen.min().map(|(_, path)| path)
    }
}

/// Whether `inner` is in the directory `path`, at any depth.
pub(crate) fn holds(path: &str, inner: &str) -> bool {
    below(inner, path).is_some_and(|rest| !rest.is_empty())
}

/// What follows `directory` in `path`, if it is in it.
fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

fn joined(directory: &str, rest: &str) -> String {
    match (directory.trim_end_matches('/'), rest) {
        ("", rest) => format!("/{rest}"),
        (directory, "") => directory.to_owned(),
        (directory, rest) => format!("{directory}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_seen_through_the_mount_that_shows_most_around_it() {
        let text = "27 1 254:0 / / rw - ext4 /dev/vda rw\n\
                    30 27 0:25 / /run rw - tmpfs tmpfs rw\n\
                    31 27 254:0 /srv /export rw - ext4 /dev/vda rw\n";
        let mounts = HostMounts::of(text).unwrap();
        assert_eq!(mounts.path("254:0", "/srv/a").as_deref(), Some("/srv/a"));
        assert_eq!(mounts.path("254:0", "/").as_deref(), Some("/"));
        assert_eq!(mounts.path("0:25", "/docker.sock").as_deref(), Some("/run/docker.sock"));
        assert_eq!(mounts.path("0:99", "/x"), None);
        assert!(HostMounts::of("garbage\n").is_err());
    }

    #[test]
    fn part_of_a_name_is_no_directory() {
        let mounts = HostMounts::of("31 27 254:0 /srv /export rw - ext4 /dev/vda rw\n").unwrap();
        assert_eq!(mounts.path("254:0", "/srv2"), None);
        assert_eq!(mounts.path("254:0", "/srv").as_deref(), Some("/export"));
    }

    #[test]
    fn what_another_file_system_is_mounted_before_is_not_in_the_same_one() {
        let text = "27 1 254:0 / / rw - ext4 /dev/vda rw\n30 27 0:25 / /run rw - tmpfs tmpfs rw\n";
        let mounts = HostMounts::of(text).unwrap();
        assert!(mounts.is_one("/run", "/run/docker.sock") && !mounts.is_one("/", "/run/docker.sock"));
        assert!(holds("/run", "/run/docker.sock") && holds("/", "/run"));
        assert!(!holds("/run/docker", "/run/docker.sock") && !holds("/run", "/run"));
    }
}
