//! Where the node sees what is mounted in a container.

use std::collections::HashMap;

use crate::context::Context;
use crate::fact::Unknown;
use crate::mounts::mountinfo::{self, Malformed};

use super::sensitive;

/// Where the node sees what is mounted: by device, the directory of it and its place.
#[derive(Debug)]
pub(in super::super) struct HostMounts {
    by_device: HashMap<String, Vec<Mounted>>,
    /// The runtimes' sockets that are there.
    sockets: Vec<String>,
}

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
    pub(in super::super) fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        let text = mountinfo::read(ctx.host)?;
        Self::of(&text, sensitive::sockets(ctx.host))
            .map_err(|malformed| malformed.gap(mountinfo::file(ctx.host)))
    }

    pub(super) fn of(text: &str, sockets: Vec<String>) -> Result<Self, Malformed> {
        let mut by_device: HashMap<String, Vec<Mounted>> = HashMap::new();
        for mount in mountinfo::parse(text) {
            let mount = mount?;
            let mounted = Mounted { root: mount.root.into_owned(), target: mount.target.into_owned() };
            by_device.entry(mount.device.to_owned()).or_default().push(mounted);
        }
        Ok(Self { by_device, sockets })
    }

    /// The runtimes' sockets that a container sees through a mount of the node's directory `path`: those in it,
    /// and in no other file system that is mounted in it.
    pub(super) fn sockets_in(&self, path: &str) -> impl Iterator<Item = &str> {
        let is_between = |mounted: &Mounted, socket: &str| {
            sensitive::holds(path, &mounted.target) && sensitive::holds(&mounted.target, socket)
        };
        let inner = self.sockets.iter().filter(move |socket| sensitive::holds(path, socket));
        inner
            .filter(move |socket| {
                !self.by_device.values().flatten().any(|mounted| is_between(mounted, socket))
            })
            .map(String::as_str)
    }

    /// Where the node sees the directory `root` of `device`: through the mount that shows most around it.
    pub(super) fn path(&self, device: &str, root: &str) -> Option<String> {
        let seen = self.by_device.get(device)?.iter().filter_map(|mounted| {
            let rest = below(root, &mounted.root)?;
            Some((mounted.root.len(), joined(&mounted.target, rest)))
        });
        seen.min().map(|(_, path)| path)
    }
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
        let mounts = HostMounts::of(text, Vec::new()).unwrap();
        assert_eq!(mounts.path("254:0", "/srv/a").as_deref(), Some("/srv/a"));
        assert_eq!(mounts.path("254:0", "/").as_deref(), Some("/"));
        assert_eq!(mounts.path("0:25", "/docker.sock").as_deref(), Some("/run/docker.sock"));
        assert_eq!(mounts.path("0:99", "/x"), None);
        assert!(HostMounts::of("garbage\n", Vec::new()).is_err());
    }

    #[test]
    fn part_of_a_name_is_no_directory() {
        let mounts = HostMounts::of("31 27 254:0 /srv /export rw - ext4 /dev/vda rw\n", Vec::new()).unwrap();
        assert_eq!(mounts.path("254:0", "/srv2"), None);
        assert_eq!(mounts.path("254:0", "/srv").as_deref(), Some("/export"));
    }

    #[test]
    fn a_socket_is_seen_through_the_file_system_that_it_is_in() {
        let text = "27 1 254:0 / / rw - ext4 /dev/vda rw\n30 27 0:25 / /run rw - tmpfs tmpfs rw\n";
        let mounts = HostMounts::of(text, vec!["/run/docker.sock".to_owned()]).unwrap();
        let seen = |path: &str| mounts.sockets_in(path).count();
        assert_eq!([seen("/run"), seen("/"), seen("/run/docker"), seen("/run/docker.sock")], [1, 0, 0, 0]);
    }
}
